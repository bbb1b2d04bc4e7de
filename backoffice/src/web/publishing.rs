//! What the draft changes, and publishing it.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode},
};
use serde::Deserialize;

use super::{
    Person, Shown, in_words, items::Item, names::Names, page::Centre, show, show::counted, shown,
    tills::listed,
};
use crate::{
    Backoffice, codes,
    error::{Error, Result},
    publish::{self, Change},
    store::{config, items},
};

/// Rows that a person is shown by name before publishing; the rest are counted.
const NAMED: usize = 12;

/// The bar that is there while the draft differs from what is published.
#[derive(Template)]
#[template(path = "draft.html")]
pub(super) struct Draft {
    centre: String,
    changes: Option<String>,
}

impl Draft {
    pub(super) async fn of(office: &Backoffice, person: &Person, centre: &Centre) -> Result<Draft> {
        let (changes, rows) = changes(office, person, centre).await?;
        let changes = (rows > 0).then(|| {
            let parts: Vec<_> =
                changes.iter().map(|(section, rows)| format!("{rows} in {section}")).collect();
            format!("{} not published: {}", counted(rows, "change", "changes"), parts.join(", "))
        });
        Ok(Draft { centre: centre.id.clone(), changes })
    }
}

/// Rows that differ by section, and in all.
async fn changes(
    office: &Backoffice,
    person: &Person,
    centre: &Centre,
) -> Result<(Vec<(String, String)>, u64)> {
    let counts = publish::counts(office, person.tenant, &centre.id).await?;
    let rows = counts.values().sum();
    let by_section = counts.iter().map(|(section, rows)| (in_plain(section.name()), show::count(*rows)));
    Ok((by_section.collect(), rows))
}

fn in_plain(name: &str) -> String {
    name.replace('_', " ")
}

/// `GET /web/centres/{centre}/draft`.
pub(super) async fn bar(
    State(office): State<Arc<Backoffice>>,
    Path(centre): Path<String>,
    person: Person,
) -> Shown {
    let centre = Centre::of(&office, person.tenant, &centre).await?;
    shown(&Draft::of(&office, &person, &centre).await?)
}

#[derive(Template)]
#[template(path = "publish.html")]
struct Asked<'a> {
    centre: &'a Centre,
    rows: u64,
    changes: Vec<(String, String)>,
    named: Vec<String>,
    more: u64,
    next: u64,
    tills: String,
    /// Codes that two items carry, to be confirmed.
    shared: Vec<String>,
    why: Option<String>,
}

impl Asked<'_> {
    async fn of<'a>(
        office: &Backoffice,
        person: &Person,
        centre: &'a Centre,
        why: Option<String>,
    ) -> Result<Asked<'a>> {
        let (changes, rows) = changes(office, person, centre).await?;
        let mut named = Vec::new();
        for change in publish::diff(office, person.tenant, &centre.id, NAMED).await? {
            named.push(in_words_of(office, person, centre, change).await?);
        }
        let more = rows.saturating_sub(named.len() as u64);
        let tills = tills_of(office, person, centre).await?;
        let mut shared = Vec::new();
        let names = Names::of(office, person.tenant);
        for (code, items) in publish::shared_codes(office, person.tenant, &centre.id).await? {
            let mut carriers = Vec::with_capacity(items.len());
            for item in &items {
                carriers.push(names.drafted(&centre.id, "item", item).await?);
            }
            shared.push(format!("{}: {}", codes::printed(&code), carriers.join(", ")));
        }
        Ok(Asked { centre, rows, changes, named, more, next: centre.generation + 1, tills, shared, why })
    }
}

/// A row that would change: an item by its name, with both prices where that is what changes.
async fn in_words_of(
    office: &Backoffice,
    person: &Person,
    centre: &Centre,
    change: Change,
) -> Result<String> {
    let Change { kind, id, what } = change;
    let draft = config::Draft { tenant: person.tenant, centre: &centre.id, edition: centre.edition };
    let row = if kind == "item" { items::one(&office.store, draft, &id).await? } else { None };
    let Some(row) = row else { return Ok(format!("{} {id} {what}", in_plain(&kind))) };
    let item = Item::of(&mut Names::of(office, person.tenant), centre, row).await?;
    Ok(match item.published_price {
        Some(was) => format!("{}: {was} → {}", item.name, item.price),
        None => format!("{} {what}", item.name),
    })
}

async fn tills_of(office: &Backoffice, person: &Person, centre: &Centre) -> Result<String> {
    let enrolments = listed(office, person.tenant).await?.into_iter().filter_map(|till| till.enrolment);
    let of_centre = enrolments
        .filter(|enrolment| !enrolment.is_revoked && enrolment.centre.as_deref() == Some(centre.id.as_str()));
    Ok(counted(of_centre.count() as u64, "till", "tills"))
}

/// `GET /web/centres/{centre}/publish`: what would be published, to be confirmed.
pub(super) async fn ask(
    State(office): State<Arc<Backoffice>>,
    Path(centre): Path<String>,
    person: Person,
) -> Shown {
    let centre = Centre::of(&office, person.tenant, &centre).await?;
    shown(&Asked::of(&office, &person, &centre, None).await?)
}

#[derive(Template)]
#[template(path = "published.html")]
struct Done {
    generation: u64,
    is_new: bool,
    changed: String,
    tills: String,
}

/// What the person has confirmed.
#[derive(Deserialize)]
pub(super) struct Confirmed {
    #[serde(default)]
    shared_codes: String,
}

/// `POST /web/centres/{centre}/publish?shared_codes=`.
pub(super) async fn publish(
    State(office): State<Arc<Backoffice>>,
    Path(centre): Path<String>,
    Query(confirmed): Query<Confirmed>,
    person: Person,
) -> Shown {
    let centre = Centre::of(&office, person.tenant, &centre).await?;
    let may_share_codes = confirmed.shared_codes == "yes";
    let published = match publish::publish(&office, person.tenant, &centre.id, may_share_codes).await {
        Ok(published) => published,
        Err(error @ Error::Refused { .. }) => {
            let (status, why) = in_words(&error);
            return Ok(show(status, &Asked::of(&office, &person, &centre, Some(why)).await?));
        }
        Err(error) => return Err(error.into()),
    };
    let tills = tills_of(&office, &person, &centre).await?;
    let changed = counted(published.changed.values().sum(), "change", "changes");
    let done = Done { generation: published.generation, is_new: published.is_new, changed, tills };
    let mut answer = show(StatusCode::OK, &done);
    answer.headers_mut().insert("hx-trigger", HeaderValue::from_static("generation"));
    Ok(answer)
}
