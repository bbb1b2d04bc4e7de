//! What tills said of themselves, remembered here and written down now and then.
//!
//! A contact that changes nothing writes nothing. What is lost with the process is when a till was
//! last heard of, for as long as [`FLUSH`] at most.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    Backoffice,
    error::Result,
    store::{
        TenantId,
        tills::{self, EnrolmentId, LastContact, Listed},
    },
};

/// How often what was heard is written down.
const FLUSH: Duration = Duration::from_secs(30);

/// Last contacts by enrolment.
#[derive(Debug, Default)]
pub(crate) struct Contacts(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    by_enrolment: HashMap<EnrolmentId, Memory>,
    unwritten: HashSet<EnrolmentId>,
}

#[derive(Debug, Clone, Default)]
struct Memory {
    last: LastContact,
    /// The highest seq that was here when the last contact was answered.
    top: u64,
    objected: Option<(&'static str, u64)>,
}

impl Contacts {
    /// Remembers a contact. Returns the highest seq that was here when the one before was answered.
    pub(crate) fn heard(&self, of: &EnrolmentId, last: LastContact, top: u64) -> Option<u64> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.unwritten.insert(of.clone());
        let memory = heard.by_enrolment.get(of).cloned();
        let objected = memory.as_ref().and_then(|memory| memory.objected);
        heard.by_enrolment.insert(of.clone(), Memory { last, top, objected });
        memory.map(|memory| memory.top)
    }

    /// Whether an objection is another than the last one raised for this enrolment.
    pub(crate) fn is_new_objection(&self, of: &EnrolmentId, code: &'static str, seq: u64) -> bool {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(memory) = heard.by_enrolment.get_mut(of) else { return true };
        memory.objected.replace((code, seq)) != Some((code, seq))
    }

    /// The last contact, if this process has heard of it.
    pub(crate) fn last(&self, of: &EnrolmentId) -> Option<LastContact> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.by_enrolment.get(of).map(|memory| memory.last.clone())
    }

    fn take_unwritten(&self) -> Vec<(EnrolmentId, LastContact)> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unwritten = std::mem::take(&mut heard.unwritten);
        let last = |of: EnrolmentId| heard.by_enrolment.get(&of).map(|memory| (of, memory.last.clone()));
        unwritten.into_iter().filter_map(last).collect()
    }
}

/// Every till with every enrolment, each with what it said last, written down yet or not.
pub(crate) async fn tills(office: &Backoffice, tenant: TenantId) -> Result<Vec<Listed>> {
    let mut listed = tills::list(&office.store, tenant).await?;
    for Listed { till, enrolment, .. } in &mut listed {
        let Some(enrolment) = enrolment else { continue };
        if let Some(last) = office.contacts.last(&(tenant, till.clone(), enrolment.enrolment)) {
            enrolment.contact = last;
        }
    }
    Ok(listed)
}

/// Writes down what has been heard since the last time.
pub(crate) async fn flush(office: &Backoffice) -> Result<()> {
    for part in office.contacts.take_unwritten().chunks(1_000) {
        tills::put_contacts(&office.store, part).await?;
    }
    Ok(())
}

/// Writes down what has been heard, now and then, for ever.
pub(crate) async fn flush_for_ever(office: &Backoffice) {
    loop {
        tokio::time::sleep(FLUSH).await;
        if let Err(error) = flush(office).await {
            tracing::warn!(%error, "last contacts could not be written down");
        }
    }
}
