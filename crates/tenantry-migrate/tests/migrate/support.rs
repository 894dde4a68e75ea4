use std::fs;

use tempfile::TempDir;
use tenantry::{Config, TenantId, TenantManager, config::ConfigLoader};
use tenantry_devdb::testing::TestDb;
use tenantry_migrate::{MigrateOptions, MigrateReport, Migrations, Migrator, TenantReport};
use tokio_postgres::Client;

/// Two files, three tables.
pub(crate) const USERS: (&str, &str) =
    ("0001_users.sql", "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);");
pub(crate) const PROJECTS: (&str, &str) = (
    "0002_projects.sql",
    "CREATE TABLE projects (id int PRIMARY KEY, owner int REFERENCES users (id));\n\
     CREATE TABLE tasks (id int PRIMARY KEY);",
);

/// A database and a folder of migrations.
pub(crate) struct Project {
    pub(crate) db: TestDb,
    folder: TempDir,
}

impl Project {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tenant")).unwrap();
        Self { db: TestDb::create().await, folder }
    }

    /// With these migrations for tenants.
    pub(crate) async fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::new().await;
        for (name, sql) in files {
            project.tenant_file(name, sql);
        }
        project
    }

    pub(crate) fn tenant_file(&self, name: &str, sql: &str) {
        fs::write(self.folder.path().join("tenant").join(name), sql).unwrap();
    }

    pub(crate) fn remove_tenant_file(&self, name: &str) {
        fs::remove_file(self.folder.path().join("tenant").join(name)).unwrap();
    }

    /// What the ledger keeps of a file's text.
    pub(crate) fn checksum(&self, name: &str) -> String {
        let migrations = Migrations::read(&self.folder.path().join("tenant")).unwrap();
        migrations.files().iter().find(|file| file.name == name).unwrap().checksum.clone()
    }

    pub(crate) fn shared_file(&self, name: &str, sql: &str) {
        fs::create_dir_all(self.folder.path().join("shared")).unwrap();
        fs::write(self.folder.path().join("shared").join(name), sql).unwrap();
    }

    /// A seed, such as `tenant/0001_roles.sql`.
    pub(crate) fn seed_file(&self, path: &str, sql: &str) {
        let path = self.folder.path().join("seeds").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, sql).unwrap();
    }

    pub(crate) fn config(&self) -> ConfigLoader {
        let folder = |name| self.folder.path().join(name).display().to_string();
        Config::builder()
            .set("connection.url", self.db.url())
            .set("migrations.tenant_dir", folder("tenant"))
            .set("migrations.shared_dir", folder("shared"))
            .set("migrations.tenant_seeds", folder("seeds/tenant"))
            .set("migrations.shared_seeds", folder("seeds/shared"))
    }

    pub(crate) async fn manager(&self) -> TenantManager {
        let config = self.config().load().unwrap();
        TenantManager::builder(config).without_listener().connect().await.unwrap()
    }

    pub(crate) async fn migrator(&self) -> Migrator {
        Migrator::new(self.manager().await)
    }

    /// Tenants in the catalog, with empty schemas.
    pub(crate) async fn enrol(&self, ids: &[&str]) {
        let migrator = self.migrator().await;
        for tenant in ids {
            migrator.create_tenant(tenantry::NewTenant::new(id(tenant)), false).await.unwrap();
        }
    }

    pub(crate) async fn client(&self) -> Client {
        self.db.connect().await
    }

    /// The names of the tables in a schema.
    pub(crate) async fn tables(&self, schema: &str) -> Vec<String> {
        let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1";
        let rows = self.client().await.query(sql, &[&schema]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The files in a schema's ledger.
    pub(crate) async fn ledger(&self, schema: &str) -> Vec<String> {
        let sql = format!("SELECT name::text FROM {schema}.tenantry_migrations ORDER BY number");
        let rows = self.client().await.query(&sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

pub(crate) fn id(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

pub(crate) async fn migrate_all(migrator: &Migrator) -> MigrateReport {
    migrator.migrate_all(&MigrateOptions::new()).await.unwrap()
}

pub(crate) fn report_of<'a>(report: &'a MigrateReport, id: &str) -> &'a TenantReport {
    report.tenants.iter().find(|tenant| tenant.id == id).unwrap()
}
