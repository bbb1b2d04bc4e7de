//! Opening a file so that it is ours, of a version we know, and set up for its purpose.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use rusqlite::{Connection, InterruptHandle, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use crate::{Gate, Result, StoreError, gate::Pass};

/// One of the two kinds of file.
pub(crate) struct FileKind {
    /// SQLite's `application_id`: tells our file from any other.
    pub application_id: i32,
    /// Migration n brings version n−1 to n.
    pub migrations: &'static [&'static str],
    /// Set on every connection.
    pub pragmas: &'static str,
    /// Whether closing the last connection writes the WAL back into the file.
    pub writes_back_on_close: bool,
}

impl FileKind {
    fn known(&self) -> u32 {
        self.migrations.len() as u32
    }

    /// Opens `path`, making it if it is missing, and brings it to the newest version.
    pub fn open(&self, path: &Path) -> Result<Connection> {
        let opened = self.connect(path).and_then(|mut db| self.migrate(path, &mut db).map(|()| db));
        opened.map_err(|error| match error {
            StoreError::Sqlite(source)
                if matches!(source.sqlite_error_code(), Some(rusqlite::ErrorCode::NotADatabase)) =>
            {
                StoreError::Foreign { file: path.to_path_buf() }
            }
            error if error.is_of_the_file() && !matches!(error, StoreError::Foreign { .. }) => {
                StoreError::Damaged { file: path.to_path_buf(), why: error_text(&error) }
            }
            error => error,
        })
    }

    /// Another connection to a file that [`FileKind::open`] has brought up to date.
    pub fn connect(&self, path: &Path) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let db = Connection::open_with_flags(path, flags)?;
        // A newer or foreign file must stay untouched: no pragma that writes before the check, and
        // closing must not write a WAL back that somebody else left.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let version = self.check(path, &db)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !self.writes_back_on_close)?;
        // Without it a statement is planned anew each time that a parameter of its WHERE changes.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        db.set_prepared_statement_cache_capacity(64);
        if version == 0 {
            db.pragma_update(None, "page_size", 4096)?;
        }
        db.execute_batch(self.pragmas)?;
        Ok(db)
    }

    fn check(&self, path: &Path, db: &Connection) -> Result<u32> {
        let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let (application_id, version) = (number("application_id")?, number("user_version")?);
        let is_empty = number("page_count")? == 0;
        if !is_empty && application_id != i64::from(self.application_id) {
            let has_tables: bool =
                db.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| row.get(0))?;
            // A crash between making the file and its first migration leaves a database without tables.
            if has_tables || application_id != 0 {
                return Err(StoreError::Foreign { file: path.to_path_buf() });
            }
        }
        if version > i64::from(self.known()) {
            let found = u32::try_from(version).unwrap_or(u32::MAX);
            return Err(StoreError::Newer { file: path.to_path_buf(), found, known: self.known() });
        }
        Ok(u32::try_from(version).unwrap_or(0))
    }

    /// Each migration is a transaction of its own, with the version it leads to inside.
    fn migrate(&self, path: &Path, db: &mut Connection) -> Result<()> {
        loop {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let version = self.check(path, &tx)?;
            let Some(migration) = self.migrations.get(version as usize) else { return Ok(()) };
            tx.execute_batch(migration)?;
            tx.pragma_update(None, "application_id", self.application_id)?;
            tx.pragma_update(None, "user_version", version + 1)?;
            tx.commit()?;
        }
    }
}

fn error_text(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// A connection behind the gate. A std mutex: SQLite allows one call at a time on a connection, and
/// nothing awaits inside.
pub(crate) struct Db {
    kind: &'static FileKind,
    path: PathBuf,
    gate: Arc<Gate>,
    connection: Mutex<Option<Connection>>,
    interrupt: Mutex<Option<InterruptHandle>>,
}

/// A connection in use: inside the gate, locked.
pub(crate) struct InUse<'a> {
    guard: MutexGuard<'a, Option<Connection>>,
    _pass: Pass<'a>,
}

impl Db {
    pub fn new(kind: &'static FileKind, path: &Path, gate: Arc<Gate>, connection: Connection) -> Db {
        let interrupt = Mutex::new(Some(connection.get_interrupt_handle()));
        Db { kind, path: path.to_path_buf(), gate, connection: Mutex::new(Some(connection)), interrupt }
    }

    /// Waits for whoever uses it.
    pub fn get(&self) -> Result<InUse<'_>> {
        let pass = self.gate.enter()?;
        let guard = lock(&self.connection);
        if guard.is_none() {
            return Err(StoreError::Suspended);
        }
        Ok(InUse { guard, _pass: pass })
    }

    /// `None` while somebody else uses it.
    pub fn try_get(&self) -> Result<Option<InUse<'_>>> {
        let pass = self.gate.enter()?;
        let guard = match self.connection.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        if guard.is_none() {
            return Err(StoreError::Suspended);
        }
        Ok(Some(InUse { guard, _pass: pass }))
    }

    /// Stops a running statement.
    pub fn interrupt(&self) {
        if let Some(handle) = lock(&self.interrupt).as_ref() {
            handle.interrupt();
        }
    }

    /// Closes the connection; nobody is inside the gate.
    pub fn release(&self) {
        *lock(&self.interrupt) = None;
        *lock(&self.connection) = None;
    }

    /// Opens it again after [`Db::release`].
    pub fn reopen(&self) -> Result<()> {
        self.reopen_with("")
    }

    /// The same, with pragmas of its own.
    pub fn reopen_with(&self, pragmas: &str) -> Result<()> {
        let connection = self.kind.connect(&self.path)?;
        connection.execute_batch(pragmas)?;
        *lock(&self.interrupt) = Some(connection.get_interrupt_handle());
        *lock(&self.connection) = Some(connection);
        Ok(())
    }
}

impl InUse<'_> {
    pub fn db(&self) -> Result<&Connection> {
        self.guard.as_ref().ok_or(StoreError::Suspended)
    }

    /// A transaction that has the writer's lock from its start.
    pub fn begin(&mut self) -> Result<Transaction<'_>> {
        let db = self.guard.as_mut().ok_or(StoreError::Suspended)?;
        Ok(db.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// A panic inside rolled its transaction back, so what the lock guards is still right.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
