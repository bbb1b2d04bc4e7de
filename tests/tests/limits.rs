//! A limit that one side enforces is enforced where the document is made: whatever can be recorded arrives
//! by the wire and by the file.

use serde_json::{Value, json};
use tillkit::{
    AddLine, CashMovementKind, CustomerPart, Discount, ExportOf, FileKeyStore, Goods, KeyStore, NewOrder,
    NewStock, Session, StockKind, Till, TillError,
};
use tillkit_domain::{SaleError, text};
use tillkit_protocol::{document::Record, keys::PrivateKey, limits};
use tillkit_tests::world::Shop;

use super::yesterday::{back, item, line, money, sell, sync};

/// Four bytes a letter, the most there is; with quotes, which are written with a backslash.
fn longest(chars: usize) -> String {
    "😀\"".chars().cycle().take(chars).collect()
}

fn promotion(name: &str, percent: &str) -> Value {
    json!({"name": name, "gives": {"percent_off": percent}, "combines": true, "covers_all": true})
}

/// Everything of this till arrives, by the wire or by a file.
async fn arrives(shop: &Shop, till: &Till, session: &Session) {
    let file = session.export(ExportOf::Unsent).unwrap();
    assert!(file.is_whole);
    shop.admin("POST", "documents/import", file.bytes).await.unwrap();
    sync(till).await;
    assert_eq!(till.unsent().unwrap().all(), 0);
    shop.settled().await;
    let findings = shop.list("findings").await.unwrap();
    assert_eq!(findings, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_the_most_lines_with_long_names_arrives() {
    let shop = Shop::stocked().await.unwrap();
    let name = "Самоклеящаяся лента двусторонняя прозрачная 50 мм × 25 м, 12 шт";
    shop.rows(&[
        ("item", "tape", item(name, "4607001234567", "10.00")),
        ("promotion", "club", promotion("Скидка постоянного покупателя 5 %", "5")),
        ("promotion", "autumn", promotion("Осенняя распродажа 10 %", "10")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    for _ in 0..2_000 {
        session.add(AddLine::code("4607001234567", 1.into())).unwrap();
    }
    assert!(session.add(AddLine::item("tape", 1.into())).is_err());
    session.discount_receipt(Some(Discount::Percent("1".parse().unwrap()))).unwrap();
    session.pay_rest("card").unwrap();
    let sale = session.complete().unwrap();
    let bytes = till.document("T1", 1, sale.reference.seq).unwrap().unwrap().record.line.len();
    assert!(bytes > 1 << 20, "{bytes} bytes were not too many before");
    arrives(&shop, &till, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_at_its_bounds_arrives() {
    let shop = Shop::stocked().await.unwrap();
    let key = "k".repeat(limits::KEY_BYTES);
    let tender =
        json!({"name": longest(text::NAME_CHARS), "kind": "card", "currency": "GBP", "gives_change": false});
    let note: Vec<String> = (0..text::LAYOUT_LINES).map(|_| longest(text::NOTE_CHARS)).collect();
    let layout = json!({"header": note, "footer": note, "offline_note": longest(text::NOTE_CHARS)});
    let long = item(&longest(text::NAME_CHARS), &"7".repeat(limits::KEY_BYTES), "10.00");
    shop.rows(&[
        ("item", &key, long),
        ("unit", "pc", json!({"name": longest(text::NAME_CHARS)})),
        ("promotion", &key, promotion(&longest(text::NAME_CHARS), "5")),
        ("tender", &key, tender),
        ("receipt_layout", "main", layout),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let reason = longest(text::NOTE_CHARS);
    let mut lines = 0;
    let refused = loop {
        let scanned = AddLine::code(&"7".repeat(limits::KEY_BYTES), 1.into());
        match session.add(scanned.at("9.99".parse().unwrap(), &reason)) {
            Ok(_) => lines += 1,
            Err(refused) => break refused,
        }
    };
    let is_full =
        matches!(refused, TillError::Sale(SaleError::LinesTooLong { .. } | SaleError::TooManyLines));
    assert!(is_full && lines > 500, "{lines} lines, then {refused}");
    session.discount_receipt(Some(Discount::Amount(1_00))).unwrap();
    for _ in 1..tillkit_domain::sale::MAX_TENDERS {
        session.pay(&key, money(1, "GBP"), Some(&longest(text::REFERENCE_CHARS))).unwrap();
    }
    session.pay_rest("cash").unwrap();
    let one_more = session.pay("cash", money(1, "GBP"), None).unwrap_err();
    assert!(matches!(one_more, TillError::Sale(SaleError::TooManyTenders)), "{one_more}");
    let sale = session.complete().unwrap();
    session.void(&sale.reference, &reason).unwrap();
    let small = sell(&session, &key, 1, "cash");
    session.return_goods(back(&key, "-1", &small, 0, "cash")).unwrap();
    session.move_cash(CashMovementKind::PayIn, "cash", money(1, "GBP"), &reason).unwrap();
    let goods = || (0..2_000).map(|_| Goods::item(&key, 1.into())).collect::<Vec<_>>();
    let reference = Some(longest(text::REFERENCE_CHARS));
    let receipt =
        NewStock { reason: reason.clone(), reference, ..NewStock::new(StockKind::GoodsReceipt, goods()) };
    session.move_goods(receipt).unwrap();
    session.take_order(NewOrder { note: reason.clone(), lines: goods(), ..NewOrder::default() }).unwrap();
    let name = longest(text::NAME_CHARS);
    let (email, phone, vat_id) = (name.clone(), name.clone(), name.clone());
    session.make_customer(CustomerPart { address: reason, email, name, phone, vat_id }).unwrap();
    session.close(&[]).unwrap();

    let longest = till.history(&[], None, 99).unwrap().into_iter().map(|document| document.record.line.len());
    let longest = longest.max().unwrap();
    assert!(longest <= limits::DOCUMENT_BYTES && longest > limits::DOCUMENT_BYTES / 2, "{longest} bytes");
    arrives(&shop, &till, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_has_a_bound_at_the_verb_that_takes_it() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "book", 1, "cash");
    session.add(AddLine::item("book", 1.into())).unwrap();
    let before = till.history(&[], None, 999).unwrap().len();
    let customer = |name: &str| CustomerPart { name: name.into(), ..part("x") };
    for (bad, long) in
        [("a\0b", false), ("a\nb", false), ("a\u{1b}p", false), ("a\u{202e}b", false), ("x", true)]
    {
        let bad = &if long { "x".repeat(text::NOTE_CHARS + 1) } else { bad.to_string() };
        let price = "1".parse().unwrap();
        let stock = |reason: &str, reference: Option<&String>| NewStock {
            reason: reason.into(),
            reference: reference.cloned(),
            ..NewStock::new(StockKind::WriteOff, vec![Goods::item("tea", 1.into())])
        };
        let order = |note: &str| NewOrder {
            note: note.into(),
            lines: vec![Goods::item("tea", 1.into())],
            ..NewOrder::default()
        };
        let mut without_sale = back("book", "-1", &sale, 0, "cash");
        (without_sale.lines[0].origin, without_sale.lines[0].reason) = (None, Some(bad.clone()));
        let tried = [
            ("add", session.add(AddLine::item("tea", 1.into()).at(price, bad)).map(drop)),
            ("pay", session.pay("card", money(1, "GBP"), Some(bad))),
            ("hold", session.hold(bad).map(drop)),
            ("void", session.void(&sale.reference, bad).map(drop)),
            ("move_cash", session.move_cash(CashMovementKind::PayIn, "cash", money(1, "GBP"), bad).map(drop)),
            ("return_goods", session.return_goods(without_sale).map(drop)),
            ("write off", session.move_goods(stock(bad, None)).map(drop)),
            ("goods by a paper", session.move_goods(stock("r", Some(bad))).map(drop)),
            ("take_order", session.take_order(order(bad)).map(drop)),
            ("make_customer", session.make_customer(customer(bad)).map(drop)),
            ("a phone", session.make_customer(CustomerPart { phone: bad.clone(), ..part("x") }).map(drop)),
            ("footer", session.edit_receipt_footer("main", std::slice::from_ref(bad))),
            ("sign_in", till.sign_in(bad, "1234").map(drop)),
        ];
        for (verb, tried) in tried {
            let refused = tried.expect_err(verb);
            let is_text = matches!(refused, TillError::Text(_) | TillError::Sale(SaleError::Text(_)));
            assert!(is_text, "{verb} {bad:?}: {refused}");
        }
    }
    assert_eq!(till.history(&[], None, 999).unwrap().len(), before, "nothing has been recorded");
    assert_eq!(session.cart().unwrap().unwrap().lines.len(), 1, "and the sale is as it was");
}

fn part(name: &str) -> CustomerPart {
    let empty = String::new;
    CustomerPart { address: empty(), email: empty(), name: name.into(), phone: empty(), vat_id: empty() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_has_an_overlong_setting_shortens_it_in_the_line_and_sells() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    // As a back office of an older version has published it: no verb of today takes such a name.
    let long = format!("{}\n\u{1b}p\0Total 0.00", "Длинное имя ".repeat(400));
    drop(till);
    let centre = rusqlite::Connection::open(shop.phone("T1").join("centre.db")).unwrap();
    for (kind, key) in [("item", "book"), ("unit", "pc"), ("tender", "cash")] {
        const ROW: &str = "SELECT id, body FROM row WHERE kind = ?1 AND key = ?2";
        let (id, body): (i64, Vec<u8>) =
            centre.query_row(ROW, (kind, key), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        body["name"] = long.as_str().into();
        let body = tillkit_protocol::canonical::to_line(&body).unwrap();
        centre.execute("UPDATE row SET body = ?1 WHERE id = ?2", (body, id)).unwrap();
    }
    drop(centre);
    let till = shop.till("T1", &line()).unwrap();
    let session = till.sign_in("anna", "1234").unwrap();

    let sale = sell(&session, "book", 1, "cash");

    let sold = &sale.settled.lines[0];
    assert_eq!((sold.name.chars().count(), sold.unit.chars().count()), (text::NAME_CHARS, text::NAME_CHARS));
    assert!(sold.name.ends_with('…') && !sold.name.chars().any(text::is_no_text));
    arrives(&shop, &till, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_an_older_version_recorded_beyond_the_bounds_gets_home() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "book", 1, "cash");
    let before = till.document("T1", 1, sale.reference.seq).unwrap().unwrap();
    drop(session);
    drop(till);
    // Seven mebibytes, as a till without bounds recorded them.
    let journal = rusqlite::Connection::open(shop.phone("T1").join("journal.db")).unwrap();
    let sealed: Vec<u8> =
        journal.query_row("SELECT sealed_key FROM enrolment", [], |row| row.get(0)).unwrap();
    let seed = FileKeyStore::new(&shop.folder.path().join("T1.key")).unseal(&sealed).unwrap();
    let mut document = before.document::<Value>().unwrap();
    (document.seq, document.prev, document.number) = (before.seq + 1, before.record.hash, "T1-old".into());
    document.body["lines"][0]["name"] = "x".repeat(7 << 20).into();
    let record = Record::sign(&document, &PrivateKey::from_seed(seed[..].try_into().unwrap())).unwrap();
    assert!(record.line.len() > limits::DOCUMENT_BYTES && record.line.len() > limits::BATCH_BYTES);
    const INSERT: &str = "
        INSERT INTO document (till, enrolment, seq, line, hash, signature, section, kind, number,
                              recorded_ms, business_day, currency, total_minor)
        SELECT till, enrolment, seq + 1, ?1, ?2, ?3, section, kind, ?4, recorded_ms, business_day, currency,
               total_minor FROM document WHERE seq = ?5";
    let hash = record.hash.as_bytes();
    let signature = record.signature.to_bytes();
    let copied = (&record.line, hash, signature, &document.number, before.seq);
    assert_eq!(journal.execute(INSERT, copied).unwrap(), 1);
    drop(journal);

    let till = shop.till("T1", &line()).unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let file = session.export(ExportOf::Unsent).unwrap();
    shop.admin("POST", "documents/import", file.bytes).await.unwrap();
    sync(&till).await;

    assert_eq!(till.unsent().unwrap().all(), 0);
    assert!(till.verify_chains().unwrap().is_ok());
    shop.settled().await;
    let gross = shop.list("totals").await.unwrap();
    let gross = gross
        .iter()
        .filter(|total| total["measure"] == "gross")
        .map(|total| total["value"].as_i64().unwrap());
    assert_eq!(gross.sum::<i64>(), 24_00);
}
