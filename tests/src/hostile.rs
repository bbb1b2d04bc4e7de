//! A centre that holds the right key and lies.
//!
//! The back office behind the [`Proxy`] is real and honest; what reaches the till is not. Each [`Case`]
//! tells one lie while the centre publishes an honest change beside it and the till has something to
//! send. Then: exactly what was lied about is red, with its code; every row of it is as it was; the
//! rest is the centre's, byte for byte; the documents have gone up, once. Afterwards the centre is
//! honest, and one run mends everything.
//!
//! The till is a process of its own, so that its memory can be measured without the back office's.

use std::{
    collections::BTreeMap,
    fmt,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tillkit::{AddLine, Scope, Till, Trigger};
use tillkit_protocol::{
    Hash, KindDigest, Manifest, Section,
    keys::{PrivateKey, Use, join_signed},
    limits,
    manifest::{Blob, SectionManifest, Step},
    rows::{self, Row, write_row},
    sections::Flow,
};

use crate::{
    bench_store::{frees_as_phones_do, peak_kib},
    cuts::{Random, blob_there, manifest_there, rows_here, rows_there},
    proxy::{Answer, Asked, Asks, Proxy},
    world::{Hands, Line, MORNING_MS, Shop, services},
};

/// A till may take this much above what it had when it began: design §8, issue 5.
pub const MOST_KIB: u64 = 64 << 10;

/// What a lie must come to at the till.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// Nobody notices, and all of it is the centre's.
    ToNothing,
    /// This section alone is red, with this code and, where it is known, this object.
    Red(&'static str, &'static str, Option<&'static str>),
    /// Nothing is received.
    Unreceived(&'static str),
    /// Nothing is sent; what could be sent stays in the badge.
    Unsent(&'static str),
    /// Neither.
    Neither(&'static str),
}

/// One lie.
struct Case {
    name: &'static str,
    comes: Comes,
    tell: fn(&mut Tale) -> Result<()>,
}

/// What the lies are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// Digests, rows too few and too many, steps that lead elsewhere.
    Sums,
    /// Bytes that are not what they are named, that never end or burst.
    Blobs,
    /// Rows of wrong types, depth, section or number.
    Rows,
    /// Generations, centres, signatures, lengths.
    Manifests,
    /// What a contact answers, the time included.
    Contacts,
    /// What has been stored.
    Acknowledgements,
    /// Tokens.
    Tokens,
}

impl Lies {
    /// All of them.
    pub const ALL: [Lies; 7] = [
        Lies::Sums,
        Lies::Blobs,
        Lies::Rows,
        Lies::Manifests,
        Lies::Contacts,
        Lies::Acknowledgements,
        Lies::Tokens,
    ];

    fn cases(self) -> Vec<Case> {
        match self {
            Lies::Sums => about_sums(),
            Lies::Blobs => about_blobs(),
            Lies::Rows => about_rows(),
            Lies::Manifests => about_manifests(),
            Lies::Contacts => about_contacts(),
            Lies::Acknowledgements => about_acknowledgements(),
            Lies::Tokens => about_tokens(),
        }
    }
}

/// What came of the lies about one thing.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Lies told.
    pub cases: usize,
    /// What did not hold.
    pub violations: Vec<String>,
    /// Most memory that a lie took, above the start, KiB.
    pub peak_above_kib: u64,
    /// Which lie that was.
    pub hungriest: &'static str,
}

impl Figures {
    /// Whether lies were told and everything held.
    pub fn is_clean(&self) -> bool {
        self.cases > 0 && self.violations.is_empty()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { cases, peak_above_kib, hungriest, .. } = self;
        let mib = peak_above_kib.div_ceil(1024);
        write!(out, "{cases} lies, at most {mib} MiB above start ({hungriest})")
    }
}

/// An alteration of an answer.
type Alter = Arc<dyn Fn(&Asked, &mut Answer) + Send + Sync>;

/// What the centre says instead of the truth.
struct Tale {
    key: PrivateKey,
    honest: Manifest,
    before: Manifest,
    /// Rows of each section as they are published: lines.
    rows: BTreeMap<String, Vec<Vec<u8>>>,
    told: Manifest,
    /// Instead of the manifest, signed.
    signed: Option<Vec<u8>>,
    blobs: BTreeMap<Hash, Answer>,
    answers: BTreeMap<Asks, Alter>,
}

/// A row's line.
fn line(kind: &str, key: &str, body: &str) -> Vec<u8> {
    let mut line = Vec::new();
    write_row(&mut line, &Row { kind: kind.into(), key: key.into(), body: Some(body.as_bytes()) });
    line
}

impl Tale {
    fn section(&mut self, name: &str) -> Result<&mut SectionManifest> {
        self.told.sections.get_mut(name).with_context(|| format!("no {name}"))
    }

    fn lines(&self, section: &str) -> Vec<Vec<u8>> {
        self.rows.get(section).cloned().unwrap_or_default()
    }

    /// These bytes are served under their own name.
    fn serve(&mut self, stored: Vec<u8>) -> Hash {
        let name = Hash::of(&stored);
        self.blobs.insert(name, Answer::of(200, stored));
        name
    }

    /// A blob of these lines, served and described.
    fn blob(&mut self, lines: &[Vec<u8>]) -> Result<Blob> {
        let stored = zstd::bulk::compress(&lines.concat(), 3)?;
        let (bytes, rows) = (stored.len() as u64, lines.len() as u64);
        let (first, last) = ("a/a".to_string(), "z/z".to_string());
        Ok(Blob { bytes, first, last, rows, sha256: self.serve(stored) })
    }

    /// The section comes whole, in these blobs; its digests stay what they were.
    fn snapshot(&mut self, section: &str, blobs: &[Vec<Vec<u8>>]) -> Result<()> {
        let blobs = blobs.iter().map(|lines| self.blob(lines)).collect::<Result<_>>()?;
        let told = self.section(section)?;
        (told.snapshot, told.steps) = (blobs, Vec::new());
        Ok(())
    }

    /// The section comes whole, and adds up.
    fn snapshot_that_adds_up(&mut self, section: &str, blobs: &[Vec<Vec<u8>>]) -> Result<()> {
        self.snapshot(section, blobs)?;
        let mut kinds: BTreeMap<String, KindDigest> = BTreeMap::new();
        for row in blobs.iter().flatten().filter_map(|line| rows::read_rows(line).next()?.ok()) {
            let body = row.body.unwrap_or_default();
            kinds.entry(row.kind.clone().into_owned()).or_default().add(&row.kind, &row.key, body);
        }
        self.section(section)?.kinds = kinds;
        Ok(())
    }

    /// The honest rows with one more in its place, and all of it adds up.
    fn with_row(&mut self, section: &str, kind: &str, key: &str, body: &str) -> Result<()> {
        let mut lines = self.lines(section);
        let name = |line: &[u8]| {
            let row = rows::read_rows(line).next().and_then(Result::ok);
            row.map(|row| (row.kind.into_owned(), row.key.into_owned()))
        };
        let new = line(kind, key, body);
        lines.retain(|line| name(line) != Some((kind.into(), key.into())));
        let at = lines.partition_point(|line| name(line) < Some((kind.into(), key.into())));
        lines.insert(at, new);
        self.snapshot_that_adds_up(section, &[lines])
    }

    /// The section's last change is another one.
    fn step(&mut self, section: &str, lines: &[Vec<u8>]) -> Result<()> {
        let Blob { bytes, rows, sha256, .. } = self.blob(lines)?;
        let told = self.section(section)?;
        let last = told.steps.last_mut().context("no step")?;
        *last = Step { bytes, rows, sha256, ..last.clone() };
        Ok(())
    }

    fn answer(&mut self, asks: Asks, alter: impl Fn(&Asked, &mut Answer) + Send + Sync + 'static) {
        self.answers.insert(asks, Arc::new(alter));
    }

    fn sign(&self) -> Result<Vec<u8>> {
        match &self.signed {
            Some(signed) => Ok(signed.clone()),
            None => Ok(self.told.sign(&self.key)?),
        }
    }

    /// A line that is signed whatever it says.
    fn sign_line(&mut self, line: &[u8]) {
        self.signed = Some(join_signed(&self.key.sign(Use::Manifest, &Hash::of(line)), line));
    }

    fn told_by(self, proxy: &Proxy) -> Result<()> {
        let signed = self.sign()?;
        let id = Manifest::id(&signed).to_string();
        let (blobs, answers) = (self.blobs, self.answers);
        proxy.set_lie(move |asked, answer| {
            let name = asked.path.strip_prefix("/v1/blobs/").and_then(Hash::parse);
            let mut answer = match (asked.asks, name.and_then(|name| blobs.get(&name))) {
                (Asks::Manifest, _) => Answer::of(200, signed.clone()),
                (_, Some(blob)) => blob.clone(),
                _ => answer,
            };
            if asked.asks == Asks::Contact {
                answer.edit(|body| body["manifest"] = json!(id));
            }
            if let Some(alter) = answers.get(&asked.asks) {
                alter(asked, &mut answer);
            }
            answer
        });
        Ok(())
    }
}

/// Bytes without an end.
fn endless(piece: &[u8]) -> Answer {
    Answer { is_endless: true, ..Answer::of(200, piece.repeat(8192 / piece.len())) }
}

/// An object in an object in an object.
fn deep(depth: usize) -> String {
    format!("{}{{}}{}", "{\"a\":".repeat(depth), "}".repeat(depth))
}

fn item(name: &str) -> String {
    json!({"codes": [], "name": name, "price": "1.00", "unit": "pc", "vat": "std"}).to_string()
}

fn case(name: &'static str, comes: Comes, tell: fn(&mut Tale) -> Result<()>) -> Case {
    Case { name, comes, tell }
}

const BAD_ITEM: Comes = Comes::Red("items", "blob-bad", Some("item"));

fn about_sums() -> Vec<Case> {
    use Comes::{Red, ToNothing};
    vec![
        case("nothing but the truth", ToNothing, |_| Ok(())),
        case("a wrong digest, by a step", Red("items", "mismatch", Some("item")), |tale| {
            tale.section("items")?.kinds.get_mut("item").context("no items")?.sum ^= 1;
            Ok(())
        }),
        case("a wrong digest, by a snapshot", Red("items", "mismatch", Some("item")), |tale| {
            let items = tale.section("items")?;
            items.kinds.get_mut("item").context("no items")?.sum ^= 1;
            items.steps.clear();
            Ok(())
        }),
        case("a digest of rows that never come", Red("items", "mismatch", Some("price")), |tale| {
            tale.section("items")?.kinds.insert("price".into(), KindDigest { count: 3, sum: 7 });
            Ok(())
        }),
        case("a wrong digest of what items need", Red("directories", "mismatch", Some("unit")), |tale| {
            tale.section("directories")?.kinds.get_mut("unit").context("no units")?.sum ^= 1;
            Ok(())
        }),
        case("a row too few", Red("items", "mismatch", Some("item")), |tale| {
            let mut lines = tale.lines("items");
            lines.pop();
            tale.snapshot("items", &[lines])
        }),
        case("a row too many", Red("items", "mismatch", Some("item")), |tale| {
            let mut lines = tale.lines("items");
            lines.push(line("item", "zzz", &item("Nobody's")));
            tale.snapshot("items", &[lines])
        }),
        case("a row twice", BAD_ITEM, |tale| {
            let mut lines = tale.lines("items");
            lines.extend(lines.last().cloned());
            tale.snapshot_that_adds_up("items", &[lines])
        }),
        case("a row in two blobs", BAD_ITEM, |tale| {
            let lines = tale.lines("items");
            let last = lines[lines.len() - 1..].to_vec();
            tale.snapshot_that_adds_up("items", &[lines, last])
        }),
        case("rows out of order", BAD_ITEM, |tale| {
            let mut lines = tale.lines("items");
            lines.reverse();
            tale.snapshot_that_adds_up("items", &[lines])
        }),
        case("a step that leads elsewhere, where the snapshot is right", ToNothing, |tale| {
            tale.step("items", &[line("item", "tea", &item("Something else"))])
        }),
        case("a step that deletes what is not there", ToNothing, |tale| {
            let mut lines = Vec::new();
            write_row(&mut lines, &Row { kind: "item".into(), key: "no-such".into(), body: None });
            let mut lines = vec![lines];
            lines.extend(
                tale.lines("items")
                    .into_iter()
                    .filter(|line| line.ends_with(b"\"id\":\"tea\",\"k\":\"item\"}\n")),
            );
            tale.step("items", &lines)
        }),
        case("steps that are too much together", ToNothing, |tale| {
            let held = tale.section("items")?.steps.last().context("no step")?.from;
            for step in 0..12 {
                let body = json!({"name": "x".repeat(60_000)}).to_string();
                let lines: Vec<_> =
                    (0..130).map(|n| line("group", &format!("{step:02}-{n:03}"), &body)).collect();
                let Blob { bytes, rows, sha256, .. } = tale.blob(&lines)?;
                let steps = &mut tale.section("items")?.steps;
                let before_last = steps.len() - 1;
                steps.insert(before_last, Step { bytes, rows, sha256, from: held, to: held });
            }
            Ok(())
        }),
    ]
}

fn about_blobs() -> Vec<Case> {
    use Comes::Red;
    vec![
        case("wrong bytes", Red("items", "blob-bad", None), |tale| {
            let items = tale.section("items")?;
            items.steps.clear();
            let name = items.snapshot[0].sha256;
            tale.blobs.insert(name, Answer::of(200, b"something else".to_vec()));
            let length = b"something else".len() as u64;
            tale.section("items")?.snapshot[0].bytes = length;
            Ok(())
        }),
        case("the blob of another name", Red("items", "blob-bad", None), |tale| {
            let other = tale.blob(&[line("role", "x", "{\"name\":\"x\"}")])?;
            let items = tale.section("items")?;
            items.steps.clear();
            let name = items.snapshot[0].sha256;
            items.snapshot[0].bytes = other.bytes;
            let answer = tale.blobs[&other.sha256].clone();
            tale.blobs.insert(name, answer);
            Ok(())
        }),
        case("a blob that never ends", Red("items", "blob-bad", None), |tale| {
            let items = tale.section("items")?;
            items.steps.clear();
            let name = items.snapshot[0].sha256;
            tale.blobs.insert(name, endless(&[0]));
            Ok(())
        }),
        case("a blob of four MiB that never ends", Red("items", "blob-bad", None), |tale| {
            let items = tale.section("items")?;
            items.steps.clear();
            items.snapshot[0].bytes = limits::BLOB_STORED_BYTES as u64;
            let name = items.snapshot[0].sha256;
            tale.blobs.insert(name, endless(&[0]));
            Ok(())
        }),
        case("a blob longer than any may be", Red("items", "blob-bad", None), |tale| {
            let items = tale.section("items")?;
            items.steps.clear();
            items.snapshot[0].bytes = limits::BLOB_STORED_BYTES as u64 + 1;
            Ok(())
        }),
        case("a blob for whose bytes there is no number", Red("items", "blob-bad", None), |tale| {
            let items = tale.section("items")?;
            items.steps.clear();
            items.snapshot = vec![Blob { bytes: (1 << 53) - 1, ..items.snapshot[0].clone() }; 2_100];
            Ok(())
        }),
        case("a bomb", Red("items", "blob-bad", None), |tale| {
            let bomb = zstd::bulk::compress(&vec![b' '; 256 << 20], 3)?;
            bomb_of(tale, bomb)
        }),
        case("a bomb that says how large it is", Red("items", "blob-bad", None), |tale| {
            let bomb = zstd::bulk::compress(&vec![b'\n'; limits::BLOB_EXPANDED_BYTES + 1], 19)?;
            bomb_of(tale, bomb)
        }),
        case("no zstd at all", Red("items", "blob-bad", None), |tale| bomb_of(tale, b"GIF89a".to_vec())),
        case(
            "as much as blobs may hold, of the smallest rows",
            Red("items", "mismatch", Some("u")),
            |tale| {
                let blobs: Vec<_> =
                    (0..4).map(|blob| full_of(&|n| line("u", &format!("{blob}{n:05x}"), "{}"))).collect();
                tale.snapshot("items", &blobs)
            },
        ),
        case("names that grow many times as long when they are folded", BAD_ITEM, |tale| {
            tale.snapshot(
                "items",
                &[full_of(&|n| line("item", &format!("{n:05x}"), &item(&"\u{1f600}".repeat(15_000))))],
            )
        }),
        case(
            "as much as blobs may hold, of the longest names",
            Red("items", "mismatch", Some("item")),
            |tale| {
                let body = item(&"Na ".repeat(20_000));
                let blobs: Vec<_> =
                    (0..4).map(|blob| full_of(&|n| line("item", &format!("{blob}{n:04x}"), &body))).collect();
                tale.snapshot("items", &blobs)
            },
        ),
    ]
}

fn about_rows() -> Vec<Case> {
    use Comes::{Red, ToNothing};
    vec![
        case("a depth bomb", Red("items", "blob-bad", None), |tale| {
            let body = item("Bomb").replacen('{', &format!("{{\"a\":{},", deep(5_000)), 1);
            tale.with_row("items", "item", "tea", &body)
        }),
        case("a name that is a number", BAD_ITEM, |tale| {
            tale.with_row("items", "item", "tea", &item("x").replace("\"x\"", "5"))
        }),
        case("a price that is a number", BAD_ITEM, |tale| {
            tale.with_row("items", "item", "tea", &item("x").replace("\"1.00\"", "1"))
        }),
        case("a name that is a number, by a step", BAD_ITEM, |tale| {
            tale.with_row("items", "item", "tea", &item("x").replace("\"x\"", "5"))?;
            let changed: Vec<_> =
                [line("item", "tea", &item("x").replace("\"x\"", "5"))].into_iter().collect();
            let steps = tale.honest.sections["items"].steps.clone();
            tale.section("items")?.steps = steps;
            tale.step("items", &changed)
        }),
        case("a percentage that is a number", Red("directories", "blob-bad", Some("vat_rate")), |tale| {
            let body = json!({"category": "S", "name": "Standard", "percent": 17}).to_string();
            tale.with_row("directories", "vat_rate", "std", &body)
        }),
        case("a row of another section", Red("items", "blob-bad", Some("role")), |tale| {
            tale.with_row("items", "role", "manager", "{\"name\":\"Boss\",\"rights\":[\"*\"]}")
        }),
        case("an item among the users", Red("users", "blob-bad", Some("item")), |tale| {
            tale.with_row("users", "item", "tea", &item("Cheap"))
        }),
        case("a line that is no row", Red("items", "blob-bad", None), |tale| {
            let mut lines = tale.lines("items");
            lines.push(b"[]\n".to_vec());
            tale.snapshot("items", &[lines])
        }),
        case("a row longer than any may be", Red("items", "blob-bad", None), |tale| {
            let mut lines = tale.lines("items");
            lines.push(line("item", "zzz", &item(&"x".repeat(limits::ROW_BYTES))));
            tale.snapshot_that_adds_up("items", &[lines])
        }),
        case("more rows than any section may have", Red("items", "too-many-rows", None), |tale| {
            tale.section("items")?.kinds.get_mut("item").context("no items")?.count =
                limits::SECTION_ROWS + 1;
            Ok(())
        }),
        case("a section of another day", Red("items", "manifest-disbelieved", None), |tale| {
            let old = tale.before.sections["items"].clone();
            *tale.section("items")? = SectionManifest { generation: old.generation - 1, ..old };
            Ok(())
        }),
        case("a kind that nobody knows", ToNothing, |tale| {
            tale.with_row("items", "hologram", "h1", "{\"x\":[1]}")
        }),
        case("a section that nobody knows", ToNothing, |tale| {
            let items = tale.honest.sections["items"].clone();
            tale.told.sections.insert("holograms".into(), items.clone());
            tale.told.sections.insert("sales".into(), items);
            Ok(())
        }),
    ]
}

fn about_manifests() -> Vec<Case> {
    use Comes::{Red, Unreceived};
    vec![
        case("an older generation", Unreceived("manifest-disbelieved"), |tale| {
            tale.told = tale.before.clone();
            tale.told.generation -= 1;
            Ok(())
        }),
        case("another centre's manifest", Unreceived("manifest-disbelieved"), |tale| {
            tale.told.centre = "north".into();
            Ok(())
        }),
        case("another tenant's signature", Unreceived("manifest-disbelieved"), |tale| {
            tale.signed = Some(tale.told.sign(&PrivateKey::from_seed(&[9; 32]))?);
            Ok(())
        }),
        case("a manifest without a signature", Unreceived("manifest-disbelieved"), |tale| {
            tale.signed = Some(serde_json::to_vec(&tale.told)?);
            Ok(())
        }),
        case("a signed line of wrong types", Unreceived("manifest-disbelieved"), |tale| {
            tale.sign_line(b"{\"centre\":5}");
            Ok(())
        }),
        case("a signed depth bomb", Unreceived("manifest-disbelieved"), |tale| {
            tale.sign_line(deep(100_000).as_bytes());
            Ok(())
        }),
        case("a signed line that is not canonical", Unreceived("manifest-disbelieved"), |tale| {
            let line = serde_json::to_string(&tale.told)?.replacen(':', ": ", 1);
            tale.sign_line(line.as_bytes());
            Ok(())
        }),
        case("a manifest of more than a MiB", Unreceived("not-understood"), |tale| {
            let items = tale.section("items")?;
            items.snapshot = vec![items.snapshot[0].clone(); 8_000];
            Ok(())
        }),
        case("a manifest that never ends", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Manifest, |_, answer| *answer = endless(b"a"));
            Ok(())
        }),
        case("no content where the manifest is due", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Manifest, |_, answer| *answer = Answer::of(204, ""));
            Ok(())
        }),
        case("the manifest is as it was", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Manifest, |_, answer| *answer = Answer::of(304, ""));
            Ok(())
        }),
        case("failed where the manifest is due", Unreceived("server-down"), |tale| {
            tale.answer(Asks::Manifest, |_, answer| {
                *answer = Answer::of(500, "Traceback (most recent call last)")
            });
            Ok(())
        }),
        case("no content where a blob is due", Red("items", "not-understood", None), |tale| {
            silent_blob(tale, 204)
        }),
        case("a blob is as it was", Red("items", "not-understood", None), |tale| silent_blob(tale, 304)),
    ]
}

fn about_contacts() -> Vec<Case> {
    use Comes::{ToNothing, Unreceived};
    vec![
        case("no content where a contact is due", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Contact, |_, answer| *answer = Answer::of(204, ""));
            Ok(())
        }),
        case("not modified where a contact is due", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Contact, |_, answer| *answer = Answer::of(304, ""));
            Ok(())
        }),
        case("failed where a contact is due", Unreceived("server-down"), |tale| {
            tale.answer(Asks::Contact, |_, answer| *answer = Answer::of(500, "<h1>Oops</h1>"));
            Ok(())
        }),
        case("a contact that never ends", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Contact, |_, answer| *answer = endless(b"{\"a\":1,"));
            Ok(())
        }),
        case("a contact of wrong types", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Contact, |_, answer| answer.edit(|body| body["through"] = json!("all")));
            Ok(())
        }),
        case("a problem without members", Unreceived("not-understood"), |tale| {
            tale.answer(Asks::Contact, |_, answer| *answer = Answer::of(409, "{}"));
            Ok(())
        }),
        case("a problem of a newer version", Unreceived("too-cold"), |tale| {
            tale.answer(Asks::Contact, |_, answer| {
                let problem = json!({"type": "too-cold", "title": "It is cold.", "status": 418, "retry": "in_spring", "now_ms": i64::MIN});
                *answer = Answer::of(418, problem.to_string());
            });
            Ok(())
        }),
        case("documents beyond the head", Unreceived("superseded"), |tale| {
            tale.answer(Asks::Contact, |_, answer| answer.edit(|body| body["through"] = json!(1_000_000)));
            Ok(())
        }),
        case("booked what never came", Unreceived("superseded"), |tale| {
            tale.answer(Asks::Contact, |asked, answer| {
                let own: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
                answer.edit(|body| {
                    body["through"] = own["through"].clone();
                    body["processed"] = own["through"].clone();
                });
            });
            Ok(())
        }),
        case("the end of time", ToNothing, |tale| {
            tale.answer(Asks::Contact, |_, answer| answer.edit(|body| body["now_ms"] = json!(i64::MAX)));
            Ok(())
        }),
        case("a time before all clocks", ToNothing, |tale| {
            renewed(tale, |answer| answer.edit(|body| body["now_ms"] = json!(i64::MIN)));
            Ok(())
        }),
        case("a flood of findings", ToNothing, |tale| {
            tale.answer(Asks::Contact, |asked, answer| {
                let own: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
                answer.edit(|body| body["findings"] = flood(&own["through"]));
            });
            tale.answer(Asks::Documents, |_, answer| {
                answer.edit(|body| body["findings"] = flood(&json!(u64::MAX)))
            });
            Ok(())
        }),
    ]
}

fn about_acknowledgements() -> Vec<Case> {
    use Comes::Unsent;
    vec![
        case("it says nothing about the documents", Unsent("not-acknowledged"), |tale| {
            tale.answer(Asks::Documents, |_, answer| *answer = Answer::of(200, "{}"));
            Ok(())
        }),
        case("it has stored what was never sent", Unsent("not-acknowledged"), |tale| {
            tale.answer(Asks::Documents, |_, answer| {
                let told = |till: &str, enrolment: u32, from: u64| json!({"till": till, "enrolment": enrolment, "ranges": [[from, u64::MAX]]});
                let stored = json!([told("T1", 1, 1_000_000), told("T1", 2, 0), told("T2", 1, 0)]);
                *answer = Answer::of(200, json!({"stored": stored, "known": stored}).to_string());
            });
            Ok(())
        }),
        case("it refuses every document", Unsent("document-refused"), |tale| {
            tale.answer(Asks::Documents, |_, answer| {
                let refused =
                    json!([{"index": 0, "why": "no"}, {"index": 4_000_000, "why": "x".repeat(1_000)}]);
                *answer = Answer::of(200, json!({"refused": refused}).to_string());
            });
            Ok(())
        }),
        case("no content where an acknowledgement is due", Unsent("not-understood"), |tale| {
            tale.answer(Asks::Documents, |_, answer| *answer = Answer::of(204, ""));
            Ok(())
        }),
        case("failed where an acknowledgement is due", Unsent("server-down"), |tale| {
            tale.answer(Asks::Documents, |_, answer| *answer = Answer::of(500, "\u{0}"));
            Ok(())
        }),
        case("an acknowledgement that never ends", Unsent("not-understood"), |tale| {
            tale.answer(Asks::Documents, |_, answer| *answer = endless(b"[[1,1],"));
            Ok(())
        }),
    ]
}

fn about_tokens() -> Vec<Case> {
    use Comes::{Neither, ToNothing};
    vec![
        case("a token that expires at once", ToNothing, |tale| {
            renewed(tale, |answer| answer.edit(|body| body["expires_ms"] = json!(0)));
            Ok(())
        }),
        case("a token that is none", Neither("not-understood"), |tale| {
            renewed(tale, |answer| *answer = Answer::of(200, "null"));
            Ok(())
        }),
        case("no token is ever good", Neither("unauthorised"), |tale| {
            for asks in [Asks::Contact, Asks::Documents] {
                tale.answer(asks, |_, answer| *answer = unauthorised());
            }
            Ok(())
        }),
    ]
}

fn unauthorised() -> Answer {
    let problem = json!({"type": "unauthorised", "title": "No.", "status": 401, "retry": "reauth"});
    Answer::of(401, problem.to_string())
}

/// The token in hand is good no more, and the next one is altered.
fn renewed(tale: &mut Tale, alter: fn(&mut Answer)) {
    let has_refused = AtomicBool::new(false);
    tale.answer(Asks::Contact, move |_, answer| {
        if !has_refused.swap(true, Ordering::SeqCst) {
            *answer = unauthorised();
        }
    });
    tale.answer(Asks::Token, move |_, answer| alter(answer));
}

/// Findings by the thousand, about this document, as many as an answer holds.
fn flood(seq: &Value) -> Value {
    let finding = |n: u32| json!({"code": format!("flood-{n}"), "detail": "", "enrolment": 1, "seq": seq, "till": "T1"});
    Value::Array((0..12_000).map(finding).collect())
}

fn bomb_of(tale: &mut Tale, stored: Vec<u8>) -> Result<()> {
    let bytes = stored.len() as u64;
    let sha256 = tale.serve(stored);
    let items = tale.section("items")?;
    items.steps.clear();
    let blob = Blob { bytes, sha256, ..items.snapshot[0].clone() };
    items.snapshot = vec![blob];
    Ok(())
}

fn silent_blob(tale: &mut Tale, status: u16) -> Result<()> {
    let items = tale.section("items")?;
    items.steps.clear();
    let name = items.snapshot[0].sha256;
    tale.blobs.insert(name, Answer::of(status, ""));
    Ok(())
}

/// As many rows as a blob may expand to.
fn full_of(row: &dyn Fn(u32) -> Vec<u8>) -> Vec<Vec<u8>> {
    let mut left = limits::BLOB_EXPANDED_BYTES;
    let rows = (0..).map(row);
    let mut lines: Vec<Vec<u8>> = rows
        .take_while(|line| {
            let fits = left.checked_sub(line.len());
            left = fits.unwrap_or(0);
            fits.is_some()
        })
        .collect();
    lines.sort();
    lines
}

/// What the till says after a run.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Outcome {
    red: BTreeMap<String, (String, Option<String>)>,
    receive_error: Option<String>,
    send_error: Option<String>,
    unsent: u64,
    documents: usize,
    findings: usize,
    /// Highest resident memory above the start, since the run before.
    peak_above_kib: u64,
}

/// The till's process.
struct Phone {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Drop for Phone {
    fn drop(&mut self) {
        // By its own handle: nothing is left running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const FOLDER: &str = "TILLKIT_LIED_TO_FOLDER";
const URL: &str = "TILLKIT_LIED_TO_URL";
const CODE: &str = "TILLKIT_LIED_TO_CODE";
/// Before what the till says; a test runner says other things, too.
const SAYS: &str = "the till says ";

impl Phone {
    fn start(mut command: Command, shop: &Shop, url: &str, code: &str) -> Result<Phone> {
        let command = command.env(FOLDER, shop.folder.path()).env(URL, url).env(CODE, code);
        let piped = frees_as_phones_do(command).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().context("the till does not start")?;
        let to = child.stdin.take().context("no pipe")?;
        let from = BufReader::new(child.stdout.take().context("no pipe")?);
        Ok(Phone { child, to, from })
    }

    fn hear(&mut self) -> Result<Outcome> {
        let mut line = String::new();
        loop {
            line.clear();
            ensure!(self.from.read_line(&mut line)? > 0, "the till has ended");
            if let Some((_, outcome)) = line.split_once(SAYS) {
                return Ok(serde_json::from_str(outcome)?);
            }
        }
    }

    /// One sale, and one full sync.
    fn sync(&mut self) -> Result<Outcome> {
        writeln!(self.to, "sync")?;
        self.to.flush()?;
        tokio::task::block_in_place(|| self.hear())
    }
}

/// The life of the till: enrols, syncs, and then sells and syncs whenever it is told to.
///
/// # Errors
/// What the till says; whoever listens hears that it has ended.
pub async fn be_lied_to() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os(FOLDER).context("no folder")?);
    let (url, code) = (std::env::var(URL)?, std::env::var(CODE)?);
    let services = services(Hands::at(MORNING_MS), &folder.join("T1.key"), &Arc::new(Line::default()));
    let till = Till::open(&folder.join("T1"), services, tokio::runtime::Handle::current())?;
    till.enrol(&url, &code, "phone").await?;
    till.choose_centre("main").await?;
    till.sync(Scope::All, Trigger::CentreChosen)?.wait().await.context("the engine has stopped")?;
    let session = till.sign_in("anna", "1234")?;
    forget_peak();
    let start_kib = peak_kib();
    say(&Outcome::default())?;
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line)? > 0 {
        session.add(AddLine::code("MUG", 1.into()))?;
        session.pay_rest("cash")?;
        session.complete()?;
        forget_peak();
        let report =
            till.sync(Scope::All, Trigger::RedButton)?.wait().await.context("the engine has stopped")?;
        let peak_above_kib = peak_kib().saturating_sub(start_kib);
        let red = report
            .red
            .iter()
            .map(|(section, red)| (section.name().into(), (red.code.clone(), red.kind.clone())));
        say(&Outcome {
            red: red.collect(),
            receive_error: report.receive_error.map(|error| error.code),
            send_error: report.send_error.map(|error| error.code),
            unsent: till.unsent()?.all(),
            documents: till.history(&[], None, usize::MAX >> 1)?.len(),
            findings: till.findings()?.len(),
            peak_above_kib,
        })?;
        line.clear();
    }
    Ok(())
}

fn say(outcome: &Outcome) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{SAYS}{}", serde_json::to_string(outcome)?)?;
    Ok(out.flush()?)
}

/// The highest resident memory is what there is now (Linux, proc(5): `clear_refs`).
fn forget_peak() {
    // Where it cannot be forgotten the figure is too high, never too low.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Tells every lie about one thing to a till in a process of its own, which `new_till` starts at
/// [`be_lied_to`].
///
/// # Errors
/// What the shop itself says; violations are in the figures.
pub async fn tell_all(lies: Lies, new_till: fn() -> Command) -> Result<Figures> {
    let shop = Shop::stocked_in_memory().await?;
    stock(&shop).await?;
    let proxy = Proxy::to(shop.url()).await?;
    let code = shop.pairing_code("T1").await?;
    let mut phone = Phone::start(new_till(), &shop, &proxy.url, &code)?;
    tokio::task::block_in_place(|| phone.hear())?;
    let mut figures = Figures::default();
    for (number, case) in lies.cases().iter().enumerate() {
        let mut told = tell(&shop, &proxy, &mut phone, case, number)
            .await
            .with_context(|| format!("while {} was told", case.name))?;
        figures.cases += 1;
        figures.violations.append(&mut told.violations);
        if told.peak_above_kib > figures.peak_above_kib {
            (figures.peak_above_kib, figures.hungriest) = (told.peak_above_kib, case.name);
        }
    }
    if figures.peak_above_kib >= MOST_KIB {
        figures.violations.push(format!("{}: {} KiB above start", figures.hungriest, figures.peak_above_kib));
    }
    Ok(figures)
}

async fn tell(shop: &Shop, proxy: &Proxy, phone: &mut Phone, case: &Case, number: usize) -> Result<Figures> {
    let mut figures = Figures::default();
    let mut wrong = |what: String| figures.violations.push(format!("{}: {what}", case.name));
    let before = manifest_there(shop)?;
    publish(shop, number).await?;
    let honest = manifest_there(shop)?;
    let rows_honest = rows_there(shop)?;
    let mut tale = Tale {
        key: tenant_key(shop)?,
        told: honest.clone(),
        honest,
        before,
        rows: rows_honest.clone(),
        signed: None,
        blobs: BTreeMap::new(),
        answers: BTreeMap::new(),
    };
    (case.tell)(&mut tale)?;
    let rows_told = told_rows(shop, &tale)?;
    tale.told_by(proxy)?;
    let rows_before = rows_here(shop, "T1")?;
    proxy.forget_counts();

    let outcome = phone.sync()?;

    let rows_after = rows_here(shop, "T1")?;
    let receives = !matches!(case.comes, Comes::Unreceived(_) | Comes::Neither(_));
    for section in rows_before.keys().chain(rows_after.keys()) {
        let is_red = match case.comes {
            Comes::Red(red, ..) => red == section || needs(section, red),
            _ => false,
        };
        let expected = if is_red || !receives { rows_before.get(section) } else { rows_told.get(section) };
        if rows_after.get(section) != expected {
            let how = if is_red || !receives { "has changed" } else { "is not the centre's" };
            wrong(format!("{section} {how}"));
        }
    }
    let mut red = outcome.red.clone();
    if let Comes::Red(held_up, ..) = case.comes {
        red.retain(|section, (code, _)| !(code == "waits-for" && needs(section, held_up)));
    }
    let red: Vec<_> = red.into_iter().collect();
    let (mut red_expected, mut receive_error, mut send_error) = (Vec::new(), None, None);
    match case.comes {
        Comes::ToNothing => {}
        Comes::Red(section, code, kind) => {
            red_expected.push((section.to_string(), (code.to_string(), kind.map(String::from))));
        }
        Comes::Unreceived(code) => receive_error = Some(code),
        Comes::Unsent(code) => send_error = Some(code),
        Comes::Neither(code) => (receive_error, send_error) = (Some(code), Some(code)),
    }
    let said = (red, outcome.receive_error.as_deref(), outcome.send_error.as_deref());
    if said != (red_expected, receive_error, send_error) {
        wrong(format!("it comes to {outcome:?}"));
    }
    let there = shop.documents().await?.len();
    let (sends, unsent) = (send_error.is_none(), outcome.unsent);
    if sends && (unsent > 0 || there != outcome.documents) {
        wrong(format!("{unsent} unsent; {there} documents there of {}", outcome.documents));
    }
    if !sends && unsent == 0 {
        wrong("what nobody has acknowledged is not in the badge".into());
    }
    if outcome.findings > MOST_FINDINGS {
        wrong(format!("{} findings", outcome.findings));
    }
    let requests = proxy.requests();
    if requests > MOST_REQUESTS {
        wrong(format!("{requests} requests in a run"));
    }
    figures.peak_above_kib = outcome.peak_above_kib;
    mend(shop, proxy, phone, case, number, &mut figures).await?;
    Ok(figures)
}

/// Whether a section waits for another one, or for one that does.
fn needs(section: &str, needed: &str) -> bool {
    let needs_of = Section::of_name(section).map_or(&[][..], |section| section.spec().needs);
    needs_of.iter().any(|need| need.name() == needed || needs(need.name(), needed))
}

/// The rows that the tale publishes, by section: lines.
fn told_rows(shop: &Shop, tale: &Tale) -> Result<BTreeMap<String, Vec<Vec<u8>>>> {
    let mut sections = BTreeMap::new();
    for (name, section) in &tale.told.sections {
        let mut lines = Vec::new();
        for blob in &section.snapshot {
            let told = tale.blobs.get(&blob.sha256).map(|answer| answer.body.clone());
            let stored = told.map_or_else(|| blob_there(shop, &blob.sha256), Ok)?;
            // One that cannot be opened is never live.
            let expanded = rows::expand(&stored, limits::BLOB_EXPANDED_BYTES).unwrap_or_default();
            lines.extend(expanded.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        }
        if !lines.is_empty() {
            sections.insert(name.clone(), lines);
        }
    }
    Ok(sections)
}

/// An honest change of three sections, small beside what there is.
async fn publish(shop: &Shop, number: usize) -> Result<()> {
    let unit = json!({"name": format!("pc {number}"), "code": "C62"});
    let role = json!({"name": format!("Manager {number}"), "rights": ["*"]});
    let tea = json!({"name": format!("Tea {number}"), "codes": ["TEA"], "unit": "pc", "vat": "std", "price": "2.55"});
    shop.rows(&[("unit", "pc", unit), ("role", "manager", role), ("item", "tea", tea)]).await?;
    shop.publish().await?;
    Ok(())
}

/// So much of the items that a change of one is by far the shorter way.
async fn stock(shop: &Shop) -> Result<()> {
    let mut random = Random(42);
    let group = |n: u32| {
        let body = json!({"name": format!("Group {n}"), "filler": random.text(20_000)});
        json!({"k": "group", "id": format!("g{n:02}"), "d": body}).to_string() + "\n"
    };
    shop.admin("POST", "centres/main/rows", (0..16).map(group).collect::<String>()).await?;
    shop.publish().await?;
    Ok(())
}

fn tenant_key(shop: &Shop) -> Result<PrivateKey> {
    let file = rusqlite::Connection::open(shop.folder.path().join("office.db"))?;
    let seed: [u8; 32] =
        file.query_row("SELECT seed FROM tenant ORDER BY tenant LIMIT 1", [], |row| row.get(0))?;
    Ok(PrivateKey::from_seed(&seed))
}

/// Sections that only publishing changes; live ones go on by themselves.
fn published(mut rows: BTreeMap<String, Vec<Vec<u8>>>) -> BTreeMap<String, Vec<Vec<u8>>> {
    rows.retain(|name, _| Section::of_name(name).is_some_and(|section| section.spec().flow == Flow::Down));
    rows
}

/// The journal keeps no more findings than a person reads.
const MOST_FINDINGS: usize = 1_000;
/// So that no publication is like another.
const MOST_CASES: usize = 1_000;
/// A run that is lied to does not knock for ever.
const MOST_REQUESTS: u64 = 100;

/// The centre is honest again, and publishes; one run mends everything.
async fn mend(
    shop: &Shop,
    proxy: &Proxy,
    phone: &mut Phone,
    case: &Case,
    number: usize,
    figures: &mut Figures,
) -> Result<()> {
    proxy.heal();
    publish(shop, MOST_CASES + number).await?;
    let mut wrong = |what: String| figures.violations.push(format!("{}: {what}", case.name));
    let outcome = phone.sync()?;
    let is_mended = outcome.red.is_empty() && outcome.receive_error.is_none() && outcome.send_error.is_none();
    if !is_mended || outcome.unsent > 0 {
        wrong(format!("one honest run does not mend it: {outcome:?}"));
    }
    if published(rows_here(shop, "T1")?) != published(rows_there(shop)?) {
        wrong("it is not the centre's once it is mended".into());
    }
    let there = shop.documents().await?.len();
    if there != outcome.documents {
        wrong(format!("{there} documents there of {}", outcome.documents));
    }
    Ok(())
}
