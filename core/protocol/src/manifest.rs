//! What a centre publishes: which rows exist, in which blobs, and what they must add up to.
//!
//! A manifest is one canonical line with the tenant's signature in front. A till that has verified
//! it can verify every byte that follows: a blob by its name, a kind by its digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Hash, KindDigest,
    canonical::{self, NotCanonical, Unwritable},
    keys::{self, PrivateKey, PublicKey, Use},
    limits,
};

/// A published state of a centre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The centre it belongs to.
    pub centre: String,
    /// A random name for this life of the back office; a restored one mints another.
    pub epoch: String,
    /// 1, 2, … within the epoch.
    pub generation: u64,
    /// Counts what has been written to live sections within the epoch; never goes down either.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub live: u64,
    /// Server clock, Unix milliseconds.
    pub published_ms: i64,
    /// What comes down, by section name; names a till does not know are kept.
    pub sections: BTreeMap<String, SectionManifest>,
}

fn is_zero(live: &u64) -> bool {
    *live == 0
}

/// One section of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SectionManifest {
    /// The generation that last changed it; for a live section, its own version.
    pub generation: u64,
    /// What each kind's rows add up to.
    pub kinds: BTreeMap<String, KindDigest>,
    /// The whole section, blob after blob, rows sorted by kind and key.
    pub snapshot: Vec<Blob>,
    /// The last changes, oldest first: each from one of the section's generations to the next.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// A part of a snapshot: zstd-compressed rows, named by the SHA-256 of its stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Stored length.
    pub bytes: u64,
    /// `kind/key` of the first row.
    pub first: String,
    /// `kind/key` of the last row.
    pub last: String,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of the stored bytes: its name.
    pub sha256: Hash,
}

/// What changed between two generations of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Stored length.
    pub bytes: u64,
    /// The section's generation it starts from.
    pub from: u64,
    /// How many rows changed or went.
    pub rows: u64,
    /// SHA-256 of the stored bytes: its name.
    pub sha256: Hash,
    /// The section's generation it leads to.
    pub to: u64,
}

/// Why a manifest is not believed. Nothing of it has been used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disbelieved {
    /// No signature in front, or longer than [`limits::MANIFEST_BYTES`].
    #[error("the manifest is not a signed line of at most {limit} bytes", limit = limits::MANIFEST_BYTES)]
    NotSigned,
    /// The signature is not the tenant's.
    #[error("the manifest's signature is not the tenant's")]
    Forged,
    /// The signed line is not canonical.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
    /// Signed, and yet not a manifest.
    #[error("the signed line is not a manifest: {why}")]
    NotAManifest {
        /// The parser's words.
        why: String,
    },
    /// It belongs to another centre.
    #[error("the manifest is of centre {found}, this till subscribes to {expected}")]
    OtherCentre {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// Within an epoch the generation never goes down.
    #[error("the manifest is of generation {found}, this till already holds {held}")]
    Older {
        /// What came.
        found: u64,
        /// What is held.
        held: u64,
    },
}

impl Manifest {
    /// Writes and signs it.
    ///
    /// # Errors
    /// [`Unwritable`] if a number is beyond 2^53−1.
    pub fn sign(&self, key: &PrivateKey) -> Result<Vec<u8>, Unwritable> {
        let line = canonical::to_line(self)?;
        Ok(keys::join_signed(&key.sign(Use::Manifest, &Hash::of(&line)), &line))
    }

    /// Verifies and reads `<signature> <line>`; `expected_centre` is the till's subscription.
    ///
    /// # Errors
    /// [`Disbelieved`]; an older generation is judged by the caller, who knows what is held.
    pub fn verify(signed: &[u8], tenant: &PublicKey, expected_centre: &str) -> Result<Manifest, Disbelieved> {
        if signed.len() > limits::MANIFEST_BYTES {
            return Err(Disbelieved::NotSigned);
        }
        let (signature, line) = keys::split_signed(signed).ok_or(Disbelieved::NotSigned)?;
        if !tenant.verifies(Use::Manifest, &Hash::of(line), &signature) {
            return Err(Disbelieved::Forged);
        }
        canonical::check(line)?;
        let manifest: Manifest = serde_json::from_slice(line)
            .map_err(|error| Disbelieved::NotAManifest { why: error.to_string() })?;
        if manifest.centre != expected_centre {
            return Err(Disbelieved::OtherCentre {
                found: manifest.centre,
                expected: expected_centre.into(),
            });
        }
        Ok(manifest)
    }

    /// Its name: the SHA-256 of the signed bytes, as a contact gives it and as its `ETag`.
    pub fn id(signed: &[u8]) -> Hash {
        Hash::of(signed)
    }
}

impl SectionManifest {
    /// The steps that lead from `held` to this generation, if the list reaches back that far.
    ///
    /// An empty answer means nothing is to be done; `None` means the snapshot must be taken.
    pub fn steps_from(&self, held: u64) -> Option<&[Step]> {
        if held == self.generation {
            return Some(&[]);
        }
        let start = self.steps.iter().position(|step| step.from == held)?;
        let chain = &self.steps[start..];
        let unbroken = chain.windows(2).all(|pair| pair[0].to == pair[1].from);
        (unbroken && chain.last()?.to == self.generation).then_some(chain)
    }

    /// Rows over all kinds.
    pub fn rows(&self) -> u64 {
        self.kinds.values().fold(0, |sum, kind| sum.saturating_add(kind.count))
    }

    /// Stored bytes of the whole snapshot.
    pub fn snapshot_bytes(&self) -> u64 {
        self.snapshot.iter().fold(0, |sum, blob| sum.saturating_add(blob.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: u64, to: u64) -> Step {
        Step { bytes: 1, from, rows: 1, sha256: Hash::NONE, to }
    }

    fn section(generation: u64, steps: Vec<Step>) -> SectionManifest {
        SectionManifest { generation, steps, ..SectionManifest::default() }
    }

    #[test]
    fn steps_lead_to_the_present_or_not_at_all() {
        let whole = section(9, vec![step(2, 5), step(5, 9)]);
        assert_eq!(whole.steps_from(9), Some(&[][..]));
        assert_eq!(whole.steps_from(5).unwrap().len(), 1);
        assert_eq!(whole.steps_from(2).unwrap().len(), 2);
        assert_eq!(whole.steps_from(3), None);
        assert_eq!(section(9, vec![step(2, 5), step(6, 9)]).steps_from(2), None);
        assert_eq!(section(9, vec![step(2, 5)]).steps_from(2), None);
    }

    #[test]
    fn only_the_tenants_own_manifest_of_this_centre_is_believed() {
        let (tenant, other) = (PrivateKey::from_seed(&[1; 32]), PrivateKey::from_seed(&[2; 32]));
        let manifest = Manifest {
            centre: "main".into(),
            epoch: "e1".into(),
            generation: 1,
            live: 0,
            published_ms: 5,
            sections: BTreeMap::from([("items".into(), section(1, vec![]))]),
        };
        let signed = manifest.sign(&tenant).unwrap();

        assert_eq!(Manifest::verify(&signed, &tenant.public(), "main"), Ok(manifest));
        assert_eq!(Manifest::verify(&signed, &other.public(), "main"), Err(Disbelieved::Forged));
        assert!(matches!(
            Manifest::verify(&signed, &tenant.public(), "north"),
            Err(Disbelieved::OtherCentre { .. })
        ));
        for at in 0..signed.len() {
            let mut altered = signed.clone();
            altered[at] ^= 1;
            assert!(Manifest::verify(&altered, &tenant.public(), "main").is_err(), "byte {at}");
        }
    }
}
