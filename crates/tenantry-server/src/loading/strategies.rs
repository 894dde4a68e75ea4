use std::{collections::BTreeMap, fmt, sync::Arc};

use arc_swap::ArcSwap;

use super::{Loaded, LoadingError, LoadingStrategy, Source};

type ByName = BTreeMap<String, Arc<dyn LoadingStrategy>>;

/// The loading strategies of a server, by name. A cheap handle: clones share what is added.
#[derive(Clone, Default)]
pub struct Strategies(Arc<ArcSwap<ByName>>);

impl Strategies {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a strategy. What is loaded from then on may name it.
    ///
    /// # Errors
    ///
    /// [`LoadingError::DuplicateStrategy`].
    pub fn add(
        &self,
        name: impl Into<String>,
        strategy: impl LoadingStrategy,
    ) -> Result<(), LoadingError> {
        let (name, strategy): (String, Arc<dyn LoadingStrategy>) =
            (name.into(), Arc::new(strategy));
        let before = self.0.rcu(|known| {
            let mut known = ByName::clone(known);
            known.entry(name.clone()).or_insert_with(|| Arc::clone(&strategy));
            known
        });
        match before.contains_key(&name) {
            true => Err(LoadingError::DuplicateStrategy { name }),
            false => Ok(()),
        }
    }

    /// A strategy by its name.
    ///
    /// # Errors
    ///
    /// [`LoadingError::UnknownStrategy`], with the names there are.
    pub fn get(&self, name: &str) -> Result<Arc<dyn LoadingStrategy>, LoadingError> {
        let known = self.0.load();
        known.get(name).map(Arc::clone).ok_or_else(|| LoadingError::UnknownStrategy {
            name: name.to_owned(),
            known: known.keys().cloned().collect(),
        })
    }

    /// The names there are, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.load().keys().cloned().collect()
    }

    /// Loads what a source names.
    ///
    /// # Errors
    ///
    /// [`LoadingError`].
    pub async fn load(&self, source: &Source) -> Result<Loaded, LoadingError> {
        self.get(&source.strategy)?.load(&source.key, &source.options).await
    }
}

impl fmt::Debug for Strategies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Strategies").field(&self.names()).finish()
    }
}
