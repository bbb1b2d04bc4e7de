//! Credentials that no process has to remember.
//!
//! A token is `tenant ‖ enrolment ‖ expiry ‖ till ‖ MAC`, the MAC being HMAC-SHA-256 (RFC 2104) under
//! the server's secret, cut to 128 bits. Whether the enrolment has been revoked is asked of the
//! database at each use that matters, so a token need not be taken back.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tillkit_protocol::{
    Hash,
    problem::ProblemType,
    wire::{Token, TokenRequest},
};

use crate::{
    Backoffice,
    error::{Error, Result},
    store::{TenantId, tills},
};

/// How long a token is good.
pub const TOKEN_MS: i64 = 15 * 60_000;
/// How far a till's clock may be from the server's when it proves who it is.
pub const CLOCK_MS: i64 = 5 * 60_000;
const MAC_BYTES: usize = 16;

/// Who a token was given to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bearer {
    pub(crate) tenant: TenantId,
    pub(crate) till: String,
    pub(crate) enrolment: u32,
}

/// Gives a token to whoever signs with the enrolment's key, also to a revoked one: it may still upload.
pub(crate) async fn issue(office: &Backoffice, request: &TokenRequest) -> Result<Token> {
    let now_ms = office.clock.now_ms();
    let refused = |why: &str| Error::refused(ProblemType::Unauthorised, why);
    if request.nonce.len() > 64 {
        return Err(Error::malformed("the nonce has more than 64 bytes"));
    }
    let tenant = office.tenant_named(&request.tenant).ok_or_else(|| refused("unknown enrolment"))?.id;
    let known = tills::key_and_series(&office.store, tenant, &request.till, request.enrolment).await?;
    let (key, _) = known.ok_or_else(|| refused("unknown enrolment"))?;
    if !request.is_signed_by(&key) {
        return Err(refused("the signature is not the enrolment's"));
    }
    // What an earlier process has seen is forgotten: a proof from before this one may be a second time.
    let is_of_before = request.at_ms < office.nonces.since_ms;
    if is_of_before || request.at_ms.abs_diff(now_ms) > CLOCK_MS.unsigned_abs() {
        return Err(Error::Clock { now_ms });
    }
    if !office.nonces.is_new(request, now_ms) {
        return Err(refused("the nonce has been used"));
    }
    let bearer = Bearer { tenant, till: request.till.clone(), enrolment: request.enrolment };
    let expires_ms = now_ms + TOKEN_MS;
    Ok(Token { expires_ms, now_ms, token: seal(&office.server.secret, &bearer, expires_ms)? })
}

fn seal(secret: &[u8; 32], bearer: &Bearer, expires_ms: i64) -> Result<String> {
    let tenant = u32::try_from(bearer.tenant).map_err(|_| Error::Unreadable("a tenant's number"))?;
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(&tenant.to_be_bytes());
    bytes.extend_from_slice(&bearer.enrolment.to_be_bytes());
    bytes.extend_from_slice(&expires_ms.to_be_bytes());
    bytes.extend_from_slice(bearer.till.as_bytes());
    let mac = mac(secret, b"token", &bytes)?;
    bytes.extend_from_slice(&mac[..MAC_BYTES]);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Who holds the token, if it is ours and has not expired.
pub(crate) fn open(secret: &[u8; 32], token: &str, now_ms: i64) -> Option<(Bearer, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (said, given) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
    let mut expected = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    expected.update(b"token");
    expected.update(said);
    expected.verify_truncated_left(given).ok()?;
    let (tenant, rest) = said.split_first_chunk()?;
    let (enrolment, rest) = rest.split_first_chunk()?;
    let (expires, till) = rest.split_first_chunk()?;
    let expires_ms = i64::from_be_bytes(*expires);
    let bearer = Bearer {
        tenant: i64::from(u32::from_be_bytes(*tenant)),
        till: String::from_utf8(till.to_vec()).ok()?,
        enrolment: u32::from_be_bytes(*enrolment),
    };
    (now_ms < expires_ms).then_some((bearer, expires_ms))
}

/// HMAC-SHA-256 of a label and some bytes.
pub(crate) fn mac(secret: &[u8], label: &[u8], bytes: &[u8]) -> Result<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Error::Unreadable("a key"))?;
    mac.update(label);
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().into())
}

/// The administrator's token of a tenant: follows from the server's secret, so nothing is kept.
pub(crate) fn admin_token(secret: &[u8; 32], tenant: TenantId) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(&mac(secret, b"admin", &tenant.to_be_bytes())?[..24]))
}

/// Proofs seen in the window in which they would still be good, in this process's memory.
#[derive(Debug)]
pub(crate) struct Nonces {
    /// When the process began.
    since_ms: i64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    until_ms: HashMap<Hash, i64>,
    sweep_at: usize,
}

impl Nonces {
    pub(crate) fn since(since_ms: i64) -> Nonces {
        Nonces { since_ms, seen: Mutex::default() }
    }

    fn is_new(&self, request: &TokenRequest, now_ms: i64) -> bool {
        let TokenRequest { tenant, till, enrolment, nonce, .. } = request;
        let name = Hash::of(format!("{tenant}\0{till}\0{enrolment}\0{nonce}").as_bytes());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.until_ms.len() >= seen.sweep_at {
            seen.until_ms.retain(|_, until_ms| *until_ms >= now_ms);
            seen.sweep_at = 2 * seen.until_ms.len() + 1_000;
        }
        seen.until_ms.insert(name, request.at_ms + CLOCK_MS).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_short_opens_until_it_expires_and_never_altered() {
        let bearer = Bearer { tenant: 1, till: "T".repeat(32), enrolment: 7 };
        let token = seal(&[1; 32], &bearer, 1_000).unwrap();
        assert!(token.len() < 100, "{} characters", token.len());

        assert_eq!(open(&[1; 32], &token, 999), Some((bearer, 1_000)));
        assert_eq!(open(&[1; 32], &token, 1_000), None);
        assert_eq!(open(&[2; 32], &token, 999), None);
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&[1; 32], std::str::from_utf8(&altered).unwrap(), 999), None, "at {at}");
        }
        assert_eq!(open(&[1; 32], "", 999), None);
    }
}
