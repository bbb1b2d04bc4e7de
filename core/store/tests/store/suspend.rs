use std::{
    fs,
    os::unix::fs::MetadataExt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tillkit_protocol::Kind;
use tillkit_store::{Released, Store, StoreError};

use super::common::{Rows, Till, document, item, publish};

const SOON: Duration = Duration::from_secs(5);

/// Whether this process holds a lock on any file of the folder, by the kernel's own list.
fn holds_locks(till: &Till) -> bool {
    let inodes: Vec<String> = fs::read_dir(till.folder.path())
        .unwrap()
        .map(|file| format!(":{} ", file.unwrap().metadata().unwrap().ino()))
        .collect();
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| inodes.iter().any(|inode| line.contains(inode)))
}

fn open_files(till: &Till) -> usize {
    let folder = till.folder.path().to_string_lossy().into_owned();
    let open = fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
    open.filter(|path| path.to_string_lossy().starts_with(&folder)).count()
}

#[test]
fn after_released_no_lock_is_held_and_calls_say_suspended() {
    let till = Till::new();
    till.sell(1);
    assert!(holds_locks(&till), "the control: an open store holds locks");

    assert_eq!(till.store.suspend(SOON), Released::Released);

    assert!(!holds_locks(&till));
    assert_eq!(open_files(&till), 0);
    for file in ["journal.db", "centre.db"] {
        let other = till.raw(file);
        other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK").unwrap();
    }
    let suspended = [
        till.record(document(Kind::Sale, 1)).err(),
        till.store.journal.unsent().err(),
        till.store.centre.view().err(),
        till.store.centre.fact("a").err(),
        till.store.centre.set_fact("a", b"").err(),
        till.store.centre.tidy().err(),
        publish("items", 1, &Rows::new(), 1).load(&till.store).err(),
    ];
    for answer in suspended {
        assert!(matches!(answer, Some(StoreError::Suspended)), "{answer:?}");
    }
    till.store.resume().unwrap();
    assert_eq!(till.sell(2).seq, 2);
}

#[test]
fn suspend_interrupts_a_long_read_and_a_load() {
    let till = Till::new();
    let rows: Rows = (0..20_000)
        .map(|n| item(&format!("i{n:05}"), &format!("Masło numer {n}"), &[&format!("c{n}")]))
        .collect();
    let published = publish("items", 1, &rows, 5_000);
    published.make_live(&till.store).unwrap();
    let (reads, stopped) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let stop = loop {
                    let looked =
                        till.store.centre.view().and_then(|view| view.search_items("m", 1_000_000).map(drop));
                    match looked {
                        Ok(()) => reads.fetch_add(1, Ordering::Relaxed),
                        Err(error) => break error,
                    };
                };
                assert!(matches!(stop, StoreError::Suspended), "{stop:?}");
                stopped.fetch_add(1, Ordering::Relaxed);
            });
        }
        threads.spawn(|| {
            let stop = (2..)
                .map(|n| publish("items", n, &rows, 5_000).make_live(&till.store))
                .find_map(Result::err)
                .unwrap();
            assert!(matches!(stop, StoreError::Suspended), "{stop:?}");
            stopped.fetch_add(1, Ordering::Relaxed);
        });
        while reads.load(Ordering::Relaxed) < 4 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let begun = Instant::now();
        assert_eq!(till.store.suspend(SOON), Released::Released);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(!holds_locks(&till));
    });
    assert_eq!(stopped.load(Ordering::Relaxed), 3);
    till.store.resume().unwrap();
    assert_eq!(till.store.centre.view().unwrap().count("item").unwrap(), 20_000);
    publish("items", 1_000, &rows, 5_000).make_live(&till.store).unwrap();
}

#[test]
fn suspend_waits_for_a_running_commit() {
    let till = Till::new();
    let inside = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let sold: tillkit_store::Result<u64> = till.store.journal.write(|journal| {
                let sold = journal.record(&till.enrolment, &till.key, document(Kind::Sale, 1))?;
                inside.store(true, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(150));
                Ok(sold.seq)
            });
            assert_eq!(sold.unwrap(), 1, "a sale is never cut off");
        });
        while !inside.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        assert_eq!(till.store.suspend(Duration::from_millis(10)), Released::StillHeld);
        assert!(matches!(till.store.journal.unsent(), Err(StoreError::Suspended)), "the gate stays closed");
        assert_eq!(till.store.suspend(SOON), Released::Released);
        assert!(!holds_locks(&till));
    });
    till.store.resume().unwrap();
    assert_eq!(till.store.journal.unsent().unwrap().documents(), 1);
}

#[test]
fn a_hundred_suspensions_lose_nothing() {
    let till = Till::new();
    let (sold, over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    match till.record(document(Kind::Sale, 1)) {
                        Ok(_) => sold.fetch_add(1, Ordering::Relaxed),
                        Err(StoreError::Suspended) => 0,
                        Err(error) => panic!("{error:?}"),
                    };
                    drop(till.store.centre.view());
                    drop(till.store.centre.set_fact("a", b"b"));
                }
            });
        }
        for _ in 0..100 {
            assert_eq!(till.store.suspend(SOON), Released::Released);
            assert_eq!(open_files(&till), 0);
            till.store.resume().unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        over.store(true, Ordering::Relaxed);
    });
    let head = till.store.journal.verify_chain("T1", 1, &till.key.public()).unwrap().unwrap();
    assert_eq!(head.seq, sold.load(Ordering::Relaxed));
    assert!(head.seq > 0);
}

#[test]
fn a_centre_damaged_while_suspended_is_rebuilt_on_resume() {
    let till = Till::new();
    publish("items", 1, &Rows::from([item("a", "a", &[])]), 1).make_live(&till.store).unwrap();
    till.store.suspend(SOON);
    fs::write(till.folder.path().join("centre.db"), "Dear diary, ".repeat(500)).unwrap();
    till.store.resume().unwrap();
    assert_eq!(till.store.centre.live("items").generation, 0);
    assert_eq!(till.sell(1).seq, 1);
}

#[test]
fn a_resume_that_fails_holds_nothing() {
    let till = Till::new();
    till.store.suspend(SOON);
    let journal = till.folder.path().join("journal.db");
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, "Dear diary, ".repeat(500)).unwrap();
    assert!(till.store.resume().is_err());
    assert!(matches!(till.store.journal.unsent(), Err(StoreError::Suspended)));
    assert_eq!(open_files(&till), 0);
    fs::write(&journal, bytes).unwrap();
    till.store.resume().unwrap();
    till.sell(1);
}

#[test]
fn suspending_twice_and_resuming_twice_is_harmless() {
    let till = Till::new();
    assert_eq!(till.store.suspend(SOON), Released::Released);
    assert_eq!(till.store.suspend(SOON), Released::Released);
    till.store.resume().unwrap();
    till.store.resume().unwrap();
    till.sell(1);
    let Till { folder, store, .. } = till;
    drop(store);
    assert_eq!(Store::open(folder.path()).unwrap().journal.unsent().unwrap().documents(), 1);
}
