//! What the replay must remember and may not hold in memory: list prices, and earlier sale lines.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, named_params};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use tillkit::{LineOrigin, Reference};

use super::{file::Item, mapping::DeedLine};

/// A temporary SQLite file.
pub struct Ledger {
    db: Connection,
}

/// An item as it is sold now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As printed.
    pub name: String,
    /// The centre's price.
    pub price: Decimal,
}

impl Ledger {
    /// An empty ledger in a file that does not exist yet.
    ///
    /// # Errors
    /// The disk's.
    pub fn new(file: &Path) -> Result<Ledger> {
        const SCHEMA: &str = "
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE item (code TEXT PRIMARY KEY, name TEXT NOT NULL, price TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE sold (
                customer   TEXT    NOT NULL,
                code       TEXT    NOT NULL,
                price      TEXT    NOT NULL,
                vat        TEXT    NOT NULL,
                paid_by    TEXT    NOT NULL,
                left_micro INTEGER NOT NULL,   -- what has not come back, millionths
                till       TEXT    NOT NULL,
                enrolment  INTEGER NOT NULL,
                seq        INTEGER NOT NULL,
                line       INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX sold_to ON sold (customer, code);";
        let db = Connection::open(file)?;
        db.execute_batch(SCHEMA)?;
        Ok(Ledger { db })
    }

    /// Notes what an item is called and costs; a later price replaces an earlier one.
    ///
    /// # Errors
    /// The disk's.
    pub fn list(&self, item: &Item) -> Result<()> {
        const LIST: &str = "
            INSERT INTO item VALUES (:code, :name, :price) ON CONFLICT DO UPDATE SET name = excluded.name, price = excluded.price";
        self.db.prepare_cached(LIST)?.execute(
            named_params! {":code": item.code, ":name": item.name, ":price": item.price.to_string()},
        )?;
        Ok(())
    }

    /// An item as it is sold now.
    ///
    /// # Errors
    /// The disk's; every code of the file is listed.
    pub fn listed(&self, code: &str) -> Result<Listed> {
        const LISTED: &str = "SELECT name, price FROM item WHERE code = :code";
        let mut statement = self.db.prepare_cached(LISTED)?;
        let (name, price): (String, String) =
            statement.query_row(named_params! {":code": code}, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Listed { name, price: price.parse()? })
    }

    /// The first items by code, at most `limit`.
    ///
    /// # Errors
    /// The disk's.
    pub fn first_items(&self, limit: u64) -> Result<Vec<Item>> {
        const FIRST: &str = "SELECT code, name, price FROM item ORDER BY code LIMIT :limit";
        let mut statement = self.db.prepare_cached(FIRST)?;
        let mut rows = statement.query(named_params! {":limit": limit})?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(Item {
                code: row.get(0)?,
                name: row.get(1)?,
                price: row.get::<_, String>(2)?.parse()?,
            });
        }
        Ok(items)
    }

    /// Remembers the lines of a sale to a customer, paid by one tender, so that they can come back. Not those
    /// of a sale with a line that takes off: less was paid for it than its lines say.
    ///
    /// # Errors
    /// The disk's.
    pub fn sold(&self, customer: &str, paid_by: &str, sale: &Reference, lines: &[DeedLine]) -> Result<()> {
        const SOLD: &str = "
            INSERT INTO sold VALUES (:customer, :code, :price, :vat, :paid_by, :left_micro,
                                     :till, :enrolment, :seq, :line)";
        if lines.iter().any(|line| line.quantity < Decimal::ZERO || line.price < Decimal::ZERO) {
            return Ok(());
        }
        let mut insert = self.db.prepare_cached(SOLD)?;
        let whole = |line: &DeedLine| line.quantity > Decimal::ZERO && line.price.normalize().scale() <= 2;
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| whole(line)) {
            insert.execute(named_params! {
                ":customer": customer, ":code": line.code, ":price": line.price.normalize().to_string(),
                ":vat": format!("{:?}", line.vat), ":paid_by": paid_by,
                ":left_micro": micro(line.quantity),
                ":till": sale.till, ":enrolment": sale.enrolment, ":seq": sale.seq, ":line": at as u64,
            })?;
        }
        Ok(())
    }

    /// The line of the newest earlier sale to this customer that all of `line` can come back from, taken off
    /// what is left of it: at the same price and VAT, and paid as the money goes back.
    ///
    /// # Errors
    /// The disk's.
    pub fn take_back(&self, customer: &str, paid_by: &str, line: &DeedLine) -> Result<Option<LineOrigin>> {
        const FIND: &str = "
            SELECT rowid, till, enrolment, seq, line FROM sold
             WHERE customer = :customer AND code = :code AND price = :price AND vat = :vat
               AND paid_by = :paid_by AND left_micro >= :micro
             ORDER BY rowid DESC LIMIT 1";
        const TAKE: &str = "UPDATE sold SET left_micro = left_micro - :micro WHERE rowid = :rowid";
        let back = micro(-line.quantity);
        let (price, vat) = (line.price.normalize().to_string(), format!("{:?}", line.vat));
        let wanted = named_params! {
            ":customer": customer, ":code": line.code, ":micro": back, ":price": price, ":vat": vat,
            ":paid_by": paid_by,
        };
        let found = self.db.prepare_cached(FIND)?.query_row(wanted, |row| {
            let origin =
                LineOrigin { till: row.get(1)?, enrolment: row.get(2)?, seq: row.get(3)?, line: row.get(4)? };
            Ok((row.get::<_, i64>(0)?, origin))
        });
        let Some((rowid, origin)) = found.optional()? else { return Ok(None) };
        self.db.prepare_cached(TAKE)?.execute(named_params! {":micro": back, ":rowid": rowid})?;
        Ok(Some(origin))
    }
}

/// Millionths; quantities of a sales file fit.
fn micro(quantity: Decimal) -> i64 {
    (quantity * Decimal::from(1_000_000)).to_i64().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use tillkit_protocol::Hash;

    use super::*;
    use crate::demo::mapping::Vat;

    fn line(code: &str, quantity: i64, price: &str) -> DeedLine {
        DeedLine {
            code: code.into(),
            quantity: quantity.into(),
            price: price.parse().unwrap(),
            vat: Vat::Standard,
        }
    }

    fn sale(seq: u64) -> Reference {
        Reference { enrolment: 1, hash: Hash::NONE, number: String::new(), seq, till: "T1".into() }
    }

    #[test]
    fn goods_come_back_from_a_line_that_covers_them_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(&folder.path().join("ledger")).unwrap();
        ledger.sold("17850", "card", &sale(1), &[line("A", 6, "2.55"), line("A", 4, "2")]).unwrap();
        ledger.sold("17850", "cash", &sale(2), &[line("A", 2, "2")]).unwrap();
        ledger.sold("17850", "card", &sale(3), &[line("A", 9, "2"), line("B", 1, "-1")]).unwrap();

        let back = |customer: &str, code: &str, quantity: i64, price: &str| {
            let origin = ledger.take_back(customer, "card", &line(code, quantity, price)).unwrap();
            origin.map(|origin| (origin.seq, origin.line))
        };

        assert_eq!(back("17850", "A", -5, "2.55"), Some((1, 0)), "the price tells which");
        assert_eq!(back("17850", "A", -2, "2.55"), None, "too little is left there");
        assert_eq!(back("17850", "A", -5, "2"), None, "no line covers it alone");
        assert_eq!(back("17850", "A", -4, "2"), Some((1, 1)));
        assert_eq!(back("17850", "A", -1, "2"), None, "the rest was paid in cash, or taken off");
        assert_eq!(back("17850", "A", -1, "2.55"), Some((1, 0)));
        assert_eq!((back("13047", "A", -1, "2"), back("17850", "a", -1, "2")), (None, None));
    }
}
