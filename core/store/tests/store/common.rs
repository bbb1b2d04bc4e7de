//! A till with an enrolment, and a centre that publishes small blobs.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tempfile::TempDir;
use tillkit_protocol::{
    Hash, Kind,
    keys::PrivateKey,
    manifest::{Blob, SectionManifest},
    rows::{Row, compress, write_row},
};
use tillkit_store::{
    Result, Store,
    journal::{Enrolment, NewDocument, Numerator, Recorded},
    load::{self, Change, Load, Steps, Target},
};

pub struct Till {
    pub folder: TempDir,
    pub store: Store,
    pub key: PrivateKey,
    pub enrolment: Enrolment,
}

pub fn enrolment(n: u32) -> (PrivateKey, Enrolment) {
    let key = PrivateKey::from_seed(&[n as u8; 32]);
    let enrolment = Enrolment {
        tenant: "shop".into(),
        till: "T1".into(),
        enrolment: n,
        series: format!("T1{n}"),
        server_url: "https://example.org".into(),
        tenant_key: PrivateKey::from_seed(&[99; 32]).public(),
        sealed_key: vec![1, 2, 3],
        public_key: key.public(),
        enrolled_ms: 1_000 + i64::from(n),
    };
    (key, enrolment)
}

impl Till {
    pub fn new() -> Till {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (key, enrolment) = enrolment(1);
        store.journal.write(|journal| journal.add_enrolment(&enrolment)).unwrap();
        Till { folder, store, key, enrolment }
    }

    pub fn record(&self, new: NewDocument<Value>) -> Result<Recorded> {
        self.store.journal.write(|journal| journal.record(&self.enrolment, &self.key, new))
    }

    pub fn sell(&self, total_minor: i64) -> Recorded {
        self.record(document(Kind::Sale, total_minor)).unwrap()
    }

    /// The file closed and opened again, as after a restart of the app.
    pub fn reopened(self) -> Till {
        let Till { folder, store, key, enrolment } = self;
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        Till { folder, store, key, enrolment }
    }

    /// A connection of its own to one of the files.
    pub fn raw(&self, file: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join(file)).unwrap()
    }
}

pub fn document(kind: Kind, total_minor: i64) -> NewDocument<Value> {
    NewDocument {
        kind,
        body: json!({"lines": [], "note": "żółć"}),
        business_day: "2010-12-01".into(),
        centre: "main".into(),
        currency: "GBP".into(),
        generations: BTreeMap::from([("items".into(), 3)]),
        monotonic_ms: 5,
        offline: true,
        recorded_ms: 1_291_192_020_000,
        server_offset_ms: None,
        total_minor,
        user: "u1".into(),
        numerator: (kind != Kind::Event).then(|| Numerator { name: "*".into(), pattern: pattern() }),
        stock: Vec::new(),
        reversals: Vec::new(),
    }
}

pub fn pattern() -> tillkit_domain::Numerator {
    tillkit_domain::Numerator::parse("{series}-{number}").unwrap()
}

/// The number behind the series.
pub fn number_of(document: &Recorded) -> u64 {
    let digits = document.number.rsplit('-').next().unwrap();
    digits.parse().unwrap()
}

/// What a centre publishes of a section: rows by kind and key.
pub type Rows = BTreeMap<(String, String), Vec<u8>>;

pub fn row(kind: &str, key: &str, body: Value) -> ((String, String), Vec<u8>) {
    ((kind.into(), key.into()), serde_json::to_vec(&body).unwrap())
}

pub fn item(key: &str, name: &str, codes: &[&str]) -> ((String, String), Vec<u8>) {
    let body =
        json!({"active": true, "codes": codes, "name": name, "price": "1.50", "unit": "szt", "vat": "23"});
    row("item", key, body)
}

/// A snapshot: its manifest and its blobs of so many rows.
pub struct Published {
    pub section: String,
    pub epoch: String,
    pub manifest: SectionManifest,
    pub blobs: Vec<(Hash, Vec<u8>)>,
}

pub fn publish(section: &str, generation: u64, rows: &Rows, rows_a_blob: usize) -> Published {
    let mut manifest = SectionManifest { generation, ..SectionManifest::default() };
    let mut blobs = Vec::new();
    let all: Vec<_> = rows.iter().collect();
    for part in all.chunks(rows_a_blob.max(1)) {
        let mut lines = Vec::new();
        for ((kind, key), body) in part {
            write_row(&mut lines, &Row { kind: kind.into(), key: key.into(), body: Some(body) });
            manifest.kinds.entry(kind.clone()).or_default().add(kind, key, body);
        }
        let stored = compress(&lines).unwrap();
        let sha256 = Hash::of(&stored);
        let (first, last) = (name_of(part.first().unwrap().0), name_of(part.last().unwrap().0));
        manifest.snapshot.push(Blob {
            bytes: stored.len() as u64,
            first,
            last,
            rows: part.len() as u64,
            sha256,
        });
        blobs.push((sha256, stored));
    }
    Published { section: section.into(), epoch: "e1".into(), manifest, blobs }
}

fn name_of((kind, key): &(String, String)) -> String {
    format!("{kind}/{key}")
}

impl Published {
    pub fn target(&self) -> Target<'_> {
        Target { section: &self.section, epoch: &self.epoch, manifest: &self.manifest }
    }

    /// Fills and verifies the idle slot; returns how many blobs it had to put in.
    pub fn load(&self, store: &Store) -> Result<usize> {
        let mut load = store.centre.begin_load(&self.target())?;
        let put = self.put(store, &mut load, usize::MAX)?;
        store.centre.finish_load(&load, &self.target())?;
        Ok(put)
    }

    pub fn put(&self, store: &Store, load: &mut Load, at_most: usize) -> Result<usize> {
        let missing: Vec<_> =
            self.blobs.iter().filter(|(name, _)| !load.loaded.contains(name)).take(at_most).collect();
        for (name, stored) in &missing {
            store.centre.load_blob(load, &load::prepare(stored, name)?)?;
        }
        Ok(missing.len())
    }

    pub fn make_live(&self, store: &Store) -> Result<()> {
        self.load(store)?;
        store.centre.make_live(&[Change::Snapshot(self.target())], &[], 7)
    }
}

/// The changes from one state to another, as a step carries them.
pub fn steps(before: &Rows, after: &Rows) -> Vec<u8> {
    let mut lines = Vec::new();
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for name in keys {
        let (old, new) = (before.get(name), after.get(name));
        if old != new {
            let body = new.map(Vec::as_slice);
            write_row(&mut lines, &Row { kind: name.0.as_str().into(), key: name.1.as_str().into(), body });
        }
    }
    lines
}

pub fn read_steps(chain: &[Vec<u8>]) -> Steps {
    let mut steps = Steps::default();
    chain.iter().for_each(|expanded| steps.add(expanded).unwrap());
    steps
}

/// Every row that is live of a section, as the file holds it.
pub fn live_rows(till: &Till, section: &str) -> Rows {
    let db = till.raw("centre.db");
    let mut rows = db
        .prepare("SELECT kind, key, body FROM row JOIN section ON slot = live_slot WHERE name = ?1")
        .unwrap();
    let rows = rows.query_map([section], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
    rows.map(std::result::Result::unwrap).collect()
}
