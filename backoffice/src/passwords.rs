//! argon2id (RFC 9106), m = 19 MiB, t = 2, p = 1, as PHC strings.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};

use crate::error::{Error, Result};

/// The PHC string of a secret. Takes tens of milliseconds: call it aside.
pub(crate) fn hash(secret: &[u8], salt: &[u8; 16]) -> Result<String> {
    let params =
        Params::new(19_456, 2, 1, None).map_err(|_| Error::Unreadable("the parameters of argon2"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed: PasswordHash =
        argon2.hash_password_with_salt(secret, salt).map_err(|_| Error::Unreadable("a salt"))?;
    Ok(hashed.to_string())
}

/// Whether a PHC string is of this secret. Takes as long as [`hash`].
pub(crate) fn verifies(phc: &str, secret: &[u8]) -> bool {
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
