//! Documents a till makes besides sales: customers, orders, goods that move, and what an offline day adds up to.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::json;
use tillkit::{
    AddLine, CashMovementKind, Currency, CustomerPart, Goods, Kind, Money, NewOrder, NewStock, Released,
    Scope, StockKind, Till, Trigger,
};
use tillkit_tests::world::{Hands, Line, MORNING_MS, services};

use crate::shop;

fn line() -> Arc<Line> {
    Line::default().into()
}

fn part(name: &str, phone: &str) -> CustomerPart {
    let none = String::new;
    CustomerPart { address: none(), email: none(), name: name.into(), phone: phone.into(), vat_id: none() }
}

/// Unsent accounting documents, by the rows of the sync screen.
fn rows(till: &Till) -> Vec<(String, u64)> {
    let screen = till.sync_screen().unwrap();
    let rows = screen.rows.into_iter().filter(|row| !row.is_down && row.section != "events" && row.count > 0);
    rows.map(|row| (row.section, row.count)).collect()
}

const FOLDER: &str = "TILLKIT_OFFLINE_DAY";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that has an offline day and is killed"]
async fn offline_day() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let line = line();
    line.is_down.store(true, Ordering::SeqCst);
    let services = services(Hands::at(MORNING_MS), &folder.join("T1.key"), &line);
    let till = Till::open(&folder.join("T1"), services, tokio::runtime::Handle::current()).unwrap();
    assert_eq!(till.sign_in("anna", "0000").err().unwrap().code(), "wrong-pin");
    let anna = till.sign_in("anna", "1234").unwrap();
    for _ in 0..2 {
        anna.add(AddLine::code("MUG", 1.into())).unwrap();
        anna.pay_rest("cash").unwrap();
        anna.complete().unwrap();
    }
    anna.move_cash(CashMovementKind::PayOut, "cash", Money::new(1_00, Currency::GBP), "stamps").unwrap();
    anna.close(&[]).unwrap();
    println!("\nday {} {:?}", till.unsent().unwrap().documents(), rows(&till));
    // Until it is killed.
    std::future::pending().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_day_counts_four_documents_before_and_after_a_kill_and_so_does_the_centre() {
    let shop = shop().await;
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    assert_eq!(till.suspend(Duration::from_secs(60)), Released::Released);
    drop(till);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["making::offline_day", "--exact", "--ignored", "--nocapture"]);
    child.env(FOLDER, shop.folder.path()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut says = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = says.find(|line| line.starts_with("day "));
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    let expected = [("sales".to_string(), 2), ("closures".to_string(), 1), ("cash".to_string(), 1)];
    assert_eq!(said, Some(format!("day 4 {expected:?}")));

    let till = shop.till("T1", &line).unwrap();
    assert_eq!((till.unsent().unwrap().documents(), rows(&till)), (4, expected.to_vec()));
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    assert_eq!(till.unsent().unwrap().all(), 0);
    let documents = shop.documents().await.unwrap();
    let of =
        |kind: &str| documents.iter().filter(|line| line.contains(&format!("\"kind\":\"{kind}\""))).count();
    assert_eq!((of("sale"), of("cash_movement"), of("closure"), of("event")), (2, 1, 1, 2));
    assert!(
        documents.iter().any(|line| line.contains("sign_in_failed") && line.contains("\"user\":\"anna\""))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_made_here_can_be_found_and_sold_to_at_once() {
    let shop = shop().await;
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    let bob = till.sign_in("bob", "4321").unwrap();
    let nobody = bob.make_customer(part("  ", "")).unwrap_err();
    assert_eq!(nobody.code(), "bad-input");
    let made = bob.make_customer(part("Žofie Dvořáková", "+420 777 123")).unwrap();
    assert!(made.is_own);

    for words in ["zofie", "DVOR", "777"] {
        let found: Vec<String> =
            bob.customers(words, None, 10).unwrap().into_iter().map(|found| found.key).collect();
        assert_eq!(found, std::slice::from_ref(&made.key), "{words}");
    }
    assert_eq!(bob.customers("jones", None, 10).unwrap()[0].name, "Mrs Jones", "the centre's are there, too");
    bob.add(AddLine::code("MUG", 1.into())).unwrap();
    bob.set_customer(Some(&made.key)).unwrap();
    bob.pay_rest("cash").unwrap();
    bob.complete().unwrap();
    drop((bob, till));

    let till = shop.till("T1", &line).unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();
    assert_eq!(bob.customer(&made.key).unwrap().name, "Žofie Dvořáková");
    let documents = till.history(&[Kind::CustomerMade], None, 10).unwrap();
    let written = String::from_utf8_lossy(&documents[0].record.line).into_owned();
    assert!(
        !written.contains("Dvo") && !written.contains("777"),
        "personal data stand beside the line: {written}"
    );
    assert!(till.verify_chains().unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_and_goods_take_names_from_the_centre_and_refuse_what_does_not_go() {
    let shop = shop().await;
    let plan = json!({"name": "Shelf 1", "warehouse": "main", "items": ["tea"]});
    shop.rows(&[("warehouse", "back", json!({"name": "Back room"})), ("audit_plan", "p1", plan)])
        .await
        .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();

    let order = NewOrder {
        customer: Some("c1".into()),
        lines: vec![Goods::code("5901234123457", 6.into())],
        note: "for the wedding".into(),
        wanted_day: Some("2010-12-24".into()),
    };
    let taken = anna.take_order(order.clone()).unwrap();
    let body = taken.document::<serde_json::Value>().unwrap().body;
    assert_eq!(
        (&body["lines"][0]["name"], &body["lines"][0]["unit_price"]),
        (&json!("Earl Grey Tea"), &json!("2.55"))
    );
    let someday = NewOrder { wanted_day: Some("someday".into()), ..order };
    assert_eq!(anna.take_order(someday).unwrap_err().code(), "bad-input");

    let tea = || vec![Goods::code("5901234123457", 10.into())];
    anna.move_goods(NewStock {
        reference: Some("DN 7".into()),
        ..NewStock::new(StockKind::GoodsReceipt, tea())
    })
    .unwrap();
    anna.move_goods(NewStock {
        to_warehouse: Some("back".into()),
        ..NewStock::new(StockKind::Transfer, tea())
    })
    .unwrap();
    anna.count(Some("p1"), tea()).unwrap();
    let refusals = [
        (NewStock::new(StockKind::Transfer, tea()), "bad-input"),
        (NewStock::new(StockKind::WriteOff, tea()), "sale"),
        (NewStock::new(StockKind::GoodsReceipt, vec![Goods::code("NONE", 1.into())]), "unknown"),
        (
            NewStock { warehouse: Some("moon".into()), ..NewStock::new(StockKind::GoodsReceipt, tea()) },
            "unknown",
        ),
        (
            NewStock {
                plan: Some("p1".into()),
                ..NewStock::new(StockKind::Count, vec![Goods::code("MUG", 1.into())])
            },
            "not-in-plan",
        ),
    ];
    for (refused, code) in refusals {
        assert_eq!(anna.move_goods(refused.clone()).unwrap_err().code(), code, "{refused:?}");
    }
    let bob = till.sign_in("bob", "4321").unwrap();
    assert_eq!(bob.move_goods(NewStock::new(StockKind::GoodsReceipt, tea())).unwrap_err().code(), "no-right");

    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(till.unsent().unwrap().all(), 0);
    shop.settled().await;
    assert!(shop.list("findings").await.unwrap().is_empty(), "{:?}", shop.list("findings").await.unwrap());
}
