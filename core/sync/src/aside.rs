use std::io;

use crate::SyncError;

/// Where work goes that waits for the disk or counts for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aside {
    /// To threads made for it; the lanes go on meanwhile.
    #[default]
    Threads,
    /// Nowhere: it is done on the spot. On a runtime of one thread everything then happens in one
    /// order, which a simulation can repeat.
    Inline,
}

type Work<T> = Box<dyn FnOnce() -> Result<T, SyncError> + Send>;

impl Aside {
    /// Does it there, and waits for it.
    ///
    /// # Errors
    /// The work's own.
    pub(crate) fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, SyncError> + Send + 'static,
    ) -> impl Future<Output = Result<T, SyncError>> {
        self.run_boxed(Box::new(work))
    }

    /// One task for each `T`, not for each work: the library had the same code over and over.
    async fn run_boxed<T: Send + 'static>(self, work: Work<T>) -> Result<T, SyncError> {
        match self {
            // It only fails to end if it panicked or the runtime is going down.
            Aside::Threads => tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|error| Err(SyncError::Folder(io::Error::other(error)))),
            Aside::Inline => {
                // Others get their turn before it as they would on threads; a crash may come here too.
                tokio::task::yield_now().await;
                work()
            }
        }
    }
}
