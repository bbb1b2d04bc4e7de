//! What screens show, of a real till against a real centre.

use std::sync::{Arc, Mutex, atomic::Ordering, mpsc};

use serde_json::json;
use tillkit::{
    AddLine, Blockers, LineOrigin, NewReturn, PairingQr, ReturnLine, ReturnPurpose, Scope, Standing, Till,
    TillError, Trigger,
    screens::{
        ChangeEntry, ChangeWhat, DeliveryMark, DocumentPlace, Fact, FactValue, HistoryFilter, LineState,
        ObjectsScreen, RedButton, RowState, SyncScreen,
    },
};
use tillkit_protocol::{
    Hash,
    manifest::{Blob, SectionManifest},
    rows::{Row, compress, write_row},
};
use tillkit_store::load::{Change, Target, prepare};
use tillkit_tests::world::{Line, Shop};

fn line() -> Arc<Line> {
    Line::default().into()
}

fn row<'a>(screen: &'a SyncScreen, section: &str) -> &'a tillkit::screens::SyncRow {
    screen.rows.iter().find(|row| row.section == section).unwrap()
}

fn sell_tea(till: &Till, quantity: u32) {
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("tea", quantity.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap();
}

async fn qr(shop: &Shop, till: &str) -> PairingQr {
    shop.admin("PUT", &format!("tills/{till}"), json!({"name": till}).to_string()).await.unwrap();
    let answer = shop.admin("POST", &format!("tills/{till}/pairing"), String::new()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    PairingQr::parse(&answer["qr"].to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_sync_only_settings_and_sync_are_open() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.till("T1", &line()).unwrap();
    let new = till.sync_screen().unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "T1").await.unwrap();
    till.choose_centre("main").await.unwrap();
    let enrolled = till.sync_screen().unwrap();
    assert!(matches!(till.sign_in("anna", "1234"), Err(TillError::NotSynced { .. })));

    till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    let synced = till.sync_screen().unwrap();

    assert!(matches!(new.button, RedButton::Off { trouble } if trouble.code == "not-enrolled"));
    assert_eq!((enrolled.can_sell, enrolled.missing.len(), enrolled.button), (false, 5, RedButton::Ready));
    assert!(synced.can_sell && synced.missing.is_empty());
    assert_eq!((synced.line, synced.centre.as_deref()), (LineState::Online, Some("High Street")));
    assert!(synced.rows.iter().all(|row| row.state == RowState::UpToDate), "{:?}", synced.rows);
    assert_eq!(synced.full_sync_ms, Some(tillkit_tests::world::MORNING_MS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_gets_the_current_screen_first_and_progress_that_never_goes_back() {
    let shop = Shop::stocked().await.unwrap();
    let rows: Vec<_> = (0..3_000)
        .map(|n| {
            json!({"k": "customer", "id": format!("c{n}"), "d": {"name": format!("Customer {n}")}})
                .to_string()
                + "\n"
        })
        .collect();
    shop.admin("POST", "centres/main/rows", rows.concat()).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.till("T1", &line()).unwrap();
    let (shown, screens) = mpsc::channel();
    let shown = Mutex::new(shown);
    let subscription = till.observe(move |screen| drop(shown.lock().unwrap().send(screen)));
    assert_eq!(screens.recv().unwrap(), till.sync_screen().unwrap());

    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "T1").await.unwrap();
    till.choose_centre("main").await.unwrap();
    till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();

    let mut percents = Vec::new();
    let last = loop {
        let screen = screens.recv().unwrap();
        percents.extend(screen.run.as_ref().map(|run| run.percent));
        if screen.last_run.is_some() && screen.run.is_none() {
            break screen;
        }
    };
    assert!(percents.is_sorted() && percents.iter().all(|percent| *percent < 100), "{percents:?}");
    assert!(last.last_run.unwrap().is_complete);
    drop(subscription);
    sell_tea(&till, 1);
    assert!(screens.recv().is_err(), "whoever is gone is told nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_badge_and_its_rows_add_up_and_the_line_says_why_it_is_down() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    sell_tea(&till, 2);
    sell_tea(&till, 1);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    let screen = till.sync_screen().unwrap();

    assert_eq!((screen.unsent.documents, screen.unsent.amounts[0].minor), (2, 3 * 2_55));
    assert_eq!((row(&screen, "sales").count, row(&screen, "sales").state), (2, RowState::Unsent));
    assert!(row(&screen, "events").count > 0, "log-ins have a row, and are not in the badge");
    let LineState::Offline { trouble, .. } = &screen.line else { panic!("{:?}", screen.line) };
    assert_eq!((trouble.code.as_str(), trouble.data_is_safe), ("no-route", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_on_the_selling_screen_is_the_centres_less_what_was_sold_here_since() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[("stock_level", "main/tea", json!({"item": "tea", "warehouse": "main", "quantity": "10"}))])
        .await
        .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_tea(&till, 3);
    let session = till.sign_in("anna", "1234").unwrap();
    session.edit_price("tea", "2.99".parse().unwrap()).unwrap();

    let screen = session.sell_screen("earl").unwrap();
    let by_code = session.sell_screen("MUG").unwrap();

    let hit = &screen.hits[0];
    assert_eq!((hit.name.as_str(), hit.price.as_str()), ("Earl Grey Tea", "2.99"));
    assert_eq!(hit.stock.as_ref().unwrap().quantity, "7");
    assert!(hit.will_be_replaced, "an edited price says so");
    assert_eq!((by_code.hits[0].item.as_str(), by_code.hits[0].stock.clone()), ("mug", None));
    assert_eq!(till.settings_screen().unwrap().edits[0].name, "Earl Grey Tea");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_marks_how_far_each_document_has_come() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_tea(&till, 1);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    shop.settled().await;
    till.sync(Scope::All, Trigger::Reconnect).unwrap().wait().await.unwrap();
    sell_tea(&till, 2);

    let first = till.history_screen(&filter("sale"), None, 1).unwrap();
    let second = till.history_screen(&filter("sale"), first.next.as_ref(), 1).unwrap();
    let printed = till.document_view(&second.rows[0].place).unwrap().text;

    assert_eq!((first.rows[0].mark, first.rows[0].total.minor), (DeliveryMark::Local, 5_10));
    assert_eq!(second.rows[0].mark, DeliveryMark::Processed);
    assert!(printed.contains("Earl Grey Tea") && printed.contains(&second.rows[0].number), "{printed}");
    assert!(printed.contains("Cash"), "tenders are printed by name: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_sale_says_what_of_it_may_still_come_back() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_tea(&till, 3);
    let sale = till.history_screen(&filter("sale"), None, 1).unwrap().rows.remove(0).place;
    let anna = till.sign_in("anna", "1234").unwrap();
    let seen = || {
        let view = till.document_view(&sale).unwrap();
        let line = view.lines[0].clone();
        (view.row.is_void, line.name, line.quantity, line.left, line.gross.minor)
    };
    assert_eq!(seen(), (false, "Earl Grey Tea".into(), "3".into(), "3".into(), 7_65));

    let origin = LineOrigin { till: sale.till.clone(), enrolment: sale.enrolment, seq: sale.seq, line: 0 };
    let back = |item: &str, refund: &str| {
        let what = AddLine::item(item, "-1".parse().unwrap());
        let lines = vec![ReturnLine { what, origin: Some(origin.clone()), reason: None }];
        let back = NewReturn { purpose: ReturnPurpose::Goods, customer: None, lines, refund: refund.into() };
        anna.return_goods(back)
    };
    assert_eq!(back("book", "cash").unwrap_err().code(), "unknown", "it was tea");
    assert_eq!(back("tea", "euros").unwrap_err().code(), "money", "it was paid in pounds");
    let given = back("tea", "cash").unwrap();
    assert_eq!(seen().3, "2");
    let of = DocumentPlace { seq: given.reference.seq, ..sale.clone() };
    assert!(till.document_view(&of).unwrap().lines.is_empty(), "a return is not returned");

    anna.void(&given.reference, "the wrong tea").unwrap();
    assert_eq!(seen().3, "3", "nothing of it has come back");
    anna.void_at(&sale, "all of it").unwrap();
    assert_eq!((seen().0, seen().3.as_str()), (true, "0"));

    sell_tea(&till, 1);
    let next = till.history_screen(&filter("sale"), None, 1).unwrap().rows.remove(0).place;
    anna.void_at(&next, "twice").unwrap();
    let view = till.document_view(&next).unwrap();
    assert_eq!((view.row.is_void, view.lines[0].left.as_str()), (true, "0"));
    let page = till.history_screen(&HistoryFilter::default(), None, 9).unwrap();
    let goods = page.rows.iter().filter(|row| row.kind != "event");
    let marks: Vec<_> = goods.map(|row| (row.kind.as_str(), row.is_void)).collect();
    let (void, sale, returned) = (("void", false), ("sale", true), ("return", true));
    assert_eq!(marks, [void, sale, void, void, returned, sale]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qr_makes_this_phone_a_till_of_that_back_office_and_of_no_other() {
    let (shop, other) = (Shop::stocked().await.unwrap(), Shop::stocked().await.unwrap());
    let till = shop.till("T1", &line()).unwrap();
    let mut forged = qr(&shop, "T1").await;
    forged.key = qr(&other, "T1").await.key;

    let refused = till.enrol_by_qr(&forged, "T1").await.unwrap_err();
    assert_eq!((refused.code(), till.standing()), ("wrong-office", Standing::New));

    till.enrol_by_qr(&qr(&shop, "T1").await, "T1").await.unwrap();
    assert_eq!(till.standing(), Standing::Enrolled);
}

fn filter(kind: &str) -> HistoryFilter {
    HistoryFilter { kinds: vec![kind.into()], ..HistoryFilter::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_filtered_by_day_and_by_how_far_it_has_come() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_tea(&till, 1);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    shop.hands.pass(86_400_000);
    sell_tea(&till, 2);
    let totals = |filter: &HistoryFilter| -> Vec<i64> {
        let page = till.history_screen(filter, None, 100).unwrap();
        page.rows.iter().map(|row| row.total.minor).collect()
    };
    let by_mark = |mark| totals(&HistoryFilter { mark: Some(mark), ..filter("sale") });
    let by_day = |day: &str| totals(&HistoryFilter { day: Some(day.into()), ..filter("sale") });

    assert_eq!(by_mark(DeliveryMark::Local), [5_10]);
    assert_eq!(by_mark(DeliveryMark::Uploaded), [2_55]);
    assert_eq!((by_day("2010-12-01"), by_day("2010-12-02")), (vec![2_55], vec![5_10]));
    assert_eq!(till.history_days(60).unwrap(), ["2010-12-02", "2010-12-01"]);
    assert_eq!(till.history_days(1).unwrap(), ["2010-12-02"]);
    assert_eq!(totals(&filter("sale")), [5_10, 2_55]);
    assert_eq!(totals(&filter("hologram")), [0; 0], "of a kind nobody knows there is nothing");

    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    shop.settled().await;
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!((by_mark(DeliveryMark::Local), by_mark(DeliveryMark::Processed).len()), (vec![], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_says_how_far_the_centre_confirms_and_a_document_says_when() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    let first = till.sync_screen().unwrap().confirmed.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    sell_tea(&till, 1);
    let offline = till.sync_screen().unwrap().confirmed.unwrap();
    line.is_down.store(false, Ordering::SeqCst);
    shop.hands.pass(60_000);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    let sent = till.sync_screen().unwrap().confirmed.unwrap();
    let sale = till.history_screen(&filter("sale"), None, 1).unwrap().rows.remove(0);
    let opened = till.document_view(&sale.place).unwrap();

    assert_eq!((offline.through, offline.head), (first.through, first.head + 2), "a log-in and a sale");
    assert_eq!((sent.through, sent.head), (offline.head, offline.head));
    assert_eq!(opened.uploaded_ms, Some(tillkit_tests::world::MORNING_MS + 60_000));
    assert_eq!((opened.row, opened.settled_ms), (sale, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_object_opens_a_paged_list_and_a_row_with_all_its_facts() {
    let till = Till::preview(tokio::runtime::Handle::current()).unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.edit_price("tea", "2.99".parse().unwrap()).unwrap();

    let first = till.objects_screen("item", "", None, 4).unwrap();
    let second = till.objects_screen("item", "", first.next.as_deref(), 4).unwrap();
    let found = till.objects_screen("item", "earl", None, 4).unwrap();
    let levels = till.objects_screen("stock_level", "earl", None, 4).unwrap();
    let opened = till.object_view("item", "tea").unwrap();
    let none = till.objects_screen("vehicle", "", None, 4).unwrap();

    let keys =
        |screen: &ObjectsScreen| -> Vec<String> { screen.rows.iter().map(|row| row.key.clone()).collect() };
    assert_eq!((first.total, first.is_used, first.can_search), (6, true, true));
    assert_eq!(keys(&first), ["bag", "book", "candle", "coffee"]);
    assert_eq!((keys(&second), second.next), (vec!["mug".to_string(), "tea".into()], None));
    assert_eq!(keys(&found), ["tea"]);
    assert_eq!(
        (keys(&levels), levels.rows[0].name.as_str()),
        (vec!["main/tea".to_string()], "Earl Grey Tea")
    );
    assert!(found.rows[0].will_be_replaced && opened.will_be_replaced);
    let fact = |name: &str| opened.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone());
    let text = |text: &str| Some(FactValue::Text { text: text.into() });
    assert_eq!(fact("price"), Some(FactValue::Price { price: "2.99".into(), currency: "GBP".into() }));
    assert_eq!(
        (fact("vat"), fact("group"), fact("codes")),
        (text("Standard"), text("Drinks"), text("5901234123457"))
    );
    assert_eq!((none.total, none.rows, none.next), (0, vec![], None));
    let user = till.object_view("user", "anna").unwrap();
    assert!(
        user.facts.iter().all(|fact| fact.name != "pin"),
        "what a PIN is checked with is nobody's to read"
    );
    assert_eq!(till.object_view("item", "none").unwrap_err().code(), "unknown");
}

/// A till whose folder holds one section, as a newer centre would have published it.
fn holding(shop: &Shop, section: &str, rows: &[(&str, &str, serde_json::Value)]) -> Till {
    let store = tillkit_store::Store::open(&shop.phone("T1")).unwrap();
    let (mut manifest, mut lines) =
        (SectionManifest { generation: 1, ..SectionManifest::default() }, Vec::new());
    for (kind, key, body) in rows {
        let body = body.to_string();
        manifest.kinds.entry((*kind).into()).or_default().add(kind, key, body.as_bytes());
        write_row(&mut lines, &Row { kind: (*kind).into(), key: (*key).into(), body: Some(body.as_bytes()) });
    }
    let stored = compress(&lines).unwrap();
    let (sha256, bytes) = (Hash::of(&stored), stored.len() as u64);
    let (first, last, count) = (String::new(), String::new(), rows.len() as u64);
    manifest.snapshot.push(Blob { bytes, first, last, rows: count, sha256 });
    let target = Target { section, epoch: "e", manifest: &manifest };
    let mut load = store.centre.begin_load(&target).unwrap();
    store.centre.load_blob(&mut load, &prepare(&stored, &sha256).unwrap()).unwrap();
    store.centre.finish_load(&load, &target).unwrap();
    store.centre.make_live(&[Change::Snapshot(target)], &[], 0).unwrap();
    drop(store);
    shop.till("T1", &line()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_a_newer_centre_is_kept_counted_and_readable_but_not_used() {
    let shop = Shop::open().await.unwrap();
    let item = json!({"name": "Tea", "price": "1", "unit": "pc", "vat": "std"});
    let hologram = json!({"colour": "blue", "seen_ms": 5, "size": {"width": 3}});
    let till = holding(&shop, "items", &[("hologram", "h1", hologram), ("item", "tea", item)]);

    let screen = till.sync_screen().unwrap();
    let listed = till.objects_screen("hologram", "", None, 9).unwrap();
    let opened = till.object_view("hologram", "h1").unwrap();

    let objects = &row(&screen, "items").objects;
    let of = |kind: &str| objects.iter().find(|object| object.kind == kind).unwrap();
    assert_eq!((of("hologram").count, of("hologram").is_used), (1, false));
    assert_eq!((of("item").count, of("item").is_used), (1, true));
    assert_eq!((listed.total, listed.is_used, listed.rows.len()), (1, false, 1));
    let fact = |name: &str, value| Fact { name: name.into(), value };
    let expected = [
        fact("colour", FactValue::Text { text: "blue".into() }),
        fact("seen_ms", FactValue::Time { at_ms: 5 }),
        fact("size.width", FactValue::Number { number: "3".into() }),
    ];
    assert_eq!(opened.facts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sync_changed_can_be_read_after_it_and_the_first_one_changed_nothing() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    assert_eq!(till.sync_screen().unwrap().changes, None);
    let item = |name: &str, price: &str, active: bool| json!({"name": name, "codes": [], "unit": "pc", "vat": "std", "price": price, "active": active});
    shop.rows(&[
        ("item", "tea", item("Earl Grey Tea", "2.95", true)),
        ("item", "mug", item("Blue Mug", "4.25", false)),
        ("item", "pot", item("Tea Pot", "19.00", true)),
        (
            "exchange_rate",
            "EUR/2010-12-02",
            json!({"currency": "EUR", "rate": "0.85", "from_day": "2010-12-02"}),
        ),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    shop.hands.pass(60_000);
    let session = till.sign_in("anna", "1234").unwrap();
    session.edit_price("book", "11.00".parse().unwrap()).unwrap();

    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    let summary = till.sync_screen().unwrap().changes.unwrap();
    let count = |what| {
        summary
            .counts
            .iter()
            .find(|count| count.what == what)
            .map(|count| (count.section.as_str(), count.count))
    };
    assert_eq!(summary.at_ms, tillkit_tests::world::MORNING_MS + 60_000);
    assert_eq!((count(ChangeWhat::Price), count(ChangeWhat::New)), (Some(("items", 1)), Some(("items", 1))));
    assert_eq!((count(ChangeWhat::Gone), count(ChangeWhat::Edit)), (Some(("items", 1)), Some(("items", 1))));
    assert_eq!(count(ChangeWhat::Added), Some(("rates", 1)));
    let screen = till.changes_screen("", None, 100).unwrap();
    assert_eq!((screen.currency.as_str(), screen.next), ("GBP", None));
    let line = |entry: &ChangeEntry| match entry {
        ChangeEntry::Sync { .. } => "sync".to_string(),
        ChangeEntry::Line { line } => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{:?} {} {}>{}", line.what, line.name, text(&line.before), text(&line.after))
        }
    };
    let expected = [
        "sync",
        "Price Earl Grey Tea 2.55>2.95",
        "Edit Cook Book 11>12",
        "New Tea Pot >19",
        "Gone Blue Mug 4.25>",
    ];
    assert_eq!(screen.entries.iter().map(line).collect::<Vec<_>>(), expected);
    let first = till.changes_screen("", None, 2).unwrap();
    let second = till.changes_screen("", first.next.as_ref(), 9).unwrap();
    assert_eq!([first.entries, second.entries].concat(), screen.entries, "pages have each sync once");
    let found = till.changes_screen("pot", None, 9).unwrap();
    assert_eq!(found.entries.iter().map(line).collect::<Vec<_>>(), ["sync", "New Tea Pot >19"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_of_runs_can_be_handed_to_support() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    till.sync(Scope::One(tillkit::Section::Items), Trigger::Row).unwrap().wait().await.unwrap();

    let journal = till.runs_screen(10).unwrap();

    // A retry may have been in between.
    let failed = journal.runs.iter().find(|run| run.trigger == "row").unwrap();
    let first = journal.runs.last().unwrap();
    assert_eq!(
        (first.trigger.as_str(), first.section.as_deref(), first.result.as_str()),
        ("centre_chosen", None, "done")
    );
    assert!(first.received_rows > 10 && first.is_complete);
    assert_eq!((failed.section.as_deref(), failed.is_complete), (Some("items"), false));
    assert_eq!(failed.trouble.as_ref().map(|trouble| trouble.code.as_str()), Some("no-route"));
    let lines: Vec<&str> = journal.text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (journal.runs.len() + 2, "app test 1"), "{}", journal.text);
    let of_failed = "2010-12-01T08:00:00Z 0 ms row items no-route 0 rows";
    assert!(lines.iter().any(|line| line.starts_with(of_failed)), "{}", journal.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_names_the_edits_that_go_and_what_must_be_done_first() {
    let shop = Shop::stocked().await.unwrap();
    shop.stock("other", "Low Street").await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let clear = till.preview_centre("other").await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.edit_price("tea", "2.99".parse().unwrap()).unwrap();
    sell_tea(&till, 1);
    session.add(AddLine::item("mug", 1.into())).unwrap();

    let preview = till.preview_centre("other").await.unwrap();

    assert_eq!(clear.blockers, Blockers::default());
    assert_eq!(preview.edits.iter().map(|edit| edit.key.as_str()).collect::<Vec<_>>(), ["tea"]);
    assert_eq!(preview.blockers, Blockers { unsent: 1, unclosed: 1, held: 0, is_receipt_open: true });
    let items = preview.sections.iter().find(|section| section.section == "items").unwrap();
    assert_eq!((items.rows, items.rows_here, items.is_used), (3, 3, true));
}
