//! `tenantry seed`

use std::{fmt::Write as _, path::Path};

use tenantry::TenantId;
use tenantry_migrate::{
    MigrateOptions, MigrateStatus, Migrator, SeedReport, SharedSeed, Stop, TenantSeed,
};

use super::failures;
use crate::{
    arguments::{Global, Seed},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
    progress::MigrationBar,
    table::{count, duration},
};

pub(super) async fn run(arguments: Seed, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let ids = environment::tenant_ids(&config, &arguments.tenant)?;
    let access = if arguments.dry_run { Access::Reading } else { Access::Writing };
    let mut interrupts = Interrupts::listen()?;
    let manager = connect(config, access).await?;
    let migrator = Migrator::new(manager.clone());
    let seeds = Seeds::of(&migrator, &arguments, &ids)?;
    let (bar, stop) = (MigrationBar::new(console), Stop::new());
    let shown = bar.clone();
    let options = MigrateOptions::new()
        .concurrency(arguments.concurrency.into())
        .dry_run(arguments.dry_run)
        .stop(stop.clone())
        .on_progress(move |progress| shown.show(progress));
    let seeding = seeds.run(&migrator, &arguments, &ids, &options);
    let interrupted = async {
        interrupts.next().await;
        stop.stop();
        console.note("stopping when the tenants under way are done; once more, to roll them back");
        interrupts.next().await;
    };
    let seeded = tokio::select! {
        seeded = seeding => Some(seeded),
        () = interrupted => None,
    };
    bar.clear();
    let Some(seeded) = seeded else {
        abandon(&manager).await;
        return Err(Failure::interrupted("stopped; the tenants that were under way are as before"));
    };
    let report = seeded?;
    console.answer(&report, || text(&report))?;
    if !console.is_json() {
        if let Some((schema, error)) =
            report.shared.as_ref().and_then(|shared| Some((&shared.schema, shared.error.as_ref()?)))
        {
            console.error(format_args!("shared schema {schema}: {error}"));
        }
        let failed = report
            .tenants
            .iter()
            .filter_map(|tenant| tenant.error.as_ref().map(|error| (tenant.id.to_string(), error)));
        failures::tell(failed, console);
    }
    Ok(match (report.is_success(), stop.is_stopped() && report.failed == 0) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Interrupted,
        (false, false) => Exit::Failed,
    })
}

/// What is to be run.
enum Seeds {
    Shared(SharedSeed),
    Tenants(TenantSeed),
    Both(SharedSeed, TenantSeed),
}

impl Seeds {
    fn of(migrator: &Migrator, arguments: &Seed, ids: &[TenantId]) -> Result<Self> {
        let folders = migrator.manager().config().migrations();
        let shared = || migrator.shared_seed()?.ok_or_else(|| missing(&folders.shared_seeds));
        let tenants = || migrator.tenant_seed()?.ok_or_else(|| missing(&folders.tenant_seeds));
        Ok(match (arguments.shared, arguments.all || !ids.is_empty()) {
            (true, true) => Self::Both(shared()?, tenants()?),
            (true, false) => Self::Shared(shared()?),
            (false, _) => Self::Tenants(tenants()?),
        })
    }

    async fn run(
        &self,
        migrator: &Migrator,
        arguments: &Seed,
        ids: &[TenantId],
        options: &MigrateOptions,
    ) -> tenantry_migrate::Result<SeedReport> {
        match self {
            Self::Shared(shared) => migrator.seed_shared(shared, options).await,
            Self::Tenants(seed) if arguments.all => migrator.seed_all(seed, options).await,
            Self::Tenants(seed) => migrator.seed(ids, seed, options).await,
            Self::Both(shared, seed) if arguments.all => {
                migrator.seed_all_with_shared(shared, seed, options).await
            }
            Self::Both(shared, seed) => {
                let done = migrator.seed_shared(shared, options).await?;
                if !done.is_success() {
                    return Ok(done);
                }
                let mut report = migrator.seed(ids, seed, options).await?;
                report.shared = done.shared;
                Ok(report)
            }
        }
    }
}

fn missing(folder: &Path) -> Failure {
    Failure::new(
        Exit::Usage,
        "SEEDS_MISSING",
        format!(
            "there is no seed in {}: put files such as 0001_first.sql there, or name another \
             folder in [migrations] of tenantry.toml (shared_seeds, tenant_seeds)",
            folder.display()
        ),
    )
}

fn text(report: &SeedReport) -> String {
    let mut text = String::new();
    if report.dry_run {
        text.push_str("A dry run: nothing was written.\n");
    }
    if let Some(shared) = &report.shared {
        let what = match shared.status {
            MigrateStatus::Succeeded => shared.applied.join(", "),
            MigrateStatus::Pending => shared.pending.join(", "),
            _ => "not seeded".to_owned(),
        };
        let _ = writeln!(text, "Shared schema {}: {what}", shared.schema);
    }
    if report.total == 0 {
        if report.shared.is_none() {
            text.push_str("There are no tenants.\n");
        }
        return text;
    }
    let mut parts = Vec::new();
    for (number, what) in [
        (report.succeeded, if report.dry_run { "to be seeded" } else { "seeded" }),
        (report.skipped, "passed over (not active)"),
        (report.failed, "failed"),
        (report.unfinished, "not begun"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    let took = duration(report.duration_ms);
    let _ = writeln!(text, "{}: {} ({took})", count(report.total, "tenant"), parts.join(", "));
    text
}
