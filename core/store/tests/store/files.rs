//! Newer, foreign, damaged and old files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rusqlite::Connection;
use serde_json::json;
use tillkit_protocol::Kind;
use tillkit_store::{Store, StoreError, load::Change};

use super::common::{Rows, Till, document, item, live_rows, publish, row};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn old_catalogue() -> Rows {
    Rows::from([
        item("a", "Masło", &["A1", "5901"]),
        item("b", "Ser", &["B1"]),
        row("item_code", "x1", json!({"code": "PLU-7", "item": "b"})),
        row("price", "p1", json!({"from_ms": 5, "item": "a", "price": "2.00"})),
        row("hologram", "h", json!({"from": "the future"})),
    ])
}

/// What version 2 came with: customers who can be searched, and a part beside its document.
fn old_customers() -> Rows {
    Rows::from([row("customer", "c1", json!({"name": "Łucja", "phone": "600 100 200"}))])
}
const OLD_PART: &[u8] = b"{\"name\":\"Jan\"}";

/// Makes `journal_v3.db` and `centre_v3.db`; those of versions 1 and 2 were made in the same way. They are
/// frozen: run it for a new version only, under a new name, with `cargo test --test store
/// make_the_fixtures -- --ignored`, before the first release that writes that version.
#[test]
#[ignore = "makes the frozen files of a version"]
fn make_the_fixtures() {
    let till = Till::new();
    for (kind, total) in
        [(Kind::Event, 0), (Kind::Sale, 1_230), (Kind::Return, -230), (Kind::Closure, 0), (Kind::Sale, 5)]
    {
        let recorded = till.record(document(kind, total)).unwrap();
        if total == 5 {
            till.store.journal.write(|journal| journal.add_part(&recorded, "c9", OLD_PART)).unwrap();
        }
    }
    let done: tillkit_store::Result<()> = till.store.journal.write(|journal| {
        journal.processed("T1", 1, 4, 60)?;
        journal.set_setting("subscription", b"main")
    });
    done.unwrap();
    publish("items", 3, &old_catalogue(), 2).make_live(&till.store).unwrap();
    publish("customers", 3, &old_customers(), 2).make_live(&till.store).unwrap();
    let begun = publish("rates", 1, &Rows::from([row("exchange_rate", "r", json!({"rate": "4"}))]), 1);
    let mut load = till.store.centre.begin_load(&begun.target()).unwrap();
    begun.put(&till.store, &mut load, 9).unwrap();
    let Till { folder, store, .. } = till;
    drop(store);
    for file in ["journal", "centre"] {
        let path = folder.path().join(format!("{file}.db"));
        let db = Connection::open(&path).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        fs::copy(&path, fixture(&format!("{file}_v{version}.db"))).unwrap();
    }
}

/// A till over the frozen files of a version, changed by nobody since.
fn till_of_version(version: u32) -> Till {
    let folder = tempfile::tempdir().unwrap();
    for file in ["journal", "centre"] {
        let frozen = fixture(&format!("{file}_v{version}.db"));
        fs::copy(frozen, folder.path().join(format!("{file}.db"))).unwrap();
    }
    let store = Store::open(folder.path()).unwrap();
    let (key, enrolment) = super::common::enrolment(1);
    Till { folder, store, key, enrolment }
}

#[test]
fn files_of_every_version_open_and_read_as_they_were_written() {
    for version in [1, 2, 3, 4] {
        let till = till_of_version(version);

        assert_eq!(till.store.journal.enrolment().unwrap(), till.enrolment);
        assert_eq!(till.store.journal.verify_chain("T1", 1, &till.key.public()).unwrap().unwrap().seq, 5);
        assert_eq!(till.store.journal.processed_through("T1", 1).unwrap(), 4);
        assert_eq!(till.store.journal.unsent().unwrap().documents(), 1);
        assert_eq!(till.sell(7).seq, 6);
        assert!(!till.store.centre.is_new());
        assert_eq!(live_rows(&till, "items"), old_catalogue());
        assert_eq!(till.store.centre.live("items").generation, 3);
        {
            let view = till.store.centre.view().unwrap();
            assert_eq!(view.items_by_code(&["PLU-7"]).unwrap()[0].key, "b");
            assert_eq!(view.search_items("maslo", 9).unwrap().len(), 1);
        }
        let begun = publish("rates", 1, &Rows::from([row("exchange_rate", "r", json!({"rate": "4"}))]), 1);
        assert_eq!(begun.load(&till.store).unwrap(), 0, "a load begun by version {version} goes on");
        till.store.centre.make_live(&[Change::Snapshot(begun.target())], &[], 9).unwrap();
    }
}

#[test]
fn a_part_of_version_2_waits_still_and_its_customers_are_found() {
    for version in [2, 3] {
        let till = till_of_version(version);

        let parts = till.store.journal.unsent_parts(9).unwrap();
        assert_eq!(parts.iter().map(|part| part.bytes.as_slice()).collect::<Vec<_>>(), [OLD_PART]);
        assert_eq!(live_rows(&till, "customers"), old_customers());
        let view = till.store.centre.view().unwrap();
        assert_eq!(view.search_customers("lucja", None, 9).unwrap().len(), 1);
    }
}

#[test]
fn customers_of_version_1_stand_until_their_section_comes_whole_and_are_found_then() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("centre_v1.db"), folder.path().join("centre.db")).unwrap();
    let old = Connection::open(folder.path().join("centre.db")).unwrap();
    old.execute_batch(
        "INSERT INTO section (name, id, live_slot, epoch, generation) VALUES ('customers', 77, 154, 'e1', 3);
         INSERT INTO row (slot, kind, key, body) VALUES (154, 'customer', 'c1', CAST('{\"name\":\"Łucja\"}' AS BLOB));
         INSERT INTO load (slot, epoch, generation) VALUES (155, 'e1', 4);",
    )
    .unwrap();
    drop(old);
    let store = Store::open(folder.path()).unwrap();
    let (key, enrolment) = super::common::enrolment(1);
    let till = Till { folder, store, key, enrolment };
    assert_eq!(live_rows(&till, "customers").len(), 1);
    assert_eq!(till.store.centre.live("customers").epoch, "", "a sync finds it behind");

    publish("customers", 4, &old_customers(), 2).make_live(&till.store).unwrap();

    assert_eq!(live_rows(&till, "customers"), old_customers());
    let view = till.store.centre.view().unwrap();
    assert_eq!(view.search_customers("lucja", None, 9).unwrap().len(), 1);
}

fn state_of(path: &Path) -> (Vec<u8>, SystemTime) {
    (fs::read(path).unwrap(), fs::metadata(path).unwrap().modified().unwrap())
}

/// A till's folder after its files were closed, one of them then changed by `change`.
fn folder_with(file: &str, change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let till = Till::new();
    till.sell(100);
    publish("items", 1, &old_catalogue(), 2).make_live(&till.store).unwrap();
    let Till { folder, store, .. } = till;
    drop(store);
    change(&folder.path().join(file));
    folder
}

fn refused(folder: &Path, file: &str) -> StoreError {
    let before = state_of(&folder.join(file));
    let refused = Store::open(folder).err().expect("it must be refused");
    assert_eq!(state_of(&folder.join(file)), before, "it was touched");
    refused
}

#[test]
fn a_newer_file_is_refused_untouched() {
    for file in ["journal.db", "centre.db"] {
        let folder = folder_with(file, |path| {
            Connection::open(path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        });
        let refused = refused(folder.path(), file);
        assert!(matches!(&refused, StoreError::Newer { found: 99, .. }), "{refused}");
        assert!(refused.to_string().contains("update the app"));
    }
}

#[test]
fn a_newer_file_with_a_wal_is_left_with_its_wal() {
    let till = Till::new();
    let newer = till.raw("journal.db");
    newer.pragma_update(None, "user_version", 99).unwrap();
    let copied = tempfile::tempdir().unwrap();
    for file in ["journal.db", "journal.db-wal"] {
        fs::copy(till.folder.path().join(file), copied.path().join(file)).unwrap();
    }
    let wal = fs::read(copied.path().join("journal.db-wal")).unwrap();
    assert!(!wal.is_empty());
    let refused = refused(copied.path(), "journal.db");
    assert!(matches!(refused, StoreError::Newer { .. }), "{refused}");
    assert_eq!(fs::read(copied.path().join("journal.db-wal")).unwrap(), wal);
}

#[test]
fn a_foreign_file_in_the_place_of_the_journal_is_refused_untouched() {
    let foreign: [(&str, fn(&Path)); 4] = [
        ("another program's database", |path| {
            fs::remove_file(path).unwrap();
            Connection::open(path).unwrap().execute_batch("CREATE TABLE song (title TEXT)").unwrap();
        }),
        ("the other file", |path| {
            fs::copy(path.with_file_name("centre.db"), path).unwrap();
        }),
        ("a text", |path| fs::write(path, "Dear diary, ".repeat(500)).unwrap()),
        ("a short text", |path| fs::write(path, "Dear diary").unwrap()),
    ];
    for (what, change) in foreign {
        let folder = folder_with("journal.db", change);
        let refused = refused(folder.path(), "journal.db");
        assert!(matches!(refused, StoreError::Foreign { .. }), "{what}: {refused:?}");
    }
}

#[test]
fn a_damaged_journal_is_kept_as_it_is() {
    let damage: [(&str, fn(&Path)); 3] = [
        ("truncated", |path| {
            let length = fs::metadata(path).unwrap().len();
            fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length / 2).unwrap();
        }),
        ("garbled", |path| {
            let length = fs::metadata(path).unwrap().len() as usize;
            fs::write(path, (0..length).map(|at| (at * 131 % 251) as u8).collect::<Vec<_>>()).unwrap();
        }),
        ("its first table page garbled", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[100..4096].fill(0xa5);
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (what, change) in damage {
        let folder = folder_with("journal.db", change);
        let refused = refused(folder.path(), "journal.db");
        assert!(
            matches!(refused, StoreError::Damaged { .. } | StoreError::Foreign { .. }),
            "{what}: {refused:?}"
        );
        assert!(refused.is_of_the_file());
        assert!(!folder.path().join("journal.db.damaged").exists());
    }
}

#[test]
fn a_damaged_centre_is_put_aside_and_no_sale_is_touched() {
    let damage: [(&str, fn(&Path)); 3] = [
        ("text", |path| fs::write(path, "Dear diary, ".repeat(500)).unwrap()),
        ("truncated", |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(5_000).unwrap()),
        ("foreign", |path| {
            fs::remove_file(path).unwrap();
            Connection::open(path).unwrap().execute_batch("CREATE TABLE song (title TEXT)").unwrap();
        }),
    ];
    for (what, change) in damage {
        let folder = folder_with("centre.db", change);
        let damaged = fs::read(folder.path().join("centre.db")).unwrap();

        let store = Store::open(folder.path()).unwrap();

        assert!(store.centre.is_new(), "{what}");
        assert!(store.centre.all_live().is_empty());
        assert_eq!(fs::read(folder.path().join("centre.db.damaged")).unwrap(), damaged, "{what}");
        assert_eq!(store.journal.unsent().unwrap().documents(), 1);
        publish("items", 1, &old_catalogue(), 2).make_live(&store).unwrap();
        assert_eq!(store.centre.view().unwrap().count("item").unwrap(), 2);
    }
}

#[test]
fn a_centre_that_turns_out_damaged_while_open_is_rebuilt_in_place() {
    let till = Till::new();
    publish("items", 1, &old_catalogue(), 2).make_live(&till.store).unwrap();
    assert!(till.store.centre.is_sound().unwrap());
    till.store.centre.rebuild().unwrap();
    assert_eq!(till.store.centre.live("items").generation, 0);
    assert!(till.folder.path().join("centre.db.damaged").exists());
    publish("items", 2, &old_catalogue(), 2).make_live(&till.store).unwrap();
    assert_eq!(live_rows(&till, "items"), old_catalogue());
}

#[test]
fn a_crash_before_the_first_migration_leaves_a_file_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["journal.db", "centre.db"] {
        let db = Connection::open(folder.path().join(file)).unwrap();
        db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    }
    fs::write(folder.path().join("empty"), "").unwrap();
    Store::open(folder.path()).unwrap().journal.unsent().unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let refused = Store::open(&blocked.join("till")).err().unwrap();
    assert!(matches!(refused, StoreError::Folder { .. }), "{refused}");
}
