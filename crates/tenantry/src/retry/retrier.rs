//! Trying again, by the default rules or by one's own.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use backon::Retryable;

use super::{RetryConfig, is_retryable};

type IsRetryable = dyn Fn(&(dyn Error + 'static)) -> bool + Send + Sync;
type OnRetry = dyn Fn(u32, &(dyn Error + 'static), Duration) + Send + Sync;

/// Tries an operation until it succeeds, fails for good, or has been tried
/// [`max_attempts`](RetryConfig::max_attempts) times; in between it waits.
///
/// Which errors are worth another try is said by [`is_retryable`]. The operation is called anew
/// for each try.
///
/// # Errors
///
/// The error of the last try.
///
/// # Cancellation
///
/// Dropping the future drops the try or the wait that is under way; nothing runs on.
///
/// # Examples
///
/// ```no_run
/// use tenantry::retry::{RetryConfig, with_retry};
/// use tokio_postgres::NoTls;
///
/// # async fn connect() -> Result<(), tokio_postgres::Error> {
/// let retry = RetryConfig { max_attempts: 5, ..RetryConfig::default() };
/// let (client, connection) = with_retry(&retry, || {
///     tokio_postgres::connect("host=localhost user=app", NoTls)
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
pub async fn with_retry<T, E, F, Fut>(config: &RetryConfig, operation: F) -> Result<T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    E: Error + 'static,
{
    run(config, &is_retryable, None, operation).await
}

/// [`with_retry`] with rules of one's own: made once, used for any number of operations, cheap to
/// clone.
///
/// ```
/// use std::{io, sync::{Arc, atomic::{AtomicU32, Ordering}}};
/// use tenantry::retry::{Retrier, RetryConfig};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let retries = Arc::new(AtomicU32::new(0));
/// let counter = Arc::clone(&retries);
/// let retrier = Retrier::new(RetryConfig::default())
///     .is_retryable(|error| error.to_string().contains("busy"))
///     .on_retry(move |attempt, error, delay| {
///         counter.store(attempt, Ordering::Relaxed);
///         println!("try {attempt} failed ({error}); next in {delay:?}");
///     });
///
/// let result: io::Result<()> = retrier.run(|| async { Err(io::Error::other("busy")) }).await;
/// assert!(result.is_err());
/// assert_eq!(retries.load(Ordering::Relaxed), 2);
/// # }
/// ```
#[derive(Clone)]
pub struct Retrier {
    config: RetryConfig,
    is_retryable: Arc<IsRetryable>,
    on_retry: Option<Arc<OnRetry>>,
}

impl Retrier {
    /// A retrier that goes by [`is_retryable`].
    pub fn new(config: RetryConfig) -> Self {
        Self { config, is_retryable: Arc::new(is_retryable), on_retry: None }
    }

    /// Which errors are worth another try, instead of [`is_retryable`].
    #[must_use]
    pub fn is_retryable(
        mut self,
        is_retryable: impl Fn(&(dyn Error + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.is_retryable = Arc::new(is_retryable);
        self
    }

    /// What to do when a try failed and another will follow, before the wait: it is given the
    /// number of the try that failed (from 1), its error, and how long the wait will be.
    #[must_use]
    pub fn on_retry(
        mut self,
        on_retry: impl Fn(u32, &(dyn Error + 'static), Duration) + Send + Sync + 'static,
    ) -> Self {
        self.on_retry = Some(Arc::new(on_retry));
        self
    }

    /// How often it tries and how long it waits.
    pub fn config(&self) -> &RetryConfig {
        &self.config
    }

    /// Tries an operation, as [`with_retry`] does.
    ///
    /// # Errors
    ///
    /// The error of the last try.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the try or the wait that is under way; nothing runs on.
    pub async fn run<T, E, F, Fut>(&self, operation: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Error + 'static,
    {
        run(&self.config, &*self.is_retryable, self.on_retry.as_deref(), operation).await
    }
}

impl fmt::Debug for Retrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrier").field("config", &self.config).finish_non_exhaustive()
    }
}

async fn run<T, E, F, Fut>(
    config: &RetryConfig,
    is_retryable: &IsRetryable,
    on_retry: Option<&OnRetry>,
    operation: F,
) -> Result<T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    E: Error + 'static,
{
    let mut attempt = 0;
    operation
        .retry(config.delays())
        .sleep(tokio::time::sleep)
        .when(|error| is_retryable(error))
        .notify(|error, delay| {
            attempt += 1;
            tracing::debug!(attempt, ?delay, %error, "trying again");
            if let Some(on_retry) = on_retry {
                on_retry(attempt, error, delay);
            }
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        io::{self, ErrorKind},
        sync::Mutex,
    };

    use tokio::time::Instant;

    use super::*;

    fn plain() -> RetryConfig {
        RetryConfig { jitter: false, ..RetryConfig::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_is_not_tried_again() {
        let calls = Cell::new(0);
        let result = with_retry(&plain(), || async {
            calls.set(calls.get() + 1);
            Ok::<_, io::Error>("done")
        })
        .await;
        assert_eq!((result.unwrap(), calls.get()), ("done", 1));
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_between_tries_and_returns_the_last_error() {
        let start = Instant::now();
        let tries = Mutex::new(Vec::new());
        let error = with_retry(&plain(), || async {
            tries.lock().unwrap().push(start.elapsed().as_millis());
            Err::<(), _>(io::Error::new(
                ErrorKind::TimedOut,
                format!("try {}", tries.lock().unwrap().len()),
            ))
        })
        .await
        .unwrap_err();
        assert_eq!(error.to_string(), "try 3");
        assert_eq!(*tries.lock().unwrap(), [0, 100, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_for_good_ends_it_at_once() {
        let calls = Cell::new(0);
        let result = with_retry(&plain(), || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(io::Error::from(ErrorKind::PermissionDenied))
        })
        .await;
        assert_eq!((result.unwrap_err().kind(), calls.get()), (ErrorKind::PermissionDenied, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn on_retry_hears_of_each_failure_that_another_try_follows() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        let retrier = Retrier::new(plain()).on_retry(move |attempt, error, delay| {
            ears.lock().unwrap().push((attempt, error.to_string(), delay.as_millis()));
        });
        for _ in 0..2 {
            let result = retrier
                .run(|| async { Err::<(), _>(io::Error::from(ErrorKind::BrokenPipe)) })
                .await;
            assert!(result.is_err());
            let heard = std::mem::take(&mut *heard.lock().unwrap());
            assert_eq!(
                heard,
                [(1, "broken pipe".to_owned(), 100), (2, "broken pipe".to_owned(), 200)]
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn rules_of_ones_own_replace_the_default_ones() {
        let retrier = Retrier::new(plain()).is_retryable(|error| {
            error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::NotFound)
        });
        let count = async |kind| {
            let calls = Cell::new(0);
            let _ = retrier
                .run(|| async {
                    calls.set(calls.get() + 1);
                    Err::<(), _>(io::Error::from(kind))
                })
                .await;
            calls.get()
        };
        assert_eq!(count(ErrorKind::NotFound).await, 3);
        assert_eq!(count(ErrorKind::BrokenPipe).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_the_future_ends_the_tries() {
        let calls = Cell::new(0);
        let config = plain();
        let retry = with_retry(&config, || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(io::Error::from(ErrorKind::BrokenPipe))
        });
        let timeout = tokio::time::timeout(Duration::from_millis(150), retry).await;
        assert!(timeout.is_err());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(calls.get(), 2);
    }

    #[test]
    fn the_futures_are_send() {
        fn is_send(_: impl Send) {}
        let config = plain();
        is_send(with_retry(&config, || async { Ok::<_, io::Error>(()) }));
        is_send(Retrier::new(plain()).run(|| async { Ok::<_, io::Error>(()) }));
    }
}
