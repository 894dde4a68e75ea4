use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use super::{LoadingError, Source, Strategies};

/// How long a listing counts, so that requests for tenants that are nowhere ask nobody.
const HOLDS: Duration = Duration::from_secs(10);

/// The tenants that are the keys of strategies.
#[derive(Debug)]
pub(crate) struct Listing {
    strategies: Strategies,
    from: Vec<String>,
    last: Mutex<Last>,
}

/// What was listed last.
#[derive(Debug, Default)]
struct Last {
    /// None where nothing was listed yet.
    at: Option<Instant>,
    sources: BTreeMap<String, Source>,
    /// What cannot be listed now, by strategy: the tenants of last time count on.
    failed: BTreeMap<String, String>,
}

impl Listing {
    pub(crate) fn new(strategies: Strategies, from: Vec<String>) -> Self {
        Self { strategies, from, last: Mutex::default() }
    }

    /// The ids there are now, which need not be legal, and the strategies that cannot be asked, with
    /// the reason.
    pub(crate) async fn ids(&self) -> (Vec<String>, BTreeMap<String, String>) {
        let mut last = self.last.lock().await;
        self.ask(&mut last).await;
        (last.sources.keys().cloned().collect(), last.failed.clone())
    }

    /// Where a tenant comes from, as it was listed a moment ago.
    ///
    /// # Errors
    ///
    /// Where it is not among those known, and not all could be asked.
    pub(crate) async fn source(&self, id: &str) -> Result<Option<Source>, LoadingError> {
        if self.from.is_empty() {
            return Ok(None);
        }
        let mut last = self.last.lock().await;
        if last.at.is_none_or(|at| at.elapsed() >= HOLDS) {
            self.ask(&mut last).await;
        }
        match (last.sources.get(id), last.failed.iter().next()) {
            (Some(source), _) => Ok(Some(source.clone())),
            (None, None) => Ok(None),
            (None, Some((place, cause))) => Err(LoadingError::Unavailable {
                key: id.to_owned(),
                place: place.clone(),
                cause: cause.clone().into(),
            }),
        }
    }

    async fn ask(&self, last: &mut Last) {
        let (mut sources, mut failed) = (BTreeMap::new(), BTreeMap::new());
        for name in &self.from {
            let listed = match self.list(name).await {
                Ok(listed) => listed,
                Err(error) => {
                    tracing::warn!(strategy = name, %error, "its tenants of before count on");
                    failed.insert(name.clone(), error.to_string());
                    let before = last.sources.iter().filter(|(_, source)| source.strategy == *name);
                    before.map(|(id, source)| (id.clone(), source.clone())).collect()
                }
            };
            for (id, source) in listed {
                if let Some(first) = sources.get(&id) {
                    tracing::warn!(tenant = id, %first, second = %source, "the first one counts");
                    continue;
                }
                sources.insert(id, source);
            }
        }
        *last = Last { at: Some(Instant::now()), sources, failed };
    }

    async fn list(&self, name: &str) -> Result<Vec<(String, Source)>, LoadingError> {
        let strategy = self.strategies.get(name)?;
        let keys = strategy.keys().await?;
        let listed = keys.iter();
        Ok(listed.map(|key| (strategy.tenant_of(key).to_owned(), Source::new(name, key))).collect())
    }
}
