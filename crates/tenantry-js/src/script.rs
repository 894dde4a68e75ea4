//! Trusted JavaScript that comes with the host.

use std::sync::Arc;

use crate::isolate::Compiled;

/// A prelude script: an ES module that runs before anything of a tenant's, and alone sees `host`.
///
/// Prelude scripts import each other by name: `import { x } from "prelude:<name>"`. Clones of one are compiled once:
/// whoever makes many isolates makes a script once, and clones it.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<str>,
    pub(crate) compiled: Compiled,
}

impl Script {
    /// A script and its name, which stack traces show as `prelude:<name>`.
    pub fn new(name: impl Into<Arc<str>>, source: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), source: source.into(), compiled: Compiled::default() }
    }
}
