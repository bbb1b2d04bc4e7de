//! Documents by file: for a till that no network reaches any more.
//!
//! The file holds the same signed lines that an upload carries, so it needs no trust and no token, and
//! reading it twice changes nothing. The receipt that the back office gives for it is signed by the
//! tenant; it acknowledges exactly the documents whose hashes it covers.

use std::collections::BTreeMap;

use tillkit_domain::Right;
use tillkit_protocol::{
    Hash, Kind, Record,
    export::{BadExport, EXPORT_BYTES, ExportHeader, ExportReceipt, Held, write_export},
    wire::Refused,
};
use tillkit_store::journal::{Enrolment, JournalWrite, Part, Recorded};

use crate::{Session, Standing, Till, TillError, till::Core};

/// What goes into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportOf {
    /// What the centre has not acknowledged.
    #[default]
    Unsent,
    /// Everything that is not settled, uploaded or not: for a back office that was lost.
    Unsettled,
}

/// A file for the back office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// What it may be called.
    pub name: String,
    /// To be stored or sent as they are.
    pub bytes: Vec<u8>,
    /// How many documents are in it, events too.
    pub documents: u64,
    /// Whether everything fit. If not, export again once the receipt of this one has been read.
    pub is_whole: bool,
}

/// What a receipt file has changed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRead {
    /// Documents that are unsent no more.
    pub acknowledged: u64,
    /// Documents that the receipt covers, those acknowledged before included.
    pub held: u64,
    /// What the back office did not take, in its words.
    pub refused: Vec<String>,
}

/// Room for the lines of a file; what is left of [`EXPORT_BYTES`] is for parts.
const LINE_BYTES: usize = EXPORT_BYTES / 2;

impl Session {
    /// Writes documents into a file, for the back office to import. Unless there is nothing to write, it
    /// leaves an event, which is in the file, too: once the receipt has been read, nothing is unsent. Needs no network, no token and
    /// nothing of the centre.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`export`), [`TillError::Store`].
    pub fn export(&self, what: ExportOf) -> Result<ExportFile, TillError> {
        self.check(Right::Export)?;
        // A file with nothing in it takes nothing out of the till, and leaves nothing unsent behind it.
        if what == ExportOf::Unsettled || self.core.store.journal.unsent()?.all() > 0 {
            self.core.record_export(self.user(), what)?;
        }
        self.core.export(what)
    }
}

impl Till {
    /// The same without a cashier, while nobody can sign in: the till was copied, or what signing in
    /// needs is not here. A copied till has no key to sign an event with; its lines are authentic by
    /// their own signatures.
    ///
    /// # Errors
    /// [`TillError::NoRight`] where somebody can sign in: then use [`Session::export`];
    /// [`TillError::Store`].
    pub fn export(&self, what: ExportOf) -> Result<ExportFile, TillError> {
        self.check_nobody_signs_in(Right::Export)?;
        if self.standing() == Standing::Enrolled {
            self.0.record_export("", what)?;
        }
        self.0.export(what)
    }

    /// Reads the receipt for a file and acknowledges exactly what it covers. Any number of times.
    ///
    /// # Errors
    /// [`TillError::BadReceipt`] if it is none of this till's back office, [`TillError::OtherDocuments`]
    /// if it is about others than this phone has: then nothing has changed.
    pub fn import_receipt(&self, file: &[u8]) -> Result<ReceiptRead, TillError> {
        let core = &self.0;
        let enrolments = core.store.journal.enrolments()?;
        let (receipt, of_tenant) = believed(file, &enrolments)?;
        let at_ms = core.services.rim.now_ms();
        let read = core.store.journal.write(|journal| {
            let before = journal.unsent()?.all();
            let mut held = 0;
            for documents in &receipt.held {
                held += check_held(journal, documents, &of_tenant)?;
                journal.acknowledge(std::slice::from_ref(&documents.seqs), at_ms)?;
            }
            let acknowledged = before.saturating_sub(journal.unsent()?.all());
            let refused = receipt.refused.into_iter().map(|Refused { why, .. }| why).collect();
            Ok::<_, TillError>(ReceiptRead { acknowledged, held, refused })
        })?;
        core.changed();
        Ok(read)
    }
}

/// The receipt, if one of this phone's tenants signed it, and this phone's enrolments there.
fn believed<'a>(
    file: &[u8],
    enrolments: &'a [Enrolment],
) -> Result<(ExportReceipt, Vec<&'a Enrolment>), TillError> {
    for enrolment in enrolments {
        match ExportReceipt::verify(file, &enrolment.tenant_key) {
            Err(BadExport::Forged) => {}
            Ok(receipt) => {
                let is_of_tenant = |other: &&Enrolment| {
                    (&other.tenant, other.tenant_key) == (&receipt.tenant, enrolment.tenant_key)
                };
                let of_tenant: Vec<&Enrolment> = enrolments.iter().filter(is_of_tenant).collect();
                if of_tenant.is_empty() {
                    break;
                }
                return Ok((receipt, of_tenant));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(BadExport::Forged.into())
}

/// Holds the hash of these documents against this phone's own; returns how many they are.
fn check_held(journal: &JournalWrite, held: &Held, of_tenant: &[&Enrolment]) -> Result<u64, TillError> {
    let (till, enrolment) = (&held.seqs.till, held.seqs.enrolment);
    let other = || TillError::OtherDocuments { till: till.clone(), enrolment };
    if !of_tenant.iter().any(|own| own.till == *till && own.enrolment == enrolment) {
        return Err(other());
    }
    let (mut hashes, mut count) = (Vec::new(), 0);
    for &(from, to) in &held.seqs.ranges {
        let found = journal.hashes(till, enrolment, from, to)?;
        // A gap here: pruned, or never recorded. Which document is meant cannot be held against it.
        if to.checked_sub(from).and_then(|more| more.checked_add(1)) != Some(found.len() as u64) {
            return Err(other());
        }
        count += found.len() as u64;
        found.iter().for_each(|hash| hashes.extend_from_slice(hash.as_bytes()));
    }
    if Hash::of(&hashes) == held.hash { Ok(count) } else { Err(other()) }
}

impl Core {
    /// The event goes first, so that it is in the file it tells of.
    fn record_export(&self, user: &str, what: ExportOf) -> Result<(), TillError> {
        let unsent = self.store.journal.unsent()?.all();
        let detail = match what {
            ExportOf::Unsent => format!("{unsent} unsent documents"),
            ExportOf::Unsettled => format!("everything that is not settled, {unsent} documents unsent"),
        };
        let event = self.event(user, "export", &detail)?;
        self.write(|journal, record| record(journal, event))?;
        Ok(())
    }

    fn export(&self, what: ExportOf) -> Result<ExportFile, TillError> {
        let enrolment = self.store.journal.enrolment()?;
        let (documents, is_whole) = self.exported(what)?;
        let mut parts: BTreeMap<Hash, Part> = BTreeMap::new();
        for document in documents.iter().filter(|document| document.kind == Kind::CustomerMade.name()) {
            let part = self.store.journal.part_of(document)?;
            parts.extend(part.map(|part| (part.sha256, part)));
        }
        if what == ExportOf::Unsent {
            // A part whose document went without it goes now.
            let unsent = self.store.journal.unsent_parts(u32::MAX as usize)?;
            parts.extend(unsent.into_iter().map(|part| (part.sha256, part)));
        }
        let exported_ms = self.services.rim.now_ms();
        let count = documents.len() as u64;
        let header = ExportHeader {
            documents: count,
            exported_ms,
            till: enrolment.till.clone(),
            tillkit: "export".into(),
            tenant: enrolment.tenant,
            v: 1,
        };
        let records: Vec<&Record> = documents.iter().map(|document| &document.record).collect();
        let bytes = write_export(&header, records, parts.values().map(|part| part.bytes.as_slice()))?;
        let at = self.local(exported_ms).strftime("%Y-%m-%d-%H%M%S");
        let name = format!("{}-{at}.tillkit", enrolment.till);
        Ok(ExportFile { name, bytes, documents: count, is_whole })
    }

    /// The documents that fit, the oldest first, and whether they are all. Page by page, so that a
    /// sale's reads get their turn.
    fn exported(&self, what: ExportOf) -> Result<(Vec<Recorded>, bool), TillError> {
        const PAGE: usize = 500;
        let journal = &self.store.journal;
        let (mut documents, mut bytes): (Vec<Recorded>, usize) = (Vec::new(), 0);
        loop {
            let page = match what {
                ExportOf::Unsent => journal.unsent_batch(&[], documents.last(), PAGE, LINE_BYTES)?,
                ExportOf::Unsettled => journal.unsettled_batch(documents.last(), PAGE)?,
            };
            let is_last = page.len() < PAGE;
            for document in page {
                bytes += document.record.line.len() + 100;
                if bytes > LINE_BYTES {
                    return Ok((documents, false));
                }
                documents.push(document);
            }
            if is_last {
                return Ok((documents, true));
            }
        }
    }
}
