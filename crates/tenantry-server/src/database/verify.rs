//! What a text names, as PostgreSQL itself reads it, before it runs for the first time.
//!
//! PostgreSQL locks each table that a statement names when it analyses the statement, and keeps the lock until
//! the transaction ends: so its own reading can be looked at, of whatever the guard did not see through.

use tenantry::{
    TenantDb,
    tokio_postgres::types::{Kind as TypeKind, Type},
};

use super::{error::DbError, guard::Reading};

/// A table that is neither the tenant's own nor one of the shared schema that is only read; and a schema
/// among the names before periods.
const FOREIGN: &str = "\
    SELECT pg_catalog.format('the table %s.%s, %s', n.nspname, c.relname, CASE WHEN n.nspname = $2 \
    THEN 'which is shared: it is read, not written or locked' ELSE 'which is not the tenant''s' END) \
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.database = \
    (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
    AND n.nspname <> $1 AND n.nspname <> 'pg_catalog' \
    AND NOT (n.nspname = $2 AND l.mode = 'AccessShareLock') \
    UNION ALL SELECT pg_catalog.format('the schema %s: names are the tenant''s own without it', nspname) \
    FROM pg_catalog.pg_namespace WHERE nspname = ANY ($3) AND nspname <> $2 LIMIT 1";

/// Has PostgreSQL read a text, and gives the types of its parameters.
pub(super) async fn verify(
    db: &TenantDb,
    shared_schema: &str,
    sql: &str,
    reading: &Reading,
) -> Result<Vec<Type>, DbError> {
    let mut transaction = db.begin().await?;
    let types = transaction.analyse(sql).await?;
    let own = db.tenant().placement.schema.as_str();
    let qualifiers: Vec<&str> = reading.qualifiers.iter().map(String::as_str).collect();
    let foreign = transaction.query(FOREIGN, &[&own, &shared_schema, &qualifiers]).await?;
    transaction.rollback().await?;
    if let Some(row) = foreign.first() {
        let what: &str = row.get(0);
        tracing::warn!(tenant = %db.tenant_id(), what, "SQL of a tenant's was refused");
        return Err(DbError::new(
            "SQL_REFUSED",
            "the statement is refused: it names a schema or table that is not the tenant's, or writes to a shared one",
        ));
    }
    if let Some(ty) = types.iter().find(|ty| names_something(ty)) {
        let message = format!("the statement is refused: a parameter of the type {}", ty.name());
        return Err(DbError::new("SQL_REFUSED", message));
    }
    Ok(types)
}

/// Whether a type's values are names of tables, functions, roles.
fn names_something(ty: &Type) -> bool {
    match ty.kind() {
        TypeKind::Array(element) => names_something(element),
        _ => ty.name().starts_with("reg") && ty.schema() == "pg_catalog" || ty.name() == "aclitem",
    }
}
