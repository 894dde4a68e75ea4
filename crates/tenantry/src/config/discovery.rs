//! Section `[discovery]`: how the tenants are known.

use std::time::Duration;

use super::reader::Reader;

/// How the tenants are known.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DiscoveryConfig {
    /// `source`, and `query` with it. The catalog by default.
    pub source: DiscoverySource,
    /// `refresh_interval`: how often to ask a source that doesn't tell of changes by itself. 1 min
    /// by default. The catalog does tell, and is not asked.
    pub refresh_interval: Duration,
}

/// What tells which tenants there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscoverySource {
    /// `"catalog"`: Tenantry's own, the table `tenantry.tenants`.
    Catalog,
    /// `"schemas"`: every schema of the database that fits `isolation.schema_template`.
    Schemas,
    /// `"query"`: a query on the shared database. Its first column is a tenant's id; its second,
    /// if it has one, the tenant's schema (by the template where it is NULL or missing).
    Query(String),
}

impl DiscoveryConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let words = [("catalog", "catalog"), ("schemas", "schemas"), ("query", "query")];
        let source = reader.word("discovery.source", "catalog", &words);
        let entry = reader.peek("discovery.query");
        let query = reader.parsed("discovery.query", |query| {
            if query.trim().is_empty() {
                Err("it is empty".to_owned())
            } else {
                Ok(query.to_owned())
            }
        });
        let source = match (source, query, entry) {
            ("query", Some(query), _) => DiscoverySource::Query(query),
            ("query", None, None) => {
                reader.note_missing(
                    "discovery.query",
                    "discovery.source = \"query\" needs one, such as \
                     \"select id, schema from companies\"",
                );
                DiscoverySource::Catalog
            }
            (_, Some(_), Some(entry)) => {
                let reason = r#"it is used only with discovery.source = "query""#.to_owned();
                reader.note("discovery.query", &entry, reason);
                DiscoverySource::Catalog
            }
            ("schemas", ..) => DiscoverySource::Schemas,
            _ => DiscoverySource::Catalog,
        };
        Self {
            source,
            refresh_interval: reader
                .duration("discovery.refresh_interval", Duration::from_secs(60)),
        }
    }
}
