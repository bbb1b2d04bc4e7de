//! What a cashier does, against a real centre.

use std::sync::atomic::Ordering;

use tillkit::{
    AddLine, CashMovementKind, Counted, Currency, Delivery, Discount, Goods, Kind, LineOrigin, Money,
    NewReturn, NewStock, Quantity, ReturnLine, ReturnPurpose, Right, Scope, Section, StockKind, TillError,
    Trigger,
};
use tillkit_domain::SaleError;
use tillkit_tests::world::{Line, Shop};

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn line() -> std::sync::Arc<Line> {
    Default::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_a_till_meets_at_the_centre_to_the_penny() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();

    session.move_cash(CashMovementKind::FloatIn, "cash", pounds(50_00), "").unwrap();
    session.add(AddLine::code("5901234123457", 6.into())).unwrap();
    session.add(AddLine::item("mug", 1.into()).at("4.00".parse().unwrap(), "scratched")).unwrap();
    session.discount_receipt(Some(Discount::Amount(30))).unwrap();
    session.pay("cash", pounds(20_00), None).unwrap();
    let sale = session.complete().unwrap();
    assert_eq!((sale.settled.total_minor, sale.settled.change_minor), (15_30 + 4_00 - 30, 1_00));
    assert!(sale.text.contains("Thank you") && sale.text.contains("scratched"), "{}", sale.text);

    session.add(AddLine::item("book", 1.into())).unwrap();
    session.pay("euros", Money::new(20_00, Currency::EUR), None).unwrap();
    let foreign = session.complete().unwrap();
    assert_eq!(foreign.settled.tenders[0].home_minor, 16_89);
    assert_eq!(foreign.settled.change_minor, 4_89);

    session.add(AddLine::item("mug", 2.into())).unwrap();
    session.set_customer(Some("c1")).unwrap();
    session.pay_rest("credit").unwrap();
    session.complete().unwrap();

    let origin = LineOrigin { till: "T1".into(), enrolment: 1, seq: sale.reference.seq, line: 0 };
    let back = |quantity: &str| NewReturn {
        purpose: ReturnPurpose::Goods,
        customer: None,
        lines: vec![ReturnLine {
            what: AddLine::item("tea", quantity.parse().unwrap()),
            origin: Some(origin.clone()),
            reason: None,
        }],
        refund: "cash".into(),
    };
    let returned = session.return_goods(back("-4")).unwrap();
    assert_eq!(returned.settled.total_minor, -10_04);
    let too_much = session.return_goods(back("-3")).unwrap_err();
    assert!(matches!(too_much, TillError::Sale(SaleError::ReturnsTooMuch { .. })), "{too_much}");
    session.void(&foreign.reference, "wrong customer").unwrap();
    assert!(matches!(session.void(&foreign.reference, "again"), Err(TillError::NotReversible { .. })));
    assert!(matches!(session.void(&sale.reference, "late"), Err(TillError::NotReversible { .. })));

    let tea = || vec![Goods::item("tea", 10.into())];
    let delivery_note = Some("DN 7".into());
    let receipt = NewStock { reference: delivery_note, ..NewStock::new(StockKind::GoodsReceipt, tea()) };
    session.move_goods(receipt).unwrap();
    let unexplained = session.move_goods(NewStock::new(StockKind::WriteOff, tea())).unwrap_err();
    assert!(matches!(unexplained, TillError::Sale(SaleError::ReasonMissing { .. })), "{unexplained}");
    session.move_cash(CashMovementKind::SafeDrop, "cash", pounds(30_00), "evening").unwrap();

    let interim = session.interim().unwrap();
    let counted = Counted { tender: "cash".into(), amount: pounds(28_95) };
    let closed = session.close(&[counted]).unwrap();
    let totals = &closed.closure.totals;
    assert_eq!(interim.closure.totals.gross_minor, totals.gross_minor);
    assert_eq!(totals.gross_minor, 19_00 + 12_00 + 8_50 - 10_04 - 12_00);
    assert_eq!((totals.sales, totals.returns, totals.voids), (3, 1, 1));
    let cash = totals.tenders.iter().find(|total| total.tender == "cash").unwrap();
    // 50 float + 19 sale − 10.04 return − 30 safe; the euros' change came out and went back in.
    assert_eq!((cash.expected_minor, cash.difference_minor), (28_96, Some(-1)));
    assert_eq!(closed.closure.z, 1);

    // 2 cash movements, 3 sales, 1 return, 1 void, 1 goods receipt, 1 Z; log-ins are not in the badge.
    let unsent = till.unsent().unwrap();
    assert_eq!(unsent.documents(), 9);
    assert_eq!(unsent.sections["sales"].amounts_minor["GBP"], totals.gross_minor);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.sent_documents, till.unsent().unwrap().all()), (11, 0), "the tap left an event");
    assert_eq!(shop.documents().await.unwrap().len(), 11);

    shop.settled().await;
    till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    let history = till.history(&[], None, 100).unwrap();
    assert_eq!(history.len(), 11);
    assert!(matches!(history[0].delivery, Delivery::Processed { .. }), "no Z lists it yet: {:?}", history[0]);
    assert!(
        history[1..].iter().all(|document| matches!(document.delivery, Delivery::Settled { .. })),
        "{history:?}"
    );
    assert!(till.verify_chains().unwrap().is_ok());
    let findings = shop.list("findings").await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let gross: i64 = shop
        .list("totals")
        .await
        .unwrap()
        .iter()
        .filter(|total| total["measure"] == "gross")
        .map(|total| total["value"].as_i64().unwrap())
        .sum();
    assert_eq!(gross, totals.gross_minor);
    let stock = shop.list("stock").await.unwrap();
    let tea = stock.iter().find(|level| level["item"] == "tea").unwrap();
    assert_eq!(tea["micro"], (10 - 6 + 4) * 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sale_keeps_its_prices_and_the_list_shows_the_new() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("tea", 2.into())).unwrap();
    let held = session.hold("lady with hat").unwrap();
    let tea = serde_json::json!({"name": "Earl Grey Tea", "codes": ["5901234123457"], "unit": "pc", "vat": "std", "price": "3.00"});
    shop.rows(&[("item", "tea", tea)]).await.unwrap();
    shop.publish().await.unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    session.recall(&held).unwrap();
    session.add(AddLine::item("tea", 1.into())).unwrap();
    let lines = session.cart().unwrap().unwrap().lines;

    let prices: Vec<String> = lines.iter().map(|line| line.unit_price.to_string()).collect();
    assert_eq!(prices, ["2.55", "3"]);
    assert!(lines[0].generation < lines[1].generation);
    assert!(session.held().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_change_waits_for_the_receipt_to_be_finished() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("tea", 1.into())).unwrap();
    let tea = serde_json::json!({"name": "Tea", "codes": [], "unit": "pc", "vat": "std", "price": "3.00"});
    shop.rows(&[("item", "tea", tea)]).await.unwrap();
    shop.publish().await.unwrap();

    let run = till.sync(Scope::All, Trigger::RedButton).unwrap();
    let mut status = till.status().unwrap();
    let waits = |status: &tillkit::Status| {
        status.run.as_ref().is_some_and(|run| run.stage == tillkit::Stage::WaitingForReceipt)
    };
    status.wait_for(waits).await.unwrap();
    session.add(AddLine::item("tea", 1.into())).unwrap();
    let lines = session.cart().unwrap().unwrap().lines;
    assert_eq!(lines[0].unit_price, lines[1].unit_price);
    session.pay_rest("cash").unwrap();
    session.complete().unwrap();

    assert!(run.wait().await.unwrap().applied.contains(&Section::Items));
    session.add(AddLine::item("tea", 1.into())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total, pounds(3_00));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_checks_its_right() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();
    let lacks = |result: Result<(), TillError>, right: Right| {
        let refused = result.unwrap_err();
        assert!(
            matches!(&refused, TillError::NoRight { right: found, .. } if *found == right),
            "{right}: {refused}"
        );
    };
    bob.add(AddLine::item("tea", 1.into())).unwrap();
    lacks(
        bob.add(AddLine::item("tea", 1.into()).at("1".parse().unwrap(), "nice")).map(drop),
        Right::PriceOverride,
    );
    lacks(bob.add(AddLine::item("tea", 1.into()).with_vat("zero")).map(drop), Right::PriceOverride);
    lacks(bob.discount_line(0, None), Right::Discount);
    lacks(bob.discount_receipt(None), Right::Discount);
    lacks(bob.close(&[]).map(drop), Right::Closure);
    lacks(bob.interim().map(drop), Right::Closure);
    lacks(bob.move_cash(CashMovementKind::PayIn, "cash", pounds(1), "").map(drop), Right::CashMovement);
    lacks(bob.edit_price("tea", "1".parse().unwrap()), Right::LocalEdit);
    lacks(bob.change_centre("main").await, Right::ChangeCentre);
    bob.pay_rest("cash").unwrap();
    let sale = bob.complete().unwrap();
    lacks(bob.void(&sale.reference, "why not").map(drop), Right::Void);
    let goods =
        NewReturn { purpose: ReturnPurpose::Goods, customer: None, lines: vec![], refund: "cash".into() };
    lacks(bob.return_goods(goods).map(drop), Right::Return);
    let nobody = till.choose_centre("main").await.unwrap_err();
    assert!(matches!(nobody, TillError::NoRight { right: Right::ChangeCentre, .. }), "{nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_lock_a_user_out_and_a_restart_does_not_help() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    for left in (0..5).rev() {
        let refused = till.sign_in("anna", "0000").err().unwrap();
        match left {
            0 => assert!(matches!(refused, TillError::LockedOut { wait_s: 60 }), "{refused}"),
            left => assert!(
                matches!(refused, TillError::WrongPin { tries_left } if tries_left == left),
                "{refused}"
            ),
        }
    }
    drop(till);
    let till = shop.till("T1", &line).unwrap();
    assert!(matches!(till.sign_in("anna", "1234"), Err(TillError::LockedOut { .. })));
    shop.hands.pass(61_000);
    assert!(till.sign_in("anna", "1234").is_ok());
    assert!(matches!(till.sign_in("mallory", "1234"), Err(TillError::WrongPin { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_needs_no_network() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    let before = line.requests.load(Ordering::SeqCst);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    let session = till.sign_in("bob", "4321").unwrap();
    session.add(AddLine::code("MUG", 1.into())).unwrap();
    session.pay_rest("card").unwrap();
    let receipt = session.complete().unwrap();

    assert!(receipt.text.contains("Made offline"), "{}", receipt.text);
    assert_eq!(line.requests.load(Ordering::SeqCst), before);
    let sale = till.document("T1", 1, receipt.reference.seq).unwrap().unwrap();
    assert!(sale.document::<serde_json::Value>().unwrap().offline);
    assert_eq!(till.history(&[Kind::Sale], None, 10).unwrap().len(), 1);
    assert_eq!(Quantity::from(1), receipt.settled.lines[0].quantity);
}
