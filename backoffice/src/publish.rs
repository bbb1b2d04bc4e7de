//! From draft to generation N: changed rows, blobs, digests, one signed manifest.
//!
//! The cost follows what has changed, not what there is: a blob none of whose keys has changed is
//! listed again without being read, and digests are kept up to date by taking the old row out and
//! putting the new one in. Only a very large change reads its section whole, page by page.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tillkit_protocol::{
    Hash, Manifest, Section, limits,
    manifest::{Blob, SectionManifest, Step},
    problem::ProblemType,
    rows::{BlobWriter, Row, write_row},
    sections::Flow,
    settings,
};

use crate::{
    Backoffice,
    codes::{self, Shared},
    error::{Error, Result},
    ingest::aside,
    live,
    news::Topic,
    parts,
    store::{
        self, TenantId,
        config::{self, CentreRow, DirtyRow, Draft, LiveRow, NameThen, Publication, Signed},
    },
};

/// zstd level of what every till will fetch and one server compresses once.
const LEVEL: i32 = 10;
/// From so many changed rows on a section is read whole and no step leads to it.
const STEP_ROWS: u64 = 20_000;
/// Rows read at once.
const PAGE: u32 = 2_000;

/// What a publication came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The centre's generation now.
    pub generation: u64,
    /// Whether it is a new one; without changes there is none.
    pub is_new: bool,
    /// Rows that changed, by section.
    pub changed: BTreeMap<String, u64>,
    /// Rows of each section that changed.
    pub rows: BTreeMap<String, u64>,
    /// Stored bytes of all snapshots.
    pub snapshot_bytes: u64,
    /// Bytes of blobs that no earlier manifest listed.
    pub new_bytes: u64,
}

/// A row that would be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The object inside its section.
    pub kind: String,
    /// The row's key.
    pub id: String,
    /// `added`, `changed` or `removed`.
    pub what: &'static str,
}

/// What publishing now would change, at most `limit` rows, by kind and key.
///
/// # Errors
/// A refusal if there is no such centre.
pub async fn diff(office: &Backoffice, tenant: TenantId, centre: &str, limit: usize) -> Result<Vec<Change>> {
    let row = config::centre(&office.store, tenant, centre).await?.ok_or_else(|| no_centre(centre))?;
    let draft = Draft { tenant, centre, edition: row.edition };
    let mut changes = Vec::new();
    for (kind, _) in config::dirty_kinds(&office.store, draft).await? {
        let left = (limit - changes.len()) as u64;
        for dirty in config::dirty_rows(&office.store, draft, &kind, left).await? {
            let what = match (&dirty.published, &dirty.body) {
                (None, _) => "added",
                (_, None) => "removed",
                _ => "changed",
            };
            changes.push(Change { kind: kind.clone(), id: dirty.id, what });
        }
    }
    Ok(changes)
}

/// How many rows of each section publishing now would change.
///
/// # Errors
/// A refusal if there is no such centre.
pub(crate) async fn counts(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
) -> Result<BTreeMap<Section, u64>> {
    let row = config::centre(&office.store, tenant, centre).await?.ok_or_else(|| no_centre(centre))?;
    let draft = Draft { tenant, centre, edition: row.edition };
    let mut counts = BTreeMap::new();
    for (kind, rows) in config::changed_kinds(&office.store, draft).await? {
        if let Some(section) = Section::of_kind(&kind) {
            *counts.entry(section).or_default() += rows;
        }
    }
    Ok(counts)
}

/// Codes that two active items carry and that publishing now has to do with.
///
/// # Errors
/// A refusal if there is no such centre.
pub(crate) async fn shared_codes(office: &Backoffice, tenant: TenantId, centre: &str) -> Result<Shared> {
    let row = config::centre(&office.store, tenant, centre).await?.ok_or_else(|| no_centre(centre))?;
    codes::shared(&office.store, Draft { tenant, centre, edition: row.edition }).await
}

fn no_centre(centre: &str) -> Error {
    Error::not_found(format!("there is no centre {centre}"))
}

/// Publishes what is drafted as the next generation, if it differs, and pokes the centre's tills. What is
/// live goes out with it, or else by itself. `may_share_codes`: whoever asks knows that a code of a changed
/// row stands on two items.
///
/// # Errors
/// A refusal naming the row that refers to what is not there, a limit that is passed, or codes on two items.
pub async fn publish(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    may_share_codes: bool,
) -> Result<Published> {
    let _editing = office.editing(tenant, centre).await;
    let row = config::centre(&office.store, tenant, centre).await?.ok_or_else(|| no_centre(centre))?;
    let draft = Draft { tenant, centre, edition: row.edition };
    if !config::has_row(&office.store, draft, "centre", centre).await? {
        return Err(Error::malformed(format!("centre/{centre}: the centre has no row that names it")));
    }
    if !may_share_codes {
        let shared = codes::shared(&office.store, draft).await?;
        if !shared.is_empty() {
            return Err(Error::refused(ProblemType::SharedCodes, codes::in_words(&shared)));
        }
    }
    check_agreement(office, draft).await?;
    let before = newest(office, tenant, centre).await?;
    let mut work = Work::new(office, draft);
    let generation = row.generation + 1;
    let mut sections = before.map(|manifest| manifest.sections).unwrap_or_default();
    let changed = work.write_changed(Flow::Down, Some(generation), &mut sections).await?;
    let _writing = office.writing_live(tenant).await;
    if changed.is_empty() {
        publish_live(office, tenant, centre).await?;
        let newest = newest(office, tenant, centre).await?;
        return Ok(published(newest.as_ref(), row.generation, changed, 0));
    }
    live::relist(office, tenant, centre).await?;
    // Live rows may have been written and published meanwhile.
    let now = config::centre(&office.store, tenant, centre).await?.ok_or_else(|| no_centre(centre))?;
    let before = newest(office, tenant, centre).await?;
    for section in Section::down().filter(|section| section.spec().flow == Flow::DownLive) {
        let stands = before.as_ref().and_then(|before| before.sections.get(section.name()));
        sections.extend(stands.map(|stands| (section.name().to_string(), stands.clone())));
    }
    let mut live = Work::new(office, Draft { edition: now.live_edition(), ..draft });
    let is_live_too = !live.write_changed(Flow::DownLive, None, &mut sections).await?.is_empty();
    let manifest = Manifest {
        centre: centre.into(),
        epoch: office.server.epoch.clone(),
        generation,
        live: now.live + u64::from(is_live_too),
        published_ms: office.clock.now_ms(),
        sections,
    };
    let seen = CentreRow { edition: row.edition, drafts: row.drafts, generation: row.generation, ..now };
    let names = names(office, draft, generation).await?;
    if !commit(office, tenant, &seen, before.as_ref(), &manifest, (&work.pictures, &names)).await? {
        return Err(Error::refused(ProblemType::Busy, "rows were drafted while this was being published"));
    }
    office.news.tell(tenant, &[Topic::Generation]);
    Ok(published(Some(&manifest), generation, changed, work.new_bytes))
}

/// Refuses rows that contradict each other, where one of them has changed: a till would have to choose.
async fn check_agreement(office: &Backoffice, draft: Draft<'_>) -> Result<()> {
    let dirty: BTreeMap<String, u64> = config::dirty_kinds(&office.store, draft).await?.into_iter().collect();
    let claims: [(&str, Claim); 3] =
        [("exchange_rate", of_rate), ("price", of_price), ("numerator", of_numbers)];
    for (kind, claim) in claims {
        if let Some(rows) = dirty.get(kind) {
            check_claims(office, draft, (kind, *rows), claim).await?;
        }
    }
    let row = config::drafted(&office.store, draft.tenant, draft.centre, "centre", draft.centre).await?;
    let Some(centre) = row.map(|body| read::<settings::Centre>(&body)).transpose()? else { return Ok(()) };
    // Rates of the time before a changeover are of a currency that has become the centre's own.
    if let Some(rows) = dirty.get("exchange_rate").filter(|_| centre.changeover.is_none()) {
        for DirtyRow { id, body, .. } in
            config::dirty_rows(&office.store, draft, "exchange_rate", *rows).await?
        {
            let Some(body) = body else { continue };
            if read::<settings::ExchangeRate>(&body)?.currency == centre.currency {
                let home = centre.currency;
                let why = format!("exchange_rate/{id}: {home} is the centre's own currency and has no rate");
                return Err(Error::malformed(why));
            }
        }
    }
    let is_new = dirty.contains_key("centre") || dirty.contains_key("warehouse");
    if let Some(warehouse) = centre.warehouse.filter(|_| is_new) {
        let listed = config::rows_after(&office.store, draft, "warehouse", "", 1).await?;
        if !listed.is_empty() && !config::has_row(&office.store, draft, "warehouse", &warehouse).await? {
            let why = format!("centre/{}: it names warehouse/{warehouse}, which is not there", draft.centre);
            return Err(Error::malformed(why));
        }
    }
    Ok(())
}

/// What only one row of a kind may say, and what that is in words.
type Claim = fn(&[u8]) -> Result<(String, String)>;

fn of_rate(body: &[u8]) -> Result<(String, String)> {
    let settings::ExchangeRate { currency, from_day, .. } = read(body)?;
    Ok((format!("{currency} {from_day}"), format!("is a rate of {currency} from {from_day} on as well")))
}

fn of_price(body: &[u8]) -> Result<(String, String)> {
    let settings::Price { item, from_ms, .. } = read(body)?;
    Ok((format!("{from_ms} {item}"), format!("is a price of {item} from the same moment on as well")))
}

fn of_numbers(body: &[u8]) -> Result<(String, String)> {
    let settings::Numerator { pattern } = read(body)?;
    Ok((pattern, "has the same pattern, so that two documents would have one number".into()))
}

/// Refuses two rows of a kind with one claim, one of which has changed.
async fn check_claims(
    office: &Backoffice,
    draft: Draft<'_>,
    (kind, rows): (&str, u64),
    claim: Claim,
) -> Result<()> {
    // Of very many all claims are looked at.
    let mut changed = None;
    if rows < STEP_ROWS {
        let dirty = config::dirty_rows(&office.store, draft, kind, STEP_ROWS).await?;
        let claims = dirty.iter().filter_map(|row| row.body.as_deref()).map(|body| Ok(claim(body)?.0));
        changed = Some(claims.collect::<Result<BTreeSet<String>>>()?);
    }
    if changed.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(());
    }
    let (mut claimed, mut after) = (HashMap::new(), String::new());
    loop {
        let page = config::rows_after(&office.store, draft, kind, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.id);
        for LiveRow { id, body } in page {
            let (name, words) = claim(&body)?;
            if changed.as_ref().is_some_and(|changed| !changed.contains(&name)) {
                continue;
            }
            if let Some(other) = claimed.insert(name, id.clone()) {
                return Err(Error::malformed(format!("{kind}/{id}: {kind}/{other} {words}")));
            }
        }
    }
}

/// Publishes what has been written to live sections since the last manifest: the same generation, with
/// another `live`. Nothing before the first generation. Under [`Backoffice::writing_live`].
pub(crate) async fn publish_live(office: &Backoffice, tenant: TenantId, centre: &str) -> Result<()> {
    let Some(seen) = config::centre(&office.store, tenant, centre).await? else { return Ok(()) };
    let Some(before) = newest(office, tenant, centre).await? else { return Ok(()) };
    let draft = Draft { tenant, centre, edition: seen.live_edition() };
    let mut manifest = Manifest { live: seen.live + 1, ..before.clone() };
    let mut work = Work::new(office, draft);
    if work.write_changed(Flow::DownLive, None, &mut manifest.sections).await?.is_empty() {
        return Ok(());
    }
    if !commit(office, tenant, &seen, Some(&before), &manifest, (&BTreeSet::new(), &[])).await? {
        return Err(Error::refused(
            ProblemType::Busy,
            "live rows were written while this was being published",
        ));
    }
    Ok(())
}

/// What the drafted tenders, units, users and the centre are called from a generation on, and were before.
async fn names(office: &Backoffice, draft: Draft<'_>, generation: u64) -> Result<Vec<NameThen>> {
    let mut names = Vec::new();
    for kind in ["tender", "unit", "user", "centre"] {
        for row in config::dirty_rows(&office.store, draft, kind, limits::SECTION_ROWS).await? {
            let DirtyRow { id, body, published } = row;
            let named = |body: Option<Vec<u8>>| body.as_deref().and_then(config::name_of);
            // A new row had no name before.
            let before = named(published).unwrap_or_default();
            names.push(NameThen { kind, id: id.clone(), generation: 0, name: before });
            names.extend(named(body).map(|name| NameThen { kind, id: id.clone(), generation, name }));
        }
    }
    Ok(names)
}

/// Signs a manifest and writes it down; `false` if what it was made from is no longer so.
async fn commit(
    office: &Backoffice,
    tenant: TenantId,
    seen: &CentreRow,
    before: Option<&Manifest>,
    manifest: &Manifest,
    (pictures, names): (&BTreeSet<Hash>, &[NameThen]),
) -> Result<bool> {
    let signed = sign(office, tenant, manifest)?;
    let (old, new) = (before.map(listed).unwrap_or_default(), listed(manifest));
    let fresh: BTreeSet<Hash> = new.difference(&old).chain(pictures).copied().collect();
    let dropped: BTreeSet<Hash> = old.difference(&new).copied().collect();
    let publication = Publication {
        tenant,
        centre: &manifest.centre,
        seen,
        generation: manifest.generation,
        live: manifest.live,
        published_ms: manifest.published_ms,
        manifest: &signed,
        listed: &fresh,
        dropped: (&dropped, office.clock.now_ms()),
        names,
    };
    let is_written = config::publish(&office.store, &publication).await?;
    if is_written {
        // Nobody listening is no error: whoever comes later asks anyway.
        let _ = office.pokes.send((tenant, manifest.centre.clone()));
    }
    Ok(is_written)
}

/// Every blob that a manifest lists.
fn listed(manifest: &Manifest) -> BTreeSet<Hash> {
    let of = |section: &SectionManifest| -> Vec<Hash> {
        let snapshot = section.snapshot.iter().map(|blob| blob.sha256);
        snapshot.chain(section.steps.iter().map(|step| step.sha256)).collect()
    };
    manifest.sections.values().flat_map(of).collect()
}

fn published(
    manifest: Option<&Manifest>,
    generation: u64,
    changed: BTreeMap<String, u64>,
    new_bytes: u64,
) -> Published {
    let sections = manifest.map(|manifest| &manifest.sections).into_iter().flatten();
    let snapshot_bytes = sections.clone().map(|(_, section)| section.snapshot_bytes()).sum();
    let rows = sections
        .filter(|(name, _)| changed.contains_key(*name))
        .map(|(name, section)| (name.clone(), section.rows()))
        .collect();
    Published { generation, is_new: !changed.is_empty(), changed, rows, snapshot_bytes, new_bytes }
}

/// The newest manifest of a centre, read back.
pub(crate) async fn newest(office: &Backoffice, tenant: TenantId, centre: &str) -> Result<Option<Manifest>> {
    let Some(signed) = config::manifest(&office.store, tenant, centre).await? else { return Ok(None) };
    let key = office.tenant(tenant).ok_or(Error::Unreadable("a tenant"))?.key.public();
    let manifest = Manifest::verify(&signed.signed, &key, centre);
    manifest.map(Some).map_err(|_| Error::Unreadable("a manifest"))
}

/// Signs a manifest with its tenant's key, within the limit of its length.
pub(crate) fn sign(office: &Backoffice, tenant: TenantId, manifest: &Manifest) -> Result<Signed> {
    let tenant = office.tenant(tenant).ok_or(Error::Unreadable("a tenant"))?;
    let signed = manifest.sign(&tenant.key)?;
    if signed.len() > limits::MANIFEST_BYTES {
        return Err(Error::malformed(format!("the manifest would have {} bytes", signed.len())));
    }
    Ok(Signed { id: Manifest::id(&signed), signed })
}

/// Signs the newest manifest of every centre again, under the epoch that has just begun.
pub(crate) async fn renew_all(office: &Backoffice) -> Result<()> {
    let tenants = store::tenants(&office.store).await?;
    for tenant in tenants {
        for info in config::published(&office.store, tenant.id).await? {
            let Some(before) = newest(office, tenant.id, &info.centre).await? else { continue };
            let (generation, published_ms) = (before.generation + 1, office.clock.now_ms());
            let manifest =
                Manifest { epoch: office.server.epoch.clone(), generation, published_ms, ..before };
            let signed = sign(office, tenant.id, &manifest)?;
            let when = (generation, published_ms);
            config::renew_manifest(&office.store, tenant.id, &info.centre, when, &signed).await?;
        }
    }
    Ok(())
}

fn check_rows(section: Section, manifest: &SectionManifest) -> Result<()> {
    let (rows, limit) = (manifest.rows(), limits::SECTION_ROWS);
    if rows > limit {
        return Err(Error::malformed(format!(
            "section {section} would have {rows} rows, {limit} are allowed"
        )));
    }
    Ok(())
}

struct Work<'a> {
    office: &'a Backoffice,
    draft: Draft<'a>,
    references: References,
    new_blobs: BTreeSet<Hash>,
    new_bytes: u64,
    /// Pictures that changed rows name: blobs of their own.
    pictures: BTreeSet<Hash>,
}

/// A section's next state and how many rows changed; `None` if nothing differs.
type Rebuilt = Option<(SectionManifest, u64)>;

/// A row's place: kind and key.
type Place = (String, String);

impl<'a> Work<'a> {
    fn new(office: &'a Backoffice, draft: Draft<'a>) -> Work<'a> {
        Work {
            office,
            draft,
            references: References::default(),
            new_blobs: BTreeSet::new(),
            new_bytes: 0,
            pictures: BTreeSet::new(),
        }
    }

    /// Writes the sections of a flow that have changed rows anew, as this generation or, without one,
    /// as the next of each section's own; returns how many rows of each differ.
    async fn write_changed(
        &mut self,
        flow: Flow,
        generation: Option<u64>,
        sections: &mut BTreeMap<String, SectionManifest>,
    ) -> Result<BTreeMap<String, u64>> {
        let dirty: BTreeMap<String, u64> =
            config::dirty_kinds(&self.office.store, self.draft).await?.into_iter().collect();
        let mut changed = BTreeMap::new();
        for section in Section::down().filter(|section| section.spec().flow == flow) {
            let drafted: u64 = section.spec().kinds.iter().filter_map(|kind| dirty.get(*kind)).sum();
            if drafted == 0 {
                continue;
            }
            let old = sections.get(section.name()).cloned().unwrap_or_default();
            let next = generation.unwrap_or(old.generation + 1);
            let rebuilt = if drafted < STEP_ROWS && !old.snapshot.is_empty() {
                self.change(section, old, next, &dirty).await?
            } else {
                self.rebuild(section, old, next, drafted).await?
            };
            if let Some((next, rows)) = rebuilt {
                check_rows(section, &next)?;
                changed.insert(section.name().to_string(), rows);
                sections.insert(section.name().to_string(), next);
            }
        }
        Ok(changed)
    }

    /// A small change: digests by difference, untouched blobs listed again, one step more.
    async fn change(
        &mut self,
        section: Section,
        old: SectionManifest,
        generation: u64,
        dirty: &BTreeMap<String, u64>,
    ) -> Result<Rebuilt> {
        let mut next = SectionManifest { generation, snapshot: Vec::new(), ..old.clone() };
        let (mut changed, mut step) = (Vec::new(), Vec::new());
        let mut is_erased = false;
        for kind in sorted_kinds(section) {
            if !dirty.contains_key(kind) {
                continue;
            }
            let rows = config::dirty_rows(&self.office.store, self.draft, kind, STEP_ROWS).await?;
            self.check_removed(kind, &rows).await?;
            let digest = next.kinds.entry(kind.to_string()).or_default();
            for DirtyRow { id, body, published } in rows {
                if let Some(published) = &published {
                    digest.remove(kind, &id, published);
                }
                is_erased |= kind == "customer" && body.as_deref() == Some(parts::ERASED);
                if let Some(body) = &body {
                    digest.add(kind, &id, body);
                    self.check_references(kind, &id, body, true).await?;
                }
                write_row(
                    &mut step,
                    &Row { kind: kind.into(), key: id.as_str().into(), body: body.as_deref() },
                );
                changed.push((kind.to_string(), id));
            }
        }
        if changed.is_empty() {
            return Ok(None);
        }
        next.snapshot = self.snapshot(section, &old.snapshot, &changed.iter().cloned().collect()).await?;
        next.kinds.retain(|_, digest| digest.count > 0);
        let rows = changed.len() as u64;
        // Earlier steps still hold what has been erased: nobody is led over them.
        next.steps = if is_erased { Vec::new() } else { self.steps(&old, &next, step, rows).await? };
        Ok(Some((next, rows)))
    }

    /// A first or a very large change: the section is read whole.
    async fn rebuild(
        &mut self,
        section: Section,
        old: SectionManifest,
        generation: u64,
        drafted: u64,
    ) -> Result<Rebuilt> {
        let mut next = SectionManifest { generation, ..SectionManifest::default() };
        let mut builder = Builder::new();
        for kind in sorted_kinds(section) {
            let mut after = String::new();
            loop {
                let page = config::rows_after(&self.office.store, self.draft, kind, &after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.id);
                let digest = next.kinds.entry(kind.to_string()).or_default();
                for row in &page {
                    digest.add(kind, &row.id, &row.body);
                    self.check_references(kind, &row.id, &row.body, false).await?;
                }
                builder = self.push(builder, kind, page).await?;
            }
        }
        next.snapshot = self.finish(builder).await?;
        let is_same = next.kinds == old.kinds && next.snapshot == old.snapshot;
        Ok((!is_same).then_some((next, drafted)))
    }

    /// The blobs of the section, those without a change taken over.
    async fn snapshot(
        &mut self,
        section: Section,
        old: &[Blob],
        changed: &BTreeSet<Place>,
    ) -> Result<Vec<Blob>> {
        let kinds = sorted_kinds(section);
        let mut builder = Builder::new();
        let mut from: Option<Place> = None;
        for (index, blob) in old.iter().enumerate() {
            let is_last = index + 1 == old.len();
            let to = if is_last { None } else { Some(place(&blob.last)?) };
            let is_touched = changed.iter().any(|row| {
                from.as_ref().is_none_or(|from| row > from) && to.as_ref().is_none_or(|to| row <= to)
            });
            if is_touched || !builder.is_at_border {
                builder = self.read_range(&kinds, builder, from.as_ref(), to.as_ref()).await?;
            } else {
                builder.blobs.push(blob.clone());
            }
            from = to;
        }
        self.finish(builder).await
    }

    /// Pushes the rows after `from` up to `to`, whatever kind they are of.
    async fn read_range(
        &mut self,
        kinds: &[&'static str],
        mut builder: Builder,
        from: Option<&Place>,
        to: Option<&Place>,
    ) -> Result<Builder> {
        for kind in kinds {
            let mut after = match from {
                Some((from_kind, _)) if *kind < from_kind.as_str() => continue,
                Some((from_kind, id)) if kind == from_kind => id.clone(),
                _ => String::new(),
            };
            let until = match to {
                Some((to_kind, _)) if *kind > to_kind.as_str() => break,
                Some((to_kind, id)) if kind == to_kind => Some(id),
                _ => None,
            };
            loop {
                let mut page = config::rows_after(&self.office.store, self.draft, kind, &after, PAGE).await?;
                let read = page.len();
                page.retain(|row| until.is_none_or(|until| row.id <= *until));
                let is_over = page.len() < read || read < PAGE as usize;
                if let Some(last) = page.last() {
                    after.clone_from(&last.id);
                }
                builder = self.push(builder, kind, page).await?;
                if is_over {
                    break;
                }
            }
        }
        Ok(builder)
    }

    async fn push(
        &mut self,
        builder: Builder,
        kind: &'static str,
        page: Vec<config::LiveRow>,
    ) -> Result<Builder> {
        let (builder, cut) = aside(move || builder.push(kind, &page)).await??;
        for (blob, stored) in cut {
            self.keep(&blob.sha256, stored).await?;
        }
        Ok(builder)
    }

    async fn finish(&mut self, builder: Builder) -> Result<Vec<Blob>> {
        let Builder { writer, mut blobs, .. } = builder;
        if let Some((blob, stored)) = aside(move || writer.finish()).await?? {
            self.keep(&blob.sha256, stored).await?;
            blobs.push(blob);
        }
        Ok(blobs)
    }

    async fn keep(&mut self, sha256: &Hash, stored: Vec<u8>) -> Result<()> {
        let bytes = stored.len() as u64;
        if !config::lists_blob(&self.office.store, self.draft.tenant, self.draft.centre, sha256).await?
            && self.new_blobs.insert(*sha256)
        {
            self.new_bytes += bytes;
        }
        self.office.blobs.put(self.draft.tenant, sha256, stored).await
    }

    /// The steps that lead to `next`: at most so many, and never more bytes than the snapshot has.
    async fn steps(
        &mut self,
        old: &SectionManifest,
        next: &SectionManifest,
        step: Vec<u8>,
        rows: u64,
    ) -> Result<Vec<Step>> {
        if step.len() > limits::BLOB_EXPANDED_BYTES {
            return Ok(Vec::new());
        }
        let stored = aside(move || zstd::bulk::compress(&step, LEVEL)).await??;
        let bytes = stored.len() as u64;
        if stored.len() > limits::BLOB_STORED_BYTES || bytes > next.snapshot_bytes() {
            return Ok(Vec::new());
        }
        let sha256 = Hash::of(&stored);
        self.keep(&sha256, stored).await?;
        let mut steps = old.steps.clone();
        steps.push(Step { bytes, from: old.generation, rows, sha256, to: next.generation });
        let is_too_much = |steps: &[Step]| {
            steps.len() > limits::STEPS
                || steps.iter().map(|step| step.bytes).sum::<u64>() > next.snapshot_bytes()
        };
        while is_too_much(&steps) {
            steps.remove(0);
        }
        Ok(steps)
    }

    /// What a row names must be there: an item's unit and VAT rate, a user's role. What a price or
    /// a code names is asked row by row, so only where few have changed.
    async fn check_references(&mut self, kind: &str, id: &str, body: &[u8], is_small: bool) -> Result<()> {
        match kind {
            "item" => {
                let item: settings::Item = read(body)?;
                self.must_have(kind, id, "unit", &item.unit).await?;
                self.must_have(kind, id, "vat_rate", &item.vat).await
            }
            "user" => {
                let user: settings::User = read(body)?;
                self.must_have(kind, id, "role", &user.role).await
            }
            "image" => self.must_have_picture(id, &read::<settings::Image>(body)?).await,
            "price" if is_small => {
                let price: settings::Price = read(body)?;
                self.must_have(kind, id, "item", &price.item).await
            }
            "promotion_item" if is_small => {
                let covered: settings::PromotionItem = read(body)?;
                self.must_have(kind, id, "promotion", &covered.promotion).await?;
                match (&covered.item, &covered.group) {
                    (Some(item), _) => self.must_have(kind, id, "item", item).await,
                    (None, Some(group)) => self.must_have(kind, id, "group", group).await,
                    (None, None) => Ok(()),
                }
            }
            "item_code" if is_small => {
                let code: settings::ItemCode = read(body)?;
                self.must_have(kind, id, "item", &code.item).await
            }
            _ => Ok(()),
        }
    }

    async fn must_have(&mut self, kind: &str, id: &str, named_kind: &'static str, named: &str) -> Result<()> {
        if self.references.present.contains(&(named_kind, named.to_string())) {
            return Ok(());
        }
        if !config::has_row(&self.office.store, self.draft, named_kind, named).await? {
            return Err(Error::malformed(format!(
                "{kind}/{id}: it names {named_kind}/{named}, which is not there"
            )));
        }
        self.references.remember(named_kind, named);
        Ok(())
    }

    /// The bytes of a picture are here before a row that names them is published.
    async fn must_have_picture(&mut self, id: &str, image: &settings::Image) -> Result<()> {
        let (tenant, sha256) = (self.draft.tenant, &image.sha256);
        let size = self.office.blobs.size_if_here(tenant, sha256).await?;
        if size != Some(image.bytes) {
            return Err(Error::malformed(format!("image/{id}: its picture is not here; put it there first")));
        }
        if self.pictures.insert(*sha256)
            && !config::lists_blob(&self.office.store, tenant, self.draft.centre, sha256).await?
        {
            self.new_bytes += image.bytes;
        }
        Ok(())
    }

    /// What items and users refer to is retired, never deleted: a row of these kinds may go only
    /// when nothing names it any more.
    async fn check_removed(&mut self, kind: &'static str, rows: &[DirtyRow]) -> Result<()> {
        let removed: BTreeSet<&str> =
            rows.iter().filter(|row| row.body.is_none()).map(|row| row.id.as_str()).collect();
        let naming = match kind {
            "unit" | "vat_rate" => "item",
            "role" => "user",
            _ => return Ok(()),
        };
        if removed.is_empty() {
            return Ok(());
        }
        let mut after = String::new();
        loop {
            let page = config::rows_after(&self.office.store, self.draft, naming, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for row in &page {
                let named = match kind {
                    "unit" => read::<settings::Item>(&row.body)?.unit,
                    "vat_rate" => read::<settings::Item>(&row.body)?.vat,
                    _ => read::<settings::User>(&row.body)?.role,
                };
                if removed.contains(named.as_str()) {
                    return Err(Error::malformed(format!(
                        "{kind}/{named}: {naming}/{} still names it",
                        row.id
                    )));
                }
            }
        }
    }
}

/// Rows known to be there, so that each is asked for once; as many as fit a small memory.
#[derive(Default)]
struct References {
    present: BTreeSet<(&'static str, String)>,
}

impl References {
    fn remember(&mut self, kind: &'static str, id: &str) {
        if self.present.len() < 50_000 {
            self.present.insert((kind, id.to_string()));
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T> {
    settings::read(body).map_err(|_| Error::Unreadable("a drafted row"))
}

fn sorted_kinds(section: Section) -> Vec<&'static str> {
    let mut kinds = section.spec().kinds.to_vec();
    kinds.sort_unstable();
    kinds
}

fn place(name: &str) -> Result<Place> {
    let (kind, id) = name.split_once('/').ok_or(Error::Unreadable("a blob's border"))?;
    Ok((kind.into(), id.into()))
}

/// A finished blob with its stored bytes.
type Cut = (Blob, Vec<u8>);

/// Blobs in the making.
struct Builder {
    writer: BlobWriter,
    blobs: Vec<Blob>,
    is_at_border: bool,
}

impl Builder {
    fn new() -> Builder {
        Builder { writer: BlobWriter::new(LEVEL), blobs: Vec::new(), is_at_border: true }
    }

    fn push(mut self, kind: &str, page: &[config::LiveRow]) -> Result<(Builder, Vec<Cut>)> {
        let mut cut = Vec::new();
        for row in page {
            let row = Row { kind: kind.into(), key: row.id.as_str().into(), body: Some(&row.body) };
            let blob = self.writer.push(&row)?;
            self.is_at_border = blob.is_some();
            if let Some((blob, stored)) = blob {
                self.blobs.push(blob.clone());
                cut.push((blob, stored));
            }
        }
        Ok((self, cut))
    }
}
