//! A back office in a process of its own, whose clock its parent sets.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tillkit_backoffice::{Clock, Config, Running};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

/// Where the child finds its [`Settings`].
const SETTINGS: &str = "TILLKIT_OFFICE";

/// How a back office of the tests begins.
#[derive(Serialize, Deserialize)]
pub struct Settings {
    /// A folder: the database, blobs, and the file of the clock.
    pub folder: PathBuf,
    /// As before; absent at the first start.
    pub listen: Option<SocketAddr>,
    /// Whether the files come from a backup.
    pub is_restored: bool,
}

impl Settings {
    /// The back office itself, with this clock.
    ///
    /// # Errors
    /// What it says.
    pub async fn start(&self, clock: Clock) -> Result<Running> {
        let database = format!("sqlite:{}", self.folder.join("office.db").display());
        let mut config = Config::new(database, self.folder.join("office"));
        config.clock = clock;
        config.enrol_attempts_per_hour = 1_000;
        config.is_restored = self.is_restored;
        config.listen = self.listen.unwrap_or(config.listen);
        Ok(tillkit_backoffice::start(config).await?)
    }
}

/// The time that a parent sets and its child reads: Unix milliseconds in a file of the shop's folder.
pub struct SharedClock(File);

impl SharedClock {
    /// The parent's end.
    ///
    /// # Errors
    /// The disk's.
    pub fn create(folder: &Path) -> io::Result<SharedClock> {
        File::create(folder.join("clock")).map(SharedClock)
    }

    fn open(folder: &Path) -> io::Result<SharedClock> {
        File::open(folder.join("clock")).map(SharedClock)
    }

    /// Sets it.
    ///
    /// # Errors
    /// The disk's.
    pub fn set(&self, now_ms: i64) -> io::Result<()> {
        self.0.write_all_at(&now_ms.to_le_bytes(), 0)
    }

    fn now_ms(&self) -> i64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, 0).expect("the parent has set it");
        i64::from_le_bytes(bytes)
    }
}

/// The child, as its parent sees it.
pub struct Apart {
    /// Where it answers.
    pub url: String,
    /// Its administrator.
    pub admin_token: String,
    child: Child,
    pipes: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
}

impl Apart {
    /// Starts it: a command that ends in [`be_the_office`].
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(command: std::process::Command, settings: &Settings) -> Result<Apart> {
        let mut command = Command::from(command);
        command.env(SETTINGS, serde_json::to_string(settings)?).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let asks = child.stdin.take().context("no pipe")?;
        let mut says = BufReader::new(child.stdout.take().context("no pipe")?).lines();
        loop {
            let line = says.next_line().await?.context("the back office ended before it began")?;
            if let Some((url, admin_token)) =
                line.strip_prefix("office ").and_then(|told| told.split_once(' '))
            {
                let (url, admin_token) = (url.into(), admin_token.into());
                return Ok(Apart { url, admin_token, child, pipes: Mutex::new((asks, says)) });
            }
        }
    }

    /// Waits until everything that has arrived is booked.
    ///
    /// # Errors
    /// If the child has ended.
    pub async fn settled(&self) -> Result<()> {
        let (asks, says) = &mut *self.pipes.lock().await;
        asks.write_all(b"settled?\n").await?;
        says.next_line().await?.context("the back office has ended")?;
        Ok(())
    }

    /// Tells it to stop, and waits.
    ///
    /// # Errors
    /// If it did not end well.
    pub async fn stop(self) -> Result<()> {
        let Apart { mut child, pipes, .. } = self;
        let (asks, mut says) = pipes.into_inner();
        drop(asks);
        // It may have something to say yet.
        while says.next_line().await?.is_some() {}
        let status = child.wait().await?;
        anyhow::ensure!(status.success(), "the back office ended with {status}");
        Ok(())
    }
}

/// What the child does until nobody speaks to it any more.
///
/// # Errors
/// What the back office says.
pub async fn be_the_office() -> Result<()> {
    let settings: Settings = serde_json::from_str(&std::env::var(SETTINGS)?)?;
    let clock = SharedClock::open(&settings.folder)?;
    let office = settings.start(Clock::new(move || clock.now_ms())).await?;
    println!("office {} {}", office.url(), office.admin_token);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while lines.next_line().await?.is_some() {
        office.settled().await;
        println!("settled");
    }
    office.stop().await?;
    Ok(())
}
