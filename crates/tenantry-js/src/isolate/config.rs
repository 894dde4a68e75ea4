//! What an isolate is made of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Record;
use crate::fetch::FetchPolicy;
use crate::host::{Host, NoHost};
use crate::modules::{Memory, ModuleSource};
use crate::{Limits, Script};

/// What an isolate is made of.
#[derive(Clone)]
pub struct IsolateConfig {
    /// For logs and errors.
    pub name: Arc<str>,
    /// What it may use.
    pub limits: Limits,
    /// CPU time, and at least the wall time, of each task until [`Isolate::loaded`](super::Isolate::loaded)
    /// is called, where loading has a limit of its own. `None`: the limits of tasks, from the beginning.
    pub loading: Option<Duration>,
    /// Trusted scripts, run in this order before anything else; compiled once per process.
    pub prelude: Vec<Script>,
    /// The tenant's own code.
    pub modules: Arc<dyn ModuleSource>,
    /// What it may ask for.
    pub host: Arc<dyn Host>,
    /// `process.env`.
    pub env: BTreeMap<String, String>,
    /// Where `fetch` may go; nowhere by default.
    pub fetch: FetchPolicy,
    /// What is known of this code already, shared with other isolates of it.
    pub record: Record,
}

impl IsolateConfig {
    /// An isolate with no prelude, modules or host, and the default limits.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            limits: Limits::default(),
            loading: None,
            prelude: Vec::new(),
            modules: Arc::new(Memory::new()),
            host: Arc::new(NoHost),
            env: BTreeMap::new(),
            fetch: FetchPolicy::default(),
            record: Record::default(),
        }
    }
}

impl std::fmt::Debug for IsolateConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IsolateConfig")
            .field("name", &self.name)
            .field("limits", &self.limits)
            .field("prelude", &self.prelude.iter().map(|script| &script.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
