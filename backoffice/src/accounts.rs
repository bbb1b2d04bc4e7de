//! Who may sign in to the web administration, and for how long a browser stays signed in.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tillkit_protocol::{Hash, problem::ProblemType};

use crate::{
    Backoffice,
    error::{Error, Result},
    store::{
        TenantId,
        web::{self, SessionRow},
    },
};

/// The account that is made at first start.
pub(crate) const OWNER: &str = "owner";
/// How long a browser stays signed in.
pub(crate) const SESSION_MS: i64 = 12 * 60 * 60_000;
/// What keeps a guesser of hashes busy, and what a request may carry.
const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 10..=200;
/// The hash of no password anybody has: an unknown name takes as long to refuse as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes an account or changes its password, which signs it out everywhere; returns its name as kept.
pub(crate) async fn put(office: &Backoffice, tenant: TenantId, name: &str, password: &str) -> Result<String> {
    let name = name.trim().to_lowercase();
    if name.is_empty() || name.len() > 100 {
        return Err(Error::malformed("an account's name has 1 to 100 bytes"));
    }
    if !PASSWORD_CHARACTERS.contains(&password.chars().count()) {
        let (low, high) = (PASSWORD_CHARACTERS.start(), PASSWORD_CHARACTERS.end());
        return Err(Error::malformed(format!("a password has {low} to {high} characters")));
    }
    let hashed = office.hashing.hash(password.into(), office.random.bytes()?).await?;
    web::put_account(&office.store, tenant, &name, &hashed).await?;
    Ok(name)
}

/// Makes the first account of a tenant that has none; returns its password if nobody has chosen one.
pub(crate) async fn make_first(
    office: &Backoffice,
    tenant: TenantId,
    chosen: Option<&str>,
) -> Result<Option<String>> {
    if web::has_account(&office.store, tenant).await? {
        return Ok(None);
    }
    let made = match chosen {
        Some(_) => None,
        None => Some(URL_SAFE_NO_PAD.encode(office.random.bytes::<12>()?)),
    };
    let password = chosen.or(made.as_deref()).unwrap_or_default();
    match put(office, tenant, OWNER, password).await {
        Err(Error::Refused { detail, .. }) => Err(Error::Setup(format!("the owner's password: {detail}"))),
        put => put.map(|_| made),
    }
}

/// What is typed to sign in.
pub(crate) struct SignIn<'a> {
    /// The tenant's name; empty for the first one.
    pub(crate) shop: &'a str,
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
}

/// Signs in and returns what the browser's cookie is to hold.
///
/// # Errors
/// A refusal that does not say which of name and password was wrong, or that tells to wait.
pub(crate) async fn sign_in(office: &Backoffice, from: IpAddr, typed: &SignIn<'_>) -> Result<String> {
    let now_ms = office.clock.now_ms();
    let too_many = || Error::refused(ProblemType::TooMany, "too many attempts to sign in from this address");
    let turn = office.sign_ins.turn(from, now_ms).await.ok_or_else(too_many)?;
    let name = typed.name.trim().to_lowercase();
    let tenant = match typed.shop.trim() {
        "" => office.first_tenant(),
        shop => office.tenant_named(shop),
    };
    let kept = match &tenant {
        Some(tenant) => web::password(&office.store, tenant.id, &name).await?,
        None => None,
    };
    let password: String = typed.password.chars().take(*PASSWORD_CHARACTERS.end() + 1).collect();
    let phc = kept.unwrap_or_else(|| NOBODY.into());
    let is_right = office.hashing.verifies(phc, password.into()).await?;
    let Some(tenant) = tenant.filter(|_| is_right) else {
        turn.was_wrong();
        return Err(Error::refused(ProblemType::Unauthorised, "name or password is wrong"));
    };
    let token = URL_SAFE_NO_PAD.encode(office.random.bytes::<32>()?);
    let session = SessionRow { tenant: tenant.id, name, expires_ms: now_ms + SESSION_MS };
    web::put_session(&office.store, &Hash::of(token.as_bytes()), &session, now_ms).await?;
    Ok(token)
}

/// Who holds a cookie's token.
pub(crate) async fn session(office: &Backoffice, token: &str) -> Result<Option<SessionRow>> {
    web::session(&office.store, &Hash::of(token.as_bytes()), office.clock.now_ms()).await
}

/// Signs out.
pub(crate) async fn sign_out(office: &Backoffice, token: &str) -> Result<()> {
    web::end_session(&office.store, &Hash::of(token.as_bytes())).await
}
