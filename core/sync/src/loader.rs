//! Brings a section's blobs into its idle slot, three deep.
//!
//! ```text
//!  fetch + hash ──files──▶ parse + digest (aside) ──prepared──▶ insert (aside)
//! ```
//!
//! Blobs are downloaded to files named by their hash, so that an interruption costs at most the blob
//! it hit, and that one goes on where it stopped. At most two are in memory, or one that is heavy.

use std::{
    collections::BTreeSet,
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::StreamExt;
use tillkit_protocol::{
    Hash, Section,
    limits::{BLOB_EXPANDED_BYTES, BLOB_STORED_BYTES},
    manifest::{SectionManifest, Step},
    rows::{self, BadBlob},
};
use tillkit_store::{
    Store,
    load::{self, Load, Prepared, Steps, Target},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{Aside, Client, SyncError};

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
    /// Stored bytes fetched, now or before, and once more when they are read, by section: what the
    /// percentage is of. A slow line shows in the first half, a slow phone in the second.
    done_twice: [AtomicU64; Section::ALL.len()],
    /// Whether to stop at the next border.
    pub stop: AtomicBool,
}

impl Meter {
    /// Stored bytes of a section dealt with in this run.
    pub fn done_bytes(&self, section: Section) -> u64 {
        self.done_twice[section as usize].load(Ordering::Relaxed) / 2
    }

    fn add_done(&self, section: &str, bytes: u64) {
        if let Some(section) = Section::of_name(section) {
            self.done_twice[section as usize].fetch_add(bytes, Ordering::Relaxed);
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
    /// Where disk and digests are waited for.
    pub aside: Aside,
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
        let (to_prepare, files) = mpsc::channel(2);
        let (to_insert, prepared) = mpsc::channel(2);
        let fetching = async {
            let fetched = self.fetch_all(wanted, &loaded, &to_prepare).await;
            drop(to_prepare);
            fetched
        };
        let preparing = self.prepare_all(&wanted.section, files, to_insert);
        let inserting = self.insert_all(&wanted.section, load, prepared);
        let (fetched, prepared, load) = futures_util::future::join3(fetching, preparing, inserting).await;
        // The cause comes first: one that stopped early shows at the others as a closed channel.
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
        let mut left_bytes = BLOB_EXPANDED_BYTES;
        for step in chain {
            let path = self.fetch(section, &step.sha256, step.bytes).await?;
            let (name, of) = (step.sha256, section.to_string());
            let reading = self.aside.run(move || {
                let read = rows::open_blob(&std::fs::read(&path)?, &name).and_then(|expanded| {
                    // All of them are in memory together, and together they are no more than a blob.
                    let limit = BLOB_EXPANDED_BYTES;
                    left_bytes = left_bytes.checked_sub(expanded.len()).ok_or(BadBlob::TooLarge { limit })?;
                    steps.add(&expanded)?;
                    steps.check(&of).map(|()| (steps, left_bytes))
                });
                Ok(read.inspect_err(|_| drop(std::fs::remove_file(&path)))?)
            });
            (steps, left_bytes) = reading.await?;
            self.meter.add_done(section, step.bytes);
        }
        self.meter.rows.fetch_add(steps.len() as u64, Ordering::Relaxed);
        Ok(steps)
    }

    /// Removes all files that are not named.
    ///
    /// # Errors
    /// [`SyncError::Folder`].
    pub(crate) async fn keep_only(&self, named: BTreeSet<Hash>) -> Result<(), SyncError> {
        let folder = self.folder.clone();
        let removing = self.aside.run(move || {
            if !folder.exists() {
                return Ok(());
            }
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                let name = path.file_stem().and_then(|name| Hash::parse(name.to_str()?));
                if name.is_none_or(|name| !named.contains(&name)) {
                    std::fs::remove_file(path)?;
                }
            }
            Ok(())
        });
        removing.await
    }

    /// Removes blobs that are not needed any more.
    pub async fn forget(&self, names: impl Iterator<Item = Hash>) {
        let files: Vec<_> = names.map(|name| self.folder.join(name.to_string())).collect();
        let removing = self.aside.run(move || {
            // A file that stays costs room, nothing else; the next full sync asks again.
            files.iter().for_each(|file| drop(std::fs::remove_file(file)));
            Ok(())
        });
        drop(removing.await);
    }

    async fn fetch_all(
        &self,
        wanted: &Wanted,
        loaded: &BTreeSet<Hash>,
        to_prepare: &mpsc::Sender<(Hash, PathBuf)>,
    ) -> Result<(), SyncError> {
        let (here, missing): (Vec<_>, Vec<_>) =
            wanted.manifest.snapshot.iter().partition(|blob| loaded.contains(&blob.sha256));
        for blob in here {
            self.meter.add_done(&wanted.section, 2 * blob.bytes);
        }
        // Once one has failed no other begins, but those on their way arrive: dropped in the middle, one
        // might still be writing its file while the next try reads it.
        let given_up = Arc::new(AtomicBool::new(false));
        // Owned before the stream begins: a stream of borrowing futures is no `Send` future here.
        let fetches: Vec<_> = missing
            .into_iter()
            .map(|blob| {
                let section = wanted.section.clone();
                self.clone().fetch_named(section, blob.sha256, blob.bytes, given_up.clone())
            })
            .collect();
        let mut fetches = futures_util::stream::iter(fetches).buffered(2);
        let mut failed = None;
        while let Some(fetched) = fetches.next().await {
            let is_over = match fetched {
                // If the one behind has stopped, it says why itself.
                Ok(Some(blob)) => to_prepare.send(blob).await.is_err(),
                Ok(None) => true,
                Err(error) => {
                    failed.get_or_insert(error);
                    true
                }
            };
            given_up.fetch_or(is_over, Ordering::Relaxed);
        }
        failed.map_or(Ok(()), Err)
    }

    async fn fetch_named(
        self,
        section: String,
        name: Hash,
        bytes: u64,
        given_up: Arc<AtomicBool>,
    ) -> Result<Option<(Hash, PathBuf)>, SyncError> {
        if given_up.load(Ordering::Relaxed) {
            return Ok(None);
        }
        Ok(Some((name, self.fetch(&section, &name, bytes).await?)))
    }

    /// A blob's file, complete and of the right hash; what is there of it already is not fetched again.
    pub(crate) async fn fetch(&self, section: &str, name: &Hash, bytes: u64) -> Result<PathBuf, SyncError> {
        if bytes > BLOB_STORED_BYTES as u64 {
            return Err(BadBlob::TooLarge { limit: BLOB_STORED_BYTES }.into());
        }
        let path = self.folder.join(name.to_string());
        let part = path.with_extension("part");
        let (file, begun) = (path.clone(), part.clone());
        let folder = self.folder.clone();
        let looking = self.aside.run(move || {
            if file.try_exists()? {
                return Ok(None);
            }
            std::fs::create_dir_all(&folder)?;
            Ok(Some(std::fs::metadata(&begun).map_or(0, |file| file.len())))
        });
        let Some(have) = looking.await? else {
            self.meter.add_done(section, bytes);
            return Ok(path);
        };
        self.meter.check()?;
        if have == bytes {
            self.meter.add_done(section, bytes);
        } else {
            self.fetch_part(section, name, bytes, have).await?;
        }
        let (named, file) = (*name, path.clone());
        let checking = self.aside.run(move || {
            let found = Hash::of(&std::fs::read(&part)?);
            if found != named {
                std::fs::remove_file(&part)?;
                return Err(BadBlob::Altered { named, found }.into());
            }
            Ok(std::fs::rename(&part, &file)?)
        });
        checking.await?;
        Ok(path)
    }

    /// Brings what is missing of a blob behind the `have` bytes that are there of it.
    async fn fetch_part(&self, section: &str, name: &Hash, bytes: u64, have: u64) -> Result<(), SyncError> {
        let part = self.folder.join(name.to_string()).with_extension("part");
        let (answer, begins) = self.client.blob(name, if have < bytes { have } else { 0 }).await?;
        let path = part.clone();
        let opening = self.aside.run(move || {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            file.set_len(begins)?;
            Ok(file)
        });
        let mut file = opening.await?;
        self.meter.add_done(section, begins);
        let mut length = begins;
        let mut body = answer.body;
        while let Some(chunk) = body.next().await {
            self.meter.check()?;
            let chunk = chunk?; // what has come stays for the next try
            let size = chunk.len() as u64;
            length += size;
            self.meter.bytes.fetch_add(size, Ordering::Relaxed);
            self.meter.add_done(section, size);
            if length > bytes {
                drop(file);
                self.aside.run(move || Ok(std::fs::remove_file(part)?)).await?;
                return Err(BadBlob::TooLarge { limit: bytes as usize }.into());
            }
            let writing = self.aside.run(move || {
                file.write_all(&chunk)?;
                Ok(file)
            });
            file = writing.await?;
        }
        if length < bytes {
            let why = format!("it ended after {length} of {bytes} bytes");
            return Err(crate::NetError::Cut(why).into());
        }
        Ok(())
    }

    async fn prepare_all(
        &self,
        section: &str,
        mut files: mpsc::Receiver<(Hash, PathBuf)>,
        to_insert: mpsc::Sender<(Prepared, OwnedSemaphorePermit)>,
    ) -> Result<(), SyncError> {
        // One is inserted while one is read; a heavy one takes the room of both.
        const HEAVY_BYTES: usize = BLOB_EXPANDED_BYTES;
        let room = Arc::new(Semaphore::new(2));
        while let Some((name, path)) = files.recv().await {
            let Ok(mut taken) = room.clone().acquire_owned().await else { return Ok(()) }; // never closed
            let section = section.to_string();
            let preparing = self.aside.run(move || {
                let stored = std::fs::read(&path)?;
                let prepared = load::prepare(&stored, &name);
                let checked = prepared.and_then(|prepared| prepared.check(&section).map(|()| prepared));
                Ok(checked.inspect_err(|_| {
                    drop(std::fs::remove_file(&path)); // the next try fetches it again
                })?)
            });
            let prepared = preparing.await?;
            if prepared.weight() > HEAVY_BYTES {
                let Ok(more) = room.clone().acquire_owned().await else { return Ok(()) };
                taken.merge(more);
            }
            if to_insert.send((prepared, taken)).await.is_err() {
                return Ok(()); // the one behind has stopped, and says why itself
            }
        }
        Ok(())
    }

    async fn insert_all(
        &self,
        section: &str,
        mut load: Load,
        mut prepared: mpsc::Receiver<(Prepared, OwnedSemaphorePermit)>,
    ) -> Result<Load, SyncError> {
        while let Some((blob, _taken)) = prepared.recv().await {
            let (rows, stored_bytes) = (blob.rows(), blob.stored_bytes());
            let inserting = self.on_store(move |store| {
                store.centre.load_blob(&mut load, &blob)?;
                Ok(load)
            });
            load = inserting.await?;
            self.meter.rows.fetch_add(rows, Ordering::Relaxed);
            self.meter.add_done(section, stored_bytes);
        }
        Ok(load)
    }

    /// Runs a call of the store, which may wait for the disk.
    pub(crate) fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> tillkit_store::Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T, SyncError>> {
        let store = self.store.clone();
        self.aside.run(move || Ok(work(&store)?))
    }
}
