//! A phone, its owner's hands, and what she was promised.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use tillkit::{
    AddLine, Aside, CashMovementKind, Closed, Counted, CountedByPieces, Currency, CustomerPart, Delivery,
    Discount, Goods, KeyStore, Kind, LineOrigin, Money, NewOrder, NewReturn, NewStock, Pieces, Quantity,
    Receipt, Recorded, Reference, RefundBy, Released, ReturnLine, ReturnPurpose, Rim, Scope, Section,
    Services, Session, Standing, StockKind, StoreError, Till, TillError, Trigger, UnitPrice,
};
use tillkit_protocol::{
    Hash,
    settings::{ApplyWhen, Policy, SendWhen},
};
use tokio::{runtime::Handle, task::JoinHandle, time::sleep};
use zeroize::Zeroizing;

use super::{
    audit,
    centre::{CENTRES, Centre, Of, warehouse_of},
    checks::{self, MOST_DOCUMENTS, Seen},
    dice::Dice,
    line::{Line, OverLine},
    settings::{BOTTLES, MOST_ITEMS, USER, WEIGHED},
    trace::Trace,
};
use crate::{accountant::Count, powerloss::Recording};

const URL: &str = "sim://centre";
/// What a till says that must be enrolled again.
const ENDED: [&str; 3] = ["superseded", "unauthorised", "revoked"];
/// Pounds in the drawer: its tender and currency.
const CASH: (&str, Currency) = ("cash", Currency::GBP);
/// Euros beside them.
const EUROS: (&str, Currency) = ("euros", Currency::EUR);

/// A phone's clock, which is wrong by so much, and its randomness.
pub struct Clock {
    trace: Arc<Trace>,
    wrong_ms: Arc<AtomicI64>,
    dice: Mutex<Dice>,
}

impl Rim for Clock {
    fn now_ms(&self) -> i64 {
        self.trace.now_ms() + self.wrong_ms.load(Ordering::Relaxed)
    }

    fn monotonic_ms(&self) -> i64 {
        i64::try_from(self.trace.at_ms()).unwrap_or(i64::MAX)
    }

    fn utc_offset_ms(&self, _at_ms: i64) -> i64 {
        3_600_000
    }

    fn random(&self, bytes: &mut [u8]) {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

/// A key store that is one number: what another sealed, it does not open.
struct Keys(u64);

impl KeyStore for Keys {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, TillError> {
        Ok([&self.0.to_be_bytes(), secret].concat())
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TillError> {
        let secret = sealed.strip_prefix(&self.0.to_be_bytes());
        let why = || TillError::KeyStore { why: "another phone sealed it".into() };
        secret.map(|secret| Zeroizing::new(secret.to_vec())).ok_or_else(why)
    }
}

/// A document that a verb returned: promised.
#[derive(Debug, Clone)]
pub struct Promised {
    /// Whose.
    pub of: Of,
    /// Its seq.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// What it is.
    pub kind: Kind,
}

/// What the shop was promised by one phone.
#[derive(Default)]
pub struct Ledger {
    /// In the order they were made.
    pub promised: Vec<Promised>,
    /// Documents that only the centre has: the phone was set back to before them.
    pub elsewhere: Vec<Promised>,
    /// Closings that were interrupted: each may have left a Z nobody was told of.
    pub interrupted: u64,
    /// What was handed to the customer, by its document.
    pub printed: BTreeMap<Hash, String>,
    /// What was counted for a Z: minor units by tender and currency.
    pub counted: BTreeMap<(Of, u64), Count>,
}

impl Ledger {
    fn add(&mut self, kind: Kind, reference: Reference) {
        let Reference { enrolment, hash, seq, till, .. } = reference;
        self.promised.push(Promised { of: (till, enrolment), seq, hash, kind });
    }
}

/// The app while it runs.
struct Life {
    till: Till,
    clock: Weak<Clock>,
    session: Option<Arc<Session>>,
    /// The centre it is of.
    signed_in_at: Option<String>,
    observer: JoinHandle<()>,
    /// What its owner waits for.
    task: Option<JoinHandle<()>>,
    is_closing: bool,
    is_suspended: bool,
    /// What was live when the open cart was begun.
    cart_began: Option<BTreeMap<String, u64>>,
}

/// What must come right by itself once everything has healed.
pub struct Calm {
    at_ms: u64,
    lives: u64,
    policy: Policy,
    unsent: Vec<(Of, u64)>,
}

/// A phone.
pub struct Phone {
    /// The till it is, or will be.
    pub name: String,
    /// Its line.
    pub line: Arc<Line>,
    /// What it promised.
    pub ledger: Arc<Mutex<Ledger>>,
    /// How wrong its clock is.
    pub wrong_ms: Arc<AtomicI64>,
    seed: u64,
    trace: Arc<Trace>,
    centre: Arc<Mutex<Centre>>,
    folder: PathBuf,
    disk: Arc<Recording>,
    keys: u64,
    dice: Dice,
    lives: u64,
    life: Option<Life>,
    seen: Seen,
    /// What can be reversed: a document, and its lines if they can come back.
    receipts: Vec<(Reference, usize)>,
    /// Its owner has been told to enrol it again.
    must_enrol: Arc<AtomicBool>,
    /// Where it is to sell.
    chosen: &'static str,
}

impl Phone {
    /// A new phone with an empty folder.
    pub fn new(
        name: &str,
        seed: u64,
        folder: &Path,
        trace: Arc<Trace>,
        centre: Arc<Mutex<Centre>>,
        line: Arc<Line>,
    ) -> Phone {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let mut dice = Dice::new(seed, name);
        Phone {
            name: name.into(),
            line,
            ledger: Arc::default(),
            wrong_ms: Arc::default(),
            seed,
            trace,
            centre,
            disk: Recording::watch(&folder).expect("a folder"),
            folder,
            keys: dice.bits(),
            dice,
            lives: 0,
            life: None,
            seen: Seen::default(),
            receipts: Vec::new(),
            must_enrol: Arc::default(),
            chosen: CENTRES[0],
        }
    }

    /// Whether the app runs.
    pub fn is_on(&self) -> bool {
        self.life.is_some()
    }

    /// The till, while the app runs.
    pub fn till(&self) -> Option<&Till> {
        self.life.as_ref().map(|life| &life.till)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ------------------------------------------------------------------------- the app's life

    /// Starts the app.
    pub fn open(&mut self) {
        if self.is_on() {
            return;
        }
        self.lives += 1;
        let dice = Dice::new(self.seed ^ self.lives, &format!("{} random", self.name));
        let clock =
            Arc::new(Clock { trace: self.trace.clone(), wrong_ms: self.wrong_ms.clone(), dice: dice.into() });
        let line = self.line.clone();
        let services = Services {
            rim: clock.clone(),
            keys: Arc::new(Keys(self.keys)),
            connect: Arc::new(move |_| Ok(Arc::new(OverLine(line.clone())))),
            app: "simulated".into(),
            aside: Aside::Inline,
        };
        match Till::open(&self.folder, services, Handle::current()) {
            Ok(till) => {
                self.trace.note(&self.name, format_args!("opens, {:?}", till.standing()));
                till.stay_in_touch();
                let observer = checks::observe(&till, &self.name, &self.line, &self.trace);
                self.life = Some(Life {
                    till,
                    clock: Arc::downgrade(&clock),
                    session: None,
                    signed_in_at: None,
                    observer,
                    task: None,
                    is_closing: false,
                    is_suspended: false,
                    cart_began: None,
                });
                self.seen.forget();
                self.look(true);
            }
            Err(TillError::Store(StoreError::DiskFull)) => {
                self.trace.note(&self.name, "opens not: disk full")
            }
            Err(error) => self.trace.violated("I1", &self.name, format_args!("does not open: {error}")),
        }
    }

    /// Ends the app as its owner does: everything is closed in order.
    pub async fn shut(&mut self) {
        let Some(life) = self.life.take() else { return };
        self.trace.note(&self.name, "shuts");
        self.end(life).await;
    }

    /// The process dies: the files stay as they lie there this moment.
    pub async fn kill(&mut self) {
        let Some(life) = self.life.take() else { return };
        self.trace.fired("till killed", &self.name);
        let image = self.image("image");
        self.end(life).await;
        self.put_back(&image);
    }

    /// A copy of the files as they lie there now.
    pub fn image(&self, name: &str) -> PathBuf {
        let to = self.folder.with_file_name(format!("{}.{name}", self.name));
        drop(fs::remove_dir_all(&to));
        copy(&self.folder, &to).expect("memory");
        to
    }

    /// Files of before take the place of those there are.
    pub fn put_back(&mut self, image: &Path) {
        fs::remove_dir_all(&self.folder).expect("a folder");
        copy(image, &self.folder).expect("memory");
    }

    /// Files of an old backup take the place of those there are, their keys still fit. What was made since
    /// `promised` documents ago is lost if the centre does not have it.
    pub fn set_back(&mut self, image: &Path, promised: usize) {
        self.put_back(image);
        let mut centre = self.centre.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let since = ledger.promised.split_off(promised);
        // The enrolment it goes on with, and those it knows nothing of any more.
        let touched = ledger.promised.last().into_iter().chain(&since);
        centre.copied.extend(touched.map(|made| made.of.clone()));
        let is_held = |made: &Promised| centre.holds(&made.of, made.seq, &made.hash);
        ledger.elsewhere.extend(since.into_iter().filter(is_held));
    }

    /// Its key store forgets what it sealed: the files have come to another phone.
    pub fn lose_keys(&mut self) {
        self.keys = self.dice.bits();
    }

    async fn end(&mut self, life: Life) {
        life.observer.abort();
        if let Some(task) = life.task.filter(|task| !task.is_finished()) {
            task.abort();
            self.ledger().interrupted += u64::from(life.is_closing);
        }
        let clock = life.clock;
        drop((life.session, life.till));
        for _ in 0..64 {
            if clock.strong_count() == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        self.trace.violated("I25", &self.name, "something of a till goes on after it was dropped");
    }

    /// Lets files grow no more, or again.
    pub fn fill_disk(&self, is_full: bool) {
        self.disk.set_full(is_full);
        if is_full {
            self.trace.fired("disk full", &self.name);
        } else {
            self.trace.note(&self.name, "disk has room");
        }
    }

    // ----------------------------------------------------------------------- what she looks at

    /// Holds what can be seen now against what must be.
    pub fn look(&mut self, closely: bool) {
        let Some(life) = &self.life else { return };
        if life.is_suspended {
            return;
        }
        let centre = self.centre.lock().unwrap_or_else(PoisonError::into_inner);
        let mut eyes =
            checks::Eyes { trace: &self.trace, who: &self.name, till: &life.till, centre: &centre };
        eyes.live(&mut self.seen);
        if let Some(began) = &life.cart_began {
            let now = generations(&life.till);
            eyes.must(*began == now, "I9", || {
                format!("settings changed under an open receipt: {began:?} {now:?}")
            });
        }
        if closely {
            let lost =
                life.till.findings().unwrap_or_default().into_iter().find(|finding| finding.code == "lost");
            let is_right = lost.is_none() || centre.was_restored;
            eyes.must(is_right, "I3", || format!("nothing was lost, and yet: {lost:?}"));
            eyes.delivery(&mut self.seen);
            eyes.promised(&self.ledger.lock().unwrap_or_else(PoisonError::into_inner).promised);
            if let Some(session) = &life.session {
                eyes.stock(session, self.dice.of(0..MOST_ITEMS));
            }
        }
    }

    /// Every level the selling screen shows is the centre's: for when everything has come to rest.
    pub fn look_at_stock(&self) {
        let Some(life) = &self.life else { return };
        let Some(session) = &life.session else { return };
        let centre = self.centre.lock().unwrap_or_else(PoisonError::into_inner);
        if self.enrolments().iter().any(|of| centre.copied.contains(of)) {
            return; // what a copy sold beside its original is booked nowhere
        }
        let chosen = life.till.centre().ok().flatten().unwrap_or_default();
        for n in 0..MOST_ITEMS {
            let Some(shown) = checks::shown(session, n) else { continue };
            let level = centre.level(warehouse_of(&chosen), &format!("i{n:02}")).to_string();
            let what = format_args!("the level of i{n:02} is {level}, {shown} is shown");
            self.trace.must(shown == level, "stock", &self.name, what);
        }
    }

    fn enrolments(&self) -> Vec<Of> {
        let ledger = self.ledger();
        let mut all: Vec<Of> = ledger.promised.iter().map(|promised| promised.of.clone()).collect();
        all.dedup();
        all
    }

    /// What a verb said, in a word; an error that no verb may give is a violation.
    fn said<T>(&self, verb: &str, said: Result<T, TillError>) -> Option<T> {
        match said {
            Ok(done) => {
                self.trace.note(&self.name, verb);
                Some(done)
            }
            Err(error) => {
                self.trace.note(&self.name, format_args!("{verb}: {}", error.code()));
                let is_expected = match &error {
                    TillError::Store(error) => matches!(error, StoreError::DiskFull | StoreError::Suspended),
                    TillError::BadSetting { .. } | TillError::KeyStore { .. } => false,
                    _ => true,
                };
                self.trace.must(is_expected, "verbs", &self.name, format_args!("{verb}: {error}"));
                None
            }
        }
    }

    fn keep(&mut self, kind: Kind, recorded: Option<Recorded>) {
        if let Some(recorded) = recorded {
            self.ledger().add(kind, recorded.reference());
        }
    }

    fn keep_receipt(&mut self, kind: Kind, receipt: Option<Receipt>) {
        let Some(receipt) = receipt else { return };
        if kind != Kind::Void {
            let lines = if kind == Kind::Sale { receipt.settled.lines.len() } else { 0 };
            self.receipts.push((receipt.reference.clone(), lines));
        }
        let mut ledger = self.ledger();
        ledger.printed.insert(receipt.reference.hash, receipt.text);
        ledger.add(kind, receipt.reference);
    }

    // -------------------------------------------------------------------------- what she does

    /// Whether she is at something that takes its time.
    pub fn is_busy(&self) -> bool {
        self.life.as_ref().and_then(|life| life.task.as_ref()).is_some_and(|task| !task.is_finished())
    }

    /// Does one thing, as chance has it.
    pub fn act(&mut self) {
        if !self.is_on() || self.is_busy() {
            return;
        }
        let Some(session) = self.sign_in() else { return };
        if self.does_what_must_be() {
            return;
        }
        let what = self.dice.weighted(&[
            (50, Act::Sell),
            (6, Act::Return),
            (3, Act::Void),
            (4, Act::Cash),
            (3, Act::Order),
            (3, Act::Customer),
            (5, Act::Stock),
            (5, Act::Hold),
            (2, Act::Cancel),
            (3, Act::EditPrice),
            (1, Act::EditFooter),
            (4, Act::RedButton),
            (3, Act::Row),
            (2, Act::Confirm),
            (2, Act::CancelSync),
            (2, Act::Suspend),
            (1, Act::Interim),
            (1, Act::SignOut),
            (1, Act::Background),
            (1, Act::Move),
        ]);
        self.do_it(&session, what);
        let closely = self.dice.bits().is_multiple_of(16);
        self.look(closely);
    }

    fn sign_in(&mut self) -> Option<Arc<Session>> {
        let life = self.life.as_ref()?;
        if life.is_suspended {
            self.resume();
            return None;
        }
        let till = life.till.clone();
        let centre = till.centre().ok().flatten();
        // A session of another centre is over.
        if let Some(session) = life.session.as_ref().filter(|_| life.signed_in_at == centre) {
            return Some(session.clone());
        }
        let signed_in = till.sign_in(USER.0, USER.1);
        let needs_help = matches!(
            &signed_in,
            Err(TillError::NotSynced { .. } | TillError::NoCentre | TillError::Copied { .. })
        ) || till.standing() != Standing::Enrolled;
        if needs_help {
            self.settle_in();
            return None;
        }
        let session = Arc::new(self.said("signs in", signed_in)?);
        if let Some(life) = &mut self.life {
            life.session = Some(session.clone());
            life.signed_in_at = centre;
        }
        Some(session)
    }

    /// Its owner reads on the screen what only she can mend, and mends it.
    fn does_what_must_be(&mut self) -> bool {
        let says = self.till().and_then(not_received);
        if says.as_deref().is_some_and(|says| ENDED.contains(&says)) {
            self.must_enrol.store(true, Ordering::Relaxed);
        }
        if self.must_enrol.load(Ordering::Relaxed) {
            self.enrol_again();
        } else if says.as_deref() == Some("no-subscription") {
            self.choose_again();
        } else {
            return false;
        }
        true
    }

    /// Its owner is told to enrol it again.
    pub fn tell_to_enrol(&self) {
        self.must_enrol.store(true, Ordering::Relaxed);
    }

    fn do_it(&mut self, session: &Arc<Session>, what: Act) {
        match what {
            Act::Sell => self.sell(session),
            Act::Return => self.take_back(session),
            Act::Void => {
                if let Some((of, _)) = self.any_receipt() {
                    let done = self.said("voids", session.void(&of, "a mistake"));
                    self.keep_receipt(Kind::Void, done);
                }
            }
            Act::Cash => {
                let kind = self.dice.pick(&[
                    CashMovementKind::PayIn,
                    CashMovementKind::PayOut,
                    CashMovementKind::SafeDrop,
                    CashMovementKind::BankDrop,
                ]);
                let (tender, currency) = self.dice.pick(&[CASH, CASH, EUROS]);
                let amount = money(self.dice.of(1..200_00), currency);
                let done = self.said("moves cash", session.move_cash(kind, tender, amount, ""));
                self.keep(Kind::CashMovement, done);
            }
            Act::Order => {
                let new = NewOrder { lines: vec![self.goods()], ..NewOrder::default() };
                let done = self.said("takes an order", session.take_order(new));
                self.keep(Kind::Order, done);
            }
            Act::Customer => {
                let name = format!("Customer of {} {}", self.name, self.dice.of(0..1000));
                let (address, email, phone, vat_id) = Default::default();
                let part = CustomerPart { address, email, name, phone, vat_id };
                self.said("writes a customer down", session.make_customer(part));
            }
            Act::Stock => {
                let (kind, document) = self.dice.pick(&[
                    (StockKind::GoodsReceipt, Kind::GoodsReceipt),
                    (StockKind::GoodsReturn, Kind::GoodsReturn),
                    (StockKind::Transfer, Kind::Transfer),
                    (StockKind::Count, Kind::Count),
                    (StockKind::WriteOff, Kind::WriteOff),
                ]);
                let lines = vec![self.goods(), self.goods()];
                let to_warehouse = (kind == StockKind::Transfer).then(|| "back".to_string());
                let new = NewStock { reason: "because".into(), to_warehouse, ..NewStock::new(kind, lines) };
                let done = self.said("moves goods", session.move_goods(new));
                self.keep(document, done);
            }
            Act::Hold => match session.held().ok().and_then(|held| held.first().cloned()) {
                Some(held) if session.cart().is_ok_and(|cart| cart.is_none()) => {
                    if self.said("recalls", session.recall(&held.id)).is_some() {
                        self.cart_opens();
                    }
                }
                _ => {
                    if self.said("holds", session.hold("later")).is_some() {
                        self.cart_closes();
                    }
                }
            },
            Act::Cancel => {
                if self.said("cancels the sale", session.cancel_sale()).is_some() {
                    self.cart_closes();
                }
            }
            Act::EditPrice => {
                let price = format!("{}.99", self.dice.of(1..20)).parse().expect("a price");
                let item = self.any_item();
                self.said("edits a price", session.edit_price(&item, price));
            }
            Act::EditFooter => {
                let footer = [format!("See you {}", self.dice.of(0..9))];
                self.said("edits the footer", session.edit_receipt_footer("main", &footer));
            }
            Act::RedButton => self.ask(Scope::All, Trigger::RedButton),
            Act::Confirm => self.ask(Scope::All, Trigger::Confirmed),
            Act::Row => {
                let section = self.dice.pick(Section::ALL);
                self.ask(Scope::One(section), Trigger::Row);
            }
            Act::CancelSync => {
                let cancelled = self.life.as_ref().map(|life| life.till.cancel_sync());
                cancelled.map(|cancelled| self.said("cancels the sync", cancelled));
            }
            Act::Suspend => {
                if let Some(life) = &mut self.life {
                    let released = life.till.suspend(Duration::from_secs(5));
                    life.is_suspended = true;
                    self.trace.note(&self.name, "suspends");
                    self.trace.must(released == Released::Released, "I25", &self.name, "still held");
                }
            }
            Act::Interim => {
                let read = self.said("reads an X", session.interim());
                if let (Some(read), Some(life)) = (read, &self.life) {
                    audit::interim(&self.trace, &self.name, &life.till, &read.closure);
                }
            }
            Act::SignOut => {
                if session.cart().is_ok_and(|cart| cart.is_none())
                    && let Some(life) = &mut self.life
                {
                    life.session = None;
                    self.trace.note(&self.name, "signs out");
                }
            }
            Act::Background => {
                let Some(life) = &mut self.life else { return };
                let (till, deadline) = (life.till.clone(), Duration::from_millis(self.dice.of(100..20_000)));
                life.task = Some(tokio::spawn(async move { drop(till.run_for(deadline).await) }));
                self.trace.note(&self.name, "lets the phone sync in the background");
            }
            // The phone goes to the other shop.
            Act::Move if self.dice.permille(500) => {
                self.chosen = if self.chosen == CENTRES[0] { CENTRES[1] } else { CENTRES[0] };
                self.trace.note(&self.name, format_args!("moves to {}", self.chosen));
                self.choose_again();
            }
            Act::Move => {}
        }
    }

    /// Takes the files up again.
    pub fn resume(&mut self) {
        let Some(life) = &mut self.life else { return };
        if !life.is_suspended {
            return;
        }
        let resumed = life.till.resume();
        life.is_suspended = resumed.is_err();
        self.said("resumes", resumed);
    }

    fn sell(&mut self, session: &Arc<Session>) {
        let cart = session.cart().ok().flatten();
        let is_open = cart.is_some();
        if is_open && self.dice.permille(600) {
            return self.pay(session);
        }
        let n = self.dice.of(0..MOST_ITEMS);
        let quantity = self.quantity(n);
        let wanted = match self.dice.permille(300) {
            true => AddLine::code(&format!("{}", 1000 + n), quantity),
            false => AddLine::item(&format!("i{n:02}"), quantity),
        };
        let wanted = match self.dice.permille(80) {
            true => wanted.at(self.price(), "a friend"),
            false => wanted,
        };
        if let Some(index) = self.said("adds a line", session.add(wanted)) {
            if !is_open {
                self.cart_opens();
            }
            self.check_line(session, index);
        }
        if let Some(cart) = cart.filter(|_| self.dice.permille(200)) {
            self.change_cart(session, cart.lines.len());
        }
        if self.dice.permille(100) {
            let discount = self.discount();
            self.said("gives a discount", session.discount_receipt(Some(discount)));
        }
        if self.dice.permille(200) {
            let customer = format!("c{}", self.dice.of(0..8));
            self.said("names a customer", session.set_customer(Some(&customer)));
        }
    }

    fn change_cart(&mut self, session: &Session, lines: usize) {
        let at = self.dice.below(lines);
        match self.dice.below(5) {
            0 => drop(self.said("takes a line off", session.remove_line(at))),
            1 => {
                let quantity = Quantity::from(u32::try_from(self.dice.of(1..9)).unwrap_or(1));
                self.said("changes how much", session.set_quantity(at, quantity));
            }
            _ => {
                let discount = self.discount();
                self.said("discounts a line", session.discount_line(at, Some(discount)));
            }
        }
    }

    fn discount(&mut self) -> Discount {
        match self.dice.permille(500) {
            true => Discount::Amount(i64::try_from(self.dice.of(1..3_00)).unwrap_or(1)),
            false => Discount::Percent(format!("{}.5", self.dice.of(0..40)).parse().expect("a percentage")),
        }
    }

    fn price(&mut self) -> UnitPrice {
        format!("{}.{:02}", self.dice.of(0..20), self.dice.of(0..100)).parse().expect("a price")
    }

    /// Of an item, as it is sold: by the piece or by its weight.
    fn quantity(&mut self, n: u64) -> Quantity {
        if BOTTLES.contains(&n) && self.dice.permille(700) {
            return Quantity::from_micro(-1_000_000 * i64::try_from(self.dice.of(1..6)).unwrap_or(1))
                .expect("a few bottles");
        }
        match n.is_multiple_of(WEIGHED) {
            true => format!("0.{:03}", self.dice.of(1..1_000)).parse().expect("a weight"),
            false => Quantity::from(u32::try_from(self.dice.of(1..6)).unwrap_or(1)),
        }
    }

    /// The line just added has the price and the VAT of the generation it names.
    fn check_line(&self, session: &Session, index: usize) {
        let Some(life) = &self.life else { return };
        let Some(line) = session.cart().ok().flatten().and_then(|cart| cart.lines.get(index).cloned()) else {
            return;
        };
        let centre = self.centre.lock().unwrap_or_else(PoisonError::into_inner);
        let mut eyes =
            checks::Eyes { trace: &self.trace, who: &self.name, till: &life.till, centre: &centre };
        eyes.line(&line);
    }

    fn pay(&mut self, session: &Arc<Session>) {
        if self.dice.permille(150) {
            let euros = money(self.dice.of(1_00..60_00), Currency::EUR);
            self.said("takes euros", session.pay("euros", euros, None));
        }
        if self.dice.permille(150) {
            let (tender, minor) = (self.dice.pick(&["card", "voucher", "credit"]), self.dice.of(1..20_00));
            let slip = (tender != "credit").then_some("slip 7");
            self.said("takes a part", session.pay(tender, money(minor, self.home()), slip));
        }
        if self.dice.permille(250) {
            let notes = money(self.dice.of(1..20) * 5_00, Currency::GBP);
            self.said("takes notes", session.pay("cash", notes, None));
        }
        let rest = self.dice.weighted(&[(6, self.cash()), (3, "card"), (1, "credit")]);
        let paid = session.pay_rest(rest);
        self.said("is paid", paid);
        let done = self.said("completes", session.complete());
        let is_done = done.is_some();
        self.keep_receipt(Kind::Sale, done);
        if is_done {
            self.cart_closes();
            let again = session.complete();
            self.trace.must(again.is_err(), "I3", &self.name, "a second tap sold again");
        }
    }

    /// The currency of its centre.
    fn home(&self) -> Currency {
        let currency = self.till().and_then(|till| Currency::parse(&audit::currency(till)));
        currency.unwrap_or(Currency::GBP)
    }

    /// The tender of its main drawer.
    fn cash(&self) -> &'static str {
        if self.home() == CASH.1 { CASH.0 } else { EUROS.0 }
    }

    fn cart_opens(&mut self) {
        if let Some(life) = &mut self.life {
            life.cart_began = Some(generations(&life.till));
        }
    }

    fn cart_closes(&mut self) {
        if let Some(life) = &mut self.life {
            life.cart_began = None;
        }
    }

    fn take_back(&mut self, session: &Arc<Session>) {
        let sale = self.any_receipt().filter(|(_, lines)| *lines > 0 && self.dice.permille(850));
        let lines = match sale {
            Some((of, lines)) => self.parts_of(&of, lines),
            None => {
                let mut what = AddLine::item(&self.any_item(), "-1".parse().expect("a quantity"));
                if self.dice.permille(200) {
                    what = what.at(self.price(), "worn");
                }
                vec![ReturnLine { what, origin: None, reason: Some("broken".into()) }]
            }
        };
        let purpose = match self.dice.permille(900) {
            true => ReturnPurpose::Goods,
            false => ReturnPurpose::CreditNote,
        };
        let customer = self.dice.permille(300).then(|| format!("c{}", self.dice.of(0..6)));
        let (main, other) = if self.cash() == CASH.0 { (CASH.0, EUROS.0) } else { (EUROS.0, CASH.0) };
        let tenders = [(6, main), (3, "card"), (1, "voucher"), (2, "credit"), (1, other)];
        let mut refund = RefundBy::from(self.dice.weighted(&tenders));
        if self.dice.permille(250) {
            let tender = self.dice.pick(&["card", "voucher", "credit", main]);
            // Nobody hands out what there are no coins for.
            let step = if tender == main { 10 } else { 1 };
            let part = money(self.dice.of(1..8_00) / step * step + step, self.home());
            refund = refund.and(tender, part);
        }
        let new = NewReturn { purpose, customer, lines, refund };
        let done = self.said("takes goods back", session.return_goods(new));
        self.keep_receipt(Kind::Return, done);
    }

    /// Some of what was sold, a part of each; now and then one line twice, or more than was sold.
    fn parts_of(&mut self, of: &Reference, lines: usize) -> Vec<ReturnLine> {
        let sale = self.till().and_then(|till| till.document(&of.till, of.enrolment, of.seq).ok().flatten());
        let body = sale.and_then(|sale| sale.document::<tillkit_protocol::bodies::Sale>().ok());
        let Some(body) = body.map(|document| document.body) else { return Vec::new() };
        let mut parts = Vec::new();
        for _ in 0..1 + self.dice.below(lines.min(3)) {
            let at = self.dice.below(lines);
            let Some(sold) = body.lines.get(at) else { continue };
            let whole = sold.quantity.micro();
            let micro = match self.dice.below(3) {
                0 => whole,
                // A part as the unit has it: whole ones, or grams.
                _ if whole % 1_000_000 == 0 => 1_000_000 * i64::try_from(1 + self.dice.below(3)).unwrap_or(1),
                _ => whole / 3_000 * 1_000,
            };
            let quantity = Quantity::from_micro(-micro.max(1_000)).expect("a part of a small quantity");
            let mut what = AddLine::item(&sold.item, quantity);
            if self.dice.permille(100) {
                what = what.at(self.price(), "worn");
            }
            let line = u32::try_from(at).unwrap_or(0);
            let origin = LineOrigin { till: of.till.clone(), enrolment: of.enrolment, seq: of.seq, line };
            parts.push(ReturnLine { what, origin: Some(origin), reason: None });
        }
        parts
    }

    fn any_receipt(&mut self) -> Option<(Reference, usize)> {
        // What was sold lately comes back more often.
        let from = if self.dice.permille(600) { self.receipts.len().saturating_sub(12) } else { 0 };
        let at = from + self.dice.below((self.receipts.len() - from).max(1));
        self.receipts.get(at).cloned()
    }

    fn any_item(&mut self) -> String {
        format!("i{:02}", self.dice.of(0..26))
    }

    fn goods(&mut self) -> Goods {
        let quantity = Quantity::from(u32::try_from(self.dice.of(1..20)).unwrap_or(1));
        Goods::item(&self.any_item(), quantity)
    }

    /// Asks for a run; nobody waits for it.
    pub fn ask(&self, scope: Scope, trigger: Trigger) {
        let asked = self.till().map(|till| till.sync(scope, trigger));
        let verb = format!("asks for {} by {}", scope.name(), trigger.name());
        asked.map(|asked| self.said(&verb, asked));
    }

    /// Opens the day.
    pub fn open_day(&mut self) {
        if !self.is_on() || self.is_busy() {
            return;
        }
        let Some(session) = self.sign_in() else { return };
        if self.dice.permille(500) {
            let float = money(self.dice.of(1..100_00), self.home());
            let moved = session.move_cash(CashMovementKind::FloatIn, self.cash(), float, "");
            let moved = self.said("puts a float in", moved);
            self.keep(Kind::CashMovement, moved);
        }
        self.said("opens the day", session.open_day(&[]));
    }

    /// Closes the day, which takes its time.
    pub fn close_day(&mut self) {
        if !self.is_on() || self.is_busy() {
            return;
        }
        let Some(session) = self.sign_in() else { return };
        if session.cart().is_ok_and(|cart| cart.is_some()) {
            self.do_it(&session, Act::Cancel);
        }
        let counted = self.count_drawers();
        let (ledger, trace, name) = (self.ledger.clone(), self.trace.clone(), self.name.clone());
        let Some(life) = &mut self.life else { return };
        life.is_closing = true;
        trace.note(&name, "closes the day");
        life.task = Some(tokio::spawn(async move {
            match session.close_day_by_pieces(&counted).await {
                Ok(closed) => {
                    if let Some(recorded) = closed.closed.recorded {
                        let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                        let reference = recorded.reference();
                        let of = (reference.till.clone(), reference.enrolment);
                        ledger.counted.insert((of, reference.seq), counts(&counted));
                        ledger.add(Kind::Closure, reference);
                    }
                    trace.note(&name, format_args!("closed, {} left", closed.left.documents()));
                }
                Err(error) => {
                    // Its own Z may be there, and what failed may be the sending after it.
                    ledger.lock().unwrap_or_else(PoisonError::into_inner).interrupted += 1;
                    trace.note(&name, format_args!("closed not: {}", error.code()));
                }
            }
        }));
    }

    /// Counts some drawers, one of them perhaps twice: notes here, coins there.
    fn count_drawers(&mut self) -> Vec<CountedByPieces> {
        let drawers = [CASH, CASH, EUROS, ("card", self.home())];
        let mut counted = Vec::new();
        for (tender, currency) in drawers {
            if self.dice.permille(500) {
                counted.push(self.count(tender, currency));
            }
        }
        counted
    }

    /// As one amount, or coin by coin and note by note.
    fn count(&mut self, tender: &str, currency: Currency) -> CountedByPieces {
        let mut minor = i64::try_from(self.dice.of(0..300_00)).unwrap_or(0);
        let mut pieces = Vec::new();
        if self.dice.permille(400) {
            let mut piece = |face_minor: i64| Pieces {
                count: u32::try_from(self.dice.of(0..20)).unwrap_or(0),
                face_minor,
            };
            pieces = vec![piece(5), piece(50), piece(5_00), piece(50)];
            minor = pieces.iter().map(|piece| piece.face_minor * i64::from(piece.count)).sum();
        }
        let counted = Counted { tender: tender.into(), amount: Money::new(minor, currency) };
        CountedByPieces { counted, pieces }
    }

    /// Becomes a till, or one again: enrols, chooses the centre, syncs, as often as it takes.
    fn settle_in(&mut self) {
        let owner = self.owner();
        let Some(life) = &mut self.life else { return };
        self.trace.note(&self.name, "settles in");
        life.session = None;
        life.is_closing = false;
        let till = life.till.clone();
        life.task = Some(tokio::spawn(async move { owner.settle_in(till).await }));
    }

    /// Enrols again though it is a till: it was revoked, or is an old copy.
    fn enrol_again(&mut self) {
        let must_enrol = self.must_enrol.clone();
        self.let_owner(async move |owner: Owner, till: Till, session: Arc<Session>| {
            if owner.enrol(&till, Some(&session)).await {
                must_enrol.store(false, Ordering::Relaxed);
                owner.choose_again(&till, &session).await;
            }
        });
    }

    /// Chooses the centre for an enrolment that has none yet.
    fn choose_again(&mut self) {
        self.let_owner(async move |owner: Owner, till: Till, session: Arc<Session>| {
            owner.choose_again(&till, &session).await;
        });
    }

    fn let_owner<Done: Future<Output = ()> + Send + 'static>(
        &mut self,
        work: impl FnOnce(Owner, Till, Arc<Session>) -> Done,
    ) {
        let Some(session) = self.sign_in() else { return };
        if session.cart().is_ok_and(|cart| cart.is_some()) {
            self.do_it(&session, Act::Cancel);
        }
        let owner = self.owner();
        let Some(life) = &mut self.life else { return };
        life.is_closing = false;
        life.task = Some(tokio::spawn(work(owner, life.till.clone(), session)));
    }

    fn owner(&self) -> Owner {
        Owner {
            name: self.name.clone(),
            trace: self.trace.clone(),
            centre: self.centre.clone(),
            ledger: self.ledger.clone(),
            chosen: self.chosen,
        }
    }

    // ----------------------------------------------------------------------------- calm weather

    /// Everything has healed: the open sale is given up, nobody does anything. Says what must be sent
    /// and brought by itself from now on; `None` of a phone that is off or no till.
    pub fn begin_calm(&mut self) -> Option<Calm> {
        if self.is_busy() || self.life.as_ref()?.is_suspended {
            return None;
        }
        let session = self.life.as_ref()?.session.clone();
        if let Some(session) = session.filter(|session| session.cart().is_ok_and(|cart| cart.is_some())) {
            self.do_it(&session, Act::Cancel);
        }
        let till = self.till().filter(|till| till.standing() == Standing::Enrolled)?;
        let local = till.history(&[], None, MOST_DOCUMENTS).ok()?.into_iter();
        let local = local.filter(|document| document.delivery == Delivery::Local);
        Some(Calm {
            at_ms: self.trace.at_ms(),
            lives: self.lives,
            policy: policy(till),
            unsent: local.map(|document| ((document.till, document.enrolment), document.seq)).collect(),
        })
    }

    /// I26: what was unsent when everything had healed is sent, and what the till was told of is live.
    pub fn end_calm(&self, began: &Calm) {
        let Some(life) = self.life.as_ref().filter(|life| self.lives == began.lives && !life.is_suspended)
        else {
            return;
        };
        let till = &life.till;
        let now = policy(till);
        let centre = self.centre.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing goes up from one that the centre has forgotten, before its owner has enrolled it again.
        let is_known = self.enrolment().is_some_and(|of| centre.knows(&of));
        if is_known && (&began.policy.send, &now.send) == (&SendWhen::Automatic, &SendWhen::Automatic) {
            let waits = |((of, enrolment), seq): &&(Of, u64)| {
                let found = till.document(of, *enrolment, *seq).ok().flatten();
                found.is_some_and(|found| found.delivery == Delivery::Local)
            };
            let left = began.unsent.iter().filter(waits).count();
            let of = began.unsent.len();
            self.trace.must(
                left == 0,
                "I26",
                &self.name,
                format_args!("{left} of {of} unsent after a minute"),
            );
        }
        // Nothing comes down before its owner has enrolled it again or chosen a centre.
        if let Some("superseded" | "unauthorised" | "revoked" | "no-subscription") =
            not_received(till).as_deref()
        {
            return;
        }
        // What it was told of at the end of the minute may still be on its way.
        let told_ms = began.at_ms..began.at_ms + 30_000;
        let own = self.enrolment();
        let told =
            centre.poked.iter().filter(|(of, at_ms, _)| Some(of) == own.as_ref() && told_ms.contains(at_ms));
        let is_automatic = (began.policy.apply, now.apply) == (ApplyWhen::Automatic, ApplyWhen::Automatic);
        let is_open =
            life.session.as_ref().is_some_and(|session| session.cart().is_ok_and(|cart| cart.is_some()));
        let live = generations(till);
        let known = told.flat_map(|(.., news)| news).filter(|(name, _)| Section::of_name(name).is_some());
        for (name, generation) in known.filter(|_| is_automatic && !is_open) {
            let have = live.get(name).copied().unwrap_or(0);
            let what = format_args!("told of {name} {generation}, has {have} after a minute");
            self.trace.must(have >= *generation, "I26", &self.name, what);
        }
    }

    /// How many documents it has promised.
    pub fn promised(&self) -> usize {
        self.ledger().promised.len()
    }

    /// The till's newest enrolment: its own word, or the ledger's while the app is off.
    pub fn enrolment(&self) -> Option<Of> {
        let settings = self.till().and_then(|till| till.settings_screen().ok());
        let own = settings.and_then(|settings| Some((settings.till?, settings.enrolment?)));
        own.or_else(|| self.ledger().promised.last().map(|promised| promised.of.clone()))
    }

    /// Finishes whatever is open, so that nothing waits for it; says whether she could sell now.
    pub fn tidy(&mut self) -> bool {
        if self.is_busy() {
            return false;
        }
        self.resume();
        if let Some(session) = self.sign_in()
            && session.cart().is_ok_and(|cart| cart.is_some())
        {
            self.do_it(&session, Act::Cancel);
        }
        !self.does_what_must_be() && self.life.as_ref().is_some_and(|life| life.session.is_some())
    }
}

/// Why the last run received nothing, by its code.
fn not_received(till: &Till) -> Option<String> {
    let status = till.status().ok()?;
    let status = status.borrow();
    Some(status.last_run.as_ref()?.receive_error.as_ref()?.code.clone())
}

/// Who types codes into a phone.
struct Owner {
    name: String,
    trace: Arc<Trace>,
    centre: Arc<Mutex<Centre>>,
    ledger: Arc<Mutex<Ledger>>,
    chosen: &'static str,
}

impl Owner {
    async fn settle_in(&self, till: Till) {
        let mut refused: Option<String> = None;
        for _ in 0..40 {
            // Between two centres nobody can sign in, and a code is right enough.
            let said = [refused.take(), not_received(&till)];
            let is_ended = said.into_iter().flatten().any(|said| ENDED.contains(&said.as_str()));
            if (till.standing() != Standing::Enrolled || is_ended) && !self.enrol(&till, None).await {
                continue;
            }
            if till.can_sell() && till.sign_in(USER.0, USER.1).is_ok() {
                return;
            }
            if let Err(error) = self.subscribe(&till, None).await {
                refused = Some(error.code().into());
                continue;
            }
            match till.sync(Scope::All, Trigger::CentreChosen) {
                Ok(run) => drop(run.wait().await),
                Err(error) => self.trace.note(&self.name, format_args!("first sync: {}", error.code())),
            }
            sleep(Duration::from_secs(2)).await;
        }
    }

    /// Types one code until it works or is no good any more.
    async fn enrol(&self, till: &Till, session: Option<&Session>) -> bool {
        let code = self.centre.lock().unwrap_or_else(PoisonError::into_inner).make_code(&self.name);
        for _ in 0..6 {
            let enrolled = match session {
                Some(session) => session.enrol_again(URL, &code, "phone").await,
                None => till.enrol(URL, &code, "phone").await,
            };
            match enrolled {
                Ok(enrolled) => {
                    self.trace.note(&self.name, format_args!("is {}/{}", enrolled.till, enrolled.enrolment));
                    return true;
                }
                Err(error) => {
                    self.trace.note(&self.name, format_args!("enrols not: {}", error.code()));
                    if let Some(session) = session.filter(|_| matches!(error, TillError::NotYet(_))) {
                        self.close(session);
                        continue;
                    }
                }
            }
            sleep(Duration::from_secs(7)).await;
        }
        false
    }

    /// Finishes what keeps a till from leaving its centre: held sales, the day, what is unsent.
    async fn make_way(&self, till: &Till, session: &Session) {
        for held in session.held().unwrap_or_default() {
            drop(session.discard_held(&held.id));
        }
        self.close(session);
        if let Ok(run) = till.sync(Scope::All, Trigger::RedButton) {
            run.wait().await;
        }
    }

    /// Closes the day of an enrolment that ends, or of a centre that is left.
    fn close(&self, session: &Session) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        match session.close(&[]) {
            Ok(Closed { recorded: Some(recorded), .. }) => ledger.add(Kind::Closure, recorded.reference()),
            Ok(_) => {}
            Err(error) => {
                ledger.interrupted += 1;
                self.trace.note(&self.name, format_args!("closed not: {}", error.code()));
            }
        }
    }

    async fn choose_again(&self, till: &Till, session: &Session) {
        for _ in 0..20 {
            if self.subscribe(till, Some(session)).await.is_ok() {
                if let Ok(run) = till.sync(Scope::All, Trigger::CentreChosen) {
                    run.wait().await;
                }
                return;
            }
        }
    }

    /// Chooses the centre; a refusal is the till's own.
    async fn subscribe(&self, till: &Till, session: Option<&Session>) -> Result<(), TillError> {
        let chosen = match session {
            Some(session) => session.change_centre(self.chosen).await,
            None => till.choose_centre(self.chosen).await,
        };
        let Err(error) = chosen else { return Ok(()) };
        self.trace.note(&self.name, format_args!("chooses not: {error}"));
        match session {
            _ if !matches!(error, TillError::NotYet(_)) => {}
            Some(session) => self.make_way(till, session).await,
            // Somebody must sign in first, where the till still is.
            None => {
                let chosen = till.centre().ok().flatten();
                let again = till.choose_centre(&chosen.unwrap_or_default()).await;
                self.trace.note(&self.name, format_args!("chooses the same again: {}", again.is_ok()));
                return again;
            }
        }
        sleep(Duration::from_secs(5)).await;
        Err(error)
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Sell,
    Return,
    Void,
    Cash,
    Order,
    Customer,
    Stock,
    Hold,
    Cancel,
    EditPrice,
    EditFooter,
    RedButton,
    Row,
    Confirm,
    CancelSync,
    Suspend,
    Interim,
    SignOut,
    Background,
    Move,
}

/// The policy in force at the till.
fn policy(till: &Till) -> Policy {
    let found = till.objects("policy", None, 1).ok().and_then(|found| found.into_iter().next());
    found.and_then(|found| found.read().ok()).unwrap_or_default()
}

/// What was counted, added up.
fn counts(counted: &[CountedByPieces]) -> Count {
    let mut counts = Count::new();
    for CountedByPieces { counted: Counted { tender, amount }, .. } in counted {
        *counts.entry((tender.clone(), amount.currency.code().into())).or_default() += amount.minor;
    }
    counts
}

fn money(minor: u64, currency: Currency) -> Money {
    Money::new(i64::try_from(minor).unwrap_or(0), currency)
}

fn generations(till: &Till) -> BTreeMap<String, u64> {
    till.live().into_iter().map(|(name, live)| (name, live.generation)).collect()
}

/// Everything but shared memory, which dies with its process.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, to) = (entry?.path(), to);
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.disk.forget();
    }
}
