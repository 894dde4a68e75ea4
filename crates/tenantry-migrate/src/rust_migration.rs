//! Migrations written in Rust, among those in SQL.

use std::{error::Error, fmt, pin::Pin};

use tenantry::tokio_postgres::types::ToSql;
use tenantry::{Result, SharedSession, TenantId, Transaction, tokio_postgres::Row};

/// What a migration in Rust gives: nothing, or why it failed.
pub type RustMigrationResult = Result<(), Box<dyn Error + Send + Sync>>;

/// What [`RustMigration::up`] and [`RustMigration::down`] return.
pub type RustMigrationFuture<'a> = Pin<Box<dyn Future<Output = RustMigrationResult> + Send + 'a>>;

/// A migration in Rust: for what SQL cannot say, such as what needs an application's own code.
///
/// It runs in one transaction with its row in the ledger, bound to one tenant, as a file does.
///
/// ```
/// use tenantry_migrate::{MigrationTransaction, RustMigration, RustMigrationFuture};
///
/// #[derive(Debug)]
/// struct Slugs;
///
/// impl RustMigration for Slugs {
///     fn number(&self) -> i64 {
///         7
///     }
///
///     fn name(&self) -> &str {
///         "0007_slugs"
///     }
///
///     fn up<'a>(&'a self, tx: &'a mut MigrationTransaction<'_>) -> RustMigrationFuture<'a> {
///         Box::pin(async move {
///             for row in tx.query("SELECT id, name FROM projects", &[]).await? {
///                 let slug = row.get::<_, String>(1).to_lowercase();
///                 let sql = "UPDATE projects SET slug = $2 WHERE id = $1";
///                 tx.execute(sql, &[&row.get::<_, i32>(0), &slug]).await?;
///             }
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait RustMigration: fmt::Debug + Send + Sync {
    /// What orders it, among the files.
    fn number(&self) -> i64;

    /// What the ledger calls it.
    fn name(&self) -> &str;

    /// Which version of the code this is, in place of a file's checksum: another one, after it was
    /// applied, is an error. `1` by default.
    fn version(&self) -> u32 {
        1
    }

    /// Why a [strict](crate::MigrateOptions::strict) run may run it, though nobody can read whether
    /// it locks or loses something: a reason, as a file gives one with `allow`. None by default.
    fn allowed_because(&self) -> Option<&str> {
        None
    }

    /// Does its work.
    fn up<'a>(&'a self, tx: &'a mut MigrationTransaction<'_>) -> RustMigrationFuture<'a>;

    /// Whether [`down`](Self::down) undoes it.
    fn has_down(&self) -> bool {
        false
    }

    /// Undoes its work, where [`has_down`](Self::has_down) says that it can.
    fn down<'a>(&'a self, tx: &'a mut MigrationTransaction<'_>) -> RustMigrationFuture<'a> {
        let _ = tx;
        Box::pin(async { Err("it cannot be undone".into()) })
    }
}

/// The transaction a [`RustMigration`] runs in: names that are not qualified are the tenant's.
///
/// It is committed together with the ledger's row when the migration has ended well, and rolled
/// back otherwise.
#[derive(Debug)]
pub struct MigrationTransaction<'a> {
    pub(crate) on: On<'a>,
    pub(crate) tenant: Option<&'a TenantId>,
}

/// What the transaction is open on.
#[derive(Debug)]
pub(crate) enum On<'a> {
    Session(&'a mut SharedSession),
    Transaction(&'a mut Transaction),
}

macro_rules! on {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match &mut $self.on {
            On::Session(session) => session.$method($($argument),*).await,
            On::Transaction(transaction) => transaction.$method($($argument),*).await,
        }
    };
}

impl MigrationTransaction<'_> {
    /// Whose schema it is; nobody's for the shared one.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.tenant
    }

    /// Runs a statement and gives its rows.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn query(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        on!(self.query(sql, params))
    }

    /// Runs a statement and gives the number of rows it inserted, changed or deleted.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn execute(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        on!(self.execute(sql, params))
    }

    /// Runs several statements, separated by semicolons, without parameters.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn batch_execute(&mut self, sql: &str) -> Result<()> {
        on!(self.batch_execute(sql))
    }
}
