//! The reference back office: publishes centres, stores and books documents.
//!
//! [`start`] opens the database and the blob folder, listens, and answers tills (`api`),
//! administrators' programs (`admin`) and people with a browser (`web`). What is decided stands in functions of their own (`publish`, `drafts`,
//! `enrol`, `ingest`, `process`) that the edges call; what is stored, in `store`. Time and chance are
//! injected through [`Config`].
//!
//! ```text
//!   api ─┬─▶ enrol, tokens            tills and who they are
//!        ├─▶ ingest ──▶ store ◀── process ──▶ book (pure)
//!        ├─▶ parts                   └──────▶ live ──▶ publish
//!        └─▶ store                    manifests, blobs
//! admin ─┬─▶ by_file ──▶ ingest, parts
//!        ├─▶ drafts, import, images, live, publish ──▶ store, blobs
//!   web ─┘                               news: what has changed, for pages that watch
//! ```

mod accounts;
mod admin;
mod api;
mod attempts;
mod blobs;
mod book;
mod by_file;
mod chain;
mod clock;
mod codes;
mod contacts;
mod drafts;
mod enrol;
mod error;
mod images;
mod import;
mod ingest;
mod live;
mod news;
mod parts;
mod passwords;
mod problem;
mod process;
mod publish;
mod ranges;
mod spool;
mod store;
mod tokens;
mod validate;
mod web;

use std::{
    collections::HashMap,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::serve::ListenerExt;
use futures_util::FutureExt;
use tillkit_protocol::Hash;
use tokio::{
    net::TcpListener,
    sync::{OwnedMutexGuard, broadcast, watch},
    task::{AbortHandle, JoinHandle},
};

pub use clock::{Clock, Randomness};
pub use drafts::{Drafted, NewUser};
pub use enrol::PairingCode;
pub use error::{Error, Result};
pub use publish::{Change, Published};
pub use store::TenantId;

use attempts::Attempts;
use news::News;
use store::{ServerRow, Store, Tenant};

/// How a back office is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite:FILE`, made where missing, or `postgres://…`.
    pub database: String,
    /// The folder of blobs and of files in passing; made where missing.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The first tenant's name, made at first start.
    pub tenant: String,
    /// The first tenant's administrator token; `None` takes the one that follows from the database.
    pub admin_token: Option<String>,
    /// The password of the first tenant's account `owner`, made at first start; `None` takes a random
    /// one, told once in [`Running::owner_password`].
    pub owner_password: Option<String>,
    /// The wall clock.
    pub clock: Clock,
    /// Where keys, codes and salts come from.
    pub random: Randomness,
    /// Failed attempts to enrol that an address has in an hour.
    pub enrol_attempts_per_hour: u32,
    /// Failed attempts to sign in to the web administration that an address has in an hour.
    pub sign_in_attempts_per_hour: u32,
    /// Whether the database has been restored from a backup: then a new epoch begins, and every till
    /// takes the snapshots anew.
    pub is_restored: bool,
}

impl Config {
    /// The usual: a free loopback port, the machine's clock and randomness, ten attempts an hour.
    pub fn new(database: impl Into<String>, data: impl Into<PathBuf>) -> Config {
        Config {
            database: database.into(),
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tenant: "shop".into(),
            admin_token: None,
            owner_password: None,
            clock: Clock::system(),
            random: Randomness::system(),
            enrol_attempts_per_hour: 10,
            sign_in_attempts_per_hour: 10,
            is_restored: false,
        }
    }
}

/// A back office's inside: what its edges call. Everything is reached through [`start`].
pub struct Backoffice {
    store: Store,
    blobs: blobs::Blobs,
    spool: PathBuf,
    clock: Clock,
    random: Randomness,
    server: ServerRow,
    tenants: RwLock<Vec<Arc<Tenant>>>,
    admins: RwLock<HashMap<Hash, TenantId>>,
    attempts: Attempts,
    sign_ins: Attempts,
    hashing: passwords::Hashing,
    nonces: tokens::Nonces,
    intake: ingest::Intake,
    queues: ingest::Queues,
    wake: process::Wake,
    contacts: contacts::Contacts,
    live: live::Live,
    pokes: broadcast::Sender<(TenantId, String)>,
    news: News,
    editing: Mutex<HashMap<(TenantId, String), Lock>>,
    writing_live: Mutex<HashMap<TenantId, Lock>>,
    stopping: watch::Sender<bool>,
}

type Lock = Arc<tokio::sync::Mutex<()>>;

impl Backoffice {
    fn tenant(&self, id: TenantId) -> Option<Arc<Tenant>> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().find(|tenant| tenant.id == id).cloned()
    }

    /// The tenant that a back office for one shop has.
    fn first_tenant(&self) -> Option<Arc<Tenant>> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().min_by_key(|tenant| tenant.id).cloned()
    }

    fn has_several_tenants(&self) -> bool {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).len() > 1
    }

    fn tenant_named(&self, name: &str) -> Option<Arc<Tenant>> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().find(|tenant| tenant.name == name).cloned()
    }

    /// One at a time drafts or publishes a centre, so that a publication sees one state of it.
    async fn editing(&self, tenant: TenantId, centre: &str) -> OwnedMutexGuard<()> {
        self.editing_lock(tenant, centre).lock_owned().await
    }

    /// The same, if nobody does just now.
    fn try_editing(&self, tenant: TenantId, centre: &str) -> Option<OwnedMutexGuard<()>> {
        self.editing_lock(tenant, centre).try_lock_owned().ok()
    }

    fn editing_lock(&self, tenant: TenantId, centre: &str) -> Lock {
        let mut editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        editing.entry((tenant, centre.to_owned())).or_default().clone()
    }

    /// One at a time writes live rows of a tenant or publishes them. Taken after [`Backoffice::editing`].
    async fn writing_live(&self, tenant: TenantId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut writing = self.writing_live.lock().unwrap_or_else(PoisonError::into_inner);
            writing.entry(tenant).or_default().clone()
        };
        lock.lock_owned().await
    }

    fn admin_of(&self, token: &Hash) -> Option<TenantId> {
        self.admins.read().unwrap_or_else(PoisonError::into_inner).get(token).copied()
    }

    fn admits(&self, tenant: TenantId, admin_token: &str) {
        let mut admins = self.admins.write().unwrap_or_else(PoisonError::into_inner);
        admins.insert(Hash::of(admin_token.as_bytes()), tenant);
    }
}

/// A back office that is running. Dropped, it ends at once, as a crash would; see [`Running::stop`].
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What `Authorization: Bearer` of `/admin/v1` must carry for the first tenant.
    pub admin_token: String,
    /// The password of the account `owner`, if it has just been made at random: it is kept nowhere.
    pub owner_password: Option<String>,
    office: Arc<Backoffice>,
    server: JoinHandle<()>,
    tasks: Vec<AbortHandle>,
}

/// Milliseconds since this process began, by a clock that never jumps.
pub(crate) fn uptime_ms() -> i64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Starts a back office.
///
/// # Errors
/// [`Error::Setup`] for a database address it does not know, else what the database, the folder or
/// the socket says.
pub async fn start(config: Config) -> Result<Running> {
    let store = Store::open(&config.database).await?;
    let mut server = store::server(&store, &config.random).await?;
    if config.is_restored {
        server.epoch = Hash::of(&config.random.bytes::<32>()?).to_string()[..16].to_string();
        store::set_epoch(&store, &server.epoch).await?;
    }
    store::items::fill_words(&store).await?;
    store::items::fill_codes(&store).await?;
    let first = store::make_tenant(&store, &config.random, &config.tenant).await?;
    let spool = config.data.join("spool");
    // What an earlier process left there was never applied.
    if spool.exists() {
        std::fs::remove_dir_all(&spool)?;
    }
    std::fs::create_dir_all(&spool)?;
    let (queues, to_verify, to_store) = ingest::queues();
    let began_ms = config.clock.now_ms();
    let news = News::beginning_at(began_ms);
    let office = Arc::new(Backoffice {
        blobs: blobs::Blobs::in_folder(&config.data.join("blobs"))?,
        spool,
        clock: config.clock,
        random: config.random,
        tenants: RwLock::default(),
        admins: RwLock::default(),
        attempts: Attempts::new(config.enrol_attempts_per_hour),
        sign_ins: Attempts::new(config.sign_in_attempts_per_hour),
        hashing: passwords::Hashing::default(),
        nonces: tokens::Nonces::since(began_ms),
        intake: ingest::Intake::default(),
        queues: queues.clone(),
        wake: process::Wake::default(),
        contacts: contacts::Contacts::default(),
        live: live::Live::default(),
        pokes: broadcast::channel(1_024).0,
        news,
        editing: Mutex::default(),
        writing_live: Mutex::default(),
        stopping: watch::channel(false).0,
        server,
        store,
    });
    let admin_token = match config.admin_token {
        Some(token) => token,
        None => tokens::admin_token(&office.server.secret, first.id)?,
    };
    office.admits(first.id, &admin_token);
    for tenant in store::tenants(&office.store).await? {
        if tenant.id != first.id {
            office.admits(tenant.id, &tokens::admin_token(&office.server.secret, tenant.id)?);
        }
        office.tenants.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(tenant));
    }
    let owner_password = accounts::make_first(&office, first.id, config.owner_password.as_deref()).await?;
    if config.is_restored {
        publish::renew_all(&office).await?;
    }
    live::begin(&office).await?;
    process::wake_all(&office).await?;

    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    let tasks = vec![
        for_ever("verify", &office, move |office| {
            let to_verify = to_verify.clone();
            async move { ingest::verify_groups(&mut *to_verify.lock().await, &office.queues).await }
        }),
        for_ever("store", &office, move |office| {
            let to_store = to_store.clone();
            async move { ingest::store_groups(&office, &mut *to_store.lock().await).await }
        }),
        for_ever("process", &office, |office| async move { process::process_for_ever(&office).await }),
        for_ever("live", &office, |office| async move { live::publish_for_ever(&office).await }),
        for_ever("contacts", &office, |office| async move { contacts::flush_for_ever(&office).await }),
    ];
    let router = axum::Router::new()
        .merge(api::router(&office))
        .merge(admin::router(&office))
        .merge(web::router(&office));
    let router = api::around(router).into_make_service_with_connect_info::<SocketAddr>();
    let mut stopping = office.stopping.subscribe();
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket without TCP_NODELAY");
        }
    });
    let server = tokio::spawn(async move {
        let stopped = async move {
            // An error means that nobody is left who could ask it to stop otherwise.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the server ended");
        }
    });
    tracing::info!(%address, "the back office is open");
    Ok(Running { address, admin_token, owner_password, office, server, tasks })
}

/// Runs a background task until it is aborted; a panic ends one round of it, never the task.
fn for_ever<F>(
    name: &'static str,
    office: &Arc<Backoffice>,
    round: impl Fn(Arc<Backoffice>) -> F + Send + Sync + 'static,
) -> AbortHandle
where
    F: Future<Output = ()> + Send,
{
    let office = office.clone();
    let task = tokio::spawn(async move {
        loop {
            if AssertUnwindSafe(round(office.clone())).catch_unwind().await.is_ok() {
                return;
            }
            tracing::error!(task = name, "a background task panicked and begins anew");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    task.abort_handle()
}

impl Running {
    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes another tenant and returns its administrator token.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_tenant(&self, name: &str) -> Result<String> {
        let tenant = store::make_tenant(&self.office.store, &self.office.random, name).await?;
        let token = tokens::admin_token(&self.office.server.secret, tenant.id)?;
        self.office.admits(tenant.id, &token);
        let mut tenants = self.office.tenants.write().unwrap_or_else(PoisonError::into_inner);
        if tenants.iter().all(|known| known.id != tenant.id) {
            tenants.push(Arc::new(tenant));
        }
        Ok(token)
    }

    /// Waits until every document that is here has been booked, and what is live is published.
    pub async fn settled(&self) {
        self.office.wake.is_idle().await;
        self.office.live.is_idle().await;
    }

    /// Answers what is being asked, then ends; everything acknowledged is on the disk.
    ///
    /// # Errors
    /// The database's, if last contacts could not be written down.
    pub async fn stop(mut self) -> Result<()> {
        self.office.stopping.send_replace(true);
        if tokio::time::timeout(Duration::from_secs(5), &mut self.server).await.is_err() {
            self.server.abort();
        }
        self.tasks.drain(..).for_each(|task| task.abort());
        let flushed = contacts::flush(&self.office).await;
        self.office.store.close().await;
        flushed
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.office.stopping.send_replace(true);
        self.server.abort();
        self.tasks.drain(..).for_each(|task| task.abort());
    }
}
