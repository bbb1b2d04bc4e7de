//! Kills a till at random instants, for real, and looks at what is left.
//!
//! The victim is a process of its own. Every number a call has returned goes down a pipe before
//! anything else happens; the parent ends the process with SIGKILL at a random instant inside a
//! commit, an upload, an apply or a closure, opens what is left, and holds it to the invariants.
//! The control skips the commit of the journal: the same checks must catch it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::json;
use tillkit::{AddLine, Kind, Scope, StoreError, Till, Trigger};
use tillkit_protocol::Record;
use tillkit_store::{
    Store,
    journal::{JournalWrite, NewDocument, Numerator},
};

use crate::world::{Hands, Line, MORNING_MS, Shop, services};

/// What the victim is doing when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// A sale is being recorded.
    Commit,
    /// Documents are being sent and acknowledged.
    Upload,
    /// A published change is being made live.
    Apply,
    /// A Z is being recorded.
    Closure,
    /// The control: a sale whose commit is skipped.
    SkippedCommit,
}

impl Phase {
    /// The four that count.
    pub const REAL: [Phase; 4] = [Phase::Commit, Phase::Upload, Phase::Apply, Phase::Closure];

    fn name(self) -> &'static str {
        match self {
            Phase::Commit => "commit",
            Phase::Upload => "upload",
            Phase::Apply => "apply",
            Phase::Closure => "closure",
            Phase::SkippedCommit => "skipped_commit",
        }
    }

    fn of_name(name: &str) -> Option<Phase> {
        Phase::REAL.into_iter().chain([Phase::SkippedCommit]).find(|phase| phase.name() == name)
    }

    /// Microseconds that the operation takes about: kills fall within one and a half of it.
    fn span_us(self) -> u64 {
        match self {
            Phase::Commit | Phase::Closure | Phase::SkippedCommit => 1_500,
            Phase::Upload => 12_000,
            Phase::Apply => 60_000,
        }
    }
}

/// What came of the kills.
#[derive(Debug, Default)]
pub struct Report {
    /// Kills in all.
    pub kills: u32,
    /// Kills that fell inside the operation, by phase.
    pub inside: BTreeMap<Phase, u32>,
    /// Numbers that a call had returned.
    pub promised: usize,
    /// What an invariant said, with the kill it was seen after.
    pub violations: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} kills, inside:", self.kills)?;
        for (phase, count) in &self.inside {
            write!(out, " {} {count}", phase.name())?;
        }
        write!(out, "; {} promised numbers", self.promised)
    }
}

const FOLDER: &str = "TILLKIT_VICTIM_FOLDER";
const PHASE: &str = "TILLKIT_VICTIM_PHASE";

/// Kills victims until each of `phases` has been hit inside `each` times. `victim` makes the command
/// that ends in [`be_the_victim`].
///
/// # Errors
/// What the shop or a process says; violations are in the report.
pub async fn run(phases: &[Phase], each: u32, seed: u64, victim: impl Fn() -> Command) -> Result<Report> {
    let shop = Shop::stocked().await?;
    let mut items = Generation::default();
    items.publish(&shop).await?;
    let line = Arc::new(Line::default());
    let till = shop.ready_till("T1", &line).await?;
    if till.suspend(Duration::from_secs(10)) != tillkit::Released::Released {
        bail!("the first till does not let go of its files");
    }
    drop(till);
    let mut random = Random(seed | 1);
    let mut report = Report::default();
    let mut promised = BTreeSet::new();
    for phase in phases {
        report.inside.insert(*phase, 0);
        while report.inside[phase] < each {
            if *phase == Phase::Apply {
                items.publish(&shop).await?;
            }
            let told = kill_one(&shop, *phase, &mut random, &victim)?;
            report.kills += 1;
            *report.inside.entry(*phase).or_default() += u32::from(told.was_inside);
            promised.extend(told.numbers);
            let left = look_at(&shop.phone("T1"), &promised, &items);
            let seen = format!("kill {} in {}", report.kills, phase.name());
            report.violations.extend(left.err().map(|violation| format!("{seen}: {violation}")));
            if report.violations.len() > 5 || report.kills > 20 * each * phases.len() as u32 {
                report.promised = promised.len();
                return Ok(report);
            }
        }
    }
    report.promised = promised.len();
    if !phases.contains(&Phase::SkippedCommit) {
        let at_centre = drain(&shop, &promised).await;
        report.violations.extend(at_centre.err().map(|violation| format!("after all kills: {violation}")));
    }
    Ok(report)
}

/// What a victim said before it died.
struct Told {
    numbers: Vec<String>,
    was_inside: bool,
}

fn kill_one(shop: &Shop, phase: Phase, random: &mut Random, victim: &impl Fn() -> Command) -> Result<Told> {
    let mut child = victim()
        .env(FOLDER, shop.folder.path())
        .env(PHASE, phase.name())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("the victim does not start")?;
    let (said, heard) = mpsc::channel();
    let output = child.stdout.take().context("no pipe")?;
    let listener = std::thread::spawn(move || {
        for word in BufReader::new(output).lines().map_while(Result::ok) {
            if said.send(word).is_err() {
                return;
            }
        }
    });
    let told = listen_and_kill(&mut child, &heard, phase, random);
    // By its own handle, whatever happened: nothing is left running.
    let _ = child.kill();
    child.wait()?;
    let mut told = told?;
    let _ = listener.join();
    told.hear(heard.try_iter());
    Ok(told)
}

fn listen_and_kill(
    child: &mut Child,
    heard: &mpsc::Receiver<String>,
    phase: Phase,
    random: &mut Random,
) -> Result<Told> {
    let mut told = Told { numbers: Vec::new(), was_inside: false };
    // A victim of an apply has one change to make live; the others work until they are stopped.
    let rounds = if phase == Phase::Apply { 1 } else { 1 + random.below(4) };
    let mut begun = 0;
    while begun < rounds {
        let word = heard.recv_timeout(Duration::from_secs(30)).context("the victim says nothing")?;
        begun += u64::from(word == "begin");
        told.hear([word]);
    }
    std::thread::sleep(Duration::from_micros(random.below(phase.span_us() * 3 / 2)));
    child.kill()?;
    Ok(told)
}

impl Told {
    fn hear(&mut self, words: impl IntoIterator<Item = String>) {
        for word in words {
            match word.split_once(' ') {
                Some(("number", number)) => self.numbers.push(number.into()),
                _ if word == "begin" => self.was_inside = true,
                _ if word == "end" => self.was_inside = false,
                _ => {}
            }
        }
    }
}

/// Holds what a kill left of a till to the invariants.
fn look_at(phone: &Path, promised: &BTreeSet<String>, items: &Generation) -> Result<()> {
    let store = Store::open(phone)?;
    let enrolment = store.journal.enrolment()?;
    let verified = store.journal.verify_chain(&enrolment.till, enrolment.enrolment, &enrolment.public_key)?;
    let head = verified?;
    let (mut numbers, mut unsent, mut seq) = (BTreeMap::<String, Vec<u64>>::new(), 0, 0);
    let mut printed = BTreeSet::new();
    store.journal.each_document::<anyhow::Error>(&enrolment.till, enrolment.enrolment, 1, |document| {
        seq += 1;
        if document.seq != seq {
            bail!("seq {} follows {}", document.seq, seq - 1);
        }
        unsent += u64::from(document.delivery == tillkit::Delivery::Local);
        if let Some((series, number)) = document.number.rsplit_once('-') {
            numbers.entry(series.into()).or_default().push(number.parse()?);
        }
        if !document.number.is_empty() && !printed.insert(document.number.clone()) {
            bail!("{} is there twice", document.number);
        }
        Ok(())
    })?;
    if head.seq != seq || store.journal.unsent()?.all() != unsent {
        bail!("head {} of {seq}, counter {} of {unsent}", head.seq, store.journal.unsent()?.all());
    }
    for (series, numbers) in numbers {
        if numbers != (1..=numbers.len() as u64).collect::<Vec<_>>() {
            bail!("series {series} has a gap: {numbers:?}");
        }
    }
    if let Some(lost) = promised.iter().find(|number| !printed.contains(*number)) {
        bail!("{lost} was promised and is not there");
    }
    items.is_whole(&store)
}

/// After all kills: everything meets at the centre, once.
async fn drain(shop: &Shop, promised: &BTreeSet<String>) -> Result<()> {
    let till = shop.till("T1", &Arc::new(Line::default()))?;
    let report = till.sync(Scope::All, Trigger::RedButton)?.wait().await.context("the engine stopped")?;
    if !report.is_complete() || till.unsent()?.all() != 0 {
        bail!("it does not drain: {report:?}");
    }
    let mut numbers = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for line in shop.documents().await? {
        let document = Record::parse(line.as_bytes())?.document::<serde_json::Value>()?;
        if !keys.insert(document.seq) {
            bail!("seq {} is at the centre twice", document.seq);
        }
        numbers.insert(document.number);
    }
    let head = till.verify_chains()??.pop().context("no chain")?;
    if keys.len() as u64 != head.seq {
        bail!("the till has {} documents, the centre {}", head.seq, keys.len());
    }
    match promised.iter().find(|number| !numbers.contains(*number)) {
        Some(lost) => bail!("{lost} was promised and is not at the centre"),
        None => Ok(()),
    }
}

/// Items that all carry the number of their publication as price, so that a mix shows.
#[derive(Default)]
struct Generation {
    published: u32,
}

const ITEMS: u32 = 3_000;

impl Generation {
    async fn publish(&mut self, shop: &Shop) -> Result<()> {
        self.published += 1;
        let price = self.published.to_string();
        let rows = (0..ITEMS).map(|key| {
            let body = json!({"name": format!("Thing {key} at {price}"), "codes": [format!("G{key}")], "unit": "pc", "vat": "std", "price": price});
            json!({"k": "item", "id": format!("g{key:05}"), "d": body}).to_string() + "\n"
        });
        shop.admin("POST", "centres/main/rows", rows.collect::<String>()).await?;
        shop.publish().await?;
        Ok(())
    }

    fn is_whole(&self, store: &Store) -> Result<()> {
        let view = store.centre.view()?;
        let mut prices = BTreeSet::new();
        let mut count = 0;
        let mut after: Option<String> = None;
        loop {
            let page = view.list("item", after.as_deref(), 1_000)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for found in page.iter().filter(|found| found.key.starts_with('g')) {
                let item: serde_json::Value = found.read()?;
                prices.insert(item["price"].as_str().unwrap_or_default().to_string());
                count += 1;
            }
        }
        if prices.len() != 1 || count != ITEMS {
            bail!("{count} items of generations {prices:?} are live together");
        }
        Ok(())
    }
}

/// The life of a victim: opens the till that the parent has prepared and works until it is killed.
///
/// # Errors
/// What the till says; the parent then hears nothing more.
pub async fn be_the_victim() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os(FOLDER).context("no folder")?);
    let phase = std::env::var(PHASE)?;
    let phase = Phase::of_name(&phase).context("no such phase")?;
    let hands = Hands::at(MORNING_MS);
    let services = services(hands, &folder.join("T1.key"), &Arc::new(Line::default()));
    let till = Till::open(&folder.join("T1"), services, tokio::runtime::Handle::current())?;
    if phase == Phase::Apply {
        say("begin");
        till.sync(Scope::All, Trigger::RedButton)?.wait().await;
        say("end");
        return Ok(());
    }
    let session = till.sign_in("anna", "1234")?;
    loop {
        if phase == Phase::SkippedCommit {
            skip_a_commit(&folder.join("T1"))?;
            continue;
        }
        session.add(AddLine::code("MUG", 1.into()))?;
        session.pay_rest("cash")?;
        if phase == Phase::Commit {
            say("begin");
        }
        let receipt = session.complete()?;
        say(&format!("number {}", receipt.reference.number));
        match phase {
            Phase::Commit => say("end"),
            Phase::Upload => {
                say("begin");
                till.sync(Scope::All, Trigger::RedButton)?.wait().await;
                say("end");
            }
            Phase::Closure => {
                say("begin");
                let closed = session.close(&[])?;
                let number = closed.recorded.context("no Z")?.number;
                say(&format!("number {number}"));
                say("end");
            }
            Phase::Apply | Phase::SkippedCommit => {}
        }
    }
}

/// Records a sale as the till does and reports its number, but gives the transaction up.
fn skip_a_commit(phone: &Path) -> Result<()> {
    let store = Store::open(phone)?;
    let enrolment = store.journal.enrolment()?;
    let newest = store.journal.history(&[], None, 1)?.pop().context("nothing recorded yet")?;
    let key = tillkit_protocol::keys::PrivateKey::from_seed(&[7; 32]);
    let mut number = String::new();
    say("begin");
    let document = sample(newest.recorded_ms)?;
    let given_up = store.journal.write(|journal: &JournalWrite| {
        number = journal.record(&enrolment, &key, document)?.number;
        Err::<(), StoreError>(StoreError::Suspended)
    });
    if given_up.is_ok() {
        bail!("the control committed");
    }
    say(&format!("number {number}"));
    say("end");
    Ok(())
}

fn sample(recorded_ms: i64) -> Result<NewDocument<serde_json::Value>> {
    let pattern = tillkit_domain::Numerator::parse("{series}-{number:6}")?;
    Ok(NewDocument {
        kind: Kind::Sale,
        body: json!({"lines": []}),
        business_day: "2010-12-01".into(),
        centre: "main".into(),
        currency: "GBP".into(),
        generations: BTreeMap::new(),
        monotonic_ms: 0,
        offline: false,
        recorded_ms,
        server_offset_ms: None,
        total_minor: 0,
        user: "anna".into(),
        numerator: Some(Numerator { name: "*".into(), pattern }),
        stock: Vec::new(),
        reversals: Vec::new(),
    })
}

/// One line down the pipe, now.
fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{word}");
    let _ = out.flush();
}

/// xorshift64*: when to kill, repeatable by seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % bound.max(1)
    }
}
