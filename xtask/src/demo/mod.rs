//! `cargo xtask demo`: a shop's sales file, sold again at real tills against a real back office.
//!
//! ```text
//!   sales.csv ─▶ file ─▶ mapping ─▶ replay ─▶ tills ⇄ back office ─▶ export ─┐
//!       │         (checked)  (deeds)   (with mishaps)                        ▼
//!       └──────────────────────────────────────────────────────────────▶ checker ─▶ report
//! ```
//!
//! `checker` shares no code with what stands left of it.

mod audit;
mod checker;
mod clock;
mod file;
mod ledger;
mod mapping;
mod office;
mod progress;
mod replay;
mod report;
mod shop;
mod till;
mod wire;

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result};

use clock::ShopClock;
use file::{Rates, SalesFile};
use ledger::Ledger;
use office::Office;
use progress::Progress;
use replay::Replay;
use report::{Books, Report, Stay};

/// Sells a shop's file again at real tills, through switched-off servers and lost answers, and checks
/// that everything meets to the penny.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The sales, CSV or CSV.GZ; else the shipped ones
    #[arg(long)]
    sales: Option<PathBuf>,
    /// Euro reference rates, CSV: date,currency,units_per_eur; else the shipped ones
    #[arg(long)]
    rates: Option<PathBuf>,
    /// How many tills
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=99))]
    tills: u64,
    /// Print one JSON object instead of a summary
    #[arg(long)]
    json: bool,
    /// Keep the back office up at the end
    #[arg(long)]
    stay: bool,
}

/// Runs the demonstration: success only if everything is equal.
///
/// # Errors
/// A file that cannot be used, before anything is started; or what kept the demonstration from its end.
pub fn run(args: &Args) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let is_equal = runtime.block_on(demonstrate(args, |report| show(args, report)))?;
    Ok(if is_equal { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name)
}

async fn demonstrate(args: &Args, show: impl FnOnce(&Report) -> Result<()>) -> Result<bool> {
    let began = Instant::now();
    let sales_file = args.sales.clone().unwrap_or_else(|| shipped("online-retail-2010-12-01--13.csv.gz"));
    let rates_file = args.rates.clone().unwrap_or_else(|| shipped("ecb-reference-rates-2010-12.csv"));
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let progress = Progress::new(args.json);
    progress.says("reading the file");
    let rates = Rates::read(&rates_file)?;
    let sales = SalesFile::read(&sales_file, &folder.path().join("sales.db"), |rows| progress.reads(rows))?;
    progress.of_rows(sales.facts().rows);

    let clock = ShopClock::at(replay::eve(&sales));
    let ledger = Ledger::new(&folder.path().join("ledger.db"))?;
    let mut office = Office::start(folder.path().join("backoffice"), clock.clone()).await?;
    progress.says("publishing the centre");
    shop::open(&office, &sales, &rates, &ledger).await?;
    let mut replay = Replay {
        sales: &sales,
        ledger: &ledger,
        office: &mut office,
        tills: Vec::new(),
        clock: clock.clone(),
        progress: &progress,
        diary: replay::Diary::default(),
    };
    replay.enrol(args.tills, folder.path()).await?;
    replay.run().await?;
    let diary = std::mem::take(&mut replay.diary);
    drop(replay);

    progress.says("checking the documents against the file");
    let export = folder.path().join("documents.ndjson");
    office.export(&export).await?;
    let books = books(&office).await?;
    let lines = || anyhow::Ok(BufReader::new(File::open(&export)?));
    let verdict =
        checker::check(&sales_file, lines()?, &folder.path().join("checker.db")).context("the checker")?;
    let (totals, stock) = (office.totals().await?, office.stock().await?);
    let audit = audit::audit(&office.drafted(), lines()?, &totals, &stock).context("the accountant")?;
    progress.ends();
    let seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    let mut report = Report::new(sales.facts(), args.tills, diary, (verdict, audit), books, seconds);
    if args.stay {
        clock.become_real();
        report.stay = Some(stay(&office, args.tills).await?);
    }
    show(&report)?;
    if args.stay {
        tokio::signal::ctrl_c().await?;
    }
    office.switch_off().await?;
    Ok(report.equal)
}

async fn books(office: &Office) -> Result<Books> {
    let mut books = Books { gross_minor: 0, findings: Default::default() };
    for total in office.totals().await?.iter().filter(|total| total["measure"] == "gross") {
        books.gross_minor += total["value"].as_i64().context("a total without a value")?;
    }
    // A batch that overtook another left a gap for a moment: that finding is closed by now.
    for finding in office.findings().await?.iter().filter(|finding| finding["closed_ms"].is_null()) {
        *books.findings.entry(finding["code"].as_str().unwrap_or_default().to_string()).or_default() += 1;
    }
    Ok(books)
}

async fn stay(office: &Office, tills: u64) -> Result<Stay> {
    let pairing_code = office.pairing_code(&format!("T{}", tills + 1), "One more till").await?;
    Ok(Stay { address: office.url(), admin_token: office.admin_token().into(), pairing_code })
}

fn show(args: &Args, report: &Report) -> Result<()> {
    if args.json {
        println!("{}", serde_json::to_string(report)?);
        return Ok(());
    }
    print!("{}", report.summary());
    if let Some(Stay { address, admin_token, pairing_code }) = &report.stay {
        println!("\nThe back office stays at {address} until Ctrl-C.");
        println!("  administrator's token      {admin_token}");
        println!("  pairing code for a till    {pairing_code}   (good for 15 minutes)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn args(sales: &Path, tills: u64) -> Args {
        Args { sales: Some(sales.into()), rates: None, tills, json: true, stay: false }
    }

    fn sell(sales: &Path, tills: u64) -> Result<serde_json::Value> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let mut shown = serde_json::Value::Null;
        let args = args(sales, tills);
        runtime.block_on(demonstrate(&args, |report| {
            shown = serde_json::to_value(report)?;
            Ok(())
        }))?;
        Ok(shown)
    }

    #[test]
    fn a_file_of_oddities_meets_to_the_penny() {
        let report = sell(&shipped("odd-sales.csv"), 2).unwrap();

        assert_eq!(report["differences"], json!([]));
        assert_eq!(report["equal"], true);
        let figures = ["rows", "invoices", "unsent", "lost", "doubled", "number_gaps"]
            .map(|name| report[name].as_u64().unwrap());
        assert_eq!(figures, [46, 31, 0, 0, 0, 0]);
        // By a Python program that knows the page docs/demo-mapping.md and nothing else.
        let by_day = json!({"2011-08-12": -1105873, "2011-08-13": -512, "2011-08-14": 0, "2011-08-20": 99999890000_i64});
        let by_tender =
            json!({"cash": -36557, "card": 99999927357_i64, "customer_credit": 300, "cash_eur": -1107485});
        assert_eq!(report["gross_minor"], 99998783615_i64);
        assert_eq!((&report["gross_minor_by_day"], &report["gross_minor_by_tender"]), (&by_day, &by_tender));
        assert_eq!(report["vat_minor_by_rate"], json!({"17.5": -159299, "0": 0}));
        assert_eq!(
            (&report["documents_at_tills"], &report["findings"]),
            (&report["documents_at_centre"], &json!({}))
        );
    }

    #[test]
    fn a_bad_file_is_refused_before_anything_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sales.csv");
        std::fs::write(&file, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,,one,2010-12-01T08:26,1,,\n").unwrap();

        let refused = sell(&file, 1).unwrap_err();

        assert!(refused.downcast_ref::<file::FileError>().is_some(), "{refused}");
        assert!(
            refused
                .to_string()
                .ends_with("sales.csv, line 2: Quantity is \"one\", which is no decimal number with a point")
        );
    }
}
