//! Doing what a plan says.

use std::fmt::Write as _;

use futures_util::{StreamExt, stream};
use tenantry::{Error, NewTenant, TenantId};

use super::{
    plan::{Record, Work, summarise},
    report::{AdoptAction, AdoptPlan},
};
use crate::{Failure, Migrator, Result, ledger};

/// How many tenants are written side by side.
const SIDE_BY_SIDE: usize = 4;

/// Writes each tenant's row and ledger, in one transaction; a tenant that fails does not stop the
/// others.
pub(crate) async fn carry_out(
    migrator: &Migrator,
    mut plan: AdoptPlan,
    mut progress: impl FnMut(usize, usize),
) -> Result<AdoptPlan> {
    let manager = migrator.manager();
    let budget = manager.config().connection().max_connections;
    let width = SIDE_BY_SIDE.min(budget.saturating_sub(1)).max(1);
    let work = std::mem::take(&mut plan.work);
    let total = work.len();
    let mut written = stream::iter(work)
        .map(|work| async move {
            let wrote = write(migrator, &work).await;
            (work.position, work.tenant.map(|(id, _)| id), wrote)
        })
        .buffer_unordered(width);
    let mut changed: Vec<TenantId> = Vec::new();
    let mut done = 0;
    let mut lost = None;
    while let Some((position, id, wrote)) = written.next().await {
        done += 1;
        progress(done, total);
        let (action, error) = match position {
            Some(position) => {
                let tenant = &mut plan.tenants[position];
                (&mut tenant.action, &mut tenant.error)
            }
            None => match &mut plan.shared {
                Some(shared) => (&mut shared.action, &mut shared.error),
                None => continue,
            },
        };
        match wrote {
            Ok(()) => changed.extend(id),
            Err(NotWritten::Failed(failure)) => {
                *action = AdoptAction::LeaveOut;
                *error = Some(failure);
            }
            Err(NotWritten::Lost(failure)) => {
                lost = Some(failure);
                break;
            }
        }
    }
    drop(written);
    // Applications that run here already read the tenants' versions anew.
    if !changed.is_empty() {
        manager.catalog().announce_migrated(&changed).await?;
    }
    if let Some(failure) = lost {
        return Err(failure.into());
    }
    plan.dry_run = false;
    plan.summary = summarise(&plan.tenants);
    Ok(plan)
}

/// Why nothing was written for a schema.
enum NotWritten {
    Failed(Failure),
    /// PostgreSQL is away: the others would fail, too.
    Lost(Error),
}

impl From<Error> for NotWritten {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) | Error::PoolClosed => Self::Lost(error),
            error => Self::Failed(error.into()),
        }
    }
}

async fn write(migrator: &Migrator, work: &Work) -> Result<(), NotWritten> {
    let manager = migrator.manager();
    let mut tx = manager.shared().begin().await?;
    let written: Result<(), NotWritten> = async {
        tx.batch_execute(&work.site.lock()).await?;
        if let Some((table, rows)) = &work.ledger {
            // The other tool may have gone on since the plan was made.
            let now: i64 =
                tx.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get(0);
            if usize::try_from(now) != Ok(*rows) {
                let message = format!("{table} has changed meanwhile; nothing was written");
                let failure = Failure::new("LEDGER_CHANGED", message).hint("run the same again");
                return Err(NotWritten::Failed(failure));
            }
        }
        if !work.records.is_empty() {
            tx.batch_execute(&record(work)).await?;
        }
        if let Some((id, schema)) = work.tenant.as_ref().filter(|_| work.is_new) {
            let new = NewTenant::new(id.clone()).schema(schema.clone());
            manager.catalog().create_within(&mut tx, &new).await?;
        }
        Ok(())
    }
    .await;
    match written {
        Ok(()) => Ok(tx.commit().await?),
        Err(failure) => {
            // If the connection is lost, PostgreSQL rolls back by itself.
            let _ = tx.rollback().await;
            Err(failure)
        }
    }
}

/// What makes the ledger, if it is not there, and writes the rows it lacks.
fn record(work: &Work) -> String {
    let ledger = &work.site.ledger;
    let mut sql = format!(
        "{}; INSERT INTO {ledger} (number, name, checksum, applied_at, duration_ms) VALUES ",
        ledger::create(&work.site)
    );
    for (index, Record { number, name, checksum, at }) in work.records.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let at = match at {
            Some(at) => format!("'epoch'::timestamptz + {at} * '1 microsecond'::interval"),
            None => "pg_catalog.now()".to_owned(),
        };
        let name = name.replace('\'', "''");
        write!(sql, "{separator}({number}, '{name}', '{checksum}', {at}, 0)")
            .expect("a String takes whatever is written to it");
    }
    sql.push_str(" ON CONFLICT (number) DO NOTHING");
    sql
}
