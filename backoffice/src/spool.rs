//! Rows that wait in a file until all of them are known to be good, and leave it sorted.
//!
//! Rows in the order of their keys are what a database takes fastest: a million in random order
//! write each page of its index many times over. Runs that fit memory are sorted as they come, and
//! merged as they go. The file goes with the value.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use axum::body::Body;
use futures_util::StreamExt;
use tillkit_protocol::{
    problem::ProblemType,
    rows::{Row, read_rows, write_row},
};
use tokio::io::AsyncWriteExt;

use crate::{
    error::{Error, Result},
    store::config::DraftRow,
};

/// Rows that are sorted in memory, by count and by bytes.
const RUN_ROWS: usize = 40_000;
const RUN_BYTES: usize = 16 << 20;

/// Rows on their way in.
pub(crate) struct Spool {
    file: BufWriter<File>,
    path: Removed,
    runs: Vec<u64>,
    written: u64,
    run: Vec<DraftRow>,
    run_bytes: usize,
    rows: u64,
}

struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, "a spool file stays behind until the next start");
        }
    }
}

/// A new file in that folder, which goes with the second value.
fn make(folder: &Path) -> Result<(File, Removed)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{}-{count}", std::process::id()));
    Ok((File::create(&path)?, Removed(path)))
}

/// What somebody sends, kept in a file that goes with the value.
pub(crate) struct Kept(Removed);

impl Kept {
    /// The file, from its beginning.
    pub(crate) fn open(&self) -> Result<File> {
        Ok(File::open(&self.0.0)?)
    }
}

/// Keeps what somebody sends, at most `limit` bytes, in a file of that folder.
///
/// # Errors
/// A refusal if there is more, or if it was cut off.
pub(crate) async fn keep(folder: &Path, body: Body, limit: u64) -> Result<Kept> {
    let (file, path) = make(folder)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut data = body.into_data_stream();
    let mut bytes = 0;
    while let Some(chunk) = data.next().await {
        let chunk = chunk.map_err(|error| Error::malformed(format!("the file was cut off: {error}")))?;
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(Error::refused(ProblemType::TooLarge, format!("more than {limit} bytes")));
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(Kept(path))
}

impl Spool {
    /// An empty one in that folder.
    pub(crate) fn in_folder(folder: &Path) -> Result<Spool> {
        let (file, path) = make(folder)?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Spool { file, path, runs: Vec::new(), written: 0, run: Vec::new(), run_bytes: 0, rows: 0 })
    }

    /// How many rows have been added.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a row that has been checked.
    pub(crate) fn add(&mut self, row: DraftRow) -> Result<()> {
        self.rows += 1;
        self.run_bytes += row.id.len() + row.body.as_ref().map_or(0, Vec::len) + 100;
        self.run.push(row);
        if self.run.len() >= RUN_ROWS || self.run_bytes >= RUN_BYTES { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> Result<()> {
        // Stable, so that of equal keys the last one added stays last.
        self.run.sort_by(|one, other| place(one).cmp(&place(other)));
        let mut line = Vec::new();
        self.runs.push(self.written);
        for row in self.run.drain(..) {
            line.clear();
            write_row(
                &mut line,
                &Row { kind: row.kind.into(), key: row.id.into(), body: row.body.as_deref() },
            );
            self.file.write_all(&line)?;
            self.written += line.len() as u64;
        }
        self.run_bytes = 0;
        Ok(())
    }

    /// The rows, sorted by kind and key.
    pub(crate) fn read(mut self) -> Result<Spooled> {
        self.end_run()?;
        self.file.flush()?;
        let ends = self.runs.iter().skip(1).copied().chain([self.written]);
        let mut spooled = Spooled { runs: Vec::new(), heads: BinaryHeap::new(), _path: self.path };
        for (run, (begin, end)) in self.runs.iter().zip(ends).enumerate() {
            let mut file = File::open(&spooled._path.0)?;
            file.seek(SeekFrom::Start(*begin))?;
            spooled.runs.push(BufReader::with_capacity(1 << 16, file.take(end - begin)));
            spooled.refill(run)?;
        }
        Ok(spooled)
    }
}

fn place(row: &DraftRow) -> (&str, &str) {
    (&row.kind, &row.id)
}

/// Rows on their way out.
pub(crate) struct Spooled {
    runs: Vec<BufReader<std::io::Take<File>>>,
    heads: BinaryHeap<Reverse<Head>>,
    _path: Removed,
}

/// The next row of a run; of equal keys the earlier run's comes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    kind: String,
    id: String,
    run: usize,
    body: Option<Vec<u8>>,
}

impl Spooled {
    /// The next rows, at most so many; of equal keys only the one that was added last.
    pub(crate) fn next_rows(&mut self, limit: usize) -> Result<Vec<DraftRow>> {
        let mut rows: Vec<DraftRow> = Vec::with_capacity(limit);
        while let Some(Reverse(head)) = self.heads.peek() {
            let is_again = rows.last().is_some_and(|last| place(last) == (&head.kind, &head.id));
            if rows.len() >= limit && !is_again {
                break;
            }
            let Some(Reverse(Head { kind, id, run, body })) = self.heads.pop() else { break };
            if is_again {
                rows.pop();
            }
            rows.push(DraftRow { kind, id, body });
            self.refill(run)?;
        }
        Ok(rows)
    }

    fn refill(&mut self, run: usize) -> Result<()> {
        let mut line = Vec::new();
        if self.runs[run].read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let row =
            read_rows(&line).next().and_then(|row| row.ok()).ok_or(Error::Unreadable("a spooled row"))?;
        let body = row.body.map(<[u8]>::to_vec);
        self.heads.push(Reverse(Head { kind: row.kind.into_owned(), id: row.key.into_owned(), run, body }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize, body: &str) -> DraftRow {
        DraftRow { kind: "item".into(), id: format!("{id:06}"), body: Some(body.into()) }
    }

    #[test]
    fn rows_leave_sorted_the_last_of_equal_keys_alone_and_no_file_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::in_folder(folder.path()).unwrap();
        let count = 100_003;
        for n in 0..count {
            spool.add(row(n * 7_919 % count, "{}")).unwrap();
        }
        spool.add(row(5, "{\"a\":1}")).unwrap();
        spool.add(row(5, "{\"a\":2}")).unwrap();
        let mut spooled = spool.read().unwrap();
        let mut rows = Vec::new();
        loop {
            let next = spooled.next_rows(3).unwrap();
            if next.is_empty() {
                break;
            }
            rows.extend(next);
        }
        drop(spooled);
        assert_eq!(rows.len(), count);
        assert!(rows.is_sorted_by(|one, other| one.id < other.id));
        assert_eq!(rows[5], row(5, "{\"a\":2}"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
