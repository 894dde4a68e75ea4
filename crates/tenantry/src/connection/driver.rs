use std::sync::Arc;

use tenantry_pool::{Condition, Driver, Event, TargetId};

use super::{cut::Cutter, pg::PgConnection, server::Server, tally::Tally};
use crate::ConnectError;

/// Hears of what happens in a pool.
type OnEvent = Box<dyn Fn(Event<'_, PgDriver>) + Send + Sync>;

/// Opens, cleans and closes connections to PostgreSQL for the pool.
pub(crate) struct PgDriver {
    statement_cache: usize,
    tally: Arc<Tally>,
    on_event: OnEvent,
}

impl PgDriver {
    /// A driver whose connections keep up to `statement_cache` prepared statements each, and
    /// `max_prepared` together.
    pub(crate) fn new(
        statement_cache: usize,
        max_prepared: usize,
        on_event: impl Fn(Event<'_, Self>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            statement_cache,
            tally: Arc::new(Tally::new(max_prepared)),
            on_event: Box::new(on_event),
        }
    }

    /// What its connections have done.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Driver for PgDriver {
    type Server = Server;
    // Boxed: it is moved from hand to hand with every statement.
    type Connection = Box<PgConnection>;
    type Error = ConnectError;
    type Handle = Arc<Cutter>;

    async fn connect(&self, server: &Server) -> Result<Box<PgConnection>, ConnectError> {
        Ok(Box::new(
            PgConnection::open(server, self.statement_cache, Arc::clone(&self.tally)).await?,
        ))
    }

    fn condition(&self, connection: &Box<PgConnection>) -> Condition {
        connection.condition()
    }

    fn has_residue(&self, connection: &Box<PgConnection>) -> bool {
        connection.has_residue()
    }

    async fn clean(&self, connection: &mut Box<PgConnection>) -> Result<(), ConnectError> {
        connection.clean().await
    }

    fn handle(&self, connection: &Box<PgConnection>) -> Arc<Cutter> {
        connection.cutter()
    }

    async fn cut_off(&self, handle: Arc<Cutter>) -> bool {
        handle.cut_off().await
    }

    fn forget(&self, connection: &mut Box<PgConnection>, target: TargetId) {
        connection.forget(target);
    }

    async fn close(&self, connection: Box<PgConnection>) {
        connection.close().await;
    }

    fn event(&self, event: Event<'_, Self>) {
        (self.on_event)(event);
    }
}
