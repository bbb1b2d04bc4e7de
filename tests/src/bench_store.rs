//! The store beside plain rusqlite on the same tables: what `cargo xtask bench` measures of it.
//!
//! Raw means: the same migration file, indexes, PRAGMAs, threads and sorted rows, but no digests, no
//! hashes, no slots, no signatures. Every function does one measurement in a folder of its own and
//! returns samples; who calls it interleaves raw and full and builds ratios.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::sync_channel,
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use tillkit_domain::{Currency, TenderKind, UnitPrice, VatCategory};
use tillkit_protocol::{
    Hash, Kind, KindDigest, bodies,
    keys::PrivateKey,
    manifest::SectionManifest,
    rows::{self, BlobWriter, Row},
};
use tillkit_store::{
    Store,
    journal::{Enrolment, NewDocument, Numerator, Recorded, StockMove},
    load::{self, Change, Steps, Target},
};

const CENTRE_SQL: [&str; 4] = [
    include_str!("../../core/store/migrations/centre/0001_centre.sql"),
    include_str!("../../core/store/migrations/centre/0002_customer_word.sql"),
    include_str!("../../core/store/migrations/centre/0003_change.sql"),
    include_str!("../../core/store/migrations/centre/0004_merge.sql"),
];
const JOURNAL_SQL: &str = include_str!("../../core/store/migrations/journal/0001_journal.sql");

/// Small, fast, and the same everywhere (splitmix64, Steele et al. 2014).
#[derive(Debug, Clone)]
pub struct Rng(pub u64);

impl Rng {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 … `end` − 1.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next_u64() % end.max(1) as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.below(all.len())).copied().unwrap_or("")
    }
}

/// The words of `data/generate.py`.
pub const WORDS: [&str; 46] = [
    "mleko",
    "chleb",
    "ser",
    "masło",
    "jogurt",
    "szynka",
    "kawa",
    "herbata",
    "woda",
    "sok",
    "piwo",
    "wino",
    "baton",
    "ciastko",
    "makaron",
    "ryż",
    "cukier",
    "mąka",
    "olej",
    "ocet",
    "pomidor",
    "ogórek",
    "ziemniak",
    "cebula",
    "jabłko",
    "banan",
    "gruszka",
    "śliwka",
    "proszek",
    "płyn",
    "szampon",
    "mydło",
    "pasta",
    "krem",
    "papier",
    "ręcznik",
    "zeszyt",
    "długopis",
    "żarówka",
    "bateria",
    "kabel",
    "śruba",
    "wkręt",
    "kołek",
    "farba",
    "pędzel",
];
const GROUPS: [&str; 10] = [
    "Nabiał i jaja",
    "Pieczywo",
    "Napoje",
    "Alkohole",
    "Słodycze",
    "Chemia domowa",
    "Kosmetyki",
    "Artykuły biurowe",
    "Narzędzia",
    "Warzywa i owoce",
];
const UNITS: [&str; 5] = ["szt", "kg", "l", "opak", "m"];
const VATS: [&str; 5] = ["23", "8", "5", "0", "zw"];

/// The body of an `item`, members in canonical order.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ItemBody {
    active: bool,
    codes: Vec<String>,
    group: String,
    name: String,
    price: String,
    unit: String,
    vat: String,
}

fn ean(number: usize) -> String {
    let digits = format!("590{number:09}");
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn code(number: usize) -> String {
    format!("ART-{number:07}")
}

fn item(rng: &mut Rng, number: usize) -> (String, ItemBody) {
    let (high, low) = (rng.next_u64(), rng.next_u64());
    let hex = format!("{high:016x}{low:016x}");
    let key = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    let words: Vec<&str> = (0..6 + rng.below(5)).map(|_| rng.of(&WORDS)).collect();
    let minor = 49 + rng.below(99_950);
    let body = ItemBody {
        active: rng.below(100) < 97,
        codes: vec![code(number), ean(number)],
        group: rng.of(&GROUPS).into(),
        name: format!("{} {} g", words.join(" "), 1 + rng.below(2_000)),
        price: format!("{}.{:02}", minor / 100, minor % 100),
        unit: rng.of(&UNITS).into(),
        vat: rng.of(&VATS).into(),
    };
    (key, body)
}

/// A published catalogue: blobs in files, as the loader finds them.
pub struct Catalogue {
    /// How many items.
    pub items: usize,
    /// What the manifest says of the section.
    pub manifest: SectionManifest,
    folder: PathBuf,
}

impl Catalogue {
    /// Makes it in `folder`, or finds it there from an earlier call.
    pub fn make(folder: &Path, items: usize) -> Result<Catalogue> {
        let folder = folder.join(format!("catalogue-{items}"));
        let listed = folder.join("manifest.json");
        if let Ok(manifest) = fs::read(&listed) {
            return Ok(Catalogue { items, manifest: serde_json::from_slice(&manifest)?, folder });
        }
        fs::create_dir_all(&folder)?;
        let mut rng = Rng(42);
        let mut all = Vec::with_capacity(items);
        for number in 0..items {
            let (key, body) = item(&mut rng, number);
            all.push((key, serde_json::to_vec(&body)?));
        }
        all.sort();
        let mut manifest = SectionManifest { generation: 1, ..SectionManifest::default() };
        let mut digest = KindDigest::default();
        let mut writer = BlobWriter::new(3);
        let mut blobs = Vec::new();
        for (key, body) in &all {
            digest.add("item", key, body);
            blobs.extend(writer.push(&Row { kind: "item".into(), key: key.into(), body: Some(body) })?);
        }
        blobs.extend(writer.finish()?);
        for (blob, stored) in blobs {
            fs::write(folder.join(blob.sha256.to_string()), stored)?;
            manifest.snapshot.push(blob);
        }
        manifest.kinds.insert("item".into(), digest);
        fs::write(&listed, serde_json::to_vec(&manifest)?)?;
        Ok(Catalogue { items, manifest, folder })
    }

    /// As the store wants it.
    pub fn target(&self) -> Target<'_> {
        Target { section: "items", epoch: "bench", manifest: &self.manifest }
    }

    /// Bytes that would come down.
    pub fn bytes(&self) -> u64 {
        self.manifest.snapshot_bytes()
    }

    /// Its blobs as stored, in order.
    pub fn blobs(&self) -> impl Iterator<Item = Result<Vec<u8>>> + Send {
        self.manifest.snapshot.iter().map(|blob| self.stored(&blob.sha256))
    }

    fn stored(&self, name: &Hash) -> Result<Vec<u8>> {
        fs::read(self.folder.join(name.to_string())).with_context(|| format!("blob {name}"))
    }

    /// `count` items spread over the catalogue, with another name and price, and the manifest they lead to.
    pub fn step(&self, count: usize, seed: u64) -> Result<(Vec<u8>, SectionManifest)> {
        let mut chosen: Vec<usize> = (0..count)
            .map(|n| n * self.items / count + Rng(seed ^ n as u64).below(self.items / count))
            .collect();
        chosen.dedup();
        let mut manifest = self.manifest.clone();
        manifest.generation = 1 + seed;
        let mut lines = Vec::new();
        let (mut index, mut wanted) = (0, chosen.iter().peekable());
        let digest = manifest.kinds.entry("item".into()).or_default();
        for blob in &self.manifest.snapshot {
            let expanded = rows::open_blob(&self.stored(&blob.sha256)?, &blob.sha256)?;
            for row in rows::read_rows(&expanded) {
                if wanted.next_if(|wanted| **wanted == index).is_some() {
                    let row = row?;
                    let old = row.body.context("a body")?;
                    let mut body: ItemBody = serde_json::from_slice(old)?;
                    body.name.push_str(&format!(" PROMO{seed}"));
                    body.price = format!("{seed}.99");
                    let new = serde_json::to_vec(&body)?;
                    digest.remove("item", &row.key, old);
                    digest.add("item", &row.key, &new);
                    rows::write_row(&mut lines, &Row { body: Some(&new), ..row });
                }
                index += 1;
            }
        }
        Ok((lines, manifest))
    }
}

/// What is freed is given back, as the allocators of phones do: glibc keeps it for each thread, and the
/// highest resident memory would say how often it did.
pub fn frees_as_phones_do(command: &mut Command) -> &mut Command {
    command.env("MALLOC_MMAP_THRESHOLD_", "131072")
}

/// Resident memory at its highest, KiB, of this process.
pub fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}

/// A first load, timed; memory is that of the whole process, so let it be one of its own.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct LoadSample {
    /// From the first blob read to the section live.
    pub seconds: f64,
    /// Highest resident memory above the start, KiB.
    pub peak_above_kib: u64,
    /// Length of the WAL when it ended, bytes.
    pub wal_bytes: u64,
}

/// Loads a catalogue into a store: two threads, as the driver does.
pub fn load_into(store: &Store, catalogue: &Catalogue) -> Result<()> {
    let target = catalogue.target();
    let mut load = store.centre.begin_load(&target)?;
    let (to_insert, prepared) = sync_channel(1);
    std::thread::scope(|threads| {
        let preparing = threads.spawn(move || -> Result<()> {
            for blob in &catalogue.manifest.snapshot {
                let prepared = load::prepare(&catalogue.stored(&blob.sha256)?, &blob.sha256)?;
                if to_insert.send(prepared).is_err() {
                    break;
                }
            }
            Ok(())
        });
        for blob in prepared {
            store.centre.load_blob(&mut load, &blob)?;
        }
        preparing.join().map_err(|_| anyhow::anyhow!("the parsing thread"))?
    })?;
    store.centre.finish_load(&load, &target)?;
    store.centre.make_live(&[Change::Snapshot(target)], &[], 1)?;
    Ok(())
}

/// The tables of `centre.db`, empty, as plain rusqlite opens them.
///
/// # Errors
/// SQLite's.
pub fn raw_centre(folder: &Path) -> Result<Connection> {
    fs::create_dir_all(folder)?;
    let db = Connection::open(folder.join("raw.db"))?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 268435456; PRAGMA cache_size = -32000;")?;
    CENTRE_SQL.iter().try_for_each(|sql| db.execute_batch(sql))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Only the letters our words have: cheaper than what the store does.
fn fold(name: &str) -> String {
    let plain = |letter| match letter {
        'ą' => 'a',
        'ć' => 'c',
        'ę' => 'e',
        'ł' => 'l',
        'ń' => 'n',
        'ó' => 'o',
        'ś' => 's',
        'ź' | 'ż' => 'z',
        other => other,
    };
    name.chars().map(plain).collect()
}

#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    codes: Vec<std::borrow::Cow<'a, str>>,
}

struct RawRow {
    key: String,
    body: Vec<u8>,
    name: String,
    codes: Vec<String>,
}

/// The same rows into the same tables: a thread that parses, a thread that inserts, one transaction,
/// the indexes of codes and prices made after the rows.
pub fn load_raw(folder: &Path, catalogue: &Catalogue, words: bool) -> Result<LoadSample> {
    let db = raw_centre(folder)?;
    let before = peak_kib();
    let begun = Instant::now();
    load_raw_from(&db, catalogue.blobs(), words)?;
    let seconds = begun.elapsed().as_secs_f64();
    let wal_bytes = fs::metadata(folder.join("raw.db-wal"))?.len();
    Ok(LoadSample { seconds, peak_above_kib: peak_kib() - before, wal_bytes })
}

fn load_raw_into(db: &Connection, catalogue: &Catalogue, words: bool) -> Result<()> {
    load_raw_from(db, catalogue.blobs(), words)
}

/// The same from stored blobs, wherever they come from.
///
/// # Errors
/// SQLite's, or those of the blobs.
pub fn load_raw_from(
    db: &Connection,
    blobs: impl Iterator<Item = Result<Vec<u8>>> + Send,
    words: bool,
) -> Result<()> {
    db.execute_batch("BEGIN IMMEDIATE; DROP INDEX item_code_0_by_code; DROP INDEX item_price_0_by_item;")?;
    let (to_insert, parsed) = sync_channel::<Vec<RawRow>>(1);
    std::thread::scope(|threads| -> Result<()> {
        let parsing = threads.spawn(move || -> Result<()> {
            for blob in blobs {
                let expanded = rows::expand(&blob?, usize::MAX >> 1)?;
                let mut part = Vec::with_capacity(expanded.len() / 200);
                for row in rows::read_rows(&expanded) {
                    let row = row?;
                    let body = row.body.context("a body")?;
                    let item: RawItem = serde_json::from_slice(body)?;
                    let name = if words { fold(&item.name) } else { String::new() };
                    let codes = item.codes.into_iter().map(Into::into).collect();
                    part.push(RawRow { key: row.key.into_owned(), body: body.to_vec(), name, codes });
                }
                if to_insert.send(part).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut row = db.prepare("INSERT INTO row (slot, kind, key, body) VALUES (2, 'item', ?1, ?2)")?;
        let mut code = db.prepare("INSERT INTO item_code_0 (code, row_id) VALUES (?1, ?2)")?;
        let mut word = db.prepare("INSERT INTO item_word_0 (rowid, name) VALUES (?1, ?2)")?;
        for part in parsed {
            for one in part {
                row.execute(params![one.key, one.body])?;
                let id = db.last_insert_rowid();
                if words {
                    word.execute(params![id, one.name])?;
                }
                for text in &one.codes {
                    code.execute(params![text, id])?;
                }
            }
        }
        parsing.join().map_err(|_| anyhow::anyhow!("the parsing thread"))?
    })?;
    db.execute_batch(
        "CREATE INDEX item_code_0_by_code ON item_code_0 (code, row_id);
         CREATE INDEX item_price_0_by_item ON item_price_0 (item, from_ms, row_id);
         INSERT INTO section (name, id, live_slot) VALUES ('items', 1, 2);
         COMMIT",
    )?;
    Ok(())
}

/// A store and a raw file that hold the same catalogue.
pub struct Pair {
    /// The store.
    pub store: Store,
    folder: PathBuf,
    raw: Connection,
    catalogue: Catalogue,
    seed: u64,
}

impl Pair {
    /// Loads both; not timed.
    pub fn load(folder: &Path, catalogue: Catalogue) -> Result<Pair> {
        let store = Store::open(&folder.join("full"))?;
        load_into(&store, &catalogue)?;
        let raw = raw_centre(&folder.join("raw"))?;
        load_raw_into(&raw, &catalogue, true)?;
        let pair = Pair { folder: folder.into(), store, raw, catalogue, seed: 0 };
        pair.rest()?;
        Ok(pair)
    }

    /// What either does beside, when a sync is over: merges words and writes back.
    fn rest(&self) -> Result<()> {
        while !self.store.centre.tidy()? {}
        self.raw.execute_batch("INSERT INTO item_word_0 (item_word_0, rank) VALUES ('merge', 1000000)")?;
        Ok(self.raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// 1,000 changed rows: seconds of the store, seconds of raw upserts. Each call changes others. Files are
    /// read through first: what the machine has taken out of its memory meanwhile is its own affair.
    pub fn delta(&mut self) -> Result<(f64, f64)> {
        self.seed += 1;
        let (lines, manifest) = self.catalogue.step(1_000.min(self.catalogue.items), self.seed)?;
        for file in ["full/centre.db", "raw/raw.db"] {
            std::io::copy(&mut fs::File::open(self.folder.join(file))?, &mut std::io::sink())?;
        }
        let begun = Instant::now();
        self.apply(&lines, &manifest)?;
        let full = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        self.upsert(&lines)?;
        let raw = begun.elapsed().as_secs_f64();
        // Back to the published state, so that the next step starts from it too.
        let mut back = Vec::new();
        for row in rows::read_rows(&lines) {
            let row = row?;
            let old: Vec<u8> = self.published(&row.key)?;
            rows::write_row(&mut back, &Row { body: Some(&old), ..row });
        }
        let published = self.catalogue.manifest.clone();
        self.apply(&back, &published)?;
        self.upsert(&back)?;
        self.rest()?;
        Ok((full, raw))
    }

    fn published(&self, key: &str) -> Result<Vec<u8>> {
        let name = format!("item/{key}");
        let blob =
            self.catalogue.manifest.snapshot.iter().find(|blob| blob.first <= name && name <= blob.last);
        let blob = blob.context("a blob")?;
        let expanded = rows::expand(&self.catalogue.stored(&blob.sha256)?, usize::MAX >> 1)?;
        for row in rows::read_rows(&expanded) {
            let row = row?;
            if row.key == key {
                return Ok(row.body.context("a body")?.to_vec());
            }
        }
        anyhow::bail!("no {key}")
    }

    fn apply(&self, lines: &[u8], manifest: &SectionManifest) -> Result<()> {
        let mut steps = Steps::default();
        steps.add(lines)?;
        let target = Target { section: "items", epoch: "bench", manifest };
        self.store.centre.make_live(&[Change::Steps(target, &steps)], &[], 2)?;
        Ok(())
    }

    /// What plain upserts do: the row, its codes and its words, old ones out and new ones in.
    fn upsert(&self, lines: &[u8]) -> Result<()> {
        let db = &self.raw;
        db.execute_batch("BEGIN IMMEDIATE")?;
        let mut old =
            db.prepare_cached("SELECT id, body FROM row WHERE slot = 2 AND kind = 'item' AND key = ?1")?;
        let mut upsert = db.prepare_cached("INSERT INTO row (slot, kind, key, body) VALUES (2, 'item', ?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body")?;
        let mut no_word = db
            .prepare_cached("INSERT INTO item_word_0 (item_word_0, rowid, name) VALUES ('delete', ?1, ?2)")?;
        let mut word = db.prepare_cached("INSERT INTO item_word_0 (rowid, name) VALUES (?1, ?2)")?;
        let mut no_code = db.prepare_cached("DELETE FROM item_code_0 WHERE code = ?1 AND row_id = ?2")?;
        let mut code = db.prepare_cached("INSERT INTO item_code_0 (code, row_id) VALUES (?1, ?2)")?;
        for row in rows::read_rows(lines) {
            let row = row?;
            let body = row.body.context("a body")?;
            let (id, was): (i64, Vec<u8>) =
                old.query_row([&row.key], |found| Ok((found.get(0)?, found.get(1)?)))?;
            let (before, after): (RawItem, RawItem) =
                (serde_json::from_slice(&was)?, serde_json::from_slice(body)?);
            upsert.execute(params![row.key, body])?;
            no_word.execute(params![id, fold(&before.name)])?;
            word.execute(params![id, fold(&after.name)])?;
            for text in &before.codes {
                no_code.execute(params![text, id])?;
            }
            for text in &after.codes {
                code.execute(params![text, id])?;
            }
        }
        db.execute_batch("COMMIT")?;
        Ok(())
    }

    /// Look-ups of random codes, one of the store and one raw in turn: nanoseconds each.
    pub fn look_ups(&self, count: usize) -> Result<(Vec<u64>, Vec<u64>)> {
        let mut rng = Rng(7);
        let mut raw = self
            .raw
            .prepare("SELECT kind, key, body FROM item_code_0 JOIN row ON id = row_id WHERE code = ?1")?;
        let (mut full_ns, mut raw_ns) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for turn in 0..count {
            let number = rng.below(self.catalogue.items);
            let wanted = if turn & 1 == 0 { code(number) } else { ean(number) };
            let begun = Instant::now();
            let found = self.store.centre.view()?.items_by_code(&[&wanted])?;
            full_ns.push(begun.elapsed().as_nanos() as u64);
            let begun = Instant::now();
            let same: (String, String, Vec<u8>) =
                raw.query_row([&wanted], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            raw_ns.push(begun.elapsed().as_nanos() as u64);
            ensure!(found.first().is_some_and(|found| found.key == same.1), "{wanted}");
        }
        Ok((full_ns, raw_ns))
    }

    /// Searches as they are typed: milliseconds by shape of the query ("m", "ma ch", …). The index holds
    /// beginnings of up to three letters; longer ones go another way.
    pub fn searches(&self, count: usize) -> Result<BTreeMap<String, Vec<f64>>> {
        let mut rng = Rng(11);
        let mut samples: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for _ in 0..count {
            for (words, letters) in SHAPES {
                let typed = |rng: &mut Rng| rng.of(&WORDS).chars().take(letters).collect::<String>();
                let query: Vec<String> = (0..words).map(|_| typed(&mut rng)).collect();
                let begun = Instant::now();
                let hits = self.store.centre.view()?.search_items(&query.join(" "), 20)?;
                let took = begun.elapsed().as_secs_f64() * 1_000.0;
                ensure!(words > 1 || hits.len() == 20, "{} hits", hits.len());
                samples.entry(format!("{words} words, {letters} letters")).or_default().push(took);
            }
        }
        Ok(samples)
    }
}

/// How many words, and how many letters of each.
const SHAPES: [(usize, usize); 11] =
    [(1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (2, 1), (2, 2), (2, 3), (2, 4), (2, 6), (3, 2)];

/// Closes and opens a store; milliseconds, the files in the page cache or not.
pub fn open(folder: &Path, cold: bool) -> Result<f64> {
    if cold {
        for file in fs::read_dir(folder)? {
            forget_pages(&file?.path())?;
        }
    }
    let begun = Instant::now();
    let store = Store::open(folder)?;
    store.centre.view()?.generations();
    store.journal.unsent()?;
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}

fn forget_pages(path: &Path) -> Result<()> {
    use std::os::fd::AsRawFd;
    let file = fs::File::open(path)?;
    file.sync_all()?;
    // The only way to measure a cold start without emptying every other process's cache too.
    #[allow(unsafe_code)]
    // SAFETY: the descriptor is open for the whole call.
    let forgotten = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    ensure!(forgotten == 0, "fadvise {forgotten}");
    Ok(())
}

/// A till that commits beside a raw file with the same tables.
pub struct Commits {
    store: Store,
    enrolment: Enrolment,
    key: PrivateKey,
    raw: Connection,
    seq: Cell<u64>,
    /// The bytes that raw writes: those of a sale that was recorded.
    line: Vec<u8>,
}

impl Commits {
    /// Both journals, empty, in `folder`.
    pub fn new(folder: &Path) -> Result<Commits> {
        let store = Store::open(&folder.join("full"))?;
        let key = PrivateKey::from_seed(&[5; 32]);
        let enrolment = Enrolment {
            tenant: "t".into(),
            till: "T1".into(),
            enrolment: 1,
            series: "T1A".into(),
            server_url: String::new(),
            tenant_key: key.public(),
            sealed_key: vec![1],
            public_key: key.public(),
            enrolled_ms: 0,
        };
        store.journal.write(|journal| journal.add_enrolment(&enrolment))?;
        fs::create_dir_all(folder.join("raw"))?;
        let raw = Connection::open(folder.join("raw/raw.db"))?;
        raw.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        raw.execute_batch(JOURNAL_SQL)?;
        let mut commits = Commits { store, enrolment, key, raw, seq: Cell::new(0), line: Vec::new() };
        commits.line = commits.record(sale(0, 0)?)?.record.line;
        Ok(commits)
    }

    /// One sale with this many stock moves through the whole store: nanoseconds.
    pub fn full(&self, moves: usize) -> Result<u64> {
        let new = sale(self.seq.get(), moves)?;
        let begun = Instant::now();
        self.record(new)?;
        Ok(begun.elapsed().as_nanos() as u64)
    }

    fn record(&self, new: NewDocument<bodies::Sale>) -> Result<Recorded> {
        Ok(self.store.journal.write(|journal| journal.record(&self.enrolment, &self.key, new))?)
    }

    /// A document row of the same size, its series row and moves: nanoseconds.
    pub fn raw(&self, moves: usize) -> Result<u64> {
        let seq = self.seq.get() + 1;
        self.seq.set(seq);
        let begun = Instant::now();
        self.raw.execute_batch("BEGIN IMMEDIATE")?;
        self.raw
            .prepare_cached(
                "INSERT INTO series VALUES ('T1', 1, '*', 1) ON CONFLICT DO UPDATE SET last = last + 1",
            )?
            .execute([])?;
        self.raw
            .prepare_cached("INSERT INTO document VALUES ('T1', 1, ?1, ?2, ?3, ?4, 'sales', 'sale', ?5, ?6, '2010-12-01', 'GBP', 1530, NULL, NULL, NULL)")?
            .execute(params![seq, self.line, [7u8; 32], [7u8; 64], format!("T1A-{seq:06}"), 1_291_192_020_000i64 + seq as i64])?;
        for n in 0..moves {
            self.raw
                .prepare_cached("INSERT INTO stock_move VALUES (?1, 'main', -1000000, 'T1', 1, ?2)")?
                .execute(params![stock_item(seq, n), seq])?;
        }
        self.raw.execute_batch("COMMIT")?;
        Ok(begun.elapsed().as_nanos() as u64)
    }
}

fn stock_item(seq: u64, n: usize) -> String {
    format!("{:016x}-item", Rng(seq * 31 + n as u64).next_u64())
}

/// What a shop sells most: four lines, one rate of VAT, a card.
pub(crate) fn sale(seq: u64, moves: usize) -> Result<NewDocument<bodies::Sale>> {
    let rate = bodies::VatRate { category: VatCategory::S, percent: "23".parse()?, rate: "23".into() };
    let price: UnitPrice = "12.99".parse()?;
    let lines = (0..4).map(|n| bodies::Line {
        code: None,
        deposit: false,
        discount_minor: 0,
        generation: 3,
        gross_minor: 25_98,
        item: stock_item(seq, n),
        name: "masło extra śmietankowe 200 g".into(),
        origin: None,
        quantity: 2.into(),
        reason: None,
        stock: moves > 0,
        supplied_ms: None,
        trace: vec![bodies::Step {
            amount_minor: None,
            price: Some(price),
            promotion: None,
            reason: None,
            step: "list".into(),
        }],
        unit: "szt".into(),
        unit_price: price,
        vat: rate.clone(),
        vat_minor: None,
    });
    let tender = bodies::Tender {
        amount_minor: 103_92,
        currency: Currency::GBP,
        gives_change: false,
        home_minor: 103_92,
        kind: TenderKind::Card,
        name: "Karta".into(),
        rate: None,
        reference: None,
        tender: "card".into(),
    };
    let vat = bodies::Vat { gross_minor: 103_92, net_minor: 84_49, rate: rate.clone(), vat_minor: 19_43 };
    let paper = bodies::Paper {
        footer: vec!["Dziękujemy i zapraszamy ponownie".into()],
        header: vec!["Sklep przy rynku".into(), "Rynek 9, 31-042 Kraków".into(), "NIP 676-000-00-00".into()],
        offline_note: None,
        utc_offset_min: 60,
    };
    let body = bodies::Sale {
        lines: lines.collect(),
        paper: Some(paper),
        tenders: vec![tender],
        vat: vec![vat],
        ..bodies::Sale::default()
    };
    let stock = (0..moves).map(|n| {
        Ok(StockMove {
            item: stock_item(seq, n),
            warehouse: "main".into(),
            quantity: tillkit_domain::Quantity::from_micro(-1_000_000)
                .map_err(|_| anyhow::anyhow!("a quantity"))?,
        })
    });
    Ok(NewDocument {
        kind: Kind::Sale,
        body,
        business_day: "2010-12-01".into(),
        centre: "main".into(),
        currency: "GBP".into(),
        generations: BTreeMap::from([("items".into(), 3), ("directories".into(), 3)]),
        monotonic_ms: 7,
        offline: true,
        recorded_ms: 1_291_192_020_000 + seq as i64,
        server_offset_ms: None,
        total_minor: 103_92,
        user: "u1".into(),
        numerator: Some(Numerator {
            name: "*".into(),
            pattern: tillkit_domain::Numerator::parse("{series}-{number}")
                .map_err(|_| anyhow::anyhow!("a pattern"))?,
        }),
        stock: stock.collect::<Result<_>>()?,
        reversals: Vec::new(),
    })
}

/// Commits of a sale every 5 ms beside a first load of the catalogue: nanoseconds each.
pub fn commits_beside_full_load(folder: &Path, catalogue: &Catalogue) -> Result<Vec<u64>> {
    let commits = Commits::new(folder)?;
    beside(|| commits.full(0), || load_into(&commits.store, catalogue))
}

/// The same with both sides raw.
pub fn commits_beside_raw_load(folder: &Path, catalogue: &Catalogue) -> Result<Vec<u64>> {
    let commits = Commits::new(folder)?;
    let loading = raw_centre(&folder.join("loading"))?;
    beside(|| commits.raw(0), move || load_raw_into(&loading, catalogue, true))
}

fn beside(
    mut commit: impl FnMut() -> Result<u64>,
    load: impl FnOnce() -> Result<()> + Send,
) -> Result<Vec<u64>> {
    // A journal in use has grown to its size: the first commits only make the file longer.
    for _ in 0..300 {
        commit()?;
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let over = &over;
        let loading = threads.spawn(move || {
            let loaded = load();
            over.store(true, Ordering::Relaxed);
            loaded
        });
        let mut samples = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            samples.push(commit()?);
            std::thread::sleep(Duration::from_millis(5).saturating_sub(begun.elapsed()));
        }
        loading.join().map_err(|_| anyhow::anyhow!("the loading thread"))??;
        Ok(samples)
    })
}

/// The value below which this part of the samples lies; 0 of none.
pub fn percentile<T: Copy + PartialOrd + Default>(samples: &[T], part: f64) -> T {
    let mut sorted = samples.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}
