//! The sync journal: what the last runs did, for whoever asks what has happened, and for support.

use std::path::Path;

use tillkit_protocol::Section;
use tillkit_store::centre::SyncRun;

use super::Trouble;
use crate::{Till, TillError};

/// The last runs, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsScreen {
    /// At most as many as were asked for.
    pub runs: Vec<RunRow>,
    /// The same as text, to be handed to support: no names, no amounts, no keys.
    pub text: String,
}

/// A run in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl From<SyncRun> for RunRow {
    fn from(run: SyncRun) -> RunRow {
        let is_complete = matches!(run.result.as_str(), "done" | "nothing_new" | "waiting");
        let trouble = (!is_complete && run.result != "cancelled").then(|| Trouble {
            code: run.result.clone(),
            sentence: run.detail,
            data_is_safe: true,
            advice: super::Advice::of(&run.result),
        });
        RunRow {
            started_ms: run.started_ms,
            // The clock may have been set in between.
            duration_ms: u64::try_from(run.ended_ms.saturating_sub(run.started_ms)).unwrap_or(0),
            trigger: run.trigger,
            section: Section::of_name(&run.scope).map(|section| section.name().into()),
            is_without_attachments: run.scope == "all_without_attachments",
            is_complete,
            result: run.result,
            trouble,
            received_rows: run.received_rows,
            received_bytes: run.received_bytes,
            sent_documents: run.sent_documents,
        }
    }
}

impl Till {
    /// The last runs, the newest first, at most `limit`; 200 are kept.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn runs_screen(&self, limit: usize) -> Result<RunsScreen, TillError> {
        let runs = self.0.store.centre.runs(limit)?;
        let device = self.0.device().ok();
        let of_till = device.iter().map(|device| {
            let own = &device.enrolment;
            format!("till {}/{} at {}\n", own.till, own.enrolment, own.server_url)
        });
        let of_runs = runs.iter().map(|run| as_text(run, &self.0.folder));
        let text =
            of_till.chain(of_runs).fold(format!("app {}\n", self.0.services.app), |text, line| text + &line);
        Ok(RunsScreen { text, runs: runs.into_iter().map(RunRow::from).collect() })
    }
}

fn as_text(run: &SyncRun, folder: &Path) -> String {
    let at = jiff::Timestamp::from_millisecond(run.started_ms).unwrap_or_default();
    let SyncRun { trigger, scope, result, received_rows, received_bytes, sent_documents, .. } = run;
    let detail = redacted(&run.detail, folder);
    let took_ms = run.ended_ms.saturating_sub(run.started_ms);
    format!(
        "{at} {took_ms} ms {trigger} {scope} {result} {received_rows} rows {received_bytes} bytes \
         {sent_documents} documents {detail}\n"
    )
}

/// A sentence without what stands in quotation marks, which may be from a row, and without the till's
/// folder, which may have a person's name in it.
fn redacted(sentence: &str, folder: &Path) -> String {
    let folder = folder.display().to_string();
    let sentence = if folder.is_empty() { sentence.into() } else { sentence.replace(&folder, "<folder>") };
    let mut kept = String::new();
    let mut quote = None;
    for letter in sentence.chars() {
        match quote {
            None if matches!(letter, '"' | '`') => {
                quote = Some(letter);
                kept.push('…');
            }
            None => kept.push(letter),
            Some(open) if open == letter => quote = None,
            Some(_) => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_journal_has_nothing_of_a_row_and_no_folder_in_it() {
        let sentence = r#"/home/anna/till/centre.db: c1: invalid type: string "Mrs Jones", expected `u64`"#;
        let shared = redacted(sentence, Path::new("/home/anna/till"));
        assert_eq!(shared, "<folder>/centre.db: c1: invalid type: string …, expected …");
    }
}
