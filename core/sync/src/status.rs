//! Both lanes as people see them: what the driver publishes, as plain values.

use std::collections::BTreeMap;

use tillkit_protocol::{Section, rows::BadBlob};

use crate::{Cause, Scope, SyncError, Trigger};
use tillkit_store::StoreError;

/// Whether the centre answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Not asked yet.
    #[default]
    Unknown,
    /// The last request was answered.
    Online,
    /// The last request was not.
    Offline {
        /// Why.
        cause: Cause,
        /// Till clock, Unix milliseconds.
        since_ms: i64,
    },
}

/// What stands in the way of a section or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Red {
    /// Stable; see [`SyncError::code`].
    pub code: String,
    /// The object inside the section, where it is known.
    pub kind: Option<String>,
    /// For people.
    pub sentence: String,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What it is about.
    pub scope: Scope,
    /// What asked for it.
    pub trigger: Trigger,
    /// What it does now.
    pub stage: Stage,
    /// 0 to 99 while it runs; never goes back. The run is over when there is no progress any more.
    pub percent: u8,
    /// Sections to bring, in the order they come; known once the manifest is read.
    pub sections: Vec<SectionProgress>,
    /// Documents acknowledged.
    pub sent: u64,
    /// Documents that were unsent when the run began.
    pub to_send: u64,
}

/// How far a section is on its way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionProgress {
    /// Which.
    pub section: Section,
    /// Stored bytes dealt with.
    pub done_bytes: u64,
    /// Stored bytes to deal with; fixed once the manifest is read.
    pub total_bytes: u64,
}

/// 0 to 99: how much of a run's work is done, and never less than `before`.
pub(crate) fn percent(sections: &[SectionProgress], sent: u64, to_send: u64, before: u8) -> u8 {
    /// A document weighs like the kilobyte that it is.
    const DOCUMENT_BYTES: u64 = 1024;
    // Wide enough for whatever lengths a manifest names.
    let sum = |bytes: fn(&SectionProgress) -> u64| sections.iter().map(|one| u128::from(bytes(one))).sum();
    let total: u128 = sum(|section| section.total_bytes);
    let done: u128 = sum(|section| section.done_bytes.min(section.total_bytes));
    let documents = |count: u64| u128::from(count) * u128::from(DOCUMENT_BYTES);
    let (total, done) = (total + documents(to_send), done + documents(sent.min(to_send)));
    let percent = (done * 100).checked_div(total).map_or(0, |percent| percent.min(99) as u8);
    percent.max(before)
}

/// What a run does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Asking the centre.
    Contacting,
    /// Bringing this section.
    Receiving(Section),
    /// Everything is here, and waits for the receipt to be finished.
    WaitingForReceipt,
    /// Making it live.
    Applying,
    /// Sending documents.
    Sending,
}

/// Something new is published and not live here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The generation.
    pub generation: u64,
    /// What differs.
    pub sections: Vec<Section>,
    /// Whether it waits for the next opening of the day, and so for nobody.
    pub is_for_opening: bool,
}

/// Both lanes, as people see them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether the centre answers.
    pub mode: Mode,
    /// The run under way.
    pub run: Option<Progress>,
    /// Sections whose last try failed, with the cause.
    pub red: BTreeMap<Section, Red>,
    /// What ended the last try to receive early, until one goes through.
    pub receive_error: Option<Red>,
    /// What the centre objected to when it did not take a document.
    pub send_error: Option<Red>,
    /// The banner.
    pub notice: Option<Notice>,
    /// Sections of the newest manifest that this version does not know: not synced, and no error.
    pub unknown: Vec<String>,
    /// When each section was last found equal to the centre's, or sent without anything left; till
    /// clock, Unix milliseconds.
    pub checked_ms: BTreeMap<Section, i64>,
    /// How the last run ended.
    pub last_run: Option<Report>,
    /// How many runs have ended since the till was opened.
    pub runs_ended: u64,
    /// When something failed is tried again, till clock, Unix milliseconds.
    pub next_try_ms: Option<i64>,
    /// Grows whenever the journal's delivery columns changed, so that counters are read again.
    pub delivery_changes: u64,
}

impl Status {
    /// A section is as the centre published it: it is red no more, nothing waits for it, and it is no news.
    pub(crate) fn is_live(&mut self, section: Section) {
        self.red.remove(&section);
        self.notice = self.notice.take().and_then(|mut notice| {
            notice.sections.retain(|news| *news != section);
            Some(notice).filter(|notice| !notice.sections.is_empty())
        });
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it was about.
    pub scope: Scope,
    /// What asked for it.
    pub trigger: Trigger,
    /// Rows that came down.
    pub received_rows: u64,
    /// Bytes that came down, as stored.
    pub received_bytes: u64,
    /// Sections that became live.
    pub applied: Vec<Section>,
    /// Sections that did not, and why.
    pub red: BTreeMap<Section, Red>,
    /// What ended receiving early.
    pub receive_error: Option<Red>,
    /// What ended sending early.
    pub send_error: Option<Red>,
    /// Documents the centre acknowledged.
    pub sent_documents: u64,
    /// Something new is here and waits to be confirmed.
    pub notice: Option<Notice>,
    /// Whether somebody pressed Cancel.
    pub is_cancelled: bool,
}

impl Report {
    /// Of a run that has done nothing yet.
    pub(crate) fn new(scope: Scope, trigger: Trigger) -> Report {
        Report {
            scope,
            trigger,
            received_rows: 0,
            received_bytes: 0,
            applied: Vec::new(),
            red: BTreeMap::new(),
            receive_error: None,
            send_error: None,
            sent_documents: 0,
            notice: None,
            is_cancelled: false,
        }
    }

    /// Whether all that the run set out to do was done.
    pub fn is_complete(&self) -> bool {
        self.red.is_empty() && self.receive_error.is_none() && self.send_error.is_none() && !self.is_cancelled
    }

    /// As the sync journal names it: an error's code, or how it ended.
    pub fn result(&self) -> &str {
        let error = self.receive_error.as_ref().or(self.red.values().next()).or(self.send_error.as_ref());
        match error {
            _ if self.is_cancelled => "cancelled",
            Some(red) => &red.code,
            None if self.notice.is_some() => "waiting",
            None if self.applied.is_empty() && self.sent_documents == 0 => "nothing_new",
            None => "done",
        }
    }

    pub(crate) fn detail(&self) -> String {
        let errors = self.receive_error.iter().chain(self.red.values()).chain(&self.send_error);
        errors.map(|red| red.sentence.as_str()).collect::<Vec<_>>().join("; ")
    }
}

/// What stands in the way, as people see it.
pub(crate) fn red(error: &SyncError) -> Red {
    let kind = match error {
        SyncError::Store(
            StoreError::Mismatch { kind, .. } | StoreError::Blob(BadBlob::BadRow { kind, .. }),
        )
        | SyncError::Blob(BadBlob::BadRow { kind, .. }) => Some(kind.clone()),
        _ => None,
    };
    Red { code: error.code().into(), kind, sentence: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back_and_never_says_done_while_it_runs() {
        let section = |done_bytes| SectionProgress { section: Section::Items, done_bytes, total_bytes: 4096 };

        let sent_first = percent(&[], 1, 2, 0);
        let then_the_manifest = percent(&[section(0)], 1, 2, sent_first);
        let all = percent(&[section(9999)], 5, 2, then_the_manifest);

        let endless = SectionProgress { total_bytes: u64::MAX, ..section(u64::MAX) };
        assert_eq!((sent_first, then_the_manifest, all), (50, 50, 99));
        assert_eq!(percent(&[endless; 13], 0, 9, 0), 99);
    }
}
