use tenantry::{Result, SharedSession, TenantManager};

/// A session that migrates one tenant after the other.
///
/// A tenant's files name their schema to PostgreSQL themselves, so the session needs to be no
/// tenant's. To begin each with a session of its own would cost a connection that is being cleaned
/// for each that works, and a PostgreSQL process pays for every table that another one makes.
///
/// A process also keeps what it learns of every table: after so many tenants a lane's is replaced.
#[derive(Debug)]
pub(super) struct Lane {
    manager: TenantManager,
    session: Option<Open>,
}

#[derive(Debug)]
struct Open {
    session: SharedSession,
    pid: i32,
    tenants: usize,
    /// Whether the client has prepared statements, which `DISCARD ALL` would take from under it.
    has_prepared: bool,
}

impl Lane {
    pub(super) fn new(manager: TenantManager) -> Self {
        Self { manager, session: None }
    }

    /// The session, with nothing left in it of the tenant before, its locks among it; another one
    /// where that can't be. With the number of its process.
    pub(super) async fn begin(&mut self) -> Result<(&mut SharedSession, i32)> {
        let mut open = match self.reuse().await {
            Some(open) => open,
            None => {
                let mut session = self.manager.shared_session().await?;
                let row = session.query_once("SELECT pg_catalog.pg_backend_pid()").await?;
                let pid = row.first().map_or(0, |row| row.get(0));
                Open { session, pid, tenants: 0, has_prepared: false }
            }
        };
        open.tenants += 1;
        let open = self.session.insert(open);
        Ok((&mut open.session, open.pid))
    }

    /// Says that code of others has run, which may have prepared statements.
    pub(super) fn has_prepared(&mut self) {
        if let Some(open) = &mut self.session {
            open.has_prepared = true;
        }
    }

    async fn reuse(&mut self) -> Option<Open> {
        let mut open = self.session.take()?;
        let most = self.manager.config().migrations().tenants_per_connection;
        if most > 0 && open.tenants >= most {
            open.session.discard();
            return None;
        }
        if open.has_prepared {
            return None;
        }
        open.session.batch_execute("DISCARD ALL").await.ok()?;
        Some(open)
    }
}
