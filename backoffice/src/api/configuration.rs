//! Configuration down: centres, the contact, manifests, blobs, pokes.

use std::{ops::Range, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use serde::Deserialize;
use tillkit_protocol::{
    Hash,
    problem::ProblemType,
    wire::{Centres, Contact, Contacted, Finding, Subscribe, Subscribed},
};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};

use super::{bearer, in_good_standing, json, read_json, standing};
use crate::{
    Backoffice,
    error::{Error, Result},
    news::Topic,
    store::{
        config, documents,
        tills::{self, EnrolmentId, LastContact, Standing},
    },
    tokens::Bearer,
};

/// `GET /v1/centres`.
pub(super) async fn centres(State(office): State<Arc<Backoffice>>, headers: HeaderMap) -> Result<Response> {
    let (bearer, _) = in_good_standing(&office, &headers).await?;
    Ok(json(&Centres { centres: config::published(&office.store, bearer.tenant).await? }))
}

/// `PUT /v1/subscription`.
pub(super) async fn subscribe(
    State(office): State<Arc<Backoffice>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let (Bearer { tenant, till, enrolment }, _) = in_good_standing(&office, &headers).await?;
    let Subscribe { centre } = read_json(body).await?;
    let pepper = tills::subscribe(&office.store, tenant, &till, enrolment, &centre).await?;
    let pepper = pepper.ok_or_else(|| Error::not_found(format!("there is no published centre {centre}")))?;
    office.news.tell(tenant, &[Topic::Tills]);
    Ok(json(&Subscribed { centre, pin_pepper: STANDARD_NO_PAD.encode(pepper) }))
}

/// `POST /v1/contact`.
pub(super) async fn contact(
    State(office): State<Arc<Backoffice>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let (Bearer { tenant, till, enrolment }, standing) = standing(&office, &headers).await?;
    let contact: Contact = read_json(body).await?;
    if contact.app.len() > 200 || contact.epoch.len() > 64 {
        return Err(Error::malformed("app or epoch is too long"));
    }
    let of: EnrolmentId = (tenant, till, enrolment);
    let now_ms = office.clock.now_ms();
    let objection = compare(&office, &of, &standing, &contact, now_ms).await?;
    office.news.tell(of.0, &[Topic::Tills]);
    let mut findings = documents::findings_after(&office.store, &of, contact.processed).await?;
    findings.extend(objection.filter(|objection| objection.seq <= contact.processed));
    Ok(json(&Contacted {
        head: standing.head,
        manifest: standing.manifest.filter(|_| !standing.is_revoked),
        now_ms,
        processed: standing.booked,
        through: standing.through,
        findings,
    }))
}

/// Holds what the till says of its documents against what is here, and says once what differs. A till that
/// claims less than was here when it last made contact, or another head, is a copy or has been restored;
/// one that has been told of more than is booked here shows that this back office has been.
async fn compare(
    office: &Backoffice,
    of: &EnrolmentId,
    standing: &Standing,
    contact: &Contact,
    now_ms: i64,
) -> Result<Option<Finding>> {
    let last = LastContact {
        at_ms: now_ms,
        app: contact.app.clone(),
        epoch: contact.epoch.clone(),
        generation: contact.generation,
        through: contact.through,
        unsent: contact.unsent,
        oldest_ms: contact.oldest_ms,
    };
    let top_before = office.contacts.heard(of, last, standing.top);
    let (claimed, held) = (contact.through, standing.top);
    let head_here = match claimed {
        0 => None,
        claimed if claimed == standing.through => Some(standing.head),
        claimed if claimed > standing.top => None,
        claimed => documents::hash_at(&office.store, of, claimed).await?,
    };
    let objection = if head_here.is_some_and(|here| here != contact.head) {
        let detail = format!("the till holds another document as {claimed} than is here");
        Some(("chain-mismatch", claimed, detail))
    } else if top_before.is_some_and(|top| claimed < top) {
        let detail = format!("the till holds documents up to {claimed}, here they are up to {held}");
        Some(("behind", claimed, detail))
    } else if contact.processed > standing.booked {
        let (told, booked) = (contact.processed, standing.booked);
        let detail = format!("the till was told that all up to {told} are processed, here it is {booked}");
        Some(("lost", told, detail))
    } else {
        None
    };
    let Some((code, seq, detail)) = objection else { return Ok(None) };
    let finding = Finding { code: code.into(), detail, enrolment: of.2, seq, till: of.1.clone() };
    if office.contacts.is_new_objection(of, code, seq) {
        let raised = std::slice::from_ref(&finding);
        office
            .store
            .write(|tx| Box::pin(async move { documents::raise(tx, of.0, raised, now_ms).await }))
            .await?;
        office.news.tell(of.0, &[Topic::Findings]);
    }
    Ok(Some(finding))
}

/// `?centre=`: another centre of the tenant, for a preview.
#[derive(Deserialize)]
pub(super) struct Previewed {
    centre: Option<String>,
}

fn centre_of(standing: Standing, previewed: Previewed) -> Result<String> {
    let centre = previewed.centre.or(standing.centre);
    centre.ok_or_else(|| Error::refused(ProblemType::NoSubscription, ""))
}

/// `GET /v1/manifest`.
pub(super) async fn manifest(
    State(office): State<Arc<Backoffice>>,
    Query(previewed): Query<Previewed>,
    headers: HeaderMap,
) -> Result<Response> {
    let (bearer, standing) = in_good_standing(&office, &headers).await?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    let is_known = |id: &Hash| known.split(',').any(|tag| tag.trim().trim_matches('"') == id.to_string());
    if previewed.centre.is_none()
        && let Some(id) = standing.manifest.filter(is_known)
    {
        return Ok(not_modified(&id));
    }
    let centre = centre_of(standing, previewed)?;
    let manifest = config::manifest(&office.store, bearer.tenant, &centre).await?;
    let manifest =
        manifest.ok_or_else(|| Error::not_found(format!("centre {centre} has published nothing")))?;
    if is_known(&manifest.id) {
        return Ok(not_modified(&manifest.id));
    }
    let headers =
        [(header::ETAG, tag(&manifest.id)), (header::CONTENT_TYPE, "application/octet-stream".into())];
    Ok((headers, manifest.signed).into_response())
}

fn tag(id: &Hash) -> String {
    format!("\"{id}\"")
}

fn not_modified(id: &Hash) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag(id))]).into_response()
}

/// `GET /v1/blobs/{sha256}`.
pub(super) async fn blob(
    State(office): State<Arc<Backoffice>>,
    Path(name): Path<String>,
    Query(previewed): Query<Previewed>,
    headers: HeaderMap,
) -> Result<Response> {
    let (bearer, standing) = in_good_standing(&office, &headers).await?;
    let centre = centre_of(standing, previewed)?;
    let nothing = || Error::not_found(format!("no manifest of centre {centre} lists this blob"));
    let sha256 = Hash::parse(&name).ok_or_else(nothing)?;
    if !config::lists_blob(&office.store, bearer.tenant, &centre, &sha256).await? {
        return Err(nothing());
    }
    let size = office.blobs.size(bearer.tenant, &sha256).await?;
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let (status, range) = match asked.map(|asked| range_of(asked, size)) {
        None | Some(Asked::Everything) => (StatusCode::OK, 0..size),
        Some(Asked::Part(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(Asked::Beyond) => {
            let beyond = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, beyond).into_response());
        }
    };
    let mut answer = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, range.end - range.start)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "private, immutable, max-age=31536000");
    if status == StatusCode::PARTIAL_CONTENT {
        let (first, last) = (range.start, range.end - 1);
        answer = answer.header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}"));
    }
    let bytes = office.blobs.read(bearer.tenant, &sha256, range);
    answer.body(Body::from_stream(bytes)).map_err(|_| Error::Unreadable("a header"))
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Everything,
    Part(Range<u64>),
    Beyond,
}

/// What a `Range` header asks of so many bytes (RFC 9110 §14); what is not one range is everything.
fn range_of(asked: &str, size: u64) -> Asked {
    let Some((first, last)) = asked.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Everything;
    };
    let (first, last) = (first.trim(), last.trim());
    let part = |start: u64, end: u64| if start < end { Asked::Part(start..end) } else { Asked::Beyond };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => part(first, size.min(last.saturating_add(1))),
        (Ok(first), Err(_)) if last.is_empty() => part(first, size),
        (Err(_), Ok(count)) if first.is_empty() => part(size.saturating_sub(count), size),
        _ => Asked::Everything,
    }
}

/// Between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// `GET /v1/events`: "make contact", and nothing else. Ends with the token.
pub(super) async fn events(State(office): State<Arc<Backoffice>>, headers: HeaderMap) -> Result<Response> {
    let (_, expires_ms) = bearer(&office, &headers)?;
    let (bearer, standing) = in_good_standing(&office, &headers).await?;
    let centre = centre_of(standing, Previewed { centre: None })?;
    let left_ms = u64::try_from(expires_ms - office.clock.now_ms()).unwrap_or(0);
    let begin = Instant::now();
    let mut heartbeat = interval_at(begin + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let pokes = Pokes {
        pokes: office.pokes.subscribe(),
        stopping: office.stopping.subscribe(),
        heartbeat,
        ends: begin + Duration::from_millis(left_ms),
        of: (bearer.tenant, centre),
        is_open: false,
    };
    let events = futures_util::stream::unfold(pokes, |mut pokes| async move {
        let event = pokes.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from_static(event)), pokes))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(events)).into_response())
}

struct Pokes {
    pokes: tokio::sync::broadcast::Receiver<(i64, String)>,
    stopping: tokio::sync::watch::Receiver<bool>,
    heartbeat: tokio::time::Interval,
    ends: Instant,
    of: (i64, String),
    is_open: bool,
}

impl Pokes {
    async fn next(&mut self) -> Option<&'static [u8]> {
        if !self.is_open {
            self.is_open = true;
            return Some(b": open\n\n");
        }
        loop {
            tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = sleep_until(self.ends) => return None,
                _ = self.heartbeat.tick() => return Some(b": heartbeat\n\n"),
                poke = self.pokes.recv() => match poke {
                    Ok(of) if of == self.of => return Some(POKE),
                    Ok(_) => {}
                    // Whoever missed some may have missed its own.
                    Err(RecvError::Lagged(_)) => return Some(POKE),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}

const POKE: &[u8] = b"event: poke\ndata:\n\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end_and_nonsense_is_everything() {
        assert_eq!(range_of("bytes=0-9", 100), Asked::Part(0..10));
        assert_eq!(range_of("bytes=90-200", 100), Asked::Part(90..100));
        assert_eq!(range_of("bytes=90-", 100), Asked::Part(90..100));
        assert_eq!(range_of("bytes=-10", 100), Asked::Part(90..100));
        assert_eq!(range_of("bytes=-200", 100), Asked::Part(0..100));
        assert_eq!(range_of("bytes=100-", 100), Asked::Beyond);
        assert_eq!(range_of("bytes=100-120", 100), Asked::Beyond);
        assert_eq!(range_of("bytes=-0", 100), Asked::Beyond);
        for nonsense in
            ["bytes=9-1", "bytes=0-1,5-6", "bytes=", "bytes=-", "rows=0-1", "bytes=a-b", "bytes=-1-2"]
        {
            assert_eq!(range_of(nonsense, 100), Asked::Everything, "{nonsense}");
        }
    }
}
