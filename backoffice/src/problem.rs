//! The edge: what went wrong inside becomes `application/problem+json`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tillkit_protocol::{
    limits,
    problem::{PROBLEM_JSON, Problem, ProblemType},
};

use crate::error::Error;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Error::Refused { kind, detail } => answer(Problem::of(kind), kind, &detail),
            Error::Clock { now_ms } => {
                answer(Problem::of(ProblemType::Clock).at(now_ms), ProblemType::Clock, "")
            }
            error => {
                // What failed inside is for the log; a till learns that it may come again.
                tracing::error!(%error, "a request failed");
                let kind = inside(&error);
                answer(Problem::of(kind), kind, "")
            }
        }
    }
}

fn inside(error: &Error) -> ProblemType {
    match error {
        Error::Database(_) | Error::Overtaken | Error::Blobs(_) | Error::Io(_) | Error::Stopping => {
            ProblemType::Busy
        }
        _ => ProblemType::Internal,
    }
}

fn answer(mut problem: Problem, kind: ProblemType, detail: &str) -> Response {
    if !detail.is_empty() {
        problem = problem.because(detail);
    }
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = match serde_json::to_value(&problem) {
        Ok(Value::Object(mut members)) => {
            if kind == ProblemType::TooLarge {
                let (records, bytes) = (limits::BATCH_RECORDS, limits::BATCH_BYTES);
                members.insert("limits".into(), json!({"batch_records": records, "batch_bytes": bytes}));
            }
            (status, Json(Value::Object(members))).into_response()
        }
        _ => status.into_response(),
    };
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if matches!(kind, ProblemType::Busy | ProblemType::TooMany) {
        let seconds = if kind == ProblemType::Busy { "5" } else { "60" };
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    answer
}
