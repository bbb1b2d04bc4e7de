//! Every row of the file, sold again at real tills, on the file's own clock, with the mishaps of real life.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::Result;
use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;
use tillkit::{Scope, Section, Trigger, UnitPrice};
use tokio::task::block_in_place;

use super::{
    clock::{ShopClock, to_ms},
    file::{SalesFile, Slip},
    ledger::Ledger,
    mapping::{deeds, till},
    office::Office,
    progress::Progress,
    shop::{self, MANAGER},
    till::DemoTill,
};

/// Prices that change in the middle.
const PRICES: u64 = 1_000;
/// Answers that each till loses: one in so many invoices, within these bounds.
const ANSWERS: (u64, std::ops::RangeInclusive<u64>) = (40, 3..=30);
/// How long the end waits for everything to be sent, tries a second apart.
const TRIES: u32 = 60;
/// Before the first and after the last invoice of a day.
const MARGIN_MS: i64 = 10 * 60_000;
/// A day less its last millisecond.
const DAY_MS: i64 = 24 * 60 * 60_000 - 1;

/// What happened on the way, apart from sales.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Diary {
    /// Days that each till was opened and closed.
    pub days: u64,
    /// Times cash went into the safe.
    pub safe_drops: u64,
    /// Lines that came back and name the sale they come from.
    pub lines_with_origin: u64,
    /// Invoices made while the back office was off.
    pub invoices_while_off: u64,
    /// Answers lost after the back office had stored the documents.
    pub answers_lost: u64,
    /// Prices changed and published in the middle.
    pub prices_changed: u64,
    /// Tills that showed the notice and sold by the old prices until it was confirmed.
    pub notices_confirmed: u64,
    /// Whether the price edited on a till was replaced by the sync.
    pub is_edit_replaced: bool,
    /// Documents at the tills.
    pub documents_at_tills: u64,
    /// The same by kind.
    pub documents_by_kind: BTreeMap<String, u64>,
    /// Those made while the till knew that it was offline.
    pub documents_offline: u64,
    /// Documents that no till got acknowledged.
    pub unsent: u64,
    /// Whether every chain verifies at its till, signatures and all.
    pub chains_verified: bool,
    /// What did not go as it should.
    pub problems: Vec<String>,
}

/// Something that is done once so many slips are through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    SwitchOff,
    SwitchOn,
    LoseAnswers,
    ChangePrices,
    EditPrice,
}

/// When what happens: in a file of a single invoice all of it, still.
fn script(slips: u64) -> Vec<(u64, Step)> {
    let off = slips / 5;
    let on = (slips * 2 / 5).max(off + 1);
    let change = (slips / 2).max(on);
    let edit = (slips * 4 / 5).max(change);
    vec![
        (off, Step::SwitchOff),
        (on, Step::SwitchOn),
        (on, Step::LoseAnswers),
        (change, Step::ChangePrices),
        (edit, Step::EditPrice),
    ]
}

/// The shop at work.
pub struct Replay<'a> {
    /// What was sold.
    pub sales: &'a SalesFile,
    /// List prices, and what may come back.
    pub ledger: &'a Ledger,
    /// The back office, on and off.
    pub office: &'a mut Office,
    /// The tills.
    pub tills: Vec<DemoTill>,
    /// The file's clock.
    pub clock: Arc<ShopClock>,
    /// Who looks on.
    pub progress: &'a Progress,
    /// What happened.
    pub diary: Diary,
}

impl Replay<'_> {
    /// Enrols so many tills, each with its files in a folder of its own.
    ///
    /// # Errors
    /// A till's or the back office's.
    pub async fn enrol(&mut self, tills: u64, folder: &Path) -> Result<()> {
        for number in 1..=tills {
            let name = format!("T{number}");
            self.progress.says(&format!("enrolling till {name} and syncing it"));
            let till = DemoTill::enrol(&name, &folder.join(&name), self.office, &self.clock).await?;
            self.tills.push(till);
        }
        Ok(())
    }

    /// Sells every slip, does what the script says, and ends with everything sent.
    ///
    /// # Errors
    /// A till's or the back office's, where going on would make no sense.
    pub async fn run(&mut self) -> Result<()> {
        let mut script = script(self.sales.facts().slips).into_iter().peekable();
        let mut today: Option<Date> = None;
        let mut rows = 0;
        for nth in 1.. {
            let Some(slip) = self.sales.slip(nth)? else { break };
            if today != Some(slip.day) {
                if let Some(day) = today {
                    self.close_day(day).await?;
                }
                self.open_day(&slip).await?;
                today = Some(slip.day);
            }
            while let Some((_, step)) = script.next_if(|(after, _)| *after < nth) {
                self.perform(step).await?;
            }
            self.clock.move_to(to_ms(slip.at)).await;
            self.sell(&slip)?;
            rows += slip.rows.len() as u64;
            self.progress.sold(rows, slip.day);
        }
        for (_, step) in script {
            self.perform(step).await?;
        }
        if let Some(day) = today {
            self.close_day(day).await?;
        }
        self.settle().await
    }

    fn sell(&mut self, slip: &Slip) -> Result<()> {
        for deed in deeds(slip) {
            let till = &self.tills[till(&deed, self.tills.len() as u64) as usize];
            self.diary.lines_with_origin += block_in_place(|| till.perform(&deed, self.ledger))?;
        }
        self.diary.invoices_while_off += u64::from(!self.office.is_on());
        // A shop whose answers get lost tries again with the next receipt.
        for till in self.tills.iter().filter(|till| till.mishaps.to_lose() > 0) {
            till.till.sync(Scope::All, Trigger::Reconnect)?;
        }
        Ok(())
    }

    async fn open_day(&mut self, first: &Slip) -> Result<()> {
        let midnight = to_ms(first.day.to_datetime(Default::default()));
        self.clock.move_to(midnight.max(to_ms(first.at) - MARGIN_MS)).await;
        self.diary.days += 1;
        block_in_place(|| self.tills.iter_mut().try_for_each(DemoTill::open_day))
    }

    async fn close_day(&mut self, day: Date) -> Result<()> {
        let last_ms = to_ms(day.to_datetime(Default::default())) + DAY_MS;
        self.clock.move_to(last_ms.min(self.clock.ms() + MARGIN_MS)).await;
        for till in &mut self.tills {
            let end = block_in_place(|| till.close_day())?;
            self.diary.safe_drops += u64::from(end.has_dropped);
        }
        Ok(())
    }

    async fn perform(&mut self, step: Step) -> Result<()> {
        match step {
            Step::SwitchOff => {
                self.progress.says("the back office is switched off; the tills go on selling");
                self.office.switch_off().await
            }
            Step::SwitchOn => {
                self.progress.says("the back office is back");
                self.office.switch_on().await?;
                self.tills
                    .iter()
                    .try_for_each(|till| till.till.sync(Scope::All, Trigger::Reconnect).map(drop))?;
                Ok(())
            }
            Step::LoseAnswers => {
                self.progress.says("answers of the back office get lost on the line");
                let (one_in, bounds) = ANSWERS;
                let answers = (self.sales.facts().slips / one_in).clamp(*bounds.start(), *bounds.end());
                self.tills.iter().for_each(|till| till.mishaps.lose_answers(answers));
                Ok(())
            }
            Step::ChangePrices => self.change_prices().await,
            Step::EditPrice => self.edit_price().await,
        }
    }

    fn must(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.diary.problems.push(what());
        }
    }

    /// New prices are published; each till shows the notice, sells by the old ones until somebody
    /// confirms it, and by the new ones afterwards.
    async fn change_prices(&mut self) -> Result<()> {
        let samples = self.ledger.first_items(PRICES.min(3))?;
        let (generation, items) = shop::change_prices(self.office, self.ledger, PRICES).await?;
        self.diary.prices_changed = items.len() as u64;
        self.progress.says("prices have changed: the tills are told and confirm");
        for at in 0..self.tills.len() {
            let till = &self.tills[at];
            let name = till.name.clone();
            // What is under way ends first: a run that was asked for earlier does not know of the change.
            till.drain().await?;
            till.till.sync(Scope::All, Trigger::Schedule)?.wait().await;
            let notice = till.till.status()?.borrow().notice.clone();
            let is_told = notice.as_ref().is_some_and(|notice| notice.generation == generation);
            let old = self.asks(at, samples.iter().map(|item| (item.code.as_str(), item.price)))?;
            let till = &self.tills[at];
            let confirmed = till.till.sync(Scope::All, Trigger::Confirmed)?.wait().await;
            let is_applied = confirmed.is_some_and(|report| report.applied.contains(&Section::Items));
            let new =
                self.asks(at, items.iter().take(samples.len()).map(|item| (item.code.as_str(), item.price)))?;
            self.must(is_told, || format!("{name} was not told of generation {generation}: {notice:?}"));
            self.must(old, || format!("{name} sold by the new prices before anybody confirmed them"));
            self.must(is_applied && new, || format!("{name} does not sell by the new prices"));
            self.diary.notices_confirmed += u64::from(is_told && old && is_applied && new);
        }
        Ok(())
    }

    /// A price edited on one till holds there until the next sync of the items, which replaces it.
    async fn edit_price(&mut self) -> Result<()> {
        let Some(item) = self.ledger.first_items(1)?.pop() else { return Ok(()) };
        self.progress.says("a price is edited on one till, and the sync replaces it");
        let edited = item.price + Decimal::ONE;
        let till = &self.tills[0];
        till.drain().await?;
        block_in_place(|| -> Result<()> {
            let manager = till.till.sign_in(MANAGER.0, MANAGER.1)?;
            Ok(manager.edit_price(&item.code, UnitPrice::new(edited)?)?)
        })?;
        let is_edited = self.asks(0, [(item.code.as_str(), edited)].into_iter())?;
        let till = &self.tills[0];
        till.till.sync(Scope::One(Section::Items), Trigger::Row)?.wait().await;
        let edits = till.till.edits()?.len();
        let is_replaced = self.asks(0, [(item.code.as_str(), item.price)].into_iter())?;
        self.diary.is_edit_replaced = is_edited && is_replaced && edits == 0;
        let is_replaced = self.diary.is_edit_replaced;
        self.must(is_replaced, || {
            format!("the price of {} edited on a till: in force {is_edited}, edits left {edits}", item.code)
        });
        Ok(())
    }

    fn asks<'a>(&self, till: usize, mut prices: impl Iterator<Item = (&'a str, Decimal)>) -> Result<bool> {
        let till = &self.tills[till];
        block_in_place(|| {
            prices.try_fold(true, |all, (code, price)| Ok(all && till.asked_price(code)? == price))
        })
    }

    /// Waits until everything is sent and booked, then counts and verifies at the tills.
    async fn settle(&mut self) -> Result<()> {
        self.progress.says("sending what is left");
        for _ in 0..TRIES {
            let mut is_drained = true;
            for till in &self.tills {
                is_drained &= till.drain().await?;
            }
            if is_drained {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.office.settled().await;
        self.progress.says("verifying every chain at its till");
        self.diary.chains_verified = true;
        for at in 0..self.tills.len() {
            let till = &self.tills[at];
            let (chains, unsent) =
                block_in_place(|| anyhow::Ok((till.till.verify_chains()?, till.till.unsent()?.all())))?;
            self.diary.documents_offline +=
                block_in_place(|| till.recorded(&mut self.diary.documents_by_kind))?;
            self.diary.answers_lost += till.mishaps.lost();
            self.diary.unsent += unsent;
            match chains {
                Ok(heads) => self.diary.documents_at_tills += heads.iter().map(|head| head.seq).sum::<u64>(),
                Err(broken) => {
                    self.diary.chains_verified = false;
                    self.diary.problems.push(broken.to_string());
                }
            }
        }
        Ok(())
    }
}

/// The day before the file begins, at noon: when the shop is set up.
pub fn eve(sales: &SalesFile) -> jiff::civil::DateTime {
    let first = sales.facts().first_day;
    first.checked_sub(1.day()).unwrap_or(first).at(12, 0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_on_the_script_happens_whatever_the_size_of_the_file() {
        for slips in [1, 2, 3, 4, 5, 10, 1_314] {
            let script = script(slips);
            assert!(script.is_sorted_by_key(|(after, _)| *after), "{slips}: {script:?}");
            let (off, on) = (script[0].0, script[1].0);
            assert!(off < on && off < slips, "{slips}: something is sold while the back office is off");
        }
    }
}
