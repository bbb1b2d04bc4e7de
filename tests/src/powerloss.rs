//! Power cuts over the real store, as many as one likes.
//!
//! A VFS beneath SQLite records every write, truncation, sync and deletion of a folder while a
//! [`Workload`] runs on it and says what has been promised ([`Recording::promise`]). A cut is a place in
//! that record: what was synced before it is on the disk, and of what was not, sectors are kept or
//! dropped at random, sometimes garbled. The folder is then opened by the real code and judged.
//!
//! ```text
//!  workload ──▶ SQLite ──▶ VFS ──▶ files
//!                           └────▶ record ──▶ image at a cut ──▶ Workload::check ──▶ Report
//! ```
//!
//! The VFS becomes the default of the process, so the store, and sqlx, run on it unchanged. Folders
//! nobody records pass through. A disk that lies about syncs ([`Disk::Lying`], the same as
//! `synchronous=OFF`) is the control: it must lose documents, or the harness sees nothing.

// A VFS is a table of C functions: there is no other way beneath SQLite.
#![allow(unsafe_code)]

use std::{
    collections::BTreeMap,
    ffi::CStr,
    fs,
    os::raw::{c_char, c_int, c_void},
    path::{Path, PathBuf},
    ptr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicPtr, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use rusqlite::ffi;
use serde_json::{Value, json};
use tillkit_domain::Quantity;
use tillkit_protocol::{
    Hash, Kind,
    keys::PrivateKey,
    manifest::{Blob, SectionManifest},
    rows::{self, Row},
    wire::Ranges,
};
use tillkit_store::{
    Released, Store,
    journal::{Enrolment, NewDocument, Numerator, Recorded, StockMove},
    load::{self, Change, Target},
};

use crate::bench_store::Rng;

/// What was promised last, by name, at some instant.
pub type Promises = BTreeMap<&'static str, u64>;

/// Work on a folder that is cut off, and its judge.
pub trait Workload: Sync {
    /// As reports name it.
    fn name(&self) -> &'static str;

    /// Puts files there that exist before the record begins.
    ///
    /// # Errors
    /// Its own.
    fn prepare(&self, _folder: &Path) -> Result<()> {
        Ok(())
    }

    /// Does the work, and says after each call that returned what now is promised.
    ///
    /// # Errors
    /// Its own.
    fn run(&self, folder: &Path, recording: &Recording, seed: u64) -> Result<()>;

    /// Opens what a cut left and holds it against the promises. An error is corruption.
    ///
    /// # Errors
    /// What could not be opened or read.
    fn check(&self, folder: &Path, promised: &Promises) -> Result<Verdict>;
}

/// What a judge found after one cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Something promised is not there.
    pub lost: bool,
    /// Half of something is there.
    pub torn: bool,
    /// Something is there twice.
    pub doubled: bool,
    /// A file that may be lost was put aside and made anew; allowed, and counted.
    pub put_aside: bool,
}

/// What a number of cuts came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Cuts made.
    pub cuts: u64,
    /// Cuts after which something promised was gone.
    pub lost: u64,
    /// Cuts after which half of something was there.
    pub torn: u64,
    /// Cuts after which something was there twice.
    pub doubled: u64,
    /// Cuts after which a file could not be read.
    pub corrupt: u64,
    /// Cuts after which `centre.db` was put aside and made anew.
    pub put_aside: u64,
    /// The first few that failed: seed, place and reason.
    pub examples: Vec<String>,
}

impl Report {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.broken() == 0
    }

    /// Promises that did not hold, of every kind together.
    pub fn broken(&self) -> usize {
        usize::try_from(self.lost + self.torn + self.doubled + self.corrupt).unwrap_or(usize::MAX)
    }

    /// This one and another together.
    pub fn add(&mut self, other: Report) {
        self.cuts += other.cuts;
        self.lost += other.lost;
        self.torn += other.torn;
        self.doubled += other.doubled;
        self.corrupt += other.corrupt;
        self.put_aside += other.put_aside;
        self.examples.extend(other.examples);
        self.examples.truncate(10);
    }
}

/// What the disk does with a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// What was synced stays.
    Honest,
    /// A sync does nothing, as `synchronous=OFF`: the control, which must lose documents.
    Lying,
}

/// Cuts from one run of a workload: enough to use its record, few enough that runs differ.
const CUTS_A_RUN: u64 = 400;

/// Cuts a workload off so many times, on two threads, and judges each image.
///
/// # Errors
/// The workload's own while nothing was cut yet, or the temporary folder's.
pub fn run(workload: &dyn Workload, cuts: u64, seed: u64) -> Result<Report> {
    run_on(workload, cuts, seed, Disk::Honest)
}

/// The same on a given kind of disk.
///
/// # Errors
/// As [`run`].
pub fn run_on(workload: &dyn Workload, cuts: u64, seed: u64, disk: Disk) -> Result<Report> {
    install();
    let runs = cuts.div_ceil(CUTS_A_RUN).max(1);
    let next = Mutex::new(0..runs);
    let total = Mutex::new(Report::default());
    std::thread::scope(|threads| {
        let work = || -> Result<()> {
            loop {
                let Some(run) = lock(&next).next() else { return Ok(()) };
                let cuts = CUTS_A_RUN.min(cuts - run * CUTS_A_RUN);
                let report = one_run(workload, cuts, seed.wrapping_mul(1_000_003).wrapping_add(run), disk)?;
                lock(&total).add(report);
            }
        };
        let threads: Vec<_> = (0..2).map(|_| threads.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a judge panicked"))?)
    })?;
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn one_run(workload: &dyn Workload, cuts: u64, seed: u64, disk: Disk) -> Result<Report> {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let folder = root.path().join("till");
    fs::create_dir_all(&folder)?;
    workload.prepare(&folder)?;
    let recording = Recording::begin(&folder)?;
    let ran = workload.run(&folder, &recording, seed);
    let record = recording.end();
    ran.with_context(|| format!("{} itself, seed {seed}", workload.name()))?;

    let mut rng = Rng(seed);
    let mut places: Vec<usize> = (0..cuts).map(|_| rng.below(record.ops.len() + 1)).collect();
    places.sort_unstable();
    let mut disk = Image::new(&record, disk);
    let mut report = Report::default();
    for (cut, place) in places.into_iter().enumerate() {
        disk.advance(place);
        // A name of its own each: a pool that closes late must not tidy away the next image's log.
        let image = root.path().join(format!("image-{cut}"));
        fs::create_dir_all(&image)?;
        disk.write(&image, &mut rng)?;
        let verdict = workload.check(&image, &disk.promised);
        report.cuts += 1;
        let found = verdict.as_ref().copied().unwrap_or_default();
        report.lost += u64::from(found.lost);
        report.torn += u64::from(found.torn);
        report.doubled += u64::from(found.doubled);
        report.put_aside += u64::from(found.put_aside);
        report.corrupt += u64::from(verdict.is_err());
        let failed = verdict.is_err() || found.lost || found.torn || found.doubled;
        if failed && report.examples.len() < 10 {
            report.examples.push(format!("{} seed {seed} op {place}: {verdict:?}", workload.name()));
        }
        fs::remove_dir_all(&image)?;
    }
    Ok(report)
}

// ------------------------------------------------------------------------------------ the record

enum Op {
    Write { file: usize, offset: usize, bytes: Vec<u8> },
    Truncate { file: usize, length: usize },
    Sync { file: usize },
    Delete { file: usize },
    Promise { what: &'static str, value: u64 },
}

#[derive(Default)]
struct Record {
    /// Names inside the folder, and what was in the file before the record began.
    files: Vec<(String, Vec<u8>)>,
    ops: Vec<Op>,
}

/// A folder being recorded.
pub struct Recording {
    folder: PathBuf,
    record: Mutex<Record>,
    /// Whether what is done is written down: not where the disk is only to be full now and then.
    keeps: bool,
    is_full: AtomicBool,
}

/// Every folder being recorded now.
static RECORDINGS: Mutex<Vec<Arc<Recording>>> = Mutex::new(Vec::new());

impl Recording {
    /// Begins; what is in the folder counts as synced.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn begin(folder: &Path) -> Result<Arc<Recording>> {
        install();
        let folder = fs::canonicalize(folder)?;
        let mut record = Record::default();
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
            record.files.push((name, fs::read(&path)?));
        }
        Ok(Recording::add(folder, record, true))
    }

    /// Only [`Recording::set_full`] is wanted of it, until [`Recording::forget`]; nothing is written down.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn watch(folder: &Path) -> Result<Arc<Recording>> {
        install();
        Ok(Recording::add(fs::canonicalize(folder)?, Record::default(), false))
    }

    fn add(folder: PathBuf, record: Record, keeps: bool) -> Arc<Recording> {
        let is_full = AtomicBool::new(false);
        let recording = Arc::new(Recording { folder, record: Mutex::new(record), keeps, is_full });
        lock(&RECORDINGS).push(recording.clone());
        recording
    }

    /// Files opened from here on are nobody's concern.
    pub fn forget(self: &Arc<Recording>) {
        lock(&RECORDINGS).retain(|other| !Arc::ptr_eq(other, self));
    }

    fn end(self: Arc<Recording>) -> Record {
        self.forget();
        std::mem::take(&mut *lock(&self.record))
    }

    /// From here on this must be found after a cut.
    pub fn promise(&self, what: &'static str, value: u64) {
        lock(&self.record).ops.push(Op::Promise { what, value });
    }

    /// Lets files grow no more, or again: the disk is full.
    pub fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::Relaxed);
    }

    fn file(&self, path: &str) -> usize {
        if !self.keeps {
            return 0;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut record = lock(&self.record);
        match record.files.iter().position(|(known, _)| known == name) {
            Some(file) => file,
            None => {
                record.files.push((name.into(), Vec::new()));
                record.files.len() - 1
            }
        }
    }

    fn push(&self, op: Op) {
        if self.keeps {
            lock(&self.record).ops.push(op);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ------------------------------------------------------------------------------------ the image

/// What is on the disk at a place in the record, and what is still under way to it.
struct Image<'a> {
    record: &'a Record,
    disk: Disk,
    at: usize,
    durable: Vec<Option<Vec<u8>>>,
    /// Unsynced ops of each file, oldest first.
    pending: Vec<Vec<&'a Op>>,
    promised: Promises,
}

impl<'a> Image<'a> {
    fn new(record: &'a Record, disk: Disk) -> Image<'a> {
        let durable =
            record.files.iter().map(|(_, bytes)| (!bytes.is_empty()).then(|| bytes.clone())).collect();
        let pending = record.files.iter().map(|_| Vec::new()).collect();
        Image { record, disk, at: 0, durable, pending, promised: Promises::new() }
    }

    fn advance(&mut self, place: usize) {
        for op in self.record.ops.get(self.at..place).unwrap_or(&[]) {
            match op {
                Op::Write { file, .. } | Op::Truncate { file, .. } | Op::Delete { file } => {
                    self.pending[*file].push(op)
                }
                Op::Sync { file } if self.disk == Disk::Honest => {
                    // The first sync of a new WAL or journal syncs its folder too, and with it deletions.
                    if self.durable[*file].is_none() && self.record.files[*file].0.contains('-') {
                        self.sync_folder();
                    }
                    for op in std::mem::take(&mut self.pending[*file]) {
                        apply(&mut self.durable[*file], op);
                    }
                    self.durable[*file].get_or_insert_default();
                }
                Op::Sync { .. } => {}
                Op::Promise { what, value } => drop(self.promised.insert(what, *value)),
            }
        }
        self.at = place;
    }

    fn sync_folder(&mut self) {
        for (durable, pending) in self.durable.iter_mut().zip(&mut self.pending) {
            if let Some(last) = pending.iter().rposition(|op| matches!(op, Op::Delete { .. })) {
                pending.drain(..=last);
                *durable = None;
            }
        }
    }

    /// Writes the files as one of the states the cut may have left.
    fn write(&self, folder: &Path, rng: &mut Rng) -> Result<()> {
        let keep = [0, 30, 50, 80, 100][rng.below(5)];
        let garbles = rng.below(10) == 0;
        for (file, (name, _)) in self.record.files.iter().enumerate() {
            let mut bytes = self.durable[file].clone();
            let pending = &self.pending[file];
            // A name that was never synced may not be there at all.
            if bytes.is_none() && rng.below(4) == 0 {
                continue;
            }
            for (index, op) in pending.iter().enumerate() {
                match op {
                    Op::Write { offset, bytes: written, .. } => {
                        for (start, sector) in sectors(*offset, written) {
                            if rng.below(100) < keep {
                                put(bytes.get_or_insert_default(), start, sector);
                            } else if garbles && rng.below(3) == 0 {
                                let noise: Vec<u8> = sector.iter().map(|_| rng.next_u64() as u8).collect();
                                put(bytes.get_or_insert_default(), start, &noise);
                            }
                        }
                    }
                    // A deletion is lost only if nothing has come after it under that name.
                    Op::Delete { .. } if index + 1 < pending.len() => bytes = None,
                    op if rng.below(100) < keep => apply(&mut bytes, op),
                    _ => {}
                }
            }
            if let Some(bytes) = bytes {
                fs::write(folder.join(name), bytes)?;
            }
        }
        Ok(())
    }
}

/// A write, cut at the 512-byte borders of the file.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (512 - offset % 512).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    let rest = rest.chunks(512).enumerate().map(move |(n, sector)| (offset + first + 512 * n, sector));
    std::iter::once((offset, head)).chain(rest)
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

fn apply(file: &mut Option<Vec<u8>>, op: &Op) {
    match op {
        Op::Write { offset, bytes, .. } => put(file.get_or_insert_default(), *offset, bytes),
        Op::Truncate { length, .. } => file.get_or_insert_default().resize(*length, 0),
        Op::Delete { .. } => *file = None,
        Op::Sync { .. } | Op::Promise { .. } => {}
    }
}

// -------------------------------------------------------------------------------------- the VFS

/// What SQLite holds per open file; the real VFS's own part follows it in memory.
#[repr(C)]
struct Shim {
    base: ffi::sqlite3_file,
    /// From [`Arc::into_raw`], or null for a file nobody records.
    recording: *const Recording,
    file: usize,
}

static REAL: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// Makes the recording VFS this process's default; more calls change nothing.
pub fn install() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // SAFETY: SQLite hands out a VFS that lives as long as the process; ours is leaked, so it does too.
        unsafe {
            let real = ffi::sqlite3_vfs_find(ptr::null());
            REAL.store(real, Ordering::Release);
            let mut shim = *real;
            shim.pNext = ptr::null_mut();
            shim.zName = c"powerloss".as_ptr();
            shim.szOsFile = (*real).szOsFile + size_of::<Shim>() as c_int;
            shim.xOpen = Some(vfs_open);
            shim.xDelete = Some(vfs_delete);
            ffi::sqlite3_vfs_register(Box::into_raw(Box::new(shim)), 1);
        }
    });
}

fn recording_of(path: &str) -> Option<Arc<Recording>> {
    let of = |recording: &&Arc<Recording>| Path::new(path).parent() == Some(&recording.folder);
    lock(&RECORDINGS).iter().find(of).cloned()
}

/// # Safety
/// `file` is one that [`vfs_open`] has filled.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    unsafe { file.cast::<u8>().add(size_of::<Shim>()).cast() }
}

/// # Safety
/// As [`real`].
unsafe fn recorded<'a>(file: *mut ffi::sqlite3_file) -> Option<(&'a Recording, usize)> {
    unsafe {
        let shim = file.cast::<Shim>();
        (*shim).recording.as_ref().map(|recording| (recording, (*shim).file))
    }
}

macro_rules! forward {
    ($($name:ident $method:ident ($($argument:ident: $type:ty),*);)*) => {
        $(unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($argument: $type),*) -> c_int {
            // SAFETY: the real file was opened by its own VFS and has every method of version 2.
            unsafe {
                let real = real(file);
                (*(*real).pMethods).$method.map_or(ffi::SQLITE_IOERR, |method| method(real, $($argument),*))
            }
        })*
    };
}

forward! {
    x_read xRead(to: *mut c_void, count: c_int, offset: i64);
    x_size xFileSize(size: *mut i64);
    x_lock xLock(level: c_int);
    x_unlock xUnlock(level: c_int);
    x_reserved xCheckReservedLock(is_reserved: *mut c_int);
    x_control xFileControl(op: c_int, argument: *mut c_void);
    x_sector xSectorSize();
    x_device xDeviceCharacteristics();
    x_map xShmMap(region: c_int, size: c_int, extend: c_int, at: *mut *mut c_void);
    x_shm_lock xShmLock(offset: c_int, count: c_int, flags: c_int);
    x_unmap xShmUnmap(delete: c_int);
    real_write xWrite(from: *const c_void, count: c_int, offset: i64);
    real_truncate xTruncate(length: i64);
    real_sync xSync(flags: c_int);
    real_close xClose();
}

unsafe extern "C" fn x_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as in `forward!`.
    unsafe {
        let real = real(file);
        if let Some(barrier) = (*(*real).pMethods).xShmBarrier {
            barrier(real);
        }
    }
}

unsafe extern "C" fn x_write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite gives `count` readable bytes.
    unsafe {
        if let Some((recording, index)) = recorded(file) {
            if recording.is_full.load(Ordering::Relaxed) {
                let mut size = 0;
                x_size(file, &mut size);
                if offset + i64::from(count) > size {
                    return ffi::SQLITE_FULL;
                }
            }
            if recording.keeps {
                let bytes = std::slice::from_raw_parts(from.cast::<u8>(), count as usize).to_vec();
                recording.push(Op::Write { file: index, offset: offset as usize, bytes });
            }
        }
        real_write(file, from, count, offset)
    }
}

unsafe extern "C" fn x_truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: as in `forward!`.
    unsafe {
        if let Some((recording, index)) = recorded(file) {
            recording.push(Op::Truncate { file: index, length: length as usize });
        }
        real_truncate(file, length)
    }
}

unsafe extern "C" fn x_sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: as in `forward!`. What is recorded lies in memory: its sync is the record's.
    unsafe {
        match recorded(file) {
            Some((recording, index)) => {
                recording.push(Op::Sync { file: index });
                ffi::SQLITE_OK
            }
            None => real_sync(file, flags),
        }
    }
}

unsafe extern "C" fn x_close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; the pointer came from `Arc::into_raw`.
    unsafe {
        let shim = file.cast::<Shim>();
        if !(*shim).recording.is_null() {
            drop(Arc::from_raw((*shim).recording));
            (*shim).recording = ptr::null();
        }
        if (*real(file)).pMethods.is_null() { ffi::SQLITE_OK } else { real_close(file) }
    }
}

unsafe extern "C" fn vfs_open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives room for `szOsFile` bytes and a name that ends in 0, or none.
    unsafe {
        let vfs = REAL.load(Ordering::Acquire);
        let shim = file.cast::<Shim>();
        let opened = real(file);
        (*opened).pMethods = ptr::null();
        let code = (*vfs).xOpen.map_or(ffi::SQLITE_IOERR, |open| open(vfs, name, opened, flags, out));
        (*shim).recording = ptr::null();
        (*file).pMethods = if code == ffi::SQLITE_OK { &METHODS } else { ptr::null() };
        if code == ffi::SQLITE_OK && !name.is_null() {
            let path = CStr::from_ptr(name).to_string_lossy();
            if let Some(recording) = recording_of(&path) {
                (*shim).file = recording.file(&path);
                (*shim).recording = Arc::into_raw(recording);
            }
        }
        code
    }
}

unsafe extern "C" fn vfs_delete(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: as in `vfs_open`.
    unsafe {
        let path = CStr::from_ptr(name).to_string_lossy();
        if let Some(recording) = recording_of(&path) {
            let file = recording.file(&path);
            recording.push(Op::Delete { file });
        }
        let vfs = REAL.load(Ordering::Acquire);
        (*vfs).xDelete.map_or(ffi::SQLITE_IOERR, |delete| delete(vfs, name, sync))
    }
}

/// Version 2: shared memory, but no mapped reads, so that every byte passes here.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(x_close),
    xRead: Some(x_read),
    xWrite: Some(x_write),
    xTruncate: Some(x_truncate),
    xSync: Some(x_sync),
    xFileSize: Some(x_size),
    xLock: Some(x_lock),
    xUnlock: Some(x_unlock),
    xCheckReservedLock: Some(x_reserved),
    xFileControl: Some(x_control),
    xSectorSize: Some(x_sector),
    xDeviceCharacteristics: Some(x_device),
    xShmMap: Some(x_map),
    xShmLock: Some(x_shm_lock),
    xShmBarrier: Some(x_barrier),
    xShmUnmap: Some(x_unmap),
    xFetch: None,
    xUnfetch: None,
};

// -------------------------------------------------------------------------------- the workloads

/// Every workload of the till.
pub fn till_workloads() -> Vec<Box<dyn Workload>> {
    vec![
        Box::new(Documents { name: "sale", mix: &[Kind::Sale] }),
        Box::new(Documents { name: "return", mix: &[Kind::Sale, Kind::Return, Kind::Void] }),
        Box::new(Documents {
            name: "closure",
            mix: &[Kind::Sale, Kind::CashMovement, Kind::Event, Kind::Closure],
        }),
        Box::new(Acknowledgement),
        Box::new(SlotSwap),
        Box::new(Migration { name: "migration of an empty folder", files: &[] }),
        Box::new(Migration {
            name: "migration of version 1",
            files: &[
                ("journal.db", include_bytes!("../../core/store/tests/fixtures/journal_v1.db")),
                ("centre.db", include_bytes!("../../core/store/tests/fixtures/centre_v1.db")),
            ],
        }),
    ]
}

fn key() -> PrivateKey {
    PrivateKey::from_seed(&[1; 32]) // as in the frozen files
}

fn enrolment() -> Enrolment {
    Enrolment {
        tenant: "shop".into(),
        till: "T1".into(),
        enrolment: 1,
        series: "T11".into(),
        server_url: "https://example.org".into(),
        tenant_key: key().public(),
        sealed_key: vec![1, 2, 3],
        public_key: key().public(),
        enrolled_ms: 1,
    }
}

/// Long and short ones in turn, so that the WAL is written back and begun anew on the way.
fn document(kind: Kind, rng: &mut Rng) -> Result<NewDocument<Value>> {
    let note: String = (0..rng.below(24_000) / 16).map(|_| format!("{:016x}", rng.next_u64())).collect();
    let stock = if kind == Kind::Sale { 1 + rng.below(3) } else { 0 };
    let moves = (0..stock).map(|n| {
        let quantity = Quantity::from_micro(-1_000_000).map_err(|_| anyhow::anyhow!("a quantity"))?;
        Ok(StockMove { item: format!("item-{}", rng.below(500)), warehouse: format!("w{n}"), quantity })
    });
    let stock = moves.collect::<Result<Vec<_>>>()?;
    let pattern =
        tillkit_domain::Numerator::parse("{series}-{number}").map_err(|_| anyhow::anyhow!("a pattern"))?;
    Ok(NewDocument {
        kind,
        body: json!({"note": note, "moves": stock.len()}),
        business_day: "2010-12-01".into(),
        centre: "main".into(),
        currency: "GBP".into(),
        generations: BTreeMap::new(),
        monotonic_ms: 1,
        offline: true,
        recorded_ms: 1_291_192_020_000,
        server_offset_ms: None,
        total_minor: rng.below(10_000) as i64,
        user: "u1".into(),
        numerator: (kind != Kind::Event).then(|| Numerator { name: "*".into(), pattern }),
        stock,
        reversals: Vec::new(),
    })
}

/// Records one document and promises its seq; now and then the call before is one that was given up.
fn record_one(store: &Store, recording: &Recording, mix: &[Kind], rng: &mut Rng) -> Result<u64> {
    let (enrolment, key) = (enrolment(), key());
    let kind = mix[rng.below(mix.len())];
    if rng.below(10) == 0 {
        let new = document(kind, rng)?;
        let given_up: Result<()> = store.journal.write(|journal| {
            journal.record(&enrolment, &key, new)?;
            anyhow::bail!("given up")
        });
        ensure!(given_up.is_err());
    }
    let new = document(kind, rng)?;
    let recorded = store.journal.write(|journal| journal.record(&enrolment, &key, new))?;
    recording.promise("seq", recorded.seq);
    Ok(recorded.seq)
}

/// Closes both files and opens them again, as a phone does when it is put away.
fn put_away(store: &Store) -> Result<()> {
    ensure!(store.suspend(std::time::Duration::from_secs(10)) == Released::Released);
    store.resume()?;
    Ok(())
}

/// Holds the journal of an image against what was promised, and records one more document into it.
fn check_journal(store: &Store, folder: &Path, promised: &Promises) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    let journal = &store.journal;
    let promise = |what: &str| promised.get(what).copied().unwrap_or(0);
    let enrolments = journal.enrolments()?;
    verdict.lost |= enrolments.len() < promise("enrolment") as usize;
    if enrolments.is_empty() {
        verdict.lost |= promise("seq") > 0;
        return Ok(verdict);
    }
    let head = journal.verify_chain("T1", 1, &key().public())??;
    verdict.lost |= head.seq < promise("seq");
    verdict.lost |= journal.uploaded_through("T1", 1)? < promise("uploaded");
    verdict.lost |= journal.processed_through("T1", 1)? < promise("processed");
    // Counted by SQL of our own, not by the store's.
    let db = rusqlite::Connection::open(folder.join("journal.db"))?;
    let integrity: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(integrity == "ok", "{integrity}");
    let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let documents = one("SELECT count(*) FROM document")?;
    let numbered = one("SELECT count(*) FROM document WHERE number <> ''")?;
    let numbers = one("SELECT count(DISTINCT number) FROM document WHERE number <> ''")?;
    let last = one("SELECT coalesce(max(last), 0) FROM series")?;
    let moves = one("SELECT count(*) FROM stock_move")?;
    let moves_promised =
        one("SELECT coalesce(sum(json_extract(CAST(line AS TEXT), '$.body.moves')), 0) FROM document")?;
    verdict.doubled |= numbers != numbered || documents > head.seq as i64;
    verdict.torn |= documents != head.seq as i64 || last != numbered || moves != moves_promised;
    drop(db);
    let mut rng = Rng(head.seq);
    let new = document(Kind::Sale, &mut rng)?;
    let next: Recorded = journal.write(|journal| journal.record(&enrolment(), &key(), new))?;
    verdict.torn |= next.seq != head.seq + 1 || !next.number.ends_with(&format!("-{}", last + 1));
    Ok(verdict)
}

fn begin(folder: &Path, recording: &Recording) -> Result<Store> {
    let store = Store::open(folder)?;
    if store.journal.enrolments()?.is_empty() {
        store.journal.write(|journal| journal.add_enrolment(&enrolment()))?;
    }
    recording.promise("enrolment", 1);
    Ok(store)
}

/// Documents of some kinds, one after the other.
pub struct Documents {
    /// As reports name it.
    pub name: &'static str,
    /// Which kinds.
    pub mix: &'static [Kind],
}

impl Workload for Documents {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&self, folder: &Path, recording: &Recording, seed: u64) -> Result<()> {
        let mut rng = Rng(seed);
        let store = begin(folder, recording)?;
        for _ in 0..40 + rng.below(90) {
            record_one(&store, recording, self.mix, &mut rng)?;
            if rng.below(50) == 0 {
                put_away(&store)?;
            }
        }
        Ok(())
    }

    fn check(&self, folder: &Path, promised: &Promises) -> Result<Verdict> {
        check_journal(&Store::open(folder)?, folder, promised)
    }
}

/// Documents beside acknowledgements, bookings and findings of the centre.
pub struct Acknowledgement;

impl Workload for Acknowledgement {
    fn name(&self) -> &'static str {
        "acknowledgement"
    }

    fn run(&self, folder: &Path, recording: &Recording, seed: u64) -> Result<()> {
        let mut rng = Rng(seed);
        let store = begin(folder, recording)?;
        let (mut uploaded, mut processed) = (0, 0);
        for _ in 0..40 + rng.below(60) {
            let seq = record_one(&store, recording, &[Kind::Sale, Kind::Closure], &mut rng)?;
            if rng.below(3) == 0 {
                let ranges = Ranges { enrolment: 1, ranges: vec![(uploaded + 1, seq)], till: "T1".into() };
                store.journal.write(|journal| journal.acknowledge(&[ranges], 5))?;
                uploaded = seq;
                recording.promise("uploaded", uploaded);
            }
            if rng.below(6) == 0 && uploaded > processed {
                processed = uploaded;
                store.journal.write(|journal| journal.processed("T1", 1, processed, 6))?;
                recording.promise("processed", processed);
            }
        }
        Ok(())
    }

    fn check(&self, folder: &Path, promised: &Promises) -> Result<Verdict> {
        check_journal(&Store::open(folder)?, folder, promised)
    }
}

/// Generations of two sections that go together are loaded and made live while documents commit.
pub struct SlotSwap;

/// Items that the generation has.
const ITEMS: u64 = 240;
const BLOBS: usize = 4;

impl SlotSwap {
    fn rows(section: &str, generation: u64) -> Vec<(&'static str, String, Vec<u8>)> {
        if section == "directories" {
            return vec![("unit", "szt".into(), format!("{{\"name\":\"{generation}\"}}").into_bytes())];
        }
        let items = (0..ITEMS).filter(|n| !(n + generation).is_multiple_of(7)).map(|n| {
            let name = format!("gen{generation} maslo {:0width$}", n, width = 20 + (n % 90) as usize);
            let body = json!({"active": true, "codes": [format!("c{n}")], "name": name, "price": "1.00", "unit": "szt", "vat": "23"});
            ("item", format!("i{n:05}"), body.to_string().into_bytes())
        });
        items.collect()
    }

    fn published(section: &str, generation: u64) -> Result<(SectionManifest, Vec<Vec<u8>>)> {
        let mut manifest = SectionManifest { generation, ..SectionManifest::default() };
        let rows = SlotSwap::rows(section, generation);
        let mut blobs = Vec::new();
        for part in rows.chunks(rows.len().div_ceil(BLOBS)) {
            let mut lines = Vec::new();
            for (kind, key, body) in part {
                rows::write_row(&mut lines, &Row { kind: (*kind).into(), key: key.into(), body: Some(body) });
                manifest.kinds.entry((*kind).into()).or_default().add(kind, key, body);
            }
            let stored = rows::compress(&lines)?;
            let (bytes, count, sha256) = (stored.len() as u64, part.len() as u64, Hash::of(&stored));
            manifest.snapshot.push(Blob {
                bytes,
                first: String::new(),
                last: String::new(),
                rows: count,
                sha256,
            });
            blobs.push(stored);
        }
        Ok((manifest, blobs))
    }

    fn bring(store: &Store, generation: u64) -> Result<()> {
        let mut published = Vec::new();
        for section in ["directories", "items"] {
            published.push((section, SlotSwap::published(section, generation)?));
        }
        let mut changes = Vec::new();
        for (section, (manifest, blobs)) in &published {
            let target = Target { section, epoch: "e", manifest };
            let mut load = store.centre.begin_load(&target)?;
            for (blob, stored) in manifest.snapshot.iter().zip(blobs) {
                store.centre.load_blob(&mut load, &load::prepare(stored, &blob.sha256)?)?;
                if blob.bytes.is_multiple_of(3) {
                    store.centre.checkpoint()?;
                }
            }
            store.centre.finish_load(&load, &target)?;
            changes.push(Change::Snapshot(target));
        }
        store.centre.make_live(&changes, &[], 7)?;
        Ok(())
    }

    /// Whether everything of one generation is there, and nothing of another.
    fn is_whole(store: &Store, folder: &Path) -> Result<bool> {
        let live = |section: &str| store.centre.live(section).generation;
        let generation = live("items");
        if live("directories") != generation {
            return Ok(false);
        }
        let db = rusqlite::Connection::open(folder.join("centre.db"))?;
        let integrity: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        ensure!(integrity == "ok", "{integrity}");
        if generation == 0 {
            return Ok(true);
        }
        for section in ["directories", "items"] {
            let mut here = db.prepare("SELECT kind, key, body FROM row JOIN section ON slot = live_slot WHERE name = ?1 ORDER BY kind, key")?;
            let here = here.query_map([section], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?))
            })?;
            let here: Vec<_> = here.collect::<rusqlite::Result<_>>()?;
            let expected = SlotSwap::rows(section, generation);
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, key, body)| (kind.to_string(), key, body)).collect();
            if here != expected {
                return Ok(false);
            }
        }
        let items = SlotSwap::rows("items", generation);
        let view = store.centre.view()?;
        let found = view.search_items(&format!("gen{generation} maslo"), 10_000)?;
        let codes = (0..ITEMS)
            .filter(|n| view.items_by_code(&[format!("c{n}")]).is_ok_and(|found| !found.is_empty()))
            .count();
        Ok(found.len() == items.len() && codes == items.len())
    }
}

impl Workload for SlotSwap {
    fn name(&self) -> &'static str {
        "slot swap"
    }

    fn run(&self, folder: &Path, recording: &Recording, seed: u64) -> Result<()> {
        let store = begin(folder, recording)?;
        let over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            let selling = threads.spawn(|| -> Result<()> {
                let mut rng = Rng(seed);
                for _ in 0..50 {
                    record_one(&store, recording, &[Kind::Sale], &mut rng)?;
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                }
                Ok(())
            });
            let brought = (1..=4).try_for_each(|generation| {
                SlotSwap::bring(&store, generation)?;
                store.centre.tidy()?;
                Ok(())
            });
            over.store(true, Ordering::Relaxed);
            selling.join().map_err(|_| anyhow::anyhow!("selling"))?.and(brought)
        })
    }

    fn check(&self, folder: &Path, promised: &Promises) -> Result<Verdict> {
        let store = Store::open(folder)?;
        let mut verdict = check_journal(&store, folder, promised)?;
        verdict.put_aside = folder.join("centre.db.damaged").exists();
        verdict.torn |= !SlotSwap::is_whole(&store, folder)?;
        // The next sync brings it to the newest, whatever was begun.
        SlotSwap::bring(&store, 5)?;
        verdict.torn |= !SlotSwap::is_whole(&store, folder)?;
        Ok(verdict)
    }
}

/// Opening a folder of an older version, or an empty one, and a few documents after it.
pub struct Migration {
    /// As reports name it.
    pub name: &'static str,
    /// Files of the older version.
    pub files: &'static [(&'static str, &'static [u8])],
}

impl Workload for Migration {
    fn name(&self) -> &'static str {
        self.name
    }

    fn prepare(&self, folder: &Path) -> Result<()> {
        for (name, bytes) in self.files {
            fs::write(folder.join(name), bytes)?;
        }
        Ok(())
    }

    fn run(&self, folder: &Path, recording: &Recording, seed: u64) -> Result<()> {
        let mut rng = Rng(seed);
        if !self.files.is_empty() {
            recording.promise("enrolment", 1);
            recording.promise("old documents", 5);
        }
        let store = begin(folder, recording)?;
        for _ in 0..4 {
            record_one(&store, recording, &[Kind::Sale], &mut rng)?;
        }
        put_away(&store)
    }

    fn check(&self, folder: &Path, promised: &Promises) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        let store = Store::open(folder)?;
        if !self.files.is_empty() {
            verdict.torn |= store.centre.live("items").generation != 3;
            verdict.lost |=
                store.journal.head("T1", 1)?.seq < promised.get("old documents").copied().unwrap_or(0);
        }
        let judged = check_journal(&store, folder, promised)?;
        verdict.lost |= judged.lost;
        verdict.torn |= judged.torn;
        verdict.doubled |= judged.doubled;
        Ok(verdict)
    }
}

#[cfg(test)]
mod tests {
    use tillkit_store::StoreError;

    use super::*;

    #[test]
    fn a_power_cut_loses_tears_and_doubles_nothing_promised() {
        for workload in till_workloads() {
            let report = run(workload.as_ref(), 60, 1).unwrap();
            assert!(report.is_clean(), "{}: {report:#?}", workload.name());
            assert_eq!((report.cuts, report.put_aside), (60, 0));
        }
    }

    #[test]
    fn a_disk_that_lies_is_found_out() {
        let sale = Documents { name: "sale", mix: &[Kind::Sale] };
        let report = run_on(&sale, 60, 1, Disk::Lying).unwrap();
        assert!(report.lost + report.corrupt > 10, "{report:#?}");
    }

    #[test]
    fn a_full_disk_refuses_the_next_sale_and_loses_nothing_before_it() {
        install();
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::begin(folder.path()).unwrap();
        let store = begin(folder.path(), &recording).unwrap();
        let mut rng = Rng(3);
        let mut sell = || {
            let new = document(Kind::Sale, &mut rng).unwrap();
            store.journal.write(|journal| journal.record(&enrolment(), &key(), new))
        };
        for _ in 0..5 {
            sell().unwrap();
        }
        recording.set_full(true);
        let refused = (0..200).find_map(|_| sell().err()).expect("it never fills");
        assert!(matches!(refused, StoreError::DiskFull), "{refused:?}");
        let head = store.journal.verify_chain("T1", 1, &key().public()).unwrap().unwrap();
        recording.set_full(false);
        assert_eq!(sell().unwrap().seq, head.seq + 1);
        let promised = Promises::from([("seq", head.seq + 1)]);
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(check_journal(&store, folder.path(), &promised).unwrap(), Verdict::default());
        drop(recording.end());
    }

    #[test]
    fn a_write_is_cut_at_the_borders_of_sectors() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_300).collect();
        let parts: Vec<(usize, usize)> =
            sectors(500, &bytes).map(|(start, sector)| (start, sector.len())).collect();
        assert_eq!(parts, [(500, 12), (512, 512), (1_024, 512), (1_536, 264)]);
        assert_eq!(sectors(0, &bytes[..24]).count(), 1);
    }

    #[test]
    fn an_image_holds_what_was_synced_and_perhaps_what_was_not() {
        let write = |offset, byte| Op::Write { file: 0, offset, bytes: vec![byte; 512] };
        let record = Record {
            files: vec![("a".into(), Vec::new())],
            ops: vec![
                write(0, 1),
                Op::Sync { file: 0 },
                Op::Promise { what: "seq", value: 1 },
                write(512, 2),
                Op::Sync { file: 0 },
            ],
        };
        let folder = tempfile::tempdir().unwrap();
        let mut seen = BTreeMap::new();
        for seed in 0..200 {
            let mut image = Image::new(&record, Disk::Honest);
            image.advance(4);
            image.write(folder.path(), &mut Rng(seed)).unwrap();
            let bytes = fs::read(folder.path().join("a")).unwrap();
            assert_eq!(bytes[..512], [1; 512]);
            *seen.entry(bytes.get(512).copied()).or_insert(0) += 1;
        }
        assert!(seen.contains_key(&None) && seen.contains_key(&Some(2)) && seen.len() > 2, "{seen:?}");
    }
}
