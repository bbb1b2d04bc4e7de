//! The two files of a till.
//!
//! | file | holds | may be lost? |
//! |---|---|---|
//! | `centre.db` | what came down, local edits over it, cursors | yes: one sync rebuilds it |
//! | `journal.db` | documents, series, acknowledgements, who this till is | never |
//!
//! No operation writes both. A sale reads [`Centre`] and then commits to [`Journal`] alone, so a
//! replacement of a million rows never makes it wait for a writer's lock, and a damaged `centre.db`
//! is thrown away without touching a sale.
//!
//! - [`journal`]: documents, numbers, what is unsent, acknowledgements.
//! - [`centre`]: what is live, and how it is read; [`load`]: how it is replaced, slot by slot;
//!   [`changes`]: what that changed, for people.
//! - [`gate`]: `suspend` and `resume`.

pub mod centre;
pub mod changes;
mod error;
mod file;
pub mod gate;
pub mod journal;
pub mod load;
mod precedence;

use std::{path::Path, sync::Arc, time::Duration};

pub use centre::Centre;
pub use error::StoreError;
pub use gate::{Gate, Released};
pub use journal::Journal;

/// What every call of this crate answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Both files of a till, in one folder.
pub struct Store {
    /// `centre.db`.
    pub centre: Centre,
    /// `journal.db`.
    pub journal: Journal,
    gate: Arc<Gate>,
    is_in_memory: bool,
}

impl Store {
    /// Opens both files in `folder`, making what is missing.
    ///
    /// A damaged or foreign `centre.db` is put aside as `centre.db.damaged` and made anew: then
    /// [`Centre::is_new`] says so. `journal.db` is never put aside.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Foreign`] or [`StoreError::Damaged`] of `journal.db`,
    /// untouched; [`StoreError::Newer`] of `centre.db`; [`StoreError::Folder`].
    ///
    /// ```
    /// let folder = tempfile::tempdir()?;
    /// let store = tillkit_store::Store::open(folder.path())?;
    /// assert_eq!(store.journal.unsent()?.documents(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(folder: &Path) -> Result<Store> {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Folder { folder: folder.to_path_buf(), source })?;
        let (gate, precedence) = (Arc::new(Gate::default()), Arc::default());
        let journal = Journal::open(&folder.join("journal.db"), gate.clone(), Arc::clone(&precedence))?;
        let centre = Centre::open(&folder.join("centre.db"), gate.clone(), precedence)?;
        Ok(Store { centre, journal, gate, is_in_memory: false })
    }

    /// Opens both files in memory: for previews and tests. They are gone once this is dropped.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn in_memory() -> Result<Store> {
        use std::sync::atomic::{AtomicU64, Ordering};
        // Connections of one store share a file of SQLite's memdb by its name; two stores must not.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = |name: &str| std::path::PathBuf::from(format!("file:/tillkit-{number}-{name}?vfs=memdb"));
        let (gate, precedence) = (Arc::new(Gate::default()), Arc::default());
        let journal = Journal::open(&file("journal"), gate.clone(), Arc::clone(&precedence))?;
        let centre = Centre::open(&file("centre"), gate.clone(), precedence)?;
        Ok(Store { centre, journal, gate, is_in_memory: true })
    }

    /// Closes the gate, interrupts reads and loads, lets a running commit finish, closes both files.
    ///
    /// Answers within about `deadline`. After [`Released::Released`] no file lock is held; calls
    /// answer [`StoreError::Suspended`] until [`Store::resume`].
    pub fn suspend(&self, deadline: Duration) -> Released {
        let interrupt = || {
            self.centre.interrupt();
            self.journal.interrupt_reads();
        };
        if !self.gate.close(deadline, interrupt) {
            return Released::StillHeld;
        }
        if self.is_in_memory {
            return Released::Released; // there is no file to let go of, and closing would lose it
        }
        self.centre.release();
        self.journal.release();
        Released::Released
    }

    /// Opens both files again.
    ///
    /// # Errors
    /// As [`Store::open`]; then the store stays suspended.
    pub fn resume(&self) -> Result<()> {
        if self.is_in_memory {
            self.gate.open();
            return Ok(());
        }
        let reopened = self.journal.reopen().and_then(|()| self.centre.reopen());
        if reopened.is_err() {
            self.centre.release();
            self.journal.release();
        } else {
            self.gate.open();
        }
        reopened
    }
}

#[cfg(test)]
mod full_disk {
    //! A disk that is full is a file that may not grow: SQLite answers both with the same code.

    use std::collections::BTreeMap;

    use tillkit_protocol::{
        Hash,
        manifest::{Blob, SectionManifest},
        rows::{Row, compress, write_row},
    };

    use super::*;
    use crate::{
        file::Db,
        load::{Change, Target, prepare},
    };

    fn pages(db: &Db, may_grow_by: Option<i64>) {
        let used = db.get().unwrap();
        let count: i64 = used.db().unwrap().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        let limit = may_grow_by.map_or(1 << 30, |more| count + more);
        let growing = format!("PRAGMA max_page_count = {limit}");
        used.db().unwrap().query_row(&growing, [], |_| Ok(())).unwrap();
    }

    #[test]
    fn a_full_disk_refuses_the_next_write_and_loses_nothing_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        pages(&store.journal.writer, Some(30));
        let note = |n: u32| store.journal.write(|journal| journal.set_setting(&n.to_string(), &[7; 3_000]));
        let mut noted = 0;
        let refused = loop {
            match note(noted) {
                Ok(()) => noted += 1,
                Err(error) => break error,
            }
            assert!(noted < 1_000, "it never fills");
        };
        assert!(matches!(refused, StoreError::DiskFull), "{refused:?}");
        assert!(refused.to_string().contains("nothing was recorded"));
        assert!(noted > 5);
        assert!(matches!(note(noted), Err(StoreError::DiskFull)), "it says so again");
        assert_eq!(store.journal.setting(&noted.to_string()).unwrap(), None);

        pages(&store.journal.writer, None);
        note(noted).unwrap();
        drop(store);

        let store = Store::open(folder.path()).unwrap();
        for n in 0..=noted {
            assert_eq!(store.journal.setting(&n.to_string()).unwrap().unwrap().len(), 3_000);
        }
    }

    #[test]
    fn a_load_that_fills_the_disk_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut manifest = SectionManifest { generation: 1, ..SectionManifest::default() };
        let mut blobs = Vec::new();
        for part in 0..6 {
            let mut lines = Vec::new();
            for n in 0..200 {
                let (key, body) =
                    (format!("{part}-{n:03}"), format!("{{\"name\":\"Ser {}\"}}", "x".repeat(200)));
                write_row(
                    &mut lines,
                    &Row { kind: "item".into(), key: key.as_str().into(), body: Some(body.as_bytes()) },
                );
                manifest.kinds.entry("item".into()).or_default().add("item", &key, body.as_bytes());
            }
            let stored = compress(&lines).unwrap();
            let sha256 = Hash::of(&stored);
            manifest.snapshot.push(Blob {
                bytes: stored.len() as u64,
                first: String::new(),
                last: String::new(),
                rows: 200,
                sha256,
            });
            blobs.push((sha256, stored));
        }
        let target = Target { section: "items", epoch: "e1", manifest: &manifest };
        let mut load = store.centre.begin_load(&target).unwrap();
        pages(&store.centre.writer, Some(60));
        let put = |load: &mut load::Load| -> Result<()> {
            blobs.iter().try_for_each(|(name, stored)| store.centre.load_blob(load, &prepare(stored, name)?))
        };

        assert!(matches!(put(&mut load), Err(StoreError::DiskFull)));
        let loaded = load.loaded.len();
        assert!((1..6).contains(&loaded), "{loaded}");
        pages(&store.centre.writer, None);
        let mut load = store.centre.begin_load(&target).unwrap();
        assert_eq!(load.loaded.len(), loaded);
        put(&mut load).unwrap();
        store.centre.finish_load(&load, &target).unwrap();
        store.centre.make_live(&[Change::Snapshot(target)], &[], 7).unwrap();

        let view = store.centre.view().unwrap();
        assert_eq!(view.count("item").unwrap(), 1_200);
        assert_eq!(view.search_items("ser", 5_000).unwrap().len(), 1_200);
        assert_eq!(view.generations(), BTreeMap::from([("items".into(), 1)]));
    }
}
