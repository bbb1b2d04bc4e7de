//! A till with a small shop in it, in memory: for other people's previews and tests.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use argon2::{Argon2, PasswordHasher};
use futures_util::future::BoxFuture;
use serde_json::json;
use tillkit_protocol::{
    Hash, Section,
    keys::PrivateKey,
    manifest::{Blob, SectionManifest},
    rows::{Row, compress, write_row},
};
use tillkit_store::{
    Store, StoreError,
    journal::Enrolment,
    load::{Change, Target, prepare},
};
use tillkit_sync::SUBSCRIPTION;
use tokio::runtime::Handle;

use crate::{
    MemoryKeyStore, Services, SystemRim, Till, TillError, Transport,
    services::KeyStore,
    session::peppered,
    till::PEPPER,
    transport::{NetError, Request, Response},
};

impl Till {
    /// A till in memory, enrolled and synced, with a small shop in it: items, prices, VAT, tenders,
    /// and `anna` (PIN 1234), who may everything. It sells; no back office ever answers it.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Runtime::new()?;
    /// use tillkit::{AddLine, Quantity, Till};
    /// let session = Till::preview(runtime.handle().clone())?.sign_in("anna", "1234")?;
    /// session.add(AddLine::code("5901234123457", Quantity::from(2)))?;
    /// session.pay_rest("cash")?;
    /// assert_eq!(session.complete()?.settled.total_minor, 5_10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TillError::KeyStore`] if the machine gives no randomness.
    pub fn preview(runtime: Handle) -> Result<Till, TillError> {
        let keys = MemoryKeyStore::new()?;
        let rim = SystemRim::default();
        let store = Store::in_memory()?;
        let pepper = [7; 32];
        let mut seed = [0; 32];
        tillkit_sync::Rim::random(&rim, &mut seed);
        let key = PrivateKey::from_seed(&seed);
        let enrolment = Enrolment {
            tenant: "preview".into(),
            till: "T3".into(),
            enrolment: 1,
            series: "T3A".into(),
            server_url: "https://preview.invalid".into(),
            tenant_key: key.public(),
            sealed_key: keys.seal(&seed)?,
            public_key: key.public(),
            enrolled_ms: 0,
        };
        let sealed_pepper = keys.seal(&pepper)?;
        store.journal.write(|journal| {
            journal.add_enrolment(&enrolment)?;
            journal.set_setting(SUBSCRIPTION, b"main")?;
            journal.set_setting(PEPPER, &sealed_pepper)
        })?;
        let rows = rows(&pepper)?;
        for section in Section::down() {
            fill(&store, section, &rows)?;
        }
        let services = Services {
            rim: Arc::new(rim),
            keys: Arc::new(keys),
            connect: Arc::new(|_| Ok(Arc::new(Nobody))),
            app: "preview".into(),
            aside: tillkit_sync::Aside::Threads,
        };
        // Nothing is downloaded, so nothing is put into the folder.
        Till::over(store, Path::new(""), services, runtime)
    }
}

/// A line at whose other end nobody is.
struct Nobody;

impl Transport for Nobody {
    fn send(&self, _request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(std::future::ready(Err(NetError::NoRoute("a preview has no back office".into()))))
    }
}

type Rows = BTreeMap<&'static str, BTreeMap<&'static str, serde_json::Value>>;

fn rows(pepper: &[u8]) -> Result<Rows, TillError> {
    let unusable = |error: argon2::password_hash::Error| TillError::KeyStore { why: error.to_string() };
    let pin =
        Argon2::default().hash_password_with_salt(&peppered(pepper, "1234"), &[7; 16]).map_err(unusable)?;
    let item = |name: &str, code: &str, group: &str, price: &str, vat: &str| json!({"name": name, "codes": [code], "group": group, "unit": "pc", "vat": vat, "price": price});
    let tender = |name: &str, kind: &str, currency: &str| json!({"name": name, "kind": kind, "currency": currency, "gives_change": kind == "cash"});
    let level = |item: &str, quantity: &str| json!({"item": item, "warehouse": "main", "quantity": quantity});
    Ok([
        ("unit", [("pc", json!({"name": "pc", "code": "C62"}))].into()),
        ("warehouse", [("main", json!({"name": "Shop"}))].into()),
        (
            "vat_rate",
            [
                ("std", json!({"name": "Standard", "percent": "20", "category": "S"})),
                ("zero", json!({"name": "Zero", "percent": "0", "category": "Z"})),
            ]
            .into(),
        ),
        ("currency", [("GBP", json!({"name": "Pound"})), ("EUR", json!({"name": "Euro"}))].into()),
        (
            "tender",
            [
                ("cash", tender("Cash", "cash", "GBP")),
                ("card", tender("Card", "card", "GBP")),
                ("euros", tender("Euros", "cash", "EUR")),
                ("credit", tender("On account", "customer_credit", "GBP")),
            ]
            .into(),
        ),
        ("group", [("drinks", json!({"name": "Drinks"})), ("home", json!({"name": "Home"}))].into()),
        (
            "item",
            [
                ("tea", item("Earl Grey Tea", "5901234123457", "drinks", "2.55", "std")),
                ("coffee", item("Coffee Beans 250 g", "5901234123464", "drinks", "6.90", "zero")),
                ("mug", item("Blue Mug", "MUG", "home", "4.25", "std")),
                ("candle", item("Beeswax Candle", "CAN", "home", "3.20", "std")),
                ("book", item("Cook Book", "BOOK", "home", "12.00", "zero")),
                ("bag", item("Jumbo Bag Red Retrospot", "85099B", "home", "1.95", "std")),
            ]
            .into(),
        ),
        ("stock_level", [("main/tea", level("tea", "48")), ("main/mug", level("mug", "10"))].into()),
        (
            "exchange_rate",
            [("EUR", json!({"currency": "EUR", "rate": "0.8446", "from_day": "2010-12-01"}))].into(),
        ),
        ("customer", [("c1", json!({"name": "Mrs Jones", "credit": true}))].into()),
        (
            "user",
            [("anna", json!({"name": "Anna", "role": "manager", "pin": pin.to_string()}))].into(),
        ),
        ("role", [("manager", json!({"name": "Manager", "rights": ["*"]}))].into()),
        ("numerator", [("*", json!({"pattern": "{series}-{number:6}"}))].into()),
        (
            "centre",
            [(
                "main",
                json!({"name": "High Street", "currency": "GBP", "vat_mode": "included", "warehouse": "main"}),
            )]
            .into(),
        ),
        (
            "receipt_layout",
            [(
                "main",
                json!({"header": ["High Street 1"], "footer": ["Thank you"], "offline_note": "Made offline"}),
            )]
            .into(),
        ),
        ("policy", [("main", json!({"send": "by_hand"}))].into()),
    ]
    .into())
}

/// Brings a section as a centre's snapshot would.
fn fill(store: &Store, section: Section, rows: &Rows) -> Result<(), TillError> {
    let (mut manifest, mut lines, mut count) =
        (SectionManifest { generation: 1, ..SectionManifest::default() }, Vec::new(), 0);
    for kind in section.spec().kinds {
        for (key, body) in rows.get(kind).into_iter().flatten() {
            let body = body.to_string();
            manifest.kinds.entry((*kind).into()).or_default().add(kind, key, body.as_bytes());
            write_row(
                &mut lines,
                &Row { kind: (*kind).into(), key: (*key).into(), body: Some(body.as_bytes()) },
            );
            count += 1;
        }
    }
    let damaged = |why: String| StoreError::Unreadable { what: "the preview's rows", why };
    let stored = compress(&lines).map_err(|error| damaged(error.to_string()))?;
    let name = Hash::of(&stored);
    if count > 0 {
        let bytes = stored.len() as u64;
        let (first, last) = (String::new(), String::new());
        manifest.snapshot.push(Blob { bytes, first, last, rows: count, sha256: name });
    }
    let target = Target { section: section.name(), epoch: "main@preview", manifest: &manifest };
    let mut load = store.centre.begin_load(&target)?;
    if count > 0 {
        let prepared = prepare(&stored, &name).map_err(|error| damaged(error.to_string()))?;
        store.centre.load_blob(&mut load, &prepared)?;
    }
    store.centre.finish_load(&load, &target)?;
    Ok(store.centre.make_live(&[Change::Snapshot(target)], &[], 0)?)
}
