//! A phone's line to the centre, and everything that can befall a message on it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture, stream, stream::BoxStream};
use tillkit::transport::{NetError, Request, Response, Transport};
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};

use super::{
    centre::{Answer, Centre, version_header},
    dice::Dice,
    trace::Trace,
};

/// After so long without a byte a phone gives a connection up, as the real transport does.
const SILENCE: Duration = Duration::from_secs(30);

/// What the line is like for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It works; single messages may still meet their fate.
    Fair,
    /// No route.
    Down,
    /// What leaves does not arrive.
    LosesRequests,
    /// What arrives is not heard of.
    LosesAnswers,
    /// Somebody else answers with a page.
    Portal,
    /// A gateway answers that the centre does not.
    Gateway,
}

/// How likely a message meets what, in a thousand.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Lost on its way there.
    pub lost_request: u64,
    /// Lost on its way back.
    pub lost_answer: u64,
    /// Arrives a second time, perhaps much later.
    pub doubled: u64,
    /// Cut in the middle of the answer.
    pub cut: u64,
    /// Takes long.
    pub slow: u64,
}

/// When a phone dies: so many requests from now, before one leaves or after its answer, or the next time
/// something is to become live; and then so many turns of whatever is at work later.
#[derive(Debug, Clone, Copy)]
pub struct Trap {
    /// Requests until then.
    pub requests: u64,
    /// Whether its answer has come.
    pub after_answer: bool,
    /// Not by requests, but when something is to become live.
    pub at_apply: bool,
    /// Turns of the runtime.
    pub turns: u64,
}

/// A phone's line.
pub struct Line {
    name: String,
    trace: Arc<Trace>,
    centre: Arc<Mutex<Centre>>,
    state: Mutex<State>,
    /// Weather has changed, or everything that hangs is cut.
    changed: Notify,
    heals: AtomicU64,
    is_calm: AtomicBool,
    traps: mpsc::UnboundedSender<(String, u64)>,
    sent: AtomicU64,
}

struct State {
    dice: Dice,
    weather: Weather,
    rates: Rates,
    trap: Option<Trap>,
    last_arrived: u64,
}

impl Line {
    /// A line whose traps are told.
    pub fn new(
        name: &str,
        seed: u64,
        trace: Arc<Trace>,
        centre: Arc<Mutex<Centre>>,
        traps: mpsc::UnboundedSender<(String, u64)>,
    ) -> Arc<Line> {
        let mut dice = Dice::new(seed, &format!("line {name}"));
        let mut upto = |most| dice.of(0..most);
        let rates = Rates {
            lost_request: upto(30),
            lost_answer: upto(30),
            doubled: upto(40),
            cut: upto(40),
            slow: upto(60),
        };
        let state = State { dice, weather: Weather::Fair, rates, trap: None, last_arrived: 0 };
        Arc::new(Line {
            name: name.into(),
            trace,
            centre,
            state: Mutex::new(state),
            changed: Notify::new(),
            heals: AtomicU64::new(0),
            is_calm: AtomicBool::new(false),
            traps,
            sent: AtomicU64::new(0),
        })
    }

    /// From now on it is like this.
    pub fn set_weather(&self, weather: Weather) {
        self.trace.note(&self.name, format_args!("weather {weather:?}"));
        self.state().weather = weather;
        self.changed.notify_waiters();
    }

    /// What it is like now.
    pub fn weather(&self) -> Weather {
        self.state().weather
    }

    /// Fair weather, no fates while `is_calm`, and whatever hangs is cut: a fault does not outlast itself.
    pub fn heal(&self, is_calm: bool) {
        self.is_calm.store(is_calm, Ordering::Relaxed);
        self.heals.fetch_add(1, Ordering::Relaxed);
        self.state().trap = None;
        self.set_weather(Weather::Fair);
    }

    /// Fates happen again.
    pub fn roughen(&self) {
        self.is_calm.store(false, Ordering::Relaxed);
    }

    /// Lays a trap.
    pub fn set_trap(&self, trap: Trap) {
        self.state().trap = Some(trap);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throws(&self, chance: impl Fn(&Rates) -> u64) -> bool {
        let mut state = self.state();
        let chance = if self.is_calm.load(Ordering::Relaxed) { 0 } else { chance(&state.rates) };
        state.dice.permille(chance)
    }

    fn between(&self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(self.state().dice.of(from_ms..to_ms))
    }

    fn spring(&self, after_answer: bool) {
        let mut state = self.state();
        let Some(trap) = &mut state.trap else { return };
        if trap.at_apply || after_answer != trap.after_answer {
            return;
        }
        if trap.requests == 0 {
            let turns = trap.turns;
            state.trap = None;
            drop(self.traps.send((self.name.clone(), turns)));
        } else {
            trap.requests -= 1;
        }
    }

    /// Something is about to become live.
    pub fn applies(&self) {
        let mut state = self.state();
        if let Some(trap) = state.trap.take_if(|trap| trap.at_apply) {
            drop(self.traps.send((self.name.clone(), trap.turns)));
        }
    }

    /// Waits as long as a phone waits for a line that says nothing; a heal ends it.
    async fn silence(&self) -> NetError {
        let heals = self.heals.load(Ordering::Relaxed);
        let deadline = tokio::time::Instant::now() + SILENCE;
        loop {
            let changed = self.changed.notified();
            tokio::select! {
                biased;
                () = changed => if self.heals.load(Ordering::Relaxed) != heals {
                    return NetError::Cut("the line was reset".into());
                },
                () = tokio::time::sleep_until(deadline) => return NetError::Timeout,
            }
        }
    }

    async fn carry(self: Arc<Line>, request: Request) -> Result<Response, NetError> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let path = request.path.split('?').next().unwrap_or_default().to_string();
        self.trace.note(&self.name, format_args!("→ {number} {path}"));
        self.spring(false);
        if self.throws(|rates| rates.slow) {
            self.trace.fired("delayed", &self.name);
            sleep(self.between(1_000, 20_000)).await;
        }
        sleep(self.between(5, 80)).await;
        match self.weather() {
            Weather::Down => {
                self.trace.fired("no route", &self.name);
                return Err(NetError::NoRoute("the line is down".into()));
            }
            Weather::Portal => {
                self.trace.fired("captive portal", &self.name);
                return Ok(page(200));
            }
            Weather::Gateway => {
                self.trace.fired("gateway", &self.name);
                return Ok(page(502));
            }
            Weather::LosesRequests => {
                self.trace.fired("one-way partition, there", &self.name);
                return Err(self.silence().await);
            }
            Weather::LosesAnswers | Weather::Fair => {}
        }
        if self.throws(|rates| rates.lost_request) {
            self.trace.fired("request lost", &self.name);
            return Err(self.silence().await);
        }
        if self.throws(|rates| rates.doubled) && path != "/v1/events" {
            self.double(&request);
        }
        let last = std::mem::replace(&mut self.state().last_arrived, number);
        if last > number {
            self.state().last_arrived = last;
            self.trace.fired("reordered", &self.name);
        }
        let arrived = self.centre.lock().unwrap_or_else(PoisonError::into_inner).arrive(&request);
        let Some(answer) = arrived else {
            return Err(NetError::NoRoute("the centre is down".into()));
        };
        if self.weather() == Weather::LosesAnswers {
            self.trace.fired("one-way partition, back", &self.name);
            return Err(self.silence().await);
        }
        if self.throws(|rates| rates.lost_answer) {
            self.trace.fired("answer lost", &self.name);
            return Err(self.silence().await);
        }
        sleep(self.between(5, 80)).await;
        self.trace.note(&self.name, format_args!("← {number} {} {}", answer.status, answer.body.len()));
        self.spring(true);
        Ok(self.respond(answer))
    }

    /// The same message again, some time: nobody waits for that answer.
    fn double(self: &Arc<Line>, request: &Request) {
        let (line, request) = (self.clone(), request.clone());
        let is_late = self.state().dice.permille(300);
        let delay = match is_late {
            true => self.between(60_000, 1_200_000),
            false => self.between(1, 3_000),
        };
        tokio::spawn(async move {
            sleep(delay).await;
            line.trace.fired("doubled", &line.name);
            drop(line.centre.lock().unwrap_or_else(PoisonError::into_inner).arrive(&request));
        });
    }

    fn respond(self: &Arc<Line>, answer: Answer) -> Response {
        let status = answer.status;
        let headers = BTreeMap::from([version_header()]);
        let Answer { body, pokes, .. } = answer;
        if let Some((pokes, left_ms)) = pokes {
            let begun = stream::once(async move { Ok(Bytes::from(body)) });
            return Response { status, headers, body: begun.chain(self.listen(pokes, left_ms)).boxed() };
        }
        let cut_at = self.throws(|rates| rates.cut).then(|| self.state().dice.below(body.len().max(1)));
        if cut_at.is_some() {
            self.trace.fired("answer cut", &self.name);
        }
        let body = &body[..cut_at.unwrap_or(body.len())];
        const CHUNK: usize = 700;
        let chunks: Vec<Bytes> = body.chunks(CHUNK).map(Bytes::copy_from_slice).collect();
        let line = self.clone();
        let end = cut_at.map(|_| Err(NetError::Cut("the line was cut".into())));
        let body = stream::iter(chunks.into_iter().map(Ok).chain(end)).then(move |chunk| {
            let line = line.clone();
            async move {
                sleep(line.between(0, 8)).await;
                chunk
            }
        });
        Response { status, headers, body: body.boxed() }
    }

    /// Pokes until the token ends, the centre falls, or the line has been silent too long.
    fn listen(
        self: &Arc<Line>,
        pokes: mpsc::UnboundedReceiver<Bytes>,
        left_ms: u64,
    ) -> BoxStream<'static, Result<Bytes, NetError>> {
        let ends = tokio::time::Instant::now() + Duration::from_millis(left_ms);
        stream::unfold(Some((self.clone(), pokes)), move |open| async move {
            let (line, mut pokes) = open?;
            loop {
                if line.weather() != Weather::Fair {
                    // No heartbeat either: after a while the phone notices.
                    match line.until_fair().await {
                        Ok(()) => {}
                        Err(error) => return Some((Err(error), None)),
                    }
                }
                let changed = line.changed.notified();
                tokio::select! {
                    biased;
                    () = changed => {}
                    poke = pokes.recv() => match poke {
                        // What is sent while the line is bad is sent again by TCP once it is good.
                        Some(poke) => return Some((Ok(poke), Some((line, pokes)))),
                        None => return Some((Err(NetError::Cut("the centre is gone".into())), None)),
                    },
                    () = tokio::time::sleep_until(ends) => return None,
                }
            }
        })
        .boxed()
    }

    async fn until_fair(&self) -> Result<(), NetError> {
        let deadline = tokio::time::Instant::now() + SILENCE;
        loop {
            let changed = self.changed.notified();
            if self.weather() == Weather::Fair {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = tokio::time::sleep_until(deadline) => return Err(NetError::Timeout),
            }
        }
    }
}

fn page(status: u16) -> Response {
    let page = Bytes::from_static(b"<html>Welcome to our hotel</html>");
    let body = stream::once(async move { Ok(page) }).boxed();
    Response { status, headers: BTreeMap::new(), body }
}

/// What a phone's core is given.
pub struct OverLine(pub Arc<Line>);

impl Transport for OverLine {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(self.0.clone().carry(request))
    }
}
