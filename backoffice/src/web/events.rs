//! What has changed, as server-sent events: each names a topic, and the page asks for what shows it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::IntoResponse,
};
use serde::Deserialize;
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};

use super::{Headers, Person, Shown};
use crate::{Backoffice, accounts, news::Counts};

/// Between two signs of life; each asks whether the session still holds.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Between two pieces of news: what changes meanwhile is told together.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
pub(super) struct Seen {
    /// What the page showed when it was written.
    seen: String,
}

/// `GET /web/events?seen=…`: what has changed since then, and what changes from now on.
pub(super) async fn events(
    State(office): State<Arc<Backoffice>>,
    person: Person,
    Query(page): Query<Seen>,
    Headers(headers): Headers,
) -> Shown {
    // A browser that was connected before says how far it got.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let seen = last.unwrap_or(&page.seen).parse().ok();
    let begin = Instant::now();
    let left_ms = u64::try_from(person.expires_ms - office.clock.now_ms()).unwrap_or(0);
    let mut heartbeat = interval_at(begin + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher {
        news: office.news.watch(person.tenant),
        stopping: office.stopping.subscribe(),
        ends: begin + Duration::from_millis(left_ms),
        next: begin,
        seen,
        is_open: false,
        heartbeat,
        office,
        person,
    };
    let events = futures_util::stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(events)).into_response())
}

struct Watcher {
    office: Arc<Backoffice>,
    person: Person,
    news: watch::Receiver<Counts>,
    stopping: watch::Receiver<bool>,
    heartbeat: Interval,
    ends: Instant,
    /// Not before then is anything told.
    next: Instant,
    /// `None`: everything is news.
    seen: Option<Counts>,
    is_open: bool,
}

impl Watcher {
    async fn next(&mut self) -> Option<Bytes> {
        if !self.is_open {
            self.is_open = true;
            return Some(Bytes::from_static(b": open\n\n"));
        }
        let seen = self.seen;
        let now = tokio::select! {
            _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            () = sleep_until(self.ends) => return None,
            _ = self.heartbeat.tick() => None,
            told = told(&mut self.news, self.next, seen) => Some(told?),
        };
        let Some(now) = now else {
            let session = accounts::session(&self.office, &self.person.token).await;
            return (!matches!(session, Ok(None))).then_some(Bytes::from_static(b": heartbeat\n\n"));
        };
        self.next = Instant::now() + PAUSE;
        self.seen = Some(now);
        Some(written(now, seen))
    }
}

/// Waits until there is news and until it may be told; `None` when nobody will ever tell again.
async fn told(news: &mut watch::Receiver<Counts>, next: Instant, seen: Option<Counts>) -> Option<Counts> {
    sleep_until(next).await;
    news.wait_for(|now| Some(*now) != seen).await.ok().map(|now| *now)
}

fn written(now: Counts, seen: Option<Counts>) -> Bytes {
    let topics: Vec<_> = match seen {
        Some(seen) => now.news_since(seen).collect(),
        None => crate::news::Topic::ALL.to_vec(),
    };
    let events = topics.iter().map(|topic| format!("id: {now}\nevent: {}\ndata:\n\n", topic.name()));
    Bytes::from(events.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::{News, Topic};

    #[test]
    fn a_browser_is_told_what_it_has_not_seen_and_how_far_that_is() {
        let news = News::beginning_at(0);
        let seen = news.now(1);
        news.tell(1, &[Topic::Documents]);
        let now = news.now(1);

        assert_eq!(written(now, Some(seen)), "id: 1.0.0.0.0\nevent: documents\ndata:\n\n");
        let everything = String::from_utf8(written(now, None).to_vec()).unwrap();
        assert_eq!(everything.matches("event: ").count(), Topic::ALL.len());
    }
}
