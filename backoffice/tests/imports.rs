//! CSV imports: what a file does not say stays, what a spreadsheet has spoilt or somebody has written twice is
//! refused, and one code on two items is asked about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{CENTRE, Office, row};
use reqwest::Method;
use serde_json::{Value, json};
use tillkit_protocol::{Problem, problem::ProblemType};

const ITEMS: &str = "/centres/main/import/item";
const HEAD: &str = "id,name,codes,unit,vat,price\n";

/// A centre with one item that has everything, a member of a newer version too.
async fn shop() -> Office {
    let office = Office::open().await;
    office.draft_centre(CENTRE).await;
    let tea = json!({
        "name": "Tea", "codes": ["5901234123457", "T1"], "group": "drinks", "unit": "pc", "vat": "std",
        "price": "2.55", "stocked": false, "steeps_s": 180,
    });
    office.rows(CENTRE, &[row("item", "tea", tea)]).await;
    office.publish(CENTRE).await;
    office
}

async fn import(office: &Office, file: &str) -> Value {
    office.admin_ok(Method::POST, ITEMS, file.to_string()).await
}

async fn refused(office: &Office, path: &str, file: &str) -> Problem {
    office.admin_refused(Method::POST, path, file.to_string()).await
}

/// Items as tills get them.
async fn items(office: &Office) -> std::collections::BTreeMap<String, Value> {
    let till = office.subscribed("T1").await;
    office.snapshot(&till, "items").await
}

#[tokio::test]
async fn a_price_list_changes_prices_and_nothing_else() {
    let office = shop().await;
    let done = import(&office, "id,price\ntea,2.75\n").await;
    assert_eq!(done, json!({"changed": 1, "rows": 1}));
    office.publish(CENTRE).await;
    let expected = json!({
        "codes": ["5901234123457", "T1"], "group": "drinks", "name": "Tea", "price": "2.75",
        "steeps_s": 180, "stocked": false, "unit": "pc", "vat": "std",
    });
    assert_eq!(items(&office).await["item/tea"], expected);
}

#[tokio::test]
async fn an_empty_cell_takes_its_member_away_and_a_new_row_gets_what_the_file_says() {
    let office = shop().await;
    let file =
        "id,name,group,unit,vat,price,codes\ntea,Tea,,pc,std,2.75,\npen,Pen,office,pc,std,1.00,P1|P2\n";
    import(&office, file).await;
    office.publish(CENTRE).await;
    let items = items(&office).await;
    let tea = json!({"name": "Tea", "price": "2.75", "steeps_s": 180, "stocked": false, "unit": "pc", "vat": "std"});
    assert_eq!(items["item/tea"], tea);
    let pen = json!({"codes": ["P1", "P2"], "group": "office", "name": "Pen", "price": "1.00", "unit": "pc", "vat": "std"});
    assert_eq!(items["item/pen"], pen);
}

#[tokio::test]
async fn a_member_that_a_row_needs_is_not_taken_away_and_a_removed_row_is_a_new_one() {
    let office = shop().await;
    let problem = refused(&office, ITEMS, "id,vat\ntea,\n").await;
    assert!(problem.detail.unwrap().starts_with("line 2: item/tea: missing field `vat`"));
    office.rows(CENTRE, &[common::gone("item", "tea")]).await;
    let problem = refused(&office, ITEMS, "id,price\ntea,2.00\n").await;
    assert!(problem.detail.unwrap().contains("missing field"));
}

#[tokio::test]
async fn other_kinds_keep_what_a_file_does_not_say_as_well() {
    let office = shop().await;
    office
        .rows(
            CENTRE,
            &[
                row("customer", "anna", json!({"name": "Anna", "credit": true, "phone": "+44 1"})),
                row(
                    "tender",
                    "cash",
                    json!({"name": "Cash", "kind": "cash", "currency": "GBP", "gives_change": true}),
                ),
                row(
                    "exchange_rate",
                    "r1",
                    json!({"currency": "EUR", "rate": "0.85", "from_day": "2010-12-01", "source": "ECB"}),
                ),
            ],
        )
        .await;
    for (kind, file) in [
        ("customer", "id,name\nanna,Anna Smith\n"),
        ("tender", "id,name\ncash,Notes and coins\n"),
        ("exchange_rate", "id,rate\nr1,0.86\n"),
    ] {
        office.admin_ok(Method::POST, &format!("/centres/main/import/{kind}"), file).await;
    }
    office.publish(CENTRE).await;
    office.running.settled().await;
    let till = office.subscribed("T1").await;
    let mut rows = office.snapshot(&till, "customers").await;
    rows.extend(office.snapshot(&till, "directories").await);
    assert_eq!(rows["customer/anna"], json!({"credit": true, "name": "Anna Smith", "phone": "+44 1"}));
    assert_eq!(rows["tender/cash"]["gives_change"], true);
    let rates = office.manifest(&till).await;
    let section = rates.sections.iter().find(|(_, section)| section.kinds.contains_key("exchange_rate"));
    let rows = office.snapshot(&till, section.unwrap().0).await;
    assert_eq!(
        (&rows["exchange_rate/r1"]["source"], &rows["exchange_rate/r1"]["rate"]),
        (&json!("ECB"), &json!("0.86"))
    );
}

#[tokio::test]
async fn what_a_spreadsheet_has_spoilt_is_refused_by_line_and_column() {
    let office = shop().await;
    let good = "g,Good,G1,pc,std,1\n";
    for (line, column) in [
        ("a,A,5.90123E+12,pc,std,1", "codes"),
        ("a,A,\"5,90123E+12\",pc,std,1", "codes"),
        ("a,A,C1|5.9E+12,pc,std,1", "codes"),
        ("5.90123E+12,A,C1,pc,std,1", "id"),
        ("a,A,5901234123457.0,pc,std,1", "codes"),
        ("a,#REF!,C1,pc,std,1", "name"),
        ("#N/A,A,C1,pc,std,1", "id"),
        ("a,A,#VALUE!,pc,std,1", "codes"),
        ("a,A,C1|#NAME?,pc,std,1", "codes"),
        ("a,A,C1,pc,std,#DIV/0!", "price"),
        ("a,A,C1,pc,std,#######", "price"),
        ("b ,A,C1,pc,std,1", "id"),
        ("a, A,C1,pc,std,1", "name"),
        ("a,A,C1 | C2,pc,std,1", "codes"),
        ("a,A,C1,pc\u{a0},std,1", "unit"),
        ("a,\"A\nTotal 0.00\",C1,pc,std,1", "name"),
        ("a,A\u{0},C1,pc,std,1", "name"),
        ("a,A,C1\u{202e},pc,std,1", "codes"),
        ("a,A,C1||C2,pc,std,1", "codes"),
        ("a,A,C1|,pc,std,1", "codes"),
    ] {
        let problem = refused(&office, ITEMS, &format!("{HEAD}{good}{line}\n")).await;
        let detail = problem.detail.clone().unwrap();
        assert!(detail.starts_with(&format!("line 3: {column}: ")), "{line}: {detail}");
        assert!(problem.is(ProblemType::Malformed));
    }
    assert_eq!(office.admin_ok(Method::GET, "/centres/main/diff", "").await["changes"], json!([]));
}

#[tokio::test]
async fn what_is_there_twice_or_too_long_or_cut_is_refused() {
    let office = shop().await;
    let long = "x".repeat(201);
    for (file, expected) in [
        (format!("{HEAD}same,A,C1,pc,std,1\nsame,B,C2,pc,std,2\n"), "line 3: id: same is there twice"),
        (
            "id,name,name,unit,vat,price\na,A,B,pc,std,1\n".into(),
            "line 1: the column \"name\" is there twice",
        ),
        ("id,id,name\na,a,A\n".into(), "line 1: the column \"id\" is there twice"),
        ("id,name ,unit\na,A,pc\n".into(), "line 1: item has no member \"name \""),
        (format!("{HEAD}a,A,C1,pc,std\n"), "line 2: it has 5 cells, the header has 6"),
        (format!("{HEAD}a,A,C1,pc,std,1,2\n"), "line 2: it has 7 cells, the header has 6"),
        (format!("{HEAD}a,{long},C1,pc,std,1\n"), "line 2: item/a: member name: it has 201 characters"),
        (format!("{HEAD}a,A,{long},pc,std,1\n"), "line 2: item/a: member codes: it has 201 characters"),
        (
            format!("{HEAD}a,A,{},pc,std,1\n", vec!["c"; 51].join("|")),
            "line 2: item/a: member codes: it has 51",
        ),
        // The first line that is wrong is named, whatever the order of the keys.
        (format!("{HEAD}z,Z,C1,pc,std,x\na,A,C2,pc,std,y\n"), "line 2: item/z: member price"),
    ] {
        let problem = refused(&office, ITEMS, &file).await;
        let detail = problem.detail.unwrap();
        assert!(detail.starts_with(expected), "{detail}");
    }
    let layout = format!("id,header\n*,{}\n", vec!["line"; 31].join("|"));
    let problem = refused(&office, "/centres/main/import/receipt_layout", &layout).await;
    assert!(problem.detail.unwrap().contains("member header: it has 31 elements"));
    assert_eq!(office.admin_ok(Method::GET, "/centres/main/diff", "").await["changes"], json!([]));
}

#[tokio::test]
async fn one_code_on_two_items_is_refused_unless_confirmed() {
    let office = shop().await;
    let drink = row("item_code", "x1", json!({"item": "tea", "code": "96385074"}));
    office.rows(CENTRE, &[drink]).await;
    office.publish(CENTRE).await;
    let file = |lines: &str| format!("{HEAD}{lines}");
    for (path, file, expected) in [
        // Within the file.
        (ITEMS, file("a,A,CC,pc,std,1\nb,B,CC,pc,std,2\n"), "line 3: the code CC is on line 2 as well"),
        // Spelt as a UPC and as an EAN-13.
        (
            ITEMS,
            file("a,A,036000291452,pc,std,1\nb,B,0036000291452,pc,std,2\n"),
            "line 3: the code 036000291452 is on line 2",
        ),
        // On a row that is drafted, spelt as a GTIN-14.
        (
            ITEMS,
            file("a,A,05901234123457,pc,std,1\n"),
            "line 2: the code 5901234123457 is on item tea as well",
        ),
        // By an item_code row.
        (ITEMS, file("a,A,96385074,pc,std,1\n"), "line 2: the code 96385074 is on item tea as well"),
        // An item_code row against an item's own codes.
        (
            "/centres/main/import/item_code",
            "id,item,code\nx2,milk,T1\n".into(),
            "line 2: the code T1 is on item tea as well",
        ),
    ] {
        let problem = refused(&office, path, &file).await;
        assert!(problem.is(ProblemType::SharedCodes), "{problem}");
        let detail = problem.detail.unwrap();
        assert!(detail.starts_with(expected), "{detail}");
        office.admin_ok(Method::POST, &format!("{path}?shared_codes=yes"), file).await;
        office.admin_ok(Method::POST, "/centres/main/publish?shared_codes=yes", "").await;
        let gone = ["a", "b"].map(|id| common::gone("item", id)).to_vec();
        office.rows(CENTRE, &[gone, vec![common::gone("item_code", "x2")]].concat()).await;
        office.publish(CENTRE).await;
    }
    let problem = refused(&office, &format!("{ITEMS}?shared_codes=maybe"), &file("a,A,C,pc,std,1\n")).await;
    assert!(problem.is(ProblemType::Malformed));
}

#[tokio::test]
async fn codes_that_move_within_a_file_or_from_a_retired_item_are_not_shared() {
    let office = shop().await;
    import(&office, "id,codes\nmilk,M1\n").await;
    // Two items swap their codes.
    import(&office, "id,codes\nmilk,T1|5901234123457\ntea,M1\n").await;
    // A retired item's code goes to its successor.
    import(&office, "id,active\nmilk,false\n").await;
    import(&office, &format!("{HEAD}milk2,Milk,T1,pc,std,1\n")).await;
    office.publish(CENTRE).await;
    // Sold again, it shares the code.
    let problem = refused(&office, ITEMS, "id,active\nmilk,true\n").await;
    assert!(problem.is(ProblemType::SharedCodes), "{problem}");
    // A price list does not ask about codes that it does not bring.
    let path = format!("{ITEMS}?shared_codes=yes");
    office.admin_ok(Method::POST, &path, "id,active\nmilk,true\n").await;
    office.admin_ok(Method::POST, "/centres/main/publish?shared_codes=yes", "").await;
    import(&office, "id,price,codes\nmilk,1.10,T1|5901234123457\nmilk2,1.20,T1\n").await;
}

#[tokio::test]
async fn publishing_asks_about_codes_on_two_items_and_only_about_those_that_changed() {
    let office = shop().await;
    let thing =
        |code: &str| json!({"name": "Thing", "codes": [code], "unit": "pc", "vat": "std", "price": "1"});
    office.rows(CENTRE, &[row("item", "a", thing("T1"))]).await;
    let problem = office.admin_refused(Method::POST, "/centres/main/publish", "").await;
    assert!(problem.is(ProblemType::SharedCodes), "{problem}");
    assert_eq!(problem.detail.as_deref(), Some("T1 on a and tea"));
    let diff = office.admin_ok(Method::GET, "/centres/main/diff", "").await;
    assert_eq!(diff["shared_codes"], json!([{"code": "T1", "items": ["a", "tea"]}]));

    let cookie = office.sign_in("owner", common::PASSWORD).await;
    let page = office.page(&cookie, "/web/centres/main/publish").await;
    assert!(page.contains("One code stands on two items") && page.contains("T1: Thing, Tea"), "{page}");
    let answer = office.post_form(&cookie, "/web/centres/main/publish", "").await;
    assert_eq!(answer.status(), 409);
    let answer = office.post_form(&cookie, "/web/centres/main/publish?shared_codes=yes", "").await;
    assert_eq!(answer.status(), 200);

    office.rows(CENTRE, &[row("item", "b", thing("B1"))]).await;
    assert_eq!(office.publish(CENTRE).await["published"], true, "what was confirmed is not asked again");
    let diff = office.admin_ok(Method::GET, "/centres/main/diff", "").await;
    assert_eq!(diff["shared_codes"], json!([]));
}

#[tokio::test]
async fn many_rows_are_merged_and_their_codes_compared() {
    let office = shop().await;
    let mut file = HEAD.to_string();
    for number in 0..30_000 {
        file.push_str(&format!("i{number},Item {number},N{number},pc,std,1.00\n"));
    }
    assert_eq!(import(&office, &file).await["changed"], 30_000);
    let mut prices = "id,price\n".to_string();
    for number in 0..30_000 {
        prices.push_str(&format!("i{number},2.00\n"));
    }
    assert_eq!(import(&office, &prices).await["changed"], 30_000);
    let problem = refused(&office, ITEMS, &format!("{file}z,Z,N29999,pc,std,1\n")).await;
    assert!(problem.is(ProblemType::SharedCodes), "{problem}");
    office
        .rows(
            CENTRE,
            &[row(
                "item",
                "z",
                json!({"name": "Z", "codes": ["N7"], "unit": "pc", "vat": "std", "price": "1"}),
            )],
        )
        .await;
    let problem = office.admin_refused(Method::POST, "/centres/main/publish", "").await;
    assert_eq!(problem.detail.as_deref(), Some("N7 on i7 and z"));
    office.admin_ok(Method::POST, "/centres/main/publish?shared_codes=yes", "").await;
    let rows = items(&office).await;
    assert_eq!((&rows["item/i7"]["price"], &rows["item/i7"]["codes"]), (&json!("2.00"), &json!(["N7"])));
}

#[tokio::test]
async fn what_only_a_machine_tells_apart_is_refused_by_line_and_column() {
    let office = shop().await;
    for (line, column, word) in [
        ("a,A,\u{200e}5901234123464,pc,std,1", "codes", "U+200E"),
        ("a,A,59012\u{ad}34123464,pc,std,1", "codes", "U+00AD"),
        ("a,A,C1|C\u{200b}7,pc,std,1", "codes", "U+200B"),
        ("te\u{200b}x,A,C1,pc,std,1", "id", "U+200B"),
        ("a,A,C1,p\u{2060}c,std,1", "unit", "U+2060"),
        ("a,A,\u{ff15}901234123464,pc,std,1", "codes", "U+FF15"),
        ("\u{ff21}1,A,C1,pc,std,1", "id", "(U+FF21) in the place of A"),
        ("a,A,\u{665}901234123464,pc,std,1", "codes", "no digit from 0 to 9"),
        ("a,A,02-Jan,pc,std,1", "codes", "format the column as text"),
        ("a,A,C1|02/01/2026,pc,std,1", "codes", "format the column as text"),
        ("02-Jan,A,C1,pc,std,1", "id", "format the column as text"),
        ("a,A,5.90123E12,pc,std,1", "codes", "format the column as text"),
        ("a,A,\"5901234123464,5901234123471\",pc,std,1", "codes", "codes are parted by |"),
        ("a,A,5901234123464;5901234123471,pc,std,1", "codes", "codes are parted by |"),
    ] {
        let problem = refused(&office, ITEMS, &format!("{HEAD}g,Good,G1,pc,std,1\n{line}\n")).await;
        let detail = problem.detail.unwrap();
        assert!(detail.starts_with(&format!("line 3: {column}: ")) && detail.contains(word), "{detail}");
    }
    let problem = refused(&office, ITEMS, &format!("{HEAD}a,\u{ad}\u{ad},C1,pc,std,1\n")).await;
    assert_eq!(
        problem.detail.as_deref(),
        Some("line 2: item/a: member name: there is nothing to read in it")
    );
    // Such letters have their place in a name, and so has a day.
    import(&office, &format!("{HEAD}a,Na\u{200c}me of 02-Jan; \u{ff15},C-1.5,pc,std,1\n")).await;
}

#[tokio::test]
async fn a_new_id_that_differs_from_another_only_by_case_or_accents_is_refused() {
    let office = shop().await;
    for (lines, expected) in [
        ("same,A,C1,pc,std,1\nSAME,B,C2,pc,std,2\n", "line 3: id: another line has it as well"),
        ("\u{10d}aj,A,C1,pc,std,1\nc\u{30c}aj,B,C2,pc,std,2\n", "line 3: id: another line has it as well"),
        ("TEA,Tea,C1,pc,std,1\n", "line 2: id: the centre has tea already"),
    ] {
        let detail = refused(&office, ITEMS, &format!("{HEAD}{lines}")).await.detail.unwrap();
        assert!(detail.starts_with(expected), "{detail}");
    }
    // A program has its own keys; a file may change what it has made.
    office.rows(CENTRE, &[row("item", "TEA", common::item("2.00"))]).await;
    import(&office, "id,price\ntea,2.75\nTEA,2.80\n").await;
}

#[tokio::test]
async fn codes_of_a_file_that_differ_only_by_case_are_one_unless_confirmed() {
    let office = shop().await;
    let file = format!("{HEAD}a,A,abc-1,pc,std,1\nb,B,ABC-1,pc,std,1\n");
    let problem = refused(&office, ITEMS, &file).await;
    assert!(problem.is(ProblemType::SharedCodes), "{problem}");
    let detail = problem.detail.unwrap();
    assert!(detail.starts_with("line 3: the code ABC-1 is on line 2 as well in upper or lower"), "{detail}");
    office.admin_ok(Method::POST, &format!("{ITEMS}?shared_codes=yes"), file).await;
}

#[tokio::test]
async fn quotation_marks_that_a_reader_would_have_to_guess_at_are_refused() {
    let office = shop().await;
    for (lines, expected) in [
        ("a,\"A\"B,C1,pc,std,1\n", "line 2: name: text follows"),
        ("a,A,C1,pc,std,\"1\"2.50\n", "line 2: price: text follows"),
        ("a,A \"B\",C1,pc,std,1\n", "line 2: name: a quotation mark stands inside"),
        ("a,A,C1,pc,std,1\nb,\"B,C2,pc,std,1\nc,C,C3,pc,std,1\n", "line 3: name: a quotation mark is never"),
    ] {
        let detail = refused(&office, ITEMS, &format!("{HEAD}{lines}")).await.detail.unwrap();
        assert!(detail.starts_with(expected), "{detail}");
    }
    import(&office, &format!("{HEAD}a,\"A \"\"B\"\", C\",C1,pc,std,1\n")).await;
}

#[tokio::test]
async fn what_spreadsheets_write_around_the_cells_is_taken() {
    let office = shop().await;
    let file = "id,active,price,,\r\n,,,,\r\ntea,TRUE,2.75,,\r\n,,\r\nmilk,False,1.00,,\r\n";
    assert_eq!(import(&office, file).await["rows"], 2);
    office.publish(CENTRE).await;
    let rows = items(&office).await;
    assert_eq!((&rows["item/tea"]["active"], &rows["item/milk"]["active"]), (&json!(true), &json!(false)));
    let problem = refused(&office, ITEMS, "id,price,\ntea,2.75,5\n").await;
    assert_eq!(problem.detail.as_deref(), Some("line 2: it has 3 cells, the header has 2"));
}

#[tokio::test]
async fn receipts_and_addresses_have_lines() {
    let office = shop().await;
    let layout = "id,header,footer\nmain,Shop||Street 1,\"Thank you\r\n\r\nCome again\"\n";
    office.admin_ok(Method::POST, "/centres/main/import/receipt_layout", layout).await;
    let address = "id,name,address\nc9,Smith,\"High Street 1\r\n\r\nLondon\"\n";
    office.admin_ok(Method::POST, "/centres/main/import/customer", address).await;
    office.publish(CENTRE).await;
    office.running.settled().await;
    let till = office.subscribed("T1").await;
    let layout = &office.snapshot(&till, "centre").await["receipt_layout/main"];
    assert_eq!(layout["header"], json!(["Shop", "", "Street 1"]));
    assert_eq!(layout["footer"], json!(["Thank you", "", "Come again"]));
    let customers = office.snapshot(&till, "customers").await;
    assert_eq!(customers["customer/c9"]["address"], "High Street 1\n\nLondon");
    let tab = "id,name,address\nc8,Smith,\"High\tStreet\nLondon\"\n";
    let problem = refused(&office, "/centres/main/import/customer", tab).await;
    assert!(problem.detail.unwrap().starts_with("line 2: address: it holds the character U+0009"));
}

#[tokio::test]
async fn a_customer_that_became_part_of_nobody_or_of_itself_is_refused() {
    let office = shop().await;
    office
        .rows(
            CENTRE,
            &[
                row("customer", "c1", json!({"name": "Anna", "merged_into": "c2"})),
                row("customer", "c2", json!({"name": "Anna"})),
            ],
        )
        .await;
    let path = "/centres/main/import/customer";
    for (lines, expected) in [
        ("m1,M,m1\n", "line 2: customer/m1: member merged_into: a customer cannot become part of itself"),
        ("m2,M,nobody\n", "line 2: customer/m2: member merged_into: there is no customer nobody"),
        ("m3,M,m4\nm4,M,m3\n", "line 2: customer/m3: member merged_into: by way of m4 it becomes part"),
        ("c2,M,c1\n", "line 2: customer/c2: member merged_into: by way of c1 it becomes part"),
    ] {
        let file = format!("id,name,merged_into\n{lines}");
        let detail = refused(&office, path, &file).await.detail.unwrap();
        assert!(detail.starts_with(expected), "{detail}");
    }
    let gone =
        [common::gone("customer", "c2"), row("customer", "c3", json!({"name": "B", "merged_into": "c2"}))];
    let problem = office.admin_refused(Method::POST, "/centres/main/rows", gone.concat()).await;
    assert!(problem.detail.unwrap().ends_with("there is no customer c2"));
    let chain = "id,name,merged_into\nm1,M,m2\nm2,M,c1\n";
    office.admin_ok(Method::POST, path, chain).await;
}

#[tokio::test]
async fn levels_and_plans_of_a_warehouse_that_is_not_there_are_refused() {
    let office = shop().await;
    let level = |warehouse: &str| {
        let body = json!({"warehouse": warehouse, "item": "tea", "quantity": "1"});
        row("stock_level", &format!("{warehouse}/tea"), body)
    };
    // Without a list of warehouses any name will do.
    office.rows(CENTRE, &[level("van")]).await;
    office.rows(CENTRE, &[row("warehouse", "back", json!({"name": "Back"})), level("back")]).await;
    office.rows(CENTRE, &[level("store")]).await;
    let file = "id,warehouse,item,quantity\nnowhere/tea,nowhere,tea,1\n";
    let problem = refused(&office, "/centres/main/import/stock_level", file).await;
    assert_eq!(
        problem.detail.as_deref(),
        Some("line 2: stock_level/nowhere/tea: there is no warehouse nowhere")
    );
    let plan = row("audit_plan", "p", json!({"name": "P", "warehouse": "nowhere"}));
    let problem = office.admin_refused(Method::POST, "/centres/main/rows", plan).await;
    assert_eq!(problem.detail.as_deref(), Some("line 1: audit_plan/p: there is no warehouse nowhere"));
}
