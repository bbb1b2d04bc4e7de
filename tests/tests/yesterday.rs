//! Yesterday's documents under today's settings: what comes back, is reversed, recalled, closed or printed
//! again is taken from its own document.

use std::sync::Arc;

use serde_json::{Value, json};
use tillkit::{
    AddLine, Counted, Currency, Discount, LineOrigin, Money, NewReturn, Quantity, Receipt, RefundBy, Report,
    ReturnLine, ReturnPurpose, Scope, Session, Till, TillError, Trigger, screens::DocumentPlace,
};
use tillkit_domain::SaleError;
use tillkit_tests::world::{Line, Shop};

pub fn line() -> Arc<Line> {
    Line::default().into()
}

pub fn money(minor: i64, currency: &str) -> Money {
    Money::new(minor, Currency::parse(currency).unwrap())
}

pub async fn sync(till: &Till) -> Report {
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap()
}

pub fn item(name: &str, code: &str, price: &str) -> Value {
    json!({"name": name, "codes": [code], "unit": "pc", "vat": "std", "price": price})
}

/// So much of a line of a sale, back by these tenders.
pub fn back(item: &str, quantity: &str, of: &Receipt, line: u32, refund: impl Into<RefundBy>) -> NewReturn {
    let what = AddLine::item(item, quantity.parse::<Quantity>().unwrap());
    let lines = vec![ReturnLine { what, origin: Some(origin(of, line)), reason: None }];
    NewReturn { purpose: ReturnPurpose::Goods, customer: None, lines, refund: refund.into() }
}

pub fn origin(of: &Receipt, line: u32) -> LineOrigin {
    let of = &of.reference;
    LineOrigin { till: of.till.clone(), enrolment: of.enrolment, seq: of.seq, line }
}

pub fn place(of: &Receipt) -> DocumentPlace {
    let of = &of.reference;
    DocumentPlace { till: of.till.clone(), enrolment: of.enrolment, seq: of.seq }
}

pub fn sell(session: &Session, item: &str, quantity: u32, tender: &str) -> Receipt {
    session.add(AddLine::item(item, quantity.into())).unwrap();
    session.pay_rest(tender).unwrap();
    session.complete().unwrap()
}

async fn put_centre(shop: &Shop, row: Value) {
    shop.admin("PUT", "centres/main", row.to_string()).await.unwrap();
}

fn centre(currency: &str, vat_mode: &str) -> Value {
    json!({"name": "Shop", "currency": currency, "vat_mode": vat_mode, "warehouse": "main"})
}

fn tender(name: &str, kind: &str, currency: &str) -> Value {
    json!({"name": name, "kind": kind, "currency": currency, "gives_change": kind == "cash"})
}

/// A shop in leva.
async fn bulgaria() -> Shop {
    let shop = Shop::stocked().await.unwrap();
    put_centre(&shop, centre("BGN", "included")).await;
    shop.rows(&[
        ("tender", "cash", tender("Cash", "cash", "BGN")),
        ("tender", "card", tender("Card", "card", "BGN")),
        ("item", "mug", item("Mug", "MUG", "10.00")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    shop
}

/// The same shop after the first of January, with the fixed rate or without it.
async fn euros(shop: &Shop, till: &Till, is_published: bool) {
    let mut row = centre("EUR", "included");
    if is_published {
        row["changeover"] = json!({"from": "BGN", "rate": "1.95583"});
    }
    put_centre(shop, row).await;
    shop.rows(&[
        ("tender", "cash", tender("Cash", "cash", "EUR")),
        ("tender", "card", tender("Card", "card", "EUR")),
        ("item", "mug", item("Mug", "MUG", "5.11")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    sync(till).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_sold_in_leva_come_back_as_leva_and_are_paid_in_euros_at_the_fixed_rate() {
    let shop = bulgaria().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "mug", 3, "cash");
    session.close(&[]).unwrap();
    drop(session);

    euros(&shop, &till, false).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let refused = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::NoChangeover { .. })), "{refused}");
    drop(session);

    euros(&shop, &till, true).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let returned = session.return_goods(back("mug", "-2", &sale, 0, "cash")).unwrap().settled;

    assert_eq!((returned.total_minor, returned.currency.code()), (-20_00, "BGN"));
    let paid = &returned.tenders[0];
    assert_eq!((paid.amount, paid.home_minor), (money(-10_23, "EUR"), -20_00));
    assert_eq!(paid.rate.map(|rate| rate.to_string()).as_deref(), Some("1.95583"));
    assert_eq!(returned.changeover.map(|changeover| changeover.from.code()), Some("BGN"));
    let totals = session.close(&[]).unwrap().closure.totals;
    let leva = &totals.other_currencies[0];
    assert_eq!((leva.currency.code(), leva.gross_minor, leva.perpetual_minor), ("BGN", -20_00, 10_00));
    assert_eq!((totals.gross_minor, totals.perpetual_minor), (0, 0), "no euro has been sold");
    sync(&till).await;
    shop.settled().await;
    assert_eq!(shop.list("findings").await.unwrap(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_in_leva_is_voided_in_leva_and_its_copy_says_leva() {
    let shop = bulgaria().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "mug", 1, "cash");
    drop(session);
    euros(&shop, &till, true).await;

    let session = till.sign_in("anna", "1234").unwrap();
    let copy = till.document_view(&place(&sale)).unwrap();
    let void = session.void(&sale.reference, "wrong").unwrap().settled;

    assert_eq!(copy.row.total.currency, "BGN");
    assert!(copy.text.contains("10.00") && !copy.text.contains("5.11"), "{}", copy.text);
    assert_eq!((void.total_minor, void.currency.code()), (-10_00, "BGN"));
    assert_eq!(void.tenders[0].amount, money(-10_00, "BGN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_z_over_a_change_of_currency_adds_no_leva_to_euros() {
    let shop = bulgaria().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    sell(&session, "mug", 1, "cash");
    drop(session);
    euros(&shop, &till, true).await;
    let session = till.sign_in("anna", "1234").unwrap();
    sell(&session, "mug", 2, "cash");

    let counted = |minor, currency| Counted { tender: "cash".into(), amount: money(minor, currency) };
    let interim = session.interim().unwrap().closure.totals;
    let totals = session.close(&[counted(10_00, "BGN"), counted(10_22, "EUR")]).unwrap().closure.totals;

    assert_eq!((totals.gross_minor, totals.perpetual_minor, totals.sales), (10_22, 10_22, 2));
    let leva = &totals.other_currencies[0];
    assert_eq!((leva.currency.code(), leva.gross_minor, leva.perpetual_minor), ("BGN", 10_00, 10_00));
    assert_eq!(interim.other_currencies, totals.other_currencies);
    let drawer: Vec<_> = totals.tenders.iter().map(|tender| tender.difference_minor).collect();
    assert_eq!(drawer, [Some(0), Some(0)]);
    let next = session.close(&[]).unwrap().closure.totals;
    assert_eq!(next.other_currencies[0].perpetual_minor, 10_00, "what was sold in leva is not forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sale_in_leva_is_recalled_in_euros_or_stays_held() {
    let shop = bulgaria().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("mug", 2.into())).unwrap();
    session.pay("card", money(5_00, "BGN"), Some("slip 1")).unwrap();
    let held = session.hold("table 4").unwrap();
    drop(session);

    euros(&shop, &till, false).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let refused = session.recall(&held).unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::NoChangeover { .. })), "{refused}");
    assert_eq!(session.held().unwrap().len(), 1);
    drop(session);

    euros(&shop, &till, true).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let told = session.recall(&held).unwrap();
    assert_eq!(told.changeover.map(|changeover| changeover.rate.to_string()).as_deref(), Some("1.95583"));
    session.add(AddLine::item("mug", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    let settled = session.complete().unwrap().settled;
    // Two at 10.00 BGN are 20.00 BGN, which are 10.23: amounts are rounded, prices are not.
    assert_eq!((settled.total_minor, settled.currency.code()), (10_23 + 5_11, "EUR"));
    assert_eq!(settled.tenders[0].amount, money(5_00, "BGN"));
    assert_eq!(settled.tenders[0].home_minor, 2_56);
    assert!(settled.adds_up());
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_are_no_longer_sold_come_back() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    for item in ["tea", "mug"] {
        session.add(AddLine::item(item, 1.into())).unwrap();
    }
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();
    drop(session);
    let mut tea = item("Earl Grey Tea", "5901234123457", "2.55");
    tea["active"] = false.into();
    shop.rows(&[
        ("item", "tea", tea),
        ("item", "mug", Value::Null),
        ("vat_rate", "std", json!({"name": "Standard", "percent": "25", "category": "S"})),
        ("unit", "pc", json!({"name": "piece", "code": "C62", "decimals": 0})),
        ("tender", "cash", tender("Coins", "cash", "GBP")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;

    let session = till.sign_in("anna", "1234").unwrap();
    let tea = session.return_goods(back("tea", "-1", &sale, 0, "cash")).unwrap().settled;
    let mug = session.return_goods(back("mug", "-1", &sale, 1, "cash")).unwrap();

    assert_eq!((tea.total_minor, mug.settled.total_minor), (-2_55, -4_25));
    let sold = &sale.settled.lines[1];
    let came = &mug.settled.lines[0];
    let frozen = |line: &tillkit_domain::Line| {
        (line.name.clone(), line.unit.clone(), line.unit_price, line.vat.clone(), line.moves_stock)
    };
    assert_eq!(frozen(came), frozen(sold));
    assert!(mug.text.contains("Coins"), "money goes back by today's tender: {}", mug.text);
    let without_sale = NewReturn {
        lines: vec![ReturnLine {
            what: AddLine::item("tea", "-1".parse().unwrap()),
            origin: None,
            reason: Some("broken".into()),
        }],
        ..back("tea", "-1", &sale, 0, "cash")
    };
    assert!(session.return_goods(without_sale).is_ok(), "a retired item comes back without its sale, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_together_what_was_paid_in_both_vat_modes_and_in_any_order() {
    let shop = Shop::stocked().await.unwrap();
    put_centre(&shop, centre("GBP", "excluded")).await;
    let rate = json!({"name": "S", "percent": "21", "category": "S"});
    shop.rows(&[
        ("vat_rate", "std", rate),
        ("item", "mug", item("Mug", "MUG", "0.12")),
        ("item", "tea", item("Tea", "TEA", "0.07")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("mug", 10.into())).unwrap();
    session.add(AddLine::item("tea", 3.into())).unwrap();
    session.discount_receipt(Some(Discount::Amount(5))).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();

    let (mut gross, mut vat) = (0, 0);
    let mut take = |item: &str, quantity: &str, line| {
        let part = session.return_goods(back(item, quantity, &sale, line, "cash")).unwrap();
        gross += part.settled.total_minor;
        vat += part.settled.vat.iter().map(|vat| vat.vat_minor).sum::<i64>();
        part
    };
    take("mug", "-3", 0);
    let mistake = take("mug", "-1", 0);
    take("tea", "-2", 1);
    take("mug", "-4", 0);
    let reversed = session.void(&mistake.reference, "mistake").unwrap().settled;
    gross += reversed.total_minor;
    vat += reversed.vat.iter().map(|vat| vat.vat_minor).sum::<i64>();
    let mut take = |item: &str, quantity: &str, line| {
        let part = session.return_goods(back(item, quantity, &sale, line, "cash")).unwrap();
        gross += part.settled.total_minor;
        vat += part.settled.vat.iter().map(|vat| vat.vat_minor).sum::<i64>();
    };
    take("mug", "-2", 0);
    take("tea", "-1", 1);
    take("mug", "-1", 0);

    assert_eq!(gross, -sale.settled.total_minor);
    assert_eq!(vat, -sale.settled.vat.iter().map(|vat| vat.vat_minor).sum::<i64>());
    let more = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap_err();
    assert!(matches!(more, TillError::Sale(SaleError::ReturnsTooMuch { .. })), "{more}");
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_come_back_in_the_vat_mode_they_were_sold_in() {
    let shop = Shop::stocked().await.unwrap();
    put_centre(&shop, centre("GBP", "excluded")).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "mug", 2, "cash");
    drop(session);
    put_centre(&shop, centre("GBP", "included")).await;
    shop.publish().await.unwrap();
    sync(&till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let other = sell(&session, "mug", 1, "cash");

    let returned = session.return_goods(back("mug", "-2", &sale, 0, "cash")).unwrap().settled;
    assert_eq!((returned.total_minor, returned.vat_mode), (-sale.settled.total_minor, sale.settled.vat_mode));
    let mut both = back("mug", "-1", &other, 0, "cash");
    both.lines.extend(back("mug", "-1", &sale, 0, "cash").lines);
    let mixed = session.return_goods(both).unwrap_err();
    assert!(matches!(mixed, TillError::Sale(SaleError::MixedOrigins { .. })), "{mixed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sale_keeps_its_vat_mode_and_takes_no_line_of_another() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("mug", 1.into())).unwrap();
    let held = session.hold("").unwrap();
    put_centre(&shop, centre("GBP", "excluded")).await;
    shop.publish().await.unwrap();
    sync(&till).await;

    session.recall(&held).unwrap();
    let refused = session.add(AddLine::item("tea", 1.into())).unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::OtherTerms { .. })), "{refused}");
    session.pay_rest("cash").unwrap();
    assert_eq!(session.complete().unwrap().settled.total_minor, 4_25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sale_that_crosses_a_change_of_rate_keeps_its_price_and_the_cashier_is_told() {
    for (vat_mode, total_minor) in [("included", 4_25), ("excluded", 5_31)] {
        let shop = Shop::stocked().await.unwrap();
        put_centre(&shop, centre("GBP", vat_mode)).await;
        shop.publish().await.unwrap();
        let till = shop.ready_till("T1", &line()).await.unwrap();
        let session = till.sign_in("anna", "1234").unwrap();
        session.add(AddLine::item("mug", 1.into())).unwrap();
        let held = session.hold("").unwrap();
        let rate = json!({"name": "Standard", "percent": "25", "category": "S"});
        let dear = json!({"name": "Blue Mug", "codes": ["MUG"], "unit": "pc", "vat": "std", "price": "9.00"});
        shop.rows(&[("vat_rate", "std", rate), ("item", "mug", dear)]).await.unwrap();
        shop.publish().await.unwrap();
        sync(&till).await;

        let told = session.recall(&held).unwrap().rates;
        let told: Vec<_> =
            told.iter().map(|rate| (rate.before.percent.to_string(), rate.now.percent.to_string())).collect();
        assert_eq!(told, [("17.5".to_string(), "25".to_string())]);
        session.pay_rest("cash").unwrap();
        let settled = session.complete().unwrap().settled;
        assert_eq!(
            (settled.total_minor, settled.vat[0].rate.percent.to_string()),
            (total_minor, "25".into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_keeps_the_rate_of_each_supply() {
    let shop = Shop::stocked().await.unwrap();
    let mut row = centre("GBP", "included");
    row["tax_point"] = "supply".into();
    put_centre(&shop, row).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("mug", 1.into())).unwrap();
    let held = session.hold("table 1").unwrap();
    let rate = json!({"name": "Standard", "percent": "25", "category": "S"});
    shop.rows(&[("vat_rate", "std", rate)]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    shop.hands.pass(3_600_000);

    assert!(session.recall(&held).unwrap().rates.is_empty());
    session.add(AddLine::item("mug", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();

    let rates: Vec<_> = sale.settled.lines.iter().map(|line| line.vat.percent.to_string()).collect();
    assert_eq!(rates, ["17.5", "25"]);
    let document = till.document("T1", 1, sale.reference.seq).unwrap().unwrap();
    let body = document.document::<Value>().unwrap().body;
    assert_eq!(body["tax_point"], "supply");
    let supplied = |line: usize| body["lines"][line]["supplied_ms"].as_i64().unwrap();
    assert!(supplied(1) >= supplied(0) + 3_600_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_receipt_is_the_same_but_for_saying_so() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "mug", 1, "cash");
    let returned = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap();
    let void = session.void(&returned.reference, "mistake").unwrap();
    drop(session);
    let layout = json!({"header": ["New Street 9", "VAT ID GB999"], "footer": ["Bye"]});
    shop.rows(&[
        ("receipt_layout", "main", layout),
        ("tender", "cash", tender("Coins", "cash", "GBP")),
        ("unit", "pc", json!({"name": "piece"})),
        ("item", "mug", item("Red Mug", "MUG", "9.00")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;

    for (receipt, title) in [(&sale, "Receipt"), (&returned, "Return"), (&void, "Void")] {
        let copy = till.document_view(&place(receipt)).unwrap().text;
        let without_title = |text: &str, title: &str| -> Vec<String> {
            text.lines().filter(|line| !line.starts_with(title)).map(Into::into).collect()
        };
        assert_eq!(without_title(&copy, title), without_title(&receipt.text, title));
        assert!(copy.contains(&format!("{title}, copy")) && !receipt.text.contains("copy"), "{copy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_begins_at_the_cut_over_of_the_centre() {
    let shop = Shop::stocked().await.unwrap();
    let mut row = centre("GBP", "included");
    row["day_begins"] = "04:00".into();
    put_centre(&shop, row).await;
    let rates = ["2010-12-01", "2010-12-02"].map(|day| {
        let rate = if day == "2010-12-01" { "0.8" } else { "0.9" };
        (format!("EUR/{day}"), json!({"currency": "EUR", "rate": rate, "from_day": day}))
    });
    for (key, rate) in &rates {
        shop.rows(&[("exchange_rate", key, rate.clone())]).await.unwrap();
    }
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let hour = 3_600_000;
    let mut days = Vec::new();
    // 23:30, 01:30, 03:59 and 04:00; the till was opened at 08:00.
    for pass_ms in [15 * hour + hour / 2, 2 * hour, 2 * hour + 29 * 60_000, 60_000] {
        shop.hands.pass(pass_ms);
        let sale = sell(&session, "book", 1, "cash");
        let document = till.document("T1", 1, sale.reference.seq).unwrap().unwrap();
        let rate = session.rate_of(Currency::EUR).unwrap().to_string();
        days.push((document.business_day, rate));
    }
    let day = |day: &str, rate: &str| (day.to_string(), rate.to_string());
    let first = || day("2010-12-01", "0.8");
    assert_eq!(days, [first(), first(), first(), day("2010-12-02", "0.9")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_of_the_night_is_given_across_midnight() {
    let shop = Shop::stocked().await.unwrap();
    let night = json!({"name": "Night", "gives": {"percent_off": "50"}, "covers_all": true,
        "from_time": "22:00", "until_time": "02:00"});
    shop.rows(&[("promotion", "night", night)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let hour = 3_600_000;
    let mut totals = Vec::new();
    // 21:59, 22:00, 01:59 and 02:00.
    for pass_ms in [14 * hour - 60_000, 60_000, 4 * hour - 60_000, 60_000] {
        shop.hands.pass(pass_ms);
        totals.push(sell(&session, "book", 1, "cash").settled.total_minor);
    }
    assert_eq!(totals, [12_00, 6_00, 6_00, 12_00]);
}
