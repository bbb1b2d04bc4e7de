//! What a screen costs, and what crossing into the core costs.

// Crossing means calling what UniFFI exports to other languages, by its C name.
#![allow(unsafe_code)]

use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

use anyhow::Result;
use tillkit::{FileKeyStore, KeyStore, Services, Till, screens::SyncScreen};
use tillkit_protocol::keys::PrivateKey;
use tillkit_store::{Store, journal::Enrolment};
use uniffi::{Lower, RustCallStatus};

use crate::bench_store::{Catalogue, load_into, sale};

/// A till with a catalogue that is live and so many unsent sales.
pub fn till_with(
    folder: &Path,
    catalogue: &Catalogue,
    unsent: u64,
    runtime: &tokio::runtime::Runtime,
) -> Result<Till> {
    let (files, key_file) = (folder.join("till"), folder.join("till.key"));
    let store = Store::open(&files)?;
    load_into(&store, catalogue)?;
    let key = PrivateKey::from_seed(&[5; 32]);
    let enrolment = Enrolment {
        tenant: "t".into(),
        till: "T1".into(),
        enrolment: 1,
        series: "T1A".into(),
        server_url: "http://127.0.0.1:9".into(),
        tenant_key: key.public(),
        sealed_key: FileKeyStore::new(&key_file).seal(&[5; 32])?,
        public_key: key.public(),
        enrolled_ms: 0,
    };
    store
        .journal
        .write(|journal| -> Result<(), tillkit_store::StoreError> { journal.add_enrolment(&enrolment) })?;
    for seq in 0..unsent {
        let new = sale(seq, 0)?;
        store.journal.write(|journal| journal.record(&enrolment, &key, new))?;
    }
    drop(store);
    Ok(Till::open(&files, Services::of_this_machine(&key_file), runtime.handle().clone())?)
}

/// Milliseconds of one sync screen after the journal has changed, and of the next.
///
/// # Errors
/// What the till or SQLite says.
pub fn sync_screens(till: &Till, folder: &Path, times: usize) -> Result<Vec<(f64, f64)>> {
    let journal = rusqlite::Connection::open(folder.join("till/journal.db"))?;
    let one = || -> Result<f64> {
        let begun = Instant::now();
        let screen: SyncScreen = till.sync_screen()?;
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        black_box(screen);
        Ok(ms)
    };
    // Another value each time: SQLite writes nothing where nothing differs.
    let change = "
        INSERT INTO setting (name, value) VALUES ('bench', randomblob(8))
        ON CONFLICT DO UPDATE SET value = excluded.value";
    let both = |_| -> Result<(f64, f64)> {
        journal.execute(change, [])?;
        Ok((one()?, one()?))
    };
    (0..times).map(both).collect()
}

/// What UniFFI itself costs.
mod empty {
    /// An object with nothing in it.
    #[derive(uniffi::Object)]
    pub struct BenchNothing;

    #[uniffi::export]
    impl BenchNothing {
        /// Does nothing.
        pub fn nothing(&self) {}
    }
}

unsafe extern "C" {
    fn uniffi_tillkit_tests_fn_clone_benchnothing(handle: u64, status: *mut RustCallStatus) -> u64;
    fn uniffi_tillkit_tests_fn_method_benchnothing_nothing(handle: u64, status: *mut RustCallStatus);
    fn uniffi_tillkit_ffi_fn_clone_syncsubscription(handle: u64, status: *mut RustCallStatus) -> u64;
    fn uniffi_tillkit_ffi_fn_method_syncsubscription_cancel(handle: u64, status: *mut RustCallStatus);
}

type Clone = unsafe extern "C" fn(u64, *mut RustCallStatus) -> u64;
type Method = unsafe extern "C" fn(u64, *mut RustCallStatus);

/// Nanoseconds of an empty UniFFI call, and of a call of ours that has nothing left to do: a
/// subscription cancelled again. Both as every language makes them: the handle cloned, then the method.
pub fn crossings(times: u32) -> Result<(f64, f64)> {
    let till = tillkit_ffi::till::Till::preview()?;
    let subscription = till.observe(Arc::new(Blind));
    let ours: u64 =
        <Arc<tillkit_ffi::till::SyncSubscription> as Lower<tillkit_ffi::UniFfiTag>>::lower(subscription)
            .as_raw();
    let empty: u64 =
        <Arc<empty::BenchNothing> as Lower<crate::UniFfiTag>>::lower(Arc::new(empty::BenchNothing)).as_raw();
    let each = |handle: u64, clone: Clone, method: Method| {
        // By pointers that the compiler does not know: as from another language, nothing is inlined.
        let (clone, method) = (black_box(clone), black_box(method));
        let mut status = RustCallStatus::default();
        let begun = Instant::now();
        for _ in 0..times {
            // SAFETY: the handle is alive to the end; the clone is consumed by the call.
            unsafe {
                let cloned = clone(handle, &raw mut status);
                method(cloned, &raw mut status);
            }
        }
        begun.elapsed().as_nanos() as f64 / f64::from(times)
    };
    Ok((
        each(
            empty,
            uniffi_tillkit_tests_fn_clone_benchnothing,
            uniffi_tillkit_tests_fn_method_benchnothing_nothing,
        ),
        each(
            ours,
            uniffi_tillkit_ffi_fn_clone_syncsubscription,
            uniffi_tillkit_ffi_fn_method_syncsubscription_cancel,
        ),
    ))
}

struct Blind;

impl tillkit_ffi::till::SyncObserver for Blind {
    fn show(&self, _screen: SyncScreen) {}
}
