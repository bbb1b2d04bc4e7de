//! Ed25519 (RFC 8032), always over a label and a hash, so that a signature made for one use is
//! worth nothing in another.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ed25519_dalek::{Signer, Verifier};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Hash;

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A document line, by the till's key.
    Document,
    /// A manifest, by the tenant's key.
    Manifest,
    /// A request for a token, by the till's key.
    Token,
    /// An enrolment: proof that the till holds the private key.
    Enrol,
    /// What a back office has stored of an export file, by the tenant's key.
    Receipt,
}

impl Use {
    fn label(self) -> &'static [u8] {
        match self {
            Use::Document => b"tillkit-doc-1",
            Use::Manifest => b"tillkit-manifest-1",
            Use::Token => b"tillkit-token-1",
            Use::Enrol => b"tillkit-enrol-1",
            Use::Receipt => b"tillkit-receipt-1",
        }
    }

    fn message(self, hash: &Hash) -> Vec<u8> {
        [self.label(), hash.as_bytes()].concat()
    }
}

/// The private half, made from 32 random bytes that its owner seals.
pub struct PrivateKey(ed25519_dalek::SigningKey);

impl PrivateKey {
    /// From 32 bytes of the caller's randomness.
    pub fn from_seed(seed: &[u8; 32]) -> PrivateKey {
        PrivateKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a hash for one use.
    pub fn sign(&self, purpose: Use, hash: &Hash) -> Signature {
        Signature(self.0.sign(&purpose.message(hash)))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PrivateKey of {}", self.public())
    }
}

/// The public half: 32 bytes, written as unpadded base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Whether `signature` is this key's over `hash` for that use.
    pub fn verifies(&self, purpose: Use, hash: &Hash, signature: &Signature) -> bool {
        self.0.verify(&purpose.message(hash), &signature.0).is_ok()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// From 32 bytes, if they are a point on the curve.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<PublicKey> {
        ed25519_dalek::VerifyingKey::from_bytes(bytes).ok().map(PublicKey)
    }

    /// From unpadded base64.
    pub fn parse(text: &str) -> Option<PublicKey> {
        PublicKey::from_bytes(&STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()?)
    }

    /// What a QR code carries to make a first contact authentic: the SHA-256 of the 32 bytes.
    pub fn fingerprint(&self) -> Hash {
        Hash::of(self.as_bytes())
    }
}

/// Whether all of these hold: the batch equation is about 2.5 times as fast as one at a time.
///
/// `false` says that at least one is wrong, not which: then verify one by one.
pub fn verify_all(purpose: Use, signed: &[(PublicKey, Hash, Signature)]) -> bool {
    let messages: Vec<Vec<u8>> = signed.iter().map(|(_, hash, _)| purpose.message(hash)).collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let signatures: Vec<_> = signed.iter().map(|(_, _, signature)| signature.0).collect();
    let keys: Vec<_> = signed.iter().map(|(key, _, _)| key.0).collect();
    ed25519_dalek::verify_batch(&messages, &signatures, &keys).is_ok()
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD_NO_PAD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        PublicKey::parse(&text).ok_or_else(|| de::Error::custom("not an Ed25519 public key in base64"))
    }
}

/// 64 bytes, written as unpadded base64: 86 characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(ed25519_dalek::Signature);

impl Signature {
    /// The length of its text.
    pub const TEXT_LEN: usize = 86;

    /// The 64 bytes.
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0.to_bytes()
    }

    /// From 64 bytes, as a database column holds them.
    pub fn from_bytes(bytes: &[u8; 64]) -> Signature {
        Signature(ed25519_dalek::Signature::from_bytes(bytes))
    }

    /// From unpadded base64.
    pub fn parse(text: &str) -> Option<Signature> {
        let bytes: [u8; 64] = STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(Signature::from_bytes(&bytes))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD_NO_PAD.encode(self.to_bytes()))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Signature::parse(&text).ok_or_else(|| de::Error::custom("not an Ed25519 signature in base64"))
    }
}

/// A line with its signature in front, parted by one space: how documents and manifests travel.
///
/// Returns the signature and the line, or `None` if `record` does not begin with a signature.
pub fn split_signed(record: &[u8]) -> Option<(Signature, &[u8])> {
    let (text, line) = record.split_at_checked(Signature::TEXT_LEN)?;
    let signature = Signature::parse(std::str::from_utf8(text).ok()?)?;
    Some((signature, line.strip_prefix(b" ")?))
}

/// The reverse of [`split_signed`].
pub fn join_signed(signature: &Signature, line: &[u8]) -> Vec<u8> {
    [signature.to_string().as_bytes(), b" ", line].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_worth_nothing_for_another_use_hash_or_key() {
        let (key, other) = (PrivateKey::from_seed(&[1; 32]), PrivateKey::from_seed(&[2; 32]));
        let hash = Hash::of(b"line");
        let signature = key.sign(Use::Document, &hash);

        assert!(key.public().verifies(Use::Document, &hash, &signature));
        assert!(!key.public().verifies(Use::Manifest, &hash, &signature));
        assert!(!key.public().verifies(Use::Document, &Hash::of(b"Line"), &signature));
        assert!(!other.public().verifies(Use::Document, &hash, &signature));
    }

    #[test]
    fn one_wrong_signature_fails_its_batch() {
        let key = PrivateKey::from_seed(&[1; 32]);
        let mut signed: Vec<_> = (0..20u8)
            .map(|n| Hash::of(&[n]))
            .map(|hash| (key.public(), hash, key.sign(Use::Document, &hash)))
            .collect();
        assert!(verify_all(Use::Document, &signed));
        signed[7].1 = Hash::of(b"altered");
        assert!(!verify_all(Use::Document, &signed));
    }

    #[test]
    fn a_record_parts_into_what_it_was_joined_from() {
        let signature = PrivateKey::from_seed(&[1; 32]).sign(Use::Document, &Hash::of(b"{}"));
        assert_eq!(split_signed(&join_signed(&signature, b"{}")), Some((signature, &b"{}"[..])));
        assert_eq!(split_signed(b"{}"), None);
    }
}
