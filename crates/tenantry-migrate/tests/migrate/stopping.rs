use std::time::Duration;

use tenantry_migrate::{MigrateOptions, MigrateStatus, Progress, RunState, Stop};

use crate::support::{PROJECTS, Project, USERS, migrate_all, report_of};

#[tokio::test]
async fn a_stopped_run_finishes_the_file_and_says_what_is_left() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme", "globex"]).await;
    let stop = Stop::new();
    let stopping = stop.clone();
    let options = MigrateOptions::new().concurrency(1).stop(stop).on_progress(move |progress| {
        if let Progress::Applied { .. } = progress {
            stopping.stop();
        }
    });
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.total, report.unfinished), (2, 2));
    assert!(!report.is_success());
    let acme = report_of(&report, "acme");
    assert_eq!(acme.status, MigrateStatus::Unfinished);
    assert_eq!(
        (&*acme.applied, &*acme.pending),
        (&["0001_users.sql".to_owned()][..], &["0002_projects.sql".to_owned()][..],)
    );
    assert_eq!(report_of(&report, "globex").pending.len(), 2);
    assert_eq!(migrate_all(&project.migrator().await).await.succeeded, 2);
}

#[tokio::test]
async fn a_run_that_was_told_to_stop_at_its_last_file_is_done() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    let stop = Stop::new();
    let stopping = stop.clone();
    let options = MigrateOptions::new().stop(stop).on_progress(move |progress| {
        if let Progress::Applied { .. } = progress {
            stopping.stop();
        }
    });
    let migrator = project.migrator().await;
    assert!(migrator.migrate_all(&options).await.unwrap().is_success());
    assert_eq!(migrator.runs(1).await.unwrap()[0].state, RunState::Succeeded);
}

#[tokio::test]
async fn a_dropped_run_is_rolled_back() {
    let project =
        Project::with(&[("0001_slow.sql", "CREATE TABLE users (); SELECT pg_sleep(60);")]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    let client = project.client().await;
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let is_running = async || client.query_one(running, &[]).await.unwrap().get::<_, i64>(0) > 0;
    {
        let options = MigrateOptions::new();
        let migrating = migrator.migrate_all(&options);
        tokio::pin!(migrating);
        tokio::select! {
            _ = &mut migrating => panic!("it sleeps for a minute"),
            () = async { while !is_running().await {} } => {}
        }
    }
    let ended = async { while is_running().await {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("it is cancelled");
    assert!(project.tables("tenant_acme").await.is_empty());
}
