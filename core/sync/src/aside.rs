use std::io;

use tokio::sync::oneshot;

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

/// One kind of task, whatever comes of it: the library had the same code over and over.
type Work = Box<dyn FnOnce() + Send>;

impl Aside {
    /// Does it there, and waits for it.
    ///
    /// # Errors
    /// The work's own.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, SyncError> + Send + 'static,
    ) -> Result<T, SyncError> {
        let (done, mut result) = oneshot::channel();
        self.run_boxed(Box::new(move || drop(done.send(work())))).await?;
        result.try_recv().unwrap_or_else(|error| Err(not_done(error)))
    }

    async fn run_boxed(self, work: Work) -> Result<(), SyncError> {
        match self {
            // It only fails to end if it panicked or the runtime is going down.
            Aside::Threads => tokio::task::spawn_blocking(work).await.map_err(not_done),
            Aside::Inline => {
                // Others get their turn before it as they would on threads; a crash may come here too.
                tokio::task::yield_now().await;
                work();
                Ok(())
            }
        }
    }
}

fn not_done(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SyncError {
    SyncError::Folder(io::Error::other(error))
}
