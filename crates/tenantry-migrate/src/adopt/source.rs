//! Which tenants there are, as somebody says.

use tenantry::{SchemaTemplate, TenantManager};

use super::options::AdoptSource;
use crate::{Failure, Result};

/// A tenant as the source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: String,
    /// None: the one by the template.
    pub(super) schema: Option<String>,
    /// The line in a file.
    pub(super) line: Option<usize>,
}

/// What a source gives.
pub(super) struct Tenants {
    pub(super) tenants: Vec<Named>,
    pub(super) notes: Vec<String>,
}

pub(super) async fn read(manager: &TenantManager, source: &AdoptSource) -> Result<Tenants> {
    let mut notes = Vec::new();
    let tenants = match source {
        AdoptSource::Known => known(manager).await?,
        AdoptSource::Query(sql) => by_query(manager, sql).await?,
        AdoptSource::Csv(lines) => lines
            .iter()
            .map(|(line, id, schema)| Named {
                id: id.clone(),
                schema: Some(schema.clone()),
                line: Some(*line),
            })
            .collect(),
        AdoptSource::Template(template) => {
            let tenants = by_template(manager, template).await?;
            notes.extend(doubt(&tenants)?);
            tenants
        }
    };
    Ok(Tenants { tenants, notes })
}

async fn known(manager: &TenantManager) -> Result<Vec<Named>> {
    let all = manager.catalog().list().await?;
    let named = all.iter().map(|tenant| Named {
        id: tenant.id.to_string(),
        schema: Some(tenant.placement.schema.to_string()),
        line: None,
    });
    Ok(named.collect())
}

async fn by_query(manager: &TenantManager, sql: &str) -> Result<Vec<Named>> {
    let rows = manager.shared().query(sql, &[]).await?;
    let mut tenants = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = |index: usize| {
            row.try_get::<_, Option<String>>(index).map_err(|error| {
                let message = format!("the query must give text (cast with ::text): {error}");
                Box::new(Failure::new("QUERY_INVALID", message))
            })
        };
        let id = text(0).map_err(|failure| *failure)?.unwrap_or_default();
        let schema = if row.len() > 1 { text(1).map_err(|failure| *failure)? } else { None };
        tenants.push(Named { id, schema, line: None });
    }
    Ok(tenants)
}

async fn by_template(manager: &TenantManager, template: &str) -> Result<Vec<Named>> {
    let isolation = manager.config().isolation();
    let reserved = isolation.extension_schemas.iter().chain([&isolation.shared_schema]).cloned();
    let template = SchemaTemplate::parse(template)
        .map_err(|error| {
            Failure::new("TEMPLATE_INVALID", error.to_string()).hint(
                "a template that changes the id, as id.replace(/-/g, '_') does, cannot be read \
                 backwards: name the tenants by --query \"select id, schema from …\" or --csv",
            )
        })?
        .reserving(reserved);
    let sql = "SELECT nspname::text FROM pg_catalog.pg_namespace ORDER BY 1";
    let rows = manager.shared().query(sql, &[]).await?;
    let names = rows.iter().map(|row| row.get::<_, String>(0));
    let fitting = names.filter_map(|schema| {
        let id = template.tenant_of(&schema)?.to_string();
        Some(Named { id, schema: Some(schema), line: None })
    });
    Ok(fitting.collect())
}

/// A template that turned `-` into `_` gives other ids when it is read backwards than the
/// application has.
fn doubt(tenants: &[Named]) -> Result<Option<String>> {
    if let Some(named) = tenants.iter().find(|named| is_uuid_with_underscores(&named.id)) {
        let message = format!(
            "the schema {:?} would be the tenant {:?}, which looks like a UUID whose - were turned \
             into _: such a template is not one to one and cannot be read backwards",
            named.schema.as_deref().unwrap_or_default(),
            named.id
        );
        let failure = Failure::new("TEMPLATE_NOT_ONE_TO_ONE", message)
            .hint("name the tenants by --query \"select id, schema from …\" or --csv FILE");
        return Err(failure.into());
    }
    let doubtful = tenants.iter().filter(|named| named.id.contains('_')).count();
    let such_as = tenants.iter().find(|named| named.id.contains('_'));
    Ok(such_as.map(|named| {
        format!(
            "{doubtful} of these ids have _ in them, such as {:?}: if the application's have - \
             there, because the template turned - into _, name the tenants by --query or --csv",
            named.id
        )
    }))
}

fn is_uuid_with_underscores(id: &str) -> bool {
    let parts: Vec<&str> = id.split('_').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> Named {
        Named { id: id.to_owned(), schema: Some(format!("tenant_{id}")), line: None }
    }

    #[test]
    fn ids_that_a_template_has_changed_are_noticed() {
        let uuid = named("550e8400_e29b_41d4_a716_446655440000");
        assert!(doubt(&[named("acme"), uuid]).is_err());
        assert_eq!(doubt(&[named("acme")]).unwrap(), None);
        let note = doubt(&[named("acme"), named("new_york")]).unwrap().unwrap();
        assert!(note.starts_with("1 of these ids have _ in them, such as \"new_york\""), "{note}");
    }
}
