//! Judges documents by what is held already: new, known or a fork; and how far the chain is whole.
//!
//! Pure: `ingest.rs` brings what the database holds and writes down what is decided here. Links are
//! judged over what is stored, not over what arrives, since uploads may overtake each other.

use std::collections::BTreeMap;

use tillkit_protocol::Hash;

/// How far an enrolment's documents are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Unbroken from 1 up to here.
    pub(crate) through: u64,
    /// Hash of the document at `through`.
    pub(crate) head: Hash,
    /// The highest seq here, perhaps beyond a gap.
    pub(crate) top: u64,
    /// Counts the writes, so that overlapping ones are told apart.
    pub(crate) stored: u64,
    /// Where a gap has been objected to and still is.
    pub(crate) open_gap: Option<u64>,
}

/// What is to be done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing of this seq is held: it is filed.
    New,
    /// The same is held already.
    Known,
    /// Another of this seq is held: it is filed beside it, as the n-th.
    Fork(u64),
}

/// Hashes held of each seq, the first stored first.
pub(crate) type Held = BTreeMap<u64, Vec<Hash>>;

/// Files one document among what is held.
pub(crate) fn file(held: &mut Held, seq: u64, hash: Hash) -> Fate {
    let hashes = held.entry(seq).or_default();
    if hashes.contains(&hash) {
        return Fate::Known;
    }
    hashes.push(hash);
    match hashes.len() {
        1 => Fate::New,
        more => Fate::Fork(more as u64 - 1),
    }
}

/// A document's own hash and the one it names as the one before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) hash: Hash,
    pub(crate) prev: Hash,
}

/// Why a chain does not reach further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The next document is not among the links given.
    Missing,
    /// The next document names another one before it.
    Broken,
}

impl Chain {
    /// The chain before its first document.
    #[cfg(test)]
    fn empty() -> Chain {
        Chain { through: 0, head: Hash::NONE, top: 0, stored: 0, open_gap: None }
    }

    /// Follows the links as far as they lead.
    pub(crate) fn follow(&mut self, links: &BTreeMap<u64, Link>) -> Stop {
        while let Some(link) = links.get(&(self.through + 1)) {
            if link.prev != self.head {
                return Stop::Broken;
            }
            self.through += 1;
            self.head = link.hash;
        }
        Stop::Missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> Hash {
        if n == 0 { Hash::NONE } else { Hash::of(&n.to_be_bytes()) }
    }

    fn links(seqs: impl IntoIterator<Item = u64>) -> BTreeMap<u64, Link> {
        seqs.into_iter().map(|seq| (seq, Link { hash: hash(seq), prev: hash(seq - 1) })).collect()
    }

    #[test]
    fn a_seq_is_new_once_known_after_and_forked_by_other_bytes() {
        let mut held = Held::new();
        assert_eq!(file(&mut held, 1, hash(1)), Fate::New);
        assert_eq!(file(&mut held, 1, hash(1)), Fate::Known);
        assert_eq!(file(&mut held, 1, hash(8)), Fate::Fork(1));
        assert_eq!(file(&mut held, 1, hash(9)), Fate::Fork(2));
        assert_eq!(file(&mut held, 1, hash(8)), Fate::Known);
    }

    #[test]
    fn a_chain_reaches_up_to_the_first_gap_or_broken_link() {
        let mut chain = Chain::empty();
        assert_eq!(chain.follow(&links([1, 2, 4])), Stop::Missing);
        assert_eq!((chain.through, chain.head), (2, hash(2)));
        assert_eq!(chain.follow(&links([3, 4])), Stop::Missing);
        assert_eq!(chain.through, 4);

        let mut broken = links([5, 6]);
        broken.insert(6, Link { hash: hash(6), prev: hash(4) });
        assert_eq!(chain.follow(&broken), Stop::Broken);
        assert_eq!(chain.through, 5);
    }
}
