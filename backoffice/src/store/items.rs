//! Items as people look for them: by name, code, key or group, in the order of their names; and the codes
//! that rows have carried.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::{AssertSqlSafe, Row};

use super::{
    Bind, Store, TenantId, Tx,
    config::{Draft, DraftRow, key},
    insert_all, signed, unsigned,
};
use crate::{codes, error::Result};

/// Counts up when [`words`] comes to write something else.
const WORDS_VERSION: i64 = 1;
/// Bytes kept of an item's words: an index of PostgreSQL takes no long ones.
const WORDS_BYTES: usize = 600;
/// Words of a search that count.
const SEARCHED: usize = 6;

/// What a row of a kind that people search is found and sorted by; `None` for other kinds.
pub(super) fn words(kind: &str, id: &str, body: Option<&[u8]>) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
        #[serde(default)]
        codes: Vec<String>,
        #[serde(default)]
        group: Option<String>,
    }
    if kind != "item" {
        return None;
    }
    let Named { name, codes, group } = serde_json::from_slice(body?).ok()?;
    let mut words = folded(&name);
    for word in codes.iter().map(String::as_str).chain([id]).chain(group.as_deref()) {
        words.push('\n');
        words.push_str(&folded(word));
    }
    words.truncate(WORDS_BYTES);
    Some(words)
}

/// Lower case, ASCII, so that every database compares it alike.
fn folded(text: &str) -> String {
    deunicode::deunicode(text).to_ascii_lowercase().replace('\n', " ")
}

/// A search as patterns that each must fit: words in any order, anywhere.
fn patterns(find: &str) -> Vec<String> {
    let literally = |word: &str| word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    folded(find).split_whitespace().take(SEARCHED).map(|word| format!("%{}%", literally(word))).collect()
}

/// An item as it is drafted.
#[derive(Debug, Clone)]
pub(crate) struct ItemRow {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    /// Whether it has been drafted since the last publication.
    pub(crate) is_dirty: bool,
    /// As published, where it is dirty; `None` for a new one.
    pub(crate) published: Option<Vec<u8>>,
}

/// Items that a search finds, by name: how many in all, and those of one page.
pub(crate) async fn page(
    store: &Store,
    draft: Draft<'_>,
    find: &str,
    (offset, limit): (u64, u64),
) -> Result<(u64, Vec<ItemRow>)> {
    const OF: &str = "
        FROM config_row WHERE tenant = $1 AND centre = $2 AND kind = 'item' AND words IS NOT NULL";
    let patterns = patterns(find);
    let mut of = OF.to_string();
    for place in 3..patterns.len() + 3 {
        of.push_str(&format!(" AND words LIKE ${place} ESCAPE '\\'"));
    }
    let (limit_place, offset_place) = (patterns.len() + 3, patterns.len() + 4);
    let count = format!("SELECT COUNT(*) {of}");
    // The page is found in the index alone; only its own rows are read.
    let page = format!(
        "SELECT r.id, r.body, r.published, r.edition
           FROM (SELECT id, words {of} ORDER BY words, id LIMIT ${limit_place} OFFSET ${offset_place}) p
           JOIN config_row r ON r.tenant = $1 AND r.centre = $2 AND r.kind = 'item' AND r.id = p.id
          ORDER BY p.words, p.id"
    );
    let connection = &mut *store.read().await?;
    let mut counting = sqlx::query(AssertSqlSafe(count)).bind(draft.tenant).bind(draft.centre);
    let mut paging = sqlx::query(AssertSqlSafe(page)).bind(draft.tenant).bind(draft.centre);
    for pattern in &patterns {
        (counting, paging) = (counting.bind(pattern.as_str()), paging.bind(pattern.as_str()));
    }
    let count = unsigned(&counting.fetch_one(&mut *connection).await?, 0)?;
    let rows = paging.bind(signed(limit)).bind(signed(offset)).fetch_all(&mut *connection).await?;
    let items = rows.iter().map(|row| item(row, draft)).collect::<Result<_>>()?;
    Ok((count, items))
}

/// One item as it is drafted.
pub(crate) async fn one(store: &Store, draft: Draft<'_>, id: &str) -> Result<Option<ItemRow>> {
    const ONE: &str = "
        SELECT id, body, published, edition FROM config_row
         WHERE tenant = $1 AND centre = $2 AND kind = 'item' AND id = $3 AND body IS NOT NULL";
    let query = sqlx::query(ONE).bind(draft.tenant).bind(draft.centre).bind(id.as_bytes());
    let row = query.fetch_optional(&mut *store.read().await?).await?;
    row.map(|row| item(&row, draft)).transpose()
}

fn item(row: &sqlx::any::AnyRow, draft: Draft<'_>) -> Result<ItemRow> {
    let is_dirty = row.try_get::<i64, _>(3)? == draft.edition;
    Ok(ItemRow { id: key(row, 0)?, body: row.try_get(1)?, is_dirty, published: row.try_get(2)? })
}

/// Writes down which codes rows carry, so that another row with the same one is found.
pub(super) async fn see_codes(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    rows: &[DraftRow],
) -> Result<()> {
    const SEE: &str = "INSERT INTO code_seen (tenant, centre, code, kind, id)";
    const ONCE: &str = "ON CONFLICT (tenant, centre, code, kind, id) DO NOTHING";
    let carried = |row: &DraftRow| codes::carried(&row.kind, &row.id, row.body.as_deref()?);
    let seen: Vec<_> = rows.iter().filter_map(|row| Some((row, carried(row)?.codes))).collect();
    let binds: Vec<_> = seen
        .iter()
        .flat_map(|(row, codes)| codes.iter().map(move |code| (row, code)))
        .map(|(row, code)| {
            [
                Bind::Int(tenant),
                Bind::Text(centre),
                Bind::Text(code),
                Bind::Text(&row.kind),
                Bind::Bytes(row.id.as_bytes()),
            ]
        })
        .collect();
    insert_all(tx, SEE, ONCE, &binds).await?;
    Ok(())
}

/// Kind and key of the rows that have ever carried one of these codes.
pub(crate) async fn seen_with(
    store: &Store,
    draft: Draft<'_>,
    codes: &[&str],
) -> Result<Vec<(String, String)>> {
    const SEEN: &str = "
        SELECT DISTINCT kind, id FROM code_seen WHERE tenant = $1 AND centre = $2 AND code IN (";
    let connection = &mut *store.read().await?;
    let mut rows = Vec::new();
    for chunk in codes.chunks(LISTED) {
        let text = format!("{SEEN}{})", places(3));
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(draft.tenant).bind(draft.centre);
        for code in filled(chunk) {
            query = query.bind(*code);
        }
        for row in query.fetch_all(&mut *connection).await? {
            rows.push((row.try_get(0)?, key(&row, 1)?));
        }
    }
    rows.sort();
    rows.dedup();
    Ok(rows)
}

/// Codes after `after` that more than one row has ever carried, in order.
pub(crate) async fn seen_twice(
    store: &Store,
    draft: Draft<'_>,
    after: &str,
    limit: u64,
) -> Result<Vec<String>> {
    const TWICE: &str = "
        SELECT code FROM code_seen WHERE tenant = $1 AND centre = $2 AND code > $3
         GROUP BY code HAVING COUNT(*) > 1 ORDER BY code LIMIT $4";
    let query = sqlx::query(TWICE).bind(draft.tenant).bind(draft.centre).bind(after).bind(signed(limit));
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Values that one list of a statement holds: always as many, so that its text stays prepared.
pub(super) const LISTED: usize = 100;

/// The places of a list of [`LISTED`] values, from a number on.
pub(super) fn places(from: usize) -> String {
    (from..from + LISTED).map(|place| format!("${place}")).collect::<Vec<_>>().join(",")
}

/// At most [`LISTED`] values, the last one again until there are so many.
pub(super) fn filled<T>(values: &[T]) -> impl Iterator<Item = &T> {
    values.iter().chain(values.last().into_iter().cycle()).take(LISTED)
}

/// Writes the codes of rows that an older version has drafted.
pub(crate) async fn fill_codes(store: &Store) -> Result<()> {
    const FILLED: &str = "SELECT codes FROM server WHERE server = 1";
    const NEXT: &str = "
        SELECT tenant, centre, id, body FROM config_row
         WHERE kind = $4 AND body IS NOT NULL AND (tenant, centre, id) > ($1, $2, $3)
         ORDER BY tenant, centre, id LIMIT 2000";
    const DONE: &str = "UPDATE server SET codes = 1 WHERE server = 1";
    let filled: i64 = sqlx::query(FILLED).fetch_one(&mut *store.read().await?).await?.try_get(0)?;
    if filled > 0 {
        return Ok(());
    }
    for kind in ["item", "item_code"] {
        let mut after: (TenantId, String, Vec<u8>) = (0, String::new(), Vec::new());
        loop {
            let next = sqlx::query(NEXT).bind(after.0).bind(after.1.as_str()).bind(after.2.as_slice());
            let rows = next.bind(kind).fetch_all(&mut *store.read().await?).await?;
            let Some(last) = rows.last() else { break };
            after = (last.try_get(0)?, last.try_get(1)?, last.try_get(2)?);
            let mut of_centre: BTreeMap<(TenantId, String), Vec<DraftRow>> = BTreeMap::new();
            for row in &rows {
                let (id, body) = (key(row, 2)?, row.try_get(3)?);
                let centre = of_centre.entry((row.try_get(0)?, row.try_get(1)?)).or_default();
                centre.push(DraftRow { kind: kind.into(), id, body: Some(body) });
            }
            let of_centre = &of_centre;
            store
                .write(|tx| {
                    Box::pin(async move {
                        for ((tenant, centre), rows) in of_centre {
                            see_codes(tx, *tenant, centre, rows).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
    }
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(DONE).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// Writes the words of items that an older version has drafted.
pub(crate) async fn fill_words(store: &Store) -> Result<()> {
    const FILLED: &str = "SELECT words FROM server WHERE server = 1";
    const NEXT: &str = "
        SELECT tenant, centre, id, body FROM config_row
         WHERE kind = 'item' AND body IS NOT NULL AND (tenant, centre, id) > ($1, $2, $3)
         ORDER BY tenant, centre, id LIMIT 2000";
    const PUT: &str = "
        UPDATE config_row SET words = $1 WHERE tenant = $2 AND centre = $3 AND kind = 'item' AND id = $4";
    const DONE: &str = "UPDATE server SET words = $1 WHERE server = 1";
    let filled: i64 = sqlx::query(FILLED).fetch_one(&mut *store.read().await?).await?.try_get(0)?;
    if filled >= WORDS_VERSION {
        return Ok(());
    }
    let mut after: (TenantId, String, Vec<u8>) = (0, String::new(), Vec::new());
    loop {
        let next = sqlx::query(NEXT).bind(after.0).bind(after.1.as_str()).bind(after.2.as_slice());
        let rows = next.fetch_all(&mut *store.read().await?).await?;
        let Some(last) = rows.last() else { break };
        after = (last.try_get(0)?, last.try_get(1)?, last.try_get(2)?);
        let rows = &rows;
        store
            .write(|tx| {
                Box::pin(async move {
                    for row in rows {
                        let words = words("item", &key(row, 2)?, Some(row.try_get(3)?));
                        let put = sqlx::query(PUT).bind(words).bind(row.try_get::<i64, _>(0)?);
                        let put = put.bind(row.try_get::<&str, _>(1)?).bind(row.try_get::<&[u8], _>(2)?);
                        put.execute(&mut **tx).await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(DONE).bind(WORDS_VERSION).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::config::{self, DraftRow};

    #[tokio::test]
    async fn items_that_an_older_version_drafted_are_found_after_an_update() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let store = Store::open(&url).await.unwrap();
        crate::store::server(&store, &crate::Randomness::system()).await.unwrap();
        config::put_centre(&store, 1, "main", "Main", &[0; 32]).await.unwrap();
        let rows: Vec<_> = (0..4_100)
            .map(|number| DraftRow {
                kind: "item".into(),
                id: number.to_string(),
                body: Some(format!(r#"{{"name":"Tea {number}"}}"#).into_bytes()),
            })
            .collect();
        let rows = &rows[..];
        store
            .write(|tx| {
                Box::pin(async move {
                    config::draft(tx, 1, "main", rows).await?;
                    sqlx::query("UPDATE config_row SET words = NULL").execute(&mut **tx).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let draft = Draft { tenant: 1, centre: "main", edition: 1 };
        assert_eq!(page(&store, draft, "tea", (0, 50)).await.unwrap().0, 0);

        fill_words(&store).await.unwrap();

        let (count, found) = page(&store, draft, "tea 4099", (0, 50)).await.unwrap();
        assert_eq!((count, found[0].id.as_str()), (1, "4099"));
        assert_eq!(page(&store, draft, "", (4_099, 50)).await.unwrap().1.len(), 1);
    }

    #[test]
    fn an_item_is_found_by_any_of_its_words_without_case_or_accents() {
        let body = r#"{"name":"Čaj Černý","codes":["8590","ČJ_1"],"group":"Nápoje"}"#.as_bytes();
        assert_eq!(words("item", "tea", Some(body)).unwrap(), "caj cerny\n8590\ncj_1\ntea\nnapoje");
        assert_eq!(words("price", "tea", Some(body)), None);
        assert_eq!(words("item", "tea", None), None);
        assert_eq!(patterns("  Č% cj_1 "), ["%c\\%%", "%cj\\_1%"]);
        assert!(
            words("item", "x", Some(format!(r#"{{"name":"{}"}}"#, "ž".repeat(5_000)).as_bytes())).is_some()
        );
    }
}
