//! Tills, as they have reported themselves, and how a phone becomes one.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{Form, body::Body, extract::State, http::StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use qrcode::{EcLevel, QrCode, render::svg};
use serde::Deserialize;
use serde_json::json;

pub(super) use crate::contacts::tills as listed;

use super::{Headers, Person, Shown, in_words, show, show::count, show::iso, shown};
use crate::{
    Backoffice,
    api::reached_at,
    by_file, enrol,
    error::{Error, Result},
    store::{config, documents, tills::ListedEnrolment},
};

/// Every till with its enrolments.
#[derive(Template)]
#[template(path = "tills.html")]
pub(super) struct Tills {
    tills: Vec<Till>,
}

struct Till {
    till: String,
    name: String,
    /// What goes with its buttons, as JSON.
    key: String,
    enrolments: Vec<Enrolment>,
}

struct Enrolment {
    key: String,
    device: String,
    series: String,
    app: String,
    is_revoked: bool,
    contact: Option<String>,
    centre: Option<String>,
    settings: Settings,
    received: String,
    beyond: Option<String>,
    /// How far what the till has is processed; `None` if all of it is.
    confirmed: Option<String>,
    unsent: u64,
    oldest: Option<String>,
    findings: u64,
}

/// Which generation a till sells by, beside the newest of its centre.
enum Settings {
    /// It has chosen no centre, or has fetched nothing yet.
    None,
    Newest(u64),
    Behind {
        here: u64,
        newest: u64,
    },
}

impl Tills {
    pub(super) async fn of(office: &Backoffice, person: &Person) -> Result<Tills> {
        let centres = config::centres(&office.store, person.tenant).await?;
        let newest: BTreeMap<_, _> =
            centres.iter().map(|centre| (centre.centre.as_str(), centre.generation)).collect();
        let findings = documents::open_findings(&office.store, person.tenant).await?;
        let mut tills: Vec<Till> = Vec::new();
        for row in listed(office, person.tenant).await? {
            if tills.last().is_none_or(|last| last.till != row.till) {
                let key = json!({"till": row.till}).to_string();
                let (till, name) = (row.till.clone(), row.name);
                tills.push(Till { till, name, key, enrolments: Vec::new() });
            }
            let Some(enrolment) = row.enrolment else { continue };
            let newest = enrolment.centre.as_deref().and_then(|centre| newest.get(centre).copied());
            let findings = findings.get(&(row.till.clone(), enrolment.enrolment)).copied().unwrap_or(0);
            let shown = Enrolment::of(&row.till, enrolment, newest, findings);
            if let Some(till) = tills.last_mut() {
                // The newest first: older ones are history.
                till.enrolments.insert(0, shown);
            }
        }
        Ok(Tills { tills })
    }
}

impl Enrolment {
    fn of(till: &str, row: ListedEnrolment, newest: Option<u64>, findings: u64) -> Enrolment {
        let contact = row.contact;
        let made = contact.through.max(row.top);
        let confirmed = match row.booked {
            booked if booked >= made => None,
            0 => Some(format!("confirmed 0 of {}", count(made))),
            booked => Some(format!("confirmed 1–{} of {}", count(booked), count(made))),
        };
        let settings = match (contact.generation, newest) {
            (0, _) | (_, None) => Settings::None,
            (here, Some(newest)) if here >= newest => Settings::Newest(here),
            (here, Some(newest)) => Settings::Behind { here, newest },
        };
        Enrolment {
            key: json!({"till": till, "enrolment": row.enrolment}).to_string(),
            device: row.device,
            series: row.series,
            app: contact.app,
            is_revoked: row.is_revoked,
            contact: (contact.at_ms != 0).then(|| iso(contact.at_ms)),
            centre: row.centre,
            settings,
            received: count(row.through),
            beyond: (row.top > row.through).then(|| format!("up to {} beyond a gap", count(row.top))),
            confirmed,
            unsent: contact.unsent,
            oldest: contact.oldest_ms.filter(|_| contact.unsent > 0).map(iso),
            findings,
        }
    }
}

/// `GET /web/tills`.
pub(super) async fn list(State(office): State<Arc<Backoffice>>, person: Person) -> Shown {
    shown(&Tills::of(&office, &person).await?)
}

/// A code that a phone is to be given.
#[derive(Template)]
#[template(path = "pairing.html")]
struct Pairing {
    till: String,
    code: String,
    expires: String,
    qr: String,
    url: String,
}

/// What is asked of somebody who adds a till.
#[derive(Template, Default)]
#[template(path = "add_till.html")]
pub(super) struct AddTill {
    till: String,
    name: String,
    why: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct TillForm {
    till: String,
    #[serde(default)]
    name: String,
}

/// `POST /web/tills`: a till, and its first pairing code.
pub(super) async fn add(
    State(office): State<Arc<Backoffice>>,
    person: Person,
    Headers(headers): Headers,
    Form(form): Form<TillForm>,
) -> Shown {
    let till = form.till.trim();
    let name = if form.name.trim().is_empty() { till } else { form.name.trim() };
    let is_taken = listed(&office, person.tenant).await?.iter().any(|listed| listed.till == till);
    let added = if is_taken {
        Err(Error::malformed(format!("there is a till {till} already")))
    } else {
        enrol::put_till(&office, person.tenant, till, name).await
    };
    match added {
        Ok(()) => pairing(&office, &person, till, &reached_at(&headers)).await,
        Err(error @ Error::Refused { .. }) => {
            let again = AddTill { till: form.till, name: form.name, why: Some(in_words(&error).1) };
            Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &again))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct PairForm {
    till: String,
}

/// `POST /web/tills/pairing`: another code for a till that is there.
pub(super) async fn pair(
    State(office): State<Arc<Backoffice>>,
    person: Person,
    Headers(headers): Headers,
    Form(form): Form<PairForm>,
) -> Shown {
    pairing(&office, &person, &form.till, &reached_at(&headers)).await
}

async fn pairing(office: &Backoffice, person: &Person, till: &str, url: &str) -> Shown {
    let (code, carried) = enrol::invite(office, person.tenant, till, url).await?;
    let qr = QrCode::with_error_correction_level(carried.to_string(), EcLevel::M)
        .map_err(|_| Error::Unreadable("a pairing code"))?;
    let qr = qr.render::<svg::Color<'_>>().min_dimensions(220, 220).quiet_zone(true).build();
    // The XML declaration has no place inside a page.
    let qr = qr.find("<svg").map_or(String::new(), |start| qr[start..].to_string());
    let (first, second) = code.code.split_at(code.code.len() / 2);
    shown(&Pairing {
        till: till.into(),
        code: format!("{first}-{second}"),
        expires: iso(code.expires_ms),
        qr,
        url: url.into(),
    })
}

/// What is asked of somebody who brings a till's file.
#[derive(Template, Default)]
#[template(path = "import_file.html")]
pub(super) struct ImportFile {
    why: Option<String>,
}

/// What became of a till's file.
#[derive(Template)]
#[template(path = "imported_file.html")]
struct ImportedFile {
    till: String,
    stored: String,
    known: String,
    refused: String,
    why: Option<String>,
    /// The signed receipt in base64.
    receipt: String,
}

/// `POST /web/tills/import`: the bytes of an export file.
pub(super) async fn import(State(office): State<Arc<Backoffice>>, person: Person, body: Body) -> Shown {
    match by_file::take(&office, person.tenant, body).await {
        Ok(taken) => shown(&ImportedFile {
            till: taken.till,
            stored: count(taken.stored),
            known: count(taken.known),
            refused: count(taken.refused.len() as u64),
            why: taken.refused.first().map(|first| format!("Refused: line {}, {}", first.index, first.why)),
            receipt: STANDARD.encode(&taken.receipt),
        }),
        Err(error @ Error::Refused { .. }) => {
            Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &ImportFile { why: Some(in_words(&error).1) }))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct RevokeForm {
    till: String,
    enrolment: u32,
}

/// `POST /web/tills/revoke`.
pub(super) async fn revoke(
    State(office): State<Arc<Backoffice>>,
    person: Person,
    Form(form): Form<RevokeForm>,
) -> Shown {
    enrol::revoke(&office, person.tenant, &form.till, form.enrolment).await?;
    shown(&Tills::of(&office, &person).await?)
}
