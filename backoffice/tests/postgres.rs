//! The same SQL on PostgreSQL. Skipped, saying why, where there is none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use common::{CENTRE, Office, PASSWORD, item, row};
use reqwest::Method;
use serde_json::json;
use tillkit_protocol::Hash;

/// A cluster of its own in a folder that goes with it.
struct Cluster {
    bin: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

fn as_postgres(program: &Path) -> Command {
    // initdb refuses root; the Debian package brings a user of that name.
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

impl Cluster {
    fn start() -> Result<Cluster, String> {
        let versions = std::fs::read_dir("/usr/lib/postgresql")
            .map_err(|error| format!("/usr/lib/postgresql: {error}"))?;
        let bin = versions.filter_map(Result::ok).map(|version| version.path().join("bin")).max();
        let bin = bin.ok_or("no version of PostgreSQL is installed")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Command::new("chmod").arg("777").arg(folder.path()).status().map_err(|error| error.to_string())?;
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
        let data = folder.path().join("data");
        let run = |command: &mut Command| -> Result<(), String> {
            let done = command.stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").status();
            let status = done.map_err(|error| error.to_string())?;
            if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
        };
        run(as_postgres(&bin.join("initdb")).arg("-D").arg(&data).args([
            "-U",
            "pos",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]))?;
        let options =
            format!("-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off", folder.path().display());
        let log = folder.path().join("log");
        run(as_postgres(&bin.join("pg_ctl"))
            .arg("-D")
            .arg(&data)
            .args(["-w", "-t", "30", "-l"])
            .arg(log)
            .args(["-o", &options, "start"]))?;
        Ok(Cluster { bin, folder, port })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let _ = as_postgres(&self.bin.join("pg_ctl"))
            .arg("-D")
            .arg(data)
            .args(["-m", "immediate", "stop"])
            .stdout(Stdio::null())
            .status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_round_trip_runs_on_postgresql() {
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => {
            eprintln!("skipped: no PostgreSQL could be started here: {why}");
            return;
        }
    };
    let database = format!("postgres://pos@127.0.0.1:{}/postgres", cluster.port);
    let office = Office::with(|config| config.database = database.clone()).await;
    office.publish_centre().await;
    let mut till = office.subscribed("T1").await;
    office
        .rows(
            CENTRE,
            &[
                row("item", "tea", item("2.00")),
                row("item", "ž", item("1.00")),
                row("item", "Z", item("1.00")),
            ],
        )
        .await;
    let published = office.publish(CENTRE).await;
    assert_eq!(published["changed"]["items"], 3, "{published}");
    let rows = office.snapshot(&till, "items").await;
    assert_eq!(rows.len(), 4);
    assert_eq!(rows["item/tea"]["price"], "2.00");

    let sales = till.sales(300);
    let uploads: Vec<_> = sales.chunks(20).chain(sales.chunks(33)).collect();
    let answers =
        futures_util::future::join_all(uploads.iter().map(|records| office.upload(&till, records))).await;
    let stored: u64 = answers
        .iter()
        .flat_map(|answer| &answer.stored)
        .flat_map(|ranges| &ranges.ranges)
        .map(|(from, to)| to - from + 1)
        .sum();
    assert_eq!(stored, 300);
    assert_eq!(office.total("gross", "").await, 45_000);
    let contacted = office.contact(&till, &till.contact()).await;
    assert_eq!((contacted.through, contacted.processed, contacted.head), (300, 300, till.head));
    assert_eq!(office.findings().await, []);
    assert_eq!(office.export("").await.len(), 300);
    assert_eq!(
        office.admin_ok(reqwest::Method::GET, "/tills", "").await["tills"][0]["enrolments"][0]["top"],
        300
    );
    assert_eq!(office.admin_lines("/stock").await[0]["micro"], -300_000_000);

    let cookie = office.sign_in("owner", PASSWORD).await;
    for (path, words) in [
        ("/", "T1A-000300"),
        ("/web/documents", "450.00"),
        ("/web/documents/T1/1/300/0", "Signature holds"),
        ("/web/centres/main/items?find=thing&page=0", "1–4 of 4 items"),
        ("/web/tills", "all processed"),
    ] {
        let page = office.page(&cookie, path).await;
        assert!(page.contains(words), "{path}: {page}");
    }
    office.post_form(&cookie, "/web/centres/main/items/price", "id=tea&price=9").await;
    assert!(office.page(&cookie, "/web/centres/main/publish").await.contains("2.00 → 9.00"));
    let older = office.page(&cookie, "/web/documents").await;
    let older = older.split("before=").nth(1).unwrap().split('"').next().unwrap().to_string();
    assert!(office.page(&cookie, &format!("/web/documents?before={older}")).await.contains("T1A-000260"));

    let stock = office.snapshot(&till, "stock").await;
    assert_eq!(stock["stock_level/store/tea"]["quantity"], "-300");
    assert_eq!(stock["stock_counted/T1/1"]["ranges"], json!([[1, 300]]));
    let part = br#"{"name":"Miss Marple"}"#;
    let path = format!("/parts/{}", Hash::of(part));
    let made = till.record("customer_made", 0, json!({"customer": "new-1", "part": Hash::of(part)}));
    office.upload(&till, &[made]).await;
    office.ask(&till, Method::POST, &format!("/v1{path}")).body(&part[..]).send().await.unwrap();
    office.running.settled().await;
    assert_eq!(office.snapshot(&till, "customers").await["customer/new-1"]["name"], "Miss Marple");
    office.admin_ok(Method::DELETE, &path, "").await;
    office.running.settled().await;
    assert_eq!(office.snapshot(&till, "customers").await["customer/new-1"]["name"], "(erased)");
    let mut claiming = till.contact();
    claiming.processed = 302;
    assert_eq!(office.contact(&till, &claiming).await.findings[0].code, "lost");
    let sale = till.sale(1);
    office.upload(&till, &[sale]).await;
    office.running.settled().await;
    assert_eq!(office.findings().await, []);
    office.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_postgresql_does_not_hold_are_stored_booked_or_refused() {
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => {
            eprintln!("skipped: no PostgreSQL could be started here: {why}");
            return;
        }
    };
    let database = format!("postgres://pos@127.0.0.1:{}/postgres", cluster.port);
    let office = Office::with(|config| config.database = database.clone()).await;
    office.publish_centre().await;
    let file = "id,name,codes,unit,vat,price\na,A,C1,pc,std,1\n";
    office.admin_ok(Method::POST, "/centres/main/import/item", file).await;
    office.admin_ok(Method::POST, "/centres/main/import/item", "id,price\na,2\n").await;
    let problem =
        office.admin_refused(Method::POST, "/centres/main/import/item", file.replace("a,A", "b,B")).await;
    assert_eq!(problem.kind, "shared-codes");
    office.publish(CENTRE).await;
    common::nul::takes_nul(&office).await;
    office.running.stop().await.unwrap();
}
