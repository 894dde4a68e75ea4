//! What there is to do, before anything is done.

use std::{collections::HashMap, sync::Arc};

use tenantry::{SchemaName, TenantId, config::DiscoverySource};

use super::{
    candidates::{self, Candidate, Checked},
    found::{self, Applied, Table},
    matching::{Files, Matched},
    options::{AdoptOptions, AdoptSource},
    report::{AdoptAction, AdoptLedger, AdoptPlan, AdoptShared, AdoptSummary, AdoptTenant},
    source,
    tool::{DRIZZLE_SCHEMA, Format, SHARED_TABLE, TENANT_TABLES},
};
use crate::{
    Failure, Migrations, Migrator, Result,
    ledger::{self, State},
    site::Site,
};

/// What is to be written for one schema.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Its place in the plan; none for the shared schema.
    pub(super) position: Option<usize>,
    pub(super) tenant: Option<(TenantId, SchemaName)>,
    /// Whether the catalog does not have it yet.
    pub(super) is_new: bool,
    pub(super) site: Site,
    pub(super) records: Vec<Record>,
    /// The other ledger, and how many rows of it the plan was made from.
    pub(super) ledger: Option<(String, usize)>,
}

/// A row to be written.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) checksum: String,
    /// When it was applied, in microseconds since 1970.
    pub(super) at: Option<i64>,
}

pub(crate) async fn plan(migrator: &Migrator, options: &AdoptOptions) -> Result<AdoptPlan> {
    let manager = migrator.manager();
    let config = manager.config();
    let has_catalog = config.discovery().source == DiscoverySource::Catalog;
    if !has_catalog && !matches!(options.source, AdoptSource::Known) {
        let message = "tenants come from elsewhere (discovery.source is not \"catalog\"), so none are \
                       entered in the catalog";
        let hint = "leave the source away to take over their ledgers, or set discovery.source";
        return Err(Failure::new("SOURCE_ELSEWHERE", message.to_owned()).hint(hint).into());
    }
    let migrations = Migrations::read(&config.migrations().tenant_dir)?;
    let known = manager.catalog().list().await?;
    let source::Tenants { tenants, mut notes } = source::read(manager, &options.source).await?;
    let candidates = candidates::check(tenants, config, known.iter().map(Arc::as_ref));

    let db = manager.shared();
    let table = options.ledger.as_deref();
    let names: Vec<&str> = table.map_or(TENANT_TABLES.to_vec(), |table| vec![table]);
    let places = Places::find(migrator, &candidates, &names).await?;
    let files = Files::new(&migrations);
    let mut planner =
        Planner { files, force: options.force, tenants: Vec::new(), work: Vec::new() };
    for candidate in candidates {
        planner.add(candidate, &places);
    }
    let (shared, shared_work) = shared(migrator, options.force, &mut notes).await?;
    drop(db);
    let Planner { tenants, mut work, .. } = planner;
    work.splice(0..0, shared_work);
    let summary = summarise(&tenants);
    Ok(AdoptPlan { dry_run: true, summary, shared, tenants, notes, work })
}

pub(super) fn summarise(tenants: &[AdoptTenant]) -> AdoptSummary {
    let count = |action| tenants.iter().filter(|tenant| tenant.action == action).count();
    AdoptSummary {
        total: tenants.len(),
        adopted: count(AdoptAction::Adopt),
        updated: count(AdoptAction::Update),
        unchanged: count(AdoptAction::Unchanged),
        left_out: count(AdoptAction::LeaveOut),
    }
}

/// What there is in the schemas of the candidates.
struct Places {
    by_schema: HashMap<String, Place>,
}

struct Place {
    site: Site,
    /// None: there is no such schema.
    tables: Option<Vec<Table>>,
    /// The one ledger of another tool's, and its rows.
    rows: Option<Result<Vec<Applied>, Box<Failure>>>,
    ours: Arc<State>,
    holds_tables: bool,
}

impl Places {
    async fn find(migrator: &Migrator, candidates: &[Candidate], names: &[&str]) -> Result<Self> {
        let manager = migrator.manager();
        let db = manager.shared();
        let schemas: Vec<&SchemaName> =
            candidates.iter().filter_map(|it| Some(&it.checked.as_ref().ok()?.schema)).collect();
        let texts: Vec<&str> = schemas.iter().map(|schema| schema.as_str()).collect();
        let tables = found::tables(&db, &texts, names).await?;
        let sites: Vec<Site> = schemas
            .iter()
            .map(|schema| Site::of_tenant(schema.as_identifier(), manager.config()))
            .collect();
        let ours = ledger::read_all(&db, &sites.iter().collect::<Vec<_>>()).await?;
        let only: Vec<Option<(&Table, Format)>> = tables.iter().map(only_ledger).collect();
        let ledgers: Vec<(&Table, Format)> = only.iter().flatten().copied().collect();
        let mut read = found::rows(&db, &ledgers).await?.into_iter();
        let rows: Vec<_> = only.iter().map(|only| only.and_then(|_| read.next())).collect();
        let bare: Vec<&str> = texts
            .iter()
            .zip(&tables)
            .filter(|(_, tables)| tables.as_ref().is_some_and(Vec::is_empty))
            .map(|(schema, _)| *schema)
            .collect();
        let full = found::with_tables(&db, &bare).await?;
        let mut by_schema = HashMap::new();
        for ((((schema, site), tables), rows), ours) in
            texts.iter().zip(sites).zip(tables).zip(rows).zip(ours)
        {
            let holds_tables = full.contains(*schema);
            let place = Place { site, tables, rows, ours, holds_tables };
            by_schema.insert((*schema).to_owned(), place);
        }
        Ok(Self { by_schema })
    }
}

/// Another tool's ledger, and its rows.
type Other<'a> = (&'a Table, Format, &'a [Applied]);

fn told((table, format, rows): Other<'_>) -> AdoptLedger {
    AdoptLedger { tool: format.to_string(), table: table.name.clone(), rows: rows.len() }
}

fn only_ledger(tables: &Option<Vec<Table>>) -> Option<(&Table, Format)> {
    match tables.as_deref() {
        Some([table]) => Some((table, table.format?)),
        _ => None,
    }
}

/// What is known of a ledger before its rows are looked at: none at all, or one, or why it is no use.
fn ledger_of(place: &Place) -> Result<Option<Other<'_>>, Box<Failure>> {
    let Some(tables) = &place.tables else {
        let message = format!("the schema {} does not exist", place.site.quoted);
        return Err(Box::new(Failure::new("SCHEMA_MISSING", message)));
    };
    match tables.as_slice() {
        [] => Ok(None),
        [Table { format: None, quoted, .. }] => {
            let message = format!("the table {quoted} is the ledger of no tool that is known");
            Err(Box::new(
                Failure::new("LEDGER_UNKNOWN", message).hint("name the right table by --ledger"),
            ))
        }
        [table @ Table { format: Some(format), .. }] => match &place.rows {
            Some(Ok(rows)) => Ok(Some((table, *format, rows))),
            Some(Err(failure)) => Err(failure.clone()),
            None => Ok(None),
        },
        several => {
            let names: Vec<&str> = several.iter().map(|table| table.name.as_str()).collect();
            let message = format!("it has several ledgers: {}", names.join(", "));
            Err(Box::new(
                Failure::new("LEDGER_AMBIGUOUS", message).hint("name the right one by --ledger"),
            ))
        }
    }
}

struct Planner<'a> {
    files: Files<'a>,
    force: bool,
    tenants: Vec<AdoptTenant>,
    work: Vec<Work>,
}

impl Planner<'_> {
    fn add(&mut self, candidate: Candidate, places: &Places) {
        let Candidate { id, schema, checked } = candidate;
        let mut tenant = AdoptTenant {
            id,
            schema,
            action: AdoptAction::LeaveOut,
            ledger: None,
            applied: 0,
            pending: 0,
            record: Vec::new(),
            notes: Vec::new(),
            error: None,
        };
        match checked.and_then(|checked| self.work(&mut tenant, checked, places)) {
            Ok(work) => self.work.extend(work),
            Err(failure) => {
                tenant.action = AdoptAction::LeaveOut;
                tenant.record.clear();
                tenant.error = Some(*failure);
            }
        }
        self.tenants.push(tenant);
    }

    fn work(
        &self,
        tenant: &mut AdoptTenant,
        checked: Checked,
        places: &Places,
    ) -> Result<Option<Work>, Box<Failure>> {
        let Checked { id, schema, is_known } = checked;
        let place = places.by_schema.get(schema.as_str()).ok_or_else(|| {
            Failure::new("SCHEMA_MISSING", format!("the schema {} does not exist", schema.quoted()))
        })?;
        let ledger = ledger_of(place)?;
        let is_ours = matches!(*place.ours, State::Ledger(_));
        if ledger.is_none() && !is_ours && place.holds_tables {
            let message = "it holds tables and no ledger of a tool that is known, so what was applied \
                           to it cannot be told";
            if !self.force {
                return Err(Box::new(
                    Failure::new("LEDGER_MISSING", message.to_owned()).hint(
                        "name the table by --ledger; with --force, nothing counts as applied",
                    ),
                ));
            }
            tenant.notes.push("no ledger: nothing counts as applied".to_owned());
        }
        tenant.ledger = ledger.map(told);
        let found = Found::of(&self.files, ledger, &place.ours, self.force)?;
        tenant.applied = found.applied;
        tenant.pending = found.pending;
        tenant.notes.extend(found.notes);
        tenant.record = found.records.iter().map(|record| record.name.clone()).collect();
        tenant.action = match (is_known, found.records.is_empty(), is_ours) {
            (false, ..) | (true, false, false) => AdoptAction::Adopt,
            (true, false, true) => AdoptAction::Update,
            (true, true, _) => AdoptAction::Unchanged,
        };
        Ok(tenant.action.writes().then(|| Work {
            position: Some(self.tenants.len()),
            tenant: Some((id, schema)),
            is_new: !is_known,
            site: place.site.clone(),
            records: found.records,
            ledger: ledger.map(|(table, _, rows)| (table.quoted.clone(), rows.len())),
        }))
    }
}

/// What a schema's ledgers come to.
struct Found {
    applied: usize,
    pending: usize,
    records: Vec<Record>,
    notes: Vec<String>,
}

impl Found {
    fn of(
        files: &Files<'_>,
        ledger: Option<Other<'_>>,
        ours: &State,
        force: bool,
    ) -> Result<Self, Box<Failure>> {
        let mut notes = Vec::new();
        let matched = match ledger {
            Some((_, format, rows)) => {
                let mut matched = files.matched(format, rows);
                differences(files, &matched, force, &mut notes)?;
                if !force {
                    matched.failed.clear();
                }
                matched
            }
            None => Matched::default(),
        };
        let ours = match ours {
            State::Ledger(ledger) => Some(ledger),
            State::Unreadable(failure) => return Err(Box::new(failure.clone())),
            State::NoSchema | State::NoLedger => None,
        };
        let has = |number| ours.is_some_and(|ours| ours.contains_key(&number));
        let mut records = Vec::new();
        for (index, at) in &matched.applied {
            let migration = &files.migrations[*index];
            if !has(migration.number) {
                records.push(Record {
                    number: migration.number,
                    name: migration.name.clone(),
                    checksum: migration.checksum.clone(),
                    at: *at,
                });
            }
        }
        let is_applied = |index: usize| {
            matched.applied.contains_key(&index) || has(files.migrations[index].number)
        };
        let applied = (0..files.migrations.len()).filter(|index| is_applied(*index)).count();
        let last = (0..files.migrations.len()).rev().find(|index| is_applied(*index));
        let skipped: Vec<&str> = (0..last.unwrap_or(0))
            .filter(|index| !is_applied(*index))
            .map(|index| files.migrations[index].name.as_str())
            .collect();
        if !skipped.is_empty() {
            notes.push(format!(
                "it lacks {}, which others come after: migrate --allow-out-of-order applies it",
                skipped.join(", ")
            ));
        }
        let pending = files.migrations.len() - applied;
        Ok(Self { applied, pending, records, notes })
    }
}

/// What speaks against taking a ledger for what it says.
fn differences(
    files: &Files<'_>,
    matched: &Matched,
    force: bool,
    notes: &mut Vec<String>,
) -> Result<(), Box<Failure>> {
    let name = |index: &usize| files.migrations[*index].name.clone();
    let repeated: Vec<String> = matched.repeated.iter().map(name).collect();
    if !repeated.is_empty() {
        notes.push(format!("recorded more than once: {}", repeated.join(", ")));
    }
    let changed: Vec<String> = matched.changed.iter().map(name).collect();
    let differences = [
        (
            "MIGRATION_UNFINISHED",
            matched.failed.as_slice(),
            "its ledger says that these did not succeed",
            "finish or undo them by hand and mend the row; with --force, they count as not applied",
        ),
        (
            "MIGRATION_GONE",
            matched.gone.as_slice(),
            "its ledger has rows for which there is no file (changed since, or taken away)",
            "put the files back as they were; with --force, these rows are left out",
        ),
        (
            "CHECKSUM_CHANGED",
            changed.as_slice(),
            "these were changed after they had been applied",
            "put the files back as they were; with --force, they count as applied as they are now",
        ),
    ];
    for (code, what, message, hint) in differences {
        if what.is_empty() {
            continue;
        }
        let message = format!("{message}: {}", what.join(", "));
        if !force {
            return Err(Box::new(Failure::new(code, message).hint(hint)));
        }
        notes.push(message);
    }
    Ok(())
}

/// The shared schema, where it has a ledger of another tool's.
async fn shared(
    migrator: &Migrator,
    force: bool,
    notes: &mut Vec<String>,
) -> Result<(Option<AdoptShared>, Option<Work>)> {
    let manager = migrator.manager();
    let config = manager.config();
    let db = manager.shared();
    let site = Site::of_shared(config);
    let names: Vec<&str> = TENANT_TABLES.into_iter().chain([SHARED_TABLE]).collect();
    let mut found = found::tables(&db, &[&site.schema, DRIZZLE_SCHEMA], &names).await?.into_iter();
    let mut tables = found.next().flatten().unwrap_or_default();
    if let Some(own) = tables.iter().position(|table| table.name == SHARED_TABLE) {
        tables = vec![tables.swap_remove(own)];
    }
    if tables.is_empty() {
        let of_drizzle = found.next().flatten().unwrap_or_default();
        tables.extend(of_drizzle.into_iter().filter(|table| table.name == TENANT_TABLES[0]));
    }
    if tables.is_empty() {
        return Ok((None, None));
    }
    let folder = &config.migrations().shared_dir;
    let Some(migrations) = Migrations::read_if_there(folder)? else {
        notes.push(format!(
            "the shared schema has a ledger, {}, and there is no folder {} with its migrations: it is \
             left as it is",
            tables[0].quoted,
            folder.display()
        ));
        return Ok((None, None));
    };
    let files = Files::new(&migrations);
    let tables = Some(tables);
    let rows = match only_ledger(&tables) {
        Some(ledger) => found::rows(&db, &[ledger]).await?.pop(),
        None => None,
    };
    let ours =
        ledger::read_all(&db, &[&site]).await?.pop().unwrap_or_else(|| Arc::new(State::NoLedger));
    let place = Place { site, tables, rows, ours, holds_tables: true };
    let mut report = AdoptShared {
        schema: place.site.schema.clone(),
        action: AdoptAction::LeaveOut,
        ledger: None,
        applied: 0,
        pending: 0,
        record: Vec::new(),
        notes: Vec::new(),
        error: None,
    };
    let ledger = ledger_of(&place);
    report.ledger = ledger.as_ref().ok().and_then(|ledger| ledger.map(told));
    let found = ledger.and_then(|ledger| {
        let found = Found::of(&files, ledger, &place.ours, force)?;
        Ok((found, ledger.map(|(table, _, rows)| (table.quoted.clone(), rows.len()))))
    });
    let (found, ledger) = match found {
        Ok(found) => found,
        Err(failure) => {
            report.error = Some(*failure);
            return Ok((Some(report), None));
        }
    };
    report.applied = found.applied;
    report.pending = found.pending;
    report.notes = found.notes;
    report.record = found.records.iter().map(|record| record.name.clone()).collect();
    let is_ours = matches!(*place.ours, State::Ledger(_));
    report.action = match (found.records.is_empty(), is_ours) {
        (true, _) => AdoptAction::Unchanged,
        (false, true) => AdoptAction::Update,
        (false, false) => AdoptAction::Adopt,
    };
    let work = report.action.writes().then(|| Work {
        position: None,
        tenant: None,
        is_new: false,
        site: place.site.clone(),
        records: found.records,
        ledger,
    });
    Ok((Some(report), work))
}
