use tenantry::{Config, TenantManager};

use crate::failure::Result;

/// Whether a command may write to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It writes nothing at all: where there is no catalog, none is made.
    Reading,
    /// It may; the catalog is made on first use.
    Writing,
}

/// Connects, for as long as one command takes.
pub(crate) async fn connect(config: Config, access: Access) -> Result<TenantManager> {
    let builder = TenantManager::builder(config).without_listener();
    let builder = match access {
        Access::Reading => builder.read_only(),
        Access::Writing => builder,
    };
    Ok(builder.connect().await?)
}

/// Closes what was interrupted: a statement that still runs is cancelled, and PostgreSQL rolls its
/// transaction back.
pub(crate) async fn abandon(manager: &TenantManager) {
    let report = manager.close().await;
    if report.left > 0 {
        tracing::warn!(connections = report.left, "PostgreSQL has not ended all connections yet");
    }
}
