//! The model of a back office with two centres: what the protocol's page promises of one, in memory, and
//! nothing shared with the real one but the wire's types.
//!
//! What a backup holds is [`Kept`]; tokens and listeners are gone with each crash. Who is enrolled
//! survives everything: the model's owner writes it down on paper.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tillkit::{
    Kind, Quantity,
    transport::{Method, Request},
};
use tillkit_protocol::{
    Hash, KindDigest, MAJOR, Manifest, Problem, Record, Section, VERSION, VERSION_HEADER, bodies,
    keys::{PrivateKey, PublicKey},
    limits, major_of,
    manifest::{Blob, SectionManifest, Step},
    problem::ProblemType,
    rows::{self, Row},
    sections::Flow,
    settings,
    wire::{
        CentreInfo, Centres, ChainHead, Contact, Contacted, Empty, Enrol, Enrolled, Finding, Hello, Ranges,
        Refused, Remembered, Subscribe, Subscribed, Token, TokenRequest, Uploaded, normal_code, to_ranges,
    },
};
use tokio::sync::mpsc;

use super::{
    dice::Dice,
    settings::{PEPPER, Rows, Sections, first, picture, put},
    trace::Trace,
    twin::Twin,
};

/// The centres. A till begins at the first.
pub const CENTRES: [&str; 2] = ["main", "corner"];
const TENANT: &str = "shop";
const TOKEN_MS: i64 = 15 * 60_000;
const CODE_MS: i64 = 15 * 60_000;
const CLOCK_MS: i64 = 5 * 60_000;
/// Numbers of enrolments that a restored one gives to nobody.
const SKIPPED: u32 = 25;
/// Steps a manifest lists: few, so that tills that slept come by the snapshot.
const STEPS: usize = 4;

/// An enrolment: the till's n-th.
pub type Of = (String, u32);

/// What a backup holds.
#[derive(Clone)]
pub struct Kept {
    /// Documents by enrolment and seq, the first that came.
    pub documents: BTreeMap<Of, BTreeMap<u64, Arc<Record>>>,
    /// Documents of a seq that another one holds.
    pub forks: BTreeMap<Hash, Arc<Record>>,
    /// Unbroken up to here, and its hash.
    heads: BTreeMap<Of, (u64, Hash)>,
    /// What stands beside documents.
    pub parts: BTreeMap<Hash, Vec<u8>>,
    /// Booked up to here.
    pub booked: BTreeMap<Of, u64>,
    /// How often each document was booked: once.
    pub bookings: BTreeMap<Hash, u32>,
    /// In this order: what a count comes to depends on it.
    pub booked_in_order: Vec<Arc<Record>>,
    findings: BTreeMap<Of, Vec<Finding>>,
    settings: BTreeMap<&'static str, Settings>,
    levels: BTreeMap<(String, String), Quantity>,
    enrolments: BTreeMap<Of, Enrolment>,
    codes: BTreeMap<String, Code>,
    subscribed: BTreeMap<Of, &'static str>,
    /// Enrolments of a till that may have been made since a backup: given to nobody.
    skipped: BTreeMap<String, u32>,
}

/// The settings of a centre.
#[derive(Clone, Default)]
struct Settings {
    /// As the owner edits them.
    draft: Sections,
    sections: BTreeMap<String, Version>,
    generation: u64,
    live: u64,
    signed: Vec<u8>,
    manifest: Option<Manifest>,
    has_live_news: bool,
}

/// A section as published once.
#[derive(Clone, Default)]
struct Version {
    rows: Arc<Rows>,
    manifest: SectionManifest,
}

/// A version of a section, kept for ever to hold tills against.
pub struct Published {
    /// Its rows.
    pub rows: Arc<Rows>,
    /// The versions of what it needs, when it was first listed.
    pub needs: BTreeMap<String, u64>,
}

#[derive(Clone)]
struct Enrolment {
    key: PublicKey,
    is_revoked: bool,
}

/// What happens when the next upload arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// It is forgotten.
    BeforeCommit,
    /// It is kept, and nobody hears of it.
    AfterCommit,
}

/// An answer, before the line does its part.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The whole of it.
    pub body: Vec<u8>,
    /// What comes after it, for who listens, and when that ends.
    pub pokes: Option<(mpsc::UnboundedReceiver<Bytes>, u64)>,
}

/// The model.
pub struct Centre {
    trace: Arc<Trace>,
    dice: Dice,
    key: PrivateKey,
    /// What a backup holds.
    pub kept: Kept,
    /// This life's name.
    pub epoch: String,
    blobs: BTreeMap<Hash, Arc<Vec<u8>>>,
    /// Every version of every section there has been, by centre, epoch and generation.
    pub archive: BTreeMap<(String, String, String, u64), Published>,
    tokens: BTreeMap<String, (Of, i64)>,
    nonces: BTreeSet<String>,
    listeners: Vec<(Of, mpsc::UnboundedSender<Bytes>)>,
    /// Who was told that there is news, when, and what the news was: versions by section.
    pub poked: Vec<(Of, u64, BTreeMap<String, u64>)>,
    /// The major it speaks now.
    pub major: u32,
    /// Nothing answers before this time of the world.
    pub down_until_ms: u64,
    /// What the next upload meets.
    pub crash: Option<Crash>,
    is_moody: bool,
    /// Documents that a restored backup did not have.
    pub lost: BTreeSet<Hash>,
    /// Whether a backup has ever taken the place of everything.
    pub was_restored: bool,
    /// When its process began.
    began_ms: i64,
    /// Enrolments of a copy that was recognised: their forks are expected.
    pub copied: BTreeSet<Of>,
    /// How many times a centre has published.
    pub publications: u64,
    /// A real back office that is held to this one.
    twin: Option<Twin>,
}

type Refusal = Box<Problem>;
type Answered = Result<Vec<u8>, Refusal>;

/// A pairing code: of which till, until when, and who has used it.
type Code = (String, i64, Option<(PublicKey, u32)>);
/// A row by kind and key; without a body it has gone.
type KeptRow<'a> = (&'a (String, String), Option<&'a Vec<u8>>);

impl Centre {
    /// A centre with its first generation published.
    pub fn open(seed: u64, trace: Arc<Trace>, twin: Option<Twin>) -> Centre {
        let mut dice = Dice::new(seed, "centre");
        let mut key = [0; 32];
        dice.fill(&mut key);
        let kept = Kept {
            documents: BTreeMap::new(),
            forks: BTreeMap::new(),
            heads: BTreeMap::new(),
            parts: BTreeMap::new(),
            booked: BTreeMap::new(),
            bookings: BTreeMap::new(),
            booked_in_order: Vec::new(),
            findings: BTreeMap::new(),
            settings: CENTRES.iter().map(|centre| (*centre, Settings::first(centre, &mut dice))).collect(),
            levels: BTreeMap::new(),
            enrolments: BTreeMap::new(),
            codes: BTreeMap::new(),
            subscribed: BTreeMap::new(),
            skipped: BTreeMap::new(),
        };
        let mut centre = Centre {
            trace,
            epoch: format!("e{:08x}", dice.bits() >> 32),
            dice,
            key: PrivateKey::from_seed(&key),
            kept,
            blobs: (0..20).map(picture).map(|bytes| (Hash::of(&bytes), Arc::new(bytes))).collect(),
            archive: BTreeMap::new(),
            tokens: BTreeMap::new(),
            nonces: BTreeSet::new(),
            listeners: Vec::new(),
            poked: Vec::new(),
            major: MAJOR,
            down_until_ms: 0,
            crash: None,
            is_moody: twin.is_none(),
            lost: BTreeSet::new(),
            was_restored: false,
            began_ms: i64::MIN,
            copied: BTreeSet::new(),
            publications: 0,
            twin,
        };
        for name in CENTRES {
            centre.publish_draft(name, true);
            centre.publish_draft(name, false);
        }
        centre
    }

    // ------------------------------------------------------------------------------ its owner

    /// Changes something and publishes it.
    pub fn publish(&mut self) {
        let centre = self.dice.pick(&[CENTRES[0], CENTRES[0], CENTRES[1]]);
        let Some(settings) = self.kept.settings.get_mut(centre) else { return };
        let what = super::settings::edit(&mut settings.draft, &mut self.dice);
        self.publish_draft(centre, false);
        self.publications += 1;
        let generation = self.settings(centre).generation;
        self.trace.note("centre", format_args!("publishes {what} of {centre} as {generation}"));
        self.poke(centre);
    }

    /// Publishes what documents have changed in live sections.
    pub fn publish_live(&mut self) {
        for centre in CENTRES {
            if self.settings(centre).has_live_news {
                self.publish_draft(centre, true);
                let live = self.settings(centre).live;
                self.trace.note("centre", format_args!("publishes live {live} of {centre}"));
                self.poke(centre);
            }
        }
    }

    fn poke(&mut self, centre: &'static str) {
        let (at_ms, sections) = (self.trace.at_ms(), &self.settings(centre).sections);
        let news: BTreeMap<_, _> =
            sections.iter().map(|(name, version)| (name.clone(), version.manifest.generation)).collect();
        let Centre { listeners, kept, poked, .. } = self;
        let is_of_it = |of: &Of| kept.subscribed.get(of) == Some(&centre);
        listeners.retain(|(of, listener)| {
            !is_of_it(of) || listener.send(Bytes::from_static(b"event: poke\ndata:\n\n")).is_ok()
        });
        let told = listeners.iter().filter(|(of, _)| is_of_it(of));
        poked.extend(told.map(|(of, _)| (of.clone(), at_ms, news.clone())));
    }

    /// It may take a part of an upload only, or not any more; beside a real one it never does.
    pub fn set_moody(&mut self, is_moody: bool) {
        self.is_moody = is_moody && self.twin.is_none();
    }

    /// A code to type into a phone, for a till.
    pub fn make_code(&mut self, till: &str) -> String {
        let code = match &self.twin {
            Some(twin) => normal_code(&twin.make_code(till)),
            None => normal_code(&format!("{:08x}", self.dice.bits() as u32)),
        };
        self.kept.codes.insert(code.clone(), (till.into(), self.trace.now_ms() + CODE_MS, None));
        code
    }

    /// Takes an enrolment back.
    pub fn revoke(&mut self, of: &Of) {
        if let Some(twin) = &self.twin {
            twin.revoke(of);
        }
        if let Some(enrolment) = self.kept.enrolments.get_mut(of) {
            enrolment.is_revoked = true;
        }
    }

    fn settings(&self, centre: &str) -> &Settings {
        self.kept.settings.get(centre).expect("one of the two")
    }

    /// The manifest of a centre that is published now.
    pub fn manifest(&self, centre: &str) -> &Manifest {
        self.settings(centre).manifest.as_ref().expect("the first is published when it opens")
    }

    /// The centre that an enrolment has chosen.
    pub fn centre_of(&self, of: &Of) -> Option<&'static str> {
        self.kept.subscribed.get(of).copied()
    }

    /// The centre that who asks has chosen.
    pub fn centre_of_request(&self, request: &Request) -> Option<&'static str> {
        self.centre_of(&self.bearer(request).ok()?.0)
    }

    /// The newest rows of a section.
    pub fn rows(&self, centre: &str, section: &str) -> Arc<Rows> {
        self.settings(centre).sections.get(section).map(|version| version.rows.clone()).unwrap_or_default()
    }

    /// The process ends; what is durable stays.
    pub fn fall(&mut self, down_ms: u64) {
        self.tokens.clear();
        self.listeners.clear();
        self.nonces.clear();
        self.began_ms = self.trace.now_ms();
        if let Some(twin) = &mut self.twin {
            twin.fall();
        }
        self.down_until_ms = self.trace.at_ms() + down_ms;
    }

    /// A backup.
    pub fn backup(&mut self) -> Kept {
        if let Some(twin) = &mut self.twin {
            twin.backup();
        }
        self.kept.clone()
    }

    /// A backup takes the place of everything: a new life begins.
    pub fn restore(&mut self, backup: Kept) {
        self.was_restored = true;
        let down_ms = self.dice.of(1_000..60_000);
        self.fall(down_ms);
        if let Some(twin) = &mut self.twin {
            twin.restore();
        }
        let before = std::mem::replace(&mut self.kept, backup);
        for (till, last) in self.kept.enrolments.keys() {
            self.kept.skipped.insert(till.clone(), last + SKIPPED);
        }
        let held: BTreeSet<Hash> = self.hashes();
        let lost = before.documents.values().flat_map(BTreeMap::values).chain(before.forks.values());
        self.lost.extend(lost.map(|record| record.hash).filter(|hash| !held.contains(hash)));
        self.epoch = format!("e{:08x}", self.dice.bits() >> 32);
        for centre in CENTRES {
            self.archive(centre);
            self.sign(centre);
        }
    }

    /// Whether it knows this enrolment: a restored one may not.
    pub fn knows(&self, of: &Of) -> bool {
        self.kept.enrolments.contains_key(of)
    }

    /// Requests that a real one was held to; everything it holds is held now.
    pub fn end(&mut self) -> u64 {
        let Some(twin) = self.twin.take() else { return 0 };
        // The real one does so by itself.
        self.book();
        self.publish_live();
        twin.at_rest(self);
        twin.compared
    }

    /// Every document it holds.
    pub fn hashes(&self) -> BTreeSet<Hash> {
        let all = self.kept.documents.values().flat_map(BTreeMap::values).chain(self.kept.forks.values());
        all.map(|record| record.hash).collect()
    }

    /// The seqs that more than one document has.
    pub fn forked(&self) -> BTreeSet<(Of, u64)> {
        let filings = self.kept.forks.values().filter_map(|record| record.filing().ok());
        filings.map(|filing| ((filing.till, filing.enrolment), filing.seq)).collect()
    }

    /// Whether it holds this document.
    pub fn holds(&self, of: &Of, seq: u64, hash: &Hash) -> bool {
        let first = self.kept.documents.get(of).and_then(|chain| chain.get(&seq));
        first.is_some_and(|record| record.hash == *hash) || self.kept.forks.contains_key(hash)
    }

    // ------------------------------------------------------------------------- configuration

    fn publish_draft(&mut self, centre: &'static str, is_live: bool) {
        let mut settings = self.settings(centre).clone();
        let next = settings.generation + u64::from(!is_live);
        for (name, rows) in settings.draft.clone() {
            let flow = Section::of_name(&name).map_or(Flow::Down, |section| section.spec().flow);
            let before = settings.sections.get(&name).cloned().unwrap_or_default();
            let is_first = before.manifest.generation == 0;
            if (flow == Flow::DownLive) != is_live || (*before.rows == rows && !is_first) {
                continue;
            }
            let generation = if is_live { before.manifest.generation + 1 } else { next };
            let manifest = self.cut(&before, &rows, generation);
            settings.sections.insert(name, Version { rows: Arc::new(rows), manifest });
        }
        settings.generation = next;
        settings.live += u64::from(is_live);
        settings.has_live_news &= !is_live;
        if let Some(twin) = self.twin.as_mut().filter(|_| !is_live) {
            twin.publish(centre, &settings.draft);
        }
        self.kept.settings.insert(centre, settings);
        self.archive(centre);
        self.sign(centre);
    }

    /// Keeps every version that is published now.
    fn archive(&mut self, centre: &'static str) {
        let Centre { kept, archive, epoch, .. } = self;
        let Some(Settings { sections, .. }) = kept.settings.get(centre) else { return };
        let version_of = |name: &str| sections.get(name).map_or(0, |it| it.manifest.generation);
        for (name, version) in sections {
            let needs = Section::of_name(name).map_or(&[][..], |section| section.spec().needs);
            let needs = needs.iter().map(|need| (need.name().to_string(), version_of(need.name()))).collect();
            let key = (centre.to_string(), epoch.clone(), name.clone(), version_of(name));
            archive.entry(key).or_insert_with(|| Published { rows: version.rows.clone(), needs });
        }
    }

    fn cut(&mut self, before: &Version, rows: &Rows, generation: u64) -> SectionManifest {
        let mut kinds: BTreeMap<String, KindDigest> = BTreeMap::new();
        for ((kind, key), body) in rows {
            kinds.entry(kind.clone()).or_default().add(kind, key, body);
        }
        let (mut snapshot, mut begun) = (Vec::new(), Vec::new());
        for (name, body) in rows {
            begun.push((name, Some(body)));
            // Borders that a change elsewhere does not move.
            if Hash::of(name.1.as_bytes()).as_bytes()[0].is_multiple_of(12) {
                snapshot.push(self.blob(&std::mem::take(&mut begun)));
            }
        }
        if !begun.is_empty() {
            snapshot.push(self.blob(&begun));
        }
        let changed = rows.iter().filter(|(name, body)| before.rows.get(*name) != Some(*body));
        let gone = before.rows.keys().filter(|name| !rows.contains_key(*name));
        let changes: BTreeMap<_, _> =
            changed.map(|(name, body)| (name, Some(body))).chain(gone.map(|name| (name, None))).collect();
        let mut steps = before.manifest.steps.clone();
        if before.manifest.generation > 0 {
            let Blob { bytes, rows, sha256, .. } = self.blob(&changes.into_iter().collect::<Vec<_>>());
            steps.push(Step { bytes, from: before.manifest.generation, rows, sha256, to: generation });
        }
        steps.drain(..steps.len().saturating_sub(STEPS));
        SectionManifest { generation, kinds, snapshot, steps }
    }

    fn blob(&mut self, rows: &[KeptRow<'_>]) -> Blob {
        let mut lines = Vec::new();
        for ((kind, key), body) in rows {
            let (kind, key) = (kind.as_str().into(), key.as_str().into());
            rows::write_row(&mut lines, &Row { kind, key, body: body.map(Vec::as_slice) });
        }
        let stored = rows::compress(&lines).expect("memory");
        let name =
            |row: Option<&KeptRow<'_>>| row.map_or(String::new(), |((kind, key), _)| format!("{kind}/{key}"));
        let sha256 = Hash::of(&stored);
        let blob = Blob {
            bytes: stored.len() as u64,
            first: name(rows.first()),
            last: name(rows.last()),
            rows: rows.len() as u64,
            sha256,
        };
        self.blobs.insert(sha256, Arc::new(stored));
        blob
    }

    fn sign(&mut self, centre: &'static str) {
        let Some(settings) = self.kept.settings.get_mut(centre) else { return };
        let sections = settings.sections.iter();
        let manifest = Manifest {
            centre: centre.into(),
            epoch: self.epoch.clone(),
            generation: settings.generation,
            live: settings.live,
            published_ms: self.trace.now_ms(),
            sections: sections.map(|(name, version)| (name.clone(), version.manifest.clone())).collect(),
        };
        settings.signed = manifest.sign(&self.key).expect("small numbers");
        settings.manifest = Some(manifest);
    }

    // ------------------------------------------------------------------------------ requests

    /// What it answers; `None` if it is gone before it could.
    pub fn arrive(&mut self, request: &Request) -> Option<Answer> {
        if self.trace.at_ms() < self.down_until_ms {
            return None;
        }
        let is_upload = request.path == "/v1/documents";
        let crash = if is_upload { self.crash.take() } else { None };
        if crash == Some(Crash::BeforeCommit) {
            self.trace.fired("centre crashed before it stored", "centre");
            let down_ms = self.dice.of(1_000..120_000);
            self.fall(down_ms);
            return None;
        }
        let answer = self.answer(request);
        if let Some(mut twin) = self.twin.take() {
            twin.hears(request, &answer, self);
            self.twin = Some(twin);
            // As it does: what a count comes to depends on what is booked before it.
            self.book();
        }
        if crash == Some(Crash::AfterCommit) {
            self.trace.fired("centre crashed after it stored", "centre");
            let down_ms = self.dice.of(1_000..120_000);
            self.fall(down_ms);
            return None;
        }
        Some(answer)
    }

    fn answer(&mut self, request: &Request) -> Answer {
        if request.path == "/v1/events" {
            return match self.listen(request) {
                Ok(pokes) => Answer { status: 200, body: b": open\n\n".to_vec(), pokes: Some(pokes) },
                Err(problem) => refuse(&problem),
            };
        }
        match self.route(request) {
            Ok((status, body)) => Answer { status, body, pokes: None },
            Err(problem) => {
                let is_clean = !problem.is(ProblemType::Malformed);
                self.trace.must(is_clean, "wire", "centre", format_args!("{} is malformed", request.path));
                refuse(&problem)
            }
        }
    }

    fn route(&mut self, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        let path = request.path.as_str();
        let body = request.body.as_deref().unwrap_or_default();
        let says = header(request, VERSION_HEADER).and_then(major_of);
        if path == "/v1/hello" {
            return Ok((200, self.hello()));
        }
        if says != Some(self.major) && !is_taken_by_any_major(path) {
            return Err(Problem::of(ProblemType::Version).into());
        }
        match (request.method, path) {
            (Method::Post, "/v1/enrol") => self.enrol(body).map(|body| (200, body)),
            (Method::Post, "/v1/token") => self.token(body).map(|body| (200, body)),
            (Method::Get, "/v1/centres") => self.centres(request).map(|body| (200, body)),
            (Method::Put, "/v1/subscription") => self.subscribe(request, body).map(|body| (200, body)),
            (Method::Post, "/v1/contact") => self.contact(request, body).map(|body| (200, body)),
            (Method::Get, "/v1/manifest") => self.read_manifest(request),
            (Method::Post, "/v1/documents") => self.upload(request, body).map(|body| (200, body)),
            (Method::Get, _) if path.starts_with("/v1/blobs/") => self.read_blob(request),
            (Method::Post, _) if path.starts_with("/v1/parts/") => {
                self.part(request, body).map(|body| (200, body))
            }
            _ => {
                // Nothing else may flow up.
                self.trace.violated("I10", "centre", format_args!("{:?} {path}", request.method));
                Err(Problem::of(ProblemType::NotFound).into())
            }
        }
    }

    fn hello(&self) -> Vec<u8> {
        json(&Hello {
            majors: vec![self.major],
            minor: 0,
            now_ms: self.trace.now_ms(),
            limits: BTreeMap::new(),
        })
    }

    fn enrol(&mut self, body: &[u8]) -> Answered {
        let request: Enrol = read(body)?;
        if !request.is_proven() {
            return Err(Problem::of(ProblemType::BadProof).into());
        }
        let now_ms = self.trace.now_ms();
        let code = normal_code(&request.code);
        let Some((till, expires_ms, used_by)) = self.kept.codes.get_mut(&code) else {
            return Err(Problem::of(ProblemType::CodeUnknown).into());
        };
        let enrolment = match used_by {
            Some((key, enrolment)) if *key == request.public_key => *enrolment,
            Some(_) => return Err(Problem::of(ProblemType::CodeUsed).into()),
            None if now_ms >= *expires_ms => return Err(Problem::of(ProblemType::CodeExpired).into()),
            None => {
                let known = &mut self.kept.enrolments;
                let tenant_key = self.key.public();
                let of_till = |old: &&Remembered| old.till == *till && old.tenant_key == tenant_key;
                for old in request.remembered.iter().filter(of_till) {
                    let forgotten = Enrolment { key: old.public_key, is_revoked: true };
                    known.entry((till.clone(), old.enrolment)).or_insert(forgotten);
                }
                let last = known.keys().filter(|(of, _)| of == till).map(|(_, n)| *n).max();
                let enrolment = last.max(self.kept.skipped.get(till).copied()).unwrap_or(0) + 1;
                *used_by = Some((request.public_key, enrolment));
                let new = Enrolment { key: request.public_key, is_revoked: false };
                self.kept.enrolments.insert((till.clone(), enrolment), new);
                enrolment
            }
        };
        Ok(json(&Enrolled {
            enrolment,
            now_ms,
            series: series(till, enrolment),
            tenant: TENANT.into(),
            tenant_key: self.key.public(),
            till: till.clone(),
        }))
    }

    fn token(&mut self, body: &[u8]) -> Answered {
        let request: TokenRequest = read(body)?;
        let of = (request.till.clone(), request.enrolment);
        let known = self.kept.enrolments.get(&of);
        if request.tenant != TENANT || known.is_none_or(|known| !request.is_signed_by(&known.key)) {
            return Err(Problem::of(ProblemType::Unauthorised).because("not this enrolment's key").into());
        }
        let now_ms = self.trace.now_ms();
        if request.at_ms < self.began_ms || request.at_ms.abs_diff(now_ms) > CLOCK_MS.unsigned_abs() {
            self.trace.fired("clock refused", &of.0);
            return Err(Problem::of(ProblemType::Clock).at(now_ms).into());
        }
        if !self.nonces.insert(request.nonce) {
            return Err(Problem::of(ProblemType::Unauthorised).because("the nonce has been used").into());
        }
        let (token, expires_ms) = (format!("{:016x}", self.dice.bits()), now_ms + TOKEN_MS);
        self.tokens.insert(token.clone(), (of, expires_ms));
        Ok(json(&Token { expires_ms, now_ms, token }))
    }

    /// Who asks, and until when the token is good.
    fn bearer(&self, request: &Request) -> Result<(Of, i64), Refusal> {
        let token = header(request, "authorization").and_then(|value| value.strip_prefix("Bearer "));
        let found = token.and_then(|token| self.tokens.get(token));
        if found.is_some_and(|(_, expires_ms)| *expires_ms <= self.trace.now_ms()) {
            self.trace.fired("token expired", "centre");
        }
        let live = found.filter(|(_, expires_ms)| *expires_ms > self.trace.now_ms()).cloned();
        live.ok_or_else(|| Problem::of(ProblemType::Unauthorised).into())
    }

    fn in_good_standing(&self, request: &Request) -> Result<(Of, i64), Refusal> {
        let (of, expires_ms) = self.bearer(request)?;
        if self.kept.enrolments.get(&of).is_some_and(|enrolment| enrolment.is_revoked) {
            return Err(Problem::of(ProblemType::Revoked).into());
        }
        Ok((of, expires_ms))
    }

    fn centres(&self, request: &Request) -> Answered {
        self.in_good_standing(request)?;
        let settings = self.kept.settings.iter();
        let centres = settings.map(|(centre, settings)| CentreInfo {
            centre: centre.to_string(),
            generation: settings.generation,
            name: super::settings::name_of(centre).into(),
        });
        Ok(json(&Centres { centres: centres.collect() }))
    }

    fn subscribe(&mut self, request: &Request, body: &[u8]) -> Answered {
        let (of, _) = self.in_good_standing(request)?;
        let Subscribe { centre } = read(body)?;
        let found = CENTRES.into_iter().find(|known| *known == centre);
        self.kept.subscribed.insert(of, found.ok_or_else(|| Problem::of(ProblemType::NotFound))?);
        Ok(json(&Subscribed { centre, pin_pepper: STANDARD_NO_PAD.encode(PEPPER) }))
    }

    fn contact(&mut self, request: &Request, body: &[u8]) -> Answered {
        let (of, _) = self.bearer(request)?;
        let contact: Contact = read(body)?;
        let (through, head) = self.through(&of);
        let is_whole = contact.through < through || contact.through == through && contact.head == head;
        let is_ahead = contact.through > through;
        if !is_whole && !is_ahead && !self.copied.contains(&of) {
            self.trace.violated("I5", &of.0, format_args!("another head at {through} of {}", of.1));
        }
        let is_revoked = self.kept.enrolments.get(&of).is_some_and(|enrolment| enrolment.is_revoked);
        let chosen = self.centre_of(&of).filter(|_| !is_revoked);
        let findings = self.kept.findings.get(&of).cloned().unwrap_or_default();
        let asked = (contact.through, contact.processed);
        self.trace
            .note("centre", format_args!("holds {}/{} up to {through}; asked with {asked:?}", of.0, of.1));
        Ok(json(&Contacted {
            head,
            manifest: chosen.map(|centre| Manifest::id(&self.settings(centre).signed)),
            now_ms: self.trace.now_ms(),
            processed: self.kept.booked.get(&of).copied().unwrap_or(0),
            through,
            findings: findings.into_iter().filter(|finding| finding.seq > contact.processed).collect(),
        }))
    }

    /// Unbroken up to here.
    pub fn through(&self, of: &Of) -> (u64, Hash) {
        self.kept.heads.get(of).copied().unwrap_or((0, Hash::NONE))
    }

    fn follow_chain(&mut self, of: &Of) {
        let mut whole = self.through(of);
        while let Some(next) = self.kept.documents.get(of).and_then(|chain| chain.get(&(whole.0 + 1)))
            && next.filing().is_ok_and(|filing| filing.prev == whole.1)
        {
            whole = (whole.0 + 1, next.hash);
        }
        self.kept.heads.insert(of.clone(), whole);
    }

    fn read_manifest(&mut self, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        let (of, _) = self.in_good_standing(request)?;
        let centre = self.centre_of(&of).ok_or_else(|| Problem::of(ProblemType::NoSubscription))?;
        let signed = &self.settings(centre).signed;
        let id = format!("\"{}\"", Manifest::id(signed));
        match header(request, "if-none-match") {
            Some(known) if known == id => Ok((304, Vec::new())),
            _ => Ok((200, signed.clone())),
        }
    }

    fn read_blob(&mut self, request: &Request) -> Result<(u16, Vec<u8>), Refusal> {
        self.in_good_standing(request)?;
        let name = Hash::parse(request.path.trim_start_matches("/v1/blobs/"));
        let blob = name.and_then(|name| self.blobs.get(&name));
        let blob = blob.ok_or_else(|| Problem::of(ProblemType::NotFound))?;
        let range = header(request, "range").and_then(|range| range.strip_prefix("bytes="));
        let from = range.and_then(|range| range.strip_suffix('-')?.parse::<usize>().ok());
        match from {
            Some(from) if from < blob.len() => Ok((206, blob[from..].to_vec())),
            Some(_) => Err(Problem::of(ProblemType::Malformed).into()),
            None => Ok((200, blob.to_vec())),
        }
    }

    fn listen(&mut self, request: &Request) -> Result<(mpsc::UnboundedReceiver<Bytes>, u64), Refusal> {
        if self.major != MAJOR {
            return Err(Problem::of(ProblemType::Version).into());
        }
        let (of, expires_ms) = self.in_good_standing(request)?;
        let (sender, receiver) = mpsc::unbounded_channel();
        self.listeners.push((of, sender));
        let left_ms = u64::try_from(expires_ms - self.trace.now_ms()).unwrap_or(0);
        Ok((receiver, left_ms))
    }

    fn part(&mut self, request: &Request, body: &[u8]) -> Answered {
        self.bearer(request)?;
        let name = Hash::parse(request.path.trim_start_matches("/v1/parts/"));
        if name != Some(Hash::of(body)) {
            return Err(Problem::of(ProblemType::Malformed).into());
        }
        self.kept.parts.insert(Hash::of(body), body.to_vec());
        Ok(json(&Empty {}))
    }

    // ----------------------------------------------------------------------------- documents

    fn upload(&mut self, request: &Request, body: &[u8]) -> Answered {
        self.bearer(request)?;
        let lines =
            rows::expand(body, limits::UPLOAD_BYTES).map_err(|_| Problem::of(ProblemType::Malformed))?;
        let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let takes = match self.is_moody && lines.len() > 1 && self.dice.permille(60) {
            true => {
                self.trace.fired("upload taken in part", "centre");
                self.dice.below(lines.len())
            }
            false => lines.len(),
        };
        let mut answer = Uploaded::default();
        let (mut stored, mut known) = (BTreeMap::new(), BTreeMap::new());
        for (index, line) in (0..).zip(lines).take(takes) {
            match self.file(line) {
                Ok((of, seq, true)) => stored.entry(of).or_insert_with(Vec::new).push(seq),
                Ok((of, seq, false)) => known.entry(of).or_insert_with(Vec::new).push(seq),
                Err(why) => {
                    self.trace.violated("I5", "centre", format_args!("a line is refused: {why}"));
                    answer.refused.push(Refused { index, why });
                }
            }
        }
        let touched: BTreeSet<Of> = stored.keys().chain(known.keys()).cloned().collect();
        for of in touched {
            let (through, head) = self.through(&of);
            answer.heads.push(ChainHead { enrolment: of.1, head, through, till: of.0 });
        }
        let ranges = |seqs: BTreeMap<Of, Vec<u64>>| {
            let each = seqs.into_iter().map(|((till, enrolment), seqs)| Ranges {
                enrolment,
                ranges: to_ranges(seqs),
                till,
            });
            each.collect::<Vec<_>>()
        };
        (answer.stored, answer.known) = (ranges(stored), ranges(known));
        let taken = answer.stored.iter().chain(&answer.known);
        let taken: Vec<_> = taken.map(|it| format!("{}/{} {:?}", it.till, it.enrolment, it.ranges)).collect();
        self.trace.note("centre", format_args!("takes {}", taken.join(", ")));
        Ok(json(&answer))
    }

    /// Files one record; says whether it is new.
    fn file(&mut self, line: &[u8]) -> Result<(Of, u64, bool), String> {
        let record = Record::parse(line).map_err(|error| error.to_string())?;
        let filing = record.filing().map_err(|error| error.to_string())?;
        let of: Of = (filing.till.clone(), filing.enrolment);
        let enrolment = self.kept.enrolments.get(&of).ok_or("no such enrolment")?;
        if !record.is_signed_by(&enrolment.key) {
            return Err("forged".into());
        }
        let seq = filing.seq;
        let chain = self.kept.documents.entry(of.clone()).or_default();
        match chain.get(&seq) {
            Some(held) if held.hash == record.hash => return Ok((of, seq, false)),
            Some(_) if self.kept.forks.contains_key(&record.hash) => return Ok((of, seq, false)),
            Some(_) => {
                let detail = "another document of this seq is here".into();
                let finding =
                    Finding { code: "fork".into(), detail, enrolment: of.1, seq, till: of.0.clone() };
                if !self.copied.contains(&of) {
                    self.trace.violated("I4", &of.0, format_args!("a fork at {}/{seq}", of.1));
                }
                self.kept.findings.entry(of.clone()).or_default().push(finding);
                self.kept.forks.insert(record.hash, Arc::new(record));
            }
            None => {
                let links = |before: Option<&Arc<Record>>| before.is_none_or(|it| it.hash == filing.prev);
                let is_linked =
                    if seq == 1 { filing.prev == Hash::NONE } else { links(chain.get(&(seq - 1))) };
                if !is_linked && !self.copied.contains(&of) {
                    self.trace.violated("I5", &of.0, format_args!("{}/{seq} does not follow", of.1));
                }
                chain.insert(seq, Arc::new(record));
                self.follow_chain(&of);
            }
        }
        Ok((of, seq, true))
    }

    /// Books what has come, each enrolment in order up to a gap, each document once. What a copy has recorded
    /// after a fork follows no chain here, and is booked all the same.
    pub fn book(&mut self) {
        if self.trace.at_ms() < self.down_until_ms {
            return;
        }
        let enrolments: Vec<Of> = self.kept.documents.keys().cloned().collect();
        for of in enrolments {
            let mut booked = self.kept.booked.get(&of).copied().unwrap_or(0);
            let before = booked;
            while self.book_one(&of, booked + 1) {
                booked += 1;
            }
            if booked > before {
                self.trace.note("centre", format_args!("books {}/{} up to {booked}", of.0, of.1));
                self.kept.booked.insert(of.clone(), booked);
                let counted = Ranges { enrolment: of.1, ranges: vec![(1, booked)], till: of.0.clone() };
                let body = serde_json::to_value(&counted).expect("plain values");
                let key = settings::counted_key(&of.0, of.1);
                CENTRES.iter().for_each(|centre| self.put_live(centre, "stock_counted", &key, &body));
            }
        }
    }

    fn book_one(&mut self, of: &Of, seq: u64) -> bool {
        let Some(record) = self.kept.documents.get(of).and_then(|chain| chain.get(&seq)).cloned() else {
            return false;
        };
        let Ok(line) = record.unread() else { return false };
        let body = line.body.get().as_bytes();
        match Kind::of_name(&line.kind) {
            Some(Kind::CustomerMade) => {
                let Ok(made) = serde_json::from_slice::<bodies::CustomerMade>(body) else { return false };
                // It waits for what stands beside it.
                let Some(part) = self.kept.parts.get(&made.part) else { return false };
                let bodies::CustomerPart { address, email, name, phone, vat_id } =
                    serde_json::from_slice(part).expect("its hash is the line's");
                let (credit, merged_into) = (false, None);
                let row = settings::Customer { name, credit, address, email, phone, vat_id, merged_into };
                let row = serde_json::to_value(row).expect("plain values");
                self.put_live(&line.centre, "customer", &made.customer, &row);
            }
            Some(Kind::Order) => {
                let Ok(mut row) = serde_json::from_slice::<serde_json::Value>(body) else { return false };
                row["number"] = line.number.as_str().into();
                row["state"] = "open".into();
                self.put_live(&line.centre, "sales_order", &format!("{}/{}/{seq}", of.0, of.1), &row);
            }
            Some(Kind::Sale | Kind::Return | Kind::Void) => {
                let Ok(sale) = serde_json::from_slice::<bodies::Sale>(body) else { return false };
                for sold in sale.lines.iter().filter(|line| line.stock) {
                    self.gain(warehouse_of(&line.centre), &sold.item, sold.quantity.negated());
                }
            }
            Some(kind @ (Kind::GoodsReceipt | Kind::GoodsReturn | Kind::Transfer | Kind::WriteOff)) => {
                let Ok(stock) = serde_json::from_slice::<bodies::Stock>(body) else { return false };
                for line in &stock.lines {
                    let leaves =
                        if kind == Kind::GoodsReceipt { line.quantity } else { line.quantity.negated() };
                    self.gain(&stock.warehouse, &line.item, leaves);
                    if let Some(to) = &stock.to_warehouse {
                        self.gain(to, &line.item, line.quantity);
                    }
                }
            }
            Some(Kind::Count) => {
                let Ok(stock) = serde_json::from_slice::<bodies::Stock>(body) else { return false };
                stock
                    .lines
                    .iter()
                    .for_each(|line| self.set_level(&stock.warehouse, &line.item, line.quantity));
            }
            _ => {}
        }
        *self.kept.bookings.entry(record.hash).or_default() += 1;
        self.kept.booked_in_order.push(record);
        true
    }

    /// How much there is of everything that ever moved: (warehouse, item).
    pub fn levels(&self) -> &BTreeMap<(String, String), Quantity> {
        &self.kept.levels
    }

    /// How much there is of an item.
    pub fn level(&self, warehouse: &str, item: &str) -> Quantity {
        self.kept.levels.get(&(warehouse.into(), item.into())).copied().unwrap_or_default()
    }

    fn gain(&mut self, warehouse: &str, item: &str, gain: Quantity) {
        let level = self.level(warehouse, item).plus(gain).expect("a small shop");
        self.set_level(warehouse, item, level);
    }

    fn set_level(&mut self, warehouse: &str, item: &str, level: Quantity) {
        self.kept.levels.insert((warehouse.into(), item.into()), level);
        let body = serde_json::json!({"item": item, "quantity": level.to_string(), "warehouse": warehouse});
        let key = settings::StockLevel::key(warehouse, item);
        CENTRES.iter().for_each(|centre| self.put_live(centre, "stock_level", &key, &body));
    }

    /// Writes a live row of a centre; it comes down with the next live publication.
    fn put_live(&mut self, centre: &str, kind: &str, key: &str, body: &serde_json::Value) {
        if let Some(settings) = self.kept.settings.get_mut(centre) {
            put(&mut settings.draft, kind, key, body);
            settings.has_live_news = true;
        }
    }
}

impl Settings {
    fn first(centre: &str, dice: &mut Dice) -> Settings {
        Settings { draft: first(centre, dice), ..Settings::default() }
    }
}

/// The warehouse that a centre sells from.
pub fn warehouse_of(centre: &str) -> &'static str {
    if centre == CENTRES[1] { "back" } else { "main" }
}

/// Documents are stored whatever the version.
pub fn is_taken_by_any_major(path: &str) -> bool {
    path == "/v1/documents" || path.starts_with("/v1/parts/") || path == "/v1/token"
}

/// No two enrolments share it: T1A … T1Z, T1AA and so on; nobody enrols more than 702 times.
fn series(till: &str, enrolment: u32) -> String {
    let letter = |n: u32| char::from_u32(u32::from(b'A') + n % 26).expect("a letter");
    let (last, more) = ((enrolment - 1) % 26, (enrolment - 1) / 26);
    match more {
        0 => format!("{till}{}", letter(last)),
        more => format!("{till}{}{}", letter(more - 1), letter(last)),
    }
}

fn refuse(problem: &Problem) -> Answer {
    Answer { status: problem.status, body: json(problem), pokes: None }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain values")
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::of(ProblemType::Malformed).because(error.to_string()).into())
}

/// What stands on every answer of it.
pub fn version_header() -> (String, String) {
    (VERSION_HEADER.into(), VERSION.into())
}
