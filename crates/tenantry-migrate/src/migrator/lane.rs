use tenantry::{Result, SharedSession, TenantManager};

/// A session that migrates one tenant after the other.
///
/// A tenant's files name their schema to PostgreSQL themselves, so the session needs to be no
/// tenant's. To begin each with a session of its own would cost a connection that is being cleaned
/// for each that works, and a PostgreSQL process pays for every table that another one makes.
#[derive(Debug)]
pub(super) struct Lane {
    manager: TenantManager,
    session: Option<SharedSession>,
}

impl Lane {
    pub(super) fn new(manager: TenantManager) -> Self {
        Self { manager, session: None }
    }

    /// The session, with nothing left in it of the tenant before; another one where that can't be.
    pub(super) async fn session(&mut self) -> Result<&mut SharedSession> {
        let session = match self.reuse().await {
            Some(session) => session,
            None => self.manager.shared_session().await?,
        };
        Ok(self.session.insert(session))
    }

    async fn reuse(&mut self) -> Option<SharedSession> {
        let mut session = self.session.take()?;
        session.batch_execute("DISCARD ALL").await.ok()?;
        Some(session)
    }
}
