//! A second judge of the documents: the accountant of `tests`, which knows rows and documents and no sales
//! file. The first, [`checker`](super::checker), knows the file.

use std::io::BufRead;

use anyhow::{Context, Result};
use serde_json::Value;
use tillkit_tests::accountant::Accountant;

use super::office::DraftedRow;

/// Differences that are named one by one; the rest is counted.
const NAMED: usize = 40;

/// What the accountant has judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Figures of documents and of the books that were compared.
    pub figures: u64,
    /// All that differ, in words.
    pub differences: Vec<String>,
}

/// Lets the accountant judge every document in `export` by the rows that were published, and what the back
/// office says of its books: `totals` and `stock`.
///
/// # Errors
/// If the export cannot be read.
pub fn audit(rows: &[DraftedRow], export: impl BufRead, totals: &[Value], stock: &[Value]) -> Result<Audit> {
    let mut accountant = Accountant::default();
    rows.iter().for_each(|(kind, key, body)| accountant.row(kind, key, body));
    for (at, line) in export.lines().enumerate() {
        let line = line.with_context(|| format!("line {} of the export", at + 1))?;
        // A part stands beside its document: an object without a signature.
        if !line.is_empty() && !line.starts_with('{') {
            accountant.document(line.as_bytes());
        }
    }
    accountant.compare_totals(totals);
    accountant.compare_levels(stock);
    let differences = accountant.differences().iter();
    let mut named: Vec<String> =
        differences.take(NAMED).map(|one| format!("the accountant: {one}")).collect();
    if let Some(unnamed) = accountant.differences().len().checked_sub(NAMED).filter(|unnamed| *unnamed > 0) {
        named.push(format!("the accountant: … and {unnamed} more"));
    }
    Ok(Audit { figures: accountant.compared(), differences: named })
}
