//! What tills ask, as `protocol/wire.rs` lists it.
//!
//! Every answer carries `Tillkit-Protocol`; one without it came from somebody else. Configuration
//! is for tills of this major version that have not been revoked; documents and their parts are taken from
//! any.

mod configuration;
mod documents;
mod identity;

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tillkit_protocol::{MAJOR, VERSION, VERSION_HEADER, major_of, problem::ProblemType};

use crate::{
    Backoffice,
    error::{Error, Result},
    store::tills::{self, Standing},
    tokens::{self, Bearer},
};

/// The till's endpoints.
pub(crate) fn router(office: &Arc<Backoffice>) -> Router {
    let whatever_the_version = Router::new()
        .route("/v1/hello", get(identity::hello))
        .route("/v1/token", post(identity::token))
        .route("/v1/documents", post(documents::upload))
        .route("/v1/parts/{sha256}", post(documents::upload_part));
    let of_this_major = Router::new()
        .route("/v1/enrol", post(identity::enrol))
        .route("/v1/centres", get(configuration::centres))
        .route("/v1/subscription", put(configuration::subscribe))
        .route("/v1/contact", post(configuration::contact))
        .route("/v1/manifest", get(configuration::manifest))
        .route("/v1/blobs/{sha256}", get(configuration::blob))
        .route("/v1/events", get(configuration::events))
        .layer(from_fn(must_be_this_major));
    whatever_the_version.merge(of_this_major).with_state(office.clone())
}

/// What stands around every route: the protocol's header, and no panic that reaches the socket.
pub(crate) fn around(router: Router) -> Router {
    let nowhere = || async { Error::not_found("no such address") };
    let router = router.fallback(nowhere).method_not_allowed_fallback(nowhere);
    router.layer(from_fn(must_be_text)).layer(from_fn(speak))
}

/// Refuses an address that names what no table can hold, before anything is asked of one.
async fn must_be_text(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let holds_nul = |text: &str| text.contains("%00");
    if holds_nul(uri.path()) || uri.query().is_some_and(holds_nul) {
        return Error::malformed("the address holds the character U+0000, which is no text").into_response();
    }
    next.run(request).await
}

async fn speak(request: Request, next: Next) -> Response {
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut answer = answered.unwrap_or_else(|_| {
        tracing::error!("a request panicked");
        Error::refused(ProblemType::Internal, "").into_response()
    });
    let name = HeaderName::from_static(VERSION_HEADER);
    answer.headers_mut().insert(name, HeaderValue::from_static(VERSION));
    answer
}

async fn must_be_this_major(request: Request, next: Next) -> Response {
    let spoken = request.headers().get(VERSION_HEADER).and_then(|version| version.to_str().ok());
    if spoken.and_then(major_of) == Some(MAJOR) {
        return next.run(request).await;
    }
    let spoken = spoken.unwrap_or("none");
    Error::refused(ProblemType::Version, format!("the till speaks {spoken}, the back office {VERSION}"))
        .into_response()
}

/// Who is asking, and when the token ends.
fn bearer(office: &Backoffice, headers: &HeaderMap) -> Result<(Bearer, i64)> {
    let unauthorised = || Error::refused(ProblemType::Unauthorised, "");
    let token = bearer_text(headers).ok_or_else(unauthorised)?;
    tokens::open(&office.server.secret, token, office.clock.now_ms()).ok_or_else(unauthorised)
}

/// The text after `Bearer`.
pub(crate) fn bearer_text(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Who is asking and where that enrolment stands, revoked or not.
async fn standing(office: &Backoffice, headers: &HeaderMap) -> Result<(Bearer, Standing)> {
    let (bearer, _) = bearer(office, headers)?;
    let standing = tills::standing(&office.store, bearer.tenant, &bearer.till, bearer.enrolment).await?;
    let standing = standing.ok_or_else(|| Error::refused(ProblemType::Unauthorised, "unknown enrolment"))?;
    Ok((bearer, standing))
}

/// The same for configuration, which a revoked till no longer gets.
async fn in_good_standing(office: &Backoffice, headers: &HeaderMap) -> Result<(Bearer, Standing)> {
    let (bearer, standing) = standing(office, headers).await?;
    if standing.is_revoked {
        return Err(Error::refused(ProblemType::Revoked, ""));
    }
    Ok((bearer, standing))
}

/// Where whoever asks has reached the back office; a proxy says whether that was over TLS.
pub(crate) fn reached_at(headers: &HeaderMap) -> String {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_tls = text(HeaderName::from_static("x-forwarded-proto")) == Some("https");
    let scheme = if is_tls { "https" } else { "http" };
    format!("{scheme}://{}", text(header::HOST).unwrap_or_default())
}

/// A request's bytes, at most so many.
pub(crate) async fn whole(body: Body, limit: usize) -> Result<Bytes> {
    let too_large = |_| Error::refused(ProblemType::TooLarge, format!("more than {limit} bytes, or cut off"));
    axum::body::to_bytes(body, limit).await.map_err(too_large)
}

/// A small JSON request. No text of it may hold a NUL: no table takes one.
pub(crate) async fn read_json<T: DeserializeOwned>(body: Body) -> Result<T> {
    let bytes = whole(body, 64 << 10).await?;
    let malformed = |error: serde_json::Error| Error::malformed(error.to_string());
    // In JSON a NUL is always written like this; only then is the request read twice.
    let may_hold_nul = bytes.windows(6).any(|window| window == br"\u0000");
    if may_hold_nul && holds_nul(&serde_json::from_slice(&bytes).map_err(malformed)?) {
        return Err(Error::malformed("a text holds the character U+0000, which is no text"));
    }
    serde_json::from_slice(&bytes).map_err(malformed)
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(members) => {
            members.iter().any(|(member, value)| member.contains('\0') || holds_nul(value))
        }
        _ => false,
    }
}

/// An answer as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Response {
    axum::Json(value).into_response()
}
