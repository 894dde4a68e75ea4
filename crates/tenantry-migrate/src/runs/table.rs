use tenantry::{Result, TenantManager};

/// The key of the advisory lock under which the tables are made: "tenruns" in ASCII.
const LOCK: i64 = 0x0074_656e_7275_6e73;

/// After how many seconds without a sign of life a run counts as interrupted.
pub(super) const SILENCE: i32 = 10;

/// Whether there are runs to be read.
pub(super) async fn is_there(manager: &TenantManager) -> Result<bool> {
    let sql = "SELECT pg_catalog.to_regclass('tenantry.run_tenants') IS NOT NULL";
    Ok(manager.shared().query_one(sql, &[]).await?.get(0))
}

/// Makes the tables in a catalog that has none.
pub(super) async fn make(manager: &TenantManager) -> Result<()> {
    if is_there(manager).await? {
        return Ok(());
    }
    let mut tx = manager.shared().begin().await?;
    tx.query("SELECT pg_catalog.pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    tx.batch_execute(include_str!("table.sql")).await?;
    tx.commit().await
}
