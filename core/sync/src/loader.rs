//! Brings a section's blobs into its idle slot, three threads deep.
//!
//! ```text
//!  fetch + hash (async) ──files──▶ parse + digest (thread) ──prepared──▶ insert (thread)
//! ```
//!
//! Blobs are downloaded to files named by their hash, so that an interruption costs at most the blob
//! it hit, and that one goes on where it stopped. Memory is bounded by the two short channels.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::StreamExt;
use tillkit_protocol::{
    Hash, Section,
    limits::BLOB_STORED_BYTES,
    manifest::{SectionManifest, Step},
    rows::{self, BadBlob},
};
use tillkit_store::{
    Store,
    load::{self, Load, Prepared, Steps, Target},
};
use tokio::{io::AsyncWriteExt, sync::mpsc, task::spawn_blocking};

use crate::{Client, SyncError};

/// A section on its way down; owned, because threads share it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name.
    pub section: String,
    /// The life of the back office.
    pub epoch: String,
    /// What the manifest says of it.
    pub manifest: SectionManifest,
}

impl Wanted {
    /// As the store wants it.
    pub fn target(&self) -> Target<'_> {
        Target { section: &self.section, epoch: &self.epoch, manifest: &self.manifest }
    }
}

/// Counts what has arrived, and carries the wish to stop.
#[derive(Debug, Default)]
pub struct Meter {
    /// Stored bytes fetched in this run.
    pub bytes: AtomicU64,
    /// Rows put into slots or changed in this run.
    pub rows: AtomicU64,
    /// Stored bytes dealt with, fetched now or before, by section: what the percentage is of.
    done_bytes: [AtomicU64; Section::ALL.len()],
    /// Whether to stop at the next border.
    pub stop: AtomicBool,
}

impl Meter {
    /// Stored bytes of a section dealt with in this run.
    pub fn done_bytes(&self, section: Section) -> u64 {
        self.done_bytes[section as usize].load(Ordering::Relaxed)
    }

    fn add_done(&self, section: &str, bytes: u64) {
        if let Some(section) = Section::of_name(section) {
            self.done_bytes[section as usize].fetch_add(bytes, Ordering::Relaxed);
        }
    }

    fn check(&self) -> Result<(), SyncError> {
        if self.stop.load(Ordering::Relaxed) { Err(SyncError::Cancelled) } else { Ok(()) }
    }
}

/// What the loader works with.
#[derive(Clone)]
pub struct Loader {
    /// Speaks to the centre.
    pub client: Arc<Client>,
    /// Takes the rows.
    pub store: Arc<Store>,
    /// Where blobs wait.
    pub folder: PathBuf,
    /// Counts.
    pub meter: Arc<Meter>,
}

impl Loader {
    /// Fills the section's idle slot with its snapshot and verifies it. After it the section can go live.
    ///
    /// # Errors
    /// [`SyncError`]; what has arrived stays for the next try, but for a slot that does not add up.
    pub async fn load_snapshot(&self, wanted: &Wanted) -> Result<(), SyncError> {
        let begun = self.on_store({
            let wanted = wanted.clone();
            move |store| store.centre.begin_load(&wanted.target())
        });
        let load = begun.await?;
        let loaded = load.loaded.clone();
        let (to_prepare, files) = mpsc::channel::<(Hash, PathBuf)>(2);
        let (to_insert, prepared) = std::sync::mpsc::sync_channel::<Prepared>(1);
        let preparing = spawn_blocking(move || prepare_all(files, &to_insert));
        let inserting = spawn_blocking({
            let this = self.clone();
            let section = wanted.section.clone();
            move || this.insert_all(&section, load, prepared)
        });
        let fetched = self.fetch_all(wanted, &loaded, &to_prepare).await;
        drop(to_prepare);
        let prepared = joined(preparing.await)?;
        let load = joined(inserting.await)?;
        // The cause comes first: a thread that stopped early shows at the others as a closed channel.
        let (load, ()) = (load?, prepared?);
        fetched?;
        let finished = self.on_store({
            let wanted = wanted.clone();
            move |store| store.centre.finish_load(&load, &wanted.target())
        });
        finished.await?;
        self.forget(wanted.manifest.snapshot.iter().map(|blob| blob.sha256)).await;
        Ok(())
    }

    /// Fetches a chain of steps and reads them, the newest change of each row.
    ///
    /// # Errors
    /// [`SyncError`]; nothing has changed.
    pub async fn read_steps(&self, section: &str, chain: &[Step]) -> Result<Steps, SyncError> {
        let mut steps = Steps::default();
        for step in chain {
            let path = self.fetch(&step.sha256, step.bytes).await?;
            let stored = tokio::fs::read(&path).await?;
            let expanded = rows::open_blob(&stored, &step.sha256)?;
            steps.add(&expanded)?;
            self.meter.add_done(section, step.bytes);
        }
        self.meter.rows.fetch_add(steps.len() as u64, Ordering::Relaxed);
        Ok(steps)
    }

    /// Removes blobs that are not needed any more.
    pub async fn forget(&self, names: impl Iterator<Item = Hash>) {
        for name in names {
            // A file that stays costs room, nothing else; the next full sync asks again.
            drop(tokio::fs::remove_file(self.folder.join(name.to_string())).await);
        }
    }

    async fn fetch_all(
        &self,
        wanted: &Wanted,
        loaded: &BTreeSet<Hash>,
        to_prepare: &mpsc::Sender<(Hash, PathBuf)>,
    ) -> Result<(), SyncError> {
        let (here, missing): (Vec<_>, Vec<_>) =
            wanted.manifest.snapshot.iter().partition(|blob| loaded.contains(&blob.sha256));
        let here_bytes = here.iter().map(|blob| blob.bytes).sum();
        self.meter.add_done(&wanted.section, here_bytes);
        // Owned before the stream begins: a stream of borrowing futures is no `Send` future here.
        let fetches: Vec<_> =
            missing.into_iter().map(|blob| self.clone().fetch_named(blob.sha256, blob.bytes)).collect();
        let mut fetches = futures_util::stream::iter(fetches).buffered(2);
        while let Some(fetched) = fetches.next().await {
            if to_prepare.send(fetched?).await.is_err() {
                return Ok(()); // the thread behind has stopped, and says why itself
            }
        }
        Ok(())
    }

    async fn fetch_named(self, name: Hash, bytes: u64) -> Result<(Hash, PathBuf), SyncError> {
        Ok((name, self.fetch(&name, bytes).await?))
    }

    /// A blob's file, complete and of the right hash; what is there of it already is not fetched again.
    async fn fetch(&self, name: &Hash, bytes: u64) -> Result<PathBuf, SyncError> {
        if bytes > BLOB_STORED_BYTES as u64 {
            return Err(BadBlob::TooLarge { limit: BLOB_STORED_BYTES }.into());
        }
        let path = self.folder.join(name.to_string());
        if tokio::fs::try_exists(&path).await? {
            return Ok(path);
        }
        self.meter.check()?;
        tokio::fs::create_dir_all(&self.folder).await?;
        let part = path.with_extension("part");
        self.fetch_part(name, bytes, &part).await?;
        let found = Hash::of(&tokio::fs::read(&part).await?);
        if found != *name {
            tokio::fs::remove_file(&part).await?;
            return Err(BadBlob::Altered { named: *name, found }.into());
        }
        tokio::fs::rename(&part, &path).await?;
        Ok(path)
    }

    async fn fetch_part(&self, name: &Hash, bytes: u64, part: &Path) -> Result<(), SyncError> {
        let have = tokio::fs::metadata(part).await.map_or(0, |file| file.len());
        if have == bytes {
            return Ok(());
        }
        let (answer, begins) = self.client.blob(name, if have < bytes { have } else { 0 }).await?;
        let mut file = tokio::fs::OpenOptions::new().create(true).append(true).open(part).await?;
        file.set_len(begins).await?;
        let mut length = begins;
        let mut body = answer.body;
        while let Some(chunk) = body.next().await {
            self.meter.check()?;
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    file.flush().await?; // what has come stays for the next try
                    return Err(error.into());
                }
            };
            length += chunk.len() as u64;
            if length > bytes {
                drop(file);
                tokio::fs::remove_file(part).await?;
                return Err(BadBlob::TooLarge { limit: bytes as usize }.into());
            }
            file.write_all(&chunk).await?;
            self.meter.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        file.flush().await?;
        if length < bytes {
            let why = format!("it ended after {length} of {bytes} bytes");
            return Err(crate::NetError::Cut(why).into());
        }
        Ok(())
    }

    fn insert_all(
        &self,
        section: &str,
        mut load: Load,
        prepared: std::sync::mpsc::Receiver<Prepared>,
    ) -> Result<Load, SyncError> {
        for blob in prepared {
            self.store.centre.load_blob(&mut load, &blob)?;
            self.meter.rows.fetch_add(blob.rows(), Ordering::Relaxed);
            self.meter.add_done(section, blob.stored_bytes());
        }
        Ok(load)
    }

    /// Runs a call of the store on a thread that may wait for the disk.
    pub(crate) async fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> tillkit_store::Result<T> + Send + 'static,
    ) -> Result<T, SyncError> {
        let store = self.store.clone();
        Ok(joined(spawn_blocking(move || work(&store)).await)??)
    }
}

fn prepare_all(
    mut files: mpsc::Receiver<(Hash, PathBuf)>,
    to_insert: &std::sync::mpsc::SyncSender<Prepared>,
) -> Result<(), SyncError> {
    while let Some((name, path)) = files.blocking_recv() {
        let stored = std::fs::read(&path)?;
        let prepared = load::prepare(&stored, &name).inspect_err(|_| {
            drop(std::fs::remove_file(&path)); // the next try fetches it again
        })?;
        if to_insert.send(prepared).is_err() {
            return Ok(()); // the thread behind has stopped, and says why itself
        }
    }
    Ok(())
}

/// A blocking task only fails to end if it panicked or the runtime is going down.
pub(crate) fn joined<T>(ended: Result<T, tokio::task::JoinError>) -> Result<T, SyncError> {
    ended.map_err(|error| SyncError::Folder(io::Error::other(error)))
}
