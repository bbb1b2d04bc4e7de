//! Every setting is obeyed: a table of every member of every kind of configuration.
//!
//! A member has the test that fails when it is ignored, or the words "shown only" with a reason. A member
//! without a row fails, and so does a row without its member or its test.

use std::{collections::BTreeSet, path::Path};

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::json;
use tillkit::{AddLine, Goods, NewOrder, NewStock, Rim, StockKind, TillError};
use tillkit_domain::SaleError;
use tillkit_protocol::{Section, settings, wire::Ranges};
use tillkit_tests::world::Shop;

use super::yesterday::{line, sync};

/// What a member is held by.
enum Held {
    /// The name of a test function of this workspace.
    By(&'static str),
    /// Nothing follows from it; why.
    ShownOnly(&'static str),
}
use Held::{By, ShownOnly};

const NAME: Held = ShownOnly("a name is shown and printed; nothing is decided by it");

const TABLE: &[(&str, &[(&str, Held)])] = &[
    (
        "unit",
        &[
            ("name", NAME),
            ("code", ShownOnly("for invoices of other systems (UN/ECE Recommendation 20)")),
            ("decimals", By("a_quantity_has_the_decimals_of_its_unit_wherever_it_is_typed")),
        ],
    ),
    (
        "vat_rate",
        &[
            ("name", NAME),
            (
                "percent",
                By("a_held_sale_that_crosses_a_change_of_rate_keeps_its_price_and_the_cashier_is_told"),
            ),
            ("category", By("goods_that_are_no_longer_sold_come_back")),
        ],
    ),
    (
        "tender",
        &[
            ("name", NAME),
            ("kind", By("a_sale_on_account_is_reduced_and_never_paid_out")),
            ("currency", By("foreign_cash_goes_back_at_the_rate_it_was_taken_at")),
            ("gives_change", By("a_card_gives_no_change")),
            ("opens_drawer", ShownOnly("the shell opens the drawer; the core has none")),
        ],
    ),
    (
        "currency",
        &[
            ("name", NAME),
            ("cash_step_minor", By("what_rounds_to_nothing_is_paid_whoever_says_so")),
            ("cash_rounding", By("coins_round_as_the_currency_says")),
            ("exact_cash", By("coins_round_as_the_currency_says")),
            ("round_up_to_step", By("coins_round_as_the_currency_says")),
            ("faces_minor", By("a_drawer_is_counted_coin_by_coin")),
        ],
    ),
    (
        "item",
        &[
            ("name", NAME),
            ("codes", By("a_day_of_a_till_meets_at_the_centre_to_the_penny")),
            ("group", By("three_for_two_of_a_group_is_booked_as_sold_and_what_was_paid_comes_back")),
            ("unit", By("a_quantity_has_the_decimals_of_its_unit_wherever_it_is_typed")),
            ("vat", By("a_held_sale_that_crosses_a_change_of_rate_keeps_its_price_and_the_cashier_is_told")),
            ("price", By("a_held_sale_keeps_its_prices_and_the_list_shows_the_new")),
            ("active", By("an_item_that_is_retired_is_not_sold_and_not_ordered")),
            ("stocked", By("what_is_not_stocked_moves_no_stock")),
            ("deposit", By("a_receipt_of_returned_bottles_pays_out")),
        ],
    ),
    (
        "price",
        &[
            ("item", By("a_price_is_in_force_from_and_until_its_time")),
            ("price", By("a_price_is_in_force_from_and_until_its_time")),
            ("from_ms", By("a_price_is_in_force_from_and_until_its_time")),
            ("until_ms", By("a_price_is_in_force_from_and_until_its_time")),
        ],
    ),
    (
        "item_code",
        &[
            ("item", By("one_more_code_of_an_item_finds_it")),
            ("code", By("one_more_code_of_an_item_finds_it")),
        ],
    ),
    (
        "promotion",
        &[
            ("name", NAME),
            ("gives", By("a_promotion_of_the_night_is_given_across_midnight")),
            ("priority", By("of_two_promotions_that_save_the_same_the_higher_priority_is_named")),
            ("combines", By("every_document_at_its_bounds_arrives")),
            ("minimum_quantity", By("a_promotion_has_its_minimum_its_days_and_its_time")),
            ("minimum_minor", By("a_promotion_has_its_minimum_its_days_and_its_time")),
            ("from_ms", By("a_promotion_has_its_minimum_its_days_and_its_time")),
            ("until_ms", By("a_promotion_has_its_minimum_its_days_and_its_time")),
            ("weekdays", By("a_promotion_has_its_minimum_its_days_and_its_time")),
            ("from_time", By("a_promotion_of_the_night_is_given_across_midnight")),
            ("until_time", By("a_promotion_of_the_night_is_given_across_midnight")),
            ("covers_all", By("a_promotion_of_the_night_is_given_across_midnight")),
            ("active", By("a_promotion_has_its_minimum_its_days_and_its_time")),
        ],
    ),
    (
        "promotion_item",
        &[
            ("promotion", By("three_for_two_of_a_group_is_booked_as_sold_and_what_was_paid_comes_back")),
            ("item", By("three_for_two_of_a_group_is_booked_as_sold_and_what_was_paid_comes_back")),
            ("group", By("three_for_two_of_a_group_is_booked_as_sold_and_what_was_paid_comes_back")),
        ],
    ),
    ("group", &[("name", NAME)]),
    (
        "exchange_rate",
        &[
            ("currency", By("a_day_begins_at_the_cut_over_of_the_centre")),
            ("rate", By("a_day_begins_at_the_cut_over_of_the_centre")),
            ("from_day", By("a_day_begins_at_the_cut_over_of_the_centre")),
            ("source", ShownOnly("where the rate is from")),
        ],
    ),
    (
        "customer",
        &[
            ("name", NAME),
            ("credit", By("who_has_no_credit_puts_nothing_on_account")),
            ("address", ShownOnly("for invoices and letters")),
            ("email", ShownOnly("for receipts and notices")),
            ("phone", ShownOnly("to call")),
            ("vat_id", ShownOnly("printed on invoices by the back office")),
            ("merged_into", By("who_has_no_credit_puts_nothing_on_account")),
        ],
    ),
    (
        "image",
        &[
            ("bytes", By("pictures_come_as_far_as_the_policy_gives_them_room")),
            ("item", ShownOnly("which item the picture shows")),
            ("media_type", ShownOnly("how the shell draws it")),
            ("sha256", By("pictures_come_as_far_as_the_policy_gives_them_room")),
        ],
    ),
    (
        "audit_plan",
        &[
            ("items", By("orders_and_goods_take_names_from_the_centre_and_refuse_what_does_not_go")),
            ("name", NAME),
            ("warehouse", By("orders_and_goods_take_names_from_the_centre_and_refuse_what_does_not_go")),
        ],
    ),
    (
        "stock_level",
        &[
            ("item", ShownOnly("a level is shown, and refuses no sale")),
            ("quantity", ShownOnly("a level is shown, and refuses no sale")),
            ("warehouse", ShownOnly("a level is shown, and refuses no sale")),
        ],
    ),
    (
        "stock_counted",
        &[
            ("enrolment", ShownOnly("which own documents a level contains")),
            ("ranges", ShownOnly("which own documents a level contains")),
            ("till", ShownOnly("which own documents a level contains")),
        ],
    ),
    (
        "user",
        &[
            ("name", NAME),
            ("role", By("every_verb_asks_for_its_right")),
            ("pin", By("wrong_pins_lock_a_user_out_and_a_restart_does_not_help")),
            ("active", By("a_user_who_is_no_longer_active_does_not_sign_in")),
        ],
    ),
    ("role", &[("name", NAME), ("rights", By("every_verb_asks_for_its_right"))]),
    ("numerator", &[("pattern", By("numbers_look_as_their_numerator_says"))]),
    (
        "centre",
        &[
            ("name", NAME),
            ("currency", By("goods_sold_in_leva_come_back_as_leva_and_are_paid_in_euros_at_the_fixed_rate")),
            ("vat_mode", By("goods_come_back_in_the_vat_mode_they_were_sold_in")),
            ("warehouse", By("a_day_of_a_till_meets_at_the_centre_to_the_penny")),
            ("day_begins", By("a_day_begins_at_the_cut_over_of_the_centre")),
            ("tax_point", By("a_tab_keeps_the_rate_of_each_supply")),
            (
                "changeover",
                By("goods_sold_in_leva_come_back_as_leva_and_are_paid_in_euros_at_the_fixed_rate"),
            ),
        ],
    ),
    (
        "receipt_layout",
        &[
            ("header", By("a_copy_of_a_receipt_is_the_same_but_for_saying_so")),
            ("footer", By("a_copy_of_a_receipt_is_the_same_but_for_saying_so")),
            ("offline_note", By("a_sale_needs_no_network")),
        ],
    ),
    (
        "policy",
        &[
            ("apply", By("a_price_changed_overnight_is_sold_at_from_when_the_policy_says")),
            ("send", By("by_hand_means_that_a_document_waits")),
            ("keep_days", By("what_is_settled_is_kept_as_long_as_the_policy_says")),
            (
                "schedule_minutes",
                By("the_schedule_is_the_policys_and_never_shorter_than_a_quarter_of_an_hour"),
            ),
            ("attachments_mb", By("pictures_come_as_far_as_the_policy_gives_them_room")),
        ],
    ),
];

/// Kinds of which this version reads no member: their bytes come down, are verified and are listed.
const NOT_READ: &[&str] = &[
    "warehouse",
    "price_type",
    "vehicle",
    "travel_type",
    "discount_type",
    "global_price",
    "item_unit",
    "group_link",
    "location",
    "device",
    "attribute_definition",
    "attribute_value",
    "appointment_type",
    "appointment_template",
    "appointment",
    "transfer_order",
    "sales_order",
    "invoice",
];

#[test]
fn every_member_of_every_setting_is_obeyed_or_shown_only() {
    let tests = names_of_tests();
    for (kind, rows) in TABLE {
        let members: BTreeSet<&str> = members_of(kind).iter().copied().collect();
        let listed: BTreeSet<&str> = rows.iter().map(|(member, _)| *member).collect();
        assert_eq!(listed, members, "the members of {kind}");
        for (member, held) in *rows {
            match held {
                By(test) => assert!(tests.contains(*test), "{kind}.{member}: there is no test {test}"),
                ShownOnly(why) => assert!(!why.is_empty(), "{kind}.{member}"),
            }
        }
    }
    let kinds =
        Section::ALL.iter().filter(|section| section.is_down()).flat_map(|section| section.spec().kinds);
    let listed: Vec<&str> = TABLE.iter().map(|(kind, _)| *kind).chain(NOT_READ.iter().copied()).collect();
    for kind in kinds {
        assert_eq!(listed.iter().filter(|listed| *listed == kind).count(), 1, "{kind}");
    }
}

fn members_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "unit" => members::<settings::Unit>(),
        "vat_rate" => members::<settings::VatRate>(),
        "tender" => members::<settings::Tender>(),
        "currency" => members::<settings::CurrencySetting>(),
        "item" => members::<settings::Item>(),
        "price" => members::<settings::Price>(),
        "item_code" => members::<settings::ItemCode>(),
        "promotion" => members::<settings::Promotion>(),
        "promotion_item" => members::<settings::PromotionItem>(),
        "group" => members::<settings::Group>(),
        "exchange_rate" => members::<settings::ExchangeRate>(),
        "customer" => members::<settings::Customer>(),
        "image" => members::<settings::Image>(),
        "audit_plan" => members::<settings::AuditPlan>(),
        "stock_level" => members::<settings::StockLevel>(),
        "stock_counted" => members::<Ranges>(),
        "user" => members::<settings::User>(),
        "role" => members::<settings::Role>(),
        "numerator" => members::<settings::Numerator>(),
        "centre" => members::<settings::Centre>(),
        "receipt_layout" => members::<settings::ReceiptLayout>(),
        "policy" => members::<settings::Policy>(),
        other => panic!("{other} has no type here"),
    }
}

/// The names of the members of a struct, as its own `Deserialize` asks for them.
fn members<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    struct Names<'a>(&'a mut &'static [&'static str]);
    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            fields: &'static [&'static str],
            _visitor: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = fields;
            Err(serde::de::Error::custom("only the names are wanted"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("a struct is wanted"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
    let mut names: &'static [&'static str] = &[];
    assert!(T::deserialize(Names(&mut names)).is_err() && !names.is_empty());
    names
}

/// Every function of the workspace's tests.
fn names_of_tests() -> BTreeSet<String> {
    fn read(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                read(&path, names);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let mut is_test = false;
                for line in source.lines().map(str::trim_start) {
                    is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                    let Some(name) = line.strip_prefix("async fn ").or(line.strip_prefix("fn ")) else {
                        continue;
                    };
                    if is_test {
                        names.insert(name.split('(').next().unwrap().to_string());
                    }
                    is_test = false;
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut names = BTreeSet::new();
    ["core", "backoffice", "bindings", "tests"]
        .iter()
        .for_each(|folder| read(&root.join(folder), &mut names));
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quantity_has_the_decimals_of_its_unit_wherever_it_is_typed() {
    let shop = Shop::stocked().await.unwrap();
    let flour = json!({"name": "Flour", "codes": ["FLOUR"], "unit": "kg", "vat": "zero", "price": "2.00"});
    shop.rows(&[
        ("unit", "pc", json!({"name": "pc", "code": "C62", "decimals": 0})),
        ("unit", "kg", json!({"name": "kg", "code": "KGM", "decimals": 3})),
        ("item", "flour", flour),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let half = || "0.5".parse().unwrap();
    session.add(AddLine::item("mug", 1.into())).unwrap();
    let goods = || vec![Goods::item("mug", half())];
    let tried = [
        session.add(AddLine::item("mug", half())).map(drop),
        session.add(AddLine::code("MUG", "-0.5".parse().unwrap())).map(drop),
        session.set_quantity(0, half()),
        session.move_goods(NewStock::new(StockKind::GoodsReceipt, goods())).map(drop),
        session.count(None, goods()).map(drop),
        session.take_order(NewOrder { lines: goods(), ..NewOrder::default() }).map(drop),
        session.add(AddLine::item("flour", "0.1255".parse().unwrap())).map(drop),
    ];
    for refused in tried {
        let is_right = matches!(refused, Err(TillError::Sale(SaleError::TooManyDecimals { .. })));
        assert!(is_right, "{refused:?}");
    }
    session.add(AddLine::item("flour", "0.125".parse().unwrap())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total.minor, 4_25 + 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_credit_puts_nothing_on_account() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[
        ("customer", "c2", json!({"name": "Somebody", "credit": false})),
        ("customer", "c3", json!({"name": "Somebody else", "credit": true, "merged_into": "c2"})),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();
    let own = tillkit::CustomerPart {
        address: String::new(),
        email: String::new(),
        name: "New".into(),
        phone: String::new(),
        vat_id: String::new(),
    };
    let own = bob.make_customer(own).unwrap().key;
    for customer in ["c2", "c3", &own] {
        bob.add(AddLine::item("book", 1.into())).unwrap();
        bob.set_customer(Some(customer)).unwrap();
        let refused = bob.pay_rest("credit").unwrap_err();
        assert!(matches!(refused, TillError::NoCredit { .. }), "{customer}: {refused}");
        bob.set_customer(Some("c1")).unwrap();
        bob.pay_rest("credit").unwrap();
        let refused = bob.set_customer(Some(customer)).unwrap_err();
        assert!(matches!(refused, TillError::NoCredit { .. }), "{customer}: {refused}");
        bob.complete().unwrap();
    }
    // Put on account while there was credit, completed when there is none.
    bob.add(AddLine::item("book", 1.into())).unwrap();
    bob.set_customer(Some("c1")).unwrap();
    bob.pay_rest("credit").unwrap();
    let held = bob.hold("").unwrap();
    shop.rows(&[("customer", "c1", json!({"name": "Mrs Jones", "credit": false}))]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    assert!(!bob.customer("c1").unwrap().credit);
    bob.recall(&held).unwrap();
    let refused = bob.complete().unwrap_err();
    assert!(matches!(refused, TillError::NoCredit { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_retired_is_not_sold_and_not_ordered() {
    let shop = Shop::stocked().await.unwrap();
    let mut mug = super::yesterday::item("Mug", "MUG", "4.25");
    mug["active"] = false.into();
    shop.rows(&[("item", "mug", mug)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let lines = vec![Goods::item("mug", 1.into())];
    for refused in [
        session.add(AddLine::item("mug", 1.into())).map(drop),
        session.add(AddLine::code("MUG", 1.into())).map(drop),
        session.take_order(NewOrder { lines, ..NewOrder::default() }).map(drop),
    ] {
        assert!(matches!(refused, Err(TillError::NotForSale { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stocked_moves_no_stock() {
    let shop = Shop::stocked().await.unwrap();
    let mut fee = super::yesterday::item("Fee", "FEE", "1.00");
    fee["stocked"] = false.into();
    shop.rows(&[("item", "fee", fee)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    for item in ["fee", "mug"] {
        super::yesterday::sell(&session, item, 1, "cash");
    }
    sync(&till).await;
    shop.settled().await;
    let stock = shop.list("stock").await.unwrap();
    let items: Vec<_> = stock.iter().map(|level| level["item"].as_str().unwrap()).collect();
    assert_eq!(items, ["mug"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_code_of_an_item_finds_it() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[("item_code", "x1", json!({"item": "mug", "code": "CUP"}))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::code("CUP", 1.into())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().lines[0].item, "mug");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_no_longer_active_does_not_sign_in() {
    let shop = Shop::stocked().await.unwrap();
    let user = json!({"id": "eva", "name": "Eva", "role": "cashier", "pin": "5555", "active": false});
    shop.admin("POST", "centres/main/users", user.to_string()).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    assert!(matches!(till.sign_in("eva", "5555"), Err(TillError::WrongPin { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_in_force_from_and_until_its_time() {
    let shop = Shop::stocked().await.unwrap();
    let now_ms = shop.hands.now_ms();
    let price = |price: &str, from: i64, until: Option<i64>| {
        let mut row = json!({"item": "mug", "price": price, "from_ms": now_ms + from});
        until.into_iter().for_each(|until| row["until_ms"] = (now_ms + until).into());
        row
    };
    shop.rows(&[
        ("price", "p1", price("3.00", 1_000, Some(3_000))),
        ("price", "p2", price("2.00", 2_000, Some(4_000))),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let mut prices = Vec::new();
    for at in [0, 1_000, 2_000, 3_999, 4_000] {
        shop.hands.set(now_ms + at);
        prices.push(super::yesterday::sell(&session, "mug", 1, "cash").settled.total_minor);
    }
    assert_eq!(prices, [4_25, 3_00, 2_00, 2_00, 4_25]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_has_its_minimum_its_days_and_its_time() {
    // Each row gives half off; the day is Wednesday, the first of December 2010, at 08:00.
    let rows = [
        (json!({"minimum_quantity": "3"}), [12_00, 18_00]),
        (json!({"minimum_minor": 30_00}), [12_00, 18_00]),
        (json!({"weekdays": [3]}), [6_00, 18_00]),
        (json!({"weekdays": [4]}), [12_00, 36_00]),
        (json!({"from_ms": 1_291_190_400_000_i64 + 1}), [12_00, 36_00]),
        (json!({"until_ms": 1_291_190_400_000_i64}), [12_00, 36_00]),
        (json!({"active": false}), [12_00, 36_00]),
        (json!({}), [6_00, 18_00]),
    ];
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    for (row, expected) in rows {
        let mut promotion = json!({"name": "Half", "gives": {"percent_off": "50"}, "covers_all": true});
        row.as_object().unwrap().iter().for_each(|(member, value)| promotion[member] = value.clone());
        shop.rows(&[("promotion", "half", promotion)]).await.unwrap();
        shop.publish().await.unwrap();
        sync(&till).await;
        let session = till.sign_in("anna", "1234").unwrap();
        let totals =
            [1, 3].map(|count| super::yesterday::sell(&session, "book", count, "cash").settled.total_minor);
        assert_eq!(totals, expected, "{row}");
        // The clock stands, or 08:00 would be over.
        assert_eq!(shop.hands.now_ms(), tillkit_tests::world::MORNING_MS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_promotions_that_save_the_same_the_higher_priority_is_named() {
    let shop = Shop::stocked().await.unwrap();
    let promotion = |name: &str, priority: i32| json!({"name": name, "gives": {"percent_off": "50"}, "covers_all": true, "priority": priority});
    shop.rows(&[("promotion", "a", promotion("First", 1)), ("promotion", "b", promotion("Second", 2))])
        .await
        .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let text = super::yesterday::sell(&session, "book", 1, "cash").text;
    assert!(text.contains("Second") && !text.contains("First"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_look_as_their_numerator_says() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[
        ("numerator", "return", json!({"pattern": "R{series}/{number:3}"})),
        ("numerator", "*", json!({"pattern": "{number}-{series}"})),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = super::yesterday::sell(&session, "mug", 1, "cash");
    let back = session.return_goods(super::yesterday::back("mug", "-1", &sale, 0, "cash")).unwrap();
    let number =
        |number: &str| number.chars().filter(|letter| !letter.is_ascii_uppercase()).collect::<String>();
    assert!(sale.reference.number.starts_with("1-"), "{}", sale.reference.number);
    assert!(back.reference.number.starts_with('R') && number(&back.reference.number).ends_with("/001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_is_kept_as_long_as_the_policy_says() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[("policy", "main", json!({"send": "by_hand", "keep_days": 2}))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = super::yesterday::sell(&session, "mug", 1, "cash").reference.seq;
    session.close(&[]).unwrap();
    sync(&till).await;
    shop.settled().await;
    let is_kept = || till.document("T1", 1, sale).unwrap().is_some();
    sync(&till).await;
    shop.hands.pass(2 * 86_400_000 - 60_000);
    sync(&till).await;
    assert!(is_kept(), "not two days old");
    shop.hands.pass(120_000);
    sync(&till).await;
    assert!(!is_kept(), "older than two days");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_come_as_far_as_the_policy_gives_them_room() {
    let shop = Shop::stocked().await.unwrap();
    let picture = "RIFF\x10\0\0\0WEBPVP8 a tin of tea";
    shop.admin("PUT", "centres/main/images/tin?item=tea", picture).await.unwrap();
    shop.rows(&[("policy", "main", json!({"send": "by_hand", "attachments_mb": 0}))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sync(&till).await;
    assert_eq!(till.image("tin").unwrap(), None, "there is no room");
    shop.rows(&[("policy", "main", json!({"send": "by_hand", "attachments_mb": 1}))]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    sync(&till).await;
    assert_eq!(till.image("tin").unwrap().as_deref(), Some(picture.as_bytes()));
}
