//! One version of a tenant's code, loaded.

use std::{sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use futures_util::poll;
use http::Response;
use tenantry_fastify::Loaded;
use tokio::time::timeout;

use super::{
    gate::{Gate, Pass},
    isolates::{Isolates, NoIsolate},
    room::Place,
};
use crate::application::{Application, Blueprint, Call, Usage};

/// One version of a tenant's code, loaded. Requests enter it, and it ends when the last has left.
pub(super) struct Version {
    pub(super) loaded: Arc<Loaded>,
    pub(super) blueprint: Arc<dyn Blueprint>,
    /// Who takes over from it keeps its place.
    pub(super) place: Arc<Place>,
    isolates: Arc<Isolates>,
    gate: Arc<Gate>,
}

/// What a request came to.
pub(super) enum Answered {
    Response(Response<Bytes>),
    /// It took longer than it may.
    Late(Duration),
    None(NoIsolate),
}

impl Version {
    pub(super) fn new(
        blueprint: Arc<dyn Blueprint>,
        first: Arc<dyn Application>,
        place: Arc<Place>,
    ) -> Arc<Self> {
        let loaded = first.loaded();
        let isolates = Isolates::new(Arc::clone(&blueprint), first);
        Arc::new(Self { loaded, blueprint, place, isolates, gate: Arc::default() })
    }

    /// Enters, unless the version is about to end.
    pub(super) fn enter(&self) -> Option<Pass> {
        self.gate.enter()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.gate.inside() == 0
    }

    pub(super) async fn handle(&self, call: Call) -> Answered {
        let lease = match self.isolates.lease().await {
            Ok(lease) => lease,
            Err(none) => return Answered::None(none),
        };
        let wall = self.blueprint.wall();
        // The application ends its requests itself, with an error its own handlers see. This is for
        // one that cannot.
        let mut answering = lease.isolate.app.handle(call);
        let answered = match poll!(&mut answering) {
            // Mostly it is there at once, and no timer is needed.
            Poll::Ready(response) => Some(response),
            Poll::Pending => timeout(wall + Duration::from_secs(1), answering).await.ok(),
        };
        self.isolates.look_after(lease);
        answered.map_or(Answered::Late(wall), Answered::Response)
    }

    /// Lets nobody in, waits for the last request to leave, and ends.
    pub(super) async fn retire(&self) {
        self.gate.close();
        let grace = self.blueprint.wall() + Duration::from_secs(2);
        let _ = timeout(grace, self.gate.empty()).await;
        self.isolates.close().await;
    }

    pub(super) async fn shrink(&self) {
        self.isolates.shrink().await;
    }

    pub(super) fn isolates(&self) -> usize {
        self.isolates.len()
    }

    pub(super) fn usage(&self) -> Usage {
        self.isolates.usage()
    }
}
