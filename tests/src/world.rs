//! A shop to test in: a real back office on a loopback port, and real tills that talk to it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, future::BoxFuture};
use serde_json::{Value, json};
use tillkit::{
    FileKeyStore, HttpTransport, Rim, Scope, Services, Till, Transport, Trigger,
    transport::{NetError, Request, Response},
};
use tillkit_backoffice::{Clock, Running};

use crate::apart::{Apart, Settings, SharedClock};

/// A wall clock that tests set; randomness is the machine's.
pub struct Hands {
    now_ms: AtomicI64,
    monotonic_ms: AtomicI64,
    /// Where a process of its own reads the wall clock.
    told: Option<SharedClock>,
}

impl Hands {
    /// A clock that shows this instant until it is set.
    pub fn at(now_ms: i64) -> Arc<Hands> {
        Hands::told_to(now_ms, None)
    }

    fn told_to(now_ms: i64, told: Option<SharedClock>) -> Arc<Hands> {
        let hands = Hands { now_ms: now_ms.into(), monotonic_ms: 0.into(), told };
        hands.set(now_ms);
        Arc::new(hands)
    }

    /// Sets the wall clock; the other one goes on.
    pub fn set(&self, now_ms: i64) {
        let before = self.now_ms.swap(now_ms, Ordering::SeqCst);
        self.monotonic_ms.fetch_add(now_ms.saturating_sub(before).max(0), Ordering::SeqCst);
        if let Some(told) = &self.told {
            told.set(now_ms).expect("eight bytes of a file");
        }
    }

    /// Sets the wall clock by hand: no time has passed.
    pub fn set_only_wall(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
        if let Some(told) = &self.told {
            told.set(now_ms).expect("eight bytes of a file");
        }
    }

    /// The phone is started again at this instant: the clock that nobody sets begins anew.
    pub fn start_again(&self, now_ms: i64) {
        self.set_only_wall(now_ms);
        self.monotonic_ms.store(0, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn pass(&self, ms: i64) {
        self.set(self.now_ms().saturating_add(ms));
    }
}

impl Rim for Hands {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> i64 {
        self.monotonic_ms.load(Ordering::SeqCst)
    }

    fn utc_offset_ms(&self, _at_ms: i64) -> i64 {
        0
    }

    fn random(&self, bytes: &mut [u8]) {
        tillkit::SystemRim::default().random(bytes);
    }
}

/// 1 December 2010, 08:00 UTC.
pub const MORNING_MS: i64 = 1_291_190_400_000;

/// A back office with its administrator, and the folder that everything is in.
pub struct Shop {
    /// Every clock of the shop.
    pub hands: Arc<Hands>,
    /// Everything on disk.
    pub folder: tempfile::TempDir,
    office: Option<Office>,
    apart: Option<fn() -> Command>,
    url: String,
    admin_token: String,
    http: reqwest::Client,
}

enum Office {
    Here(Running),
    Apart(Box<Apart>),
}

impl Shop {
    /// An empty back office.
    pub async fn open() -> Result<Shop> {
        Shop::open_in(tempfile::tempdir()?, None).await
    }

    /// The same as [`Shop::stocked`], its back office a process of its own: a command that ends in
    /// [`crate::apart::be_the_office`].
    pub async fn stocked_apart(office: fn() -> Command) -> Result<Shop> {
        let shop = Shop::open_in(tempfile::tempdir()?, Some(office)).await?;
        shop.stock("main", "High Street").await?;
        Ok(shop)
    }

    /// The same as [`Shop::stocked`] in memory, where the machine has such a folder: for harnesses that
    /// never cut the power and have no time for the disk.
    pub async fn stocked_in_memory() -> Result<Shop> {
        let shop = Shop::open_in_memory().await?;
        shop.stock("main", "High Street").await?;
        Ok(shop)
    }

    /// The same as [`Shop::open`] in memory, where the machine has such a folder.
    pub async fn open_in_memory() -> Result<Shop> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
        Shop::open_in(folder, None).await
    }

    async fn open_in(folder: tempfile::TempDir, apart: Option<fn() -> Command>) -> Result<Shop> {
        // Already installed is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let told = apart.map(|_| SharedClock::create(folder.path())).transpose()?;
        let mut shop = Shop {
            hands: Hands::told_to(MORNING_MS, told),
            folder,
            office: None,
            apart,
            url: String::new(),
            admin_token: String::new(),
            http: reqwest::Client::new(),
        };
        shop.start().await?;
        Ok(shop)
    }

    /// A back office with a small published centre: `main`, user `anna` with PIN 1234 who may
    /// everything, `bob` with PIN 4321 who may only sell, three items, cash, card, credit and euros.
    pub async fn stocked() -> Result<Shop> {
        let shop = Shop::open().await?;
        shop.stock("main", "High Street").await?;
        Ok(shop)
    }

    /// Makes and publishes the small centre under this id.
    pub async fn stock(&self, centre: &str, name: &str) -> Result<()> {
        stock_at(&self.url, &self.admin_token, centre, name).await
    }

    /// Starts it again after [`Shop::stop`], on the same files and the same port.
    pub async fn start(&mut self) -> Result<()> {
        self.start_as(false).await
    }

    /// A copy of its database as it is now, made while it works.
    pub async fn backup(&self) -> Result<PathBuf> {
        self.settled().await;
        let backup = self.folder.path().join("backup.db");
        if backup.exists() {
            std::fs::remove_file(&backup)?;
        }
        let database = rusqlite::Connection::open(self.folder.path().join("office.db"))?;
        database.execute("VACUUM INTO ?1", [backup.to_string_lossy()])?;
        Ok(backup)
    }

    /// Puts a backup in the place of its database and starts it again as its operator would, saying so.
    pub async fn restore(&mut self, backup: &Path) -> Result<()> {
        self.stop().await?;
        let database = self.folder.path().join("office.db");
        for suffix in ["-wal", "-shm"] {
            match std::fs::remove_file(format!("{}{suffix}", database.display())) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        std::fs::copy(backup, &database)?;
        self.start_as(true).await
    }

    async fn start_as(&mut self, is_restored: bool) -> Result<()> {
        let listen = self.url.strip_prefix("http://").map(str::parse).transpose()?;
        let settings = Settings { folder: self.folder.path().into(), listen, is_restored };
        let office = match self.apart {
            Some(command) => Office::Apart(Apart::start(command(), &settings).await?.into()),
            None => {
                let hands = self.hands.clone();
                Office::Here(settings.start(Clock::new(move || hands.now_ms())).await?)
            }
        };
        (self.url, self.admin_token) = match &office {
            Office::Here(office) => (office.url(), office.admin_token.clone()),
            Office::Apart(office) => (office.url.clone(), office.admin_token.clone()),
        };
        self.office = Some(office);
        Ok(())
    }

    /// Switches it off.
    pub async fn stop(&mut self) -> Result<()> {
        match self.office.take() {
            Some(Office::Here(office)) => Ok(office.stop().await?),
            Some(Office::Apart(office)) => office.stop().await,
            None => Ok(()),
        }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until everything that has arrived is booked.
    pub async fn settled(&self) {
        match &self.office {
            Some(Office::Here(office)) => office.settled().await,
            Some(Office::Apart(office)) => office.settled().await.expect("a back office that is up"),
            None => {}
        }
    }

    /// Asks as the administrator; a refusal is an error that carries the problem's text.
    pub async fn admin(&self, method: &str, path: &str, body: impl Into<reqwest::Body>) -> Result<String> {
        ask(&self.http, &self.url, &self.admin_token, method, path, body).await
    }

    /// Drafts rows of the centre `main`: `(kind, id, body)`.
    pub async fn rows(&self, rows: &[(&str, &str, Value)]) -> Result<()> {
        self.rows_of("main", rows).await
    }

    /// Drafts rows of a centre; a row whose body is null is deleted.
    pub async fn rows_of(&self, centre: &str, rows: &[(&str, &str, Value)]) -> Result<()> {
        let lines = rows.iter().map(|(kind, id, body)| {
            let row = match body {
                Value::Null => json!({"k": kind, "id": id, "x": 1}),
                body => json!({"k": kind, "id": id, "d": body}),
            };
            row.to_string() + "\n"
        });
        self.admin("POST", &format!("centres/{centre}/rows"), lines.collect::<String>()).await?;
        Ok(())
    }

    /// Publishes the centre `main`; returns its generation.
    pub async fn publish(&self) -> Result<u64> {
        self.publish_of("main").await
    }

    /// Publishes a centre; returns its generation.
    pub async fn publish_of(&self, centre: &str) -> Result<u64> {
        let answer = self.admin("POST", &format!("centres/{centre}/publish"), String::new()).await?;
        serde_json::from_str::<Value>(&answer)?["generation"].as_u64().context("no generation")
    }

    /// A pairing code of a till, made where missing.
    pub async fn pairing_code(&self, till: &str) -> Result<String> {
        self.admin("PUT", &format!("tills/{till}"), json!({"name": till}).to_string()).await?;
        let answer = self.admin("POST", &format!("tills/{till}/pairing"), String::new()).await?;
        let answer: Value = serde_json::from_str(&answer)?;
        Ok(answer["code"].as_str().context("no code")?.into())
    }

    /// The documents the centre holds, one record a line.
    pub async fn documents(&self) -> Result<Vec<String>> {
        let records = self.admin("GET", "documents", String::new()).await?;
        Ok(records.lines().map(Into::into).collect())
    }

    /// What a list of the administrator holds, one value a line.
    pub async fn list(&self, name: &str) -> Result<Vec<Value>> {
        let lines = self.admin("GET", name, String::new()).await?;
        Ok(lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// Turns a byte of every stored blob whose rows are meant; returns the files and what they held.
    pub fn damage_blobs(&self, is_meant: impl Fn(&str) -> bool) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let (mut folders, mut damaged) = (vec![self.folder.path().join("office/blobs")], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let stored = std::fs::read(&path)?;
                let rows = zstd::decode_all(&stored[..]).unwrap_or_default();
                if is_meant(&String::from_utf8_lossy(&rows)) {
                    let mut altered = stored.clone();
                    altered[stored.len() / 2] ^= 1;
                    std::fs::write(&path, altered)?;
                    damaged.push((path, stored));
                }
            }
        }
        anyhow::ensure!(!damaged.is_empty(), "no blob is meant");
        Ok(damaged)
    }

    /// Undoes [`Shop::damage_blobs`].
    pub fn repair_blobs(&self, damaged: &[(PathBuf, Vec<u8>)]) -> Result<()> {
        damaged.iter().try_for_each(|(path, stored)| Ok(std::fs::write(path, stored)?))
    }

    /// The folder of a phone.
    pub fn phone(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The services of a phone: its own key store, this shop's clock, a line that can be disturbed.
    pub fn services(&self, phone: &str, line: &Arc<Line>) -> Services {
        services(self.hands.clone(), &self.folder.path().join(format!("{phone}.key")), line)
    }

    /// Opens the till of a phone, enrolled or not.
    pub fn till(&self, phone: &str, line: &Arc<Line>) -> Result<Till> {
        let runtime = tokio::runtime::Handle::current();
        Ok(Till::open(&self.phone(phone), self.services(phone, line), runtime)?)
    }

    /// A till that is enrolled, subscribed to `main` and synced.
    pub async fn ready_till(&self, name: &str, line: &Arc<Line>) -> Result<Till> {
        self.ready_till_at(&self.url, name, line).await
    }

    /// The same, for a till that reaches the back office at another address.
    pub async fn ready_till_at(&self, url: &str, name: &str, line: &Arc<Line>) -> Result<Till> {
        let till = self.till(name, line)?;
        till.enrol(url, &self.pairing_code(name).await?, name).await?;
        till.choose_centre("main").await?;
        let report =
            till.sync(Scope::All, Trigger::CentreChosen)?.wait().await.context("the engine stopped")?;
        if !report.is_complete() {
            bail!("the first sync is not complete: {report:?}");
        }
        Ok(till)
    }
}

/// Makes and publishes the small centre at a back office: `anna` (PIN 1234) may everything, `bob`
/// (4321) only sell; three items, cash, card, credit and euros.
///
/// # Errors
/// As [`ask_admin`].
pub async fn stock_at(url: &str, admin_token: &str, centre: &str, name: &str) -> Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let admin = |method: &'static str, path: String, body: String| {
        let http = &http;
        async move { ask(http, url, admin_token, method, &path, body).await }
    };
    let row = json!({"name": name, "currency": "GBP", "vat_mode": "included", "warehouse": "main"});
    admin("PUT", format!("centres/{centre}"), row.to_string()).await?;
    let small_centre = small_centre();
    let rows = small_centre.iter();
    let lines = rows.map(|(kind, id, body)| json!({"k": kind, "id": id, "d": body}).to_string() + "\n");
    admin("POST", format!("centres/{centre}/rows"), lines.collect()).await?;
    for (id, role, pin) in [("anna", "manager", "1234"), ("bob", "cashier", "4321")] {
        let user = json!({"id": id, "name": id, "role": role, "pin": pin});
        admin("POST", format!("centres/{centre}/users"), user.to_string()).await?;
    }
    admin("POST", format!("centres/{centre}/publish"), String::new()).await?;
    Ok(())
}

/// Asks a back office as its administrator.
///
/// # Errors
/// The problem's text, or the network's.
pub async fn ask_admin(office: &Running, method: &str, path: &str, body: &str) -> Result<String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    ask(&reqwest::Client::new(), &office.url(), &office.admin_token, method, path, body.to_string()).await
}

async fn ask(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    method: &str,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> Result<String> {
    let request = http.request(method.parse()?, format!("{url}/admin/v1/{path}"));
    let answer = request.header("authorization", format!("Bearer {token}")).body(body).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("{path}: {status} {text}");
    }
    Ok(text)
}

/// The services of a phone whose key is in this file.
pub fn services(rim: Arc<dyn Rim>, key: &Path, line: &Arc<Line>) -> Services {
    let line = line.clone();
    Services {
        rim,
        keys: Arc::new(FileKeyStore::new(key)),
        connect: Arc::new(move |url| {
            let http = HttpTransport::new(url)?;
            Ok(Arc::new(Disturbed { http, line: line.clone() }))
        }),
        app: "test 1".into(),
        aside: tillkit::Aside::Threads,
    }
}

/// What happens to a phone's line.
#[derive(Default)]
pub struct Line {
    /// Nothing gets out.
    pub is_down: AtomicBool,
    /// Requests arrive and are answered, but the answer to an upload or an enrolment never comes back.
    pub loses_answers: AtomicBool,
    /// Somebody else answers everything with a friendly page.
    pub is_portal: AtomicBool,
    /// Blobs never end.
    pub is_endless: AtomicBool,
    /// The till claims to speak the next major version.
    pub is_next_major: AtomicBool,
    /// The centre claims to.
    pub is_centre_next_major: AtomicBool,
    /// Blobs are cut off after this many bytes; 0 leaves them alone.
    pub cuts_blobs_after: AtomicU64,
    /// Requests that went out.
    pub requests: AtomicU64,
    /// What they asked for, in their order.
    pub paths: Mutex<Vec<String>>,
    /// Bytes of requests and answers, bodies only.
    pub bytes: AtomicU64,
}

struct Disturbed {
    http: HttpTransport,
    line: Arc<Line>,
}

impl Transport for Disturbed {
    fn send(&self, mut request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(async move {
            if self.line.is_down.load(Ordering::SeqCst) {
                return Err(NetError::NoRoute("the line is down".into()));
            }
            self.line.requests.fetch_add(1, Ordering::SeqCst);
            self.line.paths.lock().unwrap_or_else(PoisonError::into_inner).push(request.path.clone());
            if self.line.is_portal.load(Ordering::SeqCst) {
                let page = bytes::Bytes::from_static(b"<html>Welcome to our hotel</html>");
                let body = futures_util::stream::once(async move { Ok(page) });
                return Ok(Response { status: 200, headers: Default::default(), body: Box::pin(body) });
            }
            if self.line.is_next_major.load(Ordering::SeqCst) {
                let next = (tillkit_protocol::VERSION_HEADER, "2.0".to_string());
                request
                    .headers
                    .iter_mut()
                    .filter(|(name, _)| *name == next.0)
                    .for_each(|header| *header = next.clone());
            }
            let changes_the_centre = matches!(request.path.as_str(), "/v1/documents" | "/v1/enrol");
            let is_blob = request.path.starts_with("/v1/blobs/");
            let mut answer = self.http.send(request).await?;
            if is_blob && self.line.is_endless.load(Ordering::SeqCst) {
                let zeros = futures_util::stream::repeat_with(|| Ok(bytes::Bytes::from_static(&[0; 8192])));
                answer.body = Box::pin(zeros);
            }
            if self.line.is_centre_next_major.load(Ordering::SeqCst) {
                answer.headers.insert(tillkit_protocol::VERSION_HEADER.into(), "2.0".into());
            }
            let cut_after = self.line.cuts_blobs_after.load(Ordering::SeqCst);
            if is_blob && cut_after > 0 {
                answer.body = Box::pin(cut(answer.body, cut_after as usize));
            }
            if changes_the_centre && self.line.loses_answers.load(Ordering::SeqCst) {
                return Err(NetError::Cut("the answer was lost".into()));
            }
            Ok(answer)
        })
    }
}

/// The first bytes of a body, and then the end of the line.
fn cut(
    body: impl futures_util::Stream<Item = Result<bytes::Bytes, NetError>> + Send + 'static,
    after: usize,
) -> impl futures_util::Stream<Item = Result<bytes::Bytes, NetError>> + Send {
    let mut left = after;
    body.map(move |chunk| {
        let chunk = chunk?;
        if left == 0 {
            return Err(NetError::Cut("the line was cut".into()));
        }
        let kept = chunk.slice(..chunk.len().min(left));
        left -= kept.len();
        Ok(kept)
    })
}

fn small_centre() -> Vec<(&'static str, &'static str, Value)> {
    let item = |name: &str, code: &str, price: &str, vat: &str| json!({"name": name, "codes": [code], "unit": "pc", "vat": vat, "price": price});
    let tender = |name: &str, kind: &str, currency: &str, gives_change: bool| json!({"name": name, "kind": kind, "currency": currency, "gives_change": gives_change});
    vec![
        ("unit", "pc", json!({"name": "pc", "code": "C62"})),
        ("warehouse", "main", json!({"name": "Shop"})),
        ("vat_rate", "std", json!({"name": "Standard", "percent": "17.5", "category": "S"})),
        ("vat_rate", "zero", json!({"name": "Zero", "percent": "0", "category": "Z"})),
        ("tender", "cash", tender("Cash", "cash", "GBP", true)),
        ("tender", "card", tender("Card", "card", "GBP", false)),
        ("tender", "credit", tender("On account", "customer_credit", "GBP", false)),
        ("tender", "euros", tender("Euros", "cash", "EUR", true)),
        ("currency", "GBP", json!({"name": "Pound"})),
        ("currency", "EUR", json!({"name": "Euro"})),
        (
            "exchange_rate",
            "EUR/2010-12-01",
            json!({"currency": "EUR", "rate": "0.8446", "from_day": "2010-12-01"}),
        ),
        ("item", "tea", item("Earl Grey Tea", "5901234123457", "2.55", "std")),
        ("item", "mug", item("Blue Mug", "MUG", "4.25", "std")),
        ("item", "book", item("Cook Book", "BOOK", "12.00", "zero")),
        ("customer", "c1", json!({"name": "Mrs Jones", "credit": true})),
        ("role", "manager", json!({"name": "Manager", "rights": ["*"]})),
        ("role", "cashier", json!({"name": "Cashier", "rights": ["sell"]})),
        ("numerator", "*", json!({"pattern": "{series}-{number:6}"})),
        ("numerator", "closure", json!({"pattern": "Z{series}-{number}"})),
        (
            "receipt_layout",
            "main",
            json!({"header": ["High Street"], "footer": ["Thank you"], "offline_note": "Made offline"}),
        ),
        ("policy", "main", json!({"send": "by_hand"})),
    ]
}
