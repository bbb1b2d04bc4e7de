//! `tillkit-backoffice`: the reference back office as a program.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use tillkit_backoffice::{Config, start};
use tillkit_protocol::{Problem, VERSION, VERSION_HEADER, export::ExportReceipt, keys};
use tracing_subscriber::EnvFilter;

/// Publishes centres to tills, stores and books what they send.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Brings documents that a till has exported to a back office that is running; again is harmless.
    Import(Import),
    /// Has documents that were set aside booked, as after an upgrade; again is harmless.
    Retry(Server),
}

/// A back office that is running.
#[derive(Args)]
struct Server {
    /// Where the back office answers.
    #[arg(long)]
    url: String,
    /// The administrator token.
    #[arg(long, env = "TILLKIT_ADMIN_TOKEN", hide_env_values = true, allow_hyphen_values = true)]
    token: String,
}

impl Server {
    /// Posts to the administrator's API; the answer of a back office that did what was asked.
    async fn post(&self, path: &str, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        // Already installed is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let Server { url, token } = self;
        let address = format!("{}/admin/v1{path}", url.trim_end_matches('/'));
        let request = reqwest::Client::builder().build()?.post(address).bearer_auth(token);
        let answer = request.header(VERSION_HEADER, VERSION).body(body).send().await?;
        let is_ours = answer.headers().contains_key(VERSION_HEADER);
        let (status, answer) = (answer.status(), answer.bytes().await?);
        if status.is_success() && is_ours {
            return Ok(answer.into());
        }
        match serde_json::from_slice::<Problem>(&answer) {
            Ok(problem) => bail!("nothing was done: {problem}"),
            Err(_) => bail!("{url} answered {status}, and not as a back office does"),
        }
    }
}

#[derive(Args)]
struct Import {
    #[command(flatten)]
    server: Server,
    /// What the till has exported.
    file: PathBuf,
    /// Where to write the receipt, which the till may read instead of making contact.
    #[arg(long)]
    receipt: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
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
    #[arg(long, env = "TILLKIT_ADMIN_TOKEN", hide_env_values = true, allow_hyphen_values = true)]
    admin_token: Option<String>,
    /// The password of the first account, `owner`, at first start; without it, a random one, printed once.
    #[arg(long, env = "TILLKIT_OWNER_PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    owner_password: Option<String>,
    /// The database has been restored from a backup: begin a new epoch.
    #[arg(long)]
    restored: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Arguments { command, serve } = Arguments::parse();
    match command {
        Some(Command::Import(wanted)) => import(wanted).await,
        Some(Command::Retry(server)) => retry(server).await,
        None => answer_tills(serve).await,
    }
}

async fn retry(server: Server) -> anyhow::Result<()> {
    #[derive(serde::Deserialize)]
    struct Tried {
        documents: u64,
    }
    let tried: Tried = serde_json::from_slice(&server.post("/documents/retry", Vec::new()).await?)?;
    println!("tried {} documents; those that cannot be booked are among the findings again", tried.documents);
    Ok(())
}

async fn import(Import { server, file, receipt }: Import) -> anyhow::Result<()> {
    let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let answer = server.post("/documents/import", bytes).await?;
    // It is the till that verifies whose signature stands on it.
    let (_, line) = keys::split_signed(answer.trim_ascii_end()).context("the answer is no receipt")?;
    let read: ExportReceipt = serde_json::from_slice(line).context("the answer is no receipt")?;
    for held in &read.held {
        let ranges: Vec<_> = held.seqs.ranges.iter().map(|(from, to)| format!("{from}–{to}")).collect();
        println!("held {}/{} {}", held.seqs.till, held.seqs.enrolment, ranges.join(", "));
    }
    for refused in &read.refused {
        println!("refused line {}: {}", refused.index, refused.why);
    }
    if let Some(receipt) = receipt {
        std::fs::write(&receipt, &answer)
            .with_context(|| format!("{} cannot be written", receipt.display()))?;
    }
    Ok(())
}

async fn answer_tills(arguments: Serve) -> anyhow::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_begin_with_a_dash() {
        let typed = ["tillkit-backoffice", "import", "--url", "u", "--token", "-n_x", "T1.tillkit"];
        assert!(Arguments::try_parse_from(typed).is_ok());
    }
}
