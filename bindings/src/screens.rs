//! What screens show. These are the façade's own types, declared to UniFFI: the compiler refuses a
//! declaration that differs from the original.

pub use tillkit::{
    Standing, TenderKind,
    screens::{
        Advice, Amount, CartLine, CartTender, CartView, CentreNews, CentreView, ChangeCount, ChangeEntry,
        ChangeLine, ChangePlace, ChangeSummary, ChangeWhat, ChangesScreen, Confirmed, DeliveryMark,
        DocumentPlace, DocumentView, EditView, Fact, FactValue, FindingView, HistoryFilter, HistoryRow,
        HistoryScreen, LineState, MissingSection, ObjectMark, ObjectRow, ObjectView, ObjectsScreen,
        RedButton, RowState, RunEnd, RunRow, RunStage, RunView, RunsScreen, Sample as SyncSample, SearchHit,
        SellScreen, SettingsScreen, SoldLine, StageBar, StageName, StockView, SyncObject, SyncRow,
        SyncScreen, TenderChoice, TenderRest, Trouble, UnsentView, UserChoice,
    },
};

/// An amount of money, ready to be written in any country's way.
#[uniffi::remote(Record)]
pub struct Amount {
    /// Minor units: 1250 of GBP is 12.50 pounds.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// How many of the digits are decimals.
    pub decimals: u32,
}

/// Why something is red, and what a person can do about it.
#[uniffi::remote(Record)]
pub struct Trouble {
    /// Stable; shells have sentences by it.
    pub code: String,
    /// English, with the facts.
    pub sentence: String,
    /// Whether what was recorded is safe.
    pub data_is_safe: bool,
    /// What to do.
    pub advice: Advice,
}

/// What a person can do about a trouble.
#[uniffi::remote(Enum)]
pub enum Advice {
    /// Nothing: it is tried again by itself.
    Wait,
    /// See whether the phone has a network.
    CheckNetwork,
    /// Open a web page: a sign-in page is in the way.
    SignInToNetwork,
    /// Set date and time to automatic.
    SetClock,
    /// Update the app, or ask for the back office to be updated.
    Update,
    /// Ask the back office for a new pairing code.
    PairAgain,
    /// Choose a centre under Settings, or ask for one to be published.
    ChooseCentre,
    /// Tap the row again.
    TapRow,
    /// Make room on the phone.
    FreeSpace,
    /// Ask the back office to look at it.
    AskBackOffice,
}

/// Everything the sync screen shows.
#[uniffi::remote(Record)]
pub struct SyncScreen {
    /// The numbered place of sale; absent before it is enrolled.
    pub till: Option<String>,
    /// Name of the chosen centre, or its id before its settings are here.
    pub centre: Option<String>,
    /// Whether the centre answers.
    pub line: LineState,
    /// Whether everything is here that selling needs; until then only Settings and Sync are open.
    pub can_sell: bool,
    /// Sections that selling still lacks: what the closed tiles wait for.
    pub missing: Vec<MissingSection>,
    /// When all sections were last found equal to the centre's.
    pub full_sync_ms: Option<i64>,
    /// When something failed is tried again.
    pub next_try_ms: Option<i64>,
    /// What the back office has not acknowledged.
    pub unsent: UnsentView,
    /// How far it confirms what this enrolment has recorded; absent before it is enrolled.
    pub confirmed: Option<Confirmed>,
    /// The banner: something new is published and waits to be confirmed.
    pub news: Option<CentreNews>,
    /// The red floating button.
    pub button: RedButton,
    /// The run under way.
    pub run: Option<RunView>,
    /// How the last run ended.
    pub last_run: Option<RunEnd>,
    /// What ended the last try to receive early, if the line above does not say it.
    pub receive_trouble: Option<Trouble>,
    /// What the centre objected to when it did not take a document.
    pub send_trouble: Option<Trouble>,
    /// What the newest sync that changed something changed.
    pub changes: Option<ChangeSummary>,
    /// Settings edited on this till that the next sync replaces.
    pub local_edits: u64,
    /// One per section, in the order they are shown; sections of a newer centre come last.
    pub rows: Vec<SyncRow>,
}

/// A section that selling still lacks.
#[uniffi::remote(Record)]
pub struct MissingSection {
    /// Its name.
    pub section: String,
    /// What its row shows.
    pub state: RowState,
    /// How far it is in the run under way.
    pub percent: Option<u8>,
    /// Why it is red.
    pub trouble: Option<Trouble>,
}

/// How far the back office confirms an enrolment's documents: "the centre confirms 1–4 812".
#[uniffi::remote(Record)]
pub struct Confirmed {
    /// It holds every document from the first up to this one, without a gap.
    pub through: u64,
    /// The newest document.
    pub head: u64,
}

/// Whether the centre answers.
#[uniffi::remote(Enum)]
pub enum LineState {
    /// Not asked yet.
    Unknown,
    /// It does.
    Online,
    /// It does not.
    Offline {
        /// Why, and what to do.
        trouble: Trouble,
        /// Since when, till clock, Unix milliseconds.
        since_ms: i64,
    },
}

/// The badge and what it is made of.
#[uniffi::remote(Record)]
pub struct UnsentView {
    /// Accounting documents.
    pub documents: u64,
    /// What the sales, returns and voids among them come to, by currency.
    pub amounts: Vec<Amount>,
    /// When the oldest was recorded.
    pub oldest_ms: Option<i64>,
}

/// Something new at the centre.
#[uniffi::remote(Record)]
pub struct CentreNews {
    /// The published generation.
    pub generation: u64,
    /// Names of the sections that differ.
    pub sections: Vec<String>,
}

/// What the red button can do now.
#[uniffi::remote(Enum)]
pub enum RedButton {
    /// Nothing: see the trouble.
    Off {
        /// What is missing first.
        trouble: Trouble,
    },
    /// Sync everything.
    Ready,
    /// A run is under way; another tap joins it, and Cancel stands beside it.
    Running,
}

/// The run under way.
#[uniffi::remote(Record)]
pub struct RunView {
    /// The section of a run of one row; absent for all.
    pub section: Option<String>,
    /// 0 to 99; never goes back.
    pub percent: u8,
    /// What it does now.
    pub stage: RunStage,
    /// One per stage, for who taps the percentage.
    pub bars: Vec<StageBar>,
}

/// What a run does now.
#[uniffi::remote(Enum)]
pub enum RunStage {
    /// Asking the centre.
    Contacting,
    /// Bringing a section.
    Receiving,
    /// Ready: waits for the open receipt to be finished.
    WaitingForReceipt,
    /// Making it live.
    Applying,
    /// Sending documents.
    Sending,
}

/// How far one stage of a run is.
#[uniffi::remote(Record)]
pub struct StageBar {
    /// Which stage.
    pub name: StageName,
    /// Done, of `total`: bytes of a section, or documents.
    pub done: u64,
    /// Never less than `done`.
    pub total: u64,
}

/// A stage with a bar.
#[uniffi::remote(Enum)]
pub enum StageName {
    /// Bringing a section.
    Section(String),
    /// Sending documents.
    Documents,
}

/// How a run ended.
#[uniffi::remote(Record)]
pub struct RunEnd {
    /// Grows by one with each run, so that a shell can tell a new end from the one it has shown.
    pub number: u64,
    /// Whether it did all it set out to do.
    pub is_complete: bool,
    /// `done`, `nothing_new`, `waiting`, `cancelled`, or a trouble's code.
    pub result: String,
    /// Sections that became live.
    pub applied: Vec<String>,
    /// Rows that came down.
    pub received_rows: u64,
    /// Documents the centre acknowledged.
    pub sent_documents: u64,
}

/// A row: one section, one icon that syncs just it.
#[uniffi::remote(Record)]
pub struct SyncRow {
    /// The section's name: `items`; its title is under `section.items`.
    pub section: String,
    /// Whether it comes down; the others go up.
    pub is_down: bool,
    /// What the icon shows.
    pub state: RowState,
    /// How far it is in the run under way.
    pub percent: Option<u8>,
    /// When it was last found right.
    pub success_ms: Option<i64>,
    /// Rows that are live here, of a section that comes down; unsent documents, of one that goes up.
    pub count: u64,
    /// What unsent documents come to, by currency.
    pub amounts: Vec<Amount>,
    /// The generation that is live here; 0 before the first.
    pub generation: u64,
    /// Why it is red.
    pub trouble: Option<Trouble>,
    /// The section that it waits for.
    pub waits_for: Option<String>,
    /// What is inside, of a section that comes down.
    pub objects: Vec<SyncObject>,
}

/// What a row's icon shows.
#[uniffi::remote(Enum)]
pub enum RowState {
    /// Nothing has come yet.
    Never,
    /// Equal to the centre's; or all is sent.
    UpToDate,
    /// The centre has something newer.
    Behind,
    /// Documents wait to be sent.
    Unsent,
    /// In the run under way, its turn has not come.
    Waiting,
    /// At work.
    Running,
    /// The last try failed.
    Failed,
    /// Waits for a section it needs.
    Blocked,
    /// A newer centre has it; this version has no use for it. Not an error.
    NotUsed,
}

/// A kind inside a section.
#[uniffi::remote(Record)]
pub struct SyncObject {
    /// `vat_rate`; its title is under `kind.vat_rate`.
    pub kind: String,
    /// Rows that are live here.
    pub count: u64,
    /// Whether it is as the centre published it.
    pub mark: ObjectMark,
    /// Whether this version has a use for it; rows of what it does not know are kept all the same.
    pub is_used: bool,
    /// Why it is red.
    pub trouble: Option<Trouble>,
}

/// Whether a kind is as the centre published it.
#[uniffi::remote(Enum)]
pub enum ObjectMark {
    /// Nothing has come yet.
    Never,
    /// Count and digest are what the manifest says.
    Verified,
    /// It is what did not verify; what was here before is still here.
    Red,
}

/// Everything the selling screen shows.
#[uniffi::remote(Record)]
pub struct SellScreen {
    /// Who is signed in.
    pub user: String,
    /// Names of the rights of the signed-in user's role.
    pub rights: Vec<String>,
    /// What was searched for.
    pub query: String,
    /// What was found, the best first.
    pub hits: Vec<SearchHit>,
    /// The open sale.
    pub cart: Option<CartView>,
    /// Ways to pay.
    pub tenders: Vec<TenderChoice>,
    /// Sales set aside.
    pub held: u64,
    /// Those of them that nobody set aside: open when the app ended, with a slip or a voucher on them.
    pub interrupted: u64,
    /// The badge of the quick sync button.
    pub unsent: UnsentView,
    /// Text of the receipt made last in this session.
    pub receipt: Option<String>,
}

/// An item that was found.
#[uniffi::remote(Record)]
pub struct SearchHit {
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// The first of its codes.
    pub code: Option<String>,
    /// Per unit, a decimal number in `currency`.
    pub price: String,
    /// ISO 4217.
    pub currency: String,
    /// Name of the unit.
    pub unit: String,
    /// How much there is, as far as this till knows.
    pub stock: Option<StockView>,
    /// Whether it was edited on this till, and will be replaced by the next sync.
    pub will_be_replaced: bool,
}

/// Last known stock: the centre's level less what this till has sold since.
#[uniffi::remote(Record)]
pub struct StockView {
    /// A decimal number.
    pub quantity: String,
    /// When the centre's level was last found right, till clock, Unix milliseconds.
    pub as_of_ms: Option<i64>,
}

/// The open sale.
#[uniffi::remote(Record)]
pub struct CartView {
    /// Its lines.
    pub lines: Vec<CartLine>,
    /// What they come to.
    pub total: Amount,
    /// What is still to be paid, in cash.
    pub rest: Amount,
    /// What would go back if it were completed now.
    pub change: Amount,
    /// What has been paid.
    pub tenders: Vec<CartTender>,
    /// The tenders that can still pay something, in the order of the ways to pay. Cash may have nothing left
    /// to pay where a card has: what is left may round to nothing.
    pub can_pay: Vec<TenderRest>,
    /// Whether no payment is missing. Completing it may still be refused, for another reason.
    pub can_complete: bool,
    /// Key of the customer.
    pub customer: Option<String>,
}

/// A tender that can still pay something of the open sale.
#[uniffi::remote(Record)]
pub struct TenderRest {
    /// Its key.
    pub tender: String,
    /// What is left to pay by it, in the home currency.
    pub rest: Amount,
}

/// A line of the cart.
#[uniffi::remote(Record)]
pub struct CartLine {
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// A decimal number.
    pub quantity: String,
    /// Name of the unit.
    pub unit: String,
    /// Per unit, a decimal number.
    pub unit_price: String,
    /// What was taken off.
    pub discount: Amount,
    /// Less discounts.
    pub gross: Amount,
    /// Whether the price was edited on this till.
    pub is_edited: bool,
}

/// A payment of the open sale.
#[uniffi::remote(Record)]
pub struct CartTender {
    /// Key of the tender.
    pub tender: String,
    /// In its own currency.
    pub amount: Amount,
    /// In the home currency.
    pub home: Amount,
}

/// A way to pay.
#[uniffi::remote(Record)]
pub struct TenderChoice {
    /// Its key.
    pub tender: String,
    /// As shown.
    pub name: String,
    /// What it is.
    pub kind: TenderKind,
    /// ISO 4217.
    pub currency: String,
    /// How many decimals amounts of it have.
    pub decimals: u32,
    /// What its coins and notes are worth, minor units; a drawer is counted by them. Empty of what is no
    /// cash, and where the centre lists none.
    pub faces_minor: Vec<i64>,
}

/// Everything the settings screen shows without asking the back office.
#[uniffi::remote(Record)]
pub struct SettingsScreen {
    /// Whether this phone may act as a till.
    pub standing: Standing,
    /// The numbered place of sale.
    pub till: Option<String>,
    /// The till's n-th enrolment.
    pub enrolment: Option<u32>,
    /// What its numbers begin with.
    pub series: Option<String>,
    /// Where the back office answers.
    pub server_url: Option<String>,
    /// The chosen centre.
    pub centre: Option<CentreView>,
    /// Name and version of the app.
    pub app: String,
    /// Settings edited on this till, marked "will be replaced".
    pub edits: Vec<EditView>,
}

/// The chosen centre.
#[uniffi::remote(Record)]
pub struct CentreView {
    /// Its id.
    pub centre: String,
    /// Its name, once its settings are here.
    pub name: Option<String>,
    /// The generation of it that is live here; 0 before the first sync.
    pub generation: u64,
}

/// A setting edited on this till.
#[uniffi::remote(Record)]
pub struct EditView {
    /// `item`; its title is under `kind.item`.
    pub kind: String,
    /// Key of the row.
    pub key: String,
    /// What the row is called.
    pub name: String,
    /// Who edited it.
    pub user: String,
    /// When, till clock, Unix milliseconds.
    pub edited_ms: i64,
}

/// Somebody who may sign in.
#[uniffi::remote(Record)]
pub struct UserChoice {
    /// Key of the user.
    pub user: String,
    /// As shown.
    pub name: String,
}

/// A page of the history, the newest first.
#[uniffi::remote(Record)]
pub struct HistoryScreen {
    /// The documents.
    pub rows: Vec<HistoryRow>,
    /// Where the next page begins; absent at the end.
    pub next: Option<DocumentPlace>,
}

/// Which documents are shown; the default shows all.
#[uniffi::remote(Record)]
pub struct HistoryFilter {
    /// `sale`, `closure`, …; all, if none is named.
    pub kinds: Vec<String>,
    /// A business day, `2010-12-01`.
    pub day: Option<String>,
    /// That have come so far, and no further.
    pub mark: Option<DeliveryMark>,
}

/// The name of a document for ever, without its hash: where a page begins, which one to open.
#[uniffi::remote(Record)]
pub struct DocumentPlace {
    /// The till.
    pub till: String,
    /// Its n-th enrolment.
    pub enrolment: u32,
    /// 1, 2, …
    pub seq: u64,
}

/// A document in the history.
#[uniffi::remote(Record)]
pub struct HistoryRow {
    /// Its name for ever.
    pub place: DocumentPlace,
    /// `sale`; its title is under `kind.sale`.
    pub kind: String,
    /// As printed; empty for events.
    pub number: String,
    /// Till clock, Unix milliseconds.
    pub recorded_ms: i64,
    /// The business day it belongs to, `2010-12-01`.
    pub business_day: String,
    /// What it adds to turnover or drawer.
    pub total: Amount,
    /// How far it has come.
    pub mark: DeliveryMark,
    /// Whether it was voided on this phone.
    pub is_void: bool,
    /// What the back office objects to; it has accepted the document all the same.
    pub findings: Vec<FindingView>,
}

/// An objection of the back office.
#[uniffi::remote(Record)]
pub struct FindingView {
    /// Stable; shells have sentences by it.
    pub code: String,
    /// The facts, English.
    pub sentence: String,
}

/// How far a document has come.
#[uniffi::remote(Enum)]
pub enum DeliveryMark {
    /// Only on this phone.
    Local,
    /// Durable at the back office.
    Uploaded,
    /// Booked there.
    Processed,
    /// Booked, with the closure that lists it.
    Settled,
}

/// A document, opened.
#[uniffi::remote(Record)]
pub struct DocumentView {
    /// As in the history.
    pub row: HistoryRow,
    /// When this phone learnt that it is durable at the back office, by the clock there, Unix milliseconds.
    pub uploaded_ms: Option<i64>,
    /// The same, that it is booked there.
    pub processed_ms: Option<i64>,
    /// The same, that the closure which lists it is.
    pub settled_ms: Option<i64>,
    /// Of a sale: what was sold.
    pub lines: Vec<SoldLine>,
    /// As printed, or the facts in lines where nothing is printed.
    pub text: String,
}

/// A line of a sale, for who brings goods back.
#[uniffi::remote(Record)]
pub struct SoldLine {
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// A decimal number.
    pub quantity: String,
    /// How much of it may still come back; nothing of a voided sale.
    pub left: String,
    /// What was paid for it.
    pub gross: Amount,
}

/// A page of what this till holds of a kind.
#[uniffi::remote(Record)]
pub struct ObjectsScreen {
    /// `vat_rate`; its title is under `kind.vat_rate`.
    pub kind: String,
    /// Whether this version has a use for it.
    pub is_used: bool,
    /// How many rows there are in all.
    pub total: u64,
    /// Whether words can be searched for.
    pub can_search: bool,
    /// What was searched for.
    pub query: String,
    /// This page, by key; what was found, in no order.
    pub rows: Vec<ObjectRow>,
    /// Where the next page begins; absent at the end.
    pub next: Option<String>,
}

/// A row of a kind in a list.
#[uniffi::remote(Record)]
pub struct ObjectRow {
    /// Its key.
    pub key: String,
    /// What it is called, or its key.
    pub name: String,
    /// Two or three facts that tell it from others.
    pub facts: Vec<Fact>,
    /// Whether it was edited on this till, and will be replaced by the next sync.
    pub will_be_replaced: bool,
}

/// A row of a kind, opened.
#[uniffi::remote(Record)]
pub struct ObjectView {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// What it is called, or its key.
    pub name: String,
    /// All its facts, in the order of their names.
    pub facts: Vec<Fact>,
    /// Whether it was edited on this till, and will be replaced by the next sync.
    pub will_be_replaced: bool,
}

/// A member of a row's body.
#[uniffi::remote(Record)]
pub struct Fact {
    /// `price`, or `address.city`; where a shell has no word for it, this is it.
    pub name: String,
    /// What it says.
    pub value: FactValue,
}

/// What a fact says, ready to be written in any country's way.
#[uniffi::remote(Enum)]
pub enum FactValue {
    /// As it is.
    Text {
        /// For people: a name where the row has a key.
        text: String,
    },
    /// A decimal number.
    Number {
        /// With a point.
        number: String,
    },
    /// A price per unit: as many decimals as it has.
    Price {
        /// A decimal number.
        price: String,
        /// ISO 4217; empty if it is not known.
        currency: String,
    },
    /// An amount of money.
    Money {
        /// The amount.
        amount: Amount,
    },
    /// Percent.
    Percent {
        /// A decimal number.
        percent: String,
    },
    /// An instant.
    Time {
        /// Unix milliseconds.
        at_ms: i64,
    },
    /// Yes or no.
    Flag {
        /// Which.
        is_set: bool,
    },
}

/// The last runs, the newest first.
#[uniffi::remote(Record)]
pub struct RunsScreen {
    /// At most as many as were asked for.
    pub runs: Vec<RunRow>,
    /// The same as text, to be handed to support: no names, no amounts, no keys.
    pub text: String,
}

/// A run in the journal.
#[uniffi::remote(Record)]
pub struct RunRow {
    /// When it began, till clock, Unix milliseconds.
    pub started_ms: i64,
    /// How long it took.
    pub duration_ms: u64,
    /// What asked for it: `red_button`, `row`, `opening`, `schedule`, …; its words are under `trigger.…`.
    pub trigger: String,
    /// The section of a run of one row; absent for all.
    pub section: Option<String>,
    /// Whether images were left out.
    pub is_without_attachments: bool,
    /// Whether it did all it set out to do.
    pub is_complete: bool,
    /// `done`, `nothing_new`, `waiting`, `cancelled`, or a trouble's code.
    pub result: String,
    /// Why it did not.
    pub trouble: Option<Trouble>,
    /// Rows that came down.
    pub received_rows: u64,
    /// Bytes that came down, as stored.
    pub received_bytes: u64,
    /// Documents the centre acknowledged.
    pub sent_documents: u64,
}

/// A page of what the syncs of the last 30 days changed, the newest first.
#[uniffi::remote(Record)]
pub struct ChangesScreen {
    /// What was searched for.
    pub query: String,
    /// ISO 4217: prices are in it.
    pub currency: String,
    /// Each sync, followed by its lines.
    pub entries: Vec<ChangeEntry>,
    /// Where the next page begins; absent at the end.
    pub next: Option<ChangePlace>,
}

/// A row of the list.
#[uniffi::remote(Enum)]
pub enum ChangeEntry {
    /// A sync; what follows is of it.
    Sync {
        /// When, and in numbers.
        summary: ChangeSummary,
    },
    /// A change.
    Line {
        /// Which.
        line: ChangeLine,
    },
}

/// What one sync changed, in numbers.
#[uniffi::remote(Record)]
pub struct ChangeSummary {
    /// When it became live, till clock, Unix milliseconds.
    pub at_ms: i64,
    /// By section and what has changed; never 0.
    pub counts: Vec<ChangeCount>,
}

/// How often something has changed.
#[uniffi::remote(Record)]
pub struct ChangeCount {
    /// The section's name.
    pub section: String,
    /// What has changed.
    pub what: ChangeWhat,
    /// How often.
    pub count: u64,
}

/// What has changed.
#[uniffi::remote(Enum)]
pub enum ChangeWhat {
    /// A price: from, to.
    Price,
    /// What was edited on this till was replaced by the centre's.
    Edit,
    /// The VAT: percent from, to.
    Vat,
    /// An item is new.
    New,
    /// An item that could not be sold can be again.
    Back,
    /// An item can be sold no more.
    Gone,
    /// Other rows: added.
    Added,
    /// Other rows: changed.
    Changed,
    /// Other rows: removed.
    Removed,
}

/// A change.
#[uniffi::remote(Record)]
pub struct ChangeLine {
    /// When it became live, till clock, Unix milliseconds.
    pub at_ms: i64,
    /// What has changed.
    pub what: ChangeWhat,
    /// The kind of the row: `item`, `price`, `vat_rate`, `receipt_layout`.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Price or percentage before, a decimal number; absent where there was none.
    pub before: Option<String>,
    /// The same now.
    pub after: Option<String>,
    /// When a price begins that is not in force yet.
    pub from_ms: Option<i64>,
}

/// Where a page begins: the line that the page before ended with.
#[uniffi::remote(Record)]
pub struct ChangePlace {
    /// When it became live.
    pub at_ms: i64,
    /// The section.
    pub section: String,
    /// What has changed.
    pub what: ChangeWhat,
    /// The kind of the row.
    pub kind: String,
    /// Its key.
    pub key: String,
}

/// Whether this phone may act as a till.
#[uniffi::remote(Enum)]
pub enum Standing {
    /// Not enrolled yet: only Settings are open.
    New,
    /// Enrolled, its key at hand.
    Enrolled,
    /// The files were copied or restored: their key is missing. They can be read and exported; to
    /// sell, enrol again.
    Copied,
}

/// What a tender is.
#[uniffi::remote(Enum)]
pub enum TenderKind {
    /// Notes and coins.
    Cash,
    /// A payment card.
    Card,
    /// On the customer's account.
    CustomerCredit,
    /// A voucher.
    Voucher,
    /// Anything else.
    Other,
}

/// A state of the sync screen that is worth a picture.
#[uniffi::remote(Enum)]
pub enum SyncSample {
    /// Just installed: no till yet.
    New,
    /// Enrolled, no centre chosen.
    Enrolled,
    /// The first sync is under way.
    FirstSync,
    /// All is equal, all is sent.
    UpToDate,
    /// Four documents wait: two sales, a cash movement, a closure.
    Unsent,
    /// The same, and no network.
    Offline,
    /// New prices wait to be confirmed.
    News,
    /// Prices did not verify, and promotions wait for them.
    Red,
    /// A sync of everything is under way, waiting for the receipt to be finished.
    Running,
    /// The centre is newer than the app: a section and a kind that this version does not know.
    Newer,
    /// The first sync has come but for the numerators, which did not verify.
    GateRed,
}

/// The sync screen of a sample till, for previews and for tests that need no back office.
#[uniffi::export]
pub fn sample_sync_screen(sample: SyncSample) -> SyncScreen {
    SyncScreen::sample(sample)
}
