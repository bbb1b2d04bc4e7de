//! Documents by file: what a till has exported goes the way of an upload.
//!
//! A file is read whole before anything of it is stored, so one that is cut, foreign or no export at all
//! changes nothing. The receipt says what is durable here; a till clears its counter of exactly that.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use tillkit_protocol::{
    Hash,
    export::{self, Export, ExportReceipt},
    limits,
    wire::{ChainHead, Ranges, Refused, Uploaded, to_ranges},
};

use crate::{
    Backoffice,
    error::{Error, Result},
    ingest::{self, Parsed, aside},
    parts,
    store::TenantId,
};

/// The most a file may have, in bytes, as it is.
pub(crate) const FILE_BYTES: usize = 128 << 20;

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

/// Takes an export file in; again is harmless. Returns when everything of it is durable.
///
/// # Errors
/// A refusal, and nothing is stored, if it is no export file, was cut, or belongs to somebody else.
pub(crate) async fn take(office: &Backoffice, tenant: TenantId, file: Bytes) -> Result<Taken> {
    let whose = office.tenant(tenant).ok_or(Error::Unreadable("a tenant"))?;
    let read = aside(move || export::read_export(&file)).await?;
    let Export { header, records, parts } = read.map_err(|error| Error::malformed(error.to_string()))?;
    if header.tenant != whose.name {
        let detail = format!("the file is of {}, this back office's shop is {}", header.tenant, whose.name);
        return Err(Error::malformed(detail));
    }
    if let Some(part) = parts.iter().find(|part| part.len() > limits::PART_BYTES) {
        let (bytes, limit) = (part.len(), limits::PART_BYTES);
        return Err(Error::malformed(format!("a part of the file has {bytes} bytes, {limit} are allowed")));
    }
    let mut held = Hashes::new();
    let mut all = Uploaded::default();
    let mut heads: BTreeMap<(String, u32), ChainHead> = BTreeMap::new();
    let mut indexed = (0u32..).zip(records);
    loop {
        let batch: Vec<_> = indexed.by_ref().take(limits::BATCH_RECORDS).collect();
        if batch.is_empty() {
            break;
        }
        let parsed = aside(move || ingest::parted(batch.into_iter())).await?;
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
    }
    if let (true, Some(first)) = (held.is_empty(), all.refused.first()) {
        let why = &first.why;
        return Err(Error::malformed(format!("the file has no document of this shop's tills: {why}")));
    }
    // Documents that lack them have waited for a moment.
    for part in &parts {
        parts::put(office, tenant, &Hash::of(part), part).await?;
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
