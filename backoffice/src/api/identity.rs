//! Who the back office is, and who a till is.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    response::Response,
};
use tillkit_protocol::{MAJOR, limits, wire::Hello};

use super::{json, read_json};
use crate::{Backoffice, enrol, error::Result, tokens};

/// `GET /v1/hello`.
pub(super) async fn hello(State(office): State<Arc<Backoffice>>) -> Response {
    let limits = [
        ("batch_bytes", limits::BATCH_BYTES as u64),
        ("batch_records", limits::BATCH_RECORDS as u64),
        ("blob_expanded_bytes", limits::BLOB_EXPANDED_BYTES as u64),
        ("blob_stored_bytes", limits::BLOB_STORED_BYTES as u64),
        ("document_bytes", limits::DOCUMENT_TAKEN_BYTES as u64),
        ("json_depth", limits::JSON_DEPTH as u64),
        ("key_bytes", limits::KEY_BYTES as u64),
        ("manifest_bytes", limits::MANIFEST_BYTES as u64),
        ("part_bytes", limits::PART_BYTES as u64),
        ("row_bytes", limits::ROW_BYTES as u64),
        ("section_rows", limits::SECTION_ROWS),
    ];
    let limits = limits.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    json(&Hello { majors: vec![MAJOR], minor: 0, now_ms: office.clock.now_ms(), limits })
}

/// `POST /v1/enrol`.
pub(super) async fn enrol(
    State(office): State<Arc<Backoffice>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Body,
) -> Result<Response> {
    let request = read_json(body).await?;
    Ok(json(&enrol::enrol(&office, from.ip(), &request).await?))
}

/// `POST /v1/token`.
pub(super) async fn token(State(office): State<Arc<Backoffice>>, body: Body) -> Result<Response> {
    let request = read_json(body).await?;
    Ok(json(&tokens::issue(&office, &request).await?))
}
