//! Documents by file: what a till has exported goes the way of an upload.
//!
//! A file is read twice from where it was spooled, line by line: first to know that it is a whole export of this
//! shop, then to store it. One that is cut, foreign or no export at all changes nothing. The receipt says what is
//! durable here; a till clears its counter of exactly that.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufReader,
};

use axum::body::Body;
use tillkit_protocol::{
    Hash, Record,
    export::{self, BadExport, ExportHeader, ExportLine, ExportReader, ExportReceipt, ExportedPart},
    limits,
    wire::{ChainHead, Ranges, Refused, Uploaded, to_ranges},
};

use crate::{
    Backoffice,
    error::{Error, Result},
    ingest::{self, Parsed, aside},
    parts, spool,
    store::TenantId,
};

/// The most a file may have, in bytes, as it is.
const FILE_BYTES: u64 = 128 << 20;
/// Lines of a file that may be no documents: one with more is no export.
const MOST_REFUSED: u64 = 10_000;

/// What became of a file.
pub(crate) struct Taken {
    /// Documents stored now.
    pub(crate) stored: u64,
    /// Documents that were here already.
    pub(crate) known: u64,
    /// Lines that are no documents, or whose signature fails.
    pub(crate) refused: Vec<Refused>,
    /// Which till exported it.
    pub(crate) till: String,
    /// The [`ExportReceipt`], signed.
    pub(crate) receipt: Vec<u8>,
}

type Reader = ExportReader<BufReader<std::fs::File>>;

/// Takes an export file in; again is harmless. Returns when everything of it is durable.
///
/// # Errors
/// A refusal, and nothing is stored, if it is no export file, was cut, or belongs to somebody else.
pub(crate) async fn take(office: &Backoffice, tenant: TenantId, body: Body) -> Result<Taken> {
    let whose = office.tenant(tenant).ok_or(Error::Unreadable("a tenant"))?;
    let file = spool::keep(&office.spool, body, FILE_BYTES).await?;
    let (checked, file) = aside(move || (check(&file), file)).await?;
    let header = checked?;
    if header.tenant != whose.name {
        let detail = format!("the file is of {}, this back office's shop is {}", header.tenant, whose.name);
        return Err(Error::malformed(detail));
    }
    let mut held = Hashes::new();
    let mut all = Uploaded::default();
    let mut heads: BTreeMap<(String, u32), ChainHead> = BTreeMap::new();
    let (_, mut reader) = open(&file)?;
    let mut index = 0;
    loop {
        let (next, batch) = aside(move || {
            let batch = next_batch(&mut reader, index);
            (reader, batch)
        })
        .await?;
        reader = next;
        let Batch { parsed, parts } = batch?;
        let lines = parsed.0.len() + parsed.1.len();
        if lines == 0 && parts.is_empty() {
            break;
        }
        index += u32::try_from(lines).unwrap_or(u32::MAX);
        let hashes = hashes(&parsed);
        let taken = ingest::take_parsed(office, tenant, parsed).await?;
        let refused: BTreeSet<u32> = taken.refused.iter().map(|refused| refused.index).collect();
        for (index, of, seq, hash) in hashes {
            if !refused.contains(&index) {
                held.entry(of).or_default().entry(seq).or_insert(hash);
            }
        }
        heads.extend(taken.heads.into_iter().map(|head| ((head.till.clone(), head.enrolment), head)));
        all.stored.extend(taken.stored);
        all.known.extend(taken.known);
        all.refused.extend(taken.refused);
        // Parts come last in a file: documents that lack them have waited for a moment.
        if !held.is_empty() {
            for part in &parts {
                parts::put(office, tenant, &Hash::of(part), part).await?;
            }
        }
    }
    if let (true, Some(first)) = (held.is_empty(), all.refused.first()) {
        let why = &first.why;
        return Err(Error::malformed(format!("the file has no document of this shop's tills: {why}")));
    }
    let (stored, known) = (count(&all.stored), count(&all.known));
    let receipt = ExportReceipt {
        heads: heads.into_values().collect(),
        held: held.into_iter().map(|((till, enrolment), hashes)| durable(till, enrolment, &hashes)).collect(),
        imported_ms: office.clock.now_ms(),
        refused: all.refused.clone(),
        tenant: whose.name.clone(),
        v: 1,
    };
    let receipt = receipt.sign(&whose.key)?;
    Ok(Taken { stored, known, refused: all.refused, till: header.till, receipt })
}

fn open(file: &spool::Kept) -> Result<(ExportHeader, Reader)> {
    ExportReader::open(BufReader::new(file.open()?)).map_err(bad)
}

fn bad(error: BadExport) -> Error {
    Error::malformed(error.to_string())
}

/// Reads a file to its end; its header, if it is a whole export.
fn check(file: &spool::Kept) -> Result<ExportHeader> {
    let (header, mut reader) = open(file)?;
    let (mut found, mut refused) = (0u64, 0u64);
    while let Some(line) = reader.next_line().map_err(bad)? {
        match line {
            ExportLine::Record(line) => {
                found += 1;
                refused += u64::from(Record::split(line).is_err());
                if found > header.documents {
                    break;
                }
                if refused > MOST_REFUSED {
                    let detail = format!("more than {MOST_REFUSED} lines of the file are no documents");
                    return Err(Error::malformed(detail));
                }
            }
            ExportLine::Part(line) => {
                let (bytes, limit) = (ExportedPart::read(line).map_err(bad)?.len(), limits::PART_BYTES);
                if bytes > limit {
                    let detail = format!("a part of the file has {bytes} bytes, {limit} are allowed");
                    return Err(Error::malformed(detail));
                }
            }
        }
    }
    if found != header.documents {
        return Err(bad(BadExport::Cut { announced: header.documents, found }));
    }
    Ok(header)
}

/// Some lines of a file.
#[derive(Default)]
struct Batch {
    parsed: Parsed,
    parts: Vec<Vec<u8>>,
}

/// The next lines, as many as an upload has; none at the end.
fn next_batch(reader: &mut Reader, first: u32) -> Result<Batch> {
    let (mut records, mut parts, mut bytes) = (Vec::new(), Vec::new(), 0);
    while records.len() + parts.len() < limits::BATCH_RECORDS && bytes < limits::BATCH_BYTES {
        match reader.next_line().map_err(bad)? {
            None => break,
            Some(ExportLine::Record(line)) => {
                bytes += line.len();
                records.push(Record::parse(line));
            }
            Some(ExportLine::Part(line)) => {
                bytes += line.len();
                parts.push(ExportedPart::read(line).map_err(bad)?);
            }
        }
    }
    Ok(Batch { parsed: ingest::parted((first..).zip(records)), parts })
}

/// Hashes of documents by enrolment and seq.
type Hashes = BTreeMap<(String, u32), BTreeMap<u64, Hash>>;

fn hashes((parsed, _): &Parsed) -> Vec<(u32, (String, u32), u64, Hash)> {
    parsed
        .iter()
        .map(|(index, record, filing)| {
            (*index, (filing.till.clone(), filing.enrolment), filing.seq, record.hash)
        })
        .collect()
}

fn durable(till: String, enrolment: u32, hashes: &BTreeMap<u64, Hash>) -> export::Held {
    let bytes: Vec<u8> = hashes.values().flat_map(|hash| *hash.as_bytes()).collect();
    let ranges = to_ranges(hashes.keys().copied());
    export::Held { hash: Hash::of(&bytes), seqs: Ranges { enrolment, ranges, till } }
}

fn count(ranges: &[Ranges]) -> u64 {
    ranges.iter().flat_map(|of| &of.ranges).map(|(from, to)| to - from + 1).sum()
}
