//! Setting ledgers right: `repair`, `sync` and `--mark-applied`.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use tenantry::{Result as DbResult, Tenant, TenantId};

use super::{Migrator, run::Which};
use crate::{
    Correction, CorrectionKind, CorrectionReport, Failure, RepairOptions, Result,
    TenantCorrections,
    ledger::{self, Entry, Progress, State},
    naming,
    site::Site,
    step::{Series, Step},
    survey::survey,
};

/// How many tenants are set right side by side.
const SIDE_BY_SIDE: usize = 4;

impl Migrator {
    /// Looks for what is wrong in these tenants' schemas, or in all, and sets it right: what of it
    /// is in the options.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all). What goes wrong with one tenant is in the report.
    pub async fn repair(
        &self,
        ids: Option<&[TenantId]>,
        options: RepairOptions,
    ) -> Result<CorrectionReport> {
        let series = self.tenant_series()?;
        let wanted = |site: &Site, state: &State| wrong(&series, site, state, options);
        self.correct(ids, options, wanted).await
    }

    /// Says of migrations, up to this one or all, that they are applied, and runs nothing.
    ///
    /// # Errors
    ///
    /// As [`repair`](Self::repair), and [`MigrateError::Failed`](crate::MigrateError::Failed) with
    /// `MIGRATION_UNKNOWN`.
    pub async fn mark_applied(
        &self,
        ids: Option<&[TenantId]>,
        up_to: Option<&str>,
        dry_run: bool,
    ) -> Result<CorrectionReport> {
        let series = self.tenant_series()?;
        let last = match up_to {
            Some(name) => naming::find(&series, name)?.number,
            None => i64::MAX,
        };
        let options = RepairOptions::new().mark_missing(true).dry_run(dry_run);
        let wanted = |site: &Site, state: &State| {
            let steps = series.steps().iter().filter(|step| step.number <= last);
            missing(steps, site, state)
        };
        self.correct(ids, options, wanted).await
    }

    async fn correct(
        &self,
        ids: Option<&[TenantId]>,
        options: RepairOptions,
        wanted: impl Fn(&Site, &State) -> Vec<Correction>,
    ) -> Result<CorrectionReport> {
        let (tenants, unknown) = self.select(ids.map_or(Which::All, Which::These)).await?;
        let total = tenants.len() + unknown.len();
        let sites: Vec<Site> = tenants.iter().map(|tenant| self.site(tenant)).collect();
        let every_site: Vec<&Site> = sites.iter().collect();
        let states = survey(&self.manager.shared(), &every_site).await?;
        let mut found = Vec::new();
        for ((tenant, site), state) in tenants.into_iter().zip(sites).zip(states) {
            let corrections = wanted(&site, &state);
            let error = match &*state {
                State::Unreadable(failure) => Some(failure.clone()),
                _ => None,
            };
            found.push((tenant, site, corrections, error));
        }
        let work: Vec<_> = found
            .into_iter()
            .map(|(tenant, site, corrections, error)| {
                self.correct_one(tenant, site, corrections, error, options).boxed()
            })
            .collect();
        let mut done: Vec<TenantCorrections> =
            stream::iter(work).buffer_unordered(SIDE_BY_SIDE).collect().await;
        for (id, failure) in unknown {
            done.push(TenantCorrections { id, corrections: Vec::new(), error: Some(failure) });
        }
        done.retain(|tenant| !tenant.corrections.is_empty() || tenant.error.is_some());
        done.sort_by(|a, b| a.id.cmp(&b.id));
        let corrected: Vec<TenantId> = done
            .iter()
            .filter(|tenant| tenant.error.is_none())
            .map(|tenant| tenant.id.clone())
            .collect();
        if !options.dry_run && !corrected.is_empty() {
            self.manager.catalog().announce_migrated(&corrected).await?;
        }
        Ok(CorrectionReport {
            dry_run: options.dry_run,
            total,
            concerned: done.iter().filter(|tenant| !tenant.corrections.is_empty()).count(),
            failed: done.iter().filter(|tenant| tenant.error.is_some()).count(),
            tenants: done,
        })
    }

    async fn correct_one(
        &self,
        tenant: Arc<Tenant>,
        site: Site,
        mut corrections: Vec<Correction>,
        mut error: Option<Failure>,
        options: RepairOptions,
    ) -> TenantCorrections {
        if options.indexes && error.is_none() {
            match self.invalid_indexes(&site).await {
                Ok(found) => corrections.extend(found),
                Err(failed) => error = Some(failed.into()),
            }
        }
        if !options.dry_run
            && error.is_none()
            && !corrections.is_empty()
            && let Err(failed) = self.make(&site, &corrections).await
        {
            error = Some(failed.into());
        }
        TenantCorrections { id: tenant.id.clone(), corrections, error }
    }

    /// Makes corrections: what concerns the ledger in one transaction, under the schema's lock.
    async fn make(&self, site: &Site, corrections: &[Correction]) -> DbResult<()> {
        let (indexes, rows): (Vec<&Correction>, Vec<&Correction>) =
            corrections.iter().partition(|one| one.kind == CorrectionKind::DropIndex);
        if !indexes.is_empty() {
            let mut session = self.manager.shared_session().await?;
            for index in indexes {
                session.batch_execute(&index.sql).await?;
            }
        }
        if !rows.is_empty() {
            let timeout = self.manager.config().migrations().lock_timeout.as_millis();
            let mut tx = self.manager.shared().begin().await?;
            let mut sql = format!("SET LOCAL lock_timeout = {timeout}; {}; ", site.lock());
            sql.push_str(&ledger::create(site));
            sql.push_str("; ");
            sql.push_str(&ledger::upgrade(site));
            for row in rows {
                sql.push_str("; ");
                sql.push_str(&row.sql);
            }
            tx.batch_execute(&sql).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The indexes of a schema that were not finished, and are not being made just now.
    async fn invalid_indexes(&self, site: &Site) -> DbResult<Vec<Correction>> {
        let sql = "SELECT i.relname::text, t.relname::text, \
                   pg_catalog.format('%I.%I', n.nspname, i.relname) \
                   FROM pg_catalog.pg_index x \
                   JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i' \
                   JOIN pg_catalog.pg_class t ON t.oid = x.indrelid \
                   JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace \
                   WHERE NOT x.indisvalid AND n.nspname = $1 AND NOT EXISTS (\
                   SELECT FROM pg_catalog.pg_stat_progress_create_index p \
                   WHERE p.index_relid = i.oid) ORDER BY 1";
        let rows = self.manager.shared().query(sql, &[&site.schema]).await?;
        let correction = |row: &tenantry::tokio_postgres::Row| Correction {
            kind: CorrectionKind::DropIndex,
            name: row.get(0),
            found: format!("an index on {} that was not finished", row.get::<_, String>(1)),
            sql: format!("DROP INDEX CONCURRENTLY IF EXISTS {}", row.get::<_, String>(2)),
        };
        Ok(rows.iter().map(correction).collect())
    }
}

/// What a ledger says that is wrong, of what is to be set right.
fn wrong(series: &Series, site: &Site, state: &State, options: RepairOptions) -> Vec<Correction> {
    let mut found = Vec::new();
    for (number, entry) in state.entries().into_iter().flatten() {
        let step = series.find(*number);
        match (entry.is_finished(), step) {
            (false, _) if options.clear || options.applied => {
                found.push(unfinished(site, *number, entry, options.applied));
            }
            (_, Some(step)) if *step.checksum != *entry.checksum && options.checksums => {
                found.push(changed(site, step, entry));
            }
            (_, None) if options.orphans => {
                let sql = ledger::forget(site, *number);
                let found_ = "applied, and its file is gone".to_owned();
                found.push(Correction {
                    kind: CorrectionKind::RemoveOrphan,
                    name: entry.name.clone(),
                    found: found_,
                    sql,
                });
            }
            _ => {}
        }
    }
    if options.missing {
        found.extend(missing(series.steps().iter(), site, state));
    }
    found
}

fn unfinished(site: &Site, number: i64, entry: &Entry, applied: bool) -> Correction {
    let found = match entry.progress {
        Progress::Statements(done) => format!("not finished: {done} of its statements are done"),
        Progress::Unknown | Progress::Finished => {
            "not finished: it ended the transaction it ran in".to_owned()
        }
    };
    let ledger = &site.ledger;
    let only = format!("WHERE number = {number} AND duration_ms IS NULL");
    let (kind, sql) = match applied {
        true => (
            CorrectionKind::MarkApplied,
            format!("UPDATE {ledger} SET duration_ms = 0, done = NULL {only}"),
        ),
        false => (CorrectionKind::ClearUnfinished, format!("DELETE FROM {ledger} {only}")),
    };
    Correction { kind, name: entry.name.clone(), found, sql }
}

fn changed(site: &Site, step: &Step, entry: &Entry) -> Correction {
    let (new, old) = (ledger::literal(&step.checksum), ledger::literal(&entry.checksum));
    let name = ledger::literal(&step.name);
    Correction {
        kind: CorrectionKind::AcceptChecksum,
        name: step.name.to_string(),
        found: "changed after it had been applied".to_owned(),
        sql: format!(
            "UPDATE {} SET name = {name}, checksum = {new} \
             WHERE number = {} AND checksum = {old}",
            site.ledger, step.number
        ),
    }
}

/// Those of these migrations that a ledger does not have.
fn missing<'a>(
    steps: impl Iterator<Item = &'a Step>,
    site: &Site,
    state: &State,
) -> Vec<Correction> {
    if matches!(state, State::NoSchema | State::Unreadable(_)) {
        return Vec::new();
    }
    let lacks = |step: &&Step| state.entries().is_none_or(|l| !l.contains_key(&step.number));
    steps
        .filter(lacks)
        .map(|step| Correction {
            kind: CorrectionKind::MarkApplied,
            name: step.name.to_string(),
            found: "not applied".to_owned(),
            sql: ledger::note(site, step.row()),
        })
        .collect()
}
