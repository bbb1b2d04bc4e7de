//! A line that is cut once at every byte, and what is left of it after the next try.
//!
//! One till and one real back office, with a [`Proxy`] between them. For each offset a fresh step, blob
//! or upload is begun, cut there, and tried again over a healed line. Then: the next try succeeds;
//! at most one blob was fetched again; rows are the centre's, byte for byte; the badge is right;
//! documents are at the centre once; progress never went back.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tillkit::{AddLine, Report, Scope, Section, Session, Till, Trigger};

use crate::{
    proxy::{Asks, Fault, Proxy},
    world::{Line, Shop},
};

/// How much is cut.
#[derive(Debug, Clone, Copy)]
pub struct Pass {
    /// Every so many bytes; 1 is every byte.
    pub stride: usize,
    /// Cuts of a 4 MiB blob.
    pub blob_cuts: usize,
    /// Cuts of a 4 MiB upload.
    pub upload_cuts: usize,
    /// What offsets and contents come from.
    pub seed: u64,
}

/// What came of the cuts of one thing.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// What was cut.
    pub name: &'static str,
    /// Its bytes on the line, heads included.
    pub bytes: usize,
    /// Cuts that fell.
    pub cuts: u64,
    /// Bytes of blobs that came twice, in the worst try.
    pub again_bytes: u64,
    /// What did not hold.
    pub violations: Vec<String>,
    /// How long it took.
    pub seconds: u64,
}

impl Figures {
    /// Whether everything held.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.cuts > 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { bytes, cuts, again_bytes, .. } = self;
        write!(out, "{cuts} cuts in {bytes} bytes, at most {again_bytes} came again")
    }
}

/// A till behind a proxy, and what was seen of it.
struct Bench {
    shop: Shop,
    proxy: Proxy,
    till: Till,
    session: Session,
    random: Random,
    progress: Arc<Mutex<Vec<String>>>,
    watcher: tokio::task::JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

impl Bench {
    async fn open(seed: u64) -> Result<Bench> {
        let shop = Shop::stocked_in_memory().await?;
        let proxy = Proxy::to(shop.url()).await?;
        let till = shop.ready_till_at(&proxy.url, "T1", &Arc::new(Line::default())).await?;
        let session = till.sign_in("anna", "1234")?;
        run(&till, Scope::All, Trigger::RedButton).await?;
        let progress = Arc::new(Mutex::new(Vec::new()));
        let watcher = tokio::spawn(watch_progress(till.status()?, progress.clone()));
        Ok(Bench { shop, proxy, till, session, random: Random(seed | 1), progress, watcher })
    }

    /// Holds all live rows against the centre's, and every document against the till's own.
    async fn compare(&self, violations: &mut Vec<String>) -> Result<()> {
        run(&self.till, Scope::All, Trigger::RedButton).await?;
        self.shop.settled().await;
        run(&self.till, Scope::All, Trigger::Schedule).await?;
        let (here, there) = (rows_here(&self.shop, "T1")?, rows_there(&self.shop)?);
        for (section, rows) in &there {
            if here.get(section) != Some(rows) {
                violations.push(format!("{section} is not the centre's"));
            }
        }
        let documents = self.shop.documents().await?;
        let own = self.till.history(&[], None, usize::MAX >> 1)?;
        let mut expected: Vec<String> = Vec::new();
        for document in own.iter().rev() {
            expected.push(String::from_utf8(document.record.to_bytes())?);
        }
        if documents != expected {
            let (there, here) = (documents.len(), expected.len());
            violations.push(format!("the centre has {there} documents, the till {here}, or not the same"));
        }
        let unsent = self.till.unsent()?.all();
        if unsent > 0 {
            violations.push(format!("{unsent} unsent in the end"));
        }
        // One that is closed was a batch that overtook the one before it.
        for finding in self.shop.list("findings").await?.iter().filter(|found| found["closed_ms"].is_null()) {
            violations.push(format!("a finding: {finding}"));
        }
        let seen = std::mem::take(&mut *self.progress.lock().unwrap());
        violations.extend(seen);
        Ok(())
    }

    /// Sells so many lines, each a penny and of about a kilobyte that cannot be compressed to less than half.
    fn sell(&mut self, lines: usize) -> Result<()> {
        for _ in 0..lines {
            let reason = self.random.text(480);
            self.session.add(AddLine::item("book", 1.into()).at("0.01".parse()?, &reason))?;
        }
        self.session.pay_rest("cash")?;
        self.session.complete()?;
        Ok(())
    }

    /// What was sold, as the centre has booked it.
    async fn booked(&self) -> Result<i64> {
        let totals = self.shop.list("totals").await?;
        let gross = totals.iter().filter(|total| total["measure"] == "gross");
        Ok(gross.filter_map(|total| total["value"].as_i64()).sum())
    }
}

/// I24: within a run the percentage never goes down, and a run under way never says 100.
pub async fn watch_progress(
    mut status: tokio::sync::watch::Receiver<tillkit::Status>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut before = (0, 0);
    while status.changed().await.is_ok() {
        let now = {
            let status = status.borrow_and_update();
            (status.runs_ended, status.run.as_ref().map_or(0, |run| run.percent))
        };
        if now.0 == before.0 && now.1 < before.1 {
            seen.lock().unwrap().push(format!("progress went from {} to {} %", before.1, now.1));
        }
        if now.1 > 99 {
            seen.lock().unwrap().push("a run under way says that it is done".into());
        }
        before = now;
    }
}

async fn run(till: &Till, scope: Scope, trigger: Trigger) -> Result<Report> {
    till.sync(scope, trigger)?.wait().await.context("the engine has stopped")
}

/// Cuts everything, as often as the pass says.
///
/// # Errors
/// What the shop itself says; violations are in the figures.
pub async fn all(pass: &Pass, mut each: impl FnMut(&Figures)) -> Result<()> {
    each(&every_byte_down("step of 4 KiB", Way::Step, pass).await?);
    each(&every_byte_down("blob of 4 KiB", Way::Blob, pass).await?);
    each(&every_byte_up(Direction::Request, pass).await?);
    each(&every_byte_up(Direction::Answer, pass).await?);
    each(&large_blob(pass).await?);
    each(&large_upload(pass).await?);
    Ok(())
}

/// How a change of the section comes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Its changed rows only.
    Step,
    /// The whole section.
    Blob,
}

/// Random text of one change: seven rows of it are about 4 KiB once compressed.
const ROWS: usize = 7;
const TEXT: usize = 720;

/// Cuts a download at every byte of its answer.
///
/// # Errors
/// What the shop itself says.
pub async fn every_byte_down(name: &'static str, way: Way, pass: &Pass) -> Result<Figures> {
    let began = Instant::now();
    let mut bench = Bench::open(pass.seed).await?;
    let mut figures = Figures { name, ..Figures::default() };
    if way == Way::Step {
        // So large that the step is the shorter way.
        let text = bench.random.text(20_000);
        bench.shop.rows(&[("role", "base", json!({"name": "Role", "filler": text, "rights": []}))]).await?;
        bench.shop.publish().await?;
        run(&bench.till, Scope::All, Trigger::RedButton).await?;
    }
    let mut offset = bench.random.below(pass.stride as u64) as usize;
    let mut round = 0;
    while figures.bytes == 0 || offset < figures.bytes {
        let expected = publish_change(&mut bench, way, round).await?;
        bench.proxy.forget_counts();
        bench.proxy.once(Asks::Blob, Fault::CutAnswer(offset));
        let cut = run(&bench.till, Scope::One(Section::Users), Trigger::Row).await?;
        let fell = bench.proxy.count(Asks::Blob).faults;
        let report = run(&bench.till, Scope::One(Section::Users), Trigger::Row).await?;
        let blob = bench.proxy.count(Asks::Blob);
        let size = newest_users_bytes(&bench, way)?;
        if figures.bytes == 0 {
            figures.bytes = blob.answer_bytes.max(size as usize);
        }
        let mut wrong = |what: String| figures.violations.push(format!("at byte {offset}: {what}"));
        if fell != 1 || cut.red.get(&Section::Users).is_none_or(|red| red.code != "no-route") {
            wrong(format!("the cut was not seen as one: {}", cut.result()));
        }
        if !report.is_complete() || report.applied != [Section::Users] {
            wrong(format!("the next try did not succeed: {report:?}"));
        }
        let again = blob.body_bytes.saturating_sub(size);
        if again > size || blob.requests > 2 {
            wrong(format!("{again} bytes came again, in {} requests", blob.requests));
        }
        for (key, body) in &expected {
            let here = bench.till.objects("role", Some(&before(key)), 1)?;
            if here.first().is_none_or(|row| row.key != *key || row.body != body.to_string().into_bytes()) {
                wrong(format!("role {key} is not the centre's"));
            }
        }
        figures.cuts += fell;
        figures.again_bytes = figures.again_bytes.max(again);
        offset += pass.stride;
        round += 1;
    }
    bench.compare(&mut figures.violations).await?;
    figures.seconds = began.elapsed().as_secs();
    Ok(figures)
}

/// The greatest key that is less, for rows whose keys have no `/` as their last letter but one.
fn before(key: &str) -> String {
    let mut before = key.to_string();
    let last = before.pop().map_or(' ', |last| char::from_u32(last as u32 - 1).unwrap_or(' '));
    before.push(last);
    before.push('~');
    before
}

/// Publishes another content of the section and returns the rows that changed.
async fn publish_change(bench: &mut Bench, way: Way, round: usize) -> Result<BTreeMap<String, Value>> {
    let mut rows = BTreeMap::new();
    let mut lines = String::new();
    for row in 0..ROWS {
        // A blob is the shorter way when no row stays: the step would have to delete the old ones too.
        let key = match way {
            Way::Step => format!("step{row}"),
            Way::Blob => format!("blob{:05}-{row}", round),
        };
        let body = json!({"name": "Role", "filler": bench.random.text(TEXT), "rights": []});
        lines.push_str(&(json!({"k": "role", "id": key, "d": body}).to_string() + "\n"));
        if way == Way::Blob && round > 0 {
            let gone = format!("blob{:05}-{row}", round - 1);
            lines.push_str(&(json!({"k": "role", "id": gone, "x": 1}).to_string() + "\n"));
        }
        rows.insert(key, body);
    }
    bench.shop.admin("POST", "centres/main/rows", lines).await?;
    bench.shop.publish().await?;
    Ok(rows)
}

fn newest_users_bytes(bench: &Bench, way: Way) -> Result<u64> {
    let manifest = manifest_there(&bench.shop)?;
    let users = manifest.sections.get("users").context("no users")?;
    match way {
        Way::Step => Ok(users.steps.last().context("no step")?.bytes),
        Way::Blob => {
            ensure!(users.steps.iter().map(|step| step.bytes).sum::<u64>() == 0 || users.snapshot.len() == 1);
            Ok(users.snapshot_bytes())
        }
    }
}

/// Which way the bytes go that are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the back office.
    Request,
    /// From it.
    Answer,
}

/// Cuts an upload at every byte of its request, or of its answer.
///
/// # Errors
/// What the shop itself says.
pub async fn every_byte_up(direction: Direction, pass: &Pass) -> Result<Figures> {
    let began = Instant::now();
    let mut bench = Bench::open(pass.seed).await?;
    let name = match direction {
        Direction::Request => "upload of 4 KiB, request",
        Direction::Answer => "upload of 4 KiB, answer",
    };
    let mut figures = Figures { name, ..Figures::default() };
    let stride = if direction == Direction::Answer { 1 } else { pass.stride };
    let mut offset = bench.random.below(stride as u64) as usize;
    let mut sold = 0;
    // Compressed, one sale is a few bytes shorter than another: the last bytes of the longest are not cut.
    const SHORTER: usize = 32;
    while figures.bytes == 0 || offset + SHORTER < figures.bytes {
        bench.sell(9)?;
        sold += 9;
        bench.proxy.forget_counts();
        bench.proxy.once(
            Asks::Documents,
            match direction {
                Direction::Request => Fault::CutRequest(offset),
                Direction::Answer => Fault::CutAnswer(offset),
            },
        );
        let cut = run(&bench.till, Scope::One(Section::Sales), Trigger::Row).await?;
        let badge = bench.till.unsent()?.documents();
        let (fell, tries) = {
            let count = bench.proxy.count(Asks::Documents);
            (count.faults, count.requests)
        };
        let report = run(&bench.till, Scope::One(Section::Sales), Trigger::Row).await?;
        let count = bench.proxy.count(Asks::Documents);
        if figures.bytes == 0 {
            figures.bytes = match direction {
                Direction::Request => count.request_bytes,
                Direction::Answer => count.answer_bytes,
            };
        }
        let mut wrong = |what: String| figures.violations.push(format!("at byte {offset}: {what}"));
        if fell != 1 || cut.send_error.as_ref().is_none_or(|red| red.code != "no-route") {
            wrong(format!("the cut was not seen as one: {}", cut.result()));
        }
        // The engine's own timer may have tried again already.
        if badge != 1 && tries == 1 || cut.sent_documents != 0 {
            wrong(format!("the badge says {badge}, without an acknowledgement"));
        }
        if !report.is_complete() || bench.till.unsent()?.documents() != 0 {
            wrong(format!("the next try did not succeed: {report:?}"));
        }
        // What arrived in half was not stored; what was stored is known.
        let last: Value = serde_json::from_slice(&bench.proxy.last_body(Asks::Documents))?;
        let word = if direction == Direction::Request { "stored" } else { "known" };
        if last[word].as_array().is_none_or(Vec::is_empty) {
            wrong(format!("the back office did not say {word}: {last}"));
        }
        figures.cuts += fell;
        offset += stride;
    }
    bench.compare(&mut figures.violations).await?;
    let booked = bench.booked().await?;
    if booked != sold {
        figures.violations.push(format!("{booked} booked of {sold}"));
    }
    figures.seconds = began.elapsed().as_secs();
    Ok(figures)
}

/// Cuts one download of about 4 MiB again and again, each time later.
///
/// # Errors
/// What the shop itself says.
pub async fn large_blob(pass: &Pass) -> Result<Figures> {
    let began = Instant::now();
    let mut bench = Bench::open(pass.seed).await?;
    let mut figures = Figures { name: "blob of 4 MiB", ..Figures::default() };
    let mut lines = String::new();
    for row in 0..84 {
        let body = json!({"name": "Role", "filler": bench.random.text(62_000), "rights": []});
        lines.push_str(&(json!({"k": "role", "id": format!("r{row:03}"), "d": body}).to_string() + "\n"));
    }
    bench.shop.admin("POST", "centres/main/rows", lines).await?;
    bench.shop.publish().await?;
    let manifest = manifest_there(&bench.shop)?;
    let users = manifest.sections.get("users").context("no users")?;
    ensure!(users.snapshot.len() == 1, "{} blobs", users.snapshot.len());
    let size = users.snapshot_bytes();
    figures.bytes = size as usize;
    let offsets = bench.random.offsets(pass.blob_cuts, size);
    bench.proxy.forget_counts();
    for offset in &offsets {
        let arrived = bench.proxy.count(Asks::Blob).body_bytes;
        let Some(left) = offset.checked_sub(arrived) else { bail!("more than {offset} bytes have come") };
        bench.proxy.once(Asks::Blob, Fault::CutBody(left as usize));
        let cut = run(&bench.till, Scope::One(Section::Users), Trigger::Row).await?;
        if cut.red.get(&Section::Users).is_none_or(|red| red.code != "no-route") {
            figures.violations.push(format!("at byte {offset}: not seen as a cut: {}", cut.result()));
        }
        if cut.received_bytes != left {
            let kept = cut.received_bytes;
            figures.violations.push(format!("at byte {offset}: {left} bytes came, {kept} were counted"));
        }
    }
    bench.proxy.heal();
    let report = run(&bench.till, Scope::One(Section::Users), Trigger::Row).await?;
    if !report.is_complete() || report.applied != [Section::Users] {
        figures.violations.push(format!("the last try did not succeed: {report:?}"));
    }
    figures.cuts = bench.proxy.count(Asks::Blob).faults;
    figures.again_bytes = bench.proxy.count(Asks::Blob).body_bytes.saturating_sub(size);
    if figures.again_bytes > size {
        figures.violations.push(format!("{} bytes came again", figures.again_bytes));
    }
    bench.compare(&mut figures.violations).await?;
    figures.seconds = began.elapsed().as_secs();
    Ok(figures)
}

/// Cuts the request of an upload of about 4 MiB at many places before it arrives whole.
///
/// # Errors
/// What the shop itself says.
pub async fn large_upload(pass: &Pass) -> Result<Figures> {
    let began = Instant::now();
    let mut bench = Bench::open(pass.seed).await?;
    let mut figures = Figures { name: "upload of 4 MiB", ..Figures::default() };
    bench.sell(1_800)?;
    bench.sell(1_800)?;
    let before = bench.shop.documents().await?.len();
    // Compressed, the reasons are three quarters of their length, and all else is next to nothing.
    let offsets = bench.random.offsets(pass.upload_cuts, 1_290_000);
    let next = Arc::new(AtomicUsize::new(0));
    let (left, cuts) = (next.clone(), offsets.clone());
    bench.proxy.set_weather(move |asks| {
        if asks != Asks::Documents {
            return None;
        }
        cuts.get(left.fetch_add(1, Ordering::SeqCst)).map(|offset| Fault::CutRequest(*offset as usize))
    });
    while next.load(Ordering::SeqCst) < offsets.len() {
        let cuts = next.load(Ordering::SeqCst);
        let cut = run(&bench.till, Scope::One(Section::Sales), Trigger::Row).await?;
        let badge = bench.till.unsent()?.documents();
        // The engine's own timer may have been the one that got through after the last cut.
        let is_over = next.load(Ordering::SeqCst) > offsets.len();
        if !is_over && (cut.sent_documents, badge) != (0, 2) {
            let sent = cut.sent_documents;
            figures.violations.push(format!("after cut {cuts}: {sent} sent, the badge says {badge}"));
            break;
        }
    }
    let stored = bench.shop.documents().await?.len() - before;
    if next.load(Ordering::SeqCst) <= offsets.len() && stored > 0 {
        figures.violations.push(format!("{stored} documents of half an upload are stored"));
    }
    let report = run(&bench.till, Scope::One(Section::Sales), Trigger::Row).await?;
    if !report.is_complete() || bench.till.unsent()?.documents() != 0 {
        figures.violations.push(format!("the last try did not succeed: {report:?}"));
    }
    let count = bench.proxy.count(Asks::Documents);
    (figures.cuts, figures.bytes) = (count.faults, count.request_bytes);
    if let Some(beyond) = offsets.iter().find(|offset| **offset >= figures.bytes as u64) {
        figures.violations.push(format!("nothing was cut at {beyond}: the upload is shorter"));
    }
    bench.compare(&mut figures.violations).await?;
    let booked = bench.booked().await?;
    if booked != 3_600 {
        figures.violations.push(format!("{booked} booked of 3600"));
    }
    figures.seconds = began.elapsed().as_secs();
    Ok(figures)
}

/// The rows of each section as they are live on a phone: lines, sorted.
///
/// # Errors
/// The file's.
pub fn rows_here(shop: &Shop, phone: &str) -> Result<BTreeMap<String, Vec<Vec<u8>>>> {
    const ROWS: &str = "
        SELECT name, kind, key, body FROM section JOIN row ON slot = live_slot ORDER BY name, kind, key";
    let file = rusqlite::Connection::open(shop.phone(phone).join("centre.db"))?;
    let mut statement = file.prepare(ROWS)?;
    let mut rows = statement.query([])?;
    let mut sections: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (kind, key, body): (String, String, Vec<u8>) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let mut line = Vec::new();
        let row_there = tillkit_protocol::rows::Row { kind: kind.into(), key: key.into(), body: Some(&body) };
        tillkit_protocol::rows::write_row(&mut line, &row_there);
        sections.entry(row.get(0)?).or_default().push(line);
    }
    Ok(sections)
}

/// The newest manifest of the centre `main`, as the back office keeps it.
///
/// # Errors
/// The file's.
pub fn manifest_there(shop: &Shop) -> Result<tillkit_protocol::Manifest> {
    const NEWEST: &str =
        "SELECT signed FROM generation WHERE centre = 'main' ORDER BY generation DESC LIMIT 1";
    let file = rusqlite::Connection::open(shop.folder.path().join("office.db"))?;
    let signed: Vec<u8> = file.query_row(NEWEST, [], |row| row.get(0))?;
    let (_, line) = tillkit_protocol::keys::split_signed(&signed).context("not signed")?;
    Ok(serde_json::from_slice(line)?)
}

/// A blob as the back office keeps it.
///
/// # Errors
/// The folder's.
pub fn blob_there(shop: &Shop, name: &tillkit_protocol::Hash) -> Result<Vec<u8>> {
    let name = name.to_string();
    Ok(std::fs::read(shop.folder.path().join("office/blobs/1").join(&name[..2]).join(name))?)
}

/// The rows of each section as the centre `main` has published them: lines, in order.
///
/// # Errors
/// The back office's files'.
pub fn rows_there(shop: &Shop) -> Result<BTreeMap<String, Vec<Vec<u8>>>> {
    let mut sections = BTreeMap::new();
    for (name, section) in manifest_there(shop)?.sections {
        let mut lines = Vec::new();
        for blob in &section.snapshot {
            let expanded = tillkit_protocol::rows::open_blob(&blob_there(shop, &blob.sha256)?, &blob.sha256)?;
            lines.extend(expanded.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        }
        if !lines.is_empty() {
            sections.insert(name, lines);
        }
    }
    Ok(sections)
}

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit.max(1)
    }

    /// Letters and digits, which hardly compress: six bits each.
    pub fn text(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let mut bits = self.bits();
            for _ in 0..10.min(length - text.len()) {
                text.push(char::from(LETTERS[(bits & 63) as usize]));
                bits >>= 6;
            }
        }
        text
    }

    /// So many different offsets below `size`, ascending.
    pub fn offsets(&mut self, count: usize, size: u64) -> Vec<u64> {
        let mut offsets = std::collections::BTreeSet::new();
        while offsets.len() < count {
            offsets.insert(1 + self.below(size - 1));
        }
        offsets.into_iter().collect()
    }
}
