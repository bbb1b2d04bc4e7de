//! Hashes of bytes and the order-free digest of a kind's rows.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256 (FIPS 180-4), written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first document of an enrolment has for `prev`: there is nothing before it.
    pub const NONE: Hash = Hash([0; 32]);

    /// The hash of `bytes`.
    ///
    /// ```
    /// # use tillkit_protocol::Hash;
    /// assert!(Hash::of(b"").to_string().starts_with("e3b0c44298fc1c14"));
    /// ```
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 32 bytes that are a hash already, as a database column holds them.
    pub fn from_bytes(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }

    /// From 64 lower-case hexadecimal digits; anything else is `None`.
    pub fn parse(text: &str) -> Option<Hash> {
        parse_hex(text).map(Hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, out)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hash::parse(&text).ok_or_else(|| de::Error::custom("not a SHA-256 in lower-case hexadecimal"))
    }
}

/// What a kind's rows add up to: the sum, modulo 2^128, of each row's digest.
///
/// A row's digest is the first 16 bytes, big-endian, of SHA-256(kind ‖ 0 ‖ key ‖ 0 ‖ body), `body`
/// being the bytes as published. Addition, not XOR, so that a row twice is not a row never; and it can be
/// kept up to date by taking the old row out and putting the new one in. It finds damage; that the
/// rows are the centre's is what the manifest's signature says.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct KindDigest {
    /// How many rows.
    pub count: u64,
    /// The sum of their digests.
    pub sum: u128,
}

impl KindDigest {
    /// Counts a row in.
    pub fn add(&mut self, kind: &str, key: &str, body: &[u8]) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(row_digest(kind, key, body));
    }

    /// Takes a row that was counted in out again.
    pub fn remove(&mut self, kind: &str, key: &str, body: &[u8]) {
        self.count = self.count.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(row_digest(kind, key, body));
    }

    /// Counts another part of the same kind in.
    pub fn merge(&mut self, other: KindDigest) {
        self.count = self.count.wrapping_add(other.count);
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

impl fmt::Debug for KindDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} rows, sum {:032x}", self.count, self.sum)
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    count: u64,
    sum: String,
}

impl Serialize for KindDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { count: self.count, sum: format!("{:032x}", self.sum) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KindDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let sum = parse_hex::<16>(&wire.sum).map(u128::from_be_bytes);
        let sum = sum.ok_or_else(|| de::Error::custom("a sum is 32 lower-case hexadecimal digits"))?;
        Ok(KindDigest { count: wire.count, sum })
    }
}

fn row_digest(kind: &str, key: &str, body: &[u8]) -> u128 {
    let mut hasher = Sha256::new();
    for part in [kind.as_bytes(), key.as_bytes()] {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher.update(body);
    let hash: [u8; 32] = hasher.finalize().into();
    hash[..16].iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// In one piece: a formatter called for each byte costs more than the hash.
fn write_hex(bytes: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    let text: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    out.write_str(&text)
}

fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_with_their_multiplicity_and_without_their_order() {
        let (mut once, mut twice, mut turned) =
            (KindDigest::default(), KindDigest::default(), KindDigest::default());
        once.add("item", "a", b"{}");
        once.add("item", "b", b"{}");
        turned.add("item", "b", b"{}");
        turned.add("item", "a", b"{}");
        twice.merge(once);
        twice.add("item", "a", b"{}");

        assert_eq!(once, turned);
        assert_ne!(once, twice);
        twice.remove("item", "a", b"{}");
        assert_eq!(once, twice);
    }

    #[test]
    fn a_key_and_a_body_cannot_trade_bytes() {
        let (mut one, mut other) = (KindDigest::default(), KindDigest::default());
        one.add("item", "ab", b"c");
        other.add("item", "a", b"bc");
        assert_ne!(one, other);
    }

    #[test]
    fn upper_case_and_short_hashes_are_refused() {
        let text = Hash::of(b"x").to_string();
        assert_eq!(Hash::parse(&text), Some(Hash::of(b"x")));
        assert_eq!(Hash::parse(&text.to_uppercase()), None);
        assert_eq!(Hash::parse(&text[1..]), None);
    }
}
