//! How configuration travels: rows, one canonical line each, in compressed blobs.
//!
//! A snapshot row is `{"d":{…},"id":key,"k":kind}`, a row that went is `{"id":key,"k":kind,"x":1}`.
//! Rows are sorted by kind and key, no row twice. Blobs are cut where a key's own hash says so, not
//! after so many rows, so that a change moves no border but its own and a new snapshot reuses most
//! blobs of the last (content-defined chunking, as in LBFS, Muthitacharoen et al. 2001).

use std::{
    borrow::Cow,
    io::{self, Read},
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Hash,
    limits::{BLOB_EXPANDED_BYTES, BLOB_STORED_BYTES, JSON_DEPTH, KEY_BYTES, ROW_BYTES},
    manifest::Blob,
};

/// A row of configuration: what it is, its key, and its body as published; no body means it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The object inside the section.
    pub kind: Cow<'a, str>,
    /// Unique within the kind.
    pub key: Cow<'a, str>,
    /// A canonical JSON object, or `None` for a row that went.
    pub body: Option<&'a [u8]>,
}

/// Why a blob is not used. Nothing of it has been used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadBlob {
    /// Its bytes are not those its name stands for.
    #[error("the blob's bytes are {found}, not {named}")]
    Altered {
        /// What was asked for.
        named: Hash,
        /// What came.
        found: Hash,
    },
    /// It ends too early, or is no zstd at all.
    #[error("the blob does not expand: {0}")]
    NotZstd(#[source] io::Error),
    /// It is, or expands to, more than is allowed: a bomb.
    #[error("the blob has more than {limit} bytes")]
    TooLarge {
        /// The limit it passed.
        limit: usize,
    },
    /// A row that may not stand where it does, or whose body is not what its kind calls for.
    #[error("{kind} {key}: {why}")]
    BadRow {
        /// The object inside the section.
        kind: String,
        /// Its key.
        key: String,
        /// What refused.
        why: String,
    },
    /// A line is not a row.
    #[error("line {line} of the blob is not a row: {why}")]
    NotARow {
        /// 1, 2, …
        line: usize,
        /// What refused.
        why: String,
    },
}

/// Writes a row as its line, with the line feed. `body` must be canonical already.
pub fn write_row(out: &mut Vec<u8>, row: &Row) {
    let (kind, key) = (quoted(&row.kind), quoted(&row.key));
    match row.body {
        Some(body) => {
            out.extend_from_slice(b"{\"d\":");
            out.extend_from_slice(body);
            out.extend_from_slice(format!(",\"id\":{key},\"k\":{kind}}}\n").as_bytes());
        }
        None => out.extend_from_slice(format!("{{\"id\":{key},\"k\":{kind},\"x\":1}}\n").as_bytes()),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The rows of an expanded blob, in order. Stops at the first line that is not a row.
pub fn read_rows(expanded: &[u8]) -> impl Iterator<Item = Result<Row<'_>, BadBlob>> {
    let lines = expanded.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.map(|(index, line)| {
        let line_number = index + 1;
        read_row(line).map_err(|why| BadBlob::NotARow { line: line_number, why })
    })
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    k: Cow<'a, str>,
    #[serde(default)]
    x: u8,
}

fn read_row(line: &[u8]) -> Result<Row<'_>, String> {
    let line = line.strip_suffix(b"\n").ok_or("it does not end")?;
    if line.len() > ROW_BYTES {
        return Err(format!("it has {} bytes, {ROW_BYTES} are allowed", line.len()));
    }
    let Line { d, id, k, x } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if id.is_empty() || id.len() > KEY_BYTES || k.is_empty() || k.len() > KEY_BYTES {
        return Err(format!("its kind and key must have 1 to {KEY_BYTES} bytes"));
    }
    let body = d.map(|body| body.get().as_bytes());
    if body.is_some() == (x == 1) || body.is_some_and(|body| !body.starts_with(b"{")) {
        return Err("it is neither an object nor a deletion".into());
    }
    if body.is_some_and(is_too_deep) {
        return Err(format!("it nests deeper than {JSON_DEPTH}"));
    }
    Ok(Row { kind: k, key: id, body })
}

/// Whether an object nests deeper than [`JSON_DEPTH`]. Most bodies have not so many brackets at all.
fn is_too_deep(body: &[u8]) -> bool {
    let opens = body.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opens <= JSON_DEPTH {
        return false;
    }
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest > JSON_DEPTH
}

/// Checks stored bytes against their name and expands them, within [`BLOB_EXPANDED_BYTES`].
///
/// # Errors
/// [`BadBlob`]; a bomb is stopped at the limit, whatever it claims.
pub fn open_blob(stored: &[u8], named: &Hash) -> Result<Vec<u8>, BadBlob> {
    if stored.len() > BLOB_STORED_BYTES {
        return Err(BadBlob::TooLarge { limit: BLOB_STORED_BYTES });
    }
    let found = Hash::of(stored);
    if found != *named {
        return Err(BadBlob::Altered { named: *named, found });
    }
    expand(stored, BLOB_EXPANDED_BYTES)
}

/// 8 MiB, what RFC 8878 asks every decoder to take: a frame of a few bytes may ask for 128.
pub(crate) const WINDOW_LOG: u32 = 23;

/// Expands zstd bytes to at most `limit` bytes.
///
/// # Errors
/// [`BadBlob::NotZstd`] or [`BadBlob::TooLarge`].
pub fn expand(stored: &[u8], limit: usize) -> Result<Vec<u8>, BadBlob> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(stored).map_err(BadBlob::NotZstd)?;
    decoder.window_log_max(WINDOW_LOG).map_err(BadBlob::NotZstd)?;
    let mut expanded = Vec::with_capacity((stored.len() * 5).min(limit));
    decoder.take(limit as u64 + 1).read_to_end(&mut expanded).map_err(BadBlob::NotZstd)?;
    if expanded.len() > limit {
        return Err(BadBlob::TooLarge { limit });
    }
    Ok(expanded)
}

/// Compresses with the level that uploads use: fast, because a phone does it.
///
/// # Errors
/// The compressor's own, which is out of memory.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, 3)
}

/// Cuts sorted rows into blobs.
///
/// ```
/// # use std::borrow::Cow;
/// # use tillkit_protocol::rows::{BlobWriter, Row, open_blob, read_rows};
/// let mut writer = BlobWriter::new(3);
/// writer.push(&Row { kind: "unit".into(), key: "kg".into(), body: Some(b"{}") })?;
/// let (blob, stored) = writer.finish()?.expect("one row makes one blob");
/// let rows = open_blob(&stored, &blob.sha256)?;
/// assert_eq!(read_rows(&rows).next().unwrap()?.key, "kg");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BlobWriter {
    level: i32,
    expanded: Vec<u8>,
    rows: u64,
    first: String,
    last: String,
}

/// A blob holds at least so many expanded bytes, but for the last one of a snapshot…
const CUT_FROM_BYTES: usize = 2 << 20;
/// …and never more than this: what bounds a till's memory.
const CUT_AT_BYTES: usize = BLOB_EXPANDED_BYTES;
/// One key in 8,192 is a border.
const BORDER_MASK: u64 = (1 << 13) - 1;

impl BlobWriter {
    /// A writer that compresses at this zstd level.
    pub fn new(level: i32) -> BlobWriter {
        BlobWriter { level, expanded: Vec::new(), rows: 0, first: String::new(), last: String::new() }
    }

    /// Adds a row; returns the blob it completes, with its stored bytes.
    ///
    /// # Errors
    /// The compressor's own, which is out of memory.
    pub fn push(&mut self, row: &Row) -> io::Result<Option<(Blob, Vec<u8>)>> {
        let name = format!("{}/{}", row.kind, row.key);
        write_row(&mut self.expanded, row);
        self.rows += 1;
        let size = self.expanded.len();
        let is_border = size >= CUT_FROM_BYTES && hash_of_key(&name) & BORDER_MASK == 0;
        if self.rows == 1 {
            self.first.clone_from(&name);
        }
        self.last = name;
        if is_border || size >= CUT_AT_BYTES - ROW_BYTES { self.cut() } else { Ok(None) }
    }

    /// The rest, if there is one.
    ///
    /// # Errors
    /// The compressor's own, which is out of memory.
    pub fn finish(mut self) -> io::Result<Option<(Blob, Vec<u8>)>> {
        self.cut()
    }

    fn cut(&mut self) -> io::Result<Option<(Blob, Vec<u8>)>> {
        if self.rows == 0 {
            return Ok(None);
        }
        let stored = zstd::bulk::compress(&self.expanded, self.level)?;
        let blob = Blob {
            bytes: stored.len() as u64,
            first: std::mem::take(&mut self.first),
            last: std::mem::take(&mut self.last),
            rows: self.rows,
            sha256: Hash::of(&stored),
        };
        self.expanded.clear();
        self.rows = 0;
        Ok(Some((blob, stored)))
    }
}

/// FNV-1a with a final mix, so that keys which differ in their last digit do not fall together.
fn hash_of_key(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (fnv ^ (fnv >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn blobs(keys: impl Iterator<Item = usize>) -> Vec<(Blob, Vec<u8>)> {
        let body = format!("{{\"name\":\"{}\"}}", "x".repeat(200));
        let mut writer = BlobWriter::new(1);
        let mut cut = Vec::new();
        for key in keys {
            let row =
                Row { kind: "item".into(), key: format!("{key:08}").into(), body: Some(body.as_bytes()) };
            cut.extend(writer.push(&row).unwrap());
        }
        cut.extend(writer.finish().unwrap());
        cut
    }

    #[test]
    fn a_snapshot_with_one_row_more_reuses_all_blobs_but_one() {
        let before: BTreeSet<_> =
            blobs((0..120_000).filter(|key| *key != 60_000)).into_iter().map(|cut| cut.0.sha256).collect();
        let after: BTreeSet<_> = blobs(0..120_000).into_iter().map(|cut| cut.0.sha256).collect();
        assert!(after.len() > 3, "{} blobs", after.len());
        assert_eq!(after.difference(&before).count(), 1);
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let mut rows = 0;
        for (blob, stored) in blobs(0..30_000) {
            let expanded = open_blob(&stored, &blob.sha256).unwrap();
            let keys: Vec<_> = read_rows(&expanded).map(|row| row.unwrap().key.into_owned()).collect();
            assert_eq!(keys.len() as u64, blob.rows);
            assert_eq!(blob.last, format!("item/{}", keys.last().unwrap()));
            rows += keys.len();
        }
        assert_eq!(rows, 30_000);
    }

    #[test]
    fn a_deletion_and_awkward_keys_come_back() {
        let mut lines = Vec::new();
        let row = Row { kind: "item".into(), key: "a\"\\\n/ž".into(), body: None };
        write_row(&mut lines, &row);
        crate::canonical::check(lines.strip_suffix(b"\n").unwrap()).unwrap();
        assert_eq!(read_rows(&lines).next().unwrap().unwrap(), row);
    }

    #[test]
    fn altered_cut_and_exploding_blobs_are_refused_by_name() {
        let (blob, stored) = blobs(0..10).remove(0);
        let mut altered = stored.clone();
        altered[10] ^= 1;
        assert!(matches!(open_blob(&altered, &blob.sha256), Err(BadBlob::Altered { .. })));
        let cut = &stored[..stored.len() - 3];
        assert!(matches!(open_blob(cut, &blob.sha256), Err(BadBlob::Altered { .. })));
        assert!(matches!(open_blob(cut, &Hash::of(cut)), Err(BadBlob::NotZstd(_))));
        let bomb = zstd::bulk::compress(&vec![b' '; BLOB_EXPANDED_BYTES + 1], 3).unwrap();
        assert!(matches!(open_blob(&bomb, &Hash::of(&bomb)), Err(BadBlob::TooLarge { .. })));
        let wants_memory = with_window(WINDOW_LOG + 1);
        assert!(matches!(open_blob(&wants_memory, &Hash::of(&wants_memory)), Err(BadBlob::NotZstd(_))));
        let modest = with_window(WINDOW_LOG);
        assert!(open_blob(&modest, &Hash::of(&modest)).is_ok());
    }

    fn with_window(log: u32) -> Vec<u8> {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(log).unwrap();
        io::Write::write_all(&mut encoder, b"{}\n").unwrap();
        // Without this the frame would be finished at once, and would name its length instead.
        io::Write::flush(&mut encoder).unwrap();
        encoder.finish().unwrap()
    }

    fn nested(depth: usize) -> String {
        format!("{}{{}}{}", "{\"a\":".repeat(depth - 1), "}".repeat(depth - 1))
    }

    #[test]
    fn brackets_in_texts_are_not_depth() {
        let line = |body: &str| format!("{{\"d\":{body},\"id\":\"a\",\"k\":\"item\"}}\n");
        let is_row = |line: &str| read_rows(line.as_bytes()).all(|row| row.is_ok());
        assert!(is_row(&line(&nested(JSON_DEPTH))) && !is_row(&line(&nested(JSON_DEPTH + 1))));
        assert!(is_row(&line(&format!("{{\"a\":\"\\\"{}\"}}", "[{".repeat(JSON_DEPTH)))));
    }

    #[test]
    fn what_is_not_a_row_is_refused_with_its_line() {
        let good = "{\"d\":{},\"id\":\"a\",\"k\":\"item\"}\n";
        let long_key = "k".repeat(KEY_BYTES + 1);
        let bad = [
            "{\"d\":[],\"id\":\"a\",\"k\":\"item\"}\n".to_string(),
            "{\"id\":\"a\",\"k\":\"item\"}\n".into(),
            "{\"d\":{},\"id\":\"a\",\"k\":\"item\",\"x\":1}\n".into(),
            "{\"d\":{},\"id\":\"\",\"k\":\"item\"}\n".into(),
            format!("{{\"d\":{{}},\"id\":\"{long_key}\",\"k\":\"item\"}}\n"),
            format!("{{\"d\":{{\"a\":\"{}\"}},\"id\":\"a\",\"k\":\"item\"}}\n", "x".repeat(ROW_BYTES)),
            format!("{{\"d\":{},\"id\":\"a\",\"k\":\"item\"}}\n", nested(JSON_DEPTH + 1)),
            good.trim_end().into(),
        ];
        for line in bad {
            let blob = format!("{good}{line}");
            let refused = read_rows(blob.as_bytes()).find_map(Result::err).unwrap();
            assert!(matches!(refused, BadBlob::NotARow { line: 2, .. }), "{line}");
        }
    }
}
