//! Documents by other roads: the file a till exports, and the receipt a back office gives for it.
//!
//! The file is zstd of lines: a canonical [`ExportHeader`], then the same `<signature> <line>` records
//! an upload carries, then [`ExportedPart`]s. Any carrier will do, as each line is authentic by its own
//! signature, and importing it any number of times stores each document once. The receipt is one line
//! signed by the tenant's key; a till that reads it clears its counter of exactly what it names.

use std::io::{BufRead, BufReader, Read, Take};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use zstd::stream::read::Decoder;

use crate::{
    Hash, Record,
    canonical::{self, NotCanonical, Unwritable},
    keys::{self, PrivateKey, PublicKey, Use},
    limits,
    rows::{BadBlob, WINDOW_LOG},
    wire::{ChainHead, Ranges, Refused},
};

/// The most an export file may expand to, in bytes.
pub const EXPORT_BYTES: usize = 512 << 20;
/// The longest line: a document with its signature, or a part in base64.
const LINE_BYTES: usize = limits::UPLOAD_BYTES;
const HEADER_BYTES: usize = 4 << 10;

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
    /// A line of it is longer than any may be.
    #[error("a line of the file has more than {most} bytes")]
    LongLine {
        /// What a line may have.
        most: usize,
    },
    /// The receipt is not signed by the tenant this till belongs to.
    #[error("the receipt is not signed by this till's back office")]
    Forged,
    /// The signed line is not canonical.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
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

/// An export file that is read line by line: it never holds more than one line.
pub struct ExportReader<R: BufRead> {
    expanded: BufReader<Take<Decoder<'static, R>>>,
    line: Vec<u8>,
}

/// A line of an export file after its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportLine<'a> {
    /// What should be a record: see [`Record::parse`].
    Record(&'a [u8]),
    /// What stands beside a line, as [`ExportedPart`].
    Part(&'a [u8]),
}

impl<R: BufRead> ExportReader<R> {
    /// Opens an export file and reads its header.
    ///
    /// # Errors
    /// [`BadExport`].
    pub fn open(file: R) -> Result<(ExportHeader, ExportReader<R>), BadExport> {
        let mut decoder = Decoder::with_buffer(file).map_err(BadBlob::NotZstd)?;
        decoder.window_log_max(WINDOW_LOG).map_err(BadBlob::NotZstd)?;
        let expanded = BufReader::new(decoder.take(EXPORT_BYTES as u64 + 1));
        let mut reader = ExportReader { expanded, line: Vec::new() };
        let not_an_export = |why: String| BadExport::NotAnExport { why };
        if !reader.read_line(HEADER_BYTES)? {
            return Err(not_an_export("it is empty".into()));
        }
        let header: ExportHeader =
            serde_json::from_slice(&reader.line).map_err(|error| not_an_export(error.to_string()))?;
        if header.tillkit != "export" || header.v != 1 {
            return Err(not_an_export(format!("{} of version {}", header.tillkit, header.v)));
        }
        Ok((header, reader))
    }

    /// The next line; `None` at the end of the file.
    ///
    /// # Errors
    /// [`BadExport`].
    pub fn next_line(&mut self) -> Result<Option<ExportLine<'_>>, BadExport> {
        if !self.read_line(LINE_BYTES)? {
            return Ok(None);
        }
        let line = &self.line[..];
        Ok(Some(if line.starts_with(b"{") { ExportLine::Part(line) } else { ExportLine::Record(line) }))
    }

    /// Reads the next line that is not empty; `false` at the end.
    fn read_line(&mut self, most: usize) -> Result<bool, BadExport> {
        loop {
            self.line.clear();
            let read = (&mut self.expanded).take(most as u64 + 1).read_until(b'\n', &mut self.line);
            let read = read.map_err(BadBlob::NotZstd)?;
            if self.expanded.get_ref().limit() == 0 {
                return Err(BadBlob::TooLarge { limit: EXPORT_BYTES }.into());
            }
            if self.line.last() == Some(&b'\n') {
                self.line.pop();
            } else if read > most {
                return Err(BadExport::LongLine { most });
            }
            if read == 0 || !self.line.is_empty() {
                return Ok(read > 0);
            }
        }
    }
}

impl ExportedPart {
    /// The bytes that a line of an export file holds.
    ///
    /// # Errors
    /// [`BadExport::NotAnExport`].
    pub fn read(line: &[u8]) -> Result<Vec<u8>, BadExport> {
        let not_an_export = |why: String| BadExport::NotAnExport { why };
        let part: ExportedPart =
            serde_json::from_slice(line).map_err(|error| not_an_export(error.to_string()))?;
        STANDARD_NO_PAD.decode(&part.part).map_err(|error| not_an_export(error.to_string()))
    }
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

    fn lines(file: &[u8]) -> Result<(ExportHeader, Vec<Vec<u8>>), BadExport> {
        let (header, mut reader) = ExportReader::open(file)?;
        let mut lines = Vec::new();
        while let Some(ExportLine::Record(line) | ExportLine::Part(line)) = reader.next_line()? {
            lines.push(line.to_vec());
        }
        Ok((header, lines))
    }

    #[test]
    fn a_file_that_was_cut_is_not_read_to_its_end() {
        let file = write_export(&header(3), [], [&b"{}"[..]]).unwrap();
        assert_eq!(lines(&file).unwrap().1.len(), 1);
        assert!(lines(&file[..file.len() - 4]).is_err());
        assert!(lines(b"").is_err());
    }

    #[test]
    fn a_bomb_is_refused_at_its_first_line_that_is_too_long() {
        let head = canonical::to_line(&header(1)).unwrap();
        let long = crate::rows::compress(&[&head[..], b"\n", &vec![b'a'; LINE_BYTES + 1]].concat()).unwrap();
        assert!(matches!(lines(&long), Err(BadExport::LongLine { .. })));
        let long_header = crate::rows::compress(&vec![b'{'; 1 << 20]).unwrap();
        assert!(matches!(lines(&long_header), Err(BadExport::LongLine { most: HEADER_BYTES })));
        let empty = crate::rows::compress(&[&head[..], &vec![b'\n'; 1 << 20]].concat()).unwrap();
        assert_eq!(lines(&empty).unwrap().1.len(), 0);
    }

    #[test]
    fn parts_come_back_and_a_receipt_is_believed_only_from_its_tenant() {
        let file = write_export(&header(0), [], [&b"{}"[..]]).unwrap();
        let (_, lines) = lines(&file).unwrap();
        assert_eq!(ExportedPart::read(&lines[0]).unwrap(), b"{}");
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
