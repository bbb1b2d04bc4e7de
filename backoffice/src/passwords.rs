//! argon2id (RFC 9106), m = 19 MiB, t = 2, p = 1, as PHC strings.

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};

use tillkit_protocol::problem::ProblemType;
use tokio::sync::Semaphore;

use crate::{
    error::{Error, Result},
    ingest::aside,
};

/// Hashes at the same time: each has 19 MiB of memory and a core to itself.
const AT_ONCE: usize = 2;
/// How many may wait for that.
const WAITING: usize = 64;

/// Where hashing takes turns: nobody takes all memory by asking often.
#[derive(Debug)]
pub(crate) struct Hashing {
    free: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Hashing {
    fn default() -> Hashing {
        Hashing { free: Semaphore::new(AT_ONCE), waiting: AtomicUsize::new(0) }
    }
}

impl Hashing {
    /// The PHC string of a secret.
    ///
    /// # Errors
    /// A refusal if too many wait.
    pub(crate) async fn hash(&self, secret: Vec<u8>, salt: [u8; 16]) -> Result<String> {
        self.run(move || hash(&secret, &salt)).await?
    }

    /// Whether a PHC string is of this secret.
    ///
    /// # Errors
    /// A refusal if too many wait.
    pub(crate) async fn verifies(&self, phc: String, secret: Vec<u8>) -> Result<bool> {
        self.run(move || verifies(&phc, &secret)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        struct Waits<'a>(&'a AtomicUsize);
        impl Drop for Waits<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waits = Waits(&self.waiting);
        if before >= AT_ONCE + WAITING {
            return Err(Error::refused(ProblemType::Busy, "too many are signing in at the moment"));
        }
        let _free = self.free.acquire().await.map_err(|_| Error::Stopping)?;
        aside(work).await
    }
}

/// The PHC string of a secret. Takes tens of milliseconds.
fn hash(secret: &[u8], salt: &[u8; 16]) -> Result<String> {
    let params =
        Params::new(19_456, 2, 1, None).map_err(|_| Error::Unreadable("the parameters of argon2"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed: PasswordHash =
        argon2.hash_password_with_salt(secret, salt).map_err(|_| Error::Unreadable("a salt"))?;
    Ok(hashed.to_string())
}

/// Whether a PHC string is of this secret. Takes as long as [`hash`].
fn verifies(phc: &str, secret: &[u8]) -> bool {
    let Ok(hashed) = PasswordHash::new(phc) else { return false };
    Argon2::default().verify_password(secret, &hashed).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let phc = hash("pröva".as_bytes(), &[7; 16]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verifies(&phc, "pröva".as_bytes()));
        assert!(!verifies(&phc, b"prova"));
        assert!(!verifies("", b""));
    }
}
