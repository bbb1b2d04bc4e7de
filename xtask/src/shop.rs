//! `cargo xtask shop`: a back office with a small published shop, to develop a till against.

use std::{io::Read, process::ExitCode};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tillkit_backoffice::{Config, Running};
use tillkit_tests::world::{ask_admin, stock_at};

/// Starts a back office with a small published shop, and stays until its input ends or Ctrl-C
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Prints one line of JSON: url, admin_token, owner_password, code, qr
    #[arg(long)]
    json: bool,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
}

/// Starts the shop and waits.
///
/// # Errors
/// What the back office, the disk or the socket says.
pub fn run(args: &Args) -> Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let folder = tempfile::tempdir()?;
        let (office, pairing) = open(folder.path(), args.listen).await?;
        let facts = json!({
            "url": office.url(),
            "admin_token": office.admin_token,
            "owner_password": office.owner_password,
            "code": pairing["code"],
            "qr": pairing["qr"].to_string(),
        });
        if args.json {
            println!("{facts}");
        } else {
            println!("A shop with the centre `main` answers at {}", office.url());
            println!(
                "  web page:  sign in as owner, password {}",
                facts["owner_password"].as_str().unwrap_or("")
            );
            println!("  pair a till (T1) with the code {}", facts["code"].as_str().unwrap_or(""));
            println!("  cashiers:  anna, PIN 1234, may everything; bob, PIN 4321, may sell");
            println!("  API:       Authorization: Bearer {}", office.admin_token);
            println!("End it with Ctrl-C.");
        }
        let input_ended = tokio::task::spawn_blocking(|| {
            // Whoever started it closes its end, or is gone; an error is the same.
            drop(std::io::stdin().read_to_end(&mut Vec::new()));
        });
        tokio::select! {
            _ = input_ended => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        office.stop().await?;
        // A terminal's input may never end: the thread that reads it is not waited for.
        std::process::exit(0)
    })
}

/// A back office on this folder with the centre `main` and a pairing code of the till T1.
///
/// # Errors
/// What the back office says.
pub async fn open(folder: &std::path::Path, listen: std::net::SocketAddr) -> Result<(Running, Value)> {
    let database = format!("sqlite:{}", folder.join("office.db").display());
    let mut config = Config::new(database, folder.join("office"));
    config.listen = listen;
    let office = tillkit_backoffice::start(config).await?;
    stock_at(&office.url(), &office.admin_token, "main", "High Street").await?;
    ask_admin(&office, "PUT", "tills/T1", &json!({"name": "Till 1"}).to_string()).await?;
    let pairing = ask_admin(&office, "POST", "tills/T1/pairing", "").await?;
    let pairing = serde_json::from_str(&pairing).context("the back office answered no JSON")?;
    Ok((office, pairing))
}
