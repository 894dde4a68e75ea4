//! A schema to be migrated, in SQL.

use sha2::{Digest, Sha256};
use tenantry::{Config, Identifier};

/// A schema, its ledger and its lock, as statements name them.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The schema.
    pub(crate) identifier: Identifier,
    /// The shared schema.
    pub(crate) shared: Identifier,
    /// The schema's bare name.
    pub(crate) schema: String,
    /// The schema's name, quoted.
    pub(crate) quoted: String,
    /// The ledger's table, qualified and quoted.
    pub(crate) ledger: String,
    /// The ledger's bare name.
    pub(crate) ledger_name: String,
    /// What a migration's names are looked for in: the schema, extensions, `pg_temp`.
    search_path: String,
}

impl Site {
    /// A tenant's schema.
    pub(crate) fn of_tenant(schema: &Identifier, config: &Config) -> Self {
        let isolation = config.isolation();
        let shared = isolation.fallthrough.then_some(&isolation.shared_schema);
        Self::new(schema, isolation.extension_schemas.iter().chain(shared), config)
    }

    /// The shared schema.
    pub(crate) fn of_shared(config: &Config) -> Self {
        let isolation = config.isolation();
        Self::new(&isolation.shared_schema, &isolation.extension_schemas, config)
    }

    fn new<'a>(
        schema: &Identifier,
        beside: impl IntoIterator<Item = &'a Identifier>,
        config: &Config,
    ) -> Self {
        let table = &config.migrations().table;
        let quoted = schema.quoted();
        let mut search_path = quoted.clone();
        for schema in beside {
            search_path.push_str(", ");
            search_path.push_str(&schema.quoted());
        }
        search_path.push_str(", pg_temp");
        Self {
            identifier: schema.clone(),
            shared: config.isolation().shared_schema.clone(),
            schema: schema.as_str().to_owned(),
            ledger: format!("{quoted}.{}", table.quoted()),
            ledger_name: table.as_str().to_owned(),
            quoted,
            search_path,
        }
    }

    /// How the command is told of all schemas of this kind, and of this one.
    pub(crate) fn flags(&self) -> (&'static str, &'static str) {
        match self.identifier == self.shared {
            true => ("--shared", "--shared"),
            false => ("--all", "--tenant ID"),
        }
    }

    /// Waits for the schema's lock, which is held to the end of the transaction.
    pub(crate) fn lock(&self) -> String {
        format!("SELECT pg_catalog.pg_advisory_xact_lock({})", lock_key(&self.schema))
    }

    /// Takes the schema's lock for as long as the session lives, or fails with [`BUSY`] in the
    /// message where another runner has it: nobody waits for it.
    pub(crate) fn try_lock(&self) -> String {
        let key = lock_key(&self.schema);
        format!(
            "SELECT (CASE WHEN pg_catalog.pg_try_advisory_lock({key}) THEN '' ELSE '{BUSY}' END \
             || '0')::pg_catalog.int4"
        )
    }

    /// Gives the transaction the schema's names.
    pub(crate) fn bind(&self) -> String {
        format!("SET LOCAL search_path = {}", self.search_path)
    }
}

/// What the message of an error says where another runner has the lock.
pub(crate) const BUSY: &str = "another runner migrates this schema; ";

/// The key of a schema's lock. PostgreSQL keeps each database's locks apart.
fn lock_key(schema: &str) -> i64 {
    let digest = Sha256::new().chain_update("tenantry migrate ").chain_update(schema).finalize();
    let first: [u8; 8] = std::array::from_fn(|index| digest[index]);
    i64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::builder().set("connection.url", "postgres://localhost/app").load().unwrap()
    }

    #[test]
    fn names_are_quoted_wherever_they_stand() {
        let schema = Identifier::parse(r#"Kunde "7", public"#).unwrap();
        let site = Site::of_tenant(&schema, &config());
        assert_eq!(site.ledger, r#""Kunde ""7"", public"."tenantry_migrations""#);
        assert_eq!(site.bind(), r#"SET LOCAL search_path = "Kunde ""7"", public", pg_temp"#);
    }

    #[test]
    fn each_schema_has_a_lock_of_its_own() {
        assert_ne!(lock_key("tenant_a"), lock_key("tenant_b"));
        // Runners of different versions must agree on it.
        assert_eq!(lock_key("tenant_acme"), lock_key("tenant_acme"));
    }
}
