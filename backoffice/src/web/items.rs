//! The grid of items, and the price that is edited in it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde::Deserialize;
use serde_json::json;
use tillkit_domain::{AmountError, Currency, UnitPrice};
use tillkit_protocol::{Hash, settings};

use super::{
    Headers, Person, Refusal, Shown, in_words, names::Names, page::Centre, show, show::counted, show::price,
    shown,
};
use crate::{
    Backoffice, drafts,
    error::{Error, Result},
    store::{
        config::Draft,
        items::{self, ItemRow},
    },
};

/// Items a page shows.
const PAGE: u64 = 50;

/// A row of the grid.
#[derive(Template)]
#[template(path = "item.html")]
pub(super) struct Item {
    centre: String,
    /// Tells rows apart in the page, whatever characters the key has.
    place: String,
    /// What goes with the price, as JSON.
    key: String,
    code: String,
    more_codes: usize,
    pub(super) name: String,
    group: String,
    unit: String,
    vat: String,
    is_active: bool,
    is_new: bool,
    /// As published, where the draft differs.
    pub(super) published_price: Option<String>,
    /// What stands in the cell: the price, or what was typed and refused.
    pub(super) price: String,
    refused: Option<String>,
}

impl Item {
    pub(super) async fn of(names: &mut Names<'_>, centre: &Centre, row: ItemRow) -> Result<Item> {
        let currency = centre.currency;
        let read = |body: &[u8]| {
            settings::read::<settings::Item>(body).map_err(|_| Error::Unreadable("a drafted item"))
        };
        let item = read(&row.body)?;
        let published = row.published.as_deref().filter(|_| row.is_dirty).map(read).transpose()?;
        let was = published.filter(|published| published.price != item.price);
        let group = match &item.group {
            Some(group) => names.name(&centre.id, "group", group).await?,
            None => String::new(),
        };
        Ok(Item {
            centre: centre.id.clone(),
            place: Hash::of(row.id.as_bytes()).to_string()[..16].to_string(),
            key: json!({"id": row.id}).to_string(),
            code: item.codes.first().cloned().unwrap_or_default(),
            more_codes: item.codes.len().saturating_sub(1),
            name: item.name,
            group,
            unit: names.name(&centre.id, "unit", &item.unit).await?,
            vat: names.name(&centre.id, "vat_rate", &item.vat).await?,
            is_active: item.active,
            is_new: row.is_dirty && row.published.is_none(),
            published_price: was.map(|was| price(was.price, currency)),
            price: price(item.price, currency),
            refused: None,
        })
    }
}

/// A page of the grid.
#[derive(Template)]
#[template(path = "items.html")]
pub(super) struct Items {
    centre: String,
    currency: String,
    rows: Vec<Item>,
    is_searched: bool,
    page: u64,
    shows: String,
    previous: Option<u64>,
    next: Option<u64>,
}

impl Items {
    pub(super) async fn of(
        office: &Backoffice,
        person: &Person,
        centre: &Centre,
        wanted: &Wanted,
    ) -> Result<Items> {
        let draft = Draft { tenant: person.tenant, centre: &centre.id, edition: centre.edition };
        let page = wanted.page.unwrap_or(0).min(i64::MAX.unsigned_abs() / PAGE - 1);
        let (count, found) = items::page(&office.store, draft, &wanted.find, (page * PAGE, PAGE)).await?;
        let mut names = Names::of(office, person.tenant);
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            rows.push(Item::of(&mut names, centre, row).await?);
        }
        let (first, last) = (page * PAGE + 1, page * PAGE + rows.len() as u64);
        let shows = match (rows.len(), counted(count, "item", "items")) {
            (0, count) => count,
            (_, count) => format!("{}–{} of {count}", show::count(first), show::count(last)),
        };
        Ok(Items {
            centre: centre.id.clone(),
            currency: centre.currency.map(|currency| currency.to_string()).unwrap_or_default(),
            is_searched: !wanted.find.trim().is_empty(),
            page,
            shows,
            previous: page.checked_sub(1),
            next: (last < count).then_some(page + 1),
            rows,
        })
    }
}

/// Which part of the items.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    find: String,
    page: Option<u64>,
}

/// `GET /web/centres/{centre}/items?find=&page=`.
pub(super) async fn list(
    State(office): State<Arc<Backoffice>>,
    Path(centre): Path<String>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Shown {
    let centre = Centre::of(&office, person.tenant, &centre).await?;
    shown(&Items::of(&office, &person, &centre, &wanted).await?)
}

#[derive(Deserialize)]
pub(super) struct PriceForm {
    id: String,
    price: String,
}

/// `POST /web/centres/{centre}/items/price`: answers the row as it is now drafted, or with what was
/// typed and why that is no price.
pub(super) async fn put_price(
    State(office): State<Arc<Backoffice>>,
    Path(centre): Path<String>,
    person: Person,
    Headers(headers): Headers,
    Form(form): Form<PriceForm>,
) -> Shown {
    let centre = Centre::of(&office, person.tenant, &centre).await?;
    let written = match read_price(&form.price, language(&headers), centre.currency) {
        Ok(price) => {
            let (tenant, place) = (person.tenant, ("item", form.id.as_str()));
            let member = ("price", json!(price));
            match drafts::put_member(&office, tenant, &centre.id, place, member).await {
                Ok(_) => Ok(()),
                Err(error @ Error::Refused { .. }) => Err(in_words(&error).1),
                Err(error) => return Err(error.into()),
            }
        }
        Err(why) => Err(why),
    };
    let draft = Draft { tenant: person.tenant, centre: &centre.id, edition: centre.edition };
    let row = items::one(&office.store, draft, &form.id).await?;
    let row = row.ok_or_else(|| Refusal(Error::not_found("the item is no longer there")))?;
    let mut item = Item::of(&mut Names::of(&office, person.tenant), &centre, row).await?;
    let Err(why) = written else {
        let mut answer = show(StatusCode::OK, &item);
        // Whoever shows the draft need not wait for the event.
        answer.headers_mut().insert("hx-trigger", HeaderValue::from_static("draft"));
        return Ok(answer);
    };
    (item.price, item.refused) = (form.price, Some(why));
    Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &item))
}

/// The language that a browser asks for first; without one, prices are read as in English.
fn language(headers: &HeaderMap) -> &str {
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    languages.unwrap_or_default().split([',', ';']).next().unwrap_or_default().trim()
}

/// Reads what somebody typed in their own way: `1.50`, `1,50`, ` 1 250.00 `, a currency beside it or not.
fn read_price(
    typed: &str,
    locale: &str,
    currency: Option<Currency>,
) -> std::result::Result<UnitPrice, String> {
    let code = currency.map(Currency::code).unwrap_or_default();
    let number = typed.trim().strip_suffix(code).unwrap_or(typed);
    if number.trim().is_empty() {
        return Err("Type a price, for example 1.50.".into());
    }
    let no_price =
        |why: &str| format!("“{}” is not a price{why}. Type a number, for example 1.50.", shortened(typed));
    let price = UnitPrice::read(number, locale).map_err(|error| match error {
        AmountError::TwoReadings { text, grouped, decimal } => format!(
            "{text} can be {} or {}. Type {} or {}.",
            grouped.shown, decimal.shown, grouped.typed, decimal.typed
        ),
        AmountError::NotANumber { .. } => no_price(""),
        AmountError::WrongGroups { .. } => no_price(": it is not in groups of three digits"),
        _ => "A price has at most 6 decimals and 9 digits before the point.".into(),
    })?;
    if price.is_negative() {
        return Err("A price cannot be below zero here. Returns take money back.".into());
    }
    Ok(price)
}

fn shortened(typed: &str) -> String {
    let start: String = typed.trim().chars().take(20).collect();
    if typed.trim().chars().count() > 20 { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_as_people_type_it() {
        for (typed, locale, price) in [
            ("1.50", "en", "1.5"),
            (" 1,50 ", "cs", "1.5"),
            (" 1,50 ", "en", "1.5"),
            ("1 250", "en", "1250"),
            ("1\u{202f}250.00 GBP", "en", "1250"),
            ("1,250.00GBP", "en-GB", "1250"),
            ("1.250,00", "de-DE", "1250"),
            ("1,250", "cs", "1.25"),
            ("0", "", "0"),
            (".5", "en", "0.5"),
            ("0.123456", "en", "0.123456"),
        ] {
            assert_eq!(
                read_price(typed, locale, Some(Currency::GBP)).map(|price| price.to_string()),
                Ok(price.into()),
                "{typed}"
            );
        }
        for typed in [
            "",
            "  ",
            "x",
            "1.2.3",
            "1,2,3",
            "1e5",
            "--1",
            "-1",
            "+1",
            ".",
            "0.1234567",
            "99999999999",
            "1 EUR",
            "GBP",
            "٣",
        ] {
            assert!(read_price(typed, "en", Some(Currency::GBP)).is_err(), "{typed}");
        }
        let refused = |typed, locale| read_price(typed, locale, Some(Currency::GBP)).unwrap_err();
        assert_eq!(refused("1,250", "en-GB"), "1,250 can be 1250 or 1.25. Type 1250 or 1.25.");
        assert_eq!(refused("1.250", "de"), "1.250 can be 1250 or 1,25. Type 1250 or 1,25.");
    }

    #[test]
    fn a_price_is_read_in_the_language_that_the_browser_asks_for_first() {
        let of = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value))]);
            language(&headers).to_string()
        };
        assert_eq!(
            (of("cs-CZ,cs;q=0.9,en;q=0.8"), of("de;q=0.9"), of("*")),
            ("cs-CZ".into(), "de".into(), "*".into())
        );
        assert_eq!(language(&HeaderMap::new()), "");
    }
}
