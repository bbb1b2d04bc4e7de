//! What the demonstration came to: for a shop owner, and for a program.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;

use super::{audit::Audit, checker::Verdict, file::Facts, replay::Diary};

/// The result; `--json` prints exactly this.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether everything is equal and nothing went wrong.
    pub equal: bool,
    /// Rows of the sales file.
    pub rows: u64,
    /// Different InvoiceNo.
    pub invoices: u64,
    /// Days with rows.
    pub days: u64,
    /// Tills.
    pub tills: u64,
    /// Documents the tills recorded, events and closures too.
    pub documents_at_tills: u64,
    /// The same by kind.
    pub documents_by_kind: BTreeMap<String, u64>,
    /// Documents the centre exported, each (till, enrolment, seq) once.
    pub documents_at_centre: u64,
    /// Documents not acknowledged at the end.
    pub unsent: u64,
    /// Rows in no document, and documents at no centre.
    pub lost: u64,
    /// Lines without a row, and documents or numbers that came twice.
    pub doubled: u64,
    /// Missing seqs and numbers.
    pub number_gaps: u64,
    /// At the tills with signatures, and again in the export.
    pub chains_verified: bool,
    /// Σ quantity × unit price, each row rounded half away from zero.
    pub gross_minor: i64,
    /// The same by the day of the row.
    pub gross_minor_by_day: BTreeMap<String, i64>,
    /// The same by the tender class of the invoice.
    pub gross_minor_by_tender: BTreeMap<String, i64>,
    /// Included VAT by percent, per rate and receipt.
    pub vat_minor_by_rate: BTreeMap<String, i64>,
    /// What the books of the back office say of the turnover.
    pub gross_minor_in_books: i64,
    /// Figures that the accountant computed again.
    pub figures_audited: u64,
    /// Z closures, each equal to the documents it lists.
    pub closures: u64,
    /// Times cash went into the safe.
    pub safe_drops: u64,
    /// Lines that came back and name their sale.
    pub lines_with_origin: u64,
    /// Invoices sold while the back office was off.
    pub invoices_while_off: u64,
    /// Documents made while the till knew it was offline.
    pub documents_offline: u64,
    /// Answers lost after the back office had stored the documents.
    pub answers_lost: u64,
    /// Prices changed and published in the middle.
    pub prices_changed: u64,
    /// Tills that showed the notice and sold by the new prices only once it was confirmed.
    pub notices_confirmed: u64,
    /// Whether the price edited on a till was replaced by the sync.
    pub local_edit_replaced: bool,
    /// What the back office objects to, by code.
    pub findings: BTreeMap<String, u64>,
    /// Seconds it took.
    pub seconds: f64,
    /// Whatever is not equal, and whatever went wrong, in words.
    pub differences: Vec<String>,
    /// Where the back office answers, with `--stay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stay: Option<Stay>,
}

/// How to reach the back office that stays.
#[derive(Debug, Serialize)]
pub struct Stay {
    /// `http://127.0.0.1:…`
    pub address: String,
    /// For `Authorization: Bearer` of `/admin/v1`.
    pub admin_token: String,
    /// Enrols one more till.
    pub pairing_code: String,
}

/// What the back office says at the end.
pub struct Books {
    /// Turnover by its books.
    pub gross_minor: i64,
    /// Its objections by code.
    pub findings: BTreeMap<String, u64>,
}

impl Report {
    /// Puts together what the tills, the checker and the books say, and compares them.
    pub fn new(
        facts: &Facts,
        tills: u64,
        diary: Diary,
        (verdict, audit): (Verdict, Audit),
        books: Books,
        seconds: f64,
    ) -> Report {
        let mut differences = diary.problems;
        differences.extend(verdict.differences);
        differences.extend(audit.differences);
        let lost_documents = diary.documents_at_tills.saturating_sub(verdict.documents_at_centre);
        let mut must = |holds: bool, what: String| {
            if !holds {
                differences.push(what);
            }
        };
        must(diary.unsent == 0, format!("{} documents are not sent", diary.unsent));
        must(
            diary.documents_at_tills == verdict.documents_at_centre,
            format!(
                "{} documents at the tills, {} at the centre",
                diary.documents_at_tills, verdict.documents_at_centre
            ),
        );
        must(
            facts.rows == verdict.file.rows,
            format!("{} rows read, {} checked", facts.rows, verdict.file.rows),
        );
        must(
            facts.invoices == verdict.invoices,
            format!("{} invoices read, {} checked", facts.invoices, verdict.invoices),
        );
        must(
            books.gross_minor == verdict.file.gross_minor,
            format!("the books say {}, the file {}", books.gross_minor, verdict.file.gross_minor),
        );
        must(
            verdict.closures == diary.days * tills,
            format!("{} closures of {} days", verdict.closures, diary.days),
        );
        must(diary.answers_lost > 0, "no answer was lost: that was not tried".into());
        must(
            diary.notices_confirmed == tills,
            format!("{} tills confirmed the new prices", diary.notices_confirmed),
        );
        let chains_verified = diary.chains_verified && verdict.chains_verified;
        must(chains_verified, "a chain does not verify".into());
        let figures = verdict.documents;
        Report {
            equal: differences.is_empty(),
            rows: figures.rows,
            invoices: verdict.invoices,
            days: diary.days,
            tills,
            documents_at_tills: diary.documents_at_tills,
            documents_by_kind: diary.documents_by_kind,
            documents_at_centre: verdict.documents_at_centre,
            unsent: diary.unsent,
            lost: lost_documents + verdict.lost,
            doubled: verdict.doubled,
            number_gaps: verdict.number_gaps,
            chains_verified,
            gross_minor: figures.gross_minor,
            gross_minor_by_day: figures.gross_minor_by_day,
            gross_minor_by_tender: figures.gross_minor_by_tender,
            vat_minor_by_rate: figures.vat_minor_by_rate,
            gross_minor_in_books: books.gross_minor,
            figures_audited: audit.figures,
            closures: verdict.closures,
            safe_drops: diary.safe_drops,
            lines_with_origin: diary.lines_with_origin,
            invoices_while_off: diary.invoices_while_off,
            documents_offline: diary.documents_offline,
            answers_lost: diary.answers_lost,
            prices_changed: diary.prices_changed,
            notices_confirmed: diary.notices_confirmed,
            local_edit_replaced: diary.is_edit_replaced,
            findings: books.findings,
            seconds,
            differences,
            stay: None,
        }
    }

    /// What a shop owner reads.
    pub fn summary(&self) -> String {
        let mut page = Page::default();
        page.title(&format!(
            "The shop of the file, sold again at {} tills in {:.1} s",
            self.tills, self.seconds
        ));
        page.line("rows of the file", count(self.rows), "each stands in exactly one document, unaltered");
        page.line("invoices", count(self.invoices), &format!("on {} days", count(self.days)));
        page.line("documents at the tills", count(self.documents_at_tills), &self.kinds());
        page.line("documents at the centre", count(self.documents_at_centre), "stored there, each once");
        page.line("not sent", count(self.unsent), "what the tills still hold alone");
        page.line(
            "lost, doubled",
            format!("{}, {}", self.lost, self.doubled),
            "rows or documents missing, or there twice",
        );
        page.line("gaps in numbers", count(self.number_gaps), "receipt numbers and the tills' own count");
        let chains = if self.chains_verified { "whole" } else { "BROKEN" };
        page.line("chains", chains.into(), "each document seals the one before, so nobody can take one out");
        page.title("Turnover, the same in the file, in the documents and in the back office's books");
        page.line("in all", pounds(self.gross_minor), "returns and credits taken off, VAT included");
        for (tender, minor) in &self.gross_minor_by_tender {
            page.line(&format!("  {}", tender_name(tender)), pounds(*minor), "");
        }
        for (rate, minor) in &self.vat_minor_by_rate {
            page.line(
                &format!("VAT at {rate} %"),
                pounds(*minor),
                "inside the turnover, computed for each receipt",
            );
        }
        page.line("closures (Z)", count(self.closures), "one a till and day, each equal to its documents");
        page.line("figures computed again", count(self.figures_audited), "by an accountant that is not us");
        page.title("What was made to go wrong, and what came of it");
        page.line(
            "sold without back office",
            count(self.invoices_while_off),
            "invoices, while it was switched off; all sent later",
        );
        page.line(
            "answers lost",
            count(self.answers_lost),
            "after the centre had stored them; sent again, stored once",
        );
        page.line(
            "prices changed",
            count(self.prices_changed),
            &format!("in the middle; {} tills were told and confirmed", self.notices_confirmed),
        );
        let edit = if self.local_edit_replaced { "replaced" } else { "NOT replaced" };
        page.line("price edited on a till", edit.into(), "by the centre's at the next sync");
        page.line(
            "goods brought back",
            count(self.lines_with_origin),
            "lines that name the sale they came from",
        );
        page.line("findings", count(self.findings.values().sum()), &self.findings());
        page.verdict(&self.differences);
        page.0
    }

    fn kinds(&self) -> String {
        let named = self
            .documents_by_kind
            .iter()
            .map(|(kind, many)| format!("{} {}", count(*many), kind.replace('_', " ")));
        named.collect::<Vec<_>>().join(", ")
    }

    fn findings(&self) -> String {
        if self.findings.is_empty() {
            return "the back office objects to nothing".into();
        }
        let named = self.findings.iter().map(|(code, many)| format!("{} {code}", count(*many)));
        named.collect::<Vec<_>>().join(", ")
    }
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn title(&mut self, title: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "\n{title}");
    }

    fn line(&mut self, what: &str, value: String, means: &str) {
        let line = format!("  {what:<26}{value:>16}   {means}");
        let _ = writeln!(self.0, "{}", line.trim_end());
    }

    fn verdict(&mut self, differences: &[String]) {
        if differences.is_empty() {
            self.title("Everything is equal, to the penny.");
            return;
        }
        self.title("NOT EQUAL:");
        for difference in differences {
            let _ = writeln!(self.0, "  - {difference}");
        }
    }
}

fn tender_name(tender: &str) -> &str {
    match tender {
        "cash" => "cash",
        "card" => "card",
        "customer_credit" => "on account",
        "cash_eur" => "euro cash",
        other => other,
    }
}

fn count(many: u64) -> String {
    indicatif::HumanCount(many).to_string()
}

fn pounds(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, pence) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
    format!("{sign}£{}.{pence:02}", count(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pounds_read_like_pounds() {
        assert_eq!([pounds(0), pounds(-5), pounds(123_456_789)], ["£0.00", "-£0.05", "£1,234,567.89"]);
    }
}
