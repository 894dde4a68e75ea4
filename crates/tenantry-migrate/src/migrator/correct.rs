//! Setting ledgers right: `repair`, `sync` and `--mark-applied`.

use futures_util::{FutureExt, StreamExt, stream};
use tenantry::{Result as DbResult, TenantId};

use super::{Migrator, run::Which};
use crate::{
    Correction, CorrectionKind, CorrectionReport, Failure, RepairOptions, Result,
    SharedCorrections, TenantCorrections,
    ledger::{self, Entry, Progress, State},
    naming,
    site::Site,
    step::{Series, Step},
};

/// How many tenants are set right side by side.
const SIDE_BY_SIDE: usize = 4;

impl Migrator {
    /// Looks for what is wrong in these tenants' schemas, or in all, and sets it right: what of it
    /// is in the options, and whether the shared schema is looked at, too.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all). What goes wrong with one tenant is in the report.
    pub async fn repair(
        &self,
        ids: Option<&[TenantId]>,
        options: RepairOptions,
    ) -> Result<CorrectionReport> {
        let shared = match options.shared {
            true => {
                let series = self.shared_series()?;
                let wanted = |site: &Site, state: &State| wrong(&series, site, state, options);
                Some(self.correct_shared(options, wanted).await?)
            }
            false => None,
        };
        let mut report = match ids {
            // The shared schema alone needs no folder of tenants' migrations.
            Some([]) => CorrectionReport::of_none(options),
            _ => {
                let series = self.tenant_series()?;
                let wanted = |site: &Site, state: &State| wrong(&series, site, state, options);
                self.correct(ids, options, wanted).await?
            }
        };
        report.shared = shared;
        Ok(report)
    }

    /// Looks for what is wrong in the shared schema alone, and sets it right.
    ///
    /// # Errors
    ///
    /// As [`repair`](Self::repair).
    pub async fn repair_shared(&self, options: RepairOptions) -> Result<CorrectionReport> {
        self.repair(Some(&[]), options.shared(true)).await
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
        let last = last(&series, up_to)?;
        let options = RepairOptions::new().mark_missing(true).dry_run(dry_run);
        let wanted = |site: &Site, state: &State| {
            let steps = series.steps().iter().filter(|step| step.number <= last);
            missing(steps, site, state)
        };
        self.correct(ids, options, wanted).await
    }

    /// Says of the shared schema's migrations, up to this one or all, that they are applied, and
    /// runs nothing.
    ///
    /// # Errors
    ///
    /// As [`mark_applied`](Self::mark_applied).
    pub async fn mark_shared_applied(
        &self,
        up_to: Option<&str>,
        dry_run: bool,
    ) -> Result<CorrectionReport> {
        let series = self.shared_series()?;
        let last = last(&series, up_to)?;
        let options = RepairOptions::new().mark_missing(true).dry_run(dry_run);
        let wanted = |site: &Site, state: &State| {
            let steps = series.steps().iter().filter(|step| step.number <= last);
            missing(steps, site, state)
        };
        let shared = self.correct_shared(options, wanted).await?;
        Ok(CorrectionReport { shared: Some(shared), ..CorrectionReport::of_none(options) })
    }

    async fn correct_shared(
        &self,
        options: RepairOptions,
        wanted: impl Fn(&Site, &State) -> Vec<Correction>,
    ) -> Result<SharedCorrections> {
        let site = self.shared_site();
        let state = ledger::read(&mut self.manager.shared(), &site).await?;
        let error = match &state {
            State::Unreadable(failure) => Some(failure.clone()),
            _ => None,
        };
        let (corrections, error) =
            self.correct_one(&site, wanted(&site, &state), error, options).await;
        if !options.dry_run && error.is_none() && !corrections.is_empty() {
            self.manager.catalog().announce_all_migrated().await?;
        }
        Ok(SharedCorrections { schema: site.schema, corrections, error })
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
        let states = ledger::read_all(&self.manager.shared(), &every_site).await?;
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
                async move {
                    let (corrections, error) =
                        self.correct_one(&site, corrections, error, options).await;
                    TenantCorrections { id: tenant.id.clone(), corrections, error }
                }
                .boxed()
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
            shared: None,
            tenants: done,
        })
    }

    async fn correct_one(
        &self,
        site: &Site,
        mut corrections: Vec<Correction>,
        mut error: Option<Failure>,
        options: RepairOptions,
    ) -> (Vec<Correction>, Option<Failure>) {
        if options.indexes && error.is_none() {
            match self.invalid_indexes(site).await {
                Ok(found) => corrections.extend(found),
                Err(failed) => error = Some(failed.into()),
            }
        }
        if !options.dry_run
            && error.is_none()
            && !corrections.is_empty()
            && let Err(failed) = self.make(site, &corrections).await
        {
            error = Some(failed.into());
        }
        (corrections, error)
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

impl CorrectionReport {
    /// Of no tenants.
    fn of_none(options: RepairOptions) -> Self {
        let tenants = Vec::new();
        Self { dry_run: options.dry_run, total: 0, concerned: 0, failed: 0, shared: None, tenants }
    }
}

/// The number of the last migration that is meant.
fn last(series: &Series, up_to: Option<&str>) -> Result<i64> {
    match up_to {
        Some(name) => Ok(naming::find(series, name)?.number),
        None => Ok(i64::MAX),
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
        Progress::Undone(done) => {
            format!("not undone: {done} of the statements for that are done")
        }
        Progress::Unknown | Progress::Finished => {
            "not finished: it ended the transaction it ran in".to_owned()
        }
    };
    let ledger = &site.ledger;
    let only = format!("WHERE number = {number} AND (duration_ms IS NULL OR done IS NOT NULL)");
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
