use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::params;
use serde_json::json;
use tillkit_domain::Quantity;
use tillkit_protocol::{
    Kind, Section,
    keys::PrivateKey,
    wire::{Finding, Ranges},
};
use tillkit_store::{
    StoreError,
    journal::{Delivery, Held, JournalWrite, Lockout, Recorded, StockMove, ranges_of},
};

use super::common::{Till, document, enrolment, number_of};

fn acknowledge(till: &Till, documents: &[Recorded]) {
    till.store.journal.write(|journal| journal.acknowledge(&ranges_of(documents), 50)).unwrap();
}

fn processed(till: &Till, through: u64) {
    till.store.journal.write(|journal| journal.processed("T1", 1, through, 60)).unwrap();
}

#[test]
fn seq_and_numbers_have_no_gap() {
    let till = Till::new();
    for round in 1..=30u64 {
        // A write given up half-way takes neither seq nor number with it.
        let given_up: Result<(), StoreError> = till.store.journal.write(|journal| {
            journal.record(&till.enrolment, &till.key, document(Kind::Sale, 1))?;
            journal.record(&till.enrolment, &till.key, document(Kind::Return, -1))?;
            Err(StoreError::NotEnrolled)
        });
        assert!(given_up.is_err());
        let unwritable = till.record(tillkit_store::journal::NewDocument {
            body: json!({"a": 0.5}),
            ..document(Kind::Sale, 1)
        });
        assert!(matches!(unwritable, Err(StoreError::Unwritable(_))), "{unwritable:?}");

        let sold = till.sell(100);

        assert_eq!((sold.seq, number_of(&sold)), (round, round));
    }
}

#[test]
fn an_event_takes_a_seq_and_no_number() {
    let till = Till::new();
    let (event, sold) = (till.record(document(Kind::Event, 0)).unwrap(), till.sell(5));
    assert_eq!((event.seq, event.number.as_str()), (1, ""));
    assert_eq!((sold.seq, number_of(&sold)), (2, 1));
}

#[test]
fn each_enrolment_counts_from_one_and_the_newest_records() {
    let till = Till::new();
    till.sell(1);
    let (key, second) = enrolment(2);
    till.store.journal.write(|journal| journal.add_enrolment(&second)).unwrap();

    let sold =
        till.store.journal.write(|journal| journal.record(&second, &key, document(Kind::Sale, 2))).unwrap();

    assert_eq!((sold.seq, number_of(&sold)), (1, 1));
    assert_eq!(till.store.journal.enrolment().unwrap(), second);
    assert_eq!(till.store.journal.enrolments().unwrap(), [till.enrolment.clone(), second]);
    assert_eq!(till.store.journal.unsent().unwrap().documents(), 2);
}

#[test]
fn what_was_recorded_survives_reopening() {
    let till = Till::new();
    let sold = till.sell(1_230);
    let till = till.reopened();
    assert_eq!(till.store.journal.document("T1", 1, 1).unwrap(), Some(sold.clone()));
    assert_eq!(till.sell(1).seq, 2);
    assert_eq!(till.store.journal.history(&[Kind::Sale], None, 10).unwrap().len(), 2);
    assert_eq!(sold.reference().hash, sold.record.hash);
    assert_eq!(sold.document::<serde_json::Value>().unwrap().total_minor, 1_230);
}

#[test]
fn a_document_never_changes() {
    let till = Till::new();
    till.sell(100);
    let db = till.raw("journal.db");
    let columns: Vec<String> = {
        let mut columns = db.prepare("SELECT name FROM pragma_table_info('document')").unwrap();
        columns.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let delivery = ["uploaded_ms", "processed_ms", "settled_ms"];
    assert!(columns.len() > 12);
    for column in columns.iter().filter(|column| !delivery.contains(&column.as_str())) {
        let refused = db.execute(&format!("UPDATE document SET {column} = {column}"), []);
        assert!(refused.is_err_and(|error| error.to_string().contains("never changes")), "{column}");
    }
    for column in delivery {
        db.execute(&format!("UPDATE document SET {column} = 1"), []).unwrap();
    }
}

#[test]
fn a_document_that_is_not_settled_cannot_be_deleted_or_replaced() {
    let till = Till::new();
    let sold = till.sell(100);
    let db = till.raw("journal.db");
    db.pragma_update(None, "recursive_triggers", true).unwrap();
    acknowledge(&till, &[sold]);
    processed(&till, 1);
    assert!(db.execute("DELETE FROM document", []).is_err());
    let replaced = db.execute(
        "INSERT OR REPLACE INTO document SELECT till, enrolment, seq, x'00', hash, signature, section, kind, number,
            recorded_ms, business_day, currency, total_minor, NULL, NULL, NULL FROM document",
        [],
    );
    assert!(replaced.is_err());
    db.execute("UPDATE document SET settled_ms = 1", []).unwrap();
    assert_eq!(db.execute("DELETE FROM document", []).unwrap(), 1);
}

#[test]
fn the_connections_of_the_journal_see_a_replace_as_a_delete() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/journal/mod.rs")).unwrap();
    assert!(source.contains("PRAGMA recursive_triggers = ON"));
    assert!(source.contains("PRAGMA synchronous = FULL"));
}

#[derive(Debug, Clone)]
enum Act {
    Record(Kind, i64),
    GiveUp(Kind),
    Acknowledge(Vec<(u64, u64)>),
    Unacknowledge(u64),
    Processed(u64),
    Prune(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let kind = prop_oneof![
        3 => Just(Kind::Sale), 1 => Just(Kind::Return), 1 => Just(Kind::Closure),
        1 => Just(Kind::CashMovement), 1 => Just(Kind::Event), 1 => Just(Kind::WriteOff)
    ];
    prop_oneof![
        6 => (kind.clone(), -500..500i64).prop_map(|(kind, total)| Act::Record(kind, total)),
        1 => kind.prop_map(Act::GiveUp),
        3 => prop::collection::vec((1..30u64, 0..6u64), 1..4)
            .prop_map(|ranges| Act::Acknowledge(ranges.into_iter().map(|(from, more)| (from, from + more)).collect())),
        1 => (0..30u64).prop_map(Act::Unacknowledge),
        2 => (0..30u64).prop_map(Act::Processed),
        1 => (0..40i64).prop_map(Act::Prune),
    ]
}

/// What the journal must say, kept the naive way.
#[derive(Default)]
struct Model {
    documents: BTreeMap<u64, Modelled>,
    newest: u64,
}

struct Modelled {
    kind: Kind,
    total: i64,
    recorded_ms: i64,
    uploaded: bool,
    processed: bool,
    settled_ms: Option<i64>,
}

impl Model {
    fn apply(&mut self, act: &Act) {
        match act {
            Act::Record(kind, total) => {
                self.newest += 1;
                let recorded_ms = self.newest as i64;
                let new = Modelled {
                    kind: *kind,
                    total: *total,
                    recorded_ms,
                    uploaded: false,
                    processed: false,
                    settled_ms: None,
                };
                self.documents.insert(self.newest, new);
            }
            Act::GiveUp(_) => {}
            Act::Acknowledge(ranges) => {
                for (_, document) in self
                    .documents
                    .iter_mut()
                    .filter(|(seq, _)| ranges.iter().any(|(from, to)| (from..=to).contains(seq)))
                {
                    document.uploaded = true;
                }
            }
            Act::Unacknowledge(through) => {
                for (_, document) in self.documents.range_mut(through + 1..) {
                    (document.uploaded, document.processed, document.settled_ms) = (false, false, None);
                }
            }
            Act::Processed(through) => {
                let (mut newest_z, now_ms) = (0, self.newest as i64 + 1);
                for (seq, document) in self.documents.range_mut(..=through) {
                    if document.kind == Kind::Closure && !document.processed {
                        newest_z = *seq;
                    }
                    (document.uploaded, document.processed) = (true, true);
                }
                for (_, document) in self.documents.range_mut(..=newest_z) {
                    document.settled_ms = document.settled_ms.or(document.processed.then_some(now_ms));
                }
            }
            Act::Prune(before_ms) => {
                let newest = self.newest;
                let kept = |(seq, document): (&u64, &Modelled)| {
                    let since_ms = document.settled_ms.map(|settled_ms| settled_ms.max(document.recorded_ms));
                    since_ms.is_none_or(|since_ms| since_ms >= *before_ms).then_some(*seq)
                };
                let is_z = |(_, document): &(&u64, &Modelled)| document.kind == Kind::Closure;
                let newest_z = self.documents.iter().rfind(is_z).map_or(0, |(seq, _)| *seq);
                let first_kept = self.documents.iter().find_map(kept).unwrap_or(newest).min(newest_z);
                self.documents.retain(|seq, _| *seq >= first_kept);
            }
        }
    }

    fn unsent(&self) -> BTreeMap<&'static str, (u64, i64)> {
        let mut unsent = BTreeMap::new();
        for document in self.documents.values().filter(|document| !document.uploaded) {
            let section: &mut (u64, i64) = unsent.entry(document.kind.section().name()).or_default();
            section.0 += 1;
            section.1 += document.total;
        }
        unsent
    }
}

fn perform(till: &Till, act: &Act, recorded_ms: i64) {
    let new = |kind, total| tillkit_store::journal::NewDocument { recorded_ms, ..document(kind, total) };
    let ranges = |ranges: &[(u64, u64)]| Ranges { enrolment: 1, ranges: ranges.to_vec(), till: "T1".into() };
    let done: Result<(), StoreError> = till.store.journal.write(|journal: &JournalWrite| match act {
        Act::Record(kind, total) => journal.record(&till.enrolment, &till.key, new(*kind, *total)).map(drop),
        Act::GiveUp(kind) => {
            journal.record(&till.enrolment, &till.key, new(*kind, 9))?;
            Err(StoreError::NotEnrolled)
        }
        Act::Acknowledge(acknowledged) => journal.acknowledge(&[ranges(acknowledged)], 50),
        Act::Unacknowledge(through) => journal.unacknowledge("T1", 1, *through).map(drop),
        Act::Processed(through) => journal.processed("T1", 1, *through, recorded_ms),
        Act::Prune(before_ms) => journal.prune(*before_ms).map(drop),
    });
    assert_eq!(done.is_err(), matches!(act, Act::GiveUp(_)), "{done:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_counter_is_a_query(acts in prop::collection::vec(act(), 1..40)) {
        let till = Till::new();
        let mut model = Model::default();
        for act in &acts {
            perform(&till, act, model.newest as i64 + 1);
            model.apply(act);

            let unsent = till.store.journal.unsent().unwrap();
            let expected = model.unsent();
            let found: BTreeMap<&str, (u64, i64)> = unsent.sections.iter()
                .map(|(name, section)| (name.as_str(), (section.documents, section.amounts_minor.values().sum())))
                .collect();
            prop_assert_eq!(&found, &expected);
            let badge: u64 = expected.iter().filter(|(name, _)| **name != "events").map(|(_, section)| section.0).sum();
            prop_assert_eq!(unsent.documents(), badge);
            prop_assert_eq!(unsent.all(), expected.values().map(|section| section.0).sum::<u64>());
            let oldest = model.documents.values().filter(|document| !document.uploaded && document.kind != Kind::Event);
            prop_assert_eq!(unsent.oldest_ms(), oldest.map(|document| document.recorded_ms).min());

            let mut here = Vec::new();
            till.store.journal.each_document("T1", 1, 0, |document| { here.push(document); Ok::<_, StoreError>(()) }).unwrap();
            let seqs: Vec<u64> = here.iter().map(|document| document.seq).collect();
            prop_assert_eq!(seqs, model.documents.keys().copied().collect::<Vec<_>>());
            for (document, expected) in here.iter().zip(model.documents.values()) {
                let state = match document.delivery {
                    Delivery::Local => (false, false, false),
                    Delivery::Uploaded { .. } => (true, false, false),
                    Delivery::Processed { .. } => (true, true, false),
                    Delivery::Settled { .. } => (true, true, true),
                };
                prop_assert_eq!(state, (expected.uploaded, expected.processed, expected.settled_ms.is_some()), "seq {}", document.seq);
            }
            let first_gap = |is_there: fn(&Modelled) -> bool| {
                model.documents.iter().find(|(_, document)| !is_there(document)).map_or(model.newest, |(seq, _)| seq - 1)
            };
            prop_assert_eq!(till.store.journal.uploaded_through("T1", 1).unwrap(), first_gap(|document| document.uploaded));
            prop_assert_eq!(till.store.journal.processed_through("T1", 1).unwrap(), first_gap(|document| document.processed));
            let head = till.store.journal.verify_chain("T1", 1, &till.key.public()).unwrap();
            prop_assert_eq!(head.unwrap().seq, model.newest);
        }
    }
}

#[test]
fn pruning_never_takes_the_newest_z_for_the_next_goes_on_from_it() {
    let till = Till::new();
    till.record(document(Kind::Closure, 0)).unwrap();
    till.record(document(Kind::Closure, 0)).unwrap();
    processed(&till, 2);
    till.sell(1);

    till.store.journal.write(|journal| journal.prune(i64::MAX)).unwrap();

    let newest = till.store.journal.write(|journal| journal.newest(&till.enrolment, Kind::Closure));
    assert_eq!(newest.unwrap().map(|z| z.seq), Some(2));
}

#[test]
fn what_was_settled_lately_is_kept_however_long_ago_it_was_recorded() {
    let till = Till::new();
    till.sell(1);
    till.record(document(Kind::Closure, 0)).unwrap();
    let recorded_ms = till.record(document(Kind::Sale, 1)).unwrap().recorded_ms;
    let settled_ms = recorded_ms + 1_000;
    till.store.journal.write(|journal| journal.processed("T1", 1, 2, settled_ms)).unwrap();
    let prune = |before_ms| till.store.journal.write(|journal| journal.prune(before_ms)).unwrap();

    assert_eq!(prune(settled_ms), 0);
    assert!(!till.store.journal.has_settled_before(settled_ms).unwrap());
    assert_eq!(prune(settled_ms + 1), 1);
}

#[test]
fn pruning_takes_the_stock_moves_along_and_never_the_head() {
    let till = Till::new();
    for _ in 0..3 {
        let mut new = document(Kind::Sale, 100);
        new.stock = vec![moved("a", "w", -1_000_000)];
        till.record(new).unwrap();
    }
    till.record(document(Kind::Closure, 0)).unwrap();
    processed(&till, 4);

    let pruned = till.store.journal.write(|journal| journal.prune(i64::MAX)).unwrap();

    assert_eq!(pruned, 3);
    assert_eq!(till.store.journal.own_moves("a", "w", &[]).unwrap().micro(), 0);
    assert_eq!(till.store.journal.head("T1", 1).unwrap().seq, 4);
    assert_eq!(till.sell(1).seq, 5);
}

#[test]
fn verify_chain_finds_an_altered_byte_link_signature_or_column_anywhere() {
    let till = Till::new();
    for total in 1..=5 {
        till.sell(total);
    }
    let db = till.raw("journal.db");
    db.execute("DROP TRIGGER document_is_immutable", []).unwrap();
    db.execute("DROP TRIGGER document_is_kept", []).unwrap();
    let verify = || till.store.journal.verify_chain("T1", 1, &till.key.public()).unwrap();
    assert_eq!(verify().unwrap().seq, 5);
    let altered = |seq: u64, change: &str| {
        db.execute_batch("BEGIN").unwrap();
        db.execute(&format!("UPDATE document SET {change} WHERE seq = {seq}"), []).unwrap();
        db.execute_batch("COMMIT").unwrap();
        let broken = verify().expect_err(change);
        assert_eq!(broken.seq, seq, "{change}");
    };
    let saved: Vec<Vec<u8>> = (1..=5)
        .map(|seq| db.query_row("SELECT line FROM document WHERE seq = ?1", [seq], |row| row.get(0)).unwrap())
        .collect();
    for (seq, line) in (1u64..).zip(&saved) {
        for at in (0..line.len()).step_by(7) {
            let mut other = line.clone();
            other[at] ^= 1;
            db.execute("UPDATE document SET line = ?1 WHERE seq = ?2", params![other, seq]).unwrap();
            assert_eq!(verify().expect_err("altered").seq, seq, "byte {at}");
        }
        db.execute("UPDATE document SET line = ?1 WHERE seq = ?2", params![line, seq]).unwrap();
    }
    verify().unwrap();
    db.execute_batch("CREATE TABLE saved AS SELECT * FROM document").unwrap();
    let columns = [
        "kind = 'void'",
        "number = 'x'",
        "recorded_ms = 1",
        "currency = 'EUR'",
        "total_minor = 9",
        "hash = zeroblob(32)",
        "signature = zeroblob(64)",
    ];
    for seq in 1..=5 {
        for column in columns {
            altered(seq, column);
            db.execute_batch("DELETE FROM document; INSERT INTO document SELECT * FROM saved").unwrap();
        }
    }
    verify().unwrap();
    db.execute("DELETE FROM document WHERE seq = 3", []).unwrap();
    assert_eq!(verify().unwrap_err().seq, 4);
    let stranger = PrivateKey::from_seed(&[77; 32]).public();
    assert_eq!(till.store.journal.verify_chain("T1", 1, &stranger).unwrap().unwrap_err().seq, 1);
}

#[test]
fn a_document_signed_again_with_another_link_breaks_the_chain() {
    let till = Till::new();
    let first = till.sell(1);
    till.sell(2);
    // Whoever has the key can sign anything, but not make the next link fit.
    let mut line = first.document::<serde_json::Value>().unwrap();
    line.total_minor = 7;
    let forged = tillkit_protocol::Record::sign(&line, &till.key).unwrap();
    let db = till.raw("journal.db");
    db.execute("DROP TRIGGER document_is_immutable", []).unwrap();
    db.execute(
        "UPDATE document SET line = ?1, hash = ?2, signature = ?3, total_minor = 7 WHERE seq = 1",
        params![forged.line, forged.hash.as_bytes(), forged.signature.to_bytes()],
    )
    .unwrap();
    let broken = till.store.journal.verify_chain("T1", 1, &till.key.public()).unwrap().unwrap_err();
    assert_eq!(broken.seq, 2);
}

#[test]
fn a_batch_keeps_to_limit_bytes_sections_and_cursor() {
    let till = Till::new();
    let kinds = [Kind::Sale, Kind::Event, Kind::Return, Kind::Closure, Kind::Sale, Kind::CashMovement];
    let recorded: Vec<Recorded> = kinds.iter().map(|kind| till.record(document(*kind, 1)).unwrap()).collect();
    let batch = |sections: &[Section], after: Option<&Recorded>, limit, bytes| {
        let batch = till.store.journal.unsent_batch(sections, after, limit, bytes).unwrap();
        batch.iter().map(|document| document.seq).collect::<Vec<_>>()
    };
    let two = 2 * (recorded[0].record.line.len() + 90);

    assert_eq!(batch(&[], None, 500, usize::MAX), [1, 2, 3, 4, 5, 6]);
    assert_eq!(batch(&[], None, 4, usize::MAX), [1, 2, 3, 4]);
    assert_eq!(batch(&[], None, 500, two), [1, 2]);
    assert_eq!(batch(&[], None, 500, 1), [1], "one too long still goes");
    assert_eq!(batch(&[], Some(&recorded[2]), 500, usize::MAX), [4, 5, 6]);
    assert_eq!(batch(&[Section::Sales], None, 500, usize::MAX), [1, 3, 5]);
    assert_eq!(batch(&[Section::Sales, Section::Cash], Some(&recorded[0]), 2, usize::MAX), [3, 5]);
    acknowledge(&till, &recorded[0..2]);
    assert_eq!(batch(&[], None, 500, usize::MAX), [3, 4, 5, 6]);
}

#[test]
fn history_pages_newest_first_without_losing_documents_of_one_instant() {
    let till = Till::new();
    for n in 0..20i64 {
        let new = tillkit_store::journal::NewDocument {
            recorded_ms: n / 7,
            ..document(if n % 2 == 0 { Kind::Sale } else { Kind::Event }, n)
        };
        till.record(new).unwrap();
    }
    let mut seen = Vec::new();
    let mut before: Option<Recorded> = None;
    loop {
        let page = till.store.journal.history(&[Kind::Sale], before.as_ref(), 3).unwrap();
        seen.extend(page.iter().map(|document| document.seq));
        match page.last() {
            Some(last) => before = Some(last.clone()),
            None => break,
        }
    }
    assert_eq!(seen, (1..=19).rev().step_by(2).collect::<Vec<u64>>());
}

fn moved(item: &str, warehouse: &str, micro: i64) -> StockMove {
    StockMove {
        item: item.into(),
        warehouse: warehouse.into(),
        quantity: Quantity::from_micro(micro).unwrap(),
    }
}

#[test]
fn own_moves_leave_out_what_the_level_already_contains() {
    let till = Till::new();
    for n in 1..=4 {
        let mut new = document(Kind::Sale, 100);
        new.stock = vec![moved("a", "w", -n), moved("b", "w", -10 * n), moved("a", "other", -100)];
        till.record(new).unwrap();
    }
    let counted =
        |ranges: &[(u64, u64)]| vec![Ranges { enrolment: 1, ranges: ranges.to_vec(), till: "T1".into() }];
    let moves = |item, warehouse, counted: &[Ranges]| {
        till.store.journal.own_moves(item, warehouse, counted).unwrap().micro()
    };
    assert_eq!(moves("a", "w", &[]), -10);
    assert_eq!(moves("a", "w", &counted(&[(1, 2)])), -7);
    assert_eq!(moves("a", "w", &counted(&[(1, 1), (3, 4)])), -2);
    assert_eq!(moves("b", "w", &counted(&[(1, 4)])), 0);
    assert_eq!(moves("a", "other", &[]), -400);
    assert_eq!(moves("c", "w", &[]), 0);
    let of_another = [Ranges { enrolment: 2, ranges: vec![(1, 4)], till: "T1".into() }];
    assert_eq!(moves("a", "w", &of_another), -10);
}

#[test]
fn a_held_sale_comes_back_once_and_as_it_was() {
    let till = Till::new();
    let sale = |n: i64| Held {
        id: format!("h{n}"),
        label: "Kowalski".into(),
        user: "u1".into(),
        held_ms: n,
        is_open: n == 2,
        v: 1,
        body: vec![0, 255, n as u8],
    };
    till.store
        .journal
        .write(|journal| {
            journal.hold(&sale(2))?;
            journal.hold(&sale(1))
        })
        .unwrap();
    let till = till.reopened();
    assert_eq!(till.store.journal.held().unwrap(), [sale(1), sale(2)]);
    // Given up: it is still set aside.
    let given_up: Result<(), StoreError> = till.store.journal.write(|journal| {
        journal.recall("h1")?;
        Err(StoreError::NotEnrolled)
    });
    assert!(given_up.is_err());
    assert_eq!(till.store.journal.write(|journal| journal.recall("h1")).unwrap(), Some(sale(1)));
    assert_eq!(till.store.journal.write(|journal| journal.recall("h1")).unwrap(), None);
    assert_eq!(till.store.journal.held().unwrap(), [sale(2)]);
    assert!(till.store.journal.write(|journal| journal.hold(&sale(2))).is_err());
}

#[test]
fn wrong_pins_survive_reopening() {
    let till = Till::new();
    let locked = Lockout { failed: 4, until_ms: 99, monotonic_ms: Some(7) };
    assert_eq!(till.store.journal.lockout("u1").unwrap(), Lockout::default());
    till.store.journal.write(|journal| journal.set_lockout("u1", locked)).unwrap();
    let till = till.reopened();
    assert_eq!(till.store.journal.lockout("u1").unwrap(), locked);
    till.store.journal.write(|journal| journal.set_lockout("u1", Lockout::default())).unwrap();
    assert_eq!(till.store.journal.lockout("u1").unwrap(), Lockout::default());
}

#[test]
fn a_finding_is_kept_once() {
    let till = Till::new();
    let finding = |code: &str| Finding {
        code: code.into(),
        detail: "d".into(),
        enrolment: 1,
        seq: 3,
        till: "T1".into(),
    };
    for _ in 0..2 {
        till.store
            .journal
            .write(|journal| journal.add_findings(&[finding("total"), finding("clock")], 5))
            .unwrap();
    }
    let mut codes: Vec<String> =
        till.store.journal.findings().unwrap().into_iter().map(|finding| finding.code).collect();
    codes.sort();
    assert_eq!(codes, ["clock", "total"]);
}

#[test]
fn settings_survive_and_a_till_without_enrolment_says_so() {
    let till = Till::new();
    till.store
        .journal
        .write(|journal| {
            journal.set_setting("a", b"1")?;
            journal.set_setting("a", b"2")
        })
        .unwrap();
    assert_eq!(till.reopened().store.journal.setting("a").unwrap(), Some(b"2".to_vec()));
    let folder = tempfile::tempdir().unwrap();
    let empty = tillkit_store::Store::open(folder.path()).unwrap();
    assert!(matches!(empty.journal.enrolment(), Err(StoreError::NotEnrolled)));
    assert_eq!(empty.journal.head("T1", 1).unwrap().seq, 0);
    assert_eq!(empty.journal.uploaded_through("T1", 1).unwrap(), 0);
}

#[test]
fn documents_of_two_threads_follow_each_other() {
    let till = Till::new();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| (0..25).for_each(|_| drop(till.sell(1))));
        }
    });
    let head = till.store.journal.verify_chain("T1", 1, &till.key.public()).unwrap().unwrap();
    assert_eq!(head.seq, 100);
    let mut numbers: Vec<u64> =
        till.store.journal.history(&[], None, 200).unwrap().iter().map(number_of).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
}
