//! The sync screen: one row per section, the unsent number, the red button.

use std::collections::BTreeMap;

use tillkit_protocol::Section;
use tillkit_store::journal::{Unsent, UnsentSection};
use tillkit_sync::{
    Cause, Report, Scope,
    status::{Mode, Progress, Red, Stage, Status},
};

use super::{Amount, ChangeSummary, Trouble, amount};
use crate::{Standing, Till, TillError, till::Core};

/// Everything the sync screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// It holds every document from the first up to this one, without a gap.
    pub through: u64,
    /// The newest document.
    pub head: u64,
}

/// Whether the centre answers.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnsentView {
    /// Accounting documents.
    pub documents: u64,
    /// What the sales, returns and voids among them come to, by currency.
    pub amounts: Vec<Amount>,
    /// When the oldest was recorded.
    pub oldest_ms: Option<i64>,
}

/// Something new at the centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreNews {
    /// The published generation.
    pub generation: u64,
    /// Names of the sections that differ.
    pub sections: Vec<String>,
}

/// What the red button can do now.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageBar {
    /// Which stage.
    pub name: StageName,
    /// Done, of `total`: bytes of a section, or documents.
    pub done: u64,
    /// Never less than `done`.
    pub total: u64,
}

/// A stage with a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageName {
    /// Bringing a section.
    Section(String),
    /// Sending documents.
    Documents,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectMark {
    /// Nothing has come yet.
    Never,
    /// Count and digest are what the manifest says.
    Verified,
    /// It is what did not verify; what was here before is still here.
    Red,
}

/// What is live of a section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live {
    pub generation: u64,
    pub applied_ms: Option<i64>,
}

/// What the screen is computed from.
pub(super) struct Facts {
    pub till: Option<String>,
    pub centre: Option<String>,
    pub standing: Standing,
    pub status: Status,
    pub live: BTreeMap<String, Live>,
    /// By section: rows of each kind; also of kinds that this version does not know.
    pub counts: BTreeMap<&'static str, BTreeMap<String, u64>>,
    pub unsent: Unsent,
    pub confirmed: Option<Confirmed>,
    pub changes: Option<ChangeSummary>,
    pub edits: u64,
}

impl SyncScreen {
    pub(super) fn of(facts: &Facts) -> SyncScreen {
        let status = &facts.status;
        let unknown = status.unknown.iter().map(|section| unused_row(section));
        let rows: Vec<SyncRow> =
            Section::ALL.iter().map(|section| row(facts, *section)).chain(unknown).collect();
        let needed = Section::down().filter(|section| section.spec().to_sell);
        let missing: Vec<MissingSection> = needed
            .filter(|section| generation(facts, *section) == 0)
            .filter_map(|section| rows.iter().find(|row| row.section == section.name()))
            .map(|row| MissingSection {
                section: row.section.clone(),
                state: row.state,
                percent: row.percent,
                trouble: row.trouble.clone(),
            })
            .collect();
        SyncScreen {
            till: facts.till.clone(),
            centre: facts.centre.clone(),
            line: line(status.mode),
            can_sell: missing.is_empty(),
            missing,
            full_sync_ms: full_sync_ms(status),
            next_try_ms: status.next_try_ms,
            unsent: UnsentView::of(&facts.unsent),
            confirmed: facts.confirmed,
            news: status.notice.as_ref().filter(|notice| !notice.is_for_opening).map(|notice| CentreNews {
                generation: notice.generation,
                sections: names(&notice.sections),
            }),
            button: button(facts),
            run: status.run.as_ref().map(run),
            last_run: status.last_run.as_ref().map(|report| run_end(status.runs_ended, report)),
            receive_trouble: receive_trouble(status),
            send_trouble: status.send_error.as_ref().map(Trouble::of_red),
            changes: facts.changes.clone(),
            local_edits: facts.edits,
            rows,
        }
    }
}

fn generation(facts: &Facts, section: Section) -> u64 {
    facts.live.get(section.name()).map_or(0, |live| live.generation)
}

fn names(sections: &[Section]) -> Vec<String> {
    sections.iter().map(|section| section.name().into()).collect()
}

fn line(mode: Mode) -> LineState {
    match mode {
        Mode::Unknown => LineState::Unknown,
        Mode::Online => LineState::Online,
        Mode::Offline { cause, since_ms } => {
            let code = cause.code();
            let trouble = Trouble {
                code: code.into(),
                sentence: why_offline(cause).into(),
                data_is_safe: true,
                advice: super::Advice::of(code),
            };
            LineState::Offline { trouble, since_ms }
        }
    }
}

/// Why a till is offline stands in the line above.
fn receive_trouble(status: &Status) -> Option<Trouble> {
    let is_offline = matches!(status.mode, Mode::Offline { .. });
    status.receive_error.as_ref().filter(|_| !is_offline).map(Trouble::of_red)
}

fn why_offline(cause: Cause) -> &'static str {
    match cause {
        Cause::NoRoute => "nothing answers at the back office's address",
        Cause::CaptivePortal => "something that is not the back office answers",
        Cause::Untrusted => "the back office's certificate is not trusted",
        Cause::ServerDown => "the back office cannot do its work now",
        Cause::NotAuthorised => "the back office does not accept this till",
        Cause::ClockWrong => "the clock of this phone is too far off",
        Cause::VersionMismatch => "app and back office have different versions",
        _ => "the back office cannot be reached",
    }
}

/// When the section that was found right the longest ago was; images come when there is time for them.
fn full_sync_ms(status: &Status) -> Option<i64> {
    let needed = Section::down().filter(|section| *section != Section::Attachments);
    needed.map(|section| status.checked_ms.get(&section).copied()).min().flatten()
}

impl UnsentView {
    /// What the badge shows of it; events are not in the badge.
    pub fn of(unsent: &Unsent) -> UnsentView {
        // Turnover alone: a sum of sales, drops and closures would mean nothing to anybody.
        let sales = unsent.sections.get(Section::Sales.name());
        let amounts = sales.into_iter().flat_map(|sales| &sales.amounts_minor);
        UnsentView {
            documents: unsent.documents(),
            amounts: amounts.map(|(currency, minor)| amount(*minor, currency)).collect(),
            oldest_ms: unsent.oldest_ms(),
        }
    }
}

fn button(facts: &Facts) -> RedButton {
    let off = |code: &str, sentence: &str| RedButton::Off {
        trouble: Trouble {
            code: code.into(),
            sentence: sentence.into(),
            data_is_safe: true,
            advice: super::Advice::of(code),
        },
    };
    match facts.standing {
        Standing::New => off("not-enrolled", "this phone is no till yet"),
        Standing::Copied => off("copied", "this till was copied or restored and must be enrolled again"),
        Standing::Enrolled if facts.centre.is_none() => off("no-centre", "no centre has been chosen"),
        Standing::Enrolled if facts.status.run.is_some() => RedButton::Running,
        Standing::Enrolled => RedButton::Ready,
    }
}

fn run(progress: &Progress) -> RunView {
    let sections = progress.sections.iter().map(|section| StageBar {
        name: StageName::Section(section.section.name().into()),
        done: section.done_bytes.min(section.total_bytes),
        total: section.total_bytes,
    });
    let documents = StageBar {
        name: StageName::Documents,
        done: progress.sent.min(progress.to_send),
        total: progress.to_send,
    };
    RunView {
        section: match progress.scope {
            Scope::One(section) => Some(section.name().into()),
            _ => None,
        },
        percent: progress.percent,
        stage: match progress.stage {
            Stage::Contacting => RunStage::Contacting,
            Stage::Receiving(_) => RunStage::Receiving,
            Stage::WaitingForReceipt => RunStage::WaitingForReceipt,
            Stage::Applying => RunStage::Applying,
            Stage::Sending => RunStage::Sending,
        },
        bars: sections.chain((progress.to_send > 0).then_some(documents)).collect(),
    }
}

fn run_end(number: u64, report: &Report) -> RunEnd {
    RunEnd {
        number,
        is_complete: report.is_complete(),
        result: report.result().into(),
        applied: names(&report.applied),
        received_rows: report.received_rows,
        sent_documents: report.sent_documents,
    }
}

fn row(facts: &Facts, section: Section) -> SyncRow {
    let status = &facts.status;
    let own = status.run.as_ref().and_then(|run| run.sections.iter().find(|own| own.section == section));
    let none = UnsentSection::default();
    let unsent = facts.unsent.sections.get(section.name()).unwrap_or(&none);
    let waits_for = waits_for(facts, section);
    let red = status.red.get(&section).filter(|red| red.code != WAITS || waits_for.is_some());
    let objects = if section.is_down() { objects(facts, section) } else { Vec::new() };
    SyncRow {
        section: section.name().into(),
        is_down: section.is_down(),
        state: state(facts, section, unsent.documents),
        percent: own.map(|own| {
            let percent = (own.done_bytes.min(own.total_bytes) * 100).checked_div(own.total_bytes);
            percent.map_or(0, |percent| percent.min(100) as u8)
        }),
        success_ms: status.checked_ms.get(&section).copied().max(applied_ms(facts, section)),
        count: if section.is_down() {
            objects.iter().map(|object| object.count).sum()
        } else {
            unsent.documents
        },
        amounts: unsent.amounts_minor.iter().map(|(currency, minor)| amount(*minor, currency)).collect(),
        generation: generation(facts, section),
        trouble: red.map(Trouble::of_red),
        waits_for,
        objects,
    }
}

/// The row of a section that only a newer version understands.
fn unused_row(section: &str) -> SyncRow {
    SyncRow {
        section: section.into(),
        is_down: true,
        state: RowState::NotUsed,
        percent: None,
        success_ms: None,
        count: 0,
        amounts: Vec::new(),
        generation: 0,
        trouble: None,
        waits_for: None,
        objects: Vec::new(),
    }
}

/// What a section waits for: of what it needs, what is red itself, or else what is not live here as it is
/// published. `None` if it does not wait, or no more: then it is behind, and a tap brings it.
fn waits_for(facts: &Facts, section: Section) -> Option<String> {
    let status = &facts.status;
    let has_waited = |section: &Section| status.red.get(section).is_some_and(|red| red.code == WAITS);
    if !has_waited(&section) {
        return None;
    }
    let needs = || section.spec().needs.iter();
    let is_news = |need: &&Section| {
        status.notice.as_ref().is_some_and(|notice| notice.sections.contains(need))
            || generation(facts, **need) == 0
    };
    let red = needs().find(|need| status.red.contains_key(need));
    let cause = match red.or_else(|| needs().find(is_news))? {
        // It waits itself: what it waits for is what a person can do something about.
        need if has_waited(need) => waits_for(facts, *need)?,
        need => need.name().into(),
    };
    Some(cause)
}

const WAITS: &str = "waits-for";

fn applied_ms(facts: &Facts, section: Section) -> Option<i64> {
    facts.live.get(section.name()).and_then(|live| live.applied_ms)
}

fn state(facts: &Facts, section: Section, unsent: u64) -> RowState {
    let status = &facts.status;
    if let Some(run) = status.run.as_ref().filter(|run| run.scope.covers(section)) {
        let own = run.sections.iter().find(|own| own.section == section);
        match run.stage {
            Stage::Receiving(now) if now == section => return RowState::Running,
            Stage::Sending if !section.is_down() && unsent > 0 => return RowState::Running,
            Stage::Contacting if section.is_down() => return RowState::Waiting,
            _ if own.is_some_and(|own| own.done_bytes < own.total_bytes) => return RowState::Waiting,
            _ if !section.is_down() && unsent > 0 => return RowState::Waiting,
            _ => {}
        }
    }
    let is_news = status.notice.as_ref().is_some_and(|notice| notice.sections.contains(&section));
    match status.red.get(&section) {
        Some(red) if red.code == WAITS && waits_for(facts, section).is_none() => RowState::Behind,
        Some(red) if red.code == WAITS => RowState::Blocked,
        Some(_) => RowState::Failed,
        None if !section.is_down() && unsent > 0 => RowState::Unsent,
        None if !section.is_down() => RowState::UpToDate,
        None if is_news => RowState::Behind,
        // A centre may publish nothing of a section: then it was compared, and is right.
        None if generation(facts, section) == 0 && !status.checked_ms.contains_key(&section) => {
            RowState::Never
        }
        None => RowState::UpToDate,
    }
}

fn objects(facts: &Facts, section: Section) -> Vec<SyncObject> {
    let has_come = generation(facts, section) > 0 || facts.status.checked_ms.contains_key(&section);
    let red = facts.status.red.get(&section);
    let none = BTreeMap::new();
    let counts = facts.counts.get(section.name()).unwrap_or(&none);
    let known = section.spec().kinds;
    let unknown = counts.keys().map(String::as_str).filter(|kind| !known.contains(kind));
    let object = |kind: &str| {
        let is_own = |red: &&Red| match &red.kind {
            Some(of) => of == kind,
            // What is damaged as a whole is damaged in its only kind.
            None => known.len() == 1 && red.code != WAITS,
        };
        let own_red = red.filter(is_own);
        SyncObject {
            kind: kind.into(),
            count: counts.get(kind).copied().unwrap_or(0),
            mark: match has_come {
                _ if own_red.is_some() => ObjectMark::Red,
                true => ObjectMark::Verified,
                false => ObjectMark::Never,
            },
            is_used: known.contains(&kind),
            trouble: own_red.map(Trouble::of_red),
        }
    };
    known.iter().copied().chain(unknown).map(object).collect()
}

impl Till {
    /// The sync screen, now.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn sync_screen(&self) -> Result<SyncScreen, TillError> {
        Ok(SyncScreen::of(&self.0.sync_facts()?))
    }
}

impl Core {
    fn sync_facts(&self) -> Result<Facts, TillError> {
        let device = self.device();
        let standing = match &device {
            Ok(_) => Standing::Enrolled,
            Err(TillError::Copied { .. }) => Standing::Copied,
            Err(_) => Standing::New,
        };
        let chosen = self.subscription()?;
        let is_here = tillkit_sync::is_here(&self.store)?;
        let view = self.store.centre.view()?;
        let centre = match &chosen {
            Some(id) => {
                let setting: Option<tillkit_protocol::settings::Centre> = view.read("centre", id)?;
                Some(setting.map_or_else(|| id.clone(), |setting| setting.name))
            }
            None => None,
        };
        // What another centre has left behind is not shown: it is not sold by either.
        let live: BTreeMap<String, Live> = view
            .all_live()
            .into_iter()
            .filter(|(_, live)| is_here(live))
            .map(|(name, live)| (name, Live { generation: live.generation, applied_ms: live.applied_ms }))
            .collect();
        let mut counts = BTreeMap::new();
        for section in Section::down().filter(|section| live.contains_key(section.name())) {
            counts.insert(section.name(), view.kinds(section.name())?);
        }
        drop(view);
        let journal = &self.store.journal;
        let confirmed = match &device {
            Ok(device) => {
                let (till, enrolment) = (&device.enrolment.till, device.enrolment.enrolment);
                let through = journal.uploaded_through(till, enrolment)?;
                Some(Confirmed { through, head: journal.head(till, enrolment)?.seq })
            }
            Err(_) => None,
        };
        Ok(Facts {
            till: device.as_ref().ok().map(|device| device.enrolment.till.clone()),
            centre,
            standing,
            status: device.map(|device| device.engine.status().borrow().clone()).unwrap_or_default(),
            live,
            counts,
            unsent: journal.unsent()?,
            confirmed,
            changes: super::changes::newest(&self.store.centre)?,
            edits: self.store.centre.edits()?.len() as u64,
        })
    }
}
