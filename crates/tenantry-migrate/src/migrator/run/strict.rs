//! A strict run: what may lock, break or lose something is refused before anything runs.

use std::{collections::BTreeSet, sync::Arc};

use tenantry::Tenant;

use crate::{
    MigrateError, MigrateOptions, Result, Unsafe, ledger, lint,
    migrator::Migrator,
    plan,
    site::Site,
    step::{Series, Step, Work},
};

/// Refuses the run, if what it would apply is not safe.
pub(super) async fn refuse(
    migrator: &Migrator,
    series: Option<&Series>,
    shared: Option<&Series>,
    tenants: &[Arc<Tenant>],
    options: &MigrateOptions,
) -> Result<()> {
    let mut found = Unsafe { findings: Vec::new(), unread: Vec::new() };
    if let Some(series) = shared {
        let site = migrator.shared_site();
        let state = match ledger::read(&mut migrator.manager.shared(), &site).await? {
            ledger::State::NoSchema => ledger::State::NoLedger,
            state => state,
        };
        let pending = plan::pending(series, &state, &site, options.order()).unwrap_or_default();
        look(series, pending.iter().map(|step| step.number).collect(), &mut found);
    }
    if let Some(series) = series {
        let sites: Vec<Site> = tenants.iter().map(|tenant| migrator.site(tenant)).collect();
        let every_site: Vec<&Site> = sites.iter().collect();
        let states = ledger::read_all(&migrator.manager.shared(), &every_site).await?;
        let mut pending = BTreeSet::new();
        for (site, state) in sites.iter().zip(states) {
            // What cannot be planned is not run.
            let steps = plan::pending(series, &state, site, options.order()).unwrap_or_default();
            pending.extend(steps.iter().map(|step| step.number));
        }
        look(series, pending, &mut found);
    }
    if found.findings.is_empty() && found.unread.is_empty() {
        return Ok(());
    }
    Err(MigrateError::Unsafe(Box::new(found)))
}

fn look(series: &Series, pending: BTreeSet<i64>, found: &mut Unsafe) {
    let files = series.steps().iter().filter_map(|step| match &step.work {
        Work::Sql(file) => Some(&**file),
        Work::Rust(_) => None,
    });
    found.findings.extend(lint::check_each(files, &mut |file| pending.contains(&file.number)));
    let unread = |step: &&Step| match &step.work {
        Work::Rust(code) => code.allowed_because().is_none() && pending.contains(&step.number),
        Work::Sql(_) => false,
    };
    let names = series.steps().iter().filter(unread).map(|step| step.name.to_string());
    found.unread.extend(names);
}
