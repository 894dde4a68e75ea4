//! Asking strategies for the server: they are other people's code, which may fail, panic, or never answer.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{Loaded, LoadingError, Source, Strategies};
use crate::error::panicked;

impl Strategies {
    /// Loads what a source names. If there is nothing, that says why, and which strategy was asked for what.
    pub(crate) async fn load_within(
        &self,
        source: &Source,
        within: Duration,
    ) -> Result<Loaded, String> {
        let loaded = given(within, self.load(source)).await;
        let Source { strategy, key, .. } = source;
        loaded.map_err(|why| format!("loading strategy {strategy:?}, key {key:?}: {why}"))
    }

    /// The keys of a strategy, each with the tenant that it is for. If there is no list, that says why.
    pub(crate) async fn keys_within(
        &self,
        name: &str,
        within: Duration,
    ) -> Result<Vec<(String, String)>, String> {
        let asking = async {
            let strategy = self.get(name)?;
            let keys = strategy.keys().await?;
            let of = |key: String| (strategy.tenant_of(&key).to_owned(), key);
            Ok::<Vec<_>, LoadingError>(keys.into_iter().map(of).collect())
        };
        given(within, asking).await
    }
}

/// What is given within a time, or why there is nothing.
async fn given<T>(
    within: Duration,
    asking: impl Future<Output = Result<T, LoadingError>>,
) -> Result<T, String> {
    match timeout(within, AssertUnwindSafe(asking).catch_unwind()).await {
        Ok(Ok(given)) => given.map_err(|error| error.to_string()),
        Ok(Err(panic)) => Err(panicked(&*panic)),
        Err(_) => Err(format!("it did not answer within {within:?}")),
    }
}
