//! Documents up: from any enrolment of the tenant, revoked or of another version.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::Response,
};
use tillkit_protocol::{NDJSON_ZSTD, limits, wire::Empty};

use super::{bearer, json, whole};
use crate::{
    Backoffice,
    error::{Error, Result},
    ingest, parts,
};

/// What an upload at its limit may have after compression that did not help.
const COMPRESSED_BYTES: usize = limits::UPLOAD_BYTES + limits::UPLOAD_BYTES / 128 + 1_024;

/// `POST /v1/documents`.
pub(super) async fn upload(
    State(office): State<Arc<Backoffice>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let (bearer, _) = bearer(&office, &headers)?;
    let is_records = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == NDJSON_ZSTD);
    if !is_records {
        return Err(Error::malformed(format!("the body must be {NDJSON_ZSTD}")));
    }
    let body = whole(body, COMPRESSED_BYTES).await?;
    Ok(json(&ingest::take(&office, bearer.tenant, body).await?))
}

/// `POST /v1/parts/{sha256}`: what stands beside a document's line.
pub(super) async fn upload_part(
    State(office): State<Arc<Backoffice>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let (bearer, _) = bearer(&office, &headers)?;
    let sha256 = parts::named(&sha256)?;
    let bytes = whole(body, limits::PART_BYTES).await?;
    parts::put(&office, bearer.tenant, &sha256, &bytes).await?;
    Ok(json(&Empty {}))
}
