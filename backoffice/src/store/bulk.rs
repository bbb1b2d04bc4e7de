//! Many rows a statement: what makes a round trip worth its price.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use sqlx::{
    Any, AnyConnection, AssertSqlSafe,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use crate::error::Result;

/// A value of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bind<'a> {
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(&'a str),
    /// BYTEA.
    Bytes(&'a [u8]),
    /// BYTEA that may be NULL.
    Maybe(Option<&'a [u8]>),
    /// TEXT that may be NULL.
    MaybeText(Option<&'a str>),
}

/// Rows a statement, largest first: few different texts, so that each stays prepared.
const CHUNKS: [usize; 8] = [128, 64, 32, 16, 8, 4, 2, 1];

/// How many of so many rows go into the next statement.
fn chunk(rows: usize) -> usize {
    CHUNKS.into_iter().find(|size| *size <= rows).unwrap_or(1)
}

/// Runs `{head} VALUES (…),(…) {tail}` for all rows of `N` columns; returns how many rows it changed.
pub(crate) async fn insert_all<const N: usize>(
    connection: &mut AnyConnection,
    head: &'static str,
    tail: &'static str,
    rows: &[[Bind<'_>; N]],
) -> Result<u64> {
    let mut changed = 0;
    let mut rest = rows;
    while !rest.is_empty() {
        let (some, after) = rest.split_at(chunk(rest.len()));
        changed += statement(head, tail, some).execute(&mut *connection).await?.rows_affected();
        rest = after;
    }
    Ok(changed)
}

/// The same with a tail that returns rows.
pub(crate) async fn insert_returning<const N: usize>(
    connection: &mut AnyConnection,
    head: &'static str,
    tail: &'static str,
    rows: &[[Bind<'_>; N]],
) -> Result<Vec<AnyRow>> {
    let mut returned = Vec::with_capacity(rows.len());
    let mut rest = rows;
    while !rest.is_empty() {
        let (some, after) = rest.split_at(chunk(rest.len()));
        returned.extend(statement(head, tail, some).fetch_all(&mut *connection).await?);
        rest = after;
    }
    Ok(returned)
}

fn statement<'q, const N: usize>(
    head: &'static str,
    tail: &'static str,
    rows: &[[Bind<'q>; N]],
) -> Query<'q, Any, AnyArguments> {
    let query = sqlx::query(AssertSqlSafe(text(head, tail, N, rows.len())));
    rows.iter().flatten().fold(query, |query, value| bind(query, *value))
}

fn bind<'q>(query: Query<'q, Any, AnyArguments>, value: Bind<'_>) -> Query<'q, Any, AnyArguments> {
    match value {
        Bind::Int(value) => query.bind(value),
        Bind::Text(value) => query.bind(value),
        Bind::Bytes(value) => query.bind(value),
        Bind::Maybe(value) => query.bind(value),
        Bind::MaybeText(value) => query.bind(value),
    }
}

type Key = (&'static str, &'static str, usize);
static TEXTS: LazyLock<RwLock<HashMap<Key, Arc<str>>>> = LazyLock::new(RwLock::default);

/// The statement's text; head and tail are constants of this crate, never anybody's input.
fn text(head: &'static str, tail: &'static str, columns: usize, rows: usize) -> Arc<str> {
    let known = TEXTS.read().unwrap_or_else(PoisonError::into_inner).get(&(head, tail, rows)).cloned();
    known.unwrap_or_else(|| {
        let row = |row: usize| {
            let places: Vec<String> =
                (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
            format!("({})", places.join(","))
        };
        let values: Vec<String> = (0..rows).map(row).collect();
        let text: Arc<str> = format!("{head} VALUES {} {tail}", values.join(",")).into();
        let mut texts = TEXTS.write().unwrap_or_else(PoisonError::into_inner);
        texts.insert((head, tail, rows), text.clone());
        text
    })
}
