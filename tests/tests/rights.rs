//! Every right is asked: a table of every public verb of the façade.
//!
//! Each verb is tried by somebody who may do everything but what its row names, and is refused by that
//! right, with nothing changed. A verb without a row fails, and so does a row without its verb.

use std::{collections::BTreeSet, path::Path};

use futures_util::future::LocalBoxFuture;
use tillkit::{
    AddLine, CashMovementKind, Counted, CustomerPart, ExportOf, Goods, NewOrder, NewReturn, NewStock,
    PairingQr, Receipt, Right, Session, StockKind, Till, TillError,
};
use tillkit_protocol::Hash;
use tillkit_tests::world::Shop;

use super::{
    money_back::somebody,
    yesterday::{back, line, money, place, sell},
};

/// What a verb is tried on.
struct Stage {
    /// Who lacks the right.
    session: Session,
    /// A sale of a mug, paid in cash.
    sale: Receipt,
    /// The same, by card.
    by_card: Receipt,
    /// Of a sale that is held.
    held: String,
}

type Tried<'a> = LocalBoxFuture<'a, Result<(), TillError>>;

/// A verb, the right that it asks for, and how it is used.
struct Row {
    verb: &'static str,
    right: Right,
    try_it: for<'a> fn(&'a Stage) -> Tried<'a>,
}

/// Wraps a call that does not wait.
macro_rules! row {
    ($verb:literal, $right:ident, |$stage:ident| $call:expr) => {
        Row { verb: $verb, right: Right::$right, try_it: |$stage| Box::pin(async move { $call.map(drop) }) }
    };
}

fn two_back() -> AddLine {
    AddLine::item("mug", "-2".parse().unwrap())
}

fn goods() -> Vec<Goods> {
    vec![Goods::item("mug", 1.into())]
}

fn without_sale(of: &Receipt) -> NewReturn {
    let mut new = back("mug", "-1", of, 0, "cash");
    (new.lines[0].origin, new.lines[0].reason) = (None, Some("broken".into()));
    new
}

fn at_another_price(of: &Receipt) -> NewReturn {
    let mut new = back("mug", "-1", of, 0, "cash");
    new.lines[0].what = AddLine::item("mug", "-1".parse().unwrap()).at("1".parse().unwrap(), "scratched");
    new
}

fn customer() -> CustomerPart {
    let empty = String::new;
    CustomerPart { address: empty(), email: empty(), name: "New".into(), phone: empty(), vat_id: empty() }
}

fn a_float() -> Counted {
    Counted { tender: "cash".into(), amount: money(1, "GBP") }
}

fn qr() -> PairingQr {
    PairingQr { url: "http://127.0.0.1:9".into(), code: "AB12-CD34".into(), key: Hash::NONE }
}

fn rows() -> Vec<Row> {
    vec![
        row!("Session::interim", Closure, |on| on.session.interim()),
        row!("Session::close", Closure, |on| on.session.close(&[])),
        row!("Session::close_day", Closure, |on| on.session.close_day(&[]).await),
        row!("Session::close_by_pieces", Closure, |on| on.session.close_by_pieces(&[])),
        row!("Session::close_day_by_pieces", Closure, |on| on.session.close_day_by_pieces(&[]).await),
        row!("Session::open_day", Sell, |on| on.session.open_day(&[])),
        row!("Session::open_day", CashMovement, |on| on.session.open_day(&[a_float()])),
        row!("Session::make_customer", Sell, |on| on.session.make_customer(customer())),
        row!("Session::customers", Sell, |on| on.session.customers("", None, 9)),
        row!("Session::customer", Sell, |on| on.session.customer("c1")),
        row!("Session::export", Export, |on| on.session.export(ExportOf::Unsent)),
        row!("Session::take_order", Sell, |on| {
            on.session.take_order(NewOrder { lines: goods(), ..NewOrder::default() })
        }),
        row!("Session::count", Stock, |on| on.session.count(None, goods())),
        row!("Session::move_goods", Stock, |on| {
            on.session.move_goods(NewStock::new(StockKind::GoodsReceipt, goods()))
        }),
        row!("Session::return_goods", Return, |on| {
            on.session.return_goods(back("mug", "-1", &on.sale, 0, "cash"))
        }),
        row!("Session::return_goods", ReturnWithoutSale, |on| on
            .session
            .return_goods(without_sale(&on.sale))),
        row!("Session::return_goods", PriceOverride, |on| on
            .session
            .return_goods(at_another_price(&on.sale))),
        row!("Session::return_goods", CashRefund, |on| {
            on.session.return_goods(back("mug", "-1", &on.by_card, 0, "cash"))
        }),
        row!("Session::void", Void, |on| on.session.void(&on.sale.reference, "r")),
        row!("Session::void_at", Void, |on| on.session.void_at(&place(&on.sale), "r")),
        row!("Session::add", Sell, |on| on.session.add(AddLine::item("mug", 1.into()))),
        row!("Session::add", PriceOverride, |on| {
            on.session.add(AddLine::item("mug", 1.into()).at("1".parse().unwrap(), "r"))
        }),
        row!("Session::add", PriceOverride, |on| on
            .session
            .add(AddLine::item("mug", 1.into()).with_vat("zero"))),
        row!("Session::add", Discount, |on| on
            .session
            .add(AddLine::item("mug", 1.into()).at("-1".parse().unwrap(), "broken"))),
        row!("Session::add", Return, |on| on.session.add(two_back())),
        row!("Session::add", ReturnWithoutSale, |on| on.session.add(two_back())),
        row!("Session::set_quantity", Sell, |on| on.session.set_quantity(0, 2.into())),
        row!("Session::set_quantity", Return, |on| on.session.set_quantity(0, "-1".parse().unwrap())),
        row!("Session::set_quantity", ReturnWithoutSale, |on| on
            .session
            .set_quantity(0, "-1".parse().unwrap())),
        row!("Session::remove_line", Sell, |on| on.session.remove_line(0)),
        row!("Session::discount_line", Discount, |on| on.session.discount_line(0, None)),
        row!("Session::discount_line", Sell, |on| on.session.discount_line(0, None)),
        row!("Session::discount_receipt", Discount, |on| on.session.discount_receipt(None)),
        row!("Session::discount_receipt", Sell, |on| on.session.discount_receipt(None)),
        row!("Session::set_customer", Sell, |on| on.session.set_customer(Some("c1"))),
        row!("Session::pay", Sell, |on| on.session.pay("cash", money(1, "GBP"), None)),
        row!("Session::pay_rest", Sell, |on| on.session.pay_rest("cash")),
        row!("Session::remove_tender", Sell, |on| on.session.remove_tender(0)),
        row!("Session::complete", Sell, |on| on.session.complete()),
        row!("Session::cancel_sale", Sell, |on| on.session.cancel_sale()),
        row!("Session::hold", Sell, |on| on.session.hold("x")),
        row!("Session::recall", Sell, |on| on.session.recall(&on.held)),
        row!("Session::discard_held", Sell, |on| on.session.discard_held(&on.held)),
        row!("Session::change_centre", ChangeCentre, |on| on.session.change_centre("main").await),
        row!("Session::move_cash", CashMovement, |on| {
            on.session.move_cash(CashMovementKind::PayIn, "cash", money(1, "GBP"), "")
        }),
        row!("Session::enrol_again", Enrol, |on| {
            on.session.enrol_again("http://127.0.0.1:9", "AB12-CD34", "phone").await
        }),
        row!("Session::enrol_again_by_qr", Enrol, |on| on.session.enrol_again_by_qr(&qr(), "phone").await),
        row!("Session::edit_price", LocalEdit, |on| on.session.edit_price("mug", "1".parse().unwrap())),
        row!("Session::edit_receipt_footer", LocalEdit, |on| on.session.edit_receipt_footer("main", &[])),
    ]
}

/// Verbs that ask for no right of a session, and why.
const OPEN: &[(&str, &str)] = &[
    ("Session::rate_of", READS),
    ("Session::cart", READS),
    ("Session::held", READS),
    ("Session::home_currency", READS),
    ("Session::sell_screen", READS),
    ("Session::find_code", READS),
    ("Session::user", READS),
    ("Session::may", READS),
    (
        "Till::export",
        "while nobody can sign in: `without_a_cashier_a_till_asks_whether_somebody_can_sign_in`",
    ),
    ("Till::choose_centre", "the same"),
    ("Till::enrol", "the same"),
    ("Till::enrol_by_qr", "the same"),
    (
        "Till::sync",
        "sending needs none; receiving: `without_data_exchange_receiving_is_refused_and_documents_are_stored`",
    ),
    ("Till::import_receipt", "the receipt is signed by the back office"),
    ("Till::sign_in", "it is what gives rights"),
    ("Till::open", "the phone's, not a person's"),
    ("Till::suspend", "the phone's, not a person's"),
    ("Till::resume", "the phone's, not a person's"),
    ("Till::stay_in_touch", "the phone's, not a person's"),
    ("Till::run_for", "the phone's, not a person's: it asks for what the policy allows"),
    ("Till::cancel_sync", "what is cancelled goes on at the next sync"),
    ("Till::preview", "a till of its own, for previews of screens"),
    ("Till::preview_centre", READS),
    ("Till::test_connection", READS),
    ("Till::centres", READS),
    ("Till::centre", READS),
    ("Till::standing", READS),
    ("Till::observe", READS),
    ("Till::image", READS),
    ("Till::status", READS),
    ("Till::unsent", READS),
    ("Till::can_sell", READS),
    ("Till::live", READS),
    ("Till::history", READS),
    ("Till::document", READS),
    ("Till::objects", READS),
    ("Till::findings", READS),
    ("Till::runs", READS),
    ("Till::edits", READS),
    ("Till::verify_chains", READS),
    ("Till::changes_screen", READS),
    ("Till::history_screen", READS),
    ("Till::history_days", READS),
    ("Till::document_view", READS),
    ("Till::print_text", READS),
    ("Till::mark_printed", "it says what a printer did: the next print is a copy"),
    ("Till::objects_screen", READS),
    ("Till::object_view", READS),
    ("Till::runs_screen", READS),
    ("Till::settings_screen", READS),
    ("Till::users", READS),
    ("Till::sync_screen", READS),
];
const READS: &str = "it reads, and changes nothing";

#[test]
fn every_public_verb_has_a_row() {
    let verbs = public_verbs();
    let rows = rows();
    let listed: BTreeSet<String> =
        rows.iter().map(|row| row.verb).chain(OPEN.iter().map(|(verb, _)| *verb)).map(Into::into).collect();
    assert_eq!(listed, verbs);
    let asked: BTreeSet<Right> = rows.iter().map(|row| row.right).chain([Right::DataExchange]).collect();
    assert_eq!(asked, Right::ALL.iter().copied().collect(), "a right that no verb asks for");
}

/// `pub fn` of `impl Session` and `impl Till`, as the sources of the façade declare them.
fn public_verbs() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("core/till/src");
    let (mut folders, mut verbs) = (vec![source], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut of = None;
            for line in std::fs::read_to_string(path).unwrap().lines() {
                match line {
                    "impl Session {" => of = Some("Session"),
                    "impl Till {" => of = Some("Till"),
                    "}" => of = None,
                    _ => {}
                }
                let name = line.strip_prefix("    pub fn ").or(line.strip_prefix("    pub async fn "));
                if let (Some(of), Some(name)) = (of, name) {
                    let end = name.find(['(', '<']).unwrap();
                    verbs.insert(format!("{of}::{}", &name[..end]));
                }
            }
        }
    }
    verbs
}

/// Everything that a verb could have changed here.
fn state(till: &Till, session: &Session) -> String {
    let documents = till.history(&[], None, 9_999).unwrap().len();
    let cart = session.cart().unwrap();
    let held = session.held().unwrap();
    format!("{documents} {cart:?} {held:?} {:?} {:?}", till.edits().unwrap(), till.centre().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_asks_for_its_right() {
    let shop = Shop::stocked().await.unwrap();
    for right in Right::ALL {
        somebody(&shop, &format!("no_{right}"), &["*", &format!("-{right}")]).await;
    }
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    let (sale, by_card) = (sell(&anna, "mug", 1, "cash"), sell(&anna, "mug", 1, "card"));
    anna.add(AddLine::item("book", 1.into())).unwrap();
    let held = anna.hold("held").unwrap();
    drop(anna);
    for row in rows() {
        let session = till.sign_in(&format!("no_{}", row.right), "1111").unwrap();
        if row.right != Right::Sell {
            session.add(AddLine::item("mug", 1.into())).unwrap();
        }
        let (sale, by_card, held) = (sale.clone(), by_card.clone(), held.clone());
        let stage = Stage { session, sale, by_card, held };
        let before = state(&till, &stage.session);

        let tried = (row.try_it)(&stage).await;

        let is_refused = matches!(&tried, Err(TillError::NoRight { right, .. }) if *right == row.right);
        assert!(is_refused, "{} without {}: {tried:?}", row.verb, row.right);
        assert_eq!(state(&till, &stage.session), before, "{} without {}", row.verb, row.right);
        if row.right != Right::Sell {
            stage.session.cancel_sale().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cashier_a_till_asks_whether_somebody_can_sign_in() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let before = till.history(&[], None, 99).unwrap().len();
    let refused = [
        (Right::Export, till.export(ExportOf::Unsent).map(drop)),
        (Right::ChangeCentre, till.choose_centre("main").await.map(drop)),
        (Right::Enrol, till.enrol(shop.url(), "AB12-CD34", "phone").await.map(drop)),
        (Right::Enrol, till.enrol_by_qr(&qr(), "phone").await.map(drop)),
    ];
    for (expected, refused) in refused {
        let is_right = matches!(&refused, Err(TillError::NoRight { right, .. }) if *right == expected);
        assert!(is_right, "{expected}: {refused:?}");
    }
    assert_eq!(till.history(&[], None, 99).unwrap().len(), before);
}
