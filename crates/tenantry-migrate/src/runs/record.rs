//! Writing down a run while it is under way.

use std::time::Duration;

use tenantry::{Result, TenantId, TenantManager};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::{Instant, MissedTickBehavior},
};

use super::{Finished, RunRequest, RunState, table};
use crate::{MigrateStatus, TenantReport, host};

/// How long results are gathered before they are written and announced together.
const GATHER: Duration = Duration::from_millis(250);
/// How often a run gives a sign of life, at least.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How many results one statement writes.
const BATCH: usize = 500;

/// Writes a run down and announces which tenants were migrated: both in batches, on a task of its
/// own. What cannot be written is told in the log, and stops nothing.
#[derive(Debug)]
pub(crate) struct Recorder {
    run: Option<i64>,
    results: UnboundedSender<Finished>,
    writing: Option<JoinHandle<()>>,
    manager: TenantManager,
}

impl Recorder {
    /// Writes down that a run begins, or that one goes on.
    pub(crate) async fn begin(
        manager: &TenantManager,
        request: &RunRequest,
        files: Vec<String>,
        tenants: usize,
        resumed: Option<i64>,
    ) -> Self {
        match begin(manager, request, files, tenants, resumed).await {
            Ok(run) => Self::start(manager, Some(run)),
            Err(error) => {
                tracing::warn!(%error, "this run is not recorded");
                Self::start(manager, None)
            }
        }
    }

    /// Announces tenants, and writes nothing.
    pub(crate) fn announcing(manager: &TenantManager) -> Self {
        Self::start(manager, None)
    }

    fn start(manager: &TenantManager, run: Option<i64>) -> Self {
        let (results, finished) = unbounded_channel();
        let writing = tokio::spawn(write(manager.clone(), run, finished));
        Self { run, results, writing: Some(writing), manager: manager.clone() }
    }

    /// The run's number, where it is recorded.
    pub(crate) fn run(&self) -> Option<i64> {
        self.run
    }

    /// A tenant is done with.
    pub(crate) fn finished(&self, report: &TenantReport) {
        let finished = Finished {
            tenant: report.id.clone(),
            status: status(report.status).to_owned(),
            applied: report.applied.clone(),
            error: report.error.clone(),
            duration_ms: i64::try_from(report.duration_ms).unwrap_or(i64::MAX),
        };
        // The writer goes on until this is dropped.
        let _ = self.results.send(finished);
    }

    /// Writes everything that is left, and how the run has ended.
    pub(crate) async fn end(mut self, stopped: bool, failed: bool) {
        let (closed, _) = unbounded_channel();
        // Dropping the sender ends the writer, when it has written everything.
        drop(std::mem::replace(&mut self.results, closed));
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
        let Some(run) = self.run else { return };
        let state = match (stopped, failed) {
            (true, _) => "stopped",
            (false, true) => "failed",
            (false, false) => "succeeded",
        };
        let sql = "UPDATE tenantry.runs SET state = $2, ended_at = pg_catalog.clock_timestamp(), \
                   seen_at = pg_catalog.clock_timestamp() WHERE id = $1";
        if let Err(error) = self.manager.shared().execute(sql, &[&run, &state]).await {
            tracing::warn!(%error, run, "the end of this run is not recorded");
        }
    }
}

/// A run whose future is dropped is over, whatever it says in the table.
impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(writing) = &self.writing {
            writing.abort();
        }
    }
}

async fn begin(
    manager: &TenantManager,
    request: &RunRequest,
    files: Vec<String>,
    tenants: usize,
    resumed: Option<i64>,
) -> Result<i64> {
    table::make(manager).await?;
    let (user, host, version) = (host::user(), host::name(), env!("CARGO_PKG_VERSION"));
    let pid = i32::try_from(std::process::id()).unwrap_or(0);
    let tenants = i32::try_from(tenants).unwrap_or(i32::MAX);
    let mut db = manager.shared();
    if let Some(run) = resumed {
        let sql = "UPDATE tenantry.runs SET state = 'running', ended_at = NULL, \
                   seen_at = pg_catalog.clock_timestamp(), started_by = $2, host = $3, pid = $4, \
                   version = $5, tenants = ($6 + (SELECT pg_catalog.count(*) \
                   FROM tenantry.run_tenants t WHERE t.run = $1 \
                   AND t.status IN ('succeeded', 'skipped', 'gone')))::integer WHERE id = $1";
        db.execute(sql, &[&run, &user, &host, &pid, &version, &i64::from(tenants)]).await?;
        return Ok(run);
    }
    let request = serde_json::to_value(request).map_err(tenantry::Error::application)?;
    let sql = "INSERT INTO tenantry.runs \
               (started_by, host, pid, version, request, files, tenants) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let row =
        db.query_one(sql, &[&user, &host, &pid, &version, &request, &files, &tenants]).await?;
    Ok(row.get(0))
}

/// Gathers results, and writes and announces them now and then.
async fn write(manager: TenantManager, run: Option<i64>, mut results: UnboundedReceiver<Finished>) {
    let mut ticks = tokio::time::interval(GATHER);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    let mut gathered = Vec::new();
    loop {
        // Until the next tick, or until the run has ended: nobody waits for a tick then.
        let ended = loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => break false,
                received = results.recv() => match received {
                    Some(finished) => gathered.push(finished),
                    None => break true,
                },
            }
        };
        if !gathered.is_empty() || last.elapsed() >= HEARTBEAT {
            flush(&manager, run, &mut gathered).await;
            last = Instant::now();
        }
        if ended {
            return;
        }
    }
}

async fn flush(manager: &TenantManager, run: Option<i64>, gathered: &mut Vec<Finished>) {
    let migrated: Vec<TenantId> = gathered
        .iter()
        .filter(|finished| !finished.applied.is_empty())
        .map(|finished| finished.tenant.clone())
        .collect();
    if !migrated.is_empty()
        && let Err(error) = manager.catalog().announce_migrated(&migrated).await
    {
        tracing::warn!(%error, "other processes could not be told of migrated tenants");
    }
    if let Some(run) = run {
        for batch in gathered.chunks(BATCH) {
            if let Err(error) = insert(manager, run, batch).await {
                tracing::warn!(%error, run, "results are not recorded");
            }
        }
        let sql = "UPDATE tenantry.runs SET seen_at = pg_catalog.clock_timestamp() WHERE id = $1";
        if let Err(error) = manager.shared().execute(sql, &[&run]).await {
            tracing::debug!(%error, run, "no sign of life");
        }
    }
    gathered.clear();
}

async fn insert(manager: &TenantManager, run: i64, batch: &[Finished]) -> Result<()> {
    let tenants: Vec<&str> = batch.iter().map(|one| one.tenant.as_str()).collect();
    let statuses: Vec<&str> = batch.iter().map(|one| one.status.as_str()).collect();
    // An array of arrays must be rectangular, so each goes as JSON.
    let applied: Vec<serde_json::Value> =
        batch.iter().map(|one| serde_json::json!(one.applied)).collect();
    let errors: Vec<Option<serde_json::Value>> = batch
        .iter()
        .map(|one| one.error.as_ref().and_then(|error| serde_json::to_value(error).ok()))
        .collect();
    let durations: Vec<i64> = batch.iter().map(|one| one.duration_ms).collect();
    let sql = "INSERT INTO tenantry.run_tenants (run, tenant, status, applied, error, duration_ms) \
               SELECT $1, r.tenant, r.status, \
               ARRAY(SELECT pg_catalog.jsonb_array_elements_text(r.applied)), r.error, r.took \
               FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]), \
               pg_catalog.unnest($4::jsonb[]), pg_catalog.unnest($5::jsonb[]), \
               pg_catalog.unnest($6::int8[])) AS r (tenant, status, applied, error, took) \
               ON CONFLICT (run, tenant) DO UPDATE SET status = excluded.status, \
               applied = run_tenants.applied || excluded.applied, error = excluded.error, \
               duration_ms = run_tenants.duration_ms + excluded.duration_ms, \
               finished_at = excluded.finished_at";
    let params =
        [&run as _, &tenants as _, &statuses as _, &applied as _, &errors as _, &durations as _];
    manager.shared().execute(sql, &params).await?;
    Ok(())
}

fn status(status: MigrateStatus) -> &'static str {
    match status {
        MigrateStatus::Succeeded => "succeeded",
        MigrateStatus::Skipped => "skipped",
        MigrateStatus::Failed => "failed",
        MigrateStatus::Pending => "pending",
        MigrateStatus::Unfinished => "unfinished",
        MigrateStatus::Gone => "gone",
    }
}

/// What the table says, seen from now.
pub(super) fn state(state: &str, is_silent: bool) -> RunState {
    match state {
        "running" if is_silent => RunState::Interrupted,
        "running" => RunState::Running,
        "succeeded" => RunState::Succeeded,
        "stopped" => RunState::Stopped,
        _ => RunState::Failed,
    }
}
