//! The process-wide runtime that long calls and both lanes run on.

use std::{future::Future, io, pin::Pin};

use once_cell::sync::OnceCell;
use tokio::{runtime::Runtime, sync::oneshot, task::JoinHandle};

use crate::error::TillError;

/// Made by the first till. `once_cell`, because `std` cannot yet fail to make it.
static RUNTIME: OnceCell<Runtime> = OnceCell::new();

/// The runtime's handle.
pub(crate) fn runtime() -> Result<tokio::runtime::Handle, TillError> {
    let made = RUNTIME.get_or_try_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("tillkit")
            .enable_all()
            .build()
    });
    made.map(|runtime| runtime.handle().clone()).map_err(no_threads)
}

/// Runs `work` on the core's threads, not on the caller's; dropping the future drops the work.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl Future<Output = Result<T, tillkit::TillError>> + Send + 'static,
) -> Result<T, TillError> {
    let (done, mut result) = oneshot::channel();
    // One kind of task, whatever comes of it: the library had the same code over and over.
    let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move { drop(done.send(work.await)) });
    let mut task = Task(runtime()?.spawn(work));
    (&mut task.0).await.map_err(|error| no_threads(io::Error::other(error)))?;
    Ok(result.try_recv().map_err(|error| no_threads(io::Error::other(error)))??)
}

struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn no_threads(error: io::Error) -> TillError {
    TillError::Device {
        code: "threads".into(),
        sentence: format!("the phone gives the app no threads: {error}"),
        data_safe: true,
    }
}
