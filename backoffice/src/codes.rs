//! Codes that several items carry: a scanner reads one of them, and a till cannot know which item is meant.
//!
//! `code_seen` names the rows that have ever carried a code. It is never cleaned: the rows themselves say
//! whether they still do, and whether their item may be sold.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tillkit_domain::{codes, text};
use tillkit_protocol::settings;

use crate::{
    error::Result,
    store::{
        Store,
        config::{self, Draft},
        items,
    },
};

/// Characters of a code that are kept to find it by.
const CODE_CHARS: usize = text::NAME_CHARS;
/// Codes looked up in one go.
const AT_ONCE: usize = 500;
/// From so many drafted rows on, every code of the centre is looked at in place of theirs.
const MANY_ROWS: u64 = 20_000;
/// Shared codes that are named; there may be more.
pub(crate) const NAMED: usize = 20;

/// The one spelling of a code, whatever was printed or scanned.
pub(crate) fn same_code(code: &str) -> String {
    codes::canonical(&text::fitted(code.trim(), CODE_CHARS))
}

/// The codes of an item, as one row states them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    /// Key of the item.
    pub(crate) item: String,
    /// In their one spelling, sorted.
    pub(crate) codes: BTreeSet<String>,
    /// Whether the row itself lets the item be sold; an `item_code` row does not say.
    pub(crate) is_active: bool,
}

/// The codes of a row of kind `item` or `item_code`; `None` for other kinds and unreadable bodies.
pub(crate) fn carried(kind: &str, id: &str, body: &[u8]) -> Option<Carried> {
    #[derive(Deserialize)]
    struct Item {
        #[serde(default)]
        codes: Vec<String>,
        #[serde(default = "yes")]
        active: bool,
    }
    fn yes() -> bool {
        true
    }
    match kind {
        "item" => {
            let Item { codes, active } = serde_json::from_slice(body).ok()?;
            let codes = codes.iter().map(|code| same_code(code)).collect();
            Some(Carried { item: id.into(), codes, is_active: active })
        }
        "item_code" => {
            let settings::ItemCode { item, code } = serde_json::from_slice(body).ok()?;
            Some(Carried { item, codes: BTreeSet::from([same_code(&code)]), is_active: true })
        }
        _ => None,
    }
}

/// A code and the keys of the items that carry it.
pub(crate) type Shared = BTreeMap<String, BTreeSet<String>>;

/// The active items that carry these codes, by the rows as they are drafted. Rows that `is_other` says no
/// to are left out.
pub(crate) async fn holders(
    store: &Store,
    draft: Draft<'_>,
    codes: &[&str],
    is_other: impl Fn(&str, &str) -> bool,
) -> Result<Shared> {
    let mut shared = Shared::new();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (kind, id) in items::seen_with(store, draft, codes).await? {
        if is_other(&kind, &id) {
            places.entry(if kind == "item" { "item" } else { "item_code" }).or_default().push(id);
        }
    }
    let mut rows = Vec::new();
    for (kind, ids) in &places {
        for (id, body) in config::bodies(store, draft, kind, ids).await? {
            rows.extend(carried(kind, &id, &body).map(|carried| (*kind, carried)));
        }
    }
    // Whether the item of an `item_code` row may be sold stands in the item's own row.
    let named: BTreeSet<String> =
        rows.iter().filter(|(kind, _)| *kind == "item_code").map(|(_, row)| row.item.clone()).collect();
    let named: Vec<String> = named.into_iter().collect();
    let named = config::bodies(store, draft, "item", &named).await?;
    let is_sold = |item: &str| {
        let row = named.get(item).and_then(|body| carried("item", item, body));
        row.is_some_and(|row| row.is_active)
    };
    for (kind, Carried { item, codes: has, is_active }) in rows {
        if !is_active || (kind == "item_code" && !is_sold(&item)) {
            continue;
        }
        for code in codes.iter().filter(|code| has.contains(**code)) {
            shared.entry((*code).to_string()).or_default().insert(item.clone());
        }
    }
    Ok(shared)
}

/// Codes that two active items carry and that a row drafted since the last publication has to do with; at
/// most [`NAMED`].
pub(crate) async fn shared(store: &Store, draft: Draft<'_>) -> Result<Shared> {
    let mut shared = Shared::new();
    let kinds: Vec<(String, u64)> = config::dirty_kinds(store, draft).await?;
    let dirty = kinds.iter().filter(|(kind, _)| kind == "item" || kind == "item_code");
    if dirty.clone().map(|(_, rows)| rows).sum::<u64>() >= MANY_ROWS {
        let mut after = String::new();
        loop {
            let page = items::seen_twice(store, draft, &after, AT_ONCE as u64).await?;
            let Some(last) = page.last() else { return Ok(shared) };
            after.clone_from(last);
            take(store, draft, &page, &mut shared).await?;
            if shared.len() >= NAMED {
                return Ok(shared);
            }
        }
    }
    let mut codes = BTreeSet::new();
    for (kind, rows) in dirty {
        for row in config::dirty_rows(store, draft, kind, *rows).await? {
            let carried = row.body.as_deref().and_then(|body| carried(kind, &row.id, body));
            let Some(carried) = carried else { continue };
            codes.extend(carried.codes);
        }
    }
    let codes: Vec<String> = codes.into_iter().collect();
    for page in codes.chunks(AT_ONCE) {
        take(store, draft, page, &mut shared).await?;
        if shared.len() >= NAMED {
            break;
        }
    }
    Ok(shared)
}

async fn take(store: &Store, draft: Draft<'_>, codes: &[String], shared: &mut Shared) -> Result<()> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let holders = holders(store, draft, &codes, |_, _| true).await?;
    shared.extend(holders.into_iter().filter(|(_, items)| items.len() > 1));
    Ok(())
}

/// Shared codes as a sentence names them.
pub(crate) fn in_words(shared: &Shared) -> String {
    let of = |(code, items): (&String, &BTreeSet<String>)| {
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        format!("{} on {}", printed(code), items.join(" and "))
    };
    shared.iter().take(NAMED).map(of).collect::<Vec<_>>().join(", ")
}

/// A code as people know it: a GTIN without the zeros that fill it up.
pub(crate) fn printed(code: &str) -> &str {
    let filled_up = code.strip_prefix('0').filter(|rest| rest.len() == 13 && codes::canonical(rest) == code);
    if filled_up.is_some() {
        let short = code.trim_start_matches('0');
        let length = [8, 12, 13, 14].into_iter().find(|length| *length >= short.len()).unwrap_or(14);
        &code[14 - length..]
    } else {
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_a_gtin_are_one_code_and_other_codes_are_their_own() {
        for (one, other) in [
            ("036000291452", "0036000291452"),
            ("5901234123457", "05901234123457"),
            ("96385074", "00000096385074"),
        ] {
            assert_eq!(same_code(one), same_code(other));
        }
        // A wrong check digit, or a length that no GTIN has: the zeros are part of the code.
        for (one, other) in [("036000291453", "0036000291453"), ("0123", "123"), ("A1", "a1")] {
            assert_ne!(same_code(one), same_code(other));
        }
        assert_eq!(printed(&same_code("5901234123457")), "5901234123457");
        assert_eq!(printed(&same_code("036000291452")), "036000291452");
        assert_eq!(printed("TEA"), "TEA");
    }
}
