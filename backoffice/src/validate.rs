//! Is a row what its kind calls for? Pure; used before anything is drafted.
//!
//! A kind this version has no type for is held to the form alone: its members survive untouched.

use serde::Deserialize;
use tillkit_protocol::{
    Section, canonical,
    limits::{KEY_BYTES, ROW_BYTES},
    rows::{Row, write_row},
    settings,
};

use crate::{images, store::config::DraftRow};

/// The canonical row for what was given, or what is wrong with it, naming row and member.
pub(crate) fn row(centre: &str, kind: &str, id: &str, body: Option<&[u8]>) -> Result<DraftRow, String> {
    check(centre, kind, id, body).map_err(|why| format!("{kind}/{id}: {why}"))
}

fn check(centre: &str, kind: &str, id: &str, body: Option<&[u8]>) -> Result<DraftRow, String> {
    if !Section::of_kind(kind).is_some_and(Section::is_down) {
        return Err("no section that comes down has this kind".into());
    }
    if id.is_empty() || id.len() > KEY_BYTES {
        return Err(format!("its key has {} bytes, 1 to {KEY_BYTES} are allowed", id.len()));
    }
    let Some(body) = body else {
        return Ok(DraftRow { kind: kind.into(), id: id.into(), body: None });
    };
    let body = if canonical::check(body).is_ok() {
        body.to_vec()
    } else {
        let value: serde_json::Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        canonical::to_line(&value).map_err(|error| error.to_string())?
    };
    if !body.starts_with(b"{") {
        return Err("its body is no object".into());
    }
    typed(centre, kind, id, &body)?;
    let mut line = Vec::with_capacity(body.len() + id.len() + 40);
    write_row(&mut line, &Row { kind: kind.into(), key: id.into(), body: Some(&body) });
    let length = line.len() - 1;
    if length > ROW_BYTES {
        return Err(format!("it has {length} bytes, {ROW_BYTES} are allowed"));
    }
    Ok(DraftRow { kind: kind.into(), id: id.into(), body: Some(body) })
}

fn typed(centre: &str, kind: &str, id: &str, body: &[u8]) -> Result<(), String> {
    match kind {
        "unit" => read::<settings::Unit>(body).map(drop),
        "vat_rate" => read::<settings::VatRate>(body).map(drop),
        "tender" => read::<settings::Tender>(body).map(drop),
        "currency" => read::<settings::CurrencySetting>(body).map(drop),
        "item" => read::<settings::Item>(body).map(drop),
        "price" => {
            let price: settings::Price = read(body)?;
            let ends_early = price.until_ms.is_some_and(|until_ms| until_ms <= price.from_ms);
            if ends_early { Err("member until_ms: it is not after from_ms".into()) } else { Ok(()) }
        }
        "promotion" => promotion(&read(body)?),
        "promotion_item" => match read::<settings::PromotionItem>(body)?.key() {
            Some(key) if key == id => Ok(()),
            Some(key) => Err(format!("the key of this row must be {key}")),
            None => Err("it covers an item or a group, one of the two".into()),
        },
        "item_code" => read::<settings::ItemCode>(body).map(drop),
        "group" => read::<settings::Group>(body).map(drop),
        "exchange_rate" => {
            let rate: settings::ExchangeRate = read(body)?;
            if is_day(&rate.from_day) {
                Ok(())
            } else {
                Err("member from_day: it is not a day like 2010-12-01".into())
            }
        }
        "customer" => read::<settings::Customer>(body).map(drop),
        "audit_plan" => read::<settings::AuditPlan>(body).map(drop),
        "stock_level" => {
            let settings::StockLevel { item, warehouse, .. } = read(body)?;
            let key = settings::StockLevel::key(&warehouse, &item);
            if id == key { Ok(()) } else { Err(format!("the key of this row must be {key}")) }
        }
        // Which documents the levels contain is known to nobody else.
        "stock_counted" => Err("only the back office writes rows of this kind".into()),
        "image" => {
            let image: settings::Image = read(body)?;
            let is_known = images::MEDIA_TYPES.contains(&image.media_type.as_str());
            if is_known { Ok(()) } else { Err("member media_type: no JPEG, PNG or WebP".into()) }
        }
        "user" => {
            let user: settings::User = read(body)?;
            let is_phc = user.pin.starts_with("$argon2id$");
            if is_phc { Ok(()) } else { Err("member pin: it is not an argon2id PHC string".into()) }
        }
        "role" => read::<settings::Role>(body).map(drop),
        "numerator" => {
            let numerator: settings::Numerator = read(body)?;
            let parsed = tillkit_domain::Numerator::parse(&numerator.pattern);
            parsed.map(drop).map_err(|error| format!("member pattern: {error}"))
        }
        "centre" => {
            read::<settings::Centre>(body)?;
            if id == centre { Ok(()) } else { Err(format!("the key of this row must be {centre}")) }
        }
        "receipt_layout" => read::<settings::ReceiptLayout>(body).map(drop),
        "policy" => read::<settings::Policy>(body).map(drop),
        _ => settings::check(kind, body),
    }
}

fn promotion(promotion: &settings::Promotion) -> Result<(), String> {
    let settings::Promotion { gives, from_ms, until_ms, from_time, until_time, weekdays, .. } = promotion;
    if !gives.is_possible() {
        return Err("member gives: it gives nothing".into());
    }
    if until_ms.is_some_and(|until_ms| until_ms <= *from_ms) {
        return Err("member until_ms: it is not after from_ms".into());
    }
    if from_time.zip(*until_time).is_some_and(|(from, until)| until <= from) {
        return Err("member until_time: it is not after from_time".into());
    }
    if weekdays.iter().any(|day| !(1..=7).contains(day)) {
        return Err("member weekdays: 1 is Monday, 7 is Sunday".into());
    }
    Ok(())
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    settings::read(body).map_err(|error| match member_at(body, error.column()) {
        Some(member) if !error.to_string().starts_with("missing field") => {
            format!("member {member}: {}", without_place(&error))
        }
        _ => without_place(&error),
    })
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_string()
}

/// The member of a canonical object whose value stands at, or ends right before, a column.
fn member_at(body: &[u8], column: usize) -> Option<String> {
    let value: std::collections::BTreeMap<&str, &serde_json::value::RawValue> =
        serde_json::from_slice(body).ok()?;
    let start_of =
        |raw: &serde_json::value::RawValue| (raw.get().as_ptr() as usize).checked_sub(body.as_ptr() as usize);
    let (member, _) = value
        .iter()
        .filter_map(|(member, raw)| Some((*member, start_of(raw)?)))
        .filter(|(_, start)| *start < column.max(1))
        .max_by_key(|(_, start)| *start)?;
    Some(member.to_string())
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let dashes = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    dashes
        && number(0, 4).is_some()
        && number(5, 7).is_some_and(|month| (1..=12).contains(&month))
        && number(8, 10).is_some_and(|day| (1..=31).contains(&day))
}
