//! The real back office beside the model: what reaches one reaches the other, and both must say the same.
//!
//! Tills listen to the model. What the two say in words of their own (tokens, codes, keys, the names of
//! blobs) is translated or left alone; documents, chains, heads, refusals, digests of rows, levels of stock
//! and rows themselves are not.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tillkit::{
    Quantity,
    transport::{Method, Request},
};
use tillkit_protocol::{
    MAJOR, Manifest, Problem, Record, Section, VERSION, VERSION_HEADER,
    keys::PublicKey,
    rows,
    sections::Flow,
    wire::{Centres, Contacted, Enrol, Enrolled, Subscribed, Token, Uploaded},
};
use tokio::runtime::Handle;

use super::{
    audit,
    centre::{Answer, CENTRES, Centre, Of, is_taken_by_any_major, warehouse_of},
    settings::{Rows, Sections, name_of, picture},
    trace::Trace,
};
use crate::world::Shop;

/// A real back office that hears what the model hears.
pub struct Twin {
    runtime: Handle,
    trace: Arc<Trace>,
    shop: Shop,
    http: reqwest::Client,
    /// What it signs with, known since the first enrolment.
    key: Option<PublicKey>,
    /// Its token for each of the model's.
    tokens: BTreeMap<String, String>,
    /// Rows as they were drafted last, by centre.
    drafted: BTreeMap<&'static str, Sections>,
    /// The last backup, and what had been drafted by then.
    backup: Option<(PathBuf, BTreeMap<&'static str, Sections>)>,
    /// Requests that both have answered.
    pub compared: u64,
}

impl Twin {
    /// An empty one, at work in another runtime: the world's clock jumps, and sockets take their time.
    ///
    /// # Errors
    /// What the back office says.
    pub fn open(runtime: Handle, trace: Arc<Trace>) -> Result<Twin> {
        let shop = wait(&runtime, async {
            let shop = Shop::open_in_memory().await?;
            for centre in CENTRES {
                let (name, warehouse) = (name_of(centre), warehouse_of(centre));
                let row =
                    json!({"name": name, "currency": "GBP", "vat_mode": "included", "warehouse": warehouse});
                shop.admin("PUT", &format!("centres/{centre}"), row.to_string()).await?;
                // Pictures are there before a row names them.
                for n in 0..20 {
                    shop.admin("PUT", &format!("centres/{centre}/images/g0"), picture(n)).await?;
                }
                shop.rows_of(centre, &[("image", "g0", Value::Null)]).await?;
            }
            anyhow::Ok(shop)
        })?;
        let (http, key, tokens, drafted, backup) = Default::default();
        Ok(Twin { runtime, trace, shop, http, key, tokens, drafted, backup, compared: 0 })
    }

    fn wait<T: Send>(&self, work: impl Future<Output = T> + Send) -> T {
        self.shop.hands.set(self.trace.now_ms());
        wait(&self.runtime, work)
    }

    fn must(&self, holds: bool, what: impl std::fmt::Display) {
        self.trace.must(holds, "twin", "centre", what);
    }

    // ------------------------------------------------------------------------------ its owner

    /// A code of its own: the model takes it.
    pub fn make_code(&self, till: &str) -> String {
        let code = self.wait(self.shop.pairing_code(till));
        code.unwrap_or_else(|error| {
            self.must(false, error);
            String::new()
        })
    }

    /// Takes an enrolment back.
    pub fn revoke(&self, (till, enrolment): &Of) {
        let path = format!("tills/{till}/enrolments/{enrolment}/revoke");
        let revoked = self.wait(self.shop.admin("POST", &path, ""));
        self.must(revoked.is_ok(), format_args!("{revoked:?}"));
    }

    /// Drafts what differs from the last time, and publishes it.
    pub fn publish(&mut self, centre: &'static str, draft: &Sections) {
        let drafted = self.drafted.get(centre);
        let is_first = drafted.is_none();
        let mut news = Vec::new();
        for (name, rows) in draft {
            let Some(section) = Section::of_name(name) else { continue };
            // Live rows come from documents.
            if section.spec().flow == Flow::DownLive && !is_first {
                continue;
            }
            let before = drafted.and_then(|drafted| drafted.get(name)).unwrap_or(const { &Rows::new() });
            let gone = before.keys().filter(|key| !rows.contains_key(*key));
            let changed = rows.iter().filter(|(key, body)| before.get(*key) != Some(*body));
            let value = |body: &Vec<u8>| serde_json::from_slice(body).expect("a canonical line");
            news.extend(gone.map(|(kind, id)| (kind.as_str(), id.as_str(), Value::Null)));
            news.extend(changed.map(|((kind, id), body)| (kind.as_str(), id.as_str(), value(body))));
        }
        let published = self.wait(async {
            self.shop.rows_of(centre, &news).await?;
            self.shop.publish_of(centre).await
        });
        self.must(published.is_ok(), format_args!("{published:?}"));
        self.drafted.insert(centre, draft.clone());
    }

    /// The process ends and begins again; tokens of before are not asked with any more.
    pub fn fall(&mut self) {
        self.tokens.clear();
        let Twin { runtime, trace, shop, .. } = self;
        shop.hands.set(trace.now_ms());
        let again = wait(runtime, async {
            shop.stop().await?;
            shop.start().await
        });
        self.must(again.is_ok(), format_args!("{again:?}"));
    }

    /// Copies its database, while it works.
    pub fn backup(&mut self) {
        match self.wait(self.shop.backup()) {
            Ok(backup) => self.backup = Some((backup, self.drafted.clone())),
            Err(error) => self.must(false, format_args!("a backup: {error:#}")),
        }
    }

    /// Puts the last backup in the place of everything, and begins again.
    pub fn restore(&mut self) {
        self.tokens.clear();
        let Twin { runtime, trace, shop, backup, .. } = self;
        let Some((backup, drafted)) = backup.take() else { return };
        shop.hands.set(trace.now_ms());
        let again = wait(runtime, shop.restore(&backup));
        self.must(again.is_ok(), format_args!("{again:?}"));
        self.drafted = drafted;
    }

    // ------------------------------------------------------------------------------ requests

    /// Hears what the model has just answered, and says whether it agrees.
    pub fn hears(&mut self, request: &Request, model: &Answer, centre: &Centre) {
        let path = request.path.as_str();
        let is_in_words_of_its_own = path == "/v1/events" || path.starts_with("/v1/blobs/");
        if is_in_words_of_its_own || (centre.major != MAJOR && !is_taken_by_any_major(path)) {
            return;
        }
        let mut headers = request.headers.clone();
        // It must say it in full: what it has is known by another name.
        headers.retain(|(name, _)| *name != "if-none-match");
        for (_, value) in headers.iter_mut().filter(|(name, _)| *name == "authorization") {
            let Some(token) = value.strip_prefix("Bearer ").and_then(|token| self.tokens.get(token)) else {
                return;
            };
            *value = format!("Bearer {token}");
        }
        let renamed = request.body.as_deref().filter(|_| path == "/v1/enrol").map(|body| self.renamed(body));
        let body = renamed.as_deref().or(request.body.as_deref());
        let says = self.wait(async {
            self.shop.settled().await;
            self.ask(request.method, path, &headers, body).await
        });
        let (status, body) = match says {
            Ok(says) => says,
            Err(error) => return self.must(false, format_args!("{path}: {error:#}")),
        };
        self.compared += 1;
        if let Err(why) = self.agree(request, model, (status, &body), centre) {
            self.must(false, format_args!("{path}: {why:#}"));
        }
    }

    /// What a phone says it was before, at this back office: it names the key of the model's.
    fn renamed(&self, enrol: &[u8]) -> Vec<u8> {
        let Ok(mut request) = read::<Enrol>(enrol) else { return enrol.to_vec() };
        for old in &mut request.remembered {
            old.tenant_key = self.key.unwrap_or(old.tenant_key);
        }
        serde_json::to_vec(&request).unwrap_or_else(|_| enrol.to_vec())
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Option<&[u8]>,
    ) -> Result<(u16, Vec<u8>)> {
        let url = format!("{}{path}", self.shop.url());
        let mut request = match method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Put => self.http.put(url),
        };
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.body(body.unwrap_or_default().to_vec()).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.bytes().await?.to_vec()))
    }

    /// Holds what it says to what the model says.
    fn agree(
        &mut self,
        request: &Request,
        model: &Answer,
        real: (u16, &[u8]),
        centre: &Centre,
    ) -> Result<()> {
        let (status, body) = real;
        let expected = if model.status == 304 { 200 } else { model.status };
        if expected != status {
            let (says, must) = (String::from_utf8_lossy(body), String::from_utf8_lossy(&model.body));
            anyhow::bail!("{status} {says}, not {expected} {must}");
        }
        if status >= 300 {
            let (says, must): (Problem, Problem) = (read(body)?, read(&model.body)?);
            return same("the problem", &says.kind, &must.kind);
        }
        match request.path.as_str() {
            "/v1/enrol" => {
                let (says, must): (Enrolled, Enrolled) = (read(body)?, read(&model.body)?);
                let of =
                    |it: &Enrolled| (it.tenant.clone(), it.till.clone(), it.enrolment, it.series.clone());
                self.key = Some(says.tenant_key);
                same("the enrolment", &of(&says), &of(&must))
            }
            "/v1/token" => {
                let (says, must): (Token, Token) = (read(body)?, read(&model.body)?);
                self.tokens.insert(must.token, says.token);
                same("the token's end", &says.expires_ms, &must.expires_ms)
            }
            "/v1/centres" => {
                let names = |centres: Centres| -> Vec<_> {
                    centres.centres.into_iter().map(|info| (info.centre, info.name)).collect()
                };
                same("the centres", &names(read(body)?), &names(read(&model.body)?))
            }
            "/v1/subscription" => {
                let (says, must): (Subscribed, Subscribed) = (read(body)?, read(&model.body)?);
                same("the centre", &says.centre, &must.centre)
            }
            "/v1/contact" => {
                let (says, must): (Contacted, Contacted) = (read(body)?, read(&model.body)?);
                same("the head", &(says.through, says.head), &(must.through, must.head))?;
                same("whether there is a manifest", &says.manifest.is_some(), &must.manifest.is_some())?;
                same("what is booked", &says.processed, &must.processed)
            }
            "/v1/documents" => {
                let (says, must): (Uploaded, Uploaded) = (read(body)?, read(&model.body)?);
                same("what is stored", &says.stored, &must.stored)?;
                same("what was known", &says.known, &must.known)?;
                let refused =
                    |it: &Uploaded| it.refused.iter().map(|refused| refused.index).collect::<Vec<_>>();
                same("what is refused", &refused(&says), &refused(&must))?;
                same("the heads", &says.heads, &must.heads)
            }
            "/v1/manifest" => {
                let chosen = centre.centre_of_request(request).context("nobody's manifest")?;
                let says = self.manifest(chosen, body)?;
                let must = centre.manifest(chosen);
                // One of them lists sections that have no rows, too.
                let kinds = |it: &Manifest, name: &str| {
                    it.sections.get(name).map(|section| section.kinds.clone()).unwrap_or_default()
                };
                for section in Section::down().filter(|section| section.spec().flow == Flow::Down) {
                    same(section.name(), &kinds(&says, section.name()), &kinds(must, section.name()))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn manifest(&self, centre: &str, signed: &[u8]) -> Result<Manifest> {
        let key = self.key.as_ref().context("nobody has enrolled")?;
        Ok(Manifest::verify(signed, key, centre)?)
    }

    // ---------------------------------------------------------------------------------- rest

    /// Everything has come to rest: what the real one holds is what the model holds.
    pub fn at_rest(&self, centre: &Centre) {
        let rest = self.wait(self.equals(centre));
        self.must(rest.is_ok(), format_args!("at rest: {rest:?}"));
    }

    async fn equals(&self, centre: &Centre) -> Result<()> {
        self.shop.settled().await;
        let mut held = BTreeSet::new();
        for line in self.shop.documents().await? {
            held.insert(Record::parse(line.as_bytes())?.hash);
        }
        same("the documents", &held, &centre.hashes())?;

        let findings = self.shop.list("findings").await?;
        // One for a seq, however many stand beside its first.
        let forked = findings.iter().filter(|finding| finding["code"] == "fork").count();
        same("the forks", &forked, &centre.forked().len())?;

        for level in self.shop.list("stock").await? {
            let text = |member: &str| level[member].as_str().unwrap_or_default();
            let has = level["micro"].as_i64().map(Quantity::from_micro).transpose()?;
            let must = centre.level(text("warehouse"), text("item"));
            same(&format!("{} at {}", text("item"), text("warehouse")), &has, &Some(must))?;
        }
        let differ =
            audit::books(centre, &self.shop.list("totals").await?, &self.shop.list("accounts").await?);
        anyhow::ensure!(differ.is_empty(), "the books: {differ:?}");
        // A live publication may come between a manifest and its blobs: whoever reads them reads again.
        match self.same_rows(centre).await {
            Err(_) => {
                self.shop.settled().await;
                self.same_rows(centre).await
            }
            Ok(()) => Ok(()),
        }
    }

    /// Every row of every section of the centres that tills have chosen, as its snapshot's blobs have it.
    async fn same_rows(&self, centre: &Centre) -> Result<()> {
        // Most of the tokens there have been are no good any more.
        let mut found = BTreeMap::new();
        for token in self.tokens.values() {
            if found.len() == CENTRES.len() {
                break;
            }
            let headers =
                [("authorization", format!("Bearer {token}")), (VERSION_HEADER, VERSION.to_string())];
            let (status, body) = self.ask(Method::Get, "/v1/manifest", &headers, None).await?;
            let manifests = CENTRES.into_iter().filter(|_| status == 200);
            let mut manifests = manifests.filter_map(|name| Some((name, self.manifest(name, &body).ok()?)));
            if let Some((name, manifest)) = manifests.next() {
                found.insert(name, (manifest, headers));
            }
        }
        anyhow::ensure!(!found.is_empty(), "nobody may read a manifest");
        for (name, (manifest, headers)) in found {
            self.same_rows_of(centre, name, &manifest, &headers).await?;
        }
        Ok(())
    }

    async fn same_rows_of(
        &self,
        centre: &Centre,
        chosen: &str,
        manifest: &Manifest,
        headers: &[(&'static str, String)],
    ) -> Result<()> {
        for (name, section) in &manifest.sections {
            let mut has = Rows::new();
            for blob in &section.snapshot {
                let path = format!("/v1/blobs/{}", blob.sha256);
                let (status, stored) = self.ask(Method::Get, &path, headers, None).await?;
                anyhow::ensure!(status == 200, "{path}: {status} {}", String::from_utf8_lossy(&stored));
                for row in rows::read_rows(&rows::open_blob(&stored, &blob.sha256)?) {
                    let row = row?;
                    let body = row.body.context("a snapshot with a row that has gone")?;
                    has.insert((row.kind.into(), row.key.into()), body.to_vec());
                }
            }
            let must = centre.rows(chosen, name);
            let text =
                |rows: &Rows, key| rows.get(key).map(|body| String::from_utf8_lossy(body).into_owned());
            // Which documents a level contains: the real one counts on only when one of them moves stock.
            let keys = has.keys().chain(must.keys()).filter(|(kind, _)| kind != "stock_counted");
            for key in keys {
                same(&format!("{name}: {key:?}"), &text(&has, key), &text(&must, key))?;
            }
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).with_context(|| String::from_utf8_lossy(body).into_owned())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, says: &T, must: &T) -> Result<()> {
    anyhow::ensure!(says == must, "{what}: the real one has {says:?}, the model {must:?}");
    Ok(())
}

/// Waits in a thread of its own: this one belongs to the world's runtime.
fn wait<T: Send>(runtime: &Handle, work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(work)).join().expect("no panic"))
}
