//! Refusals: RFC 9457 `application/problem+json` with a stable type and what to do about it.

use serde::{Deserialize, Serialize};

/// The media type of a refusal.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What a till may do about a refusal. It acts on this and on the type, never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same request again, at once.
    Now,
    /// Again later, at growing distances.
    Backoff,
    /// Never the same request.
    Never,
    /// After proving who it is again.
    Reauth,
    /// After an update of the app.
    Upgrade,
    /// After somebody has acted in the back office.
    Operator,
    /// A word of a newer version: treated as [`Retry::Backoff`].
    #[serde(other)]
    Unknown,
}

macro_rules! types {
    ($($variant:ident $name:literal $status:literal $retry:ident $title:literal;)*) => {
        /// The stable types of refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemType {
            $(#[doc = $title] $variant,)*
        }

        impl ProblemType {
            /// Every type this version knows.
            pub const ALL: &'static [ProblemType] = &[$(ProblemType::$variant,)*];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(ProblemType::$variant => $name,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 {
                match self { $(ProblemType::$variant => $status,)* }
            }

            /// What a till may do about it.
            pub fn retry(self) -> Retry {
                match self { $(ProblemType::$variant => Retry::$retry,)* }
            }

            /// One sentence for people.
            pub fn title(self) -> &'static str {
                match self { $(ProblemType::$variant => $title,)* }
            }
        }
    };
}

types! {
    CodeUnknown "code-unknown" 404 Never "The pairing code does not exist.";
    CodeUsed "code-used" 409 Never "The pairing code was used by another device.";
    CodeExpired "code-expired" 410 Never "The pairing code has expired.";
    BadProof "bad-proof" 403 Never "The proof does not fit the public key.";
    Clock "clock" 401 Now "The till's clock is too far from the server's.";
    Unauthorised "unauthorised" 401 Reauth "The token is missing, wrong or expired.";
    Revoked "revoked" 403 Operator "The till has been revoked: it can only upload.";
    Version "version" 426 Upgrade "The major versions of till and back office differ.";
    NoSubscription "no-subscription" 409 Operator "The till has not chosen a centre.";
    NotFound "not-found" 404 Never "There is nothing at this address for this till.";
    TooLarge "too-large" 413 Never "The request is larger than allowed.";
    Malformed "malformed" 400 Never "The request is not understood.";
    SharedCodes "shared-codes" 409 Operator "One code stands on two items.";
    TooMany "too-many" 429 Backoff "Too many requests.";
    Busy "busy" 503 Backoff "The back office cannot answer now.";
    Internal "internal" 500 Backoff "The back office failed.";
}

/// A refusal as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{title} ({kind}){}", detail.as_deref().map(|detail| format!(" {detail}")).unwrap_or_default())]
pub struct Problem {
    /// Stable; see [`ProblemType`].
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What may be done.
    pub retry: Retry,
    /// The facts of this case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// Server clock, Unix milliseconds: so that a till with a wrong clock can prove itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub now_ms: Option<i64>,
}

impl Problem {
    /// A refusal of this type.
    pub fn of(kind: ProblemType) -> Problem {
        Problem {
            kind: kind.name().into(),
            title: kind.title().into(),
            status: kind.status(),
            retry: kind.retry(),
            detail: None,
            now_ms: None,
        }
    }

    /// With the facts of this case.
    pub fn because(mut self, detail: impl Into<String>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    /// With the server's clock.
    pub fn at(mut self, now_ms: i64) -> Problem {
        self.now_ms = Some(now_ms);
        self
    }

    /// Whether it is of this type.
    pub fn is(&self, kind: ProblemType) -> bool {
        self.kind == kind.name()
    }
}
