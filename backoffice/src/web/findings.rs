//! Findings: what somebody should look at.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::{Person, Shown, documents::address, show::iso, shown};
use crate::{
    Backoffice,
    error::Result,
    store::documents::{self, Place},
};

/// Findings a page shows.
const SHOWN: u32 = 200;

/// The newest findings.
#[derive(Template)]
#[template(path = "findings.html")]
pub(super) struct Findings {
    findings: Vec<Finding>,
    is_cut: bool,
}

struct Finding {
    title: &'static str,
    code: String,
    detail: String,
    till: String,
    enrolment: u32,
    seq: u64,
    document: String,
    raised: String,
    closed: Option<String>,
}

impl Findings {
    pub(super) async fn of(office: &Backoffice, person: &Person) -> Result<Findings> {
        let listed = documents::findings(&office.store, person.tenant, SHOWN).await?;
        let is_cut = listed.len() >= SHOWN as usize;
        let mut findings: Vec<_> = listed
            .into_iter()
            .map(|listed| {
                let finding = listed.finding;
                let place = Place {
                    till: finding.till.clone(),
                    enrolment: finding.enrolment,
                    seq: finding.seq,
                    fork: 0,
                };
                Finding {
                    title: title(&finding.code),
                    document: address(&place),
                    code: finding.code,
                    detail: finding.detail,
                    till: finding.till,
                    enrolment: finding.enrolment,
                    seq: finding.seq,
                    raised: iso(listed.raised_ms),
                    closed: listed.closed_ms.map(iso),
                }
            })
            .collect();
        findings.sort_by_key(|finding| finding.closed.is_some());
        Ok(Findings { findings, is_cut })
    }
}

/// A finding's code in words.
fn title(code: &str) -> &'static str {
    match code {
        "fork" => "Two documents have the same place",
        "gap" => "A document is missing",
        "broken-link" => "A document does not follow the one before",
        "lost" => "The back office has lost what it had booked",
        "not-shown" => "A document is here that other tills do not see",
        "clock" => "A till's clock is ahead",
        "behind" => "A till knows less than it has sent",
        "chain-mismatch" => "A till holds another document than is here",
        "unknown-body" => "A document is not understood",
        "set-aside" => "A document could not be booked",
        "unknown-item" => "A sale names an item that is not there",
        "over-return" => "More came back than was sold",
        "over-refund" => "More money went back than was paid",
        "return-differs" => "What came back is not what was sold",
        "sum-too-large" => "A document is left out of a sum that would be too large",
        "number-again" => "A number was used twice",
        "number-gap" => "A number is missing",
        "closure-differs" => "A closure differs from its documents",
        "closure-unchecked" => "A closure lists too many documents to be checked",
        "return-unchecked" => "Goods came back from too many sales to be checked",
        "closure-incomplete" => "A closure lists a document that is not here",
        _ => "Something to look at",
    }
}

/// `GET /web/findings`.
pub(super) async fn list(State(office): State<Arc<Backoffice>>, person: Person) -> Shown {
    shown(&Findings::of(&office, &person).await?)
}
