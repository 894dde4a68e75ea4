//! What the pool has from outside: a lock, tasks, and time-outs.
//!
//! In unit tests they are those of shuttle, which tries the orders in which threads can meet at a
//! lock; there is no clock there, and a time-out comes when it likes.

#[cfg(not(test))]
pub(crate) use self::tokio_runtime::{Mutex, MutexGuard, Runtime, sleep, timeout_at};

#[cfg(test)]
pub(crate) use self::shuttle_runtime::{Mutex, MutexGuard, Runtime, sleep, timeout_at};

#[cfg(not(test))]
mod tokio_runtime {
    pub(crate) use std::sync::{Mutex, MutexGuard};

    pub(crate) use tokio::time::{sleep, timeout_at};

    /// Where the pool's own tasks run.
    pub(crate) struct Runtime(tokio::runtime::Handle);

    impl Runtime {
        /// # Panics
        ///
        /// Outside of a tokio runtime.
        pub(crate) fn current() -> Self {
            Self(tokio::runtime::Handle::current())
        }

        pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
            self.0.spawn(task);
        }
    }
}

#[cfg(test)]
mod shuttle_runtime {
    use std::{
        pin::pin,
        task::{Context, Poll},
        time::Duration,
    };

    use shuttle::rand::{Rng, thread_rng};
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
    use tokio::time::Instant;

    pub(crate) struct Runtime;

    impl Runtime {
        pub(crate) fn current() -> Self {
            Self
        }

        pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
            shuttle::future::spawn(task);
        }
    }

    /// Some time later.
    pub(crate) async fn sleep(_: Duration) {
        shuttle::future::yield_now().await;
    }

    /// The time is up.
    pub(crate) struct Elapsed;

    /// What is to take longer than this never ends.
    const NEVER: Duration = Duration::from_secs(3600);

    /// Waits for `future`, and gives up at any moment, or never.
    pub(crate) async fn timeout_at<F: Future>(
        deadline: Instant,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        if deadline.duration_since(Instant::now()) > NEVER {
            return Ok(future.await);
        }
        let mut future = pin!(future);
        std::future::poll_fn(|context: &mut Context<'_>| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if thread_rng().gen_range(0..8) == 0 {
                return Poll::Ready(Err(Elapsed));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }
}
