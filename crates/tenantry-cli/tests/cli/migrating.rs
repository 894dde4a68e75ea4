use std::process::Stdio;

use crate::support::{PROJECTS, Project, USERS};

#[tokio::test]
async fn all_tenants_are_migrated_and_the_report_says_so() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.create(&["acme", "globex"]).await;
    let ran = project.run("--json migrate --all").await;
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    insta::assert_json_snapshot!("migrated", ran.json());
    let ran = project.run("migrate --all --json").await;
    assert_eq!(ran.status, 0);
    insta::assert_json_snapshot!("nothing_to_do", ran.json());
}

#[tokio::test]
async fn a_person_reads_one_line() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.create(&["acme", "globex"]).await;
    insta::assert_snapshot!(project.run("migrate --all").await.shown(), @r"
    exit status 0
    --- stdout
    2 tenants: 2 migrated (…)
    ");
    insta::assert_snapshot!(project.run("migrate --tenant acme").await.shown(), @r"
    exit status 0
    --- stdout
    1 tenant: 1 with nothing to do (…)
    ");
}

#[tokio::test]
async fn a_tenant_that_fails_is_named_with_file_line_and_message() {
    let wrong = ("0002_wrong.sql", "CREATE TABLE a (id int);\nSELECT nonsense FROM a;\n");
    let project = Project::with(&[USERS, wrong]).await;
    project.create(&["acme", "globex"]).await;
    let client = project.client().await;
    client.batch_execute("CREATE TABLE public.seen ()").await.unwrap();
    project.file("migrations/tenant/0002_wrong.sql", "SELECT 1;\nSELECT * FROM users_of_acme;");
    client.batch_execute("CREATE TABLE tenant_acme.users_of_acme ()").await.unwrap();

    let ran = project.run("--json migrate --all").await;
    assert_eq!(ran.status, 1);
    insta::assert_json_snapshot!("failed", ran.json());
    let ran = project.run("migrate --all").await;
    insta::assert_snapshot!("failed_for_people", ran.shown());
}

#[tokio::test]
async fn an_unknown_tenant_fails_and_the_others_do_not() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    let ran = project.run("migrate --tenant acme --tenant nobody").await;
    insta::assert_snapshot!(ran.shown(), @r#"
    exit status 1
    --- stdout
    2 tenants: 1 migrated, 1 failed (…)
    --- stderr
    error: nobody: there is no tenant "nobody"
    "#);
}

#[tokio::test]
async fn shared_goes_first_and_alone_if_nothing_else_is_asked_for() {
    let project = Project::with(&[(
        "0001_subscriptions.sql",
        "CREATE TABLE subscriptions (plan int REFERENCES public.plans);",
    )])
    .await;
    project.create(&["acme"]).await;
    project.file("migrations/shared/0001_plans.sql", "CREATE TABLE plans (id int PRIMARY KEY);");
    let ran = project.run("--json migrate --all --shared").await;
    assert_eq!(ran.status, 0);
    insta::assert_json_snapshot!("shared_and_all", ran.json());
    insta::assert_snapshot!(project.run("migrate --shared").await.shown(), @r"
    exit status 0
    --- stdout
    Shared schema public: nothing to do
    ");
}

#[tokio::test]
async fn when_shared_fails_the_tenants_wait() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    project.file("migrations/shared/0001_plans.sql", "CREATE TABLE plans (id nonsense);");
    let ran = project.run("migrate --all --shared").await;
    insta::assert_snapshot!(ran.shown(), @r#"
    exit status 1
    --- stdout
    Shared schema public: not migrated
    1 tenant: 1 not finished (…)
    --- stderr
    error: shared schema public: 0001_plans.sql:1:24: type "nonsense" does not exist (SQLSTATE 42704)
        1 | CREATE TABLE plans (id nonsense);
          |                        ^
    hint: the tenants wait until the shared schema is migrated
    "#);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_not_even_the_catalog() {
    let project = Project::with(&[USERS]).await;
    insta::assert_snapshot!(project.run("migrate --all --dry-run").await.shown(), @r"
    exit status 0
    --- stdout
    A dry run: nothing was written.
    Nothing would be applied.
    ");
    assert_eq!(project.schemas("tenantry").await, 0);

    project.create(&["acme", "globex"]).await;
    project.file("migrations/shared/0001_plans.sql", "CREATE TABLE plans ();");
    let ran = project.run("migrate --all --shared --dry-run").await;
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 0
    --- stdout
    A dry run: nothing was written.
    - shared schema public: 0001_plans.sql
    - acme, globex: 0001_users.sql

    -- migrations/shared/0001_plans.sql
    CREATE TABLE plans ();

    -- migrations/tenant/0001_users.sql
    CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);
    ");
    let ran = project.run("--json migrate --tenant acme --dry-run").await;
    insta::assert_json_snapshot!("dry_run", ran.json());
    let tables = "SELECT FROM pg_tables WHERE schemaname IN ('public', 'tenant_acme')";
    assert!(project.client().await.query(tables, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_catalog_is_made_on_first_use_in_any_empty_database() {
    let project = Project::with(&[USERS]).await;
    insta::assert_snapshot!(project.run("migrate --all").await.shown(), @r"
    exit status 0
    --- stdout
    There are no tenants.
    ");
    assert_eq!(project.schemas("tenantry").await, 1);
}

#[tokio::test]
async fn quiet_tells_only_the_result_and_what_goes_wrong() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    let told = project.run("migrate --all -v").await;
    assert!(told.stderr.contains("0001_users.sql"), "{}", told.stderr);
    assert_eq!(project.run("-q migrate --all").await.stderr, "");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_error() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    let mut child = project.command("--json migrate --all").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
