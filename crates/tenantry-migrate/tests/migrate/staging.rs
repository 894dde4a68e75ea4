use std::sync::{Arc, Mutex};

use tenantry_migrate::{
    MaxFailures, MigrateOptions, MigrateStatus, OnError, Progress, RunState, Stages, Stop,
};

use crate::support::{PROJECTS, Project, USERS, migrate_all, report_of};

async fn with_tenants(files: &[(&str, &str)], count: usize) -> Project {
    let project = Project::with(files).await;
    let ids: Vec<String> = (0..count).map(|number| format!("t{number:02}")).collect();
    project.enrol(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    project
}

/// Fails in these tenants.
fn fails_in(tenants: &[&str]) -> String {
    let list: Vec<String> = tenants.iter().map(|tenant| format!("'tenant_{tenant}'")).collect();
    format!(
        "DO $$ BEGIN IF current_schema() IN ({}) THEN RAISE 'not here'; END IF; END $$;",
        list.join(", ")
    )
}

#[tokio::test]
async fn some_tenants_go_first_and_between_stages_somebody_is_asked() {
    let project = with_tenants(&[USERS], 10).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (stages, gates) = (Arc::clone(&heard), Arc::clone(&heard));
    let options = MigrateOptions::new()
        .stages(Stages::canary(2).then([50]))
        .between_stages(move |done| {
            let gates = Arc::clone(&gates);
            async move {
                let line = format!("after {}: {} done, {} left", done.stage, done.done, done.left);
                gates.lock().unwrap().push(line);
                Ok(())
            }
        })
        .on_progress(move |progress| {
            if let Progress::Stage { number, of, tenants } = progress {
                stages.lock().unwrap().push(format!("{number} of {of}: {tenants}"));
            }
        });
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!(report.succeeded, 10);
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "1 of 3: 2",
            "after 1: 2 done, 8 left",
            "2 of 3: 3",
            "after 2: 5 done, 5 left",
            "3 of 3: 5",
        ]
    );
}

#[tokio::test]
async fn a_check_that_fails_ends_the_run_before_the_next_stage() {
    let project = with_tenants(&[USERS], 5).await;
    let migrator = project.migrator().await;
    let options = MigrateOptions::new()
        .stages(Stages::canary(2))
        .between_stages(|_| async { Err("errors have doubled".into()) });
    let report = migrator.migrate_all(&options).await.unwrap();
    assert_eq!((report.succeeded, report.unfinished), (2, 3));
    assert_eq!(report.ended_early.as_deref(), Some("after stage 1 of 2: errors have doubled"));
    assert!(!report.is_success());
    let run = migrator.show_run(report.run.unwrap()).await.unwrap();
    assert_eq!((run.run.state, run.run.left), (RunState::Failed, 3));

    let options = MigrateOptions::new();
    let error = migrator.resume(report.run, &options).await.unwrap_err();
    assert_eq!(error.code(), "CHECKS_MISSING", "what was asked cannot be recorded");
    let options = options.without_checks(true);
    let report = migrator.resume(report.run, &options).await.unwrap();
    assert_eq!((report.succeeded, report.skipped), (3, 2));
    let run = migrator.show_run(report.run.unwrap()).await.unwrap();
    assert_eq!((run.run.state, run.run.succeeded, run.run.left), (RunState::Succeeded, 5, 0));
    assert_eq!(run.results.len(), 5);
}

#[tokio::test]
async fn a_canary_that_fails_spares_the_others() {
    let project = with_tenants(&[("0001_wrong.sql", &fails_in(&["t00"]))], 5).await;
    let options = MigrateOptions::new().stages(Stages::canary(2));
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.succeeded, report.failed, report.unfinished), (1, 1, 3));
    assert_eq!(report.ended_early.as_deref(), Some("1 tenant failed in stage 1 of 2"));
    let options = options.on_error(OnError::Continue);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.succeeded, report.failed, report.unfinished), (3, 1, 0));
}

#[tokio::test]
async fn a_run_ends_when_more_fail_than_are_borne() {
    let wrong = fails_in(&["t01", "t03", "t05", "t07"]);
    let cases = [
        (MaxFailures::Count(1), Some(2)),
        (MaxFailures::Count(0), Some(1)),
        (MaxFailures::Percent(30), Some(4)),
        (MaxFailures::Percent(40), None),
    ];
    for (most, failed) in cases {
        let project = with_tenants(&[("0001_wrong.sql", &wrong)], 10).await;
        let options = MigrateOptions::new().concurrency(1).max_failures(most);
        let report = project.migrator().await.migrate_all(&options).await.unwrap();
        assert_eq!(report.failed, failed.unwrap_or(4), "{most:?}");
        assert_eq!(report.ended_early.is_some(), failed.is_some(), "{most:?}");
        assert_eq!(report.unfinished > 0, failed.is_some(), "{most:?}");
    }
    let project = with_tenants(&[("0001_wrong.sql", &wrong)], 10).await;
    let options = MigrateOptions::new().concurrency(1).on_error(OnError::Abort);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.succeeded, report.failed, report.unfinished), (1, 1, 8));
}

#[tokio::test]
async fn runs_are_recorded_with_who_what_and_the_result_for_each_tenant() {
    let wrong = ("0002_wrong.sql", &*fails_in(&["t01"]));
    let project = with_tenants(&[USERS, wrong], 3).await;
    let migrator = project.migrator().await;
    assert!(migrator.runs(10).await.unwrap().is_empty());
    let report = migrate_all(&migrator).await;
    let details = migrator.show_run(report.run.unwrap()).await.unwrap();
    let run = &details.run;
    assert_eq!((run.state, run.tenants, run.succeeded), (RunState::Failed, 3, 2));
    assert_eq!((run.failed, run.left), (1, 0));
    assert_eq!(run.files, [USERS.0, wrong.0]);
    assert_eq!(run.pid, i32::try_from(std::process::id()).unwrap());
    assert!(!run.host.is_empty() && !run.started_by.is_empty());
    let failed = &details.results[1];
    assert_eq!((failed.tenant.as_str(), failed.status.as_str()), ("t01", "failed"));
    assert_eq!(failed.applied, [USERS.0]);
    assert_eq!(failed.error.as_ref().unwrap()["message"], "not here");

    project.tenant_file(wrong.0, "CREATE TABLE right_now ();");
    project.tenant_file("0003_more.sql", "CREATE TABLE more ();");
    assert_eq!(migrate_all(&migrator).await.succeeded, 1, "the file was applied to the others");
    let runs = migrator.runs(10).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(migrate_all(&migrator).await.run, None, "there was nothing to do");
}

#[tokio::test]
async fn a_stopped_run_goes_on_with_what_it_was_asked_for() {
    let project = with_tenants(&[USERS, PROJECTS], 4).await;
    let migrator = project.migrator().await;
    let stop = Stop::new();
    let stopping = stop.clone();
    let options = MigrateOptions::new().concurrency(1).stop(stop).on_progress(move |progress| {
        if let Progress::Finished(_) = progress {
            stopping.stop();
        }
    });
    let these = [crate::support::id("t01"), crate::support::id("t02")];
    let report = migrator.migrate(&these, &options).await.unwrap();
    assert_eq!((report.succeeded, report.unfinished), (1, 1));
    assert_eq!(migrator.runs(1).await.unwrap()[0].state, RunState::Stopped);
    let report = migrator.resume(None, &MigrateOptions::new()).await.unwrap();
    assert_eq!((report.total, report.succeeded, report.skipped), (2, 1, 1), "no other tenant");
    let error = migrator.resume(None, &MigrateOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "NOTHING_TO_RESUME");
    let error = migrator.resume(Some(7), &MigrateOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "RUN_NOT_FOUND");
}

#[tokio::test]
async fn a_run_whose_process_is_gone_counts_as_interrupted() {
    let project = with_tenants(&[USERS], 1).await;
    let migrator = project.migrator().await;
    let run = migrate_all(&migrator).await.run.unwrap();
    let sql = "UPDATE tenantry.runs SET state = 'running', ended_at = NULL, \
               seen_at = clock_timestamp() - interval '11 seconds'";
    project.client().await.batch_execute(sql).await.unwrap();
    assert_eq!(migrator.show_run(run).await.unwrap().run.state, RunState::Interrupted);
    let report = migrator.resume(None, &MigrateOptions::new()).await.unwrap();
    assert_eq!(report_of(&report, "t00").status, MigrateStatus::Skipped);
}

#[tokio::test]
async fn tenants_that_cannot_be_begun_count_as_failed() {
    let project = with_tenants(&[USERS], 5).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let sql = "UPDATE tenant_t04.tenantry_migrations SET checksum = 'another'";
    project.client().await.batch_execute(sql).await.unwrap();
    project.tenant_file(PROJECTS.0, PROJECTS.1);

    let abort = MigrateOptions::new().on_error(OnError::Abort);
    let report = migrator.migrate_all(&abort).await.unwrap();
    assert_eq!((report.succeeded, report.failed, report.unfinished), (0, 1, 4));
    let none = MigrateOptions::new().max_failures(MaxFailures::Count(0));
    let report = migrator.migrate_all(&none).await.unwrap();
    assert_eq!((report.succeeded, report.failed, report.unfinished), (0, 1, 4));

    let staged = MigrateOptions::new().stages(Stages::canary(1));
    let report = migrator.migrate_all(&staged).await.unwrap();
    assert_eq!((report.succeeded, report.failed, report.unfinished), (1, 1, 3));
    assert_eq!(report.ended_early.as_deref(), Some("1 tenant failed in stage 1 of 2"));
    let run = migrator.show_run(report.run.unwrap()).await.unwrap();
    assert_eq!((run.run.tenants, run.run.failed), (5, 1), "the run says so, too");
    assert_eq!(migrate_all(&migrator).await.succeeded, 3, "without stages the others go on");
}

#[tokio::test]
async fn a_run_that_is_resumed_pauses_as_it_was_asked_to() {
    let project = with_tenants(&[USERS], 2).await;
    let migrator = project.migrator().await;
    let stop = Stop::new();
    stop.stop();
    let hour = std::time::Duration::from_secs(3600);
    let options = MigrateOptions::new().stages(Stages::canary(1).pause(hour)).stop(stop);
    let report = migrator.migrate_all(&options).await.unwrap();
    assert_eq!(report.unfinished, 2);
    // It waits for the hour to pass; whoever stops it need not.
    let stop = Stop::new();
    let told = stop.clone();
    let options = MigrateOptions::new().stop(stop).on_progress(move |progress| {
        if let Progress::Finished(_) = progress {
            told.stop();
        }
    });
    let report = migrator.resume(report.run, &options).await.unwrap();
    assert_eq!((report.succeeded, report.unfinished), (1, 1));
}
