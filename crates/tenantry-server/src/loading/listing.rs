use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{sync::Mutex, time::Instant};

use super::{Deadline, LoadingError, Source, Strategies};

/// How long a listing counts, so that requests for tenants that are nowhere ask nobody.
const HOLDS: Duration = Duration::from_secs(10);
/// The same for one that lacks strategies which could not tell their keys, unless these took longer to say so.
const HOLDS_IN_PART: Duration = Duration::from_secs(1);

/// The tenants that are the keys of strategies.
#[derive(Debug)]
pub(crate) struct Listing {
    strategies: Strategies,
    from: Vec<String>,
    /// How long a strategy may take to tell its keys.
    within: Duration,
    last: Mutex<Last>,
    /// The same, for who does not wait while strategies are asked.
    lately: StdMutex<Listed>,
}

/// The ids, which need not be legal, and the strategies that could not be asked, with the reason.
pub(crate) type Listed = (Vec<String>, BTreeMap<String, String>);

/// What was listed last.
#[derive(Debug, Default)]
struct Last {
    /// Until when it counts. None where nothing was listed yet.
    until: Option<Instant>,
    sources: BTreeMap<String, Source>,
    /// What cannot be listed now, by strategy: the tenants of last time count on.
    failed: BTreeMap<String, String>,
}

impl Last {
    fn is_old(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() >= until)
    }

    fn listed(&self) -> Listed {
        (self.sources.keys().cloned().collect(), self.failed.clone())
    }
}

impl Listing {
    pub(crate) fn new(strategies: Strategies, from: Vec<String>, within: Duration) -> Self {
        Self { strategies, from, within, last: Mutex::default(), lately: StdMutex::default() }
    }

    /// The ids there are now.
    pub(crate) async fn ids(&self) -> Listed {
        let mut last = self.last.lock().await;
        self.ask(&mut last).await;
        last.listed()
    }

    /// The same as it was listed last, without waiting for anybody. Where that is old, strategies are asked for the next time.
    pub(crate) fn ids_lately(self: &Arc<Self>) -> Listed {
        if !self.from.is_empty() && self.last.try_lock().is_ok_and(|last| last.is_old()) {
            let listing = Arc::clone(self);
            tokio::spawn(async move {
                let mut last = listing.last.lock().await;
                listing.ask_if_old(&mut last).await;
            });
        }
        self.lately.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        self.ask_if_old(&mut last).await;
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

    async fn ask_if_old(&self, last: &mut Last) {
        if last.is_old() {
            self.ask(last).await;
        }
    }

    /// Asks all strategies at once.
    async fn ask(&self, last: &mut Last) {
        let (begun, deadline) = (Instant::now(), Deadline::after(self.within));
        let asked = self.from.iter().map(|name| self.strategies.keys_by(name, deadline));
        let asked = join_all(asked).await;
        let (mut sources, mut failed) = (BTreeMap::new(), BTreeMap::new());
        for (name, listed) in self.from.iter().zip(asked) {
            let listed: Vec<(String, Source)> = match listed {
                Ok(keys) => {
                    keys.into_iter().map(|(id, key)| (id, Source::new(name, key))).collect()
                }
                Err(error) => {
                    tracing::warn!(strategy = name, %error, "its tenants of before count on");
                    failed.insert(name.clone(), error);
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
        let holds = if failed.is_empty() { HOLDS } else { begun.elapsed().max(HOLDS_IN_PART) };
        *last = Last { until: Some(Instant::now() + holds), sources, failed };
        *self.lately.lock().unwrap_or_else(PoisonError::into_inner) = last.listed();
    }
}
