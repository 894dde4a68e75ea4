//! Section `[isolation]`: how tenants are kept apart.

use std::time::Duration;

use super::reader::Reader;
use crate::{Identifier, SchemaTemplate, schema_name};

/// How tenants are kept apart.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IsolationConfig {
    /// `strategy`: what each tenant has of its own. A schema by default.
    pub strategy: IsolationStrategy,
    /// `schema_template`: how a tenant's schema is named. `tenant_{id}` by default. It never gives
    /// the shared schema or an extension schema.
    pub schema_template: SchemaTemplate,
    /// `shared_schema`: where the tables are that all tenants read. `public` by default.
    pub shared_schema: Identifier,
    /// `extension_schemas`: schemas with the functions and types of extensions, which are in reach
    /// of every tenant without being named. None by default. They must hold no tables.
    pub extension_schemas: Vec<Identifier>,
    /// `fallthrough`: whether a table that a tenant doesn't have is looked for in the shared
    /// schema, as other systems do. Off by default: then a missing table is an error and never a
    /// silent read of somebody else's.
    pub fallthrough: bool,
    /// `max_pools`: how many tenants are kept warm; the least recently used go first. 10,000 by
    /// default.
    pub max_pools: usize,
    /// `pool_ttl`: how long an unused tenant is kept warm. 1 h by default.
    pub pool_ttl: Duration,
}

/// What each tenant has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IsolationStrategy {
    /// A schema in the shared database.
    Schema,
}

impl IsolationConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let strategy = reader
            .parsed("isolation.strategy", |strategy| match strategy {
                "schema" => Ok(IsolationStrategy::Schema),
                "database" | "row" => {
                    Err(r#"this version does not support it yet; allowed is "schema""#.to_owned())
                }
                _ => Err(r#"allowed is "schema""#.to_owned()),
            })
            .unwrap_or(IsolationStrategy::Schema);
        let template = reader
            .parsed("isolation.schema_template", |template| {
                SchemaTemplate::parse(template).map_err(|error| error.reason())
            })
            .unwrap_or_default();

        let entry = reader.peek("isolation.shared_schema");
        let shared_schema = reader.identifier("isolation.shared_schema", "public");
        if let Some(entry) = entry.filter(|_| belongs_to_others(&shared_schema)) {
            reader.note("isolation.shared_schema", &entry, OTHERS.to_owned());
        }

        let fallthrough = reader.boolean("isolation.fallthrough", false);
        let entry = reader.peek("isolation.extension_schemas");
        let extension_schemas = reader.identifiers("isolation.extension_schemas");
        if let Some(entry) = entry {
            if extension_schemas.iter().any(belongs_to_others) {
                reader.note("isolation.extension_schemas", &entry, OTHERS.to_owned());
            }
            if !fallthrough && extension_schemas.contains(&shared_schema) {
                let reason = format!(
                    "{:?} is the shared schema; isolation.fallthrough = true puts it in every \
                     tenant's reach",
                    shared_schema.as_str()
                );
                reader.note("isolation.extension_schemas", &entry, reason);
            }
        }

        let reserved = extension_schemas.iter().chain([&shared_schema]).cloned();
        Self {
            strategy,
            schema_template: template.reserving(reserved),
            shared_schema,
            extension_schemas,
            fallthrough,
            max_pools: reader.integer("isolation.max_pools", 10_000, 1..=10_000_000) as usize,
            pool_ttl: reader.duration("isolation.pool_ttl", Duration::from_secs(60 * 60)),
        }
    }
}

const OTHERS: &str = "tenantry, information_schema and pg_* are not for an application's things";

fn belongs_to_others(name: &Identifier) -> bool {
    schema_name::is_system(name.as_str()) || name.as_str().eq_ignore_ascii_case("tenantry")
}
