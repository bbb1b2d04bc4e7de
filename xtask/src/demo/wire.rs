//! The line between a till and the back office, with the mishaps of a real one.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use tillkit::{
    Transport,
    transport::{HttpTransport, NetError, Request, Response},
};

use super::clock::ShopClock;

/// What a till's line does to answers.
#[derive(Default)]
pub struct Mishaps {
    to_lose: AtomicU64,
    lost: AtomicU64,
}

impl Mishaps {
    /// From here on the next `count` answers to uploads are lost, after the centre has stored the documents.
    pub fn lose_answers(&self, count: u64) {
        self.to_lose.store(count, Ordering::SeqCst);
    }

    /// Answers lost so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::SeqCst)
    }

    /// Answers still to be lost.
    pub fn to_lose(&self) -> u64 {
        self.to_lose.load(Ordering::SeqCst)
    }

    fn takes(&self, is_upload: bool, answer: &Response) -> bool {
        let is_stored = is_upload && answer.status == 200;
        let one_less = |left: u64| left.checked_sub(1);
        let takes =
            is_stored && self.to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
        self.lost.fetch_add(u64::from(takes), Ordering::SeqCst);
        takes
    }
}

/// HTTP with mishaps; time does not jump while a request is under way.
pub struct Wire {
    /// The real one.
    pub http: HttpTransport,
    /// What happens to answers.
    pub mishaps: Arc<Mishaps>,
    /// Waits for requests.
    pub clock: Arc<ShopClock>,
}

impl Transport for Wire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        async move {
            let under_way = self.clock.request();
            let is_upload = request.path == "/v1/documents";
            let answer = self.http.send(request).await?;
            if self.mishaps.takes(is_upload, &answer) {
                return Err(NetError::Cut("the answer got lost on its way".into()));
            }
            // The request is under way until its answer has been read to the end.
            let end = stream::once(async move {
                drop(under_way);
                None
            });
            let body = answer.body.map(Some).chain(end).filter_map(|chunk| async move { chunk }).boxed();
            Ok(Response { body, ..answer })
        }
        .boxed()
    }
}
