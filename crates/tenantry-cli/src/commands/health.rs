use std::time::Duration;

use tenantry::{HealthCheckResult, HealthOptions, HealthStatus, TenantStatus};

use crate::{
    arguments::{Global, Health},
    connect::{Access, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    table::{align_right, count, duration, table},
};

/// `tenantry health`
pub(super) async fn run(arguments: &Health, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let mut ids = environment::tenant_ids(&config, &arguments.tenant)?;
    let manager = connect(config, Access::Reading).await?;
    if ids.is_empty() {
        let all = manager.catalog().list().await?;
        let active = all.iter().filter(|tenant| tenant.status == TenantStatus::Active);
        ids = active.map(|tenant| tenant.id.clone()).collect();
    }
    let within = Duration::from_secs(arguments.timeout.into());
    let options = HealthOptions::default().tenants(ids).ping_timeout(within);
    let health = manager.health(options).await;
    console.answer(&health, || text(&health))?;
    Ok(if health.healthy { Exit::Done } else { Exit::Failed })
}

fn text(health: &HealthCheckResult) -> String {
    let answer = |status: HealthStatus, took: Option<u64>, error: Option<&String>| {
        let word = match status {
            HealthStatus::Ok => "✅ OK",
            HealthStatus::Degraded => "⚠️ Degraded",
            HealthStatus::Unhealthy => "❌ Unhealthy",
        };
        let took = took.map_or_else(|| "–".to_owned(), duration);
        (took, error.map_or_else(|| word.to_owned(), |error| format!("{word}: {error}")))
    };
    let (took, status) = answer(
        health.shared_db,
        health.shared_db_response_time_ms,
        health.shared_db_error.as_ref(),
    );
    let mut rows = table(["Tenant", "Answer", "Status"]);
    rows.add_row(["(shared)".to_owned(), took, status]);
    for pool in &health.pools {
        let (took, status) = answer(pool.status, pool.response_time_ms, pool.error.as_ref());
        rows.add_row([pool.tenant_id.to_string(), took, status]);
    }
    align_right(&mut rows, 1);
    let looked = count(health.total_pools, "tenant");
    let verdict = match health.unhealthy_pools {
        0 if health.healthy => format!("{looked}, all well"),
        unhealthy => format!("{looked}, {unhealthy} unhealthy"),
    };
    format!("{rows}\n{verdict} ({})\n", duration(health.duration_ms))
}
