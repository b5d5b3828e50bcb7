//! The tokio runtime that all endpoints of the process share: made by the first, ended with the last.

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

/// Threads that run quinn. Two: the crypto of one connection's sending side overlaps with another's receiving side.
const WORKER_THREADS: usize = 2;

/// How long the last holder waits for tasks to stop: they do so at their next await.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

static SHARED: Mutex<Weak<Runtime>> = Mutex::new(Weak::new());

/// A share in the process's runtime.
pub struct Runtime {
    inner: Option<tokio::runtime::Runtime>,
}

impl Runtime {
    /// The process's runtime, started if nobody holds it.
    ///
    /// Fails when the operating system gives no thread.
    pub fn shared() -> std::io::Result<Arc<Self>> {
        let mut shared = SHARED.lock();
        if let Some(runtime) = shared.upgrade() {
            return Ok(runtime);
        }
        let inner = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
            .thread_name("quicmesh")
            .enable_io()
            .enable_time()
            .build()?;
        let runtime = Arc::new(Self { inner: Some(inner) });
        *shared = Arc::downgrade(&runtime);
        Ok(runtime)
    }

    pub(crate) fn enter(&self) -> Option<tokio::runtime::EnterGuard<'_>> {
        self.inner.as_ref().map(tokio::runtime::Runtime::enter)
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Option<tokio::task::AbortHandle> {
        self.inner.as_ref().map(|runtime| runtime.spawn(future).abort_handle())
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.inner.take() {
            // The last share may be dropped on a thread of the runtime itself, which can't wait for itself.
            if tokio::runtime::Handle::try_current().is_ok() {
                runtime.shutdown_background();
            } else {
                runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
            }
        }
    }
}
