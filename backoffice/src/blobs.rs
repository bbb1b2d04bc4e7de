//! Immutable bytes by their SHA-256, in a folder or any other object store.

use std::{ops::Range, path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::Stream;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path};
use tillkit_protocol::Hash;

use crate::{
    error::{Error, Result},
    store::TenantId,
};

/// The blobs of all tenants, each in a folder of its own.
#[derive(Debug, Clone)]
pub(crate) struct Blobs(Arc<dyn ObjectStore>);

impl Blobs {
    /// Blobs under `folder`, made where missing; a blob is on the disk before a manifest names it.
    pub(crate) fn in_folder(folder: &Path) -> Result<Blobs> {
        std::fs::create_dir_all(folder)?;
        Ok(Blobs(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))))
    }

    /// Keeps a blob under its hash. Keeping it again changes nothing.
    pub(crate) async fn put(&self, tenant: TenantId, sha256: &Hash, stored: Vec<u8>) -> Result<()> {
        if self.size_if_here(tenant, sha256).await? == Some(stored.len() as u64) {
            return Ok(());
        }
        self.0.put(&place(tenant, sha256), PutPayload::from(stored)).await?;
        Ok(())
    }

    /// Deletes a blob that nobody lists any more. Deleting it again changes nothing.
    pub(crate) async fn delete(&self, tenant: TenantId, sha256: &Hash) -> Result<()> {
        match self.0.delete(&place(tenant, sha256)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The length of a blob that must be here.
    pub(crate) async fn size(&self, tenant: TenantId, sha256: &Hash) -> Result<u64> {
        self.size_if_here(tenant, sha256).await?.ok_or(Error::Unreadable("a listed blob is missing"))
    }

    /// The length of a blob, if it is here.
    pub(crate) async fn size_if_here(&self, tenant: TenantId, sha256: &Hash) -> Result<Option<u64>> {
        match self.0.head(&place(tenant, sha256)).await {
            Ok(there) => Ok(Some(there.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a range, piece by piece, so that a slow reader costs one piece of memory.
    pub(crate) fn read(
        &self,
        tenant: TenantId,
        sha256: &Hash,
        range: Range<u64>,
    ) -> impl Stream<Item = object_store::Result<Bytes>> + Send + 'static {
        let (store, place) = (self.0.clone(), place(tenant, sha256));
        futures_util::stream::try_unfold(range, move |rest| {
            let (store, place) = (store.clone(), place.clone());
            async move {
                if rest.is_empty() {
                    return Ok(None);
                }
                let piece = rest.start..rest.end.min(rest.start + PIECE_BYTES);
                let bytes = store.get_range(&place, piece.clone()).await?;
                Ok(Some((bytes, piece.end..rest.end)))
            }
        })
    }
}

const PIECE_BYTES: u64 = 256 << 10;

fn place(tenant: TenantId, sha256: &Hash) -> path::Path {
    let name = sha256.to_string();
    path::Path::from(format!("{tenant}/{}/{name}", &name[..2]))
}
