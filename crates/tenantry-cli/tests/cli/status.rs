use crate::support::{PROJECTS, Project, USERS};

#[tokio::test]
async fn the_table_shows_every_tenant_and_what_to_run() {
    let project = Project::with(&[USERS]).await;
    project.create(&["abc123", "def456", "gone", "wrong"]).await;
    project.run("migrate --all").await.done();
    project.file("migrations/tenant/0002_projects.sql", PROJECTS.1);
    project.run("migrate --tenant abc123").await.done();
    project.create(&["new"]).await;
    let sql = "DROP SCHEMA tenant_gone CASCADE; \
               UPDATE tenant_wrong.tenantry_migrations SET checksum = 'another'";
    project.client().await.batch_execute(sql).await.unwrap();

    insta::assert_snapshot!("table", project.run("status").await.shown());
    let ran = project.run("--json status").await;
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    insta::assert_json_snapshot!("json", ran.json());
}

#[tokio::test]
async fn check_exits_with_1_when_a_schema_is_not_ok() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    assert_eq!(project.run("status").await.status, 0);
    assert_eq!(project.run("status --check").await.status, 1);
    project.run("migrate --all").await.done();
    assert_eq!(project.run("status --check").await.status, 0);
    project.file("migrations/shared/0001_plans.sql", "CREATE TABLE plans ();");
    insta::assert_snapshot!(project.run("status --check").await.shown());
}

#[tokio::test]
async fn an_empty_database_stays_empty() {
    let project = Project::with(&[USERS]).await;
    insta::assert_snapshot!(project.run("status").await.shown(), @r"
    exit status 0
    --- stdout
    There are no tenants yet. Make one: tenantry tenant create ID
    ");
    assert_eq!(project.schemas("tenantry").await, 0);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_shown_and_exits_with_1() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme", "globex"]).await;
    let sql = "CREATE TABLE tenant_acme.tenantry_migrations (nothing int)";
    project.client().await.batch_execute(sql).await.unwrap();
    let ran = project.run("--json status").await;
    assert_eq!(ran.status, 1);
    let status = ran.json();
    assert_eq!(status["tenants"][0]["error"]["code"], "LEDGER_UNREADABLE");
    assert_eq!(status["tenants"][1]["status"], "behind");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_result_that_cannot_be_written_is_a_failure() {
    let project = Project::with(&[USERS]).await;
    for line in ["status", "--json status"] {
        let mut command = project.command(line);
        command.stdout(std::fs::File::create("/dev/full").unwrap());
        let ran = command.spawn().unwrap().wait_with_output().await.unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("error: the result cannot be written to stdout"), "{stderr}");
    }
}
