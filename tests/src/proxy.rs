//! The line between a till and a back office, on real sockets, with something wrong on it.
//!
//! A [`Proxy`] reads every request of its connections just far enough to know what is asked, and then
//! does to it, or to its answer, what its weather says: cut at a byte, doubled, held back, answered by
//! somebody else. A [`Lie`] alters whole answers. It counts what it lets through.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tillkit_protocol::{VERSION, VERSION_HEADER};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asks {
    /// `GET /v1/hello`
    Hello,
    /// `POST /v1/enrol`
    Enrol,
    /// `POST /v1/token`
    Token,
    /// `GET /v1/centres`
    Centres,
    /// `PUT /v1/subscription`
    Subscription,
    /// `POST /v1/contact`
    Contact,
    /// `GET /v1/manifest`
    Manifest,
    /// `GET /v1/blobs/{sha256}`
    Blob,
    /// `POST /v1/documents`
    Documents,
    /// `POST /v1/parts/{sha256}`
    Part,
    /// `GET /v1/events`
    Events,
    /// Anything else.
    Other,
}

impl Asks {
    fn of(path: &str) -> Asks {
        let path = path.split('?').next().unwrap_or(path);
        match path.strip_prefix("/v1/").unwrap_or(path) {
            "hello" => Asks::Hello,
            "enrol" => Asks::Enrol,
            "token" => Asks::Token,
            "centres" => Asks::Centres,
            "subscription" => Asks::Subscription,
            "contact" => Asks::Contact,
            "manifest" => Asks::Manifest,
            "documents" => Asks::Documents,
            "events" => Asks::Events,
            path if path.starts_with("blobs/") => Asks::Blob,
            path if path.starts_with("parts/") => Asks::Part,
            _ => Asks::Other,
        }
    }
}

/// What happens to a request or its answer. All that cut end the connection too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends before the back office hears of it.
    Close,
    /// So many bytes of the request arrive, its head included.
    CutRequest(usize),
    /// The back office has done its work, and so many bytes of its answer come back, its head
    /// included; 0 loses it whole.
    CutAnswer(usize),
    /// The same, counted from the beginning of the answer's body.
    CutBody(usize),
    /// The request arrives twice; the second answer comes back.
    Twice,
    /// The answer takes its time.
    Late(Duration),
    /// Somebody else answers with these bytes.
    Instead(Vec<u8>),
}

impl Fault {
    /// A captive portal's friendly page.
    pub fn portal() -> Fault {
        Fault::page("200 OK", "content-type: text/html\r\n", "<html>Welcome to our hotel</html>")
    }

    /// A captive portal that sends everybody to its sign-in page.
    pub fn redirect() -> Fault {
        Fault::page("302 Found", "location: http://login.hotel.example/\r\n", "")
    }

    /// A captive portal that knows its status (RFC 6585).
    pub fn sign_in_required() -> Fault {
        Fault::page("511 Network Authentication Required", "", "<html>Room number?</html>")
    }

    /// What a server says that speaks TLS and was spoken to without it: an alert record.
    pub fn tls() -> Fault {
        Fault::Instead(vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])
    }

    fn page(status: &str, headers: &str, body: &str) -> Fault {
        let length = body.len();
        let page = format!(
            "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Fault::Instead(page.into_bytes())
    }
}

/// What was asked, as a [`Lie`] sees it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What for.
    pub asks: Asks,
    /// The address, with the query.
    pub path: String,
    /// The request's body.
    pub body: Vec<u8>,
}

/// An answer that a lie may alter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the body is sent again and again, for ever.
    pub is_endless: bool,
    /// Whether it says that it is a back office's.
    pub has_version: bool,
}

impl Answer {
    /// An answer of a back office.
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, body: body.into(), is_endless: false, has_version: true }
    }

    /// The body altered as JSON.
    pub fn edit(&mut self, edit: impl FnOnce(&mut serde_json::Value)) {
        let mut value = serde_json::from_slice(&self.body).unwrap();
        edit(&mut value);
        self.body = serde_json::to_vec(&value).unwrap();
    }

    fn head(&self) -> String {
        let version =
            if self.has_version { format!("{VERSION_HEADER}: {VERSION}\r\n") } else { String::new() };
        let length = if self.is_endless {
            "transfer-encoding: chunked\r\n".into()
        } else if matches!(self.status, 204 | 304) {
            String::new()
        } else {
            format!("content-length: {}\r\n", self.body.len())
        };
        format!("HTTP/1.1 {} so\r\n{version}{length}\r\n", self.status)
    }
}

/// Alters the answers of a back office.
pub type Lie = Arc<dyn Fn(&Asked, Answer) -> Answer + Send + Sync>;

/// Says what happens to the next request.
pub type Weather = Box<dyn FnMut(Asks) -> Option<Fault> + Send>;

/// What went through, of one kind of request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Requests that came from the till.
    pub requests: u64,
    /// Faults among them.
    pub faults: u64,
    /// Bytes of the longest request, its head included.
    pub request_bytes: usize,
    /// Bytes of the longest answer the back office gave, its head included.
    pub answer_bytes: usize,
    /// Bytes of answers' bodies that reached the till.
    pub body_bytes: u64,
}

struct State {
    server: String,
    weather: Mutex<Option<Weather>>,
    lie: Mutex<Option<Lie>>,
    counts: Mutex<BTreeMap<Asks, Count>>,
    bodies: Mutex<BTreeMap<Asks, Vec<u8>>>,
    bytes: AtomicU64,
    bytes_per_s: AtomicU64,
}

/// A port of its own, behind which a back office stands.
pub struct Proxy {
    /// Where it listens.
    pub url: String,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// A line to the server at `url`, with nothing wrong on it yet.
    pub async fn to(url: &str) -> io::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            server: url.trim_start_matches("http://").into(),
            weather: Mutex::default(),
            lie: Mutex::default(),
            counts: Mutex::default(),
            bodies: Mutex::default(),
            bytes: AtomicU64::new(0),
            bytes_per_s: AtomicU64::new(0),
        });
        let serving = state.clone();
        let task = tokio::spawn(async move {
            let mut lines = tokio::task::JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                while lines.try_join_next().is_some() {}
                let state = serving.clone();
                lines.spawn(async move {
                    // A line that ends is what this is about.
                    let _ = serve(near, &state).await;
                });
            }
        });
        Ok(Proxy { url: format!("http://{address}"), state, task })
    }

    /// From now on this happens.
    pub fn set_weather(&self, weather: impl FnMut(Asks) -> Option<Fault> + Send + 'static) {
        *lock(&self.state.weather) = Some(Box::new(weather));
    }

    /// This happens to the next request of that kind, and then nothing any more.
    pub fn once(&self, asks: Asks, fault: Fault) {
        let mut fault = Some(fault);
        self.set_weather(move |asked| if asked == asks { fault.take() } else { None });
    }

    /// From now on answers are altered.
    pub fn set_lie(&self, lie: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static) {
        *lock(&self.state.lie) = Some(Arc::new(lie));
    }

    /// Nothing is wrong any more, nobody lies.
    pub fn heal(&self) {
        *lock(&self.state.weather) = None;
        *lock(&self.state.lie) = None;
        self.set_bytes_per_s(0);
    }

    /// How fast answers and requests go; 0 is as fast as they can.
    pub fn set_bytes_per_s(&self, bytes_per_s: u64) {
        self.state.bytes_per_s.store(bytes_per_s, Ordering::SeqCst);
    }

    /// What went through of one kind.
    pub fn count(&self, asks: Asks) -> Count {
        lock(&self.state.counts).get(&asks).copied().unwrap_or_default()
    }

    /// Bytes of all requests and answers so far, heads included.
    pub fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::SeqCst)
    }

    /// Requests of every kind.
    pub fn requests(&self) -> u64 {
        lock(&self.state.counts).values().map(|count| count.requests).sum()
    }

    /// Forgets what went through.
    pub fn forget_counts(&self) {
        lock(&self.state.counts).clear();
    }

    /// The body of the back office's last answer of a kind, as it left there.
    pub fn last_body(&self, asks: Asks) -> Vec<u8> {
        lock(&self.state.bodies).get(&asks).cloned().unwrap_or_default()
    }
}

impl State {
    fn count(&self, asks: Asks, count: impl FnOnce(&mut Count)) {
        count(lock(&self.counts).entry(asks).or_default());
    }

    fn fault(&self, asks: Asks) -> Option<Fault> {
        let fault = lock(&self.weather).as_mut().and_then(|weather| weather(asks));
        self.count(asks, |count| {
            count.requests += 1;
            count.faults += u64::from(fault.is_some());
        });
        fault
    }

    /// Writes, as fast as the line is.
    async fn write(&self, to: &mut TcpStream, mut bytes: &[u8]) -> io::Result<()> {
        const TICK_MS: u64 = 20;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        while !bytes.is_empty() {
            let bytes_per_s = self.bytes_per_s.load(Ordering::SeqCst);
            if bytes_per_s == 0 {
                return to.write_all(bytes).await;
            }
            let piece = usize::try_from(bytes_per_s * TICK_MS / 1000).unwrap_or(1).clamp(1, bytes.len());
            let (now, later) = bytes.split_at(piece);
            to.write_all(now).await?;
            tokio::time::sleep(Duration::from_millis(TICK_MS)).await;
            bytes = later;
        }
        Ok(())
    }
}

/// One connection of the till, request after request.
async fn serve(mut near: TcpStream, state: &State) -> io::Result<()> {
    near.set_nodelay(true)?;
    let mut unread = Vec::new();
    let mut kept: Option<TcpStream> = None;
    while let Some(head) = read_head(&mut near, &mut unread).await? {
        let request = Head::parse(&head);
        let body = read_exact(&mut near, &mut unread, request.length.unwrap_or(0)).await?;
        let asked = Asked { asks: Asks::of(request.path()), path: request.path().into(), body };
        let whole = [head.as_slice(), &asked.body].concat();
        let asks = asked.asks;
        state.count(asks, |count| count.request_bytes = count.request_bytes.max(whole.len()));
        let fault = state.fault(asks);
        match &fault {
            Some(Fault::Close) => return Ok(()),
            Some(Fault::Instead(bytes)) => return state.write(&mut near, bytes).await,
            Some(Fault::CutRequest(after)) => {
                let mut far = connect(state).await?;
                far.write_all(&whole[..whole.len().min(*after)]).await?;
                far.shutdown().await?;
                // Whatever it has to say to that, nobody hears; but it has dealt with it when it ends.
                let _ = far.read_to_end(&mut Vec::new()).await;
                return Ok(());
            }
            _ => {}
        }
        let (mut far, mut arrived, mut answer_head) = ask(state, kept.take(), &whole).await?;
        if fault == Some(Fault::Twice) {
            let length = Head::parse(&answer_head).body_length().unwrap_or(0);
            read_exact(&mut far, &mut arrived, length).await?;
            (far, arrived, answer_head) = ask(state, Some(far), &whole).await?;
        }
        if let Some(Fault::Late(by)) = fault {
            tokio::time::sleep(by).await;
        }
        let answer = Head::parse(&answer_head);
        let lie = lock(&state.lie).clone();
        if let Some(lie) = lie {
            let body = read_exact(&mut far, &mut arrived, answer.body_length().unwrap_or(0)).await?;
            lock(&state.bodies).insert(asks, body.clone());
            tell(state, &mut near, asks, &lie(&asked, Answer::of(answer.status, body))).await?;
            kept = Some(far);
            continue;
        }
        let length = answer.body_length();
        state.count(asks, |count| {
            count.answer_bytes = count.answer_bytes.max(answer_head.len() + length.unwrap_or(0));
        });
        let mut budget = match fault {
            Some(Fault::CutAnswer(after)) => after,
            Some(Fault::CutBody(after)) => answer_head.len() + after,
            _ => usize::MAX,
        };
        pass(state, &mut near, &answer_head, &mut budget).await?;
        // A small answer is read whole first, so that it can be asked for even if it never arrives.
        let is_small = length.is_some_and(|length| length <= SMALL_BYTES);
        let first =
            read_exact(&mut far, &mut arrived, if is_small { length.unwrap_or(0) } else { 0 }).await?;
        arrived.splice(0..0, first.iter().copied());
        lock(&state.bodies).insert(asks, first);
        let mut left = length.unwrap_or(usize::MAX);
        while left > 0 && budget > 0 {
            if arrived.is_empty() && far.read_buf(&mut arrived).await? == 0 {
                return Ok(());
            }
            let piece = arrived.len().min(left);
            let passed = pass(state, &mut near, &arrived[..piece], &mut budget).await?;
            state.count(asks, |count| count.body_bytes += passed as u64);
            arrived.drain(..piece);
            left -= piece;
        }
        if budget == 0 {
            return Ok(());
        }
        kept = Some(far);
    }
    Ok(())
}

/// Answers up to so many bytes are read whole.
const SMALL_BYTES: usize = 64 << 10;

/// Lets bytes through while the budget lasts; returns how many.
async fn pass(state: &State, to: &mut TcpStream, bytes: &[u8], budget: &mut usize) -> io::Result<usize> {
    let passed = bytes.len().min(*budget);
    *budget -= passed;
    state.write(to, &bytes[..passed]).await?;
    Ok(passed)
}

async fn connect(state: &State) -> io::Result<TcpStream> {
    let far = TcpStream::connect(&state.server).await?;
    far.set_nodelay(true)?;
    Ok(far)
}

/// Asks the back office; over the connection of the request before, unless that has ended meanwhile.
async fn ask(
    state: &State,
    kept: Option<TcpStream>,
    request: &[u8],
) -> io::Result<(TcpStream, Vec<u8>, Vec<u8>)> {
    for far in [kept, None] {
        let is_new = far.is_none();
        let mut far = match far {
            Some(far) => far,
            None => connect(state).await?,
        };
        let mut arrived = Vec::new();
        let answered = match state.write(&mut far, request).await {
            Ok(()) => read_head(&mut far, &mut arrived).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(Some(head)) => return Ok((far, arrived, head)),
            Err(error) if is_new => return Err(error),
            Ok(None) if is_new => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {}
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

async fn tell(state: &State, near: &mut TcpStream, asks: Asks, answer: &Answer) -> io::Result<()> {
    state.write(near, answer.head().as_bytes()).await?;
    let count = |bytes: usize| state.count(asks, |count| count.body_bytes += bytes as u64);
    if matches!(answer.status, 204 | 304) {
        return Ok(());
    }
    if !answer.is_endless {
        count(answer.body.len());
        return state.write(near, &answer.body).await;
    }
    let chunk = [format!("{:x}\r\n", answer.body.len()).as_bytes(), &answer.body, b"\r\n"].concat();
    loop {
        state.write(near, &chunk).await?;
        count(answer.body.len());
    }
}

/// The first line of a request or an answer, and how long what follows is.
struct Head<'a> {
    first: &'a str,
    status: u16,
    length: Option<usize>,
}

impl Head<'_> {
    fn parse(head: &[u8]) -> Head<'_> {
        let text = std::str::from_utf8(head).unwrap_or_default();
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let length = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Head { first, status, length }
    }

    fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// `None` for a body that goes on until the connection ends.
    fn body_length(&self) -> Option<usize> {
        if matches!(self.status, 204 | 304) { Some(0) } else { self.length }
    }
}

/// Bytes up to the empty line; what has come beyond it stays in `unread`. `None` if nothing comes any more.
async fn read_head(from: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = unread.split_off(end + 4);
            return Ok(Some(std::mem::replace(unread, rest)));
        }
        if from.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

/// So many bytes, or as many as come.
async fn read_exact(from: &mut TcpStream, unread: &mut Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    unread.reserve(length.saturating_sub(unread.len()).min(8 << 20));
    while unread.len() < length && from.read_buf(unread).await? > 0 {}
    let rest = unread.split_off(unread.len().min(length));
    Ok(std::mem::replace(unread, rest))
}

/// What it guards is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
