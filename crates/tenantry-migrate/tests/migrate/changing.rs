//! What happens to tenants that change while a run is under way: it has read all ledgers by then.

use std::sync::Arc;

use tenantry::{NewTenant, TenantStatus};
use tenantry_migrate::{MigrateHooks, MigrateOptions, MigrateReport, MigrateStatus, Migrator};

use crate::support::{PROJECTS, Project, USERS, id, report_of};

/// A run over acme and globex, one after the other, in which something happens after acme.
async fn run<F, R>(project: &Project, meanwhile: F) -> MigrateReport
where
    F: Fn(Migrator) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    let (acting, meanwhile) = (project.migrator().await, Arc::new(meanwhile));
    let hooks = MigrateHooks::new().after_tenant(move |report| {
        let (acting, meanwhile) = (acting.clone(), Arc::clone(&meanwhile));
        async move {
            if report.id.as_str() == "acme" {
                meanwhile(acting).await;
            }
            Ok(())
        }
    });
    let options = MigrateOptions::new().concurrency(1).hooks(hooks);
    migrator.migrate_all(&options).await.unwrap()
}

#[tokio::test]
async fn one_that_is_dropped_is_gone_and_no_failure() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let report = run(&project, |migrator| async move {
        migrator.drop_tenant(&id("globex")).await.unwrap();
    })
    .await;
    assert_eq!(report_of(&report, "globex").status, MigrateStatus::Gone);
    assert_eq!((report.succeeded, report.gone), (1, 1));
    assert!(report.is_success());
}

#[tokio::test]
async fn one_that_is_made_has_everything_and_is_not_part_of_the_run() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let report = run(&project, |migrator| async move {
        migrator.create_tenant(NewTenant::new(id("initech")), true).await.unwrap();
    })
    .await;
    assert_eq!((report.total, report.succeeded), (2, 2));
    assert_eq!(project.ledger("tenant_initech").await.len(), 2);
}

#[tokio::test]
async fn one_that_is_suspended_is_migrated_all_the_same() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let report = run(&project, |migrator| async move {
        let catalog = migrator.manager().catalog();
        catalog.set_status(&id("globex"), TenantStatus::Suspended).await.unwrap();
    })
    .await;
    assert_eq!(report.succeeded, 2);
    assert_eq!(project.ledger("tenant_globex").await.len(), 2, "it may come back");
}

#[tokio::test]
async fn one_whose_schema_gets_another_name_is_found_under_it() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let report = run(&project, |migrator| async move {
        let sql = "ALTER SCHEMA tenant_globex RENAME TO globex_inc; \
                   UPDATE tenantry.tenants SET schema = 'globex_inc' WHERE id = 'globex'";
        migrator.manager().shared().batch_execute(sql).await.unwrap();
    })
    .await;
    assert_eq!(report.succeeded, 2, "{report:?}");
    assert_eq!(project.ledger("globex_inc").await.len(), 2);
}

#[tokio::test]
async fn one_that_gets_another_id_keeps_its_schema_and_is_migrated() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let report = run(&project, |migrator| async move {
        let sql = "UPDATE tenantry.tenants SET id = 'globex-inc' WHERE id = 'globex'";
        migrator.manager().shared().batch_execute(sql).await.unwrap();
    })
    .await;
    assert_eq!(report_of(&report, "globex").status, MigrateStatus::Succeeded);
    assert_eq!(project.ledger("tenant_globex").await.len(), 2);
}
