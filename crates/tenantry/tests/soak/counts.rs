use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

/// What has happened, and how often: a hunt in which nothing works must not pass.
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<String, u64>>);

impl Counts {
    pub(crate) fn note(&self, what: impl Into<String>) {
        *self.lock().entry(what.into()).or_default() += 1;
    }

    /// How often everything has happened whose name begins so.
    pub(crate) fn all(&self, prefix: &str) -> u64 {
        let counts = self.lock();
        counts.iter().filter(|(what, _)| what.starts_with(prefix)).map(|(_, count)| count).sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &*self.lock() {
            writeln!(f, "{count:>9} {what}")?;
        }
        Ok(())
    }
}
