//! Names for the keys that rows and documents carry, each asked for once.

use std::collections::HashMap;

use serde::Deserialize;

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
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let named = body.and_then(|body| serde_json::from_slice::<Named>(&body).ok());
    named.map_or_else(|| id.to_string(), |named| named.name)
}
