//! The one page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use tillkit_domain::Currency;
use tillkit_protocol::{settings, wire::CentreInfo};

use super::{
    Person, Refusal, Shown,
    documents::{self, Documents},
    findings::Findings,
    items::{self, Items},
    publishing::Draft,
    session::sign_in_page,
    show::count,
    shown,
    statics::{ASSETS, Assets},
    tills::{AddTill, ImportFile, Tills, listed},
};
use crate::{
    Backoffice,
    error::{Error, Result},
    store::{TenantId, books, config, documents::open_findings},
};

/// The centre that is being edited.
pub(super) struct Centre {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) edition: i64,
    pub(super) generation: u64,
    /// What its prices are in; `None` until its `centre` row says so.
    pub(super) currency: Option<Currency>,
}

impl Centre {
    pub(super) async fn of(office: &Backoffice, tenant: TenantId, id: &str) -> Result<Centre> {
        let row = config::centre(&office.store, tenant, id).await?;
        let row = row.ok_or_else(|| Error::not_found(format!("there is no centre {id}")))?;
        let body = books::body_of(&office.store, tenant, id, "centre", id).await?;
        let settings = body.and_then(|body| settings::read::<settings::Centre>(&body).ok());
        Ok(Centre {
            id: id.into(),
            edition: row.edition,
            generation: row.generation,
            currency: settings.as_ref().map(|settings| settings.currency),
            name: settings.map_or_else(|| id.to_string(), |settings| settings.name),
        })
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    assets: &'a Assets,
    shop: &'a str,
    person: &'a Person,
    seen: String,
    centres: Vec<CentreInfo>,
    nav: Nav,
    documents: Documents,
    edited: Option<Edited>,
    tills: Tills,
    add_till: AddTill,
    import_file: ImportFile,
    findings: Findings,
}

/// The pieces that belong to one centre.
struct Edited {
    centre: Centre,
    items: Items,
    draft: Draft,
}

/// The tabs, each with the number that matters in it.
#[derive(Template)]
#[template(path = "nav.html")]
struct Nav {
    sales: String,
    unsent: String,
    findings: String,
}

impl Nav {
    async fn of(office: &Backoffice, person: &Person) -> Result<Nav> {
        let day = documents::newest_day(office, person).await?;
        let sales = day.map_or(0, |(_, sums)| Documents::sales_of_the_day(&sums));
        let enrolments = listed(office, person.tenant).await?.into_iter().filter_map(|till| till.enrolment);
        let unsent = enrolments.map(|enrolment| enrolment.contact.unsent).sum();
        let findings = open_findings(&office.store, person.tenant).await?.values().sum();
        let shown = |number: u64| if number == 0 { String::new() } else { count(number) };
        Ok(Nav { sales: shown(sales), unsent: shown(unsent), findings: shown(findings) })
    }
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    centre: Option<String>,
}

/// `GET /`: the page, or signing in.
pub(super) async fn page(
    State(office): State<Arc<Backoffice>>,
    person: std::result::Result<Person, Refusal>,
    Query(chosen): Query<Chosen>,
) -> Shown {
    let person = match person {
        Ok(person) => person,
        Err(Refusal(Error::Refused { .. })) => return Ok(sign_in_page(&office)),
        Err(refusal) => return Err(refusal),
    };
    // Before anything is read: what changes meanwhile is told again.
    let seen = office.news.now(person.tenant).to_string();
    let centres = config::centres(&office.store, person.tenant).await?;
    let wanted = chosen.centre.as_deref();
    let chosen = centres.iter().find(|centre| Some(centre.centre.as_str()) == wanted).or(centres.first());
    let edited = match chosen {
        Some(chosen) => {
            let centre = Centre::of(&office, person.tenant, &chosen.centre).await?;
            let items = Items::of(&office, &person, &centre, &items::Wanted::default()).await?;
            let draft = Draft::of(&office, &person, &centre).await?;
            Some(Edited { centre, items, draft })
        }
        None => None,
    };
    let tenant = office.tenant(person.tenant).ok_or(Error::Unreadable("a tenant"))?;
    shown(&Page {
        assets: &ASSETS,
        shop: &tenant.name,
        person: &person,
        seen,
        nav: Nav::of(&office, &person).await?,
        documents: Documents::of(&office, &person, "").await?,
        edited,
        centres,
        tills: Tills::of(&office, &person).await?,
        add_till: AddTill::default(),
        import_file: ImportFile::default(),
        findings: Findings::of(&office, &person).await?,
    })
}

/// `GET /web/nav`.
pub(super) async fn nav(State(office): State<Arc<Backoffice>>, person: Person) -> Shown {
    shown(&Nav::of(&office, &person).await?)
}
