//! The protocol over a [`Transport`]: credentials, limits, decoding.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use serde::{Serialize, de::DeserializeOwned};
use tillkit_protocol::{
    Hash, MAJOR, NDJSON_ZSTD, Problem, VERSION, VERSION_HEADER,
    canonical::MAX_INTEGER,
    keys::PrivateKey,
    limits, major_of,
    problem::ProblemType,
    rows,
    wire::{
        Centres, Contact, Contacted, Empty, Enrol, Enrolled, Hello, Subscribe, Subscribed, Token,
        TokenRequest, Uploaded,
    },
};

use crate::{Cause, NetError, Request, Response, SharedRim, SyncError, Transport, transport::Method};

/// Who speaks.
pub struct Identity {
    /// Who the till belongs to.
    pub tenant: String,
    /// The numbered place of sale.
    pub till: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// The enrolment's private key.
    pub key: PrivateKey,
}

/// A manifest as it came, or that there is no newer one.
pub enum ManifestAnswer {
    /// The signed bytes.
    Signed(Vec<u8>),
    /// The one that was named is still the newest.
    Unchanged,
}

/// Speaks for one till, or for nobody yet (hello and enrolment).
pub struct Client {
    transport: std::sync::Arc<dyn Transport>,
    rim: SharedRim,
    identity: Option<Identity>,
    // Std mutexes: held for a copy, never across an await.
    token: Mutex<Option<Token>>,
    offset_ms: Mutex<Option<i64>>,
}

impl Client {
    /// A client; without an identity only [`Client::hello`] and [`Client::enrol`] are answered.
    pub fn new(
        transport: std::sync::Arc<dyn Transport>,
        rim: SharedRim,
        identity: Option<Identity>,
    ) -> Client {
        Client { transport, rim, identity, token: Mutex::new(None), offset_ms: Mutex::new(None) }
    }

    /// Server clock minus till clock, as of the last answer that told it, milliseconds.
    pub fn offset_ms(&self) -> Option<i64> {
        *lock(&self.offset_ms)
    }

    /// Asks a back office what it says of itself: whether anything came back, and then what it was.
    ///
    /// # Errors
    /// The network's own; the inner ones are as of every request.
    pub async fn knock(&self) -> Result<Result<Hello, SyncError>, NetError> {
        let mut request = get("/v1/hello");
        request.headers.push((VERSION_HEADER, VERSION.into()));
        let answer = self.transport.send(request).await?;
        Ok(self.greeted(answer).await)
    }

    /// What the back office says of itself.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn hello(&self) -> Result<Hello, SyncError> {
        self.knock().await?
    }

    async fn greeted(&self, answer: Response) -> Result<Hello, SyncError> {
        let hello: Hello = json(self.judged(answer, "/v1/hello").await?, "/v1/hello").await?;
        self.learn_clock(hello.now_ms);
        if !hello.majors.contains(&MAJOR) {
            let speaks = format!("it speaks {:?}, this till {MAJOR}", hello.majors);
            return Err(Problem::of(ProblemType::Version).because(speaks).into());
        }
        Ok(hello)
    }

    /// Turns this phone into a till.
    ///
    /// # Errors
    /// [`SyncError::Refused`] with `code-unknown`, `code-used`, `code-expired`, `too-many`.
    pub async fn enrol(&self, request: &Enrol) -> Result<Enrolled, SyncError> {
        let enrolled: Enrolled =
            json(self.send(post("/v1/enrol", request)?, None).await?, "/v1/enrol").await?;
        self.learn_clock(enrolled.now_ms);
        Ok(enrolled)
    }

    /// What this till may choose from.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn centres(&self) -> Result<Centres, SyncError> {
        json(self.call(get("/v1/centres")).await?, "/v1/centres").await
    }

    /// Chooses a centre.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn subscribe(&self, centre: &str) -> Result<Subscribed, SyncError> {
        let mut request = post("/v1/subscription", &Subscribe { centre: centre.into() })?;
        request.method = Method::Put;
        json(self.call(request).await?, "/v1/subscription").await
    }

    /// The one request of a quiet day.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn contact(&self, contact: &Contact) -> Result<Contacted, SyncError> {
        let answer: Contacted = json(self.call(post("/v1/contact", contact)?).await?, "/v1/contact").await?;
        self.learn_clock(answer.now_ms);
        Ok(answer)
    }

    /// The newest manifest of the till's centre, or of another one for a preview.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn manifest(
        &self,
        known: Option<Hash>,
        centre: Option<&str>,
    ) -> Result<ManifestAnswer, SyncError> {
        let query = centre.map(|centre| format!("?centre={}", encoded(centre))).unwrap_or_default();
        let mut request = get(&format!("/v1/manifest{query}"));
        if let Some(known) = known {
            request.headers.push(("if-none-match", format!("\"{known}\"")));
        }
        let answer = self.call(request).await?;
        if answer.status == 304 {
            return Ok(ManifestAnswer::Unchanged);
        }
        if answer.status != 200 {
            let why = format!("status {} where a manifest is due", answer.status);
            return Err(SyncError::NotUnderstood { request: "/v1/manifest".into(), why });
        }
        Ok(ManifestAnswer::Signed(whole(answer, limits::MANIFEST_BYTES, "/v1/manifest").await?))
    }

    /// A blob from `from` on: its answer, whose body is still on its way, and where it really begins.
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn blob(&self, name: &Hash, from: u64) -> Result<(Response, u64), SyncError> {
        let mut request = get(&format!("/v1/blobs/{name}"));
        if from > 0 {
            request.headers.push(("range", format!("bytes={from}-")));
        }
        let answer = self.call(request).await?;
        match answer.status {
            200 => Ok((answer, 0)),
            206 => Ok((answer, from)),
            status => Err(SyncError::NotUnderstood {
                request: format!("/v1/blobs/{name}"),
                why: format!("status {status} where bytes are due"),
            }),
        }
    }

    /// Sends documents. When this answers, they are durable at the centre.
    ///
    /// # Errors
    /// [`SyncError`]: then the centre may have them or not; sending them again changes nothing.
    pub async fn upload(&self, records: &[u8]) -> Result<Uploaded, SyncError> {
        let body = rows::compress(records)?;
        let request = Request {
            method: Method::Post,
            path: "/v1/documents".into(),
            headers: vec![("content-type", NDJSON_ZSTD.into())],
            body: Some(Bytes::from(body)),
        };
        json(self.call(request).await?, "/v1/documents").await
    }

    /// Begins to listen: each poke means "make contact".
    ///
    /// # Errors
    /// [`SyncError`].
    pub async fn pokes(&self) -> Result<Pokes, SyncError> {
        let answer = self.call(get("/v1/events")).await?;
        Ok(Pokes { body: answer.body, begun: Vec::new() })
    }

    /// Sends what stands beside a document's line. When this answers, it is durable at the centre.
    ///
    /// # Errors
    /// [`SyncError`]: then the centre may have it or not; sending it again changes nothing.
    pub async fn upload_part(&self, sha256: &Hash, bytes: Vec<u8>) -> Result<(), SyncError> {
        let path = format!("/v1/parts/{sha256}");
        let request = Request {
            method: Method::Post,
            path: path.clone(),
            headers: vec![("content-type", "application/octet-stream".into())],
            body: Some(bytes.into()),
        };
        let Empty {} = json(self.call(request).await?, &path).await?;
        Ok(())
    }

    /// A request with this till's credential, renewed once if it is not accepted.
    async fn call(&self, request: Request) -> Result<Response, SyncError> {
        let token = self.token().await?;
        match self.send(request.clone(), Some(&token)).await {
            Err(SyncError::Refused(problem)) if problem.is(ProblemType::Unauthorised) => {
                *lock(&self.token) = None;
                let token = self.token().await?;
                #[cfg(tillkit_defects)]
                let request = match tillkit_protocol::defects::is("a body lost when the token is renewed") {
                    true => Request { body: None, ..request },
                    false => request,
                };
                self.send(request, Some(&token)).await
            }
            answered => answered,
        }
    }

    /// The live token, or a new one.
    async fn token(&self) -> Result<String, SyncError> {
        /// A token that ends while a request is on its way is worth nothing.
        const MARGIN_MS: i64 = 10_000;
        let live = lock(&self.token)
            .as_ref()
            .filter(|token| token.expires_ms > self.server_now_ms().saturating_add(MARGIN_MS))
            .map(|token| token.token.clone());
        if let Some(live) = live {
            return Ok(live);
        }
        let token = match self.new_token().await {
            // The refusal carries the server's clock, so a till whose own is years off can still prove itself.
            Err(SyncError::Refused(Problem { kind, now_ms: Some(now_ms), .. }))
                if kind == ProblemType::Clock.name() =>
            {
                self.learn_clock(now_ms);
                self.new_token().await?
            }
            token => token?,
        };
        self.learn_clock(token.now_ms);
        let text = token.token.clone();
        *lock(&self.token) = Some(token);
        Ok(text)
    }

    async fn new_token(&self) -> Result<Token, SyncError> {
        let identity = self.identity.as_ref().ok_or(tillkit_store::StoreError::NotEnrolled)?;
        let mut nonce = [0; 16];
        self.rim.random(&mut nonce);
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        let Identity { tenant, till, enrolment, key } = identity;
        let request = TokenRequest::new(tenant, till, *enrolment, self.server_now_ms(), &nonce, key);
        json(self.send(post("/v1/token", &request)?, None).await?, "/v1/token").await
    }

    /// The back office's clock, as far as it is known.
    pub(crate) fn server_now_ms(&self) -> i64 {
        self.rim.now_ms().saturating_add(self.offset_ms().unwrap_or(0))
    }

    fn learn_clock(&self, server_now_ms: i64) {
        let offset_ms = server_now_ms.saturating_sub(self.rim.now_ms());
        // Documents carry it, and a line has no place for a larger one: no clock is that far off.
        if offset_ms.saturating_abs() <= MAX_INTEGER {
            *lock(&self.offset_ms) = Some(offset_ms);
        }
    }

    /// Sends, and turns everything that is not the back office's own success into an error.
    async fn send(&self, mut request: Request, token: Option<&str>) -> Result<Response, SyncError> {
        request.headers.push((VERSION_HEADER, VERSION.into()));
        if let Some(token) = token {
            request.headers.push(("authorization", format!("Bearer {token}")));
        }
        let path = request.path.clone();
        let answer = self.transport.send(request).await?;
        self.judged(answer, &path).await
    }

    async fn judged(&self, answer: Response, path: &str) -> Result<Response, SyncError> {
        let Some(version) = answer.headers.get(VERSION_HEADER) else {
            // 511 is the one that a portal should give (RFC 6585).
            let is_gateway = answer.status >= 500 && answer.status != 511;
            let cause = if is_gateway { Cause::ServerDown } else { Cause::CaptivePortal };
            let detail = format!("status {} without {VERSION_HEADER}: not a back office", answer.status);
            return Err(SyncError::Offline { cause, detail });
        };
        // Documents go whatever the version is.
        let is_down = ["/v1/contact", "/v1/manifest", "/v1/blobs/"].iter().any(|down| path.starts_with(down));
        if is_down && answer.status < 400 && major_of(version) != Some(MAJOR) {
            let detail = format!("the back office speaks {version}, this till {VERSION}");
            return Err(SyncError::Offline { cause: Cause::VersionMismatch, detail });
        }
        match answer.status {
            200..=299 | 304 => Ok(answer),
            status => {
                let body = whole(answer, limits::ANSWER_BYTES, path).await?;
                let problem: Problem = serde_json::from_slice(&body).map_err(|error| {
                    let why = format!("status {status}: {error}");
                    if status >= 500 {
                        return SyncError::Offline { cause: Cause::ServerDown, detail: why };
                    }
                    SyncError::NotUnderstood { request: path.into(), why }
                })?;
                if let Some(now_ms) = problem.now_ms {
                    self.learn_clock(now_ms);
                }
                Err(problem.into())
            }
        }
    }
}

/// What a back office says unasked: that there is news, and nothing else (SSE, WHATWG HTML §9.2).
pub struct Pokes {
    body: futures_util::stream::BoxStream<'static, Result<Bytes, crate::NetError>>,
    /// A line whose end has not come.
    begun: Vec<u8>,
}

impl Pokes {
    /// Waits for the next poke; `false` once nobody speaks any more.
    pub async fn next(&mut self) -> bool {
        /// No line of ours is longer; whoever sends more is somebody else.
        const LINE_BYTES: usize = 1024;
        while let Some(Ok(chunk)) = self.body.next().await {
            self.begun.extend_from_slice(&chunk);
            let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
                if self.begun.len() > LINE_BYTES {
                    return false;
                }
                continue;
            };
            let rest = self.begun.split_off(end + 1);
            let lines = std::mem::replace(&mut self.begun, rest);
            // Several at once are one: contact asks for everything there is.
            if lines.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == b"event: poke") {
                return true;
            }
        }
        false
    }
}

fn get(path: &str) -> Request {
    Request { method: Method::Get, path: path.into(), headers: Vec::new(), body: None }
}

fn post<T: Serialize>(path: &str, body: &T) -> Result<Request, SyncError> {
    let body = serde_json::to_vec(body)
        .map_err(|error| SyncError::NotUnderstood { request: path.into(), why: error.to_string() })?;
    Ok(Request {
        method: Method::Post,
        path: path.into(),
        headers: vec![("content-type", "application/json".into())],
        body: Some(body.into()),
    })
}

/// Reads an answer whole, but never more than `limit` bytes of it.
pub(crate) async fn whole(answer: Response, limit: usize, path: &str) -> Result<Vec<u8>, SyncError> {
    let mut body = answer.body;
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > limit {
            return Err(SyncError::NotUnderstood {
                request: path.into(),
                why: format!("more than {limit} bytes"),
            });
        }
    }
    Ok(bytes)
}

async fn json<T: DeserializeOwned>(answer: Response, path: &str) -> Result<T, SyncError> {
    let body = whole(answer, limits::ANSWER_BYTES, path).await?;
    serde_json::from_slice(&body)
        .map_err(|error| SyncError::NotUnderstood { request: path.into(), why: error.to_string() })
}

/// Percent-encodes what may not stand in a query (RFC 3986).
fn encoded(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What it guards is a value that is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
