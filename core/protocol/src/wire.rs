//! Requests and answers of version 1, in the order a till meets them.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /v1/hello` | – | [`Hello`] |
//! | `POST /v1/enrol` | [`Enrol`] | [`Enrolled`] |
//! | `POST /v1/token` | [`TokenRequest`] | [`Token`] |
//! | `GET /v1/centres` | – | [`Centres`] |
//! | `PUT /v1/subscription` | [`Subscribe`] | [`Subscribed`] |
//! | `POST /v1/contact` | [`Contact`] | [`Contacted`] |
//! | `GET /v1/manifest` | – | a signed [`Manifest`](crate::Manifest) line |
//! | `GET /v1/manifest?centre=ID` | – | the same of another centre, for a preview |
//! | `GET /v1/blobs/{sha256}` | – | the blob's stored bytes |
//! | `POST /v1/documents` | zstd of records, one a line | [`Uploaded`] |
//! | `POST /v1/parts/{sha256}` | what stands beside a document's line, at most 1 MiB | [`Empty`] |
//! | `GET /v1/events` | – | SSE: `poke`, heartbeats |
//!
//! All but hello, enrol and token carry `Authorization: Bearer <token>`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Hash,
    keys::{PrivateKey, PublicKey, Signature, Use},
};

/// What a back office says of itself to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Majors it speaks.
    pub majors: Vec<u32>,
    /// Minor of the newest major.
    pub minor: u32,
    /// Server clock, Unix milliseconds.
    pub now_ms: i64,
    /// The numbers in force, by name.
    pub limits: BTreeMap<String, u64>,
}

/// A device asks to become a till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrol {
    /// Eight Crockford base32 characters; see [`normal_code`].
    pub code: String,
    /// What people call the device.
    pub device: String,
    /// [`Enrol::proof`] of the two members around it.
    pub proof: Signature,
    /// Made on the phone.
    pub public_key: PublicKey,
    /// What the phone was before. A back office restored from a backup may have forgotten it, and can
    /// verify its documents only by the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remembered: Vec<Remembered>,
}

/// An enrolment that a phone has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The till's n-th.
    pub enrolment: u32,
    /// Signed its documents.
    pub public_key: PublicKey,
    /// Whose till it was: another's is not taken up.
    pub tenant_key: PublicKey,
    /// The till.
    pub till: String,
}

impl Enrol {
    /// So many are remembered at most, the newest.
    pub const MOST_REMEMBERED: usize = 64;
    /// Numbers beyond are believed of nobody: the next one follows the highest.
    pub const HIGHEST_REMEMBERED: u32 = 100_000;

    /// An enrolment with its proof.
    pub fn new(code: &str, device: &str, key: &PrivateKey) -> Enrol {
        let code = normal_code(code);
        let proof = key.sign(Use::Enrol, &Enrol::challenge(&code, &key.public()));
        let remembered = Vec::new();
        Enrol { code, device: device.into(), proof, public_key: key.public(), remembered }
    }

    /// Whether whoever sent it holds the private key.
    pub fn is_proven(&self) -> bool {
        let challenge = Enrol::challenge(&normal_code(&self.code), &self.public_key);
        self.public_key.verifies(Use::Enrol, &challenge, &self.proof)
    }

    fn challenge(code: &str, key: &PublicKey) -> Hash {
        Hash::of(&[code.as_bytes(), b"\0", key.as_bytes()].concat())
    }
}

/// A pairing code as it is compared: upper case, no separators, O as 0, I and L as 1 (Crockford).
///
/// ```
/// # use tillkit_protocol::wire::normal_code;
/// assert_eq!(normal_code("ab1o-Il29"), "AB101129");
/// ```
pub fn normal_code(typed: &str) -> String {
    let kept = typed.chars().filter(|letter| letter.is_ascii_alphanumeric());
    kept.map(|letter| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        letter => letter,
    })
    .collect()
}

/// The till is enrolled. The same code with the same key gets the same answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The till's n-th.
    pub enrolment: u32,
    /// Server clock, Unix milliseconds.
    pub now_ms: i64,
    /// The series no other enrolment will ever have.
    pub series: String,
    /// Who the till belongs to.
    pub tenant: String,
    /// Signs every manifest.
    pub tenant_key: PublicKey,
    /// The numbered place of sale.
    pub till: String,
}

/// A till proves who it is. `at_ms` and `nonce` make each proof good once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The till's clock, corrected by the server's where they differ.
    pub at_ms: i64,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// Random text, at most 64 bytes.
    pub nonce: String,
    /// By the enrolment's key.
    pub sig: Signature,
    /// Which tenant.
    pub tenant: String,
    /// Which till.
    pub till: String,
}

impl TokenRequest {
    /// A request with its proof.
    pub fn new(tenant: &str, till: &str, enrolment: u32, at_ms: i64, nonce: &str, key: &PrivateKey) -> Self {
        let challenge = Self::challenge(tenant, till, enrolment, at_ms, nonce);
        TokenRequest {
            at_ms,
            enrolment,
            nonce: nonce.into(),
            sig: key.sign(Use::Token, &challenge),
            tenant: tenant.into(),
            till: till.into(),
        }
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let challenge = Self::challenge(&self.tenant, &self.till, self.enrolment, self.at_ms, &self.nonce);
        key.verifies(Use::Token, &challenge, &self.sig)
    }

    fn challenge(tenant: &str, till: &str, enrolment: u32, at_ms: i64, nonce: &str) -> Hash {
        Hash::of(format!("{tenant}\0{till}\0{enrolment}\0{at_ms}\0{nonce}").as_bytes())
    }
}

/// A credential for 15 minutes, opaque to the till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// When it ends, server clock, Unix milliseconds.
    pub expires_ms: i64,
    /// Server clock, Unix milliseconds.
    pub now_ms: i64,
    /// Goes into `Authorization: Bearer`.
    pub token: String,
}

/// What a till may choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centres {
    /// Published centres of the tenant.
    pub centres: Vec<CentreInfo>,
}

/// A centre in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentreInfo {
    /// Its id.
    pub centre: String,
    /// Its newest generation.
    pub generation: u64,
    /// What people call it.
    pub name: String,
}

/// Choose a centre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// Its id.
    pub centre: String,
}

/// The till now belongs to the centre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// Its id.
    pub centre: String,
    /// 32 bytes in unpadded base64: keys the HMAC of a PIN before argon2id. For the phone's key store.
    pub pin_pepper: String,
}

/// The one request of a quiet day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Version of the app.
    pub app: String,
    /// The epoch of what is live here; empty before the first sync.
    pub epoch: String,
    /// The generation of what is live here; 0 before the first sync.
    pub generation: u64,
    /// Hash of the newest document of this enrolment.
    pub head: Hash,
    /// Age of the oldest unsent document, by its recorded time; absent if all is sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oldest_ms: Option<i64>,
    /// Processed up to here, as this till knows it.
    pub processed: u64,
    /// The seq of the newest document of this enrolment.
    pub through: u64,
    /// Documents not acknowledged.
    pub unsent: u64,
}

/// What the centre has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacted {
    /// Hash of the document at `through`.
    pub head: Hash,
    /// The id of the newest manifest; absent if the centre has published nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manifest: Option<Hash>,
    /// Server clock, Unix milliseconds.
    pub now_ms: i64,
    /// Every document of this enrolment up to here has been processed.
    pub processed: u64,
    /// The centre holds every document of this enrolment up to here, chain unbroken.
    pub through: u64,
    /// Findings about documents of this enrolment since the last contact that changed anything.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
}

/// An objection of the back office. The document it is about has been accepted all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable, for programs.
    pub code: String,
    /// The facts, for people.
    pub detail: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// The document's seq.
    pub seq: u64,
    /// The document's till.
    pub till: String,
}

/// Seqs of one enrolment, as closed ranges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// `[from, to]`, ascending, not touching.
    pub ranges: Vec<(u64, u64)>,
    /// The till.
    pub till: String,
}

/// An answer that says nothing but that it is done, durably.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// What became of an upload; sent only once it is durable at the centre.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Uploaded {
    /// Objections raised while storing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What the centre had already, byte for byte.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Ranges>,
    /// Lines that are no documents or whose signature fails, by their index in the upload.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// What is stored now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stored: Vec<Ranges>,
    /// Unbroken up to here, per enrolment that the upload touched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<ChainHead>,
}

/// How far the centre holds an enrolment's chain without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// Hash of the document at `through`.
    pub head: Hash,
    /// The seq.
    pub through: u64,
    /// The till.
    pub till: String,
}

/// A line of an upload that was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its index in the upload, from 0.
    pub index: u32,
    /// Why.
    pub why: String,
}

/// Sorts seqs into closed ranges.
///
/// ```
/// # use tillkit_protocol::wire::to_ranges;
/// assert_eq!(to_ranges([3, 1, 2, 7, 7]), [(1, 3), (7, 7)]);
/// ```
pub fn to_ranges(seqs: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut seqs: Vec<u64> = seqs.into_iter().collect();
    seqs.sort_unstable();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seq in seqs {
        match ranges.last_mut() {
            Some((_, to)) if seq <= to.saturating_add(1) => *to = seq,
            _ => ranges.push((seq, seq)),
        }
    }
    ranges
}
