//! Documents in: parsed, verified, stored durably, and only then answered.
//!
//! Nothing a till has recorded is refused for what it says. Only bytes that are no document or whose
//! signature is not the enrolment's are, each by its index; every other objection is a finding.
//! Uploads that wait together are verified together and stored in one transaction (group commit),
//! so a hundred small ones cost the disk no more than a large one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use tillkit_domain::text::{self, NAME_CHARS};
use tillkit_protocol::{
    Record,
    document::{Filing, NotARecord},
    keys::{self, PublicKey, Use},
    limits,
    problem::ProblemType,
    rows::{self, BadBlob},
    wire::{ChainHead, Finding, Ranges, Refused, Uploaded, to_ranges},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Backoffice,
    chain::{self, Chain, Fate, Held, Link, Stop},
    error::{Error, Result},
    news::Topic,
    store::{
        TenantId, Tx,
        documents::{self, Filed},
        tills::{self, EnrolmentId},
    },
};

/// Uploads of at least so many documents are verified on their own, at once; smaller ones together.
const VERIFY_ALONE: usize = 16;
/// Bodies of at least so many bytes are parsed off the threads that serve sockets.
const PARSE_ASIDE_BYTES: usize = 8 << 10;
/// Documents a transaction takes at most.
const GROUP: usize = 4_000;
/// How far ahead of the server's clock a till may record before it is objected to.
const AHEAD_MS: i64 = 10 * 60_000;

/// A document that is one, with the key that must have signed it.
struct Arrived {
    index: u32,
    record: Record,
    filing: Filing,
    of: Arc<EnrolmentId>,
    key: PublicKey,
}

/// What waits for a group.
pub(crate) struct Upload {
    records: Vec<Arrived>,
    refused: Vec<Refused>,
    answer: oneshot::Sender<Result<Uploaded>>,
}

/// What ingest keeps in memory, all of it a copy of what the database holds.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    keys: RwLock<HashMap<EnrolmentId, (Arc<EnrolmentId>, PublicKey)>>,
    chains: Mutex<HashMap<Arc<EnrolmentId>, Chain>>,
    /// When documents were last stored, by a clock that starts with the process.
    busy_ms: AtomicI64,
}

/// The two queues: to be verified with others, verified and to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Queues {
    verify: mpsc::Sender<Upload>,
    store: mpsc::Sender<Upload>,
}

/// Where one task at a time takes uploads from; the lock is held for as long as it does.
pub(crate) type Waiting = Arc<tokio::sync::Mutex<mpsc::Receiver<Upload>>>;

/// Makes the queues; what comes out of them goes to [`verify_groups`] and [`store_groups`].
pub(crate) fn queues() -> (Queues, Waiting, Waiting) {
    let ((verify, to_verify), (store, to_store)) = (mpsc::channel(4_096), mpsc::channel(4_096));
    let waiting = |receiver| Arc::new(tokio::sync::Mutex::new(receiver));
    (Queues { verify, store }, waiting(to_verify), waiting(to_store))
}

/// Takes an upload of a tenant: zstd of records, one a line. Returns when it is durable.
pub(crate) async fn take(office: &Backoffice, tenant: TenantId, body: Bytes) -> Result<Uploaded> {
    let parsed =
        if body.len() < PARSE_ASIDE_BYTES { parse(&body)? } else { aside(move || parse(&body)).await?? };
    take_parsed(office, tenant, parsed).await
}

/// Takes records that have been read, each with its index. Returns when they are durable.
pub(crate) async fn take_parsed(
    office: &Backoffice,
    tenant: TenantId,
    (parsed, mut refused): Parsed,
) -> Result<Uploaded> {
    let mut records = Vec::with_capacity(parsed.len());
    for (index, record, filing) in parsed {
        match key_of(office, tenant, &filing).await? {
            Some((of, key)) => records.push(Arrived { index, record, filing, of, key }),
            None => {
                let till = text::fitted(&filing.till, NAME_CHARS);
                let why = format!("there is no enrolment {till}/{}", filing.enrolment);
                refused.push(Refused { index, why });
            }
        }
    }
    let (answer, answered) = oneshot::channel();
    if records.len() >= VERIFY_ALONE {
        let (good, forged) = aside(move || verify(records)).await?;
        refused.extend(forged);
        let upload = Upload { records: good, refused, answer };
        office.queues.store.send(upload).await.map_err(|_| Error::Stopping)?;
    } else {
        let upload = Upload { records, refused, answer };
        office.queues.verify.send(upload).await.map_err(|_| Error::Stopping)?;
    }
    answered.await.map_err(|_| Error::Stopping)?
}

/// Documents by their index, and lines that are none.
pub(crate) type Parsed = (Vec<(u32, Record, Filing)>, Vec<Refused>);

fn parse(body: &[u8]) -> Result<Parsed> {
    let too_large = || {
        let (records, bytes) = (limits::BATCH_RECORDS, limits::BATCH_BYTES);
        Error::refused(ProblemType::TooLarge, format!("at most {records} records and {bytes} bytes"))
    };
    // The one document of an upload may be as long as any; several share the room of a batch.
    let expanded = rows::expand(body, limits::UPLOAD_BYTES).map_err(|error| match error {
        BadBlob::TooLarge { .. } => too_large(),
        other => Error::malformed(other.to_string()),
    })?;
    let lines: Vec<&[u8]> = expanded.split(|byte| *byte == b'\n').collect();
    let lines = match lines.split_last() {
        Some(([], before)) => before,
        _ => &lines[..],
    };
    if lines.len() > limits::BATCH_RECORDS || (lines.len() > 1 && expanded.len() > limits::BATCH_BYTES) {
        return Err(too_large());
    }
    Ok(parted((0u32..).zip(lines.iter().map(|line| Record::parse(line)))))
}

/// Parts documents from what is none.
pub(crate) fn parted(records: impl Iterator<Item = (u32, Result<Record, NotARecord>)>) -> Parsed {
    let (mut parsed, mut refused) = (Vec::new(), Vec::new());
    for (index, record) in records {
        match record.and_then(filed) {
            Ok((record, filing)) => parsed.push((index, record, filing)),
            Err(error) => refused.push(Refused { index, why: error.to_string() }),
        }
    }
    (parsed, refused)
}

fn filed(record: Record) -> Result<(Record, Filing), NotARecord> {
    let filing = record.filing()?;
    if filing.seq == 0 {
        return Err(NotARecord::NotADocument { why: "its seq is 0".into() });
    }
    Ok((record, filing))
}

async fn key_of(
    office: &Backoffice,
    tenant: TenantId,
    filing: &Filing,
) -> Result<Option<(Arc<EnrolmentId>, PublicKey)>> {
    // No table holds such a name, so there is no such till.
    if filing.till.contains('\0') {
        return Ok(None);
    }
    let of: EnrolmentId = (tenant, filing.till.clone(), filing.enrolment);
    let known = office.intake.keys.read().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
    if known.is_some() {
        return Ok(known);
    }
    let Some((key, _)) = tills::key_and_series(&office.store, tenant, &of.1, of.2).await? else {
        return Ok(None);
    };
    let found = (Arc::new(of.clone()), key);
    // Every enrolment exists once, so this never holds more than the enrolments there are.
    office.intake.keys.write().unwrap_or_else(PoisonError::into_inner).insert(of, found.clone());
    Ok(Some(found))
}

/// Runs what computes for milliseconds off the threads that serve sockets.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| if error.is_panic() { Error::Panicked } else { Error::Stopping })
}

/// Parts documents whose signature holds from those whose does not.
fn verify(records: Vec<Arrived>) -> (Vec<Arrived>, Vec<Refused>) {
    if all_signed(&records) {
        return (records, Vec::new());
    }
    let (good, forged): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|arrived| arrived.record.is_signed_by(&arrived.key));
    let refused = forged.into_iter().map(|Arrived { index, filing, .. }| {
        let Filing { till, enrolment, seq, .. } = filing;
        Refused { index, why: NotARecord::Forged { till, enrolment, seq }.to_string() }
    });
    (good, refused.collect())
}

fn all_signed<'a>(records: impl IntoIterator<Item = &'a Arrived>) -> bool {
    let signed =
        records.into_iter().map(|arrived| (arrived.key, arrived.record.hash, arrived.record.signature));
    keys::verify_all(Use::Document, &signed.collect::<Vec<_>>())
}

/// Verifies small uploads together, for ever.
pub(crate) async fn verify_groups(waiting: &mut mpsc::Receiver<Upload>, queues: &Queues) {
    let mut group = Vec::new();
    while waiting.recv_many(&mut group, 256).await > 0 {
        let uploads = std::mem::take(&mut group);
        let verified = aside(move || {
            let is_good = all_signed(uploads.iter().flat_map(|upload| &upload.records));
            let one_by_one = |mut upload: Upload| {
                let (good, forged) = verify(upload.records);
                upload.refused.extend(forged);
                Upload { records: good, ..upload }
            };
            if is_good { uploads } else { uploads.into_iter().map(one_by_one).collect() }
        });
        let Ok(verified) = verified.await else { continue };
        for upload in verified {
            if queues.store.send(upload).await.is_err() {
                return;
            }
        }
    }
}

/// Stores what waits, group after group, for ever; each upload is answered once its group is durable.
pub(crate) async fn store_groups(office: &Backoffice, waiting: &mut mpsc::Receiver<Upload>) {
    let mut held_over: Option<Upload> = None;
    loop {
        let first = match held_over.take() {
            Some(upload) => upload,
            None => match waiting.recv().await {
                Some(upload) => upload,
                None => return,
            },
        };
        let mut documents = first.records.len();
        let mut group = vec![first];
        while let Ok(upload) = waiting.try_recv() {
            documents += upload.records.len();
            if documents > GROUP {
                held_over = Some(upload);
                break;
            }
            group.push(upload);
        }
        store_group(office, group).await;
    }
}

async fn store_group(office: &Backoffice, group: Vec<Upload>) {
    let now_ms = office.clock.now_ms();
    let uploads: Vec<&[Arrived]> = group.iter().map(|upload| &upload.records[..]).collect();
    let uploads = &uploads[..];
    let is_first = AtomicBool::new(true);
    let is_first = &is_first;
    let stored = office
        .store
        .write(|tx| {
            Box::pin(async move {
                // What memory knows may be old if this is tried again: another process has written.
                let trusts_memory = is_first.swap(false, Ordering::Relaxed);
                store_in(office, tx, uploads, now_ms, trusts_memory).await
            })
        })
        .await;
    match stored {
        Ok(stored) => {
            office.intake.remember(&stored);
            office.wake.documents_of(stored.chains.keys().map(|of| (**of).clone()));
            for tenant in stored.chains.keys().map(|of| of.0).collect::<BTreeSet<_>>() {
                office.news.tell(tenant, &[Topic::Documents]);
            }
            for tenant in &stored.objected {
                office.news.tell(*tenant, &[Topic::Findings]);
            }
            for (upload, fates) in group.into_iter().zip(&stored.fates) {
                let answer = answer(&upload, fates, &stored);
                // Whoever went away without waiting will ask again and be told: known.
                let _ = upload.answer.send(Ok(answer));
            }
        }
        Err(error) => {
            tracing::error!(%error, uploads = group.len(), "documents could not be stored");
            office.intake.forget();
            for upload in group {
                let _ = upload
                    .answer
                    .send(Err(Error::refused(ProblemType::Busy, "the documents could not be stored")));
            }
        }
    }
}

impl Intake {
    fn remember(&self, stored: &Stored) {
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        for (of, chain) in &stored.chains {
            chains.insert(of.clone(), chain.clone());
        }
        drop(chains);
        self.busy_ms.store(crate::uptime_ms(), Ordering::Relaxed);
    }

    fn forget(&self) {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn chain(&self, of: &Arc<EnrolmentId>) -> Option<Chain> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner).get(of).cloned()
    }

    /// Milliseconds since documents were last stored.
    pub(crate) fn idle_ms(&self) -> i64 {
        crate::uptime_ms() - self.busy_ms.load(Ordering::Relaxed)
    }
}

/// What a group came to.
struct Stored {
    /// By upload, by record.
    fates: Vec<Vec<Fate>>,
    findings: Vec<(Arc<EnrolmentId>, Finding)>,
    chains: BTreeMap<Arc<EnrolmentId>, Chain>,
    /// Whose findings have been raised or have ceased to hold.
    objected: BTreeSet<TenantId>,
}

async fn store_in(
    office: &Backoffice,
    tx: &mut Tx<'_>,
    uploads: &[&[Arrived]],
    now_ms: i64,
    trusts_memory: bool,
) -> Result<Stored> {
    let mut by_enrolment: BTreeMap<&Arc<EnrolmentId>, Vec<(usize, usize)>> = BTreeMap::new();
    for (upload, records) in uploads.iter().enumerate() {
        for (place, arrived) in records.iter().enumerate() {
            by_enrolment.entry(&arrived.of).or_default().push((upload, place));
        }
    }
    let mut stored = Stored {
        fates: uploads.iter().map(|records| vec![Fate::Known; records.len()]).collect(),
        findings: Vec::new(),
        chains: BTreeMap::new(),
        objected: BTreeSet::new(),
    };
    let mut filed = Vec::new();
    let mut changed = Vec::new();
    let mut links_of: BTreeMap<&Arc<EnrolmentId>, BTreeMap<u64, Link>> = BTreeMap::new();
    for (of, places) in by_enrolment {
        let remembered = if trusts_memory { office.intake.chain(of) } else { None };
        let mut chain = match remembered {
            Some(chain) => chain,
            None => documents::chain(tx, of).await?,
        };
        let mut held = Held::new();
        let seqs = places.iter().map(|(upload, place)| uploads[*upload][*place].filing.seq);
        for (from, to) in to_ranges(seqs.filter(|seq| *seq <= chain.top)) {
            documents::held(tx, of, (from, to), &mut held).await?;
        }
        let before = filed.len();
        for (upload, place) in places {
            let arrived = &uploads[upload][place];
            let Filing { seq, prev, recorded_ms, .. } = arrived.filing;
            let fate = chain::file(&mut held, seq, arrived.record.hash);
            stored.fates[upload][place] = fate;
            let mut object =
                |code, detail: String| stored.findings.push((of.clone(), finding(of, seq, code, detail)));
            let fork = match fate {
                Fate::Known => continue,
                Fate::New => {
                    links_of.entry(of).or_default().insert(seq, Link { hash: arrived.record.hash, prev });
                    0
                }
                Fate::Fork(nth) => {
                    object(
                        "fork",
                        format!("another document of this seq, {}, stands beside it", arrived.record.hash),
                    );
                    nth
                }
            };
            if recorded_ms > now_ms.saturating_add(AHEAD_MS) {
                object("clock", format!("recorded at {recorded_ms}, which is ahead of {now_ms} here"));
            }
            chain.top = chain.top.max(seq);
            filed.push(Filed { of, seq, fork, record: &arrived.record });
        }
        if filed.len() > before {
            chain.stored += 1;
            changed.push(of);
        }
        stored.chains.insert(of.clone(), chain);
    }
    documents::insert(tx, &filed, now_ms).await?;
    for of in &changed {
        let Some(chain) = stored.chains.get_mut(*of) else { continue };
        let links = links_of.remove(of).unwrap_or_default();
        let gap_before = chain.open_gap;
        let raised = advance(tx, of, chain, links, now_ms).await?;
        if chain.open_gap != gap_before {
            stored.objected.insert(of.0);
        }
        stored.findings.extend(raised.into_iter().map(|finding| ((*of).clone(), finding)));
    }
    let chains: Vec<_> = changed.iter().filter_map(|of| Some((&***of, stored.chains.get(*of)?))).collect();
    documents::put_chains(tx, &chains).await?;
    for (of, finding) in &stored.findings {
        documents::raise(tx, of.0, std::slice::from_ref(finding), now_ms).await?;
        stored.objected.insert(of.0);
    }
    Ok(stored)
}

/// Moves the chain on over what has just been filed and what waited behind a gap.
async fn advance(
    tx: &mut Tx<'_>,
    of: &EnrolmentId,
    chain: &mut Chain,
    mut links: BTreeMap<u64, Link>,
    now_ms: i64,
) -> Result<Option<Finding>> {
    let next = chain.through + 1;
    let mut stop = Stop::Missing;
    // Only the document that was missing can move a chain; anything else lies beyond a gap.
    if links.contains_key(&next) {
        loop {
            stop = chain.follow(&links);
            if stop == Stop::Broken || chain.through >= chain.top {
                break;
            }
            links = documents::links_from(tx, of, chain.through + 1).await?;
            if !links.contains_key(&(chain.through + 1)) {
                break;
            }
        }
    }
    if chain.open_gap.is_some_and(|gap| gap <= chain.through || stop == Stop::Broken) {
        documents::close_gaps(tx, of, chain.through + u64::from(stop == Stop::Broken), now_ms).await?;
        chain.open_gap = None;
    }
    let at = chain.through + 1;
    if stop == Stop::Broken {
        let detail = format!("it does not follow the document held as {}", chain.through);
        return Ok(Some(finding(of, at, "broken-link", detail)));
    }
    let is_gap = chain.through < chain.top && !links.contains_key(&at) && chain.open_gap != Some(at);
    if !is_gap || documents::has(tx, of, at).await? {
        return Ok(None);
    }
    chain.open_gap = Some(at);
    Ok(Some(finding(of, at, "gap", format!("it is missing, though {} has arrived", chain.top))))
}

fn finding(of: &EnrolmentId, seq: u64, code: &str, detail: String) -> Finding {
    Finding { code: code.into(), detail, enrolment: of.2, seq, till: of.1.clone() }
}

fn answer(upload: &Upload, fates: &[Fate], stored: &Stored) -> Uploaded {
    let mut by_enrolment: BTreeMap<&Arc<EnrolmentId>, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for (arrived, fate) in upload.records.iter().zip(fates) {
        let (new, known) = by_enrolment.entry(&arrived.of).or_default();
        if *fate == Fate::Known { known } else { new }.push(arrived.filing.seq);
    }
    let mut uploaded = Uploaded { refused: upload.refused.clone(), ..Uploaded::default() };
    uploaded.refused.sort_by_key(|refused| refused.index);
    for (of, (new, known)) in by_enrolment {
        let (till, enrolment) = (of.1.clone(), of.2);
        for (seqs, list) in [(new, &mut uploaded.stored), (known, &mut uploaded.known)] {
            let ranges = to_ranges(seqs);
            if !ranges.is_empty() {
                list.push(Ranges { enrolment, ranges, till: till.clone() });
            }
        }
        let findings = stored.findings.iter().filter(|(about, _)| about == of);
        uploaded.findings.extend(findings.map(|(_, finding)| finding.clone()));
        if let Some(chain) = stored.chains.get(of) {
            uploaded.heads.push(ChainHead { enrolment, head: chain.head, through: chain.through, till });
        }
    }
    uploaded
}
