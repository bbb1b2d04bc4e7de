//! How a device becomes a till: a code on a screen, a key that never leaves the phone.
//!
//! A code is good once, for 15 minutes. The same device asking again gets the same answer, because
//! its first answer may have been lost; another device is told that the code is used.

use std::net::IpAddr;

use tillkit_domain::text;
use tillkit_protocol::{
    problem::ProblemType,
    wire::{Enrol, Enrolled, Remembered, normal_code},
};

use crate::{
    Backoffice,
    error::{Error, Result},
    news::Topic,
    store::{
        TenantId, Tx,
        tills::{self, NewEnrolment},
    },
};

/// How long a pairing code is good.
pub const CODE_MS: i64 = 15 * 60_000;
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code that somebody is to type or scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// Eight Crockford base32 characters.
    pub code: String,
    /// When it ends, server clock.
    pub expires_ms: i64,
}

/// Makes or renames a till.
///
/// # Errors
/// A refusal if the id is not 1 to 32 letters, digits, `-` or `_`, or the name is no text.
pub async fn put_till(office: &Backoffice, tenant: TenantId, till: &str, name: &str) -> Result<()> {
    check_id(till)?;
    if text::is_blank(name) {
        return Err(Error::malformed("the till's name has nothing to read in it"));
    }
    text::check("the till's name", name, text::NAME_CHARS)
        .map_err(|why| Error::malformed(why.to_string()))?;
    tills::put_till(&office.store, tenant, till, name).await?;
    office.news.tell(tenant, &[Topic::Tills]);
    Ok(())
}

/// Takes an enrolment back: from now on it can only upload.
///
/// # Errors
/// A refusal if there is no such enrolment.
pub(crate) async fn revoke(office: &Backoffice, tenant: TenantId, till: &str, enrolment: u32) -> Result<()> {
    if !tills::revoke(&office.store, tenant, till, enrolment, office.clock.now_ms()).await? {
        return Err(Error::not_found(format!("there is no enrolment {till}/{enrolment}")));
    }
    office.news.tell(tenant, &[Topic::Tills]);
    Ok(())
}

/// A pairing code with all that a QR must carry: the code, the tenant key's fingerprint and where the
/// back office is.
pub(crate) async fn invite(
    office: &Backoffice,
    tenant: TenantId,
    till: &str,
    url: &str,
) -> Result<(PairingCode, serde_json::Value)> {
    let code = make_code(office, tenant, till).await?;
    let key = office.tenant(tenant).ok_or(Error::Unreadable("a tenant"))?.key.public();
    let qr = serde_json::json!({"code": code.code, "key": key.fingerprint(), "url": url});
    Ok((code, qr))
}

/// Ids that people choose go into series, tokens and addresses, so they are short and plain.
pub(crate) fn check_id(id: &str) -> Result<()> {
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_plain && (1..=32).contains(&id.len()) {
        return Ok(());
    }
    Err(Error::malformed(format!("{id:?} is not an id: 1 to 32 letters, digits, - or _")))
}

/// Makes a code for an existing till.
///
/// # Errors
/// A refusal if there is no such till.
pub async fn make_code(office: &Backoffice, tenant: TenantId, till: &str) -> Result<PairingCode> {
    let bits = office.random.bytes::<5>()?.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letter = |place: u32| char::from(CROCKFORD[(bits >> (5 * place) & 31) as usize]);
    let code: String = (0..8).map(letter).collect();
    let expires_ms = office.clock.now_ms() + CODE_MS;
    if tills::put_pairing(&office.store, tenant, till, &code, expires_ms).await? {
        Ok(PairingCode { code, expires_ms })
    } else {
        Err(Error::not_found(format!("there is no till {till}")))
    }
}

/// Enrols the device at `from`, or says why not; too many failures from one address are refused unread.
pub(crate) async fn enrol(office: &Backoffice, from: IpAddr, request: &Enrol) -> Result<Enrolled> {
    let now_ms = office.clock.now_ms();
    let too_many = || Error::refused(ProblemType::TooMany, "too many attempts to enrol from this address");
    let turn = office.attempts.turn(from, now_ms).await.ok_or_else(too_many)?;
    let enrolled = enrol_proven(office, request, now_ms).await;
    if matches!(enrolled, Err(Error::Refused { .. })) {
        turn.was_wrong();
    }
    enrolled
}

async fn enrol_proven(office: &Backoffice, request: &Enrol, now_ms: i64) -> Result<Enrolled> {
    if request.device.len() > 200 {
        return Err(Error::malformed("the device's name has more than 200 bytes"));
    }
    if request.remembered.len() > Enrol::MOST_REMEMBERED {
        return Err(Error::malformed("the device remembers more enrolments than it may"));
    }
    if !request.is_proven() {
        return Err(Error::refused(ProblemType::BadProof, ""));
    }
    let code = normal_code(&request.code);
    let code = code.as_str();
    let (tenant, till, enrolment) = office
        .store
        .write(|tx| Box::pin(async move { enrol_in(office, tx, code, request, now_ms).await }))
        .await?;
    office.news.tell(tenant, &[Topic::Tills]);
    let tenant = office.tenant(tenant).ok_or(Error::Unreadable("the tenant of a pairing code"))?;
    Ok(Enrolled {
        enrolment,
        now_ms,
        series: series(&till, enrolment),
        tenant: tenant.name.clone(),
        tenant_key: tenant.key.public(),
        till,
    })
}

async fn enrol_in(
    office: &Backoffice,
    tx: &mut Tx<'_>,
    code: &str,
    request: &Enrol,
    now_ms: i64,
) -> Result<(TenantId, String, u32)> {
    let pairing = tills::pairing(tx, code).await?;
    let pairing = pairing.ok_or_else(|| Error::refused(ProblemType::CodeUnknown, ""))?;
    if let Some((key, enrolment)) = pairing.used_by {
        let is_same = key == request.public_key.as_bytes();
        return if is_same {
            Ok((pairing.tenant, pairing.till, enrolment))
        } else {
            Err(Error::refused(ProblemType::CodeUsed, ""))
        };
    }
    if now_ms >= pairing.expires_ms {
        return Err(Error::refused(ProblemType::CodeExpired, ""));
    }
    let new = |enrolment, key, revoked_ms| NewEnrolment {
        tenant: pairing.tenant,
        till: &pairing.till,
        enrolment,
        key,
        series: series(&pairing.till, enrolment),
        device: &request.device,
        made_ms: now_ms,
        revoked_ms,
    };
    // What was made after the backup that this back office was restored from: whoever holds a code for the
    // till may say so, and from then on what its phone still has to send can be verified.
    let tenant = office.tenant(pairing.tenant).ok_or(Error::Unreadable("the tenant of a pairing code"))?;
    let tenant_key = tenant.key.public();
    let believed = 1..=Enrol::HIGHEST_REMEMBERED;
    let of_till = |it: &&Remembered| it.till == pairing.till && believed.contains(&it.enrolment);
    for old in request.remembered.iter().filter(of_till).filter(|it| it.tenant_key == tenant_key) {
        if !tills::has_enrolment(tx, pairing.tenant, &pairing.till, old.enrolment).await? {
            tills::make_enrolment(tx, &new(old.enrolment, &old.public_key, Some(now_ms))).await?;
        }
    }
    // A number that the phone has had, at whatever back office, would be its own documents' again.
    let had = request.remembered.iter().filter(of_till).map(|it| it.enrolment).max().unwrap_or(0);
    let enrolment = tills::next_enrolment(tx, pairing.tenant, &pairing.till).await?.max(had + 1);
    tills::make_enrolment(tx, &new(enrolment, &request.public_key, None)).await?;
    tills::use_code(tx, code, &request.public_key, enrolment).await?;
    Ok((pairing.tenant, pairing.till, enrolment))
}

/// The series of a till's n-th enrolment: the till, then A … Z, AA, …; a till that ends in a letter
/// has a dash in between, so that no two of a tenant are ever the same text.
pub(crate) fn series(till: &str, enrolment: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = enrolment;
    while rest > 0 {
        rest -= 1;
        letters.insert(0, b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    let letters = String::from_utf8(letters).unwrap_or_default();
    let dash = if till.ends_with(|letter: char| letter.is_ascii_alphabetic()) { "-" } else { "" };
    format!("{till}{dash}{letters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_enrolments_of_any_two_tills_share_a_series() {
        assert_eq!(series("T3", 1), "T3A");
        assert_eq!(series("T3", 26), "T3Z");
        assert_eq!(series("T3", 27), "T3AA");
        assert_eq!(series("KASA", 2), "KASA-B");
        let tills = ["T", "T3", "T3A", "T33", "T3-", "T3-A", "T_", "KASA", "KASA-A", "KASAA"];
        let mut seen = std::collections::HashSet::new();
        for till in tills {
            for enrolment in 1..=800 {
                assert!(seen.insert(series(till, enrolment)), "{till} {enrolment}");
            }
        }
    }
}
