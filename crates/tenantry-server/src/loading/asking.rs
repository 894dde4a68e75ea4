//! Asking strategies for the server: they are other people's code, which may fail, panic, or never answer.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::{Instant, timeout_at};

use super::{Loaded, LoadingError, Source, Strategies};
use crate::error::panicked;

/// Until when whoever loads something waits: one moment for all that is asked for on the way, so that it is told who had
/// not answered when the time was over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    /// How long it was from the beginning.
    within: Duration,
}

impl Deadline {
    pub(crate) fn after(within: Duration) -> Self {
        Self { at: Instant::now() + within, within }
    }

    /// What comes in time, or that it has not.
    pub(crate) async fn wait<T>(self, asked: impl Future<Output = T>) -> Result<T, String> {
        let within = self.within;
        let late = |_| format!("it had not answered when the {within:?} for loading were over");
        timeout_at(self.at, asked).await.map_err(late)
    }
}

impl Strategies {
    /// Loads what a source names. If there is nothing, that says why, and which strategy was asked for what.
    pub(crate) async fn load_by(
        &self,
        source: &Source,
        deadline: Deadline,
    ) -> Result<Loaded, String> {
        let loaded = given(deadline, self.load(source)).await;
        let Source { strategy, key, .. } = source;
        loaded.map_err(|why| format!("loading strategy {strategy:?}, key {key:?}: {why}"))
    }

    /// The keys of a strategy, each with the tenant that it is for. If there is no list, that says why.
    pub(crate) async fn keys_by(
        &self,
        name: &str,
        deadline: Deadline,
    ) -> Result<Vec<(String, String)>, String> {
        let asking = async {
            let strategy = self.get(name)?;
            let keys = strategy.keys().await?;
            let of = |key: String| (strategy.tenant_of(&key).to_owned(), key);
            Ok::<Vec<_>, LoadingError>(keys.into_iter().map(of).collect())
        };
        given(deadline, asking).await
    }
}

/// What is given in time, or why there is nothing.
async fn given<T>(
    deadline: Deadline,
    asking: impl Future<Output = Result<T, LoadingError>>,
) -> Result<T, String> {
    match deadline.wait(AssertUnwindSafe(asking).catch_unwind()).await? {
        Ok(given) => given.map_err(|error| error.to_string()),
        Err(panic) => Err(panicked(&*panic)),
    }
}
