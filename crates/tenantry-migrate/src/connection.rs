//! What a migration needs of a connection, whichever kind it is.

use tenantry::{
    Result, SharedDb, SharedSession, TenantSession, Transaction,
    tokio_postgres::{Row, types::ToSql},
};

/// Runs statements.
pub(crate) trait Connection {
    /// Several statements in one message, without parameters.
    async fn batch(&mut self, sql: &str) -> Result<()>;
    /// One statement and its rows.
    async fn rows(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>>;
}

macro_rules! connection {
    ($($type:ty),*) => {$(
        impl Connection for $type {
            async fn batch(&mut self, sql: &str) -> Result<()> {
                self.batch_execute(sql).await
            }

            async fn rows(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
                self.query(sql, params).await
            }
        }
    )*};
}

connection!(SharedDb, SharedSession, TenantSession, Transaction);
