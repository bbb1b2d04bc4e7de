//! What documents leave behind reaches the other tills by itself: stock, customers; and pictures, after
//! documents.

use std::sync::{Arc, atomic::Ordering};

use serde_json::json;
use tillkit::{AddLine, CustomerPart, Goods, NewStock, Scope, Session, StockKind, Till, Trigger};
use tillkit_tests::world::{Line, Shop};

use crate::shop;

fn line() -> Arc<Line> {
    Line::default().into()
}

/// A shop with ten teas, and two tills of it.
async fn with_ten_teas() -> (Shop, Till, Arc<Line>, Till) {
    let shop = shop().await;
    let level = json!({"item": "tea", "quantity": "10", "warehouse": "main"});
    shop.rows(&[("stock_level", "main/tea", level)]).await.unwrap();
    shop.settled().await;
    let line_of_one = line();
    let one = shop.ready_till("T1", &line_of_one).await.unwrap();
    let other = shop.ready_till("T2", &line()).await.unwrap();
    (shop, one, line_of_one, other)
}

async fn sync(till: &Till) {
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(report.is_complete(), "{report:?}");
}

fn teas(session: &Session) -> String {
    let screen = session.sell_screen("tea").unwrap();
    let hit = screen.hits.into_iter().find(|hit| hit.item == "tea").unwrap();
    hit.stock.unwrap().quantity
}

fn move_teas(session: &Session, kind: StockKind, quantity: u32) {
    let reason = "the van".to_string();
    let moved = NewStock { reason, ..NewStock::new(kind, vec![Goods::item("tea", quantity.into())]) };
    session.move_goods(moved).unwrap();
}

fn sell_tea(session: &Session) -> String {
    session.add(AddLine::item("tea", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap().text
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_that_come_and_go_back_reach_the_other_till_without_a_publication() {
    let (shop, one, _, other) = with_ten_teas().await;
    let (anna, bob) = (one.sign_in("anna", "1234").unwrap(), other.sign_in("bob", "4321").unwrap());
    assert_eq!((teas(&anna).as_str(), teas(&bob).as_str()), ("10", "10"));

    move_teas(&anna, StockKind::GoodsReceipt, 5);
    move_teas(&anna, StockKind::GoodsReturn, 2);
    assert_eq!(teas(&anna), "13", "before anything is sent");
    sync(&one).await;
    assert_eq!(teas(&anna), "13", "sent, and perhaps booked");
    shop.settled().await;
    assert_eq!(teas(&anna), "13", "booked, and not fetched");
    sync(&one).await;
    assert_eq!(teas(&anna), "13", "fetched");

    assert_eq!(teas(&bob), "10");
    sync(&other).await;
    assert_eq!(teas(&bob), "13");
    assert_eq!(shop.publish().await.unwrap(), 1, "nothing has been published in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_made_on_one_till_is_found_on_the_other_without_a_publication() {
    let (shop, one, _, other) = with_ten_teas().await;
    let (anna, bob) = (one.sign_in("anna", "1234").unwrap(), other.sign_in("bob", "4321").unwrap());
    let none = String::new;
    let name = "Žofie Dvořáková".to_string();
    let part =
        CustomerPart { address: none(), email: none(), name, phone: "+420 777 123".into(), vat_id: none() };
    let made = anna.make_customer(part).unwrap();
    sync(&one).await;
    shop.settled().await;
    assert_eq!(bob.customers("zofie", None, 10).unwrap(), [], "not fetched yet");

    sync(&other).await;
    let found = bob.customers("zofie", None, 10).unwrap();
    assert_eq!((found.len(), found[0].key.as_str(), found[0].is_own), (1, made.key.as_str(), false));
    sync(&one).await;
    let found = anna.customers("zofie", None, 10).unwrap();
    assert_eq!((found.len(), found[0].key.as_str()), (1, made.key.as_str()), "one customer, not two");
    assert_eq!(shop.publish().await.unwrap(), 1, "nothing has been published in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn sold_offline_the_stock_is_right_here_at_once_and_on_the_other_till_after_a_sync() {
    let (shop, one, line, other) = with_ten_teas().await;
    let (anna, bob) = (one.sign_in("anna", "1234").unwrap(), other.sign_in("bob", "4321").unwrap());
    line.is_down.store(true, Ordering::SeqCst);
    let offline = one.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(offline.result(), "no-route");

    for left in ["9", "8", "7"] {
        let receipt = sell_tea(&anna);
        assert!(receipt.contains("Made offline"), "{receipt}");
        assert_eq!(teas(&anna), left);
    }
    line.is_down.store(false, Ordering::SeqCst);
    sync(&one).await;
    assert_eq!(teas(&anna), "7");
    shop.settled().await;
    sync(&one).await;
    assert_eq!(teas(&anna), "7");
    sync(&other).await;
    assert_eq!(teas(&bob), "7");

    sell_tea(&bob);
    sync(&other).await;
    shop.settled().await;
    assert_eq!(teas(&bob), "6");
    sync(&one).await;
    assert_eq!(teas(&anna), "6");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_comes_with_a_full_sync_and_not_with_all_without_attachments() {
    let shop = shop().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let picture = "RIFF\x10\0\0\0WEBPVP8 a tin of tea";
    shop.admin("PUT", "centres/main/images/tin?item=tea", picture).await.unwrap();
    sync(&till).await;
    assert_eq!(till.image("tin").unwrap(), None, "nobody has published it");
    shop.publish().await.unwrap();

    let skipping = till.sync(Scope::AllWithoutAttachments, Trigger::RedButton).unwrap();
    assert!(skipping.wait().await.unwrap().is_complete());
    assert_eq!(till.image("tin").unwrap(), None);

    sync(&till).await;
    assert_eq!(till.image("tin").unwrap().as_deref(), Some(picture.as_bytes()));
}
