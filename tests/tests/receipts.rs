//! What a printer gets: random receipts of random shops, judged by an accountant that shares no code with the
//! domain (see `tillkit_tests::receipts`), and the papers of every other document.

use proptest::prelude::*;
use serde_json::{Value, json};
use tillkit::{AddLine, NewReturn, Quantity, ReturnLine, ReturnPurpose, Session, Till};
use tillkit_tests::{receipts, world::Shop};

use super::yesterday::{back, item, line, money, origin, place, sell, sync};

/// Receipts of a case, on average.
const EACH: u32 = 20;

/// 2,000 receipts, or as many as are asked for.
fn cases() -> u32 {
    let asked = std::env::var("TILLKIT_RECEIPTS").ok().and_then(|count| count.parse::<u32>().ok());
    asked.unwrap_or(2_000).div_ceil(EACH)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    // A shop does the same whatever its number of receipts is: the first that differs is found by halving.
    #[test]
    fn the_accountant_agrees_with_every_receipt_of_every_shop(seed in any::<u64>(), many in 1..2 * u64::from(EACH)) {
        let judged = receipts::judge(seed, many);
        prop_assert!(judged.differences.is_empty(), "{:#?}", judged.differences);
        prop_assert!(judged.figures > 5 * many, "{judged}");
    }
}

async fn open() -> (Shop, Till, Session) {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (shop, till, session)
}

/// A till of a shop in leva.
async fn in_leva() -> (Shop, Till, Session) {
    let shop = Shop::stocked().await.unwrap();
    priced_in(&shop, json!({"currency": "BGN"})).await;
    shop.rows(&[("item", "mug", item("Mug", "MUG", "10.00"))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (shop, till, session)
}

async fn to_euro(shop: &Shop, till: &Till) -> Session {
    priced_in(shop, json!({"currency": "EUR", "changeover": {"from": "BGN", "rate": "1.95583"}})).await;
    shop.publish().await.unwrap();
    assert!(sync(till).await.is_complete());
    till.sign_in("anna", "1234").unwrap()
}

async fn priced_in(shop: &Shop, centre: Value) {
    let mut row = json!({"name": "Shop", "vat_mode": "included", "warehouse": "main"});
    row.as_object_mut().unwrap().extend(centre.as_object().unwrap().clone());
    shop.admin("PUT", "centres/main", row.to_string()).await.unwrap();
    let tender = |name: &str| json!({"name": name, "kind": name.to_lowercase(), "currency": centre["currency"], "gives_change": name == "Cash"});
    shop.rows(&[("tender", "cash", tender("Cash")), ("tender", "card", tender("Card"))]).await.unwrap();
}

/// The lines of a paper that begin with this, without the blanks between.
fn rows(text: &str, label: &str) -> Vec<String> {
    let rows = text.lines().filter(|row| row.starts_with(label));
    rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_names_its_sales_in_the_order_of_its_lines_and_its_copy_does_too() {
    let (_shop, till, session) = open().await;
    let (first, second) = (sell(&session, "book", 2, "cash"), sell(&session, "mug", 2, "cash"));
    let of_line = |item: &str, of, line| ReturnLine {
        what: AddLine::item(item, "-1".parse::<Quantity>().unwrap()),
        origin: Some(origin(of, line)),
        reason: None,
    };
    let lines = vec![of_line("mug", &second, 0), of_line("book", &first, 0), of_line("mug", &second, 0)];
    let new = NewReturn { purpose: ReturnPurpose::Goods, customer: None, lines, refund: "cash".into() };

    let returned = session.return_goods(new).unwrap();

    let named = |of: &tillkit::Receipt| format!("Returned from {} of 2010-12-01", of.reference.number);
    assert_eq!(rows(&returned.text, "Returned from"), [named(&second), named(&first)], "{}", returned.text);
    let copy = till.document_view(&place(&returned)).unwrap().text;
    assert_eq!(rows(&copy, "Returned from"), [named(&second), named(&first)], "{copy}");
    assert!(rows(&first.text, "Returned from").is_empty() && rows(&first.text, "Voided").is_empty());

    // What a voided return brings back comes from the return.
    let void = session.void(&returned.reference, "the wrong mug").unwrap();

    let voided = format!("Voided {} of 2010-12-01", returned.reference.number);
    assert_eq!(rows(&void.text, "Voided"), std::slice::from_ref(&voided), "{}", void.text);
    assert_eq!(rows(&void.text, "Reason"), ["Reason: the wrong mug"]);
    assert!(rows(&void.text, "Returned from").is_empty());
    let copy = till.document_view(&place(&void)).unwrap().text;
    assert_eq!((rows(&copy, "Voided"), rows(&copy, "Reason").len()), (vec![voided], 1), "{copy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_without_a_sale_prints_its_reason_and_names_no_sale() {
    let (_shop, _till, session) = open().await;
    let what = AddLine::item("book", "-1".parse::<Quantity>().unwrap());
    let lines = vec![ReturnLine { what, origin: None, reason: Some("a gift".into()) }];
    let new = NewReturn { purpose: ReturnPurpose::Goods, customer: None, lines, refund: "cash".into() };

    let text = session.return_goods(new).unwrap().text;

    assert!(text.contains("a gift") && !text.contains("Returned from"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_paper_of_money_names_its_currency_and_goes_on_naming_it_after_its_end() {
    let (shop, till, session) = in_leva().await;
    let (sale, other) = (sell(&session, "mug", 2, "cash"), sell(&session, "mug", 1, "card"));
    drop(session);
    let session = to_euro(&shop, &till).await;

    let returned = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap();
    let void = session.void(&other.reference, "twice").unwrap();

    let copy = |of| till.document_view(&place(of)).unwrap().text;
    for text in [&sale.text, &returned.text, &void.text, &copy(&sale), &copy(&returned), &copy(&void)] {
        assert_eq!(rows(text, "Total BGN").len(), 1, "{text}");
    }
    let paid = " Cash -5.11 EUR                     -10.00\n   1 EUR = 1.95583 BGN\n";
    assert!(returned.text.contains(paid), "{}", returned.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_taken_before_a_changeover_is_printed_with_the_rate_of_the_law() {
    let (shop, till, session) = in_leva().await;
    session.add(AddLine::item("mug", 1.into())).unwrap();
    session.pay("cash", money(5_00, "BGN"), None).unwrap();
    let held = session.hold("").unwrap();
    drop(session);
    let session = to_euro(&shop, &till).await;
    session.recall(&held).unwrap();
    session.pay_rest("card").unwrap();

    let done = session.complete().unwrap();

    let copy = till.document_view(&place(&done)).unwrap().text;
    for text in [&done.text, &copy] {
        assert!(text.contains(" Cash 5.00 BGN ") && text.contains("\n   1 EUR = 1.95583 BGN\n"), "{text}");
        assert!(!text.contains("0.5112"), "{text}");
    }
}

/// Only with `--cfg tillkit_defects`, as `cargo xtask prove` builds it.
#[cfg(tillkit_defects)]
#[test]
fn every_planted_fault_of_arithmetic_is_found() {
    let mut found = 0;
    for defect in tillkit_domain::defects::ALL {
        match receipts::hunt(defect, 500) {
            Some((receipts, difference)) => {
                found += 1;
                println!("planted: {defect}: within {receipts} receipts, {difference}");
            }
            None => println!("planted: {defect}: not found in 500 receipts"),
        }
    }
    assert_eq!(found, tillkit_domain::defects::ALL.len());
}
