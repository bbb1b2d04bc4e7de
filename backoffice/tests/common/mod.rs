//! A back office on a real socket, and tills that speak to it as tills do.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod nul;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Once,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tillkit_backoffice::{Clock, Config, Running, start};
use tillkit_protocol::{
    DocumentLine, Hash, Manifest, NDJSON_ZSTD, Problem, Record, VERSION, VERSION_HEADER,
    keys::{PrivateKey, PublicKey},
    problem::ProblemType,
    rows::{compress, open_blob, read_rows},
    wire::{Contact, Contacted, Enrol, Enrolled, Subscribed, Token, TokenRequest, Uploaded},
};

pub const NOW_MS: i64 = 1_291_192_020_000;
pub const CENTRE: &str = "main";
pub const PASSWORD: &str = "a long enough password";

/// A back office in a folder of its own, with a clock that the test turns.
pub struct Office {
    pub running: Running,
    pub client: Client,
    pub folder: Arc<tempfile::TempDir>,
    pub now_ms: Arc<AtomicI64>,
}

pub fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub fn config(folder: &Path, now_ms: &Arc<AtomicI64>) -> Config {
    let database = format!("sqlite:{}", folder.join("office.db").display());
    let now_ms = now_ms.clone();
    let mut config = Config::new(database, folder.join("data"));
    config.clock = Clock::new(move || now_ms.load(Ordering::Relaxed));
    config.enrol_attempts_per_hour = 10_000;
    config.owner_password = Some(PASSWORD.into());
    config
}

impl Office {
    pub async fn open() -> Office {
        Office::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Office {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let now_ms = Arc::new(AtomicI64::new(NOW_MS));
        let mut config = config(folder.path(), &now_ms);
        change(&mut config);
        let running = start(config).await.unwrap();
        Office { running, client: client(), folder, now_ms }
    }

    /// The same folder, another process.
    pub async fn restart(self) -> Office {
        let Office { running, client, folder, now_ms } = self;
        running.stop().await.unwrap();
        let running = start(config(folder.path(), &now_ms)).await.unwrap();
        Office { running, client, folder, now_ms }
    }

    /// The same, after a process that ended in the middle of whatever it was doing.
    pub async fn crash(self) -> Office {
        let Office { running, client, folder, now_ms } = self;
        drop(running);
        let running = start(config(folder.path(), &now_ms)).await.unwrap();
        Office { running, client, folder, now_ms }
    }

    pub fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.running.url());
        self.client.request(method, url).header(VERSION_HEADER, VERSION)
    }

    pub async fn post(&self, path: &str, body: &impl serde::Serialize) -> Response {
        self.request(Method::POST, path).body(serde_json::to_vec(body).unwrap()).send().await.unwrap()
    }

    pub fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/admin/v1{path}")).bearer_auth(&self.running.admin_token)
    }

    pub async fn admin_ok(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Value {
        let answer = self.admin(method, path).body(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn admin_refused(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Problem {
        problem(self.admin(method, path).body(body).send().await.unwrap()).await
    }

    pub async fn admin_lines(&self, path: &str) -> Vec<Value> {
        let text = self.admin(Method::GET, path).send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A centre with what a sale needs, published as generation 1.
    pub async fn publish_centre(&self) -> Value {
        self.draft_centre(CENTRE).await;
        self.publish(CENTRE).await
    }

    pub async fn draft_centre(&self, centre: &str) {
        let body =
            json!({"name": "Main street", "currency": "GBP", "vat_mode": "included", "warehouse": "store"});
        self.admin_ok(Method::PUT, &format!("/centres/{centre}"), body.to_string()).await;
        let rows = [
            row("unit", "pc", json!({"name": "piece"})),
            row("vat_rate", "std", json!({"name": "17.5 %", "percent": "17.5", "category": "S"})),
            row("numerator", "*", json!({"pattern": "{series}-{number}"})),
            row("role", "cashier", json!({"name": "Cashier", "rights": ["data_exchange"]})),
            row("item", "tea", item("1.50")),
            row("item", "milk", item("0.89")),
        ];
        self.rows(centre, &rows).await;
    }

    pub async fn rows(&self, centre: &str, rows: &[String]) -> Value {
        self.admin_ok(Method::POST, &format!("/centres/{centre}/rows"), rows.concat()).await
    }

    pub async fn publish(&self, centre: &str) -> Value {
        self.admin_ok(Method::POST, &format!("/centres/{centre}/publish"), "").await
    }

    pub async fn code(&self, till: &str) -> String {
        self.admin_ok(Method::PUT, &format!("/tills/{till}"), json!({"name": till}).to_string()).await;
        let pairing = self.admin_ok(Method::POST, &format!("/tills/{till}/pairing"), "").await;
        pairing["code"].as_str().unwrap().to_string()
    }

    /// A till that is enrolled and has a token.
    pub async fn till(&self, till: &str) -> Till {
        let code = self.code(till).await;
        let key = new_key();
        let answer = self.post("/v1/enrol", &Enrol::new(&code, "test", &key)).await;
        let enrolled: Enrolled = read(answer).await;
        let mut till = Till::new(key, enrolled);
        till.token = self.token(&till).await;
        till
    }

    pub async fn token(&self, till: &Till) -> String {
        read::<Token>(self.ask_token(till, self.now_ms(), &nonce()).await).await.token
    }

    pub async fn ask_token(&self, till: &Till, at_ms: i64, nonce: &str) -> Response {
        let Enrolled { tenant, till: id, enrolment, .. } = &till.enrolled;
        self.post("/v1/token", &TokenRequest::new(tenant, id, *enrolment, at_ms, nonce, &till.key)).await
    }

    /// A till that has chosen [`CENTRE`].
    pub async fn subscribed(&self, till: &str) -> Till {
        let till = self.till(till).await;
        self.subscribe(&till, CENTRE).await;
        till
    }

    pub async fn subscribe(&self, till: &Till, centre: &str) -> Subscribed {
        let body = json!({"centre": centre}).to_string();
        read(self.ask(till, Method::PUT, "/v1/subscription").body(body).send().await.unwrap()).await
    }

    pub fn ask(&self, till: &Till, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(&till.token)
    }

    pub async fn get(&self, till: &Till, path: &str) -> Response {
        self.ask(till, Method::GET, path).send().await.unwrap()
    }

    pub async fn manifest(&self, till: &Till) -> Manifest {
        let answer = self.get(till, "/v1/manifest").await;
        assert_eq!(answer.status(), 200);
        Manifest::verify(&answer.bytes().await.unwrap(), &till.enrolled.tenant_key, CENTRE).unwrap()
    }

    /// Every row of a section's snapshot as `kind/key` and body.
    pub async fn snapshot(&self, till: &Till, section: &str) -> BTreeMap<String, Value> {
        let manifest = self.manifest(till).await;
        let mut rows = BTreeMap::new();
        for blob in &manifest.sections[section].snapshot {
            let stored = self.get(till, &format!("/v1/blobs/{}", blob.sha256)).await.bytes().await.unwrap();
            assert_eq!(stored.len() as u64, blob.bytes);
            let expanded = open_blob(&stored, &blob.sha256).unwrap();
            for row in read_rows(&expanded) {
                let row = row.unwrap();
                let body = serde_json::from_slice(row.body.unwrap()).unwrap();
                rows.insert(format!("{}/{}", row.kind, row.key), body);
            }
        }
        rows
    }

    pub async fn contact(&self, till: &Till, contact: &Contact) -> Contacted {
        let body = serde_json::to_vec(contact).unwrap();
        read(self.ask(till, Method::POST, "/v1/contact").body(body).send().await.unwrap()).await
    }

    pub async fn upload(&self, till: &Till, records: &[Record]) -> Uploaded {
        read(self.send(till, &lines(records)).await).await
    }

    pub async fn send(&self, till: &Till, lines: &[u8]) -> Response {
        self.send_stored(till, compress(lines).unwrap()).await
    }

    pub async fn send_stored(&self, till: &Till, stored: Vec<u8>) -> Response {
        let request = self.ask(till, Method::POST, "/v1/documents").header("content-type", NDJSON_ZSTD);
        request.body(stored).send().await.unwrap()
    }

    pub async fn export(&self, query: &str) -> Vec<Vec<u8>> {
        let bytes = self
            .admin(Method::GET, &format!("/documents{query}"))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// What a page of this server posts.
    pub async fn post_form(&self, cookie: &str, path: &str, form: &str) -> Response {
        let request = self.request(Method::POST, path).header("origin", self.running.url());
        let request = request.header("cookie", cookie).body(form.to_string());
        request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap()
    }

    /// Signs in to the web administration; the cookie.
    pub async fn sign_in(&self, name: &str, password: &str) -> String {
        let form = format!("name={name}&password={}", password.replace(' ', "+"));
        let answer = self.post_form("", "/web/sign-in", &form).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/".parse().unwrap()));
        cookie_of(&answer)
    }

    /// A page, or a piece of one.
    pub async fn page(&self, cookie: &str, path: &str) -> String {
        let answer = self.request(Method::GET, path).header("cookie", cookie).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    /// Codes of findings with the seq each is about, closed ones left out, in order.
    pub async fn findings(&self) -> Vec<(String, u64)> {
        let mut findings: Vec<_> = self
            .admin_lines("/findings")
            .await
            .iter()
            .filter(|finding| finding["closed_ms"].is_null())
            .map(|finding| (finding["code"].as_str().unwrap().to_string(), finding["seq"].as_u64().unwrap()))
            .collect();
        findings.sort();
        findings
    }

    /// A total summed over tills and days.
    pub async fn total(&self, measure: &str, code: &str) -> i64 {
        self.running.settled().await;
        let totals = self.admin_lines("/totals").await;
        let wanted = totals.iter().filter(|total| total["measure"] == measure && total["code"] == code);
        wanted.map(|total| total["value"].as_i64().unwrap()).sum()
    }
}

pub async fn read<T: DeserializeOwned>(answer: Response) -> T {
    assert_eq!(answer.headers().get(VERSION_HEADER).unwrap(), VERSION);
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub async fn problem(answer: Response) -> Problem {
    assert_eq!(answer.headers().get(VERSION_HEADER).unwrap(), VERSION);
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    let problem: Problem =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {error}: {text}"));
    assert_eq!(StatusCode::from_u16(problem.status).unwrap(), status);
    problem
}

/// What a browser would send back of a `Set-Cookie`.
pub fn cookie_of(answer: &Response) -> String {
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_string()
}

pub async fn refused(answer: Response, kind: ProblemType) -> Problem {
    let problem = problem(answer).await;
    assert!(problem.is(kind), "{problem}");
    problem
}

pub fn row(kind: &str, id: &str, body: Value) -> String {
    json!({"k": kind, "id": id, "d": body}).to_string() + "\n"
}

pub fn gone(kind: &str, id: &str) -> String {
    json!({"k": kind, "id": id, "x": 1}).to_string() + "\n"
}

pub fn item(price: &str) -> Value {
    json!({"name": "Thing", "unit": "pc", "vat": "std", "price": price, "codes": []})
}

pub fn new_key() -> PrivateKey {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    PrivateKey::from_seed(
        Hash::of(&[&count.to_be_bytes()[..], &std::process::id().to_be_bytes()].concat()).as_bytes(),
    )
}

pub fn nonce() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed).to_string()
}

pub fn lines(records: &[Record]) -> Vec<u8> {
    records.iter().flat_map(|record| [record.to_bytes(), b"\n".to_vec()].concat()).collect()
}

/// A till's memory: its key and its chain.
pub struct Till {
    pub key: PrivateKey,
    pub enrolled: Enrolled,
    pub token: String,
    pub seq: u64,
    pub head: Hash,
}

impl Till {
    pub fn new(key: PrivateKey, enrolled: Enrolled) -> Till {
        Till { key, enrolled, token: String::new(), seq: 0, head: Hash::NONE }
    }

    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The next document of the chain.
    pub fn record(&mut self, kind: &str, total_minor: i64, body: Value) -> Record {
        let line = self.line(kind, total_minor, body);
        self.sign(&line)
    }

    pub fn line(&self, kind: &str, total_minor: i64, body: Value) -> DocumentLine {
        let Enrolled { till, enrolment, series, .. } = &self.enrolled;
        let seq = self.seq + 1;
        DocumentLine {
            body,
            business_day: "2010-12-01".into(),
            centre: CENTRE.into(),
            currency: "GBP".into(),
            enrolment: *enrolment,
            generations: BTreeMap::from([("items".into(), 1)]),
            kind: kind.into(),
            monotonic_ms: seq as i64,
            number: format!("{series}-{seq:06}"),
            offline: false,
            prev: self.head,
            recorded_ms: NOW_MS,
            seq,
            series: series.clone(),
            server_offset_ms: None,
            till: till.clone(),
            total_minor,
            user: "u1".into(),
            v: 1,
        }
    }

    pub fn sign(&mut self, line: &DocumentLine) -> Record {
        let record = Record::sign(line, &self.key).unwrap();
        (self.seq, self.head) = (line.seq, record.hash);
        record
    }

    /// A sale of so many teas at 1.50, paid in cash.
    pub fn sale(&mut self, teas: i64) -> Record {
        self.record("sale", 150 * teas, sale_body(teas))
    }

    pub fn sales(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.sale(1)).collect()
    }

    pub fn contact(&self) -> Contact {
        Contact {
            app: "test 1".into(),
            epoch: String::new(),
            generation: 0,
            head: self.head,
            oldest_ms: None,
            processed: 0,
            through: self.seq,
            unsent: 0,
        }
    }
}

pub fn sale_body(teas: i64) -> Value {
    let gross = 150 * teas;
    let vat = gross * 175 / 1175;
    json!({
        "lines": [line("tea", &teas.to_string(), gross)],
        "tenders": [{"amount_minor": gross, "currency": "GBP", "home_minor": gross, "kind": "cash", "tender": "cash"}],
        "vat": [{"category": "S", "gross_minor": gross, "net_minor": gross - vat, "percent": "17.5", "rate": "std", "vat_minor": vat}],
        "vat_mode": "included",
    })
}

pub fn line(item: &str, quantity: &str, gross: i64) -> Value {
    json!({
        "generation": 1,
        "gross_minor": gross,
        "item": item,
        "name": "Tea, loose, in a tin, with a picture of a ship",
        "quantity": quantity,
        "stock": true,
        "trace": [{"price": "1.50", "step": "list"}],
        "unit": "pc",
        "unit_price": "1.50",
        "vat": {"category": "S", "percent": "17.5", "rate": "std"},
    })
}
