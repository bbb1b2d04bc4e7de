//! Signing in and out, and who is asking.

use std::{net::SocketAddr, sync::Arc};

use askama::Template;
use axum::{
    Form,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tillkit_protocol::problem::ProblemType;

use super::{
    Headers, Refusal, Shown, in_words, show,
    statics::{ASSETS, Assets},
};
use crate::{
    Backoffice,
    accounts::{self, SESSION_MS, SignIn},
    api::reached_at,
    error::Error,
    store::TenantId,
};

const COOKIE: &str = "tillkit_session";

/// Who is signed in. A handler that takes one is not called for anybody else.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    /// When the session ends.
    pub(crate) expires_ms: i64,
    /// What the cookie holds.
    pub(crate) token: String,
}

impl FromRequestParts<Arc<Backoffice>> for Person {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Backoffice>) -> Result<Person, Refusal> {
        let unauthorised = || Error::refused(ProblemType::Unauthorised, "");
        let token = token_of(&parts.headers).ok_or_else(unauthorised)?;
        let session = accounts::session(office, token).await?.ok_or_else(unauthorised)?;
        let (tenant, expires_ms) = (session.tenant, session.expires_ms);
        Ok(Person { tenant, name: session.name, expires_ms, token: token.into() })
    }
}

fn token_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

/// `Secure` where the page was reached over TLS: a browser then never sends it in the clear.
fn cookie(token: &str, max_age_s: i64, headers: &HeaderMap) -> Option<HeaderValue> {
    let secure = if reached_at(headers).starts_with("https:") { "; Secure" } else { "" };
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).ok()
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    assets: &'a Assets,
    shop: &'a str,
    name: &'a str,
    has_shops: bool,
    why: Option<&'a str>,
}

/// The page of whoever is not signed in.
pub(super) fn sign_in_page(office: &Backoffice) -> Response {
    let has_shops = office.has_several_tenants();
    show(StatusCode::OK, &SignInPage { assets: &ASSETS, shop: "", name: "", has_shops, why: None })
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    shop: String,
    name: String,
    password: String,
}

/// `POST /web/sign-in`.
pub(super) async fn sign_in(
    State(office): State<Arc<Backoffice>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Headers(headers): Headers,
    Form(form): Form<SignInForm>,
) -> Shown {
    let typed = SignIn { shop: &form.shop, name: &form.name, password: &form.password };
    match accounts::sign_in(&office, from.ip(), &typed).await {
        Ok(token) => {
            let mut answer = Redirect::to("/").into_response();
            if let Some(cookie) = cookie(&token, SESSION_MS / 1_000, &headers) {
                answer.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            Ok(answer)
        }
        Err(error @ Error::Refused { .. }) => {
            let (status, why) = in_words(&error);
            let why = match status {
                StatusCode::UNAUTHORIZED => "Name or password is wrong.",
                StatusCode::TOO_MANY_REQUESTS => "Too many attempts from this address. Try again in an hour.",
                _ => why.as_str(),
            };
            let (shop, name, has_shops) = (&*form.shop, &*form.name, office.has_several_tenants());
            Ok(show(status, &SignInPage { assets: &ASSETS, shop, name, has_shops, why: Some(why) }))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/sign-out`.
pub(super) async fn sign_out(
    State(office): State<Arc<Backoffice>>,
    person: Person,
    Headers(headers): Headers,
) -> Shown {
    accounts::sign_out(&office, &person.token).await?;
    let mut answer = Redirect::to("/").into_response();
    if let Some(cookie) = cookie("", 0, &headers) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}
