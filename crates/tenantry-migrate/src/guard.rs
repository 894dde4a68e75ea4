//! What keeps a tenant's migration out of other tenants' schemas.
//!
//! SQL that can be read is read before it runs. What cannot (DO, functions, EXECUTE, code in Rust) is
//! looked at afterwards, in its transaction and in the same round trip: PostgreSQL keeps a lock on
//! every table that was touched until the end, and says on which. Nothing has been committed then.

use std::collections::HashMap;

use tenantry::{Config, Tenant, TenantId, config::DiscoverySource};

use crate::{Failure, Script, ledger, script::NamedSchema, site::Site, step::Step};

/// What the message of an error begins with where a migration has left its tenant's schema.
const LEFT: &str = "it touched what is not this tenant's: ";
/// What it ends with.
const END: &str = " (rolled back) ";

/// Where PostgreSQL keeps what else can be in a schema, beside tables, functions and types: what is made
/// depends on its schema, and its number is among the newest.
const KINDS: [&str; 10] = [
    "pg_collation",
    "pg_conversion",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_statistic_ext",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
];

/// Looks at what a migration has touched.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    own: String,
    /// Whether `n.nspname` is a tenant's schema.
    is_tenants: String,
    /// Whether the role is ours to compare.
    has_role: bool,
}

impl Guard {
    pub(crate) fn new(site: &Site, config: &Config) -> Self {
        let is_tenants = match config.discovery().source {
            DiscoverySource::Catalog => {
                "EXISTS (SELECT FROM tenantry.tenants t WHERE t.schema = n.nspname)".to_owned()
            }
            _ => {
                let template = config.isolation().schema_template.to_string();
                let like = template.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                format!("n.nspname LIKE {}", ledger::literal(&like.replace("{id}", "%")))
            }
        };
        let has_role = config.migrations().role.is_some();
        Self { own: ledger::literal(&site.schema), is_tenants, has_role }
    }

    /// Remembers how things are, before a migration.
    pub(crate) fn before(&self) -> String {
        let own = &self.own;
        format!(
            "SELECT pg_catalog.set_config('tenantry.path', pg_catalog.current_setting('search_path'), true), \
             pg_catalog.set_config('tenantry.role', CURRENT_USER::text, true), \
             pg_catalog.set_config('tenantry.newest', (SELECT greatest(\
             (SELECT max(oid) FROM pg_catalog.pg_class), (SELECT max(oid) FROM pg_catalog.pg_proc), \
             (SELECT max(oid) FROM pg_catalog.pg_type))::text), true), \
             pg_catalog.set_config('tenantry.own_functions', '{{' || coalesce((\
             SELECT pg_catalog.string_agg(d.objid::text, ',') FROM pg_catalog.pg_depend d \
             WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND d.refobjid IN (pg_catalog.pg_my_temp_schema(), (SELECT n.oid \
             FROM pg_catalog.pg_namespace n WHERE n.nspname = {own})) \
             AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass), '') || '}}', true), \
             pg_catalog.set_config('tenantry.own', '{{' || coalesce((\
             WITH own AS (SELECT c.oid, c.reltoastrelid FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = {own} OR n.oid = pg_catalog.pg_my_temp_schema()) \
             SELECT pg_catalog.string_agg(a.oid::text, ',') FROM (SELECT oid FROM own \
             UNION ALL SELECT reltoastrelid FROM own WHERE reltoastrelid <> 0 \
             UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x \
             JOIN own ON own.reltoastrelid = x.indrelid) a), '') || '}}', true)"
        )
    }

    /// Fails if the migration has left another role behind: by itself, since that role may not be
    /// allowed to look at anything.
    pub(crate) fn role(&self) -> Option<String> {
        let (left, end) = (ledger::literal(LEFT), ledger::literal(END));
        (!self.has_role).then(|| {
            format!(
                "SELECT (CASE WHEN CURRENT_USER::text <> \
                 pg_catalog.current_setting('tenantry.role') THEN {left} || 'the role is ' \
                 || CURRENT_USER::text || ' now' || {end} ELSE '' END || '0')::pg_catalog.int4"
            )
        })
    }

    /// Fails with what the migration has touched, if that is not its tenant's.
    pub(crate) fn after(&self) -> String {
        let Self { own, is_tenants, .. } = self;
        let others = format!("n.nspname <> {own} AND {is_tenants}");
        let (left, end) = (ledger::literal(LEFT), ledger::literal(END));
        let (function, object) = (is_ours("p"), is_ours("o"));
        let (dependence, value) = (is_ours("d"), is_ours("e"));
        let kinds =
            KINDS.map(|kind| format!("'pg_catalog.{kind}'::pg_catalog.regclass")).join(", ");
        format!(
            "SELECT (CASE WHEN g.what IS NULL THEN '' ELSE {left} || g.what || {end} END || '0')\
             ::pg_catalog.int4 FROM (SELECT coalesce(\
             (SELECT pg_catalog.string_agg(DISTINCT n.nspname || '.' || c.relname, ', ') \
             FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' \
             AND l.database = (SELECT oid FROM pg_catalog.pg_database \
             WHERE datname = pg_catalog.current_database()) \
             AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {others}), \
             (SELECT 'the schema ' || pg_catalog.min(n.nspname::text) FROM pg_catalog.pg_locks l \
             JOIN pg_catalog.pg_namespace n ON n.oid = l.objid \
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'object' \
             AND l.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND {others}), \
             (SELECT 'a table in another schema, which it dropped' FROM pg_catalog.pg_locks l \
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' \
             AND l.mode = 'AccessExclusiveLock' \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = l.relation) \
             AND l.relation <= pg_catalog.current_setting('tenantry.newest')::pg_catalog.oid \
             AND l.relation <> ALL \
             (pg_catalog.current_setting('tenantry.own')::pg_catalog.oid[]) LIMIT 1), \
             (SELECT 'a function in another schema, which it dropped' FROM pg_catalog.pg_locks l \
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'object' \
             AND l.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
             AND l.mode = 'AccessExclusiveLock' \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid = l.objid) \
             AND l.objid <= pg_catalog.current_setting('tenantry.newest')::pg_catalog.oid \
             AND l.objid <> ALL (pg_catalog.current_setting('tenantry.own_functions')\
             ::pg_catalog.oid[]) LIMIT 1), \
             (SELECT pg_catalog.min(o.what || n.nspname || '.' || o.name) FROM (\
             SELECT 'the function ' AS what, p.proname AS name, p.pronamespace AS namespace, \
             p.xmin FROM pg_catalog.pg_proc p \
             WHERE p.oid > pg_catalog.current_setting('tenantry.newest')::pg_catalog.oid \
             UNION ALL SELECT 'the type ', t.typname, t.typnamespace, t.xmin \
             FROM pg_catalog.pg_type t \
             WHERE t.typcategory <> 'A' AND t.oid > pg_catalog.current_setting('tenantry.newest')\
             ::pg_catalog.oid) o \
             JOIN pg_catalog.pg_namespace n ON n.oid = o.namespace \
             WHERE {object} AND {others}), \
             (SELECT pg_catalog.min(pg_catalog.pg_describe_object(d.classid, d.objid, 0)) \
             FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid \
             WHERE d.classid IN ({kinds}) \
             AND d.objid > pg_catalog.current_setting('tenantry.newest')::pg_catalog.oid \
             AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
             AND {dependence} AND {others}), \
             (SELECT pg_catalog.min('a value of the type ' || n.nspname || '.' || t.typname) \
             FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid \
             JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
             WHERE e.oid > pg_catalog.current_setting('tenantry.newest')::pg_catalog.oid \
             AND {value} AND {others}), \
             CASE WHEN pg_catalog.pg_stat_get_xact_tuples_updated(\
             'pg_catalog.pg_proc'::pg_catalog.regclass) > 0 \
             OR pg_catalog.current_setting('track_counts') = 'off' THEN (\
             SELECT pg_catalog.min('the function ' || n.nspname || '.' || p.proname) \
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
             WHERE {function} AND {others}) END, \
             CASE WHEN pg_catalog.current_setting('search_path') <> \
             pg_catalog.current_setting('tenantry.path') THEN 'the search_path is ' || \
             pg_catalog.current_setting('search_path') || ' now' END) AS what) g"
        )
    }
}

/// Whether this transaction has written a row: what is seen of transactions that have not ended is
/// one's own. PostgreSQL keeps no lock on a function that is made or replaced.
fn is_ours(row: &str) -> String {
    format!(
        "CASE WHEN pg_catalog.age({row}.xmin) <= 0 THEN pg_catalog.pg_xact_status((\
         pg_catalog.pg_current_xact_id()::text::numeric - pg_catalog.age({row}.xmin))\
         ::text::pg_catalog.xid8) = 'in progress' ELSE false END"
    )
}

/// What a migration has touched, by the message of the guard's error.
pub(crate) fn caught(message: &str) -> Option<Failure> {
    let (_, rest) = message.split_once(LEFT)?;
    let what = rest.rsplit_once(END).map_or(rest, |(what, _)| what);
    let message = format!("it touched what is not this tenant's: {what}; it was rolled back");
    Some(Failure::new("FOREIGN_SCHEMA", message).hint(
        "a tenant's migration works in its tenant's schema; migrations.role keeps it there by \
         PostgreSQL's own privileges",
    ))
}

/// The tenants' schemas.
pub(crate) struct Schemas(HashMap<String, TenantId>);

impl Schemas {
    pub(crate) fn of<'a>(tenants: impl Iterator<Item = &'a Tenant>) -> Self {
        let schema = |tenant: &Tenant| tenant.placement.schema.as_str().to_owned();
        Self(tenants.map(|tenant| (schema(tenant), tenant.id.clone())).collect())
    }

    /// What is wrong with a file for tenants, which runs in each of their schemas: it names one of
    /// them.
    pub(crate) fn check(&self, step: &Step) -> Result<(), Box<Failure>> {
        for (name, script) in step.scripts() {
            for named in script.schemas_named() {
                if let Some(tenant) = self.0.get(&named.name) {
                    return Err(Box::new(names(&name, script, named, tenant)));
                }
            }
        }
        Ok(())
    }
}

fn names(file: &str, script: &Script, named: &NamedSchema, tenant: &TenantId) -> Failure {
    let message = format!("it names {}, the schema of the tenant {tenant}", named.name);
    let mut failure = Failure::new("FOREIGN_SCHEMA", message).in_file(file).hint(
        "this file runs in the schema of every tenant: leave the name away, or write {schema}",
    );
    failure.line = Some(named.line);
    failure.column = Some(named.column);
    failure.statement = Some(script.location_of(named).excerpt);
    failure
}
