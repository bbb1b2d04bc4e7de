//! Documents by other roads: the file a till exports, and the receipt a back office gives for it.
//!
//! The file is zstd of lines: a canonical [`ExportHeader`], then the same `<signature> <line>` records
//! an upload carries, then [`ExportedPart`]s. Any carrier will do, as each line is authentic by its own
//! signature, and importing it any number of times stores each document once. The receipt is one line
//! signed by the tenant's key; a till that reads it clears its counter of exactly what it names.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    Hash, Record,
    canonical::{self, NotCanonical, Unwritable},
    document::NotARecord,
    keys::{self, PrivateKey, PublicKey, Use},
    rows::BadBlob,
    wire::{ChainHead, Ranges, Refused},
};

/// The most an export file may expand to, in bytes.
pub const EXPORT_BYTES: usize = 512 << 20;

/// The first line of an export file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportHeader {
    /// How many records follow.
    pub documents: u64,
    /// Till clock, Unix milliseconds.
    pub exported_ms: i64,
    /// Which till made the file.
    pub till: String,
    /// Always `export`: what this file is.
    pub tillkit: String,
    /// Who it belongs to.
    pub tenant: String,
    /// The version of this form: 1.
    pub v: u32,
}

/// What stands beside a line, in an export file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedPart {
    /// The bytes, unpadded base64.
    pub part: String,
}

/// What a back office has stored of an export file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReceipt {
    /// Unbroken up to here, per enrolment that the file touched.
    pub heads: Vec<ChainHead>,
    /// Everything of the file that is durable there, stored now or before.
    pub held: Vec<Held>,
    /// Server clock, Unix milliseconds.
    pub imported_ms: i64,
    /// Lines that are no documents or whose signature fails, by their index among the records.
    pub refused: Vec<Refused>,
    /// Who it belongs to.
    pub tenant: String,
    /// The version of this form: 1.
    pub v: u32,
}

/// Documents of one enrolment that a back office holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// SHA-256 over the 32-byte hashes of these documents, in ascending order of seq: which documents
    /// of these seqs are meant.
    pub hash: Hash,
    /// Which.
    pub seqs: Ranges,
}

/// Why a file is not read. Nothing of it has been used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadExport {
    /// It is no zstd, or too large.
    #[error(transparent)]
    NotExpandable(#[from] BadBlob),
    /// Its first line is not a header of this version.
    #[error("this is not a TillKit export of version 1: {why}")]
    NotAnExport {
        /// What refused.
        why: String,
    },
    /// The file ends before what its header announces.
    #[error("the file has {found} documents, its header says {announced}: it was cut")]
    Cut {
        /// What the header says.
        announced: u64,
        /// What is there.
        found: u64,
    },
    /// The receipt is not signed by the tenant this till belongs to.
    #[error("the receipt is not signed by this till's back office")]
    Forged,
    /// The signed line is not canonical.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// An export file, read.
#[derive(Debug)]
pub struct Export {
    /// What it says of itself.
    pub header: ExportHeader,
    /// Its records in order; a line that is none stands with why.
    pub records: Vec<Result<Record, NotARecord>>,
    /// What stands beside lines.
    pub parts: Vec<Vec<u8>>,
}

/// Writes an export file.
///
/// # Errors
/// [`Unwritable`] if a number of the header is beyond 2^53−1, [`BadBlob`] if zstd fails.
pub fn write_export<'a>(
    header: &ExportHeader,
    records: impl IntoIterator<Item = &'a Record>,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, WriteError> {
    let mut lines = canonical::to_line(header)?;
    lines.push(b'\n');
    for record in records {
        lines.extend_from_slice(&record.to_bytes());
        lines.push(b'\n');
    }
    for part in parts {
        lines.extend_from_slice(&canonical::to_line(&ExportedPart { part: STANDARD_NO_PAD.encode(part) })?);
        lines.push(b'\n');
    }
    Ok(crate::rows::compress(&lines)?)
}

/// Why an export file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A number is beyond 2^53−1.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// zstd failed.
    #[error("the file could not be compressed: {0}")]
    Compress(#[from] std::io::Error),
}

/// Reads an export file whole.
///
/// # Errors
/// [`BadExport`]; a line in it that is no record stands in [`Export::records`] instead.
pub fn read_export(file: &[u8]) -> Result<Export, BadExport> {
    let expanded = crate::rows::expand(file, EXPORT_BYTES)?;
    let mut lines = expanded.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let not_an_export = |why: String| BadExport::NotAnExport { why };
    let first = lines.next().ok_or_else(|| not_an_export("it is empty".into()))?;
    let header: ExportHeader =
        serde_json::from_slice(first).map_err(|error| not_an_export(error.to_string()))?;
    if header.tillkit != "export" || header.v != 1 {
        return Err(not_an_export(format!("{} of version {}", header.tillkit, header.v)));
    }
    let (mut records, mut parts) = (Vec::new(), Vec::new());
    for line in lines {
        if !line.starts_with(b"{") {
            records.push(Record::parse(line));
            continue;
        }
        let part: ExportedPart =
            serde_json::from_slice(line).map_err(|error| not_an_export(error.to_string()))?;
        parts.push(STANDARD_NO_PAD.decode(&part.part).map_err(|error| not_an_export(error.to_string()))?);
    }
    let found = records.len() as u64;
    if found != header.documents {
        return Err(BadExport::Cut { announced: header.documents, found });
    }
    Ok(Export { header, records, parts })
}

impl ExportReceipt {
    /// Writes and signs it.
    ///
    /// # Errors
    /// [`Unwritable`] if a number is beyond 2^53−1.
    pub fn sign(&self, key: &PrivateKey) -> Result<Vec<u8>, Unwritable> {
        let line = canonical::to_line(self)?;
        Ok(keys::join_signed(&key.sign(Use::Receipt, &Hash::of(&line)), &line))
    }

    /// Verifies and reads `<signature> <line>`.
    ///
    /// # Errors
    /// [`BadExport`].
    pub fn verify(signed: &[u8], tenant: &PublicKey) -> Result<ExportReceipt, BadExport> {
        let (signature, line) = keys::split_signed(signed.trim_ascii_end()).ok_or(BadExport::Forged)?;
        if !tenant.verifies(Use::Receipt, &Hash::of(line), &signature) {
            return Err(BadExport::Forged);
        }
        canonical::check(line)?;
        serde_json::from_slice(line).map_err(|error| BadExport::NotAnExport { why: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(documents: u64) -> ExportHeader {
        let (till, tenant) = ("T1".into(), "shop".into());
        ExportHeader { documents, exported_ms: 7, till, tillkit: "export".into(), tenant, v: 1 }
    }

    #[test]
    fn a_file_that_was_cut_is_not_taken_for_a_whole_one() {
        let file = write_export(&header(3), [], []).unwrap();
        let refused = read_export(&file).unwrap_err();
        assert!(matches!(refused, BadExport::Cut { announced: 3, found: 0 }), "{refused}");
        assert!(read_export(&file[..file.len() - 4]).is_err());
        assert!(read_export(b"").is_err());
    }

    #[test]
    fn parts_come_back_and_a_receipt_is_believed_only_from_its_tenant() {
        let file = write_export(&header(0), [], [&b"{}"[..]]).unwrap();
        assert_eq!(read_export(&file).unwrap().parts, [b"{}"]);
        let (own, other) = (PrivateKey::from_seed(&[7; 32]), PrivateKey::from_seed(&[8; 32]));
        let receipt = ExportReceipt {
            heads: vec![],
            held: vec![],
            imported_ms: 1,
            refused: vec![],
            tenant: "shop".into(),
            v: 1,
        };
        let signed = receipt.sign(&own).unwrap();
        assert_eq!(ExportReceipt::verify(&signed, &own.public()).unwrap(), receipt);
        assert!(matches!(ExportReceipt::verify(&signed, &other.public()), Err(BadExport::Forged)));
    }
}
