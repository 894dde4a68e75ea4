use crate::{Error, Identifier, Result, SharedDb};

/// Checks the schemas that are in every tenant's search_path: each is there, holds no table that is
/// not an extension's own, and lets nobody make one. Otherwise a table missing from a tenant
/// could be found there, and be everybody's.
pub(super) async fn check(db: &mut SharedDb, schemas: &[Identifier]) -> Result<()> {
    if schemas.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = schemas.iter().map(Identifier::as_str).collect();
    let sql = "SELECT s.name, n.oid IS NOT NULL, \
               (SELECT min(c.relname::text) FROM pg_catalog.pg_class c \
                WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid \
                AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e')), \
               pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') \
               FROM pg_catalog.unnest($1::text[]) s(name) \
               LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = s.name";
    for row in db.query(sql, &[&names]).await? {
        let (name, is_there): (&str, bool) = (row.get(0), row.get(1));
        let (table, open): (Option<&str>, Option<bool>) = (row.get(2), row.get(3));
        let fault = if !is_there {
            "there is no such schema".to_owned()
        } else if let Some(table) = table {
            format!("it holds {table:?}, which every tenant would see as its own")
        } else if open == Some(true) {
            format!("everybody may create in it: REVOKE CREATE ON SCHEMA \"{name}\" FROM PUBLIC")
        } else {
            continue;
        };
        return Err(Error::ExtensionSchema { schema: name.to_owned(), fault });
    }
    Ok(())
}
