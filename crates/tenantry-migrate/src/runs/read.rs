use tenantry::{TenantId, TenantManager, tokio_postgres::Row};

use super::{Run, RunDetails, RunRequest, RunState, RunTenant, record, table};
use crate::{Failure, MigrateOptions, MigrateReport, Migrator, Result, migrator};

const COLUMNS: &str = "SELECT r.id, r.state, r.seen_at < pg_catalog.clock_timestamp() \
    - pg_catalog.make_interval(secs => $1), \
    to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
    to_char(r.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
    (EXTRACT(EPOCH FROM coalesce(r.ended_at, r.seen_at) - r.started_at) * 1000)::int8, \
    r.started_by, r.host, r.pid, r.version, r.request, r.files, r.tenants, \
    t.succeeded, t.failed, r.tenants - t.done \
    FROM tenantry.runs r CROSS JOIN LATERAL (SELECT \
    count(*) FILTER (WHERE t.status IN ('succeeded', 'skipped')) AS succeeded, \
    count(*) FILTER (WHERE t.status = 'failed') AS failed, \
    count(*) FILTER (WHERE t.status NOT IN ('unfinished', 'pending')) AS done \
    FROM tenantry.run_tenants t WHERE t.run = r.id) t";

impl Migrator {
    /// The runs that were recorded, the newest first.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn runs(&self, most: usize) -> Result<Vec<Run>> {
        if !table::is_there(self.manager()).await? {
            return Ok(Vec::new());
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = format!("{COLUMNS} ORDER BY r.id DESC LIMIT $2");
        let silence = f64::from(table::SILENCE);
        let rows = self.manager().shared().query(&sql, &[&silence, &most]).await?;
        Ok(rows.iter().map(run).collect())
    }

    /// A run, with what came of each tenant.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Failed`](crate::MigrateError::Failed) with `RUN_NOT_FOUND`; those of a
    /// statement.
    pub async fn show_run(&self, id: i64) -> Result<RunDetails> {
        let run = find(self.manager(), id).await?;
        let sql = "SELECT tenant, status, applied, error, duration_ms, \
                   to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
                   FROM tenantry.run_tenants WHERE run = $1 ORDER BY tenant";
        let rows = self.manager().shared().query(sql, &[&id]).await?;
        let result = |row: &Row| RunTenant {
            tenant: row.get(0),
            status: row.get(1),
            applied: row.get(2),
            error: row.get(3),
            duration_ms: row.get(4),
            finished_at: row.get(5),
        };
        Ok(RunDetails { run, results: rows.iter().map(result).collect() })
    }

    /// Goes on with a run that was interrupted or stopped, or in which tenants failed: with what
    /// was asked for then, on what is left. Without a number, with the last one that is not done.
    ///
    /// Of the options, functions, the dry run, a pause between stages and `strict` are taken, and
    /// all else from the run.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Failed`](crate::MigrateError::Failed) with `RUN_NOT_FOUND`,
    /// `NOTHING_TO_RESUME` or `CHECKS_MISSING`; as [`migrate_all`](Self::migrate_all).
    pub async fn resume(&self, id: Option<i64>, options: &MigrateOptions) -> Result<MigrateReport> {
        let run = match id {
            Some(id) => find(self.manager(), id).await?,
            None => self.last_unfinished().await?,
        };
        if run.state == RunState::Succeeded {
            let message = format!("run {} is done: nothing of it is left", run.id);
            return Err(Failure::new("NOTHING_TO_RESUME", message).into());
        }
        let request: RunRequest =
            serde_json::from_value(run.request).map_err(tenantry::Error::application)?;
        request.check_again(run.id, options)?;
        let ids = match request.tenants() {
            Some(ids) => {
                let config = self.manager().config();
                let ids = ids.iter().map(|id| config.parse_tenant_id(id));
                Some(ids.collect::<Result<Vec<TenantId>, _>>().map_err(tenantry::Error::from)?)
            }
            None => None,
        };
        let options = request.options(options);
        migrator::go_on(self, ids.as_deref(), &options, run.id).await
    }

    async fn last_unfinished(&self) -> Result<Run> {
        let runs = self.runs(1).await?;
        let last = runs.into_iter().next().filter(|run| run.state != RunState::Succeeded);
        last.ok_or_else(|| {
            let message = "the last run is done: there is nothing to go on with".to_owned();
            Failure::new("NOTHING_TO_RESUME", message).into()
        })
    }
}

async fn find(manager: &TenantManager, id: i64) -> Result<Run> {
    let not_found = || Failure::new("RUN_NOT_FOUND", format!("there is no run {id}"));
    if !table::is_there(manager).await? {
        return Err(not_found().into());
    }
    let sql = format!("{COLUMNS} WHERE r.id = $2");
    let silence = f64::from(table::SILENCE);
    let row = manager.shared().query_opt(&sql, &[&silence, &id]).await?;
    Ok(run(&row.ok_or_else(not_found)?))
}

fn run(row: &Row) -> Run {
    Run {
        id: row.get(0),
        state: record::state(row.get(1), row.get(2)),
        started_at: row.get(3),
        ended_at: row.get(4),
        duration_ms: row.get(5),
        started_by: row.get(6),
        host: row.get(7),
        pid: row.get(8),
        version: row.get(9),
        request: row.get(10),
        files: row.get(11),
        tenants: row.get(12),
        succeeded: row.get(13),
        failed: row.get(14),
        left: row.get(15),
    }
}
