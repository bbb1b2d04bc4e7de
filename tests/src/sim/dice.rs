//! The one source of chance: a world throws these dice and nothing else.

use std::ops::Range;

use crate::bench_store::Rng;

/// A stream of chance with a name of its own, so that another throw here moves nothing there.
pub struct Dice(Rng);

impl Dice {
    /// The dice of this name in the world of this seed.
    pub fn new(seed: u64, name: &str) -> Dice {
        let mixed = name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Dice(Rng(mixed))
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Within the range.
    pub fn of(&mut self, range: Range<u64>) -> u64 {
        range.start + self.bits() % (range.end - range.start).max(1)
    }

    /// An index below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    /// True in so many of a thousand throws.
    pub fn permille(&mut self, chance: u64) -> bool {
        self.bits() % 1000 < chance
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// One of them, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, all: &[(u64, T)]) -> T {
        let mut left = self.of(0..all.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in all {
            if left < *weight {
                return *what;
            }
            left -= weight;
        }
        all[0].1
    }

    /// Fills bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.bits().to_le_bytes()[0]);
    }
}
