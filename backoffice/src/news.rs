//! What has changed, told to whoever watches: the browsers of the web administration.
//!
//! Telling counts up and never waits. A watcher holds the counts it has seen against those of now, so
//! many changes are one piece of news, and one that is slow misses nothing and holds nobody back.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::store::TenantId;

/// What a tenant's pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Documents have arrived or have been booked.
    Documents,
    /// Findings have been raised.
    Findings,
    /// A till was added, enrolled, revoked, or made contact.
    Tills,
    /// Rows have been drafted.
    Draft,
    /// A centre has been published.
    Generation,
}

impl Topic {
    pub(crate) const ALL: [Topic; 5] =
        [Topic::Documents, Topic::Findings, Topic::Tills, Topic::Draft, Topic::Generation];

    /// The name of the browser's event.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Topic::Documents => "documents",
            Topic::Findings => "findings",
            Topic::Tills => "tills",
            Topic::Draft => "draft",
            Topic::Generation => "generation",
        }
    }
}

/// How often each topic has changed, in the order of [`Topic::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts([u64; Topic::ALL.len()]);

impl Counts {
    /// The topics that differ.
    pub(crate) fn news_since(self, seen: Counts) -> impl Iterator<Item = Topic> {
        let differs = move |topic: &Topic| self.0[*topic as usize] != seen.0[*topic as usize];
        Topic::ALL.into_iter().filter(differs)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.0.iter().map(u64::to_string).collect();
        out.write_str(&counts.join("."))
    }
}

impl FromStr for Counts {
    type Err = ();

    fn from_str(text: &str) -> Result<Counts, ()> {
        let counts: Result<Vec<u64>, _> = text.split('.').map(str::parse).collect();
        counts.ok().and_then(|counts| counts.try_into().ok()).map(Counts).ok_or(())
    }
}

/// The counts of every tenant, in this process's memory.
#[derive(Debug)]
pub(crate) struct News {
    begin: u64,
    by_tenant: Mutex<HashMap<TenantId, watch::Sender<Counts>>>,
}

impl News {
    /// Counts from a number that an earlier process has hardly reached: to a browser that was
    /// connected to that one, everything is news.
    pub(crate) fn beginning_at(now_ms: i64) -> News {
        News { begin: now_ms.unsigned_abs() << 10, by_tenant: Mutex::default() }
    }

    /// Something of a tenant has changed.
    pub(crate) fn tell(&self, tenant: TenantId, topics: &[Topic]) {
        self.with(tenant, |counts| {
            counts.send_modify(|counts| topics.iter().for_each(|topic| counts.0[*topic as usize] += 1));
        });
    }

    /// Where the tenant stands.
    pub(crate) fn now(&self, tenant: TenantId) -> Counts {
        self.with(tenant, |counts| *counts.borrow())
    }

    /// Wakes with each change.
    pub(crate) fn watch(&self, tenant: TenantId) -> watch::Receiver<Counts> {
        self.with(tenant, watch::Sender::subscribe)
    }

    fn with<T>(&self, tenant: TenantId, ask: impl FnOnce(&watch::Sender<Counts>) -> T) -> T {
        let mut by_tenant = self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || watch::channel(Counts([self.begin; Topic::ALL.len()])).0;
        ask(by_tenant.entry(tenant).or_insert_with(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_changes_are_one_piece_of_news_for_their_tenant_only() {
        let news = News::beginning_at(7);
        let seen = news.now(1);
        for _ in 0..1_000 {
            news.tell(1, &[Topic::Documents, Topic::Tills]);
            news.tell(2, &[Topic::Draft]);
        }

        let now: Counts = news.now(1).to_string().parse().unwrap();

        assert_eq!(now.news_since(seen).collect::<Vec<_>>(), [Topic::Documents, Topic::Tills]);
        assert_eq!(now.news_since(now).count(), 0);
        assert!("1.2".parse::<Counts>().is_err());
        let after_restart = News::beginning_at(8).now(1);
        assert_eq!(after_restart.news_since(now).count(), Topic::ALL.len());
    }
}
