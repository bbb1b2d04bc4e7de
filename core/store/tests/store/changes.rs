//! What a sync changed, for people.

use serde_json::json;
use tillkit_protocol::Section;
use tillkit_store::{
    centre::LocalEdit,
    changes::{ChangeLine, ChangeSet, What},
    load::Change,
};

use super::common::{Published, Rows, Till, publish, read_steps, row, steps};

fn item(key: &str, name: &str, price: &str, vat: &str, active: bool) -> ((String, String), Vec<u8>) {
    row(
        "item",
        key,
        json!({"active": active, "codes": [], "name": name, "price": price, "unit": "szt", "vat": vat}),
    )
}

fn before() -> Rows {
    Rows::from([
        item("butter", "Masło", "1.50", "23", true),
        item("cheese", "Ser", "9.00", "23", true),
        item("milk", "Mleko", "0.99", "23", true),
        item("rye", "Chleb żytni", "2.00", "23", false),
        row("group", "g", json!({"name": "Nabiał"})),
    ])
}

/// Butter costs more, cheese is gone, milk has another VAT, rye is back, wine is new, a group has a
/// new name, and butter costs less from tomorrow on.
fn after() -> Rows {
    Rows::from([
        item("butter", "Masło", "1.75", "23", true),
        item("milk", "Mleko", "0.99", "8", true),
        item("rye", "Chleb żytni", "2.00", "23", true),
        item("wine", "Wino", "20.00", "23", true),
        row("group", "g", json!({"name": "Nabiał i jaja"})),
        row("price", "p", json!({"from_ms": 2_000, "item": "butter", "price": "1.25"})),
    ])
}

fn lines(till: &Till) -> Vec<ChangeLine> {
    till.store.centre.change_lines("", None, 100).unwrap()
}

type Fact = (What, String, String, String, Option<i64>);

fn facts(lines: &[ChangeLine]) -> Vec<Fact> {
    let fact = |line: &ChangeLine| {
        (line.place.what, line.name.clone(), line.before.clone(), line.after.clone(), line.from_ms)
    };
    lines.iter().map(fact).collect()
}

fn fact(what: What, name: &str, before: &str, after: &str, from_ms: Option<i64>) -> Fact {
    (what, name.into(), before.into(), after.into(), from_ms)
}

fn vat_rates() -> Published {
    let rate = |key: &str| row("vat_rate", key, json!({"category": "S", "name": key, "percent": key}));
    publish("directories", 1, &Rows::from([rate("23"), rate("8")]), 9)
}

/// A till with the first state live.
fn till_before() -> Till {
    let till = Till::new();
    vat_rates().make_live(&till.store).unwrap();
    publish("items", 1, &before(), 2).make_live(&till.store).unwrap();
    till
}

fn tidy(till: &Till) {
    while !till.store.centre.tidy().unwrap() {}
}

fn by_step(till: &Till, generation: u64, from: &Rows, to: &Rows, at_ms: i64) {
    let target = publish("items", generation, to, 2);
    let changes = read_steps(&[steps(from, to)]);
    till.store.centre.make_live(&[Change::Steps(target.target(), &changes)], &[], at_ms).unwrap();
}

fn by_snapshot(till: &Till, generation: u64, to: &Rows, at_ms: i64) {
    let published = publish("items", generation, to, 2);
    published.load(&till.store).unwrap();
    till.store.centre.make_live(&[Change::Snapshot(published.target())], &[], at_ms).unwrap();
    tidy(till);
}

#[test]
fn a_step_says_what_it_changed_of_what_is_sold() {
    let till = till_before();

    by_step(&till, 2, &before(), &after(), 1_000);

    let expected = [
        fact(What::Price, "Masło", "1.75", "1.25", Some(2_000)),
        fact(What::Price, "Masło", "1.5", "1.75", None),
        fact(What::Vat, "Mleko", "23", "8", None),
        fact(What::New, "Wino", "", "20", None),
        fact(What::Back, "Chleb żytni", "", "2", None),
        fact(What::Gone, "Ser", "9", "", None),
    ];
    assert_eq!(facts(&lines(&till)), expected);
    let count = |what, count| ("items".to_string(), what, count);
    let counts = vec![
        count(What::Price, 2),
        count(What::Vat, 1),
        count(What::New, 1),
        count(What::Back, 1),
        count(What::Gone, 1),
        count(What::Changed, 1),
    ];
    assert_eq!(till.store.centre.change_sets().unwrap(), [ChangeSet { at_ms: 1_000, counts }]);
}

#[test]
fn a_snapshot_over_something_says_the_same_as_a_step() {
    let (stepping, loading) = (till_before(), till_before());

    by_step(&stepping, 2, &before(), &after(), 1_000);
    by_snapshot(&loading, 2, &after(), 1_000);

    assert_eq!(lines(&loading), lines(&stepping));
    assert_eq!(loading.store.centre.change_sets().unwrap(), stepping.store.centre.change_sets().unwrap());
}

#[test]
fn a_comparison_in_many_chunks_goes_on_after_a_restart() {
    let many = |price: &str| -> Rows {
        (0..5_000).map(|n| item(&format!("i{n:05}"), &format!("Item {n}"), price, "23", true)).collect()
    };
    let (old, mut new) = (many("1.00"), many("1.00"));
    for n in [0, 1_999, 2_000, 4_999] {
        new.extend([item(&format!("i{n:05}"), &format!("Item {n}"), "2.00", "23", true)]);
    }
    new.remove(&("item".into(), "i02500".into()));
    new.extend([item("i02500x", "Inserted", "3.00", "23", true)]);
    let till = Till::new();
    publish("items", 1, &old, 1_000).make_live(&till.store).unwrap();
    let published = publish("items", 2, &new, 1_000);
    published.load(&till.store).unwrap();
    till.store.centre.make_live(&[Change::Snapshot(published.target())], &[], 1_000).unwrap();

    assert!(!till.store.centre.tidy().unwrap(), "one chunk is not all");
    let till = till.reopened();
    tidy(&till);

    let keys: Vec<(What, String)> =
        lines(&till).into_iter().rev().map(|line| (line.place.what, line.place.key)).collect();
    let own = |what, key: &str| (what, key.to_string());
    let expected = [
        own(What::Gone, "i02500"),
        own(What::New, "i02500x"),
        own(What::Price, "i00000"),
        own(What::Price, "i01999"),
        own(What::Price, "i02000"),
        own(What::Price, "i04999"),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_first_sync_and_a_live_section_say_nothing() {
    let till = till_before();
    let customers = |name: &str| Rows::from([row("customer", "c", json!({"name": name}))]);
    publish("customers", 1, &customers("Anna"), 9).make_live(&till.store).unwrap();
    publish("customers", 2, &customers("Anne"), 9).make_live(&till.store).unwrap();
    tidy(&till);

    assert_eq!((lines(&till), till.store.centre.change_sets().unwrap()), (vec![], vec![]));
}

#[test]
fn an_edit_that_the_centres_row_replaced_is_a_line() {
    let till = till_before();
    let ((kind, key), body) = item("butter", "Masło", "1.10", "23", true);
    till.store.centre.edit(&LocalEdit { kind, key, body, user: "anna".into(), edited_ms: 5 }).unwrap();

    till.store.centre.make_live(&[], &[Section::Items], 1_000).unwrap();

    assert_eq!(facts(&lines(&till)), [fact(What::Edit, "Masło", "1.1", "1.5", None)]);
}

#[test]
fn lines_are_found_by_the_beginnings_of_words_and_read_in_pages() {
    let till = till_before();
    by_step(&till, 2, &before(), &after(), 1_000);
    let centre = &till.store.centre;

    let all = lines(&till);
    let first = centre.change_lines("", None, 4).unwrap();
    let second = centre.change_lines("", first.last().map(|line| &line.place), 4).unwrap();

    assert_eq!([first, second].concat(), all);
    assert_eq!(
        facts(&centre.change_lines("zyt CHL", None, 9).unwrap()),
        [all[4].clone()].map(|line| facts(&[line])[0].clone())
    );
    assert!(centre.change_lines("zyt wino", None, 9).unwrap().is_empty());
}

#[test]
fn changes_are_kept_for_thirty_days_and_lines_up_to_a_number() {
    const DAY_MS: i64 = 86_400_000;
    let till = till_before();
    let prices = |price: &str| -> Rows {
        (0..1_900).map(|n| item(&format!("i{n:05}"), "Item", price, "23", true)).collect()
    };
    by_step(&till, 2, &before(), &after(), 0);
    by_step(&till, 3, &after(), &prices("1.00"), 29 * DAY_MS);
    let old: Vec<i64> = till.store.centre.change_sets().unwrap().iter().map(|set| set.at_ms).collect();
    by_step(&till, 4, &prices("1.00"), &prices("2.00"), 31 * DAY_MS);
    by_step(&till, 5, &prices("2.00"), &prices("3.00"), 32 * DAY_MS);

    let sets = till.store.centre.change_sets().unwrap();
    let kept = till.store.centre.change_lines("", None, 100_000).unwrap();

    assert_eq!(old, [29 * DAY_MS, 0]);
    let at_ms: Vec<i64> = sets.iter().map(|set| set.at_ms).collect();
    assert_eq!(at_ms, [32 * DAY_MS, 31 * DAY_MS, 29 * DAY_MS], "what is forgotten is older");
    assert_eq!(kept.len(), 3_800, "of the newest whole syncs within 5,000 lines");
    let newest = till.store.centre.newest_changes(60_000).unwrap();
    assert_eq!(newest, sets[..1]);
}
