//! Migrations over many tenants, and a tenant's life: create, list, show, drop.
//!
//! A migration is a plain SQL file, `0001_users.sql`, in `migrations/tenant` or
//! `migrations/shared`. Three ideas:
//!
//! - **One file, one transaction.** A file runs in one transaction together with its row in the
//!   *ledger*, the table `tenantry_migrations` in the schema it is applied to: it is applied and
//!   recorded, or neither, whatever breaks.
//! - **One schema, one lock.** Each of these transactions takes an advisory lock of its schema,
//!   then claims its row. Any number of runners may migrate at once; each file is applied once.
//! - **Read all, then work.** The ledgers of all tenants are read together. A tenant with nothing
//!   to do costs no connection and no round trip of its own.
//!
//! ```no_run
//! use tenantry::{Config, TenantManager};
//! use tenantry_migrate::{MigrateOptions, Migrator};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let tenants = TenantManager::connect(Config::load()?).await?;
//! let migrator = Migrator::new(tenants);
//! let report = migrator.migrate_all(&MigrateOptions::new().concurrency(10)).await?;
//! for tenant in &report.tenants {
//!     if let Some(error) = &tenant.error {
//!         eprintln!("{}: {error}", tenant.id);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! |---|---|
//! | migrate | [`Migrator::migrate_all`], [`Migrator::migrate`], [`Migrator::migrate_shared`] |
//! | put first rows into them | [`Migrator::seed_all_with_shared`] |
//! | know what is applied and what is not | [`Migrator::status`], [`Migrator::status_of`] |
//! | take over a database of another tool's | [`Migrator::adopt_plan`], [`Migrator::adopt`] |
//! | make, look at and drop tenants | [`Migrator::create_tenant`], [`Migrator::show`], [`Migrator::drop_tenant`] |
//! | know what may be in a folder | [`Migrations::read`] |

mod adopt;
mod apply;
mod connection;
mod corrections;
mod embedded;
mod error;
mod failure;
mod folder;
mod guard;
mod holder;
mod hooks;
mod host;
mod ledger;
pub mod lint;
mod message;
mod migrator;
mod naming;
mod options;
mod plan;
mod report;
mod rollback;
mod runs;
mod rust_migration;
mod script;
mod seed;
mod site;
mod stages;
mod status_options;
mod step;

pub use adopt::{
    AdoptAction, AdoptLedger, AdoptOptions, AdoptPlan, AdoptShared, AdoptSource, AdoptSummary,
    AdoptTenant, InvalidCsv,
};
pub use corrections::{
    Correction, CorrectionKind, CorrectionReport, RepairOptions, SharedCorrections,
    TenantCorrections,
};
pub use error::{MigrateError, Result, Unsafe};
pub use failure::Failure;
pub use folder::{FolderError, FolderProblem, Layout, Migration, Migrations, Origin};
pub use holder::LockHolder;
pub use hooks::{MigrateHooks, MigrationEvent, OnError};
pub use migrator::Migrator;
pub use options::{Atomic, MaxFailures, MigrateOptions, Progress, Stop};
pub use report::{
    CreatedTenant, DroppedTenant, MigrateReport, MigrateStatus, PendingMigration, SchemaStatus,
    SharedReport, SharedStatus, StatusGroup, StatusReport, StatusSummary, TenantDetails,
    TenantReport, TenantStatusReport,
};
pub use rollback::{RollbackReport, SharedRollback, TenantRollback};
pub use runs::{Run, RunDetails, RunState, RunTenant};
pub use rust_migration::{
    MigrationTransaction, RustMigration, RustMigrationFuture, RustMigrationResult,
};
pub use script::{Directives, Location, Script, Statement, StatementKind};
pub use seed::{SeedReport, SharedSeed, TenantSeed};
pub use stages::{StageDone, Stages};
pub use status_options::StatusOptions;

#[doc(hidden)]
pub use tenantry_migrate_macros::embedded_files;

/// The guide's code, compiled.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/migrations.md")]
    struct Migrations;
    #[doc = include_str!("../../../docs/adopting.md")]
    struct Adopting;
}
