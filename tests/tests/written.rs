//! What an owner or a cashier writes in her own way, and what each side makes of it.

use serde_json::{Value, json};
use tillkit::{AddLine, CustomerPart, Scope, Session, Till, Trigger};
use tillkit_tests::world::{Line, Shop};

async fn open() -> (Shop, Till, Session) {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &Line::default().into()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (shop, till, session)
}

async fn sync(till: &Till) {
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(report.is_complete());
}

fn jones(address: &str) -> CustomerPart {
    let (email, phone, vat_id) = Default::default();
    CustomerPart { name: "Jones".into(), address: address.into(), email, phone, vat_id }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_found_by_its_code_however_the_owner_has_written_it() {
    let (shop, till, session) = open().await;
    let written = [
        ("w1", "590-1234-12346-4", "5901234123464"),
        ("w2", "5 901234 123471", "5901234123471"),
        ("w3", " 5901234123488", "5901234123488"),
        ("w4", "5901234123495\r\n", "5901234123495"),
        ("w5", "(01)05901234123501", "5901234123501"),
        ("w6", "https://id.gs1.org/01/05901234123518", "5901234123518"),
        ("w7", "]C10105901234123525", "5901234123525"),
        ("w8", "978-0-306-40615-7", "9780306406157"),
        ("w9", " ART-1 ", "ART-1"),
    ];
    let item =
        |code: &str| json!({"name": "A", "codes": [code], "unit": "pc", "vat": "std", "price": "1.00"});
    let mut rows: Vec<(&str, &str, Value)> =
        written.iter().map(|(key, code, _)| ("item", *key, item(code))).collect();
    rows.push(("item_code", "x1", json!({"item": "mug", "code": "590 1234 12353 2"})));
    shop.rows(&rows).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    for (key, written, scanned) in written.into_iter().chain([("mug", "590 1234 12353 2", "5901234123532")]) {
        session.add(AddLine::code(scanned, 1.into())).unwrap_or_else(|why| panic!("{written:?}: {why}"));
        assert_eq!(session.cart().unwrap().unwrap().lines.last().unwrap().item, key);
        session.cancel_sale().unwrap();
    }

    // Written anew, it is found by the new code alone.
    shop.rows(&[("item", "w1", item("5901234123549"))]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    assert!(session.add(AddLine::code("5901234123464", 1.into())).is_err());
    session.add(AddLine::code("5901234123549", 1.into())).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_lines_keeps_them_at_the_centre() {
    let (shop, till, session) = open().await;
    let key = session.make_customer(jones("High Street 1\r\nLondon")).unwrap().key;
    assert_eq!(session.customer(&key).unwrap().address, "High Street 1\nLondon");
    sync(&till).await;
    shop.settled().await;
    sync(&till).await;
    let customer = session.customer(&key).unwrap();
    assert_eq!((customer.address.as_str(), customer.is_own), ("High Street 1\nLondon", false));
}
