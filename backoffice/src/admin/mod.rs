//! What an administrator asks: `/admin/v1`, JSON, a bearer token for each tenant.
//!
//! Thin: what is decided stands in `drafts`, `import`, `publish` and `enrol`, for pages to call too.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequestParts, Path, Query, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tillkit_protocol::{Hash, limits, problem::ProblemType};

use crate::{
    Backoffice, accounts,
    api::{bearer_text, json as answer, reached_at, read_json, whole},
    by_file, codes, contacts,
    drafts::{self, Drafted, NewUser},
    enrol,
    error::{Error, Result},
    images, import, parts, process, publish,
    store::{
        TenantId, books,
        documents::{self, Place, Wanted},
    },
};

type Office = State<Arc<Backoffice>>;

/// The administrator's endpoints.
pub(crate) fn router(office: &Arc<Backoffice>) -> Router {
    Router::new()
        .route("/admin/v1/centres/{centre}", put(put_centre))
        .route("/admin/v1/centres/{centre}/rows", post(post_rows))
        .route("/admin/v1/centres/{centre}/import/{kind}", post(post_import))
        .route("/admin/v1/centres/{centre}/images/{id}", put(put_image))
        .route("/admin/v1/centres/{centre}/users", post(post_user))
        .route("/admin/v1/centres/{centre}/diff", get(get_diff))
        .route("/admin/v1/centres/{centre}/publish", post(post_publish))
        .route("/admin/v1/tills", get(get_tills))
        .route("/admin/v1/tills/{till}", put(put_till))
        .route("/admin/v1/tills/{till}/pairing", post(post_pairing))
        .route("/admin/v1/tills/{till}/enrolments/{enrolment}/revoke", post(post_revoke))
        .route("/admin/v1/accounts", get(get_accounts))
        .route("/admin/v1/accounts/{name}", put(put_account))
        .route("/admin/v1/documents", get(get_documents))
        .route("/admin/v1/documents/import", post(post_file))
        .route("/admin/v1/documents/retry", post(post_retry))
        .route("/admin/v1/parts/{sha256}", delete(delete_part))
        .route("/admin/v1/totals", get(get_totals))
        .route("/admin/v1/stock", get(get_stock))
        .route("/admin/v1/findings", get(get_findings))
        .with_state(office.clone())
}

/// Whose administrator is asking.
struct Admin(TenantId);

impl FromRequestParts<Arc<Backoffice>> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Backoffice>) -> Result<Admin> {
        let tenant =
            bearer_text(&parts.headers).and_then(|token| office.admin_of(&Hash::of(token.as_bytes())));
        tenant.map(Admin).ok_or_else(|| Error::refused(ProblemType::Unauthorised, ""))
    }
}

/// `PUT /admin/v1/centres/{centre}`: the body of its `centre` row.
async fn put_centre(
    State(office): Office,
    Path(centre): Path<String>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let body = whole(body, limits::ROW_BYTES).await?;
    Ok(drafted(drafts::put_centre(&office, tenant, &centre, &body).await?))
}

fn drafted(drafted: Drafted) -> Response {
    answer(&json!({"changed": drafted.changed, "rows": drafted.rows}))
}

/// `POST /admin/v1/centres/{centre}/rows`: NDJSON of rows.
async fn post_rows(
    State(office): Office,
    Path(centre): Path<String>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let lines = body.into_data_stream().map_err(|error| Error::malformed(error.to_string()));
    Ok(drafted(drafts::put_lines(&office, tenant, &centre, lines).await?))
}

/// What whoever asks has confirmed.
#[derive(Deserialize)]
struct Confirmed {
    shared_codes: Option<String>,
}

impl Confirmed {
    fn may_share_codes(&self) -> Result<bool> {
        match self.shared_codes.as_deref() {
            None => Ok(false),
            Some("yes") => Ok(true),
            Some(_) => Err(Error::malformed("shared_codes: only yes confirms shared codes")),
        }
    }
}

/// `POST /admin/v1/centres/{centre}/import/{kind}?shared_codes=`: a CSV file.
async fn post_import(
    State(office): Office,
    Path((centre, kind)): Path<(String, String)>,
    Query(confirmed): Query<Confirmed>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let may_share_codes = confirmed.may_share_codes()?;
    let file = whole(body, import::FILE_BYTES).await?;
    Ok(drafted(import::csv(&office, tenant, &centre, &kind, file, may_share_codes).await?))
}

#[derive(Deserialize)]
struct ImageQuery {
    item: Option<String>,
}

/// `PUT /admin/v1/centres/{centre}/images/{id}?item=`: the bytes of a picture.
async fn put_image(
    State(office): Office,
    Path((centre, id)): Path<(String, String)>,
    Query(ImageQuery { item }): Query<ImageQuery>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let picture = whole(body, limits::BLOB_STORED_BYTES).await?;
    let (image, drafted) = images::put(&office, tenant, &centre, &id, item, picture).await?;
    let (changed, rows) = (drafted.changed, drafted.rows);
    Ok(answer(&json!({"changed": changed, "image": image, "rows": rows})))
}

#[derive(Deserialize)]
struct UserRequest {
    id: String,
    name: String,
    role: String,
    pin: String,
    active: Option<bool>,
}

/// `POST /admin/v1/centres/{centre}/users`.
async fn post_user(
    State(office): Office,
    Path(centre): Path<String>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let UserRequest { id, name, role, pin, active } = read_json(body).await?;
    let user = NewUser { id: &id, name: &name, role: &role, pin: &pin, active: active.unwrap_or(true) };
    Ok(drafted(drafts::put_user(&office, tenant, &centre, &user).await?))
}

/// Rows a diff shows at most.
const DIFF_ROWS: usize = 1_000;

/// `GET /admin/v1/centres/{centre}/diff`.
async fn get_diff(
    State(office): Office,
    Path(centre): Path<String>,
    Admin(tenant): Admin,
) -> Result<Response> {
    let changes = publish::diff(&office, tenant, &centre, DIFF_ROWS).await?;
    let is_cut = changes.len() >= DIFF_ROWS;
    let shared = publish::shared_codes(&office, tenant, &centre).await?;
    let shared: Vec<_> =
        shared.iter().map(|(code, items)| json!({"code": codes::printed(code), "items": items})).collect();
    let changes: Vec<_> = changes
        .iter()
        .map(|change| json!({"id": change.id, "kind": change.kind, "what": change.what}))
        .collect();
    Ok(answer(&json!({"changes": changes, "cut": is_cut, "shared_codes": shared})))
}

/// `POST /admin/v1/centres/{centre}/publish?shared_codes=`.
async fn post_publish(
    State(office): Office,
    Path(centre): Path<String>,
    Query(confirmed): Query<Confirmed>,
    Admin(tenant): Admin,
) -> Result<Response> {
    let published = publish::publish(&office, tenant, &centre, confirmed.may_share_codes()?).await?;
    Ok(answer(&json!({
        "changed": published.changed,
        "generation": published.generation,
        "new_bytes": published.new_bytes,
        "published": published.is_new,
        "rows": published.rows,
        "snapshot_bytes": published.snapshot_bytes,
    })))
}

#[derive(Deserialize)]
struct TillRequest {
    name: String,
}

/// `PUT /admin/v1/tills/{till}`.
async fn put_till(
    State(office): Office,
    Path(till): Path<String>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let TillRequest { name } = read_json(body).await?;
    enrol::put_till(&office, tenant, &till, &name).await?;
    Ok(answer(&json!({"name": name, "till": till})))
}

/// `POST /admin/v1/tills/{till}/pairing`: a code, and what its QR carries.
async fn post_pairing(
    State(office): Office,
    Path(till): Path<String>,
    Admin(tenant): Admin,
    headers: HeaderMap,
) -> Result<Response> {
    let (code, qr) = enrol::invite(&office, tenant, &till, &reached_at(&headers)).await?;
    Ok(answer(&json!({"code": code.code, "expires_ms": code.expires_ms, "qr": qr})))
}

/// `GET /admin/v1/tills`.
async fn get_tills(State(office): Office, Admin(tenant): Admin) -> Result<Response> {
    let mut list: Vec<serde_json::Value> = Vec::new();
    for listed in contacts::tills(&office, tenant).await? {
        let is_same = list.last().is_some_and(|till| till["till"] == listed.till.as_str());
        if !is_same {
            list.push(json!({"enrolments": [], "name": listed.name, "till": listed.till}));
        }
        let Some(enrolment) = listed.enrolment else { continue };
        let contact = enrolment.contact;
        let shown = json!({
            "app": contact.app,
            "centre": enrolment.centre,
            "claimed": contact.through,
            "device": enrolment.device,
            "enrolment": enrolment.enrolment,
            "epoch": contact.epoch,
            "generation": contact.generation,
            "last_contact_ms": (contact.at_ms != 0).then_some(contact.at_ms),
            "oldest_unsent_ms": contact.oldest_ms,
            "processed": enrolment.booked,
            "revoked": enrolment.is_revoked,
            "series": enrolment.series,
            "through": enrolment.through,
            "top": enrolment.top,
            "unsent": contact.unsent,
        });
        if let Some(enrolments) = list.last_mut().and_then(|till| till["enrolments"].as_array_mut()) {
            enrolments.push(shown);
        }
    }
    Ok(answer(&json!({"tills": list})))
}

/// `POST /admin/v1/tills/{till}/enrolments/{enrolment}/revoke`.
async fn post_revoke(
    State(office): Office,
    Path((till, enrolment)): Path<(String, u32)>,
    Admin(tenant): Admin,
) -> Result<Response> {
    enrol::revoke(&office, tenant, &till, enrolment).await?;
    Ok(answer(&json!({"enrolment": enrolment, "revoked": true, "till": till})))
}

#[derive(Deserialize)]
struct AccountRequest {
    password: String,
}

/// `PUT /admin/v1/accounts/{name}`: who may sign in to the web administration.
async fn put_account(
    State(office): Office,
    Path(name): Path<String>,
    Admin(tenant): Admin,
    body: Body,
) -> Result<Response> {
    let AccountRequest { password } = read_json(body).await?;
    let name = accounts::put(&office, tenant, &name, &password).await?;
    Ok(answer(&json!({"name": name})))
}

#[derive(Deserialize)]
struct DocumentsQuery {
    till: Option<String>,
    enrolment: Option<u32>,
}

/// `GET /admin/v1/documents`: `<signature> <line>` records by till, enrolment, seq.
async fn get_documents(
    State(office): Office,
    Query(query): Query<DocumentsQuery>,
    Admin(tenant): Admin,
) -> Result<Response> {
    let wanted = Wanted { till: query.till, enrolment: query.enrolment };
    let pages = futures_util::stream::try_unfold(Place::default(), move |after| {
        let (office, wanted) = (office.clone(), wanted.clone());
        async move {
            let page = documents::page(&office.store, tenant, &wanted, &after).await?;
            let Some((last, _)) = page.last() else { return Ok::<_, Error>(None) };
            let next = last.clone();
            let mut records = Vec::new();
            for (_, record) in &page {
                records.extend_from_slice(&record.to_bytes());
                records.push(b'\n');
            }
            Ok(Some((Bytes::from(records), next)))
        }
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(pages)).into_response())
}

/// `POST /admin/v1/documents/import`: an export file; the answer is the signed receipt.
async fn post_file(State(office): Office, Admin(tenant): Admin, body: Body) -> Result<Response> {
    let taken = by_file::take(&office, tenant, body).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], taken.receipt).into_response())
}

/// `POST /admin/v1/documents/retry`: has what was set aside booked, as far as this version can.
async fn post_retry(State(office): Office, Admin(tenant): Admin) -> Result<Response> {
    let documents = process::try_again(&office, tenant).await?;
    Ok(answer(&json!({"documents": documents})))
}

/// `DELETE /admin/v1/parts/{sha256}`: personal data, for good.
async fn delete_part(
    State(office): Office,
    Path(sha256): Path<String>,
    Admin(tenant): Admin,
) -> Result<Response> {
    let erased = parts::erase(&office, tenant, &parts::named(&sha256)?).await?;
    Ok(answer(&json!({"customers": erased.customers, "was_here": erased.was_here})))
}

fn ndjson<T: Serialize>(values: impl Iterator<Item = T>) -> Result<Response> {
    let mut lines = Vec::new();
    for value in values {
        serde_json::to_writer(&mut lines, &value).map_err(|_| Error::Unreadable("a listed value"))?;
        lines.push(b'\n');
    }
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// `GET /admin/v1/totals`: NDJSON.
async fn get_totals(State(office): Office, Admin(tenant): Admin) -> Result<Response> {
    let totals = books::totals(&office.store, tenant).await?;
    ndjson(totals.iter().map(|total| {
        json!({
            "business_day": total.business_day,
            "cashier": total.cashier,
            "centre": total.centre,
            "code": total.code,
            "currency": total.currency,
            "late": total.late,
            "measure": total.measure,
            "till": total.till,
            "value": total.value,
        })
    }))
}

/// `GET /admin/v1/accounts`: NDJSON, what customers owe.
async fn get_accounts(State(office): Office, Admin(tenant): Admin) -> Result<Response> {
    let balances = books::balances(&office.store, tenant).await?;
    ndjson(balances.iter().map(|balance| {
        json!({
            "balance_minor": balance.minor,
            "currency": balance.currency,
            "customer": balance.customer,
        })
    }))
}

/// `GET /admin/v1/stock`: NDJSON.
async fn get_stock(State(office): Office, Admin(tenant): Admin) -> Result<Response> {
    let levels = books::levels(&office.store, tenant).await?;
    ndjson(
        levels
            .iter()
            .map(|(warehouse, item, micro)| json!({"item": item, "micro": micro, "warehouse": warehouse})),
    )
}

/// Findings a list shows at most.
const FINDINGS: u32 = 10_000;

/// `GET /admin/v1/findings`: NDJSON, newest first.
async fn get_findings(State(office): Office, Admin(tenant): Admin) -> Result<Response> {
    let findings = documents::findings(&office.store, tenant, FINDINGS).await?;
    ndjson(findings.iter().map(|listed| {
        let finding = &listed.finding;
        json!({
            "closed_ms": listed.closed_ms,
            "code": finding.code,
            "detail": finding.detail,
            "enrolment": finding.enrolment,
            "raised_ms": listed.raised_ms,
            "seq": finding.seq,
            "till": finding.till,
        })
    }))
}
