//! What stands beside documents' lines: personal data, kept so that they can be erased (decision 0010).

use tillkit_protocol::Hash;

use crate::{
    Backoffice,
    error::{Error, Result},
    store::{
        TenantId,
        config::{self, DraftRow},
        parts,
    },
};

/// The row of a customer whose personal data have been erased: there, so that what names it still does.
pub(crate) const ERASED: &[u8] = br#"{"name":"(erased)"}"#;

/// The hash that an address names.
pub(crate) fn named(sha256: &str) -> Result<Hash> {
    Hash::parse(sha256).ok_or_else(|| Error::malformed(format!("{sha256} is no SHA-256")))
}

/// Keeps a part of at most [`PART_BYTES`](tillkit_protocol::limits::PART_BYTES) under its hash, durably.
/// Keeping it again changes nothing, and one that has been erased stays so.
///
/// # Errors
/// A refusal if its hash is another.
pub(crate) async fn put(office: &Backoffice, tenant: TenantId, named: &Hash, bytes: &[u8]) -> Result<()> {
    let found = Hash::of(bytes);
    if found != *named {
        return Err(Error::malformed(format!("the bytes hash to {found}, not {named}")));
    }
    parts::put(&office.store, tenant, named, bytes, office.clock.now_ms()).await?;
    office.wake.part_is_here(tenant, named);
    Ok(())
}

/// What erasing a part came to.
pub(crate) struct Erased {
    /// Whether its bytes were here; one that comes later is not kept either.
    pub(crate) was_here: bool,
    /// How many customers of centres it described.
    pub(crate) customers: usize,
}

/// Erases a part for good, and the rows of the customers it describes with it. Documents stay as they
/// are: a line holds only the hash.
///
/// # Errors
/// The database's.
pub(crate) async fn erase(office: &Backoffice, tenant: TenantId, named: &Hash) -> Result<Erased> {
    let now_ms = office.clock.now_ms();
    let _writing = office.writing_live(tenant).await;
    let (was_here, centres) = office
        .store
        .write(|tx| {
            Box::pin(async move {
                let was_here = parts::get(tx, tenant, named).await?.flatten().is_some();
                let customers = parts::erase(tx, tenant, named, now_ms).await?;
                for (centre, customer) in &customers {
                    let body = Some(ERASED.to_vec());
                    let row = DraftRow { kind: "customer".into(), id: customer.clone(), body };
                    config::write_live(tx, tenant, centre, &[row]).await?;
                }
                Ok((was_here, customers.into_iter().map(|(centre, _)| (tenant, centre)).collect::<Vec<_>>()))
            })
        })
        .await?;
    let customers = centres.len();
    office.live.written(centres);
    // A document that waited for it waits no longer.
    office.wake.part_is_here(tenant, named);
    Ok(Erased { was_here, customers })
}
