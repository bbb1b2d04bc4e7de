//! Names for the keys that rows and documents carry, each asked for once.

use std::collections::{BTreeMap, HashMap};

use tillkit_protocol::{DocumentLine, Section};

use crate::{
    Backoffice,
    error::Result,
    store::{TenantId, books, config},
};

/// Names of rows of a tenant's centres.
pub(super) struct Names<'a> {
    office: &'a Backoffice,
    tenant: TenantId,
    known: HashMap<(String, &'static str, String), String>,
}

impl<'a> Names<'a> {
    pub(super) fn of(office: &'a Backoffice, tenant: TenantId) -> Names<'a> {
        Names { office, tenant, known: HashMap::new() }
    }

    /// The name of a row; the key itself where there is no such row or it has no name.
    pub(super) async fn name(&mut self, centre: &str, kind: &'static str, id: &str) -> Result<String> {
        let place = (centre.to_string(), kind, id.to_string());
        if let Some(name) = self.known.get(&place) {
            return Ok(name.clone());
        }
        // A document may name a centre by what is no text at all.
        let body = match centre.contains('\0') {
            true => None,
            false => books::body_of(&self.office.store, self.tenant, centre, kind, id).await?,
        };
        let name = named(body, id);
        self.known.insert(place, name.clone());
        Ok(name)
    }

    /// The name of a row as it is drafted; the key itself where there is none.
    pub(super) async fn drafted(&self, centre: &str, kind: &'static str, id: &str) -> Result<String> {
        Ok(named(config::drafted(&self.office.store, self.tenant, centre, kind, id).await?, id))
    }
}

fn named(body: Option<Vec<u8>>, id: &str) -> String {
    body.and_then(|body| config::name_of(&body)).unwrap_or_else(|| id.to_string())
}

/// Names as they were when a document was made, whatever has been renamed since.
pub(super) struct NamesThen<'a> {
    office: &'a Backoffice,
    tenant: TenantId,
    centre: String,
    generations: BTreeMap<String, u64>,
}

impl<'a> NamesThen<'a> {
    pub(super) fn of<Body>(
        office: &'a Backoffice,
        tenant: TenantId,
        document: &DocumentLine<Body>,
    ) -> NamesThen<'a> {
        let (centre, generations) = (document.centre.clone(), document.generations.clone());
        NamesThen { office, tenant, centre, generations }
    }

    /// The name of a row then; the key itself where it had none.
    pub(super) async fn name(&self, kind: &'static str, id: &str) -> Result<String> {
        if self.centre.contains('\0') {
            return Ok(id.to_string());
        }
        let section = Section::of_kind(kind).and_then(|section| self.generations.get(section.name()));
        let generation = section.or_else(|| self.generations.values().max()).copied().unwrap_or(0);
        let place = (self.tenant, self.centre.as_str());
        let name = config::name_then(&self.office.store, place, kind, id, generation).await?;
        Ok(name.unwrap_or_else(|| id.to_string()))
    }
}
