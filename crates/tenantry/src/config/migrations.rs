//! Section `[migrations]`: where migrations are, and the ledger of those that were applied.

use std::path::PathBuf;

use super::reader::Reader;
use crate::Identifier;

/// Where migrations are, and the ledger of those that were applied.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MigrationsConfig {
    /// `tenant_dir`: the folder of tenants' migrations. `migrations/tenant` by default.
    pub tenant_dir: PathBuf,
    /// `shared_dir`: the folder of the shared schema's migrations. `migrations/shared` by default.
    pub shared_dir: PathBuf,
    /// `table`: the ledger's table, in each schema. `tenantry_migrations` by default.
    pub table: Identifier,
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
            table: reader.identifier("migrations.table", "tenantry_migrations"),
        }
    }
}
