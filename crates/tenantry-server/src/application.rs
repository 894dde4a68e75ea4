//! What the runtime of tenants asks of an application, whatever it is written in.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use tenantry_fastify::{Loaded, RequestInfo};

use crate::error::Broken;

/// A request on its way to an application.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) request: Request<Bytes>,
    pub(crate) info: RequestInfo,
}

/// One instance of a tenant's application: for JavaScript, an isolate with it loaded.
pub(crate) trait Application: Send + Sync + 'static {
    /// Answers a request. If it is dropped, what runs for it is cancelled.
    fn handle(&self, call: Call) -> BoxFuture<'static, Response<Bytes>>;

    /// Ends it: its last hooks run, and its memory is given back.
    fn close(&self) -> BoxFuture<'static, ()>;

    /// Whether it has passed a limit and takes no more requests.
    fn is_condemned(&self) -> bool;

    /// What came of loading it.
    fn loaded(&self) -> Arc<Loaded>;

    /// What it uses.
    fn usage(&self) -> Usage;
}

/// What an instance uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Bytes.
    pub(crate) memory: usize,
    /// Since it was made.
    pub(crate) cpu: Duration,
}

/// One version of a tenant's code, of which instances can be made.
pub(crate) trait Blueprint: Send + Sync + 'static {
    /// Makes one.
    fn build(&self) -> BoxFuture<'_, Result<Arc<dyn Application>, Broken>>;

    /// How many there may be of it.
    fn most(&self) -> usize;

    /// How many of its requests may be under way.
    fn open_requests(&self) -> usize;

    /// Whether what its requests wait for takes no more of them: another one would be turned away there.
    fn is_overloaded(&self) -> bool {
        false
    }

    /// How long a request may take.
    fn wall(&self) -> Duration;
}

/// Where a tenant's code comes from.
pub(crate) trait Origin: Send + Sync + 'static {
    /// Reads it as it is now.
    fn open(&self) -> BoxFuture<'_, Result<Arc<dyn Blueprint>, Broken>>;

    /// What kind it is, for statistics: `folder`, `native`, a strategy's name.
    fn kind(&self) -> &str;
}

/// Among an answer's extensions: an error that nothing of the tenant's own has handled.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: u16,
}
