use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use proptest::prelude::*;
use serde_json::json;
use tillkit_protocol::{KindDigest, Section, manifest::SectionManifest, rows::BadBlob};
use tillkit_store::{
    Store, StoreError,
    centre::{Found, LocalEdit, SyncRun},
    load::{self, Change, Target},
};

use super::common::{Published, Rows, Till, item, live_rows, publish, read_steps, row, steps};

fn catalogue(n: usize) -> Rows {
    (0..n)
        .map(|i| {
            item(
                &format!("i{i:05}"),
                &format!("Masło numer {i}"),
                &[&format!("ART-{i}"), &format!("590{i:09}")],
            )
        })
        .collect()
}

fn keys(found: &[Found]) -> Vec<&str> {
    let mut keys: Vec<&str> = found.iter().map(|found| found.key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// What a cashier could find out, for two tills to be compared.
fn everything(
    till: &Till,
) -> (
    Rows,
    BTreeMap<String, Vec<Found>>,
    BTreeMap<String, Vec<Found>>,
    BTreeMap<String, Vec<String>>,
    Vec<Vec<Found>>,
) {
    let view = till.store.centre.view().unwrap();
    let kinds = ["item", "item_code", "price", "group"];
    let lists = kinds.iter().map(|kind| view.list(kind, None, 1_000).unwrap()).collect();
    let codes = (0..12).map(|n| format!("c{n}"));
    let by_code = codes.map(|code| (code.clone(), view.items_by_code(&[code]).unwrap())).collect();
    let items = (0..8).map(|n| format!("k{n}"));
    let prices = items.map(|item| (item.clone(), view.prices_of(&item).unwrap())).collect();
    let words = ["m", "masl", "chleb", "zolty ser", "z", "kg"];
    let hits = words.map(|words| {
        let mut hits: Vec<String> =
            view.search_items(words, 1_000).unwrap().into_iter().map(|found| found.key).collect();
        hits.sort();
        (words.to_string(), hits)
    });
    drop(view);
    (live_rows(till, "items"), by_code, prices, hits.into_iter().collect(), lists)
}

#[test]
fn a_loaded_section_equals_the_centres_byte_for_byte() {
    let till = Till::new();
    let mut rows = catalogue(500);
    rows.extend([
        row("group", "g", json!({"name": "Nabiał", "zz_new_member": {"deep": [1, 2]}})),
        row("hologram", "h", json!({"a": 1})),
    ]);
    let published = publish("items", 1, &rows, 100);

    published.make_live(&till.store).unwrap();

    assert_eq!(live_rows(&till, "items"), rows);
    let live = till.store.centre.live("items");
    assert_eq!((live.epoch.as_str(), live.generation, live.applied_ms), ("e1", 1, Some(7)));
    let view = till.store.centre.view().unwrap();
    assert_eq!(view.count("item").unwrap(), 500);
    assert_eq!(view.generations(), BTreeMap::from([("items".into(), 1)]));
    let listed = view.list("item", Some("i00010"), 3).unwrap();
    assert_eq!(keys(&listed), ["i00011", "i00012", "i00013"]);
    assert_eq!(view.find("group", "g").unwrap().unwrap().body, rows[&("group".into(), "g".into())]);
    assert_eq!(view.find("group", "nobody").unwrap(), None);
}

#[test]
fn a_section_this_version_does_not_know_is_kept_whole() {
    let till = Till::new();
    let rows = Rows::from([row("hologram", "h", json!({"a": 1})), row("unit", "not-a-unit", json!({}))]);
    publish("holograms", 4, &rows, 1).make_live(&till.store).unwrap();
    let till = till.reopened();
    assert_eq!(live_rows(&till, "holograms"), rows);
    assert_eq!(till.store.centre.live("holograms").generation, 4);
    assert_eq!(till.store.centre.view().unwrap().find("unit", "not-a-unit").unwrap(), None);
}

#[test]
fn a_section_that_is_gone_leaves_nothing_of_what_was_live_loaded_or_compared() {
    let till = Till::new();
    let gone = |at_ms| till.store.centre.make_live(&[Change::Gone("items")], &[], at_ms).unwrap();
    gone(1); // never met
    publish("items", 1, &catalogue(40), 10).make_live(&till.store).unwrap();
    publish("items", 2, &catalogue(50), 10).make_live(&till.store).unwrap();
    let begun = publish("items", 3, &catalogue(60), 10);
    let mut load = till.store.centre.begin_load(&begun.target()).unwrap();
    begun.put(&till.store, &mut load, 2).unwrap();

    gone(8);

    assert_eq!(till.store.centre.live("items").generation, 0);
    assert_eq!(till.store.centre.view().unwrap().items_by_code(&["ART-1"]).unwrap(), []);
    while !till.store.centre.tidy().unwrap() {}
    let db = till.raw("centre.db");
    let rows: i64 = db.query_row("SELECT count(*) FROM row", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
    begun.make_live(&till.store).unwrap();
    assert_eq!(live_rows(&till, "items"), catalogue(60));
}

#[test]
fn an_interrupted_load_fetches_nothing_twice() {
    let mut till = Till::new();
    let published = publish("items", 1, &catalogue(300), 50);
    let mut put = 0;
    for _ in 0..3 {
        let mut load = till.store.centre.begin_load(&published.target()).unwrap();
        assert_eq!(load.loaded.len(), put);
        put += published.put(&till.store, &mut load, 2).unwrap();
        till = till.reopened();
    }
    assert_eq!(put, published.blobs.len());
    assert_eq!(published.load(&till.store).unwrap(), 0);
    till.store.centre.make_live(&[Change::Snapshot(published.target())], &[], 7).unwrap();
    assert_eq!(live_rows(&till, "items"), catalogue(300));
    assert_eq!(till.store.centre.view().unwrap().items_by_code(&["ART-299"]).unwrap()[0].key, "i00299");
}

#[test]
fn another_target_starts_the_slot_over() {
    let till = Till::new();
    let (old, new) = (publish("items", 1, &catalogue(100), 50), publish("items", 2, &catalogue(90), 50));
    let mut load = till.store.centre.begin_load(&old.target()).unwrap();
    old.put(&till.store, &mut load, 1).unwrap();
    new.make_live(&till.store).unwrap();
    assert_eq!(live_rows(&till, "items"), catalogue(90));
    assert_eq!(till.store.centre.view().unwrap().search_items("numer", 1_000).unwrap().len(), 90);
}

#[test]
fn what_does_not_add_up_changes_nothing_and_is_thrown_away() {
    let till = Till::new();
    publish("items", 1, &catalogue(50), 10).make_live(&till.store).unwrap();
    let before = live_rows(&till, "items");
    let spoil: [fn(&mut SectionManifest); 4] = [
        |manifest| manifest.kinds.get_mut("item").unwrap().sum ^= 1,
        |manifest| manifest.kinds.get_mut("item").unwrap().count += 1,
        |manifest| {
            manifest.kinds.insert("group".into(), KindDigest { count: 1, sum: 3 });
        },
        |manifest| {
            manifest.kinds.remove("item");
        },
    ];
    for spoil in spoil {
        let mut published = publish("items", 2, &catalogue(60), 10);
        spoil(&mut published.manifest);

        let refused = published.make_live(&till.store).unwrap_err();

        assert!(matches!(refused, StoreError::Mismatch { .. }), "{refused}");
        assert_eq!(live_rows(&till, "items"), before);
        assert_eq!(till.store.centre.live("items").generation, 1);
        let load = till.store.centre.begin_load(&published.target()).unwrap();
        assert!(load.loaded.is_empty());
    }
}

#[test]
fn a_row_twice_in_a_snapshot_is_refused_by_its_name_and_the_slot_thrown_away() {
    let till = Till::new();
    let mut published = publish("items", 1, &catalogue(10), 5);
    let again = publish("items", 1, &catalogue(7), 7).blobs.remove(0);
    published.blobs.push(again);
    let refused = published.make_live(&till.store).unwrap_err();
    assert!(matches!(refused, StoreError::Blob(BadBlob::BadRow { .. })), "{refused}");
    assert!(till.store.centre.begin_load(&published.target()).unwrap().loaded.is_empty());
}

#[test]
fn rows_in_the_wrong_order_of_kinds_are_stored_under_their_own() {
    let mut lines = Vec::new();
    let rows: Rows = (0..20)
        .map(|n| row(if n % 2 == 0 { "group" } else { "group_link" }, &format!("{n:02}"), json!({"name": n})))
        .collect();
    let mut shuffled: Vec<_> = rows.iter().collect();
    shuffled.sort_by_key(|((_, key), _)| key.clone());
    for ((kind, key), body) in shuffled {
        tillkit_protocol::rows::write_row(
            &mut lines,
            &tillkit_protocol::rows::Row { kind: kind.into(), key: key.into(), body: Some(body) },
        );
    }
    let stored = tillkit_protocol::rows::compress(&lines).unwrap();
    let mut published = publish("items", 1, &rows, 100);
    published.blobs = vec![(tillkit_protocol::Hash::of(&stored), stored)];
    let till = Till::new();
    published.make_live(&till.store).unwrap();
    assert_eq!(live_rows(&till, "items"), rows);
}

#[test]
fn a_snapshot_that_was_not_loaded_or_verified_does_not_go_live() {
    let till = Till::new();
    let published = publish("items", 1, &catalogue(20), 10);
    let swap = || till.store.centre.make_live(&[Change::Snapshot(published.target())], &[], 7);
    assert!(matches!(swap(), Err(StoreError::NotLoaded { .. })));
    let mut load = till.store.centre.begin_load(&published.target()).unwrap();
    published.put(&till.store, &mut load, usize::MAX).unwrap();
    assert!(matches!(swap(), Err(StoreError::NotLoaded { .. })));
    till.store.centre.finish_load(&load, &published.target()).unwrap();
    swap().unwrap();
    assert!(matches!(swap(), Err(StoreError::NotLoaded { .. })), "a verified slot goes live once");
}

#[test]
fn sections_that_go_together_change_together_or_not_at_all() {
    let till = Till::new();
    let units = |n: i64| Rows::from([row("unit", "szt", json!({"name": format!("szt{n}")}))]);
    publish("directories", 1, &units(1), 1).make_live(&till.store).unwrap();
    publish("items", 1, &catalogue(10), 5).make_live(&till.store).unwrap();
    let (directories, items) =
        (publish("directories", 2, &units(2), 1), publish("items", 2, &catalogue(20), 5));
    directories.load(&till.store).unwrap();
    let both = [Change::Snapshot(directories.target()), Change::Snapshot(items.target())];

    assert!(till.store.centre.make_live(&both, &[], 9).is_err());
    assert_eq!(live_rows(&till, "directories"), units(1));
    assert_eq!(till.store.centre.live("directories").generation, 1);

    items.load(&till.store).unwrap();
    till.store.centre.make_live(&both, &[], 9).unwrap();
    assert_eq!((live_rows(&till, "directories"), live_rows(&till, "items")), (units(2), catalogue(20)));
}

#[test]
fn a_section_that_stays_the_same_takes_its_new_generation_and_epoch() {
    let till = Till::new();
    publish("items", 1, &catalogue(10), 5).make_live(&till.store).unwrap();
    let same = Published { epoch: "e2".into(), ..publish("items", 5, &catalogue(10), 3) };
    till.store.centre.make_live(&[Change::Same(same.target())], &[], 9).unwrap();
    let live = till.store.centre.live("items");
    assert_eq!((live.epoch.as_str(), live.generation), ("e2", 5));
    let other = publish("items", 6, &catalogue(11), 3);
    assert!(matches!(
        till.store.centre.make_live(&[Change::Same(other.target())], &[], 9),
        Err(StoreError::Mismatch { .. })
    ));
    assert_eq!(till.store.centre.live("items").generation, 5);
}

#[test]
fn steps_that_do_not_lead_to_the_manifest_change_nothing() {
    let till = Till::new();
    let (before, after) = (catalogue(50), catalogue(55));
    publish("items", 1, &before, 10).make_live(&till.store).unwrap();
    let cut_short = read_steps(&[steps(&before, &catalogue(54))]);
    let target = publish("items", 2, &after, 10);

    let refused =
        till.store.centre.make_live(&[Change::Steps(target.target(), &cut_short)], &[], 9).unwrap_err();

    assert!(matches!(refused, StoreError::Mismatch { .. }), "{refused}");
    assert_eq!(live_rows(&till, "items"), before);
    assert_eq!(till.store.centre.view().unwrap().items_by_code(&["ART-53"]).unwrap(), []);
    let whole = read_steps(&[steps(&before, &after)]);
    till.store.centre.make_live(&[Change::Steps(target.target(), &whole)], &[], 9).unwrap();
    assert_eq!(live_rows(&till, "items"), after);
}

fn shop_row() -> impl Strategy<Value = ((String, String), Vec<u8>)> {
    let words = prop::collection::vec(
        prop_oneof![Just("Masło"), Just("chleb"), Just("ŻÓŁTY"), Just("ser"), Just("kg"), Just("Müsli")],
        1..4,
    );
    let codes = prop::collection::vec(0..12u32, 0..3);
    let an_item = (0..8u32, words, codes, any::<bool>()).prop_map(|(key, words, codes, active)| {
        let codes: Vec<String> = codes.iter().map(|code| format!("c{code}")).collect();
        row("item", &format!("k{key}"), json!({"active": active, "codes": codes, "name": words.join(" "), "price": "1.00", "unit": "szt", "vat": "23"}))
    });
    let a_code = (0..5u32, 0..8u32, 0..12u32).prop_map(|(key, item, code)| {
        row("item_code", &format!("x{key}"), json!({"code": format!("c{code}"), "item": format!("k{item}")}))
    });
    let a_price = (0..6u32, 0..8u32, 0..4i64).prop_map(|(key, item, from)| {
        row(
            "price",
            &format!("p{key}"),
            json!({"from_ms": from, "item": format!("k{item}"), "price": "2.00"}),
        )
    });
    let a_group =
        (0..4u32, 0..9u32).prop_map(|(key, n)| row("group", &format!("g{key}"), json!({"name": n})));
    prop_oneof![4 => an_item, 2 => a_code, 2 => a_price, 1 => a_group]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn steps_snapshots_and_any_interleaving_lead_to_the_same(
        versions in prop::collection::vec((prop::collection::vec(shop_row(), 0..12), prop::collection::vec(any::<prop::sample::Index>(), 0..4)), 2..6),
        by_snapshot in prop::collection::vec(any::<bool>(), 6),
        skipped in prop::collection::vec(any::<bool>(), 6),
    ) {
        let mut states: Vec<Rows> = vec![Rows::new()];
        for (changed, gone) in &versions {
            let mut rows = states.last().unwrap().clone();
            for index in gone.iter().filter(|_| !rows.is_empty()).collect::<Vec<_>>() {
                if rows.is_empty() { break }
                let key = index.get(&rows.keys().cloned().collect::<Vec<_>>()).clone();
                rows.remove(&key);
            }
            rows.extend(changed.iter().cloned());
            states.push(rows);
        }
        let (stepping, mixed, whole) = (Till::new(), Till::new(), Till::new());
        let newest = states.len() - 1;
        for till in [&stepping, &mixed] {
            publish("items", 1, &states[1], 4).make_live(&till.store).unwrap();
        }
        let mut held = 1;
        for n in 2..=newest {
            let target = publish("items", n as u64, &states[n], 4);
            let one = read_steps(&[steps(&states[n - 1], &states[n])]);
            stepping.store.centre.make_live(&[Change::Steps(target.target(), &one)], &[], 9).unwrap();
            if skipped[n] && n != newest {
                continue;
            }
            if by_snapshot[n] {
                target.make_live(&mixed.store).unwrap();
            } else {
                let chain: Vec<_> = (held..n).map(|n| steps(&states[n], &states[n + 1])).collect();
                mixed.store.centre.make_live(&[Change::Steps(target.target(), &read_steps(&chain))], &[], 9).unwrap();
            }
            held = n;
        }
        publish("items", newest as u64, &states[newest], 4).make_live(&whole.store).unwrap();
        let expected = everything(&whole);
        prop_assert_eq!(&expected.0, &states[newest]);
        prop_assert_eq!(&everything(&stepping), &expected);
        prop_assert_eq!(&everything(&mixed), &expected);
        while !mixed.store.centre.tidy().unwrap() {}
        prop_assert_eq!(&everything(&mixed), &expected);
    }
}

#[test]
fn a_view_never_sees_a_mix() {
    let till = Till::new();
    let directories = |n: u64| {
        publish("directories", n, &Rows::from([row("unit", "szt", json!({"name": n.to_string()}))]), 1)
    };
    let named = |n: u64| {
        (0..40).map(|i| item(&format!("i{i}"), &format!("gen{n}"), &[&format!("c{i}")])).collect::<Rows>()
    };
    let items = |n: u64| publish("items", n, &named(n), 10);
    let swap = |n: u64| {
        let (directories, items) = (directories(n), items(n));
        directories.load(&till.store).unwrap();
        if n.is_multiple_of(3) {
            let changes = read_steps(&[steps(&named(n - 1), &named(n))]);
            let both = [Change::Snapshot(directories.target()), Change::Steps(items.target(), &changes)];
            till.store.centre.make_live(&both, &[], 9).unwrap();
        } else {
            items.load(&till.store).unwrap();
            till.store
                .centre
                .make_live(
                    &[Change::Snapshot(directories.target()), Change::Snapshot(items.target())],
                    &[],
                    9,
                )
                .unwrap();
        }
    };
    swap(1);
    let (over, looks) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let view = till.store.centre.view().unwrap();
                    let unit: serde_json::Value = view.read("unit", "szt").unwrap().unwrap();
                    let generations = view.generations();
                    let expected = format!("gen{}", unit["name"].as_str().unwrap());
                    let by_code: serde_json::Value = view.items_by_code(&["c7"]).unwrap()[0].read().unwrap();
                    let listed = view.list("item", None, 100).unwrap();
                    assert_eq!(by_code["name"], expected);
                    assert_eq!(listed.len(), 40);
                    for found in &listed {
                        assert_eq!(found.read::<serde_json::Value>().unwrap()["name"], expected);
                    }
                    assert_eq!(view.search_items(&expected, 100).unwrap().len(), 40);
                    assert_eq!(
                        (generations["items"], generations["directories"]),
                        (generations["items"], generations["items"])
                    );
                    assert_eq!(format!("gen{}", generations["items"]), expected);
                    looks.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for n in 2..40 {
            swap(n);
            till.store.centre.tidy().unwrap();
            // Facts and edits are asked for beside the views.
            till.store.centre.set_fact("n", b"1").unwrap();
            till.store.centre.fact("n").unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(looks.load(Ordering::Relaxed) > 50);
}

fn edit(key: &str, name: &str) -> LocalEdit {
    let ((kind, key), body) = item(key, name, &["ART-1"]);
    LocalEdit { kind, key, body, user: "u1".into(), edited_ms: 3 }
}

#[test]
fn local_edits_stand_over_rows_until_their_section_drops_them() {
    let till = Till::new();
    publish("items", 1, &catalogue(5), 10).make_live(&till.store).unwrap();
    till.store.centre.edit(&edit("i00001", "Edited")).unwrap();
    let till = till.reopened();
    {
        let view = till.store.centre.view().unwrap();
        let ways = [
            view.find("item", "i00001").unwrap().unwrap(),
            view.items_by_code(&["ART-1"]).unwrap().remove(0),
            view.list("item", None, 9).unwrap().remove(1),
        ];
        for found in ways {
            assert!(found.is_edited);
            assert_eq!(found.body, edit("i00001", "Edited").body);
        }
        assert_eq!(view.search_items("maslo", 9).unwrap().iter().filter(|found| found.is_edited).count(), 1);
        assert!(!view.find("item", "i00002").unwrap().unwrap().is_edited);
    }
    assert_eq!(till.store.centre.edits().unwrap(), [edit("i00001", "Edited")]);
    assert_eq!(live_rows(&till, "items"), catalogue(5), "what came down is as it came");

    till.store.centre.make_live(&[], &[Section::Centre], 9).unwrap();
    assert_eq!(till.store.centre.edits().unwrap().len(), 1, "another section's sync leaves it");
    till.store.centre.make_live(&[], &[Section::Items], 9).unwrap();
    assert!(till.store.centre.edits().unwrap().is_empty());
    assert!(!till.store.centre.view().unwrap().find("item", "i00001").unwrap().unwrap().is_edited);
}

#[test]
fn an_edit_goes_with_the_row_it_stood_over() {
    let till = Till::new();
    publish("items", 1, &catalogue(5), 10).make_live(&till.store).unwrap();
    for key in ["i00001", "i00004"] {
        till.store.centre.edit(&edit(key, "Edited")).unwrap();
    }
    publish("items", 2, &catalogue(3), 10).make_live(&till.store).unwrap();
    assert_eq!(till.store.centre.edits().unwrap(), [edit("i00001", "Edited")]);
    assert_eq!(till.store.centre.view().unwrap().find("item", "i00004").unwrap(), None);
}

#[test]
fn a_code_finds_the_items_that_have_it_and_retired_ones_only_alone() {
    let till = Till::new();
    let retired = json!({"active": false, "codes": ["OLD", "GONE"], "name": "x", "price": "1", "unit": "szt", "vat": "23"});
    let also_retired =
        json!({"active": false, "codes": ["GONE"], "name": "y", "price": "1", "unit": "szt", "vat": "23"});
    let rows = Rows::from([
        item("a", "Masło", &["A1", "5901", "TWICE"]),
        item("b", "Ser", &["OLD", "TWICE"]),
        row("item", "a-retired", retired),
        row("item", "b-retired", also_retired),
        row("item_code", "x1", json!({"code": "PLU-7", "item": "b"})),
        row("item_code", "x2", json!({"code": "LOST", "item": "nobody"})),
    ]);
    publish("items", 1, &rows, 10).make_live(&till.store).unwrap();
    let view = till.store.centre.view().unwrap();
    let found = |codes: &[&str]| {
        let found = view.items_by_code(codes).unwrap();
        keys(&found).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    for (codes, items) in [
        (&["A1"][..], "a"),
        (&["5901"], "a"),
        (&["PLU-7"], "b"),
        (&["OLD"], "b"),
        (&["LOST"], ""),
        (&["a1"], ""),
        (&[], ""),
        (&["A1", "5901", "none"], "a"),
        (&["OLD", "A1", "TWICE"], "a b"),
        (&["TWICE"], "a b"),
        (&["GONE"], "a-retired"),
    ] {
        assert_eq!(found(codes), items, "{codes:?}");
    }
}

#[test]
fn search_knows_no_accents_case_or_order_of_words() {
    let till = Till::new();
    let rows = Rows::from([
        item("a", "Masło Extra 82% (śmietankowe)", &[]),
        item("b", "Żółty ser GOUDA", &[]),
        item("c", "Crème brûlée", &[]),
        item("d", "Чай чёрный", &[]),
    ]);
    publish("items", 1, &rows, 10).make_live(&till.store).unwrap();
    let view = till.store.centre.view().unwrap();
    let found = |words: &str| {
        let hits = view.search_items(words, 20).unwrap();
        keys(&hits).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let expected = [
        ("maslo", "a"),
        ("masło", "a"),
        ("MASŁO", "a"),
        ("m", "a"),
        ("smiet ex", "a"),
        ("ex SMIET", "a"),
        ("82", "a"),
        ("zolty", "b"),
        ("ser zol", "b"),
        ("creme", "c"),
        ("brulee cre", "c"),
        ("CHAI", "d"),
        ("чай", "d"),
        ("nothing", ""),
        ("", ""),
        ("  ", ""),
        ("\"", ""),
        ("mas*", "a"),
        ("masło ser", ""),
        ("NOT", ""),
        ("name:maslo", ""),
        ("^m", "a"),
    ];
    for (words, keys) in expected {
        assert_eq!(found(words), keys, "{words}");
    }
    assert_eq!(view.search_items("s", 1).unwrap().len(), 1);
}

#[test]
fn a_rare_word_is_found_behind_many_that_begin_like_it() {
    let till = Till::new();
    let many = (0..1_000).map(|n| item(&format!("i{n:04}"), &format!("Marchew {n}"), &[]));
    let mut rows: Rows = many.collect();
    rows.extend([item("z1", "Marcepan 1", &[]), item("z2", "Świeży MARCEPAN 2", &[])]);
    publish("items", 1, &rows, 400).make_live(&till.store).unwrap();
    let view = till.store.centre.view().unwrap();

    assert_eq!(keys(&view.search_items("marcep", 20).unwrap()), ["z1", "z2"]);
    assert_eq!(keys(&view.search_items("swiezy marcep", 20).unwrap()), ["z2"]);
    assert_eq!(view.search_items("marche", 20).unwrap().len(), 20);
    assert_eq!(view.search_items("marche", 5_000).unwrap().len(), 1_000);
    assert_eq!(keys(&view.search_items("march 7", 5_000).unwrap()).len(), 111);
    assert_eq!(view.search_items("marchx", 20).unwrap(), []);
}

#[test]
fn names_fold_as_they_always_have() {
    // The words of a row are taken out of the index by folding its old name again: a fold that
    // changes between two versions of the app would leave words behind.
    let till = Till::new();
    let frozen = [
        ("ąćęłńóśźż", "acelnoszz"),
        ("ĄĆĘŁŃÓŚŹŻ", "acelnoszz"),
        ("äöüß", "aouss"),
        ("éèêñç", "eeenc"),
        ("Øøæ", "ooae"),
        ("щё", "shchio"),
        ("½", "1/2"),
        ("€", "eur"),
        ("日本", "ri ben"),
    ];
    let rows = (0..).zip(frozen).map(|(n, (name, _))| item(&format!("f{n}"), name, &[])).collect();
    publish("items", 1, &rows, 100).make_live(&till.store).unwrap();
    for (n, (name, folded)) in (0..).zip(frozen) {
        let hits = till.store.centre.view().unwrap().search_items(folded, 100).unwrap();
        assert!(keys(&hits).contains(&format!("f{n}").as_str()), "{name} is no longer {folded}");
    }
}

#[test]
fn prices_come_newest_first() {
    let till = Till::new();
    let price = |key: &str, item: &str, from: i64| {
        row("price", key, json!({"from_ms": from, "item": item, "price": "2.00"}))
    };
    let rows =
        Rows::from([price("p1", "a", 5), price("p2", "a", 9), price("p3", "a", 0), price("p4", "b", 7)]);
    publish("items", 1, &rows, 2).make_live(&till.store).unwrap();
    let prices = till.store.centre.view().unwrap().prices_of("a").unwrap();
    let order: Vec<&str> = prices.iter().map(|found| found.key.as_str()).collect();
    assert_eq!(order, ["p2", "p1", "p3"]);
}

#[test]
fn tidy_empties_idle_slots_and_ends() {
    let till = Till::new();
    for n in 1..=3 {
        publish("items", n, &catalogue(10 * n as usize), 7).make_live(&till.store).unwrap();
    }
    let begun = publish("rates", 1, &Rows::from([row("exchange_rate", "r", json!({}))]), 1);
    let mut load = till.store.centre.begin_load(&begun.target()).unwrap();
    begun.put(&till.store, &mut load, 9).unwrap();
    let mut calls = 0;
    while !till.store.centre.tidy().unwrap() {
        calls += 1;
        assert!(calls < 10, "it never ends");
    }
    let db = till.raw("centre.db");
    let rows: i64 = db.query_row("SELECT count(*) FROM row", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 31, "30 live, 1 being loaded");
    let codes: i64 = db
        .query_row(
            "SELECT (SELECT count(*) FROM item_code_0) + (SELECT count(*) FROM item_code_1)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(codes, 60);
    assert_eq!(begun.load(&till.store).unwrap(), 0, "a load under way is left alone");
    assert_eq!(till.store.centre.view().unwrap().search_items("maslo", 100).unwrap().len(), 30);
}

#[test]
fn the_sync_journal_keeps_the_newest_200_runs() {
    let till = Till::new();
    let run = |n: i64| SyncRun {
        started_ms: n,
        ended_ms: n + 1,
        trigger: "row".into(),
        scope: "all".into(),
        received_rows: 1,
        received_bytes: 2,
        sent_documents: 3,
        result: "done".into(),
        detail: String::new(),
    };
    (1..=205).for_each(|n| till.store.centre.log_run(&run(n)).unwrap());
    let runs = till.store.centre.runs(1_000).unwrap();
    assert_eq!((runs.len(), runs.first(), runs.last()), (200, Some(&run(205)), Some(&run(6))));
    assert_eq!(till.store.centre.runs(3).unwrap().len(), 3);
}

#[test]
fn retries_in_vain_are_one_row_of_the_sync_journal() {
    let till = Till::new();
    let run = |started_ms: i64, trigger: &str, result: &str| SyncRun {
        started_ms,
        ended_ms: started_ms + 1,
        trigger: trigger.into(),
        scope: "all".into(),
        received_rows: 0,
        received_bytes: 0,
        sent_documents: 0,
        result: result.into(),
        detail: String::new(),
    };
    let tapped = run(1, "red_button", "no-route");
    let retries = (2..=300).map(|n| run(n, "reconnect", "no-route"));
    let others = [run(301, "reconnect", "server-down"), run(302, "reconnect", "done")];

    let all = [tapped.clone()].into_iter().chain(retries).chain(others.clone());
    all.for_each(|run| till.store.centre.log_run(&run).unwrap());

    let [down, done] = others;
    assert_eq!(till.store.centre.runs(9).unwrap(), [done, down, run(300, "reconnect", "no-route"), tapped]);
}

#[test]
fn every_section_can_be_loaded_at_once() {
    let till = Till::new();
    let published: Vec<Published> = Section::down()
        .map(|section| {
            let rows: Rows = section
                .spec()
                .kinds
                .iter()
                .filter(|kind| !matches!(**kind, "item" | "item_code" | "price"))
                .map(|kind| row(kind, "k", json!({})))
                .collect();
            publish(section.name(), 1, &rows, 2)
        })
        .collect();
    for one in &published {
        one.load(&till.store).unwrap();
    }
    let changes: Vec<Change> = published.iter().map(|one| Change::Snapshot(one.target())).collect();
    till.store.centre.make_live(&changes, &[], 9).unwrap();
    let slots: BTreeSet<String> = till.store.centre.all_live().into_keys().collect();
    assert_eq!(slots.len(), Section::down().count());
    for section in Section::down() {
        let kinds =
            section.spec().kinds.iter().filter(|kind| !matches!(**kind, "item" | "item_code" | "price"));
        assert_eq!(live_rows(&till, section.name()).len(), kinds.count(), "{section}");
    }
}

#[test]
fn a_blob_that_is_not_its_name_or_deletes_or_is_no_item_is_refused() {
    let (name, mut stored) = publish("items", 1, &catalogue(3), 9).blobs.remove(0);
    stored[9] ^= 1;
    assert!(matches!(load::prepare(&stored, &name).err(), Some(BadBlob::Altered { .. })));
    let refused = |lines: &[u8]| {
        let stored = tillkit_protocol::rows::compress(lines).unwrap();
        load::prepare(&stored, &tillkit_protocol::Hash::of(&stored)).err()
    };
    assert!(matches!(
        refused(b"{\"id\":\"a\",\"k\":\"item\",\"x\":1}\n"),
        Some(BadBlob::NotARow { line: 1, .. })
    ));
    assert!(matches!(
        refused(b"{\"d\":{\"codes\":[]},\"id\":\"a\",\"k\":\"item\"}\n"),
        Some(BadBlob::BadRow { kind, key, .. }) if kind == "item" && key == "a"
    ));
}

#[test]
fn a_row_of_another_section_out_of_order_or_of_wrong_types_is_named() {
    let group = |key: &str, body: &str| format!("{{\"d\":{body},\"id\":\"{key}\",\"k\":\"group\"}}\n");
    let named = "{\"name\":\"x\"}";
    let refused = |section: &str, lines: &str| {
        let stored = tillkit_protocol::rows::compress(lines.as_bytes()).unwrap();
        let prepared = load::prepare(&stored, &tillkit_protocol::Hash::of(&stored)).unwrap();
        match prepared.check(section) {
            Err(BadBlob::BadRow { kind, key, .. }) => format!("{kind}/{key}"),
            checked => format!("{checked:?}"),
        }
    };
    assert_eq!(refused("items", &[group("a", named), group("b", named)].concat()), "Ok(())");
    assert_eq!(refused("items", &[group("b", named), group("a", named)].concat()), "group/a");
    assert_eq!(refused("items", &[group("a", named), group("a", named)].concat()), "group/a");
    assert_eq!(refused("items", &group("c", "{\"name\":7}")), "group/c");
    assert_eq!(refused("users", &group("c", named)), "group/");
}

#[test]
fn a_load_of_the_same_generation_by_another_manifest_begins_again() {
    let till = Till::new();
    let lie = publish("items", 1, &catalogue(10), 2);
    let mut load = till.store.centre.begin_load(&lie.target()).unwrap();
    assert_eq!(lie.put(&till.store, &mut load, 3).unwrap(), 3);

    let truth = publish("items", 1, &catalogue(40), 40);
    truth.make_live(&till.store).unwrap();

    assert_eq!(live_rows(&till, "items"), catalogue(40));
}

#[test]
fn the_target_of_a_load_names_what_it_is_for() {
    let published = publish("items", 3, &catalogue(1), 1);
    let Target { section, epoch, manifest } = published.target();
    assert_eq!((section, epoch, manifest.generation), ("items", "e1", 3));
    let folder = tempfile::tempdir().unwrap();
    assert!(Store::open(folder.path()).unwrap().centre.is_new());
    assert!(!Store::open(folder.path()).unwrap().centre.is_new());
}

#[test]
#[should_panic(expected = "asks centre.db for more")]
fn who_holds_a_view_may_not_ask_for_what_a_swap_could_hold_back() {
    let till = Till::new();
    let _view = till.store.centre.view().unwrap();
    till.store.centre.all_live();
}

#[test]
fn a_search_beside_loads_that_drop_and_make_indexes_always_finds() {
    let till = Till::new();
    publish("items", 1, &catalogue(20), 50).make_live(&till.store).unwrap();
    let loads = till.raw("centre.db");
    std::thread::scope(|threads| {
        let searches = threads.spawn(|| {
            for _ in 0..2_000 {
                let view = till.store.centre.view().unwrap();
                assert_eq!(view.search_items("numer", 100).unwrap().len(), 20);
            }
        });
        while !searches.is_finished() {
            loads.execute_batch("CREATE INDEX of_a_load ON row (id); DROP INDEX of_a_load;").unwrap();
        }
    });
}

#[test]
fn steps_leave_words_in_pieces_and_tidy_merges_them() {
    let till = Till::new();
    let name = |n: usize| {
        let mut rows = catalogue(30);
        rows.extend([item("i00007", &format!("Ser {n}"), &["ART-7"])]);
        rows
    };
    publish("items", 1, &name(1), 7).make_live(&till.store).unwrap();
    for table in ["item_word_0", "item_word_1", "customer_word_0", "customer_word_1"] {
        let set = format!("SELECT v FROM {table}_config WHERE k = 'automerge'");
        let set: i64 = till.raw("centre.db").query_row(&set, [], |row| row.get(0)).unwrap();
        assert_eq!(set, 0, "{table} merges within a step");
    }
    let pieces = || -> i64 {
        let count = "SELECT count(DISTINCT segid) FROM item_word_0_idx";
        till.raw("centre.db").query_row(count, [], |row| row.get(0)).unwrap()
    };
    for n in 2..=9 {
        let changes = read_steps(&[steps(&name(n - 1), &name(n))]);
        let target = publish("items", n as u64, &name(n), 7);
        till.store.centre.make_live(&[Change::Steps(target.target(), &changes)], &[], 9).unwrap();
    }
    assert!(pieces() > 8, "{}", pieces());

    while !till.store.centre.tidy().unwrap() {}

    assert!(pieces() < 4, "{}", pieces());
    let view = till.store.centre.view().unwrap();
    assert_eq!(keys(&view.search_items("ser 9", 9).unwrap()), ["i00007"]);
    assert!(view.search_items("ser 8", 9).unwrap().is_empty());
}
