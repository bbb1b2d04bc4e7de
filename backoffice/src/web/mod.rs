//! The web administration: one live page at `/`, for people with a browser.
//!
//! The server writes HTML; htmx asks for the piece that an event of `events` names, so nothing is
//! reloaded. Thin like `admin`: what is decided stands in `drafts`, `publish` and `enrol`, what is
//! asked in `store`. Nothing comes from a third host, and no script stands in a page.

mod documents;
mod events;
mod findings;
mod items;
mod names;
mod page;
mod publishing;
mod session;
mod show;
mod statics;
mod tills;

use std::{convert::Infallible, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use tillkit_protocol::problem::ProblemType;

use crate::{Backoffice, api::whole, error::Error};

pub(crate) use session::Person;

/// The page, its pieces, what they post, and the files they need.
pub(crate) fn router(office: &Arc<Backoffice>) -> Router {
    Router::new()
        .route("/", get(page::page))
        .route("/web/sign-in", post(session::sign_in))
        .route("/web/sign-out", post(session::sign_out))
        .route("/web/static/{name}", get(statics::file))
        .route("/web/events", get(events::events))
        .route("/web/nav", get(page::nav))
        .route("/web/documents", get(documents::list))
        .route("/web/documents/{till}/{enrolment}/{seq}/{fork}", get(documents::one))
        .route("/web/findings", get(findings::list))
        .route("/web/centres/{centre}/items", get(items::list))
        .route("/web/centres/{centre}/items/price", post(items::put_price))
        .route("/web/centres/{centre}/draft", get(publishing::bar))
        .route("/web/centres/{centre}/publish", get(publishing::ask).post(publishing::publish))
        .route("/web/tills", get(tills::list).post(tills::add))
        .route("/web/tills/import", post(tills::import))
        .route("/web/tills/pairing", post(tills::pair))
        .route("/web/tills/revoke", post(tills::revoke))
        .layer(from_fn(guard))
        .with_state(office.clone())
}

/// Refuses what another site has a browser post, and tells browsers to trust nothing but this server.
async fn guard(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut answer = if is_safe || is_same_origin(request.headers()) {
        match without_nul(request).await {
            Ok(request) => next.run(request).await,
            Err(refused) => Refusal(refused).into_response(),
        }
    } else {
        (StatusCode::FORBIDDEN, "This request came from another site.\n").into_response()
    };
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer` browsers would send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Refuses a form that holds a NUL: no table takes one.
async fn without_nul(request: Request) -> Result<Request, Error> {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    if request.headers().get(header::CONTENT_TYPE) != Some(&form) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = whole(body, FORM_BYTES).await?;
    if body.windows(3).any(|window| window == b"%00") || body.contains(&0) {
        return Err(Error::malformed("the form holds the character U+0000, which is no text"));
    }
    Ok(Request::from_parts(parts, body.into()))
}

/// A form, in bytes.
const FORM_BYTES: usize = 64 << 10;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether the browser says that a page of ours asks; one that says nothing is not believed.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text("origin").and_then(|origin| origin.parse::<Uri>().ok());
    let origin = origin.as_ref().and_then(Uri::authority).map(|authority| authority.as_str());
    origin.is_some() && origin == text("host")
}

/// What a handler of this module answers where it does not answer what was asked for.
pub(crate) struct Refusal(Error);

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Refusal {
        Refusal(error.into())
    }
}

type Shown = Result<Response, Refusal>;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, why) = in_words(&self.0);
        let mut answer = show(status, &Alert { why: &why });
        if status == StatusCode::UNAUTHORIZED {
            // The session has ended: the whole page goes back to signing in.
            answer.headers_mut().insert("hx-redirect", HeaderValue::from_static("/"));
        }
        answer
    }
}

#[derive(Template)]
#[template(path = "alert.html")]
struct Alert<'a> {
    why: &'a str,
}

/// A refusal as a person reads it. What failed inside is for the log.
fn in_words(error: &Error) -> (StatusCode, String) {
    match error {
        Error::Refused { kind, detail } => {
            let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let why = match kind {
                ProblemType::Malformed | ProblemType::NotFound if !detail.is_empty() => sentence(detail),
                _ if detail.is_empty() => kind.title().to_string(),
                _ => format!("{} {}", kind.title(), sentence(detail)),
            };
            (status, why)
        }
        error => {
            tracing::error!(%error, "a page could not be shown");
            (StatusCode::SERVICE_UNAVAILABLE, "The back office failed. Try again in a moment.".into())
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// Writes a template as an answer.
fn show(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn shown(template: &impl Template) -> Shown {
    Ok(show(StatusCode::OK, template))
}

/// The headers of a request, where a handler takes its body apart itself.
struct Headers(HeaderMap);

impl<S: Sync> FromRequestParts<S> for Headers {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Headers, Infallible> {
        Ok(Headers(parts.headers.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_same_origin(&headers.collect())
    }

    #[test]
    fn only_a_page_of_this_server_may_post() {
        assert!(says(&[("sec-fetch-site", "same-origin")]));
        assert!(says(&[("origin", "http://shop.test:8080"), ("host", "shop.test:8080")]));
        assert!(says(&[("origin", "https://shop.test"), ("host", "shop.test")]));

        assert!(!says(&[]));
        assert!(!says(&[("host", "shop.test")]));
        assert!(!says(&[("sec-fetch-site", "same-site")]));
        assert!(!says(&[("sec-fetch-site", "cross-site"), ("origin", "http://a.test"), ("host", "a.test")]));
        assert!(!says(&[("origin", "null"), ("host", "shop.test")]));
        assert!(!says(&[("origin", "http://evil.test"), ("host", "shop.test")]));
        assert!(!says(&[("origin", "http://shop.test:81"), ("host", "shop.test")]));
    }

    #[test]
    fn a_refusal_reads_as_a_sentence() {
        let refused = Error::malformed("item/tea: member price: \"x\" is no unit price");
        let (status, why) = in_words(&refused);
        assert_eq!((status.as_u16(), why.as_str()), (400, "Item/tea: member price: \"x\" is no unit price."));
        let (status, why) = in_words(&Error::Overtaken);
        assert_eq!((status.as_u16(), why.as_str()), (503, "The back office failed. Try again in a moment."));
    }
}
