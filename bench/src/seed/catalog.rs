//! Tenants in Tenantry's catalog.

use std::process::Stdio;

use tokio::process::Command;

use crate::cluster;
use crate::failure::{Doing as _, Failure, Result};
use crate::{tenants, workspace};

/// Enters the first `count` tenants, whose schemas are there already, into the catalog. The
/// command sets the catalog up; the rows then go in at once and not one command each.
pub(crate) async fn enrol(url: &str, count: usize) -> Result<()> {
    set_up(url).await?;
    let ids: Vec<String> = (1..=count).map(tenants::id).collect();
    let schemas: Vec<String> = ids.iter().map(|id| tenants::schema(id)).collect();
    let client = cluster::connect(url).await?;
    client
        .execute(
            "INSERT INTO tenantry.tenants (id, schema) \
             SELECT * FROM unnest($1::text[], $2::text[])",
            &[&ids, &schemas],
        )
        .await
        .doing("cannot enter the tenants into the catalog")?;
    client.batch_execute("VACUUM (ANALYZE) tenantry.tenants").await?;
    Ok(())
}

/// The first tenant that is created makes the catalog; it is not wanted after that.
async fn set_up(url: &str) -> Result<()> {
    tenantry(url, &["tenant", "create", "first", "--no-migrate"]).await?;
    tenantry(url, &["tenant", "drop", "first", "--yes"]).await
}

async fn tenantry(url: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(workspace::production_binary("tenantry"))
        .args(arguments)
        .current_dir(workspace::bench())
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .output()
        .await
        .doing("cannot run tenantry: cargo build --profile production -p tenantry-cli")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!("tenantry {} failed: {}", arguments.join(" "), said.trim())))
}
