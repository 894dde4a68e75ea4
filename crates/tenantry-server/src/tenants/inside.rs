//! A request that is let in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tenantry_fastify::Loaded;

use super::{gate::Pass, version::Version};

/// A request that is let in: it counts among those under way, and the version it is in does not end
/// before it.
pub(crate) struct Inside {
    pub(super) version: Arc<Version>,
    _pass: Pass,
    _open: Open,
}

impl Inside {
    pub(super) fn new(version: Arc<Version>, pass: Pass, open: Open) -> Self {
        Self { version, _pass: pass, _open: open }
    }

    /// What its tenant is, as that version was loaded.
    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.version.loaded)
    }

    /// How long it may take.
    pub(crate) fn wall(&self) -> Duration {
        self.version.blueprint.wall()
    }
}

/// A request that counts for as long as it lives.
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    pub(super) fn count(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
