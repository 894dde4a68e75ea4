use crate::support::{PROJECTS, Project, USERS};

#[tokio::test]
async fn a_tenant_is_made_listed_shown_and_dropped() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let ran = project
        .run("--json tenant create acme --plan pro --domain acme.example.com --domain ACME.test")
        .await;
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    insta::assert_json_snapshot!("created", ran.json());
    insta::assert_snapshot!(project.run("tenant create globex --no-migrate").await.shown(), @r"
    exit status 0
    --- stdout
    Created globex in schema tenant_globex: no migrations
    ");
    insta::assert_snapshot!(project.run("tenant create initech").await.shown(), @r"
    exit status 0
    --- stdout
    Created initech in schema tenant_initech: 0001_users.sql, 0002_projects.sql
    ");

    insta::assert_snapshot!("list", project.run("tenant list").await.shown());
    insta::assert_json_snapshot!("list_json", project.run("tenant list --json").await.json());
    insta::assert_snapshot!("show", project.run("tenant show acme").await.shown());
    insta::assert_json_snapshot!(
        "show_json",
        project.run("tenant show globex --json").await.json()
    );

    let ran = project.run("--json tenant drop acme --yes").await;
    assert_eq!(ran.status, 0);
    insta::assert_json_snapshot!("dropped", ran.json());
    assert_eq!(project.schemas("tenant_acme").await, 0);
    let gone = project.run("tenant show acme").await;
    insta::assert_snapshot!(gone.shown(), @r#"
    exit status 1
    --- stderr
    error: there is no tenant "acme"
    "#);
}

#[tokio::test]
async fn dropping_needs_yes_where_nobody_can_be_asked() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    insta::assert_snapshot!(project.run("tenant drop acme").await.shown(), @r"
    exit status 2
    --- stderr
    error: this drops the tenant acme with all its data, and there is nobody to ask: tenantry tenant drop acme --yes
    ");
    assert_eq!(project.schemas("tenant_acme").await, 1);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_of_the_tenant() {
    let project = Project::with(&[USERS, ("0002_wrong.sql", "SELECT 1;\nSELEC 2;")]).await;
    let ran = project.run("--json tenant create acme").await;
    assert_eq!(ran.status, 1);
    insta::assert_json_snapshot!("not_created", ran.json());
    assert_eq!(project.schemas("tenant_acme").await, 0);
    assert!(project.run("tenant list").await.done().contains("no tenants yet"));
}

#[tokio::test]
async fn a_tenant_that_is_there_already_is_an_error() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    let ran = project.run("tenant create acme").await;
    insta::assert_snapshot!(ran.shown(), @r#"
    exit status 1
    --- stderr
    error: the tenant "acme" cannot be made: there is one of this id
    "#);
}

#[tokio::test]
async fn a_schema_that_is_named_is_taken_over() {
    let project = Project::with(&[USERS]).await;
    let sql = "CREATE SCHEMA \"Kunde 7\" CREATE TABLE old (id int)";
    project.client().await.batch_execute(sql).await.unwrap();
    let mut command = project.command("tenant create seven --schema");
    command.arg("Kunde 7");
    let made = crate::support::run(command).await.done();
    assert_eq!(made, "Created seven in schema Kunde 7: 0001_users.sql\n");
}

#[tokio::test]
async fn lists_of_no_tenants_are_lists() {
    let project = Project::with(&[USERS]).await;
    assert_eq!(project.run("--json tenant list").await.json()["tenants"], serde_json::json!([]));
    let ran = project.run("--json tenant show acme").await;
    assert_eq!((ran.status, ran.json()["error"]["code"].as_str()), (1, Some("TENANT_NOT_FOUND")));
    let ran = project.run("--json tenant drop acme --yes").await;
    assert_eq!((ran.status, ran.json()["error"]["code"].as_str()), (1, Some("TENANT_NOT_FOUND")));
}
