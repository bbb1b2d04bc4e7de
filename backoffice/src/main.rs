//! `tillkit-backoffice`: the reference back office as a program.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use tillkit_backoffice::{Config, start};
use tracing_subscriber::EnvFilter;

/// Publishes centres to tills, stores and books what they send.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// sqlite:FILE (made where missing) or postgres://…
    #[arg(long, env = "TILLKIT_DATABASE", default_value = "sqlite:tillkit.db")]
    database: String,
    /// The folder of blobs.
    #[arg(long, env = "TILLKIT_DATA", default_value = "tillkit-data")]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "TILLKIT_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The first tenant's name.
    #[arg(long, env = "TILLKIT_TENANT", default_value = "shop")]
    tenant: String,
    /// The first tenant's administrator token; without it, one that follows from the database.
    #[arg(long, env = "TILLKIT_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// The password of the first account, `owner`, at first start; without it, a random one, printed once.
    #[arg(long, env = "TILLKIT_OWNER_PASSWORD", hide_env_values = true)]
    owner_password: Option<String>,
    /// The database has been restored from a backup: begin a new epoch.
    #[arg(long)]
    restored: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let mut config = Config::new(arguments.database, arguments.data);
    config.listen = arguments.listen;
    config.tenant = arguments.tenant;
    config.admin_token = arguments.admin_token;
    config.owner_password = arguments.owner_password;
    config.is_restored = arguments.restored;
    let running = start(config).await?;
    println!("address {}", running.url());
    println!("admin-token {}", running.admin_token);
    if let Some(password) = &running.owner_password {
        println!("owner-password {password}");
    }
    stop_asked().await?;
    running.stop().await?;
    Ok(())
}

#[cfg(unix)]
async fn stop_asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_asked() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
