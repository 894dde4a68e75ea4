use std::panic::resume_unwind;

/// Runs what waits for files, locks and processes where that holds up nobody.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Blocking tasks are cancelled only when their runtime shuts down, and with it we.
            Err(error) => panic!("the runtime is shutting down: {error}"),
        },
    }
}
