//! What a till records: one signed canonical line, chained to the one before.
//!
//! A line holds everything: who, when by which clock, the number, the money, the body. Its key for
//! ever is (till, enrolment, seq) and its hash. Nothing ever changes a line; what corrects it is
//! another document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Hash, Section,
    canonical::{self, NotCanonical, Unwritable},
    keys::{self, PrivateKey, PublicKey, Signature, Use},
    limits,
};

/// A kind of document, as declared in [`Section`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Goods or services sold.
    Sale,
    /// Goods brought back, or money credited without goods.
    Return,
    /// A completed document reversed whole.
    Void,
    /// A Z closure.
    Closure,
    /// Cash in or out of the drawer without a sale.
    CashMovement,
    /// Goods received.
    GoodsReceipt,
    /// Goods sent back to their supplier.
    GoodsReturn,
    /// Goods moved between warehouses.
    Transfer,
    /// Goods counted.
    Count,
    /// Goods written off.
    WriteOff,
    /// What a customer wants delivered later.
    Order,
    /// A customer written down on a till.
    CustomerMade,
    /// A log-in, a use of a special right.
    Event,
}

impl Kind {
    /// Every kind this version records.
    pub const ALL: [Kind; 13] = [
        Kind::Sale,
        Kind::Return,
        Kind::Void,
        Kind::Closure,
        Kind::CashMovement,
        Kind::GoodsReceipt,
        Kind::GoodsReturn,
        Kind::Transfer,
        Kind::Count,
        Kind::WriteOff,
        Kind::Order,
        Kind::CustomerMade,
        Kind::Event,
    ];

    /// The name in the line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sale => "sale",
            Kind::Return => "return",
            Kind::Void => "void",
            Kind::Closure => "closure",
            Kind::CashMovement => "cash_movement",
            Kind::GoodsReceipt => "goods_receipt",
            Kind::GoodsReturn => "goods_return",
            Kind::Transfer => "transfer",
            Kind::Count => "count",
            Kind::WriteOff => "write_off",
            Kind::Order => "order",
            Kind::CustomerMade => "customer_made",
            Kind::Event => "event",
        }
    }

    /// The kind of that name.
    pub fn of_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The row of the sync screen that counts it.
    pub fn section(self) -> Section {
        match self {
            Kind::Sale | Kind::Return | Kind::Void => Section::Sales,
            Kind::Closure => Section::Closures,
            Kind::CashMovement => Section::Cash,
            Kind::GoodsReceipt | Kind::GoodsReturn | Kind::Transfer | Kind::Count | Kind::WriteOff => {
                Section::StockDocuments
            }
            Kind::Order => Section::OrdersMade,
            Kind::CustomerMade => Section::CustomersMade,
            Kind::Event => Section::Events,
        }
    }
}

/// The members of a document line, version 1. Amounts in minor units, times in Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentLine<Body = serde_json::Value> {
    /// What the kind calls for; see [`bodies`](crate::bodies).
    pub body: Body,
    /// The business day it belongs to, `2010-12-01`; not always the day of `recorded_ms`.
    pub business_day: String,
    /// The centre whose settings were in force.
    pub centre: String,
    /// ISO 4217; of `total_minor`.
    pub currency: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// The generation of each section that was live.
    pub generations: BTreeMap<String, u64>,
    /// What was recorded.
    pub kind: String,
    /// Milliseconds of a clock nobody can set, since an arbitrary start; tells a jump of the other.
    pub monotonic_ms: i64,
    /// The printed number, from the series.
    pub number: String,
    /// Whether the till stood offline.
    pub offline: bool,
    /// The hash of the document before; [`Hash::NONE`] for the first of an enrolment.
    pub prev: Hash,
    /// The till's wall clock.
    pub recorded_ms: i64,
    /// 1, 2, … without a gap within the enrolment.
    pub seq: u64,
    /// The series the number is from; an enrolment's own.
    pub series: String,
    /// Server clock minus till clock when they last spoke; absent if never.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server_offset_ms: Option<i64>,
    /// The numbered place of sale.
    pub till: String,
    /// What the document adds to turnover or to the drawer; 0 where it has no money.
    pub total_minor: i64,
    /// Who was signed in.
    pub user: String,
    /// The version of this form and of its body.
    pub v: u32,
}

/// A line with the till's signature over `"tillkit-doc-1" ‖ SHA-256(line)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// By the enrolment's key.
    pub signature: Signature,
    /// The canonical bytes, without a line feed.
    pub line: Vec<u8>,
    /// SHA-256 of `line`.
    pub hash: Hash,
}

/// Why bytes are not a record. Only these refuse a document; everything else becomes a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotARecord {
    /// No signature in front.
    #[error("the record does not begin with a signature")]
    Unsigned,
    /// Longer than [`limits::DOCUMENT_TAKEN_BYTES`].
    #[error("the document has {bytes} bytes, {limit} are allowed", limit = limits::DOCUMENT_TAKEN_BYTES)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The line is not canonical.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
    /// Members that every document must have are missing or of another type.
    #[error("the line is not a document: {why}")]
    NotADocument {
        /// The parser's words.
        why: String,
    },
    /// The signature is not the enrolment's.
    #[error("the signature of {till}/{enrolment}/{seq} is not its enrolment's")]
    Forged {
        /// The till the line names.
        till: String,
        /// The enrolment the line names.
        enrolment: u32,
        /// The seq the line names.
        seq: u64,
    },
}

/// The members a back office needs to file a document it may not understand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Filing {
    /// The numbered place of sale.
    pub till: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// 1, 2, … within the enrolment.
    pub seq: u64,
    /// The hash of the document before.
    pub prev: Hash,
    /// What was recorded, perhaps unknown to this version.
    pub kind: String,
    /// The version of the body.
    pub v: u32,
    /// The till's wall clock.
    pub recorded_ms: i64,
}

impl Record {
    /// Writes, hashes and signs a line.
    ///
    /// # Errors
    /// [`Unwritable`] if the body holds a float or an integer beyond 2^53−1.
    pub fn sign<Body: Serialize>(line: &DocumentLine<Body>, key: &PrivateKey) -> Result<Record, Unwritable> {
        let line = canonical::to_line(line)?;
        let hash = Hash::of(&line);
        Ok(Record { signature: key.sign(Use::Document, &hash), line, hash })
    }

    /// From a line and a signature that were stored together.
    pub fn stored(line: Vec<u8>, signature: Signature) -> Record {
        let hash = Hash::of(&line);
        Record { signature, line, hash }
    }

    /// Parts `<signature> <line>`, as it travels, and holds the line to its form. The signature is
    /// not verified here: its key is found by [`Record::filing`].
    ///
    /// # Errors
    /// [`NotARecord`].
    pub fn parse(record: &[u8]) -> Result<Record, NotARecord> {
        let (signature, line) = Record::split(record)?;
        Ok(Record::stored(line.to_vec(), signature))
    }

    /// The same without a copy: its signature and its line.
    ///
    /// # Errors
    /// As [`Record::parse`].
    pub fn split(record: &[u8]) -> Result<(Signature, &[u8]), NotARecord> {
        let (signature, line) = keys::split_signed(record).ok_or(NotARecord::Unsigned)?;
        if line.len() > limits::DOCUMENT_TAKEN_BYTES {
            return Err(NotARecord::TooLong { bytes: line.len() });
        }
        canonical::check(line)?;
        Ok((signature, line))
    }

    /// As it travels: `<signature> <line>`.
    pub fn to_bytes(&self) -> Vec<u8> {
        keys::join_signed(&self.signature, &self.line)
    }

    /// The members under which it is filed, whatever its kind and version.
    ///
    /// # Errors
    /// [`NotARecord::NotADocument`] if one is missing.
    pub fn filing(&self) -> Result<Filing, NotARecord> {
        serde_json::from_slice(&self.line)
            .map_err(|error| NotARecord::NotADocument { why: error.to_string() })
    }

    /// The whole line, with the body as `Body`.
    ///
    /// # Errors
    /// serde_json's, if the line has another shape: then it is kept verbatim and a finding is raised.
    pub fn document<Body: for<'de> Deserialize<'de>>(&self) -> Result<DocumentLine<Body>, serde_json::Error> {
        serde_json::from_slice(&self.line)
    }

    /// The line with its body left as text.
    ///
    /// # Errors
    /// As [`Record::document`].
    pub fn unread(&self) -> Result<DocumentLine<Box<RawValue>>, serde_json::Error> {
        serde_json::from_slice(&self.line)
    }

    /// Whether the signature is `key`'s.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(Use::Document, &self.hash, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line() -> DocumentLine {
        DocumentLine {
            body: json!({"lines": []}),
            business_day: "2010-12-01".into(),
            centre: "main".into(),
            currency: "GBP".into(),
            enrolment: 1,
            generations: BTreeMap::from([("items".into(), 3)]),
            kind: "sale".into(),
            monotonic_ms: 12,
            number: "T1A-000001".into(),
            offline: false,
            prev: Hash::NONE,
            recorded_ms: 1_291_192_020_000,
            seq: 1,
            series: "T1A".into(),
            server_offset_ms: None,
            till: "T1".into(),
            total_minor: 1_530,
            user: "u1".into(),
            v: 1,
        }
    }

    #[test]
    fn kinds_and_sections_agree() {
        for kind in Kind::ALL {
            assert_eq!(Section::of_kind(kind.name()), Some(kind.section()));
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.name()));
        }
    }

    #[test]
    fn a_record_travels_unchanged_and_names_its_filing() {
        let key = PrivateKey::from_seed(&[7; 32]);
        let record = Record::sign(&line(), &key).unwrap();

        let arrived = Record::parse(&record.to_bytes()).unwrap();

        assert_eq!(arrived, record);
        assert!(arrived.is_signed_by(&key.public()));
        assert_eq!(arrived.filing().unwrap().seq, 1);
        assert_eq!(arrived.document::<serde_json::Value>().unwrap(), line());
    }

    #[test]
    fn an_altered_byte_anywhere_is_refused_or_unsigned() {
        let key = PrivateKey::from_seed(&[7; 32]);
        let bytes = Record::sign(&line(), &key).unwrap().to_bytes();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            let believed = Record::parse(&altered).is_ok_and(|record| record.is_signed_by(&key.public()));
            assert!(!believed, "byte {at}");
        }
    }

    #[test]
    fn an_unknown_kind_or_member_still_files() {
        let mut value = serde_json::to_value(line()).unwrap();
        value["kind"] = json!("hologram");
        value["zz_new"] = json!({"deep": [1, 2]});
        let record = Record::sign_value(&value, &PrivateKey::from_seed(&[7; 32]));
        assert_eq!(record.filing().unwrap().kind, "hologram");
    }

    impl Record {
        fn sign_value(value: &serde_json::Value, key: &PrivateKey) -> Record {
            let line = canonical::to_line(value).unwrap();
            let hash = Hash::of(&line);
            Record { signature: key.sign(Use::Document, &hash), line, hash }
        }
    }
}
