//! What people type and scanners send, and what is printed of names that people chose.

use serde_json::{Value, json};
use tillkit::{AddLine, Currency, Goods, Money, NewOrder, Session, Till, TillError};
use tillkit_domain::AmountError;
use tillkit_tests::world::{Line, Shop};

fn item(name: &str, codes: &[&str]) -> Value {
    json!({"name": name, "codes": codes, "unit": "pc", "vat": "std", "price": "2.50"})
}

fn retired(name: &str, codes: &[&str]) -> Value {
    let mut item = item(name, codes);
    item["active"] = false.into();
    item
}

/// A shop with these items besides its own, its till, and anna signed in.
async fn sells(items: &[(&str, Value)]) -> (Shop, Till, Session) {
    let shop = Shop::stocked().await.unwrap();
    let rows: Vec<_> = items.iter().map(|(key, body)| ("item", *key, body.clone())).collect();
    shop.rows(&rows).await.unwrap();
    // That one code stands on two items is what some of these tests are about: the owner says yes to it.
    shop.admin("POST", "centres/main/publish?shared_codes=yes", String::new()).await.unwrap();
    let till = shop.ready_till("T1", &Line::default().into()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (shop, till, session)
}

fn scan(session: &Session, code: &str) -> Result<String, TillError> {
    let line = session.add(AddLine::code(code, 1.into()))?;
    Ok(session.cart()?.unwrap().lines.remove(line).item)
}

#[test]
fn bug_13_a_thousand_with_its_comma_is_a_thousand_or_refused() {
    let read = |text: &str, locale: &str, currency: &str| {
        Money::read(text, locale, Currency::parse(currency).unwrap()).map(|read| read.minor)
    };
    for (text, locale, currency) in [("1,250", "en", "GBP"), ("1.250", "de", "EUR"), ("1.250", "cs", "CZK")] {
        assert!(matches!(read(text, locale, currency), Err(AmountError::TwoReadings { .. })), "{text}");
    }
    assert_eq!(read("1,000", "en", "JPY"), Ok(1000));
    assert_eq!(read("1,250.00", "en", "GBP"), Ok(1250_00));
}

#[tokio::test(flavor = "multi_thread")]
async fn bug_18_a_gtin_is_found_in_every_form_that_scanners_send() {
    let (_shop, _till, session) =
        sells(&[("upc", item("UPC item", &["012345678905"])), ("soda", item("Soda", &["04252614"]))]).await;
    for (scanned, key) in [
        ("0012345678905", "upc"),
        ("012345678905\r", "upc"),
        ("]E00012345678905\r\n", "upc"),
        ("05901234123457", "tea"),
        ("]C10105901234123457", "tea"),
        ("]d2010590123412345710LOT\u{1d}17261231", "tea"),
        ("(01)05901234123457(10)LOT", "tea"),
        ("https://id.gs1.org/01/05901234123457", "tea"),
        ("https://example.com/shop/gtin/05901234123457/10/LOT?x=1", "tea"),
        ("042100005264", "soda"),
        ("425261", "soda"),
    ] {
        assert_eq!(scan(&session, scanned).ok().as_deref(), Some(key), "{scanned:?}");
    }
    for unknown in ["5901234123450", "15901234123454", "https://id.gs1.org/01/05901234123450", "\r\n"] {
        assert!(matches!(scan(&session, unknown), Err(TillError::Unknown { .. })), "{unknown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_found_however_a_scanner_a_keyboard_or_a_spreadsheet_spells_it() {
    let (_shop, _till, session) = sells(&[
        ("upc", item("UPC", &["012345678905"])),
        ("lost", item("Zero lost by a spreadsheet", &["36000291452"])),
        ("own", item("A code of the shop's own", &["123-45"])),
    ])
    .await;
    for (scanned, key) in [
        ("５９０１２３４１２３４５７", "tea"),
        ("590123412345712", "tea"),
        ("590123412345751299", "tea"),
        ("5901234123457 51299", "tea"),
        ("id.gs1.org/01/05901234123457", "tea"),
        ("[01]05901234123457[10]ABC", "tea"),
        ("<GS>0105901234123457", "tea"),
        ("5901234123457\u{200b}", "tea"),
        ("\u{200e}5901234123457", "tea"),
        ("5901234\u{2013}123457", "tea"),
        ("5901234\u{a0}123457", "tea"),
        ("036000291452", "lost"),
        ("12345678905", "upc"),
        ("123\u{2212}45", "own"),
    ] {
        assert_eq!(scan(&session, scanned).ok().as_deref(), Some(key), "{scanned:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_takes_no_code_from_the_item_that_has_it() {
    let (_shop, _till, session) = sells(&[
        ("magazine", item("Magazine of December", &["590123412345712"])),
        ("upc", item("UPC", &["012345678905"])),
        ("part", item("Part 12345678905", &["12345678905"])),
        ("dashed", item("Dashed", &["12-34"])),
        ("plain", item("Plain", &["1234"])),
    ])
    .await;
    for (scanned, key) in [
        ("590123412345712", "magazine"),
        ("590123412345734", "tea"),
        ("12345678905", "part"),
        ("012345678905", "upc"),
        ("12-34", "dashed"),
        ("12\u{2013}34", "dashed"),
        ("1234", "plain"),
        ("12 34", "plain"),
    ] {
        assert_eq!(scan(&session, scanned).ok().as_deref(), Some(key), "{scanned:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_an_order_is_wanted_is_written_in_one_form() {
    let (_shop, _till, session) = sells(&[]).await;
    let order = |day: &str| {
        let lines = vec![Goods::item("tea", 1.into())];
        session.take_order(NewOrder { lines, wanted_day: Some(day.into()), ..NewOrder::default() })
    };
    for day in [
        "20101224",
        "2010-12-24T10:00",
        "+002010-12-24",
        "-002010-12-24",
        "2010-12-24[Europe/Prague]",
        " 2010-12-24",
        "2010-W51-5",
        "2010-02-29",
        "",
    ] {
        let refused = order(day).unwrap_err();
        assert!(matches!(refused, TillError::BadInput { .. }), "{day:?}: {refused}");
    }
    assert!(order("2010-12-24").is_ok() && order("2012-02-29").is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_stands_in_its_line_without_what_the_scanner_put_around_it() {
    let (_shop, _till, session) = sells(&[]).await;
    scan(&session, "\t]C10105901234123457\u{1d}10A\u{0}\r\n").unwrap();
    scan(&session, &format!("010590123412345710{}", "9".repeat(200))).unwrap();

    let codes: Vec<_> = session.cart().unwrap().unwrap().lines.into_iter().map(|line| line.code).collect();

    let cut = format!("010590123412345710{}", "9".repeat(110));
    assert_eq!(codes, [Some("]C1010590123412345710A".into()), Some(cut)]);

    let refused = scan(&session, &format!("{}\u{1b}p\u{0}", "ž".repeat(200))).unwrap_err();

    assert_eq!(refused.to_string(), format!("there is no item with code {}", "ž".repeat(64)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_several_items_is_asked_about_and_nothing_is_sold_meanwhile() {
    let (_shop, _till, session) = sells(&[
        ("b", item("Jug", &["TWICE"])),
        ("a", item("Can", &["TWICE"])),
        ("gtin", item("Tea as a carton", &["05901234123457"])),
        ("old", retired("Old can", &["TWICE", "GONE", "ONCE"])),
        ("older", retired("Older can", &["GONE"])),
        ("new", item("New can", &["ONCE"])),
    ])
    .await;

    let refused = scan(&session, "TWICE\r").unwrap_err();

    assert_eq!((refused.code(), refused.remedy()), ("several-items", tillkit::Remedy::Correct));
    let TillError::SeveralItems { code, items } = refused else { panic!("{refused}") };
    let named = [("a".to_string(), "Can".to_string()), ("b".into(), "Jug".into())];
    assert_eq!((code.as_str(), items.as_slice()), ("TWICE", &named[..]));
    assert!(session.cart().unwrap().is_none(), "nothing was added");
    // Two spellings of one code are one code.
    assert!(matches!(scan(&session, "5901234123457"), Err(TillError::SeveralItems { .. })));
    // Who was asked finds them first, with their prices.
    let hits: Vec<String> =
        session.sell_screen("TWICE").unwrap().hits.into_iter().map(|hit| hit.item).collect();
    assert_eq!(hits, ["a", "b"]);
    assert!(matches!(session.find_code("TWICE"), Err(TillError::SeveralItems { .. })));
    // A retired item has handed its code on; of retired ones alone one is named.
    assert_eq!(scan(&session, "ONCE").unwrap(), "new");
    assert!(matches!(scan(&session, "GONE"), Err(TillError::NotForSale { name }) if name == "Old can"));
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_are_counted_by_any_spelling_of_their_code() {
    let (_shop, till, session) =
        sells(&[("b", item("Jug", &["TWICE"])), ("a", item("Can", &["TWICE"]))]).await;
    let count = |code: &str| session.count(None, vec![tillkit::Goods::code(code, 3.into())]);
    assert!(count("]E05901234123457\r").is_ok());
    assert!(matches!(count("TWICE"), Err(TillError::SeveralItems { .. })));
    let rows = till.objects_screen("item", "https://id.gs1.org/01/05901234123457", None, 9).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["tea"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_breaks_the_paper() {
    let total = "Total                                 0.00";
    let (_shop, _till, session) = sells(&[
        ("long", item("Submersible pump for dirty water with float and 25 m hose, stainless", &["L"])),
        ("total", item(total, &["T"])),
        ("wide", item("美味しいお茶とケーキのセット、クリスマス限定商品、数量限定", &["W"])),
    ])
    .await;
    for code in ["L", "T", "W"] {
        scan(&session, code).unwrap();
    }
    session.pay_rest("cash").unwrap();

    let text = session.complete().unwrap().text;

    let columns =
        |line: &str| line.chars().map(|letter| if letter > '\u{2e7f}' { 2 } else { 1 }).sum::<usize>();
    assert_eq!(text.lines().map(columns).max(), Some(42), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("Total")).count(), 1, "{text}");
    assert_eq!(text.matches("1 pc x 2.50").count(), 3, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rounds_to_nothing_in_cash_can_be_paid_by_what_does_not_round() {
    let shop = Shop::stocked().await.unwrap();
    let home = json!({"name": "Shop", "currency": "CZK", "vat_mode": "included", "warehouse": "main"});
    shop.admin("PUT", "centres/main", home.to_string()).await.unwrap();
    let tender = |name: &str, kind: &str, currency: &str| json!({"name": name, "kind": kind, "currency": currency, "gives_change": kind == "cash"});
    let mut bag = item("Bag", &["BAG"]);
    bag["price"] = "0.40".into();
    shop.rows(&[
        ("currency", "CZK", json!({"name": "Koruna", "cash_step_minor": 100})),
        ("tender", "cash", tender("Cash", "cash", "CZK")),
        ("tender", "card", tender("Card", "card", "CZK")),
        ("item", "bag", bag),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &Line::default().into()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    scan(&session, "BAG").unwrap();
    let cart = || session.sell_screen("").unwrap().cart.unwrap();

    let rests: Vec<_> = cart().can_pay.into_iter().map(|left| (left.tender, left.rest.minor)).collect();

    assert_eq!(cart().rest.minor, 0);
    assert!(rests.contains(&("card".into(), 40)), "{rests:?}");
    assert!(!rests.iter().any(|(tender, _)| tender == "cash"), "{rests:?}");
    session.pay_rest("card").unwrap();
    assert!(cart().can_complete && cart().can_pay.is_empty());
    session.complete().unwrap();
    scan(&session, "MUG").ok();
    scan(&session, "5901234123457").unwrap();
    assert!(!cart().can_complete, "tea of 2.55 is not paid");
}
