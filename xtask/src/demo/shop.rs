//! The centre that a sales file calls for, made and published through the administrator's API.

use anyhow::Result;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    file::{Item, Rates, SalesFile},
    ledger::Ledger,
    mapping::FEES,
    office::Office,
};

/// The centre's id.
pub const CENTRE: &str = "shop";
/// Who sells, and the PIN.
pub const CASHIER: (&str, &str) = ("anna", "1234");
/// Who may edit prices on a till, and the PIN.
pub const MANAGER: (&str, &str) = ("mary", "4711");
/// Rows sent at once.
const PAGE: usize = 4_000;

/// Drafts everything a till of this shop needs, notes list prices in the ledger, and publishes.
///
/// # Errors
/// A refusal of the back office, in its words.
pub async fn open(office: &Office, sales: &SalesFile, rates: &Rates, ledger: &Ledger) -> Result<u64> {
    let centre = json!({"name": "Gift shop", "currency": "GBP", "vat_mode": "included", "warehouse": "main"});
    office.put_centre(CENTRE, &centre).await?;
    office.put_rows(CENTRE, &directories(sales.facts().quantity_decimals)).await?;
    office.put_rows(CENTRE, &exchange_rates(sales, rates)).await?;
    office.put_user(CENTRE, CASHIER.0, "Anna", "cashier", CASHIER.1).await?;
    office.put_user(CENTRE, MANAGER.0, "Mary", "manager", MANAGER.1).await?;
    put_customers(office, sales).await?;
    put_items(office, sales, ledger).await?;
    office.publish(CENTRE).await
}

/// Raises the first prices by a tenth, at least by a penny, and publishes; which items these are.
///
/// # Errors
/// A refusal of the back office, in its words.
pub async fn change_prices(office: &Office, ledger: &Ledger, count: u64) -> Result<(u64, Vec<Item>)> {
    let mut items = ledger.first_items(count)?;
    let penny = Decimal::new(1, 2);
    for item in &mut items {
        let raised = (item.price * Decimal::new(11, 1)).round_dp(2);
        item.price = if raised == item.price { item.price + penny } else { raised }.normalize();
        ledger.list(item)?;
    }
    for page in items.chunks(PAGE) {
        let rows: Vec<_> = page.iter().map(item_row).collect();
        office.put_rows(CENTRE, &rows).await?;
    }
    Ok((office.publish(CENTRE).await?, items))
}

type Rows = Vec<(&'static str, String, Value)>;

fn directories(quantity_decimals: u32) -> Rows {
    let tender = |name: &str, kind: &str, currency: &str, gives_change: bool| json!({"name": name, "kind": kind, "currency": currency, "gives_change": gives_change, "opens_drawer": kind == "cash"});
    // Discount: lines below nothing take off the others.
    let rights = [
        "discount",
        "sell",
        "price_override",
        "return",
        "return_without_sale",
        "cash_movement",
        "closure",
        "stock",
        "data_exchange",
    ];
    let number = |pattern: &str| json!({"pattern": pattern});
    let rows = [
        ("unit", "pc", json!({"name": "pc", "code": "C62", "decimals": quantity_decimals})),
        ("warehouse", "main", json!({"name": "Shop"})),
        ("vat_rate", "S", json!({"name": "Standard rate", "percent": "17.5", "category": "S"})),
        ("vat_rate", "Z", json!({"name": "Zero rate", "percent": "0", "category": "Z"})),
        ("currency", "GBP", json!({"name": "Pound sterling"})),
        ("currency", "EUR", json!({"name": "Euro"})),
        ("tender", "cash", tender("Cash", "cash", "GBP", true)),
        ("tender", "card", tender("Card", "card", "GBP", false)),
        ("tender", "customer_credit", tender("On account", "customer_credit", "GBP", false)),
        ("tender", "cash_eur", tender("Euro cash", "cash", "EUR", true)),
        ("numerator", "*", number("{series}-{number:6}")),
        ("numerator", "sale", number("R{series}-{number:6}")),
        ("numerator", "closure", number("Z{series}-{number:4}")),
        (
            "receipt_layout",
            "default",
            json!({"header": ["Gift shop"], "footer": ["Thank you"], "offline_note": "made offline"}),
        ),
        // A till keeps every document of the demonstration, so that all of them can be counted at its end.
        (
            "policy",
            "default",
            json!({"apply": "confirm", "send": "automatic", "keep_days": 36_500, "schedule_minutes": 15}),
        ),
        ("role", "cashier", json!({"name": "Cashier", "rights": rights})),
        ("role", "manager", json!({"name": "Manager", "rights": ["*"]})),
    ];
    rows.into_iter().map(|(kind, key, body)| (kind, key.to_string(), body)).collect()
}

/// The rates of the days of the file, and the one that holds when it begins.
fn exchange_rates(sales: &SalesFile, rates: &Rates) -> Rows {
    let (first, last) = (sales.facts().first_day, sales.facts().last_day);
    let days = rates.days().filter(|(day, _)| (first..=last).contains(day));
    let days = std::iter::once((first, rates.on(first))).chain(days);
    let row = |(day, rate): (jiff::civil::Date, Decimal)| {
        let body = json!({
            "currency": "EUR", "rate": rate.to_string(), "from_day": day.to_string(),
            "source": "European Central Bank, euro foreign exchange reference rates",
        });
        ("exchange_rate", format!("EUR-{day}"), body)
    };
    days.map(row).collect()
}

async fn put_customers(office: &Office, sales: &SalesFile) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = sales.customers_after(&after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(last);
        let row = |id: String| {
            let body = json!({"name": format!("Customer {id}"), "credit": true});
            ("customer", id, body)
        };
        office.put_rows(CENTRE, &page.into_iter().map(row).collect::<Rows>()).await?;
    }
}

async fn put_items(office: &Office, sales: &SalesFile, ledger: &Ledger) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = sales.items_after(&after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.code);
        page.iter().try_for_each(|item| ledger.list(item))?;
        office.put_rows(CENTRE, &page.iter().map(item_row).collect::<Rows>()).await?;
    }
}

fn item_row(item: &Item) -> (&'static str, String, Value) {
    let body = json!({
        "name": item.name, "codes": [item.code], "unit": "pc", "vat": "S", "price": item.price.to_string(),
        "stocked": !FEES.contains(&item.code.as_str()),
    });
    ("item", item.code.clone(), body)
}
