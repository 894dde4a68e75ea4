//! Section `[migrations]`: where migrations are, and the ledger of those that were applied.

use std::{path::PathBuf, time::Duration};

use super::reader::Reader;
use crate::{Identifier, InvalidSchemaName, TenantId};

/// Where migrations are, and the ledger of those that were applied.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MigrationsConfig {
    /// `tenant_dir`: the folder of tenants' migrations. `migrations/tenant` by default.
    pub tenant_dir: PathBuf,
    /// `shared_dir`: the folder of the shared schema's migrations. `migrations/shared` by default.
    pub shared_dir: PathBuf,
    /// `tenant_seeds`: the folder of files that put first rows into each tenant's schema.
    /// `seeds/tenant` by default.
    pub tenant_seeds: PathBuf,
    /// `shared_seeds`: the folder of files that put first rows into the shared schema.
    /// `seeds/shared` by default.
    pub shared_seeds: PathBuf,
    /// `table`: the ledger's table, in each schema. `tenantry_migrations` by default.
    pub table: Identifier,
    /// `lock_timeout`: how long a migration waits for a lock before the tenant is put back, to be
    /// tried again later. 5 s by default. What waits for a lock makes everybody behind it wait.
    pub lock_timeout: Duration,
    /// `lock_attempts`: how often a tenant that is locked is tried, the first time included. 6 by
    /// default.
    pub lock_attempts: u32,
    /// `lock_delay`: how long to wait before a locked tenant is tried again; it doubles with each
    /// attempt. 1 s by default.
    pub lock_delay: Duration,
    /// `statement_timeout`: how long one statement of a migration may take. As PostgreSQL is set, if
    /// it isn't set here.
    pub statement_timeout: Option<Duration>,
    /// `tenants_per_connection`: after how many tenants a connection that migrates is replaced, since
    /// PostgreSQL's backends keep what they learn of every table. 500 by default; 0 is never.
    pub tenants_per_connection: usize,
    /// `role`: the role a tenant's migrations run as, by a template such as `owner_{id}`: one that
    /// owns this tenant's schema and nothing of others.
    pub role: Option<RoleTemplate>,
}

/// How the role is named that a tenant's migrations run as: text with exactly one `{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTemplate(String);

impl RoleTemplate {
    fn parse(template: &str) -> Result<Self, String> {
        if template.matches("{id}").count() == 1 {
            Ok(Self(template.to_owned()))
        } else {
            Err(r#"allowed is a text with exactly one {id}, such as "owner_{id}""#.to_owned())
        }
    }

    /// The role's name for a tenant.
    ///
    /// # Errors
    ///
    /// [`InvalidSchemaName`](crate::InvalidSchemaName), where it is longer than PostgreSQL's 63
    /// bytes.
    pub fn role_for(&self, id: &TenantId) -> Result<Identifier, InvalidSchemaName> {
        Identifier::parse(&self.0.replace("{id}", id.as_str()))
    }
}

impl MigrationsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let keys = ["migrations.shared_dir", "migrations.tenant_dir"];
        let given = keys.iter().find_map(|key| Some((*key, reader.peek(key)?)));
        let tenant_dir = reader.path_or("migrations.tenant_dir", "migrations/tenant");
        let shared_dir = reader.path_or("migrations.shared_dir", "migrations/shared");
        if tenant_dir == shared_dir
            && let Some((key, entry)) = given
        {
            let reason = "tenants' and shared migrations must be in two folders";
            reader.note(key, &entry, reason.to_owned());
        }
        Self {
            tenant_dir,
            shared_dir,
            tenant_seeds: reader.path_or("migrations.tenant_seeds", "seeds/tenant"),
            shared_seeds: reader.path_or("migrations.shared_seeds", "seeds/shared"),
            table: reader.identifier("migrations.table", "tenantry_migrations"),
            lock_timeout: reader.duration("migrations.lock_timeout", Duration::from_secs(5)),
            lock_attempts: reader.integer("migrations.lock_attempts", 6, 1..=1000) as u32,
            lock_delay: reader.duration("migrations.lock_delay", Duration::from_secs(1)),
            statement_timeout: reader.duration_if_set("migrations.statement_timeout"),
            tenants_per_connection: reader.integer(
                "migrations.tenants_per_connection",
                500,
                0..=10_000_000,
            ) as usize,
            role: reader.parsed("migrations.role", RoleTemplate::parse),
        }
    }
}
