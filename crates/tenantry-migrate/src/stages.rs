//! Some tenants first, then more.

use std::{error::Error, fmt, pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

type Passed = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send>>;

/// How a run goes from few tenants to all of them.
///
/// ```
/// use tenantry_migrate::Stages;
///
/// // Five tenants; then a tenth of all, then half of them, then the rest.
/// let stages = Stages::canary(5).then([10, 50, 100]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Stages {
    canary: usize,
    then: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause: Option<Duration>,
}

impl Stages {
    /// This many tenants first.
    pub fn canary(tenants: usize) -> Self {
        Self { canary: tenants, ..Self::default() }
    }

    /// Then so many percent of all tenants that have something to be applied, those of the stages
    /// before among them. The last stage is always all of them.
    pub fn then(mut self, percent: impl IntoIterator<Item = u8>) -> Self {
        self.then = percent.into_iter().map(|percent| percent.min(100)).collect();
        self
    }

    /// How long to wait between two stages. A run that is resumed does, too.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    pub(crate) fn pause_between(&self) -> Option<Duration> {
        self.pause
    }

    /// Whether there is more than one.
    #[must_use]
    pub fn is_staged(&self) -> bool {
        self.canary > 0 || !self.then.is_empty()
    }

    /// Where each stage ends, of so many tenants.
    pub(crate) fn ends(&self, tenants: usize) -> Vec<usize> {
        let parts = self.then.iter().map(|percent| {
            // A part of few tenants is at least one.
            (tenants * usize::from(*percent)).div_ceil(100)
        });
        let mut ends: Vec<usize> = Vec::new();
        for end in [self.canary].into_iter().chain(parts).chain([tenants]) {
            let end = end.min(tenants);
            if end > ends.last().copied().unwrap_or(0) {
                ends.push(end);
            }
        }
        ends
    }
}

/// A stage that was run, when the next one is about to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StageDone {
    /// The run, where it is recorded.
    pub run: Option<i64>,
    /// Which stage, from 1.
    pub stage: usize,
    /// How many stages there are.
    pub of: usize,
    /// How many tenants are done with, in all stages until now.
    pub done: usize,
    /// How many of them failed.
    pub failed: usize,
    /// How many are left.
    pub left: usize,
}

/// What is asked between two stages.
#[derive(Clone, Default)]
pub(crate) struct Gate(Option<Arc<dyn Fn(StageDone) -> Passed + Send + Sync>>);

impl Gate {
    pub(crate) fn new<F, R>(gate: F) -> Self
    where
        F: Fn(StageDone) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self(Some(Arc::new(move |done| Box::pin(gate(done)))))
    }

    /// Whether anything is asked.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Why the next stage is not to begin.
    pub(crate) async fn pass(&self, done: StageDone) -> Result<(), String> {
        match &self.0 {
            Some(gate) => gate(done).await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_more_tenants_than_the_one_before_and_the_last_has_all() {
        let stages = Stages::canary(5).then([10, 50, 100]);
        assert_eq!(stages.ends(1000), [5, 100, 500, 1000]);
        assert_eq!(stages.ends(20), [5, 10, 20]);
        assert_eq!(stages.ends(3), [3]);
        assert_eq!(stages.ends(0), [0; 0]);
        assert_eq!(Stages::default().ends(7), [7]);
        assert_eq!(Stages::canary(1).ends(7), [1, 7]);
        assert_eq!(Stages::default().then([1, 1, 250]).ends(7), [1, 7]);
    }
}
