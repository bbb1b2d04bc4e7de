//! What a person has done survives a kill of the app.

use tillkit::{AddLine, Session, Till};
use tillkit_tests::world::Shop;

use super::yesterday::{line, money};

/// The app is killed and started again.
fn killed(shop: &Shop, till: Till, session: Session) -> (Till, Session) {
    drop(session);
    drop(till);
    let till = shop.till("T1", &line()).unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (till, session)
}

async fn paid_by_card(shop: &Shop) -> (Till, Session) {
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("book", 3.into())).unwrap();
    session.pay("card", money(20_00, "GBP"), Some("slip 4711")).unwrap();
    (till, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_charged_is_not_forgotten_when_the_app_is_killed() {
    let shop = Shop::stocked().await.unwrap();
    let (till, session) = paid_by_card(&shop).await;
    session.add(AddLine::item("mug", 1.into())).unwrap();
    assert!(session.held().unwrap().is_empty(), "an open sale is not set aside");

    let (_till, session) = killed(&shop, till, session);

    let held = session.held().unwrap();
    assert_eq!((held.len(), held[0].is_open, held[0].user.as_str()), (1, true, "anna"));
    assert_eq!(session.sell_screen("").unwrap().interrupted, 1, "the cashier is told");
    session.recall(&held[0].id).unwrap();
    assert_eq!(session.sell_screen("").unwrap().interrupted, 0);
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap().settled;
    assert_eq!((sale.total_minor, sale.lines.len()), (40_25, 2), "the mug was on it, too");
    assert_eq!(sale.tenders[0].reference.as_deref(), Some("slip 4711"));
    assert!(session.held().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_over_does_not_come_back() {
    let shop = Shop::stocked().await.unwrap();
    let (till, session) = paid_by_card(&shop).await;
    session.pay_rest("cash").unwrap();
    session.complete().unwrap();
    session.add(AddLine::item("book", 2.into())).unwrap();
    session.pay("card", money(5_00, "GBP"), Some("slip 4712")).unwrap();
    session.cancel_sale().unwrap();
    let (_till, session) = killed(&shop, till, session);
    assert!(session.held().unwrap().is_empty() && session.cart().unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_sale_survives_a_kill_as_it_did_while_it_was_held() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("book", 1.into())).unwrap();
    let id = session.hold("lady with hat").unwrap();
    session.recall(&id).unwrap();
    session.set_quantity(0, 2.into()).unwrap();
    let (till, session) = killed(&shop, till, session);
    let held = session.held().unwrap();
    assert_eq!((held.len(), held[0].label.as_str()), (1, "lady with hat"));
    session.recall(&held[0].id).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total, money(24_00, "GBP"));
    session.hold("again").unwrap();
    let (_till, session) = killed(&shop, till, session);
    let held = session.held().unwrap();
    assert_eq!((held.len(), held[0].label.as_str(), held[0].is_open), (1, "again", false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_that_was_taken_off_does_not_come_back_with_the_sale() {
    let shop = Shop::stocked().await.unwrap();
    let (till, session) = paid_by_card(&shop).await;
    session.remove_tender(0).unwrap();
    session.pay("card", money(9_00, "GBP"), Some("slip 4712")).unwrap();
    let (_till, session) = killed(&shop, till, session);
    let id = session.held().unwrap()[0].id.clone();
    session.recall(&id).unwrap();
    let slips: Vec<_> =
        session.cart().unwrap().unwrap().tenders.into_iter().map(|paid| paid.reference).collect();
    assert_eq!(slips, [Some("slip 4712".to_string())]);
}
