//! Sample states of the sync screen, for previews and for tests that need no back office.
//!
//! They are computed from sample facts by the very function that computes the real screen, so a
//! preview cannot show what a till cannot.

use std::collections::BTreeMap;

use tillkit_protocol::Section;
use tillkit_store::journal::{Unsent, UnsentSection};
use tillkit_sync::{
    Cause, Report, Scope, Trigger,
    status::{Mode, Notice, Progress, Red, SectionProgress, Stage, Status},
};

use super::{
    ChangeCount, ChangeSummary, ChangeWhat,
    sync::{Confirmed, Facts, Live, SyncScreen},
};
use crate::Standing;

/// A state worth a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
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

impl Sample {
    /// Every sample, by its name in vectors.
    pub const ALL: &'static [(&'static str, Sample)] = &[
        ("new", Sample::New),
        ("enrolled", Sample::Enrolled),
        ("first_sync", Sample::FirstSync),
        ("up_to_date", Sample::UpToDate),
        ("unsent", Sample::Unsent),
        ("offline", Sample::Offline),
        ("news", Sample::News),
        ("red", Sample::Red),
        ("running", Sample::Running),
        ("newer", Sample::Newer),
        ("gate_red", Sample::GateRed),
    ];

    /// The instant the samples are taken at: 9 March 2026, 10:15 UTC.
    pub const NOW_MS: i64 = 1_773_051_300_000;
}

impl SyncScreen {
    /// The sync screen of a sample till: T3 of the centre High Street.
    ///
    /// ```
    /// use tillkit::screens::{Sample, SyncScreen};
    /// assert_eq!(SyncScreen::sample(Sample::Unsent).unsent.documents, 4);
    /// ```
    pub fn sample(sample: Sample) -> SyncScreen {
        let mut facts = synced();
        let status = &mut facts.status;
        match sample {
            Sample::New => facts = empty(),
            Sample::Enrolled => {
                facts = Facts { till: Some("T3".into()), standing: Standing::Enrolled, ..empty() }
            }
            Sample::FirstSync => {
                let centre = Some("High Street".into());
                facts = Facts { till: Some("T3".into()), centre, standing: Standing::Enrolled, ..empty() };
                facts.status.mode = Mode::Online;
                facts.status.run = Some(first_run());
                facts.live.insert("directories".into(), live(7));
                facts.counts = counts(&[("unit", 4), ("vat_rate", 3), ("tender", 4), ("currency", 2)]);
            }
            Sample::UpToDate => {}
            Sample::Unsent => (facts.unsent, facts.confirmed) = (waiting(), behind()),
            Sample::Offline => {
                (facts.unsent, facts.confirmed) = (waiting(), behind());
                status.mode =
                    Mode::Offline { cause: Cause::NoRoute, since_ms: Sample::NOW_MS - 12 * MINUTE_MS };
                status.next_try_ms = Some(Sample::NOW_MS + 24_000);
            }
            Sample::News => {
                status.notice = Some(Notice {
                    generation: 8,
                    sections: vec![Section::Items, Section::Promotions],
                    is_for_opening: false,
                });
                facts.edits = 1;
            }
            Sample::Red => {
                let red = Red {
                    code: "mismatch".into(),
                    kind: Some("price".into()),
                    sentence: "price of items: 999 rows are here, the centre has 1000, or their digests differ; nothing has changed".into(),
                };
                status.red.insert(Section::Items, red);
                let waits = Red {
                    code: "waits-for".into(),
                    kind: None,
                    sentence: "promotions waits for items".into(),
                };
                status.red.insert(Section::Promotions, waits);
            }
            Sample::Newer => {
                status.unknown = vec!["loyalty".into()];
                let hologram = BTreeMap::from([("hologram".to_string(), 12)]);
                facts.counts.entry(Section::Items.name()).or_default().extend(hologram);
            }
            Sample::GateRed => {
                facts.status = Status { mode: Mode::Online, ..Status::default() };
                let red = Red {
                    code: "mismatch".into(),
                    kind: Some("numerator".into()),
                    sentence: "numerator of numerators: 3 rows are here, the centre has 4, or their digests differ; nothing has changed".into(),
                };
                facts.status.red.insert(Section::Numerators, red);
                let come = Section::down().filter(|section| *section != Section::Numerators);
                facts.status.checked_ms = come.map(|section| (section, Sample::NOW_MS - MINUTE_MS)).collect();
                facts.live.remove(Section::Numerators.name());
                facts.counts.remove(Section::Numerators.name());
                (facts.confirmed, facts.changes) = (Some(Confirmed { through: 0, head: 0 }), None);
            }
            Sample::Running => {
                (facts.unsent, facts.confirmed) = (waiting(), behind());
                status.run = Some(Progress {
                    scope: Scope::All,
                    trigger: Trigger::RedButton,
                    stage: Stage::WaitingForReceipt,
                    percent: 64,
                    sections: vec![bar(Section::Items, 2_400_000, 2_400_000), bar(Section::Rates, 0, 9_000)],
                    sent: 1,
                    to_send: 4,
                });
            }
        }
        SyncScreen::of(&facts)
    }
}

const MINUTE_MS: i64 = 60_000;

fn bar(section: Section, done_bytes: u64, total_bytes: u64) -> SectionProgress {
    SectionProgress { section, done_bytes, total_bytes }
}

fn live(generation: u64) -> Live {
    Live { generation, applied_ms: Some(Sample::NOW_MS - 25 * MINUTE_MS) }
}

fn empty() -> Facts {
    Facts {
        till: None,
        centre: None,
        standing: Standing::New,
        status: Status::default(),
        live: BTreeMap::new(),
        counts: BTreeMap::new(),
        unsent: Unsent::default(),
        confirmed: None,
        changes: None,
        edits: 0,
    }
}

/// By section, as the store counts them.
fn counts(kinds: &[(&str, u64)]) -> BTreeMap<&'static str, BTreeMap<String, u64>> {
    let mut counts: BTreeMap<&'static str, BTreeMap<String, u64>> = BTreeMap::new();
    for (kind, count) in kinds {
        if let Some(section) = Section::of_kind(kind) {
            counts.entry(section.name()).or_default().insert((*kind).into(), *count);
        }
    }
    counts
}

fn synced() -> Facts {
    let checked_ms = Section::ALL.iter().map(|section| (*section, Sample::NOW_MS - 25 * MINUTE_MS)).collect();
    let report = Report {
        scope: Scope::All,
        trigger: Trigger::RedButton,
        received_rows: 1_204,
        received_bytes: 81_000,
        applied: vec![Section::Items, Section::Rates],
        red: BTreeMap::new(),
        receive_error: None,
        send_error: None,
        sent_documents: 12,
        notice: None,
        is_cancelled: false,
    };
    let status =
        Status { mode: Mode::Online, checked_ms, last_run: Some(report), runs_ended: 1, ..Status::default() };
    let rows = [
        ("unit", 4),
        ("warehouse", 1),
        ("vat_rate", 3),
        ("tender", 4),
        ("currency", 2),
        ("item", 4_070),
        ("item_code", 4_070),
        ("price", 1_000),
        ("group", 38),
        ("exchange_rate", 305),
        ("customer", 4_372),
        ("user", 6),
        ("role", 2),
        ("numerator", 4),
        ("centre", 1),
        ("receipt_layout", 1),
        ("policy", 1),
    ];
    let down = Section::down().map(|section| (section.name().to_string(), live(7))).collect();
    Facts {
        till: Some("T3".into()),
        centre: Some("High Street".into()),
        standing: Standing::Enrolled,
        status,
        live: down,
        counts: counts(&rows),
        unsent: Unsent::default(),
        confirmed: Some(Confirmed { through: 4_812, head: 4_812 }),
        changes: Some(changed()),
        edits: 0,
    }
}

fn changed() -> ChangeSummary {
    let count = |section: Section, what, count| ChangeCount { section: section.name().into(), what, count };
    ChangeSummary {
        at_ms: Sample::NOW_MS - 25 * MINUTE_MS,
        counts: vec![
            count(Section::Items, ChangeWhat::Price, 3),
            count(Section::Items, ChangeWhat::New, 12),
            count(Section::Items, ChangeWhat::Gone, 1),
            count(Section::Rates, ChangeWhat::Added, 2),
        ],
    }
}

fn first_run() -> Progress {
    Progress {
        scope: Scope::All,
        trigger: Trigger::CentreChosen,
        stage: Stage::Receiving(Section::Items),
        percent: 37,
        sections: vec![
            bar(Section::Directories, 3_100, 3_100),
            bar(Section::Items, 870_000, 2_300_000),
            bar(Section::Users, 0, 900),
            bar(Section::Numerators, 0, 300),
            bar(Section::Centre, 0, 700),
            bar(Section::Customers, 0, 60_000),
        ],
        sent: 0,
        to_send: 0,
    }
}

fn behind() -> Option<Confirmed> {
    Some(Confirmed { through: 4_808, head: 4_812 })
}

fn waiting() -> Unsent {
    let section = |documents, minor, minutes: i64| UnsentSection {
        documents,
        amounts_minor: BTreeMap::from([("GBP".to_string(), minor)]),
        oldest_ms: Sample::NOW_MS - minutes * MINUTE_MS,
    };
    let sections =
        [("sales", section(2, 38_40, 14)), ("cash", section(1, -100_00, 9)), ("closures", section(1, 0, 3))];
    Unsent { sections: sections.map(|(name, section)| (name.to_string(), section)).into() }
}
