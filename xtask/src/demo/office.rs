//! The back office in this process, and what an administrator asks of it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tillkit::{
    HttpTransport, Transport,
    transport::{Method, Request, Response},
};
use tillkit_backoffice::{Clock, Config, Running};
use tokio::io::AsyncWriteExt;

use super::clock::ShopClock;

/// A back office that can be switched off and on again.
pub struct Office {
    folder: PathBuf,
    clock: Arc<ShopClock>,
    address: SocketAddr,
    admin_token: String,
    http: HttpTransport,
    running: Option<Running>,
    drafted: Mutex<Vec<DraftedRow>>,
}

/// Kind, key and body of a row.
pub type DraftedRow = (String, String, Vec<u8>);

impl Office {
    /// Starts a new back office on a free loopback port, with its files in `folder`.
    ///
    /// # Errors
    /// The back office's.
    pub async fn start(folder: PathBuf, clock: Arc<ShopClock>) -> Result<Office> {
        std::fs::create_dir_all(&folder)?;
        let running = tillkit_backoffice::start(config(&folder, &clock))
            .await
            .context("the back office does not start")?;
        Ok(Office {
            address: running.address,
            admin_token: running.admin_token.clone(),
            http: HttpTransport::new(&running.url())?,
            running: Some(running),
            drafted: Mutex::default(),
            folder,
            clock,
        })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What an administrator must show.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// Whether it is switched on.
    pub fn is_on(&self) -> bool {
        self.running.is_some()
    }

    /// Switches it off. What it has acknowledged is on its disk.
    ///
    /// # Errors
    /// The back office's.
    pub async fn switch_off(&mut self) -> Result<()> {
        match self.running.take() {
            Some(running) => Ok(running.stop().await?),
            None => Ok(()),
        }
    }

    /// Switches it on again, on the same files and at the same address.
    ///
    /// # Errors
    /// The back office's.
    pub async fn switch_on(&mut self) -> Result<()> {
        if self.running.is_none() {
            let config = Config { listen: self.address, ..config(&self.folder, &self.clock) };
            self.running = Some(
                tillkit_backoffice::start(config).await.context("the back office does not start again")?,
            );
        }
        Ok(())
    }

    /// Waits until it has booked every document that it holds.
    pub async fn settled(&self) {
        if let Some(running) = &self.running {
            running.settled().await;
        }
    }

    /// Makes a centre or changes the row that names it.
    ///
    /// # Errors
    /// A refusal, in the back office's words.
    pub async fn put_centre(&self, centre: &str, row: &Value) -> Result<()> {
        self.note("centre", centre, row);
        self.ask(Method::Put, &format!("/centres/{centre}"), Some(row.to_string().into_bytes()))
            .await
            .map(drop)
    }

    fn note(&self, kind: &str, key: &str, body: &Value) {
        let row = (kind.to_string(), key.to_string(), body.to_string().into_bytes());
        self.drafted.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    /// Every row that was drafted, in order; all of them were published.
    pub fn drafted(&self) -> Vec<DraftedRow> {
        self.drafted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drafts rows: `(kind, key, body)`.
    ///
    /// # Errors
    /// A refusal, in the back office's words.
    pub async fn put_rows(&self, centre: &str, rows: &[(&str, String, Value)]) -> Result<()> {
        let mut lines = String::new();
        for (kind, key, body) in rows {
            self.note(kind, key, body);
            lines.push_str(&json!({"k": kind, "id": key, "d": body}).to_string());
            lines.push('\n');
        }
        self.ask(Method::Post, &format!("/centres/{centre}/rows"), Some(lines.into_bytes())).await.map(drop)
    }

    /// Drafts a user.
    ///
    /// # Errors
    /// A refusal, in the back office's words.
    pub async fn put_user(&self, centre: &str, id: &str, name: &str, role: &str, pin: &str) -> Result<()> {
        let user = json!({"id": id, "name": name, "role": role, "pin": pin});
        self.ask(Method::Post, &format!("/centres/{centre}/users"), Some(user.to_string().into_bytes()))
            .await
            .map(drop)
    }

    /// Publishes what is drafted; the generation it becomes.
    ///
    /// # Errors
    /// A refusal, in the back office's words.
    pub async fn publish(&self, centre: &str) -> Result<u64> {
        let published: Value =
            read(self.ask(Method::Post, &format!("/centres/{centre}/publish"), None).await?).await?;
        published["generation"].as_u64().context("the answer names no generation")
    }

    /// Makes a till and a pairing code for it.
    ///
    /// # Errors
    /// A refusal, in the back office's words.
    pub async fn pairing_code(&self, till: &str, name: &str) -> Result<String> {
        let named = json!({"name": name}).to_string().into_bytes();
        self.ask(Method::Put, &format!("/tills/{till}"), Some(named)).await?;
        let code: Value =
            read(self.ask(Method::Post, &format!("/tills/{till}/pairing"), None).await?).await?;
        Ok(code["code"].as_str().context("the answer names no code")?.to_string())
    }

    /// Writes every document, `<signature> <line>` a line, to a file.
    ///
    /// # Errors
    /// The network's or the disk's.
    pub async fn export(&self, file: &std::path::Path) -> Result<()> {
        let mut body = self.ask(Method::Get, "/documents", None).await?.body;
        let mut file = tokio::io::BufWriter::new(tokio::fs::File::create(file).await?);
        while let Some(chunk) = body.next().await {
            file.write_all(&chunk?).await?;
        }
        Ok(file.flush().await?)
    }

    /// Every sum that the books hold.
    ///
    /// # Errors
    /// The network's.
    pub async fn totals(&self) -> Result<Vec<Value>> {
        lines(self.ask(Method::Get, "/totals", None).await?).await
    }

    /// Every level of stock that the books hold.
    ///
    /// # Errors
    /// The network's.
    pub async fn stock(&self) -> Result<Vec<Value>> {
        lines(self.ask(Method::Get, "/stock", None).await?).await
    }

    /// What the back office objects to.
    ///
    /// # Errors
    /// The network's.
    pub async fn findings(&self) -> Result<Vec<Value>> {
        lines(self.ask(Method::Get, "/findings", None).await?).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Response> {
        let headers = vec![
            ("authorization", format!("Bearer {}", self.admin_token)),
            ("content-type", "application/json".to_string()),
        ];
        let request =
            Request { method, path: format!("/admin/v1{path}"), headers, body: body.map(Into::into) };
        let answer = self.http.send(request).await.with_context(|| format!("asking {path}"))?;
        if answer.status >= 300 {
            let status = answer.status;
            bail!(
                "the back office refused {path} with {status}: {}",
                String::from_utf8_lossy(&whole(answer).await?)
            );
        }
        Ok(answer)
    }
}

fn config(folder: &std::path::Path, clock: &Arc<ShopClock>) -> Config {
    let now = clock.clone();
    Config {
        clock: Clock::new(move || now.ms()),
        ..Config::new(format!("sqlite:{}", folder.join("backoffice.db").display()), folder.to_path_buf())
    }
}

async fn whole(answer: Response) -> Result<Vec<u8>> {
    let mut body = answer.body;
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
    Ok(serde_json::from_slice(&whole(answer).await?)?)
}

async fn lines(answer: Response) -> Result<Vec<Value>> {
    let bytes = whole(answer).await?;
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Ok(serde_json::from_slice(line)?))
        .collect()
}
