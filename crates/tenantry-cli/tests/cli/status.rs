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

/// Thirty tenants with two migrations, of which some lack the second, and one is broken.
async fn many() -> Project {
    let project = Project::with(&[USERS]).await;
    let sql = "INSERT INTO tenantry.tenants (id, schema) \
               SELECT 't' || to_char(n, 'FM00'), 'tenant_t' || to_char(n, 'FM00') \
               FROM generate_series(1, 30) n; \
               DO $$ BEGIN FOR n IN 1..30 LOOP \
               EXECUTE 'CREATE SCHEMA tenant_t' || to_char(n, 'FM00'); END LOOP; END $$";
    project.run("tenant list").await;
    project.run("migrate --all").await;
    project.client().await.batch_execute(sql).await.unwrap();
    project.run("migrate --all").await.done();
    project.file("migrations/tenant/0002_projects.sql", PROJECTS.1);
    let some = "migrate --tenant t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16 \
                t17 t18 t19 t20 t21";
    project.run(some).await.done();
    let sql = "DROP SCHEMA tenant_t30 CASCADE; \
               UPDATE tenant_t02.tenantry_migrations SET checksum = 'another' WHERE number = 1; \
               UPDATE tenant_t03.tenantry_migrations SET checksum = 'another' WHERE number = 1";
    project.client().await.batch_execute(sql).await.unwrap();
    project
}

#[tokio::test]
async fn many_tenants_are_shown_in_groups_of_those_that_stand_alike() {
    let project = many().await;
    insta::assert_snapshot!("grouped", project.run("status").await.shown());
    let ran = project.run("--json status --limit 2").await;
    let json = ran.json();
    assert_eq!(json["summary"]["total"], 30);
    assert_eq!(json["tenants"].as_array().unwrap().len(), 2);
    insta::assert_json_snapshot!("groups", json["groups"]);
    let each = project.run("status --each").await.stderr;
    assert!(each.contains("2 tenants (t02, t03): 0001_users.sql: it was changed"), "{each}");
    let each = project.run("status --each --limit 3").await;
    assert!(each.stdout.contains("│ t03 "), "{}", each.stdout);
    assert!(each.stdout.contains("and 27 more tenants\n"), "{}", each.stdout);
}

#[tokio::test]
async fn a_filter_leaves_the_others_out() {
    let project = many().await;
    let shown = async |line: &str| {
        let json = project.run(line).await.json();
        assert_eq!(json["filtered"], true);
        let tenants = json["tenants"].as_array().unwrap();
        let ids: Vec<_> = tenants.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        ids.join(" ")
    };
    assert_eq!(shown("--json status --behind").await, "t22 t23 t24 t25 t26 t27 t28 t29");
    assert_eq!(shown("--json status --failed").await, "t02 t03 t30");
    assert_eq!(shown("--json status --tenant t01 t30").await, "t01 t30");
    assert_eq!(shown("--json status --tenant t01 t29 --migration 2").await, "t29");
    assert_eq!(shown("--json status --migration 0001_users").await, "");
    insta::assert_snapshot!(project.run("status --migration 0003").await.shown(), @r#"
    exit status 2
    --- stderr
    error: there is no migration "0003" in migrations/tenant
      the newest is 0002_projects.sql
    "#);
    insta::assert_snapshot!(project.run("status --tenant nobody").await.shown(), @r#"
    exit status 1
    --- stderr
    error: there is no tenant "nobody"
    "#);
    insta::assert_snapshot!(project.run("status --tenant t01 --behind").await.shown(), @r"
    exit status 0
    --- stdout
    No tenant is like this.
    ");
}

#[tokio::test]
async fn a_watch_shows_changes_until_it_is_interrupted() {
    use tokio::io::{AsyncBufReadExt, BufReader};

    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    let mut child = project.command("status --watch=1").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut sees = async |words: &str| {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(words) {
                return;
            }
        }
        panic!("{words} was not shown");
    };
    sees("Behind").await;
    project.run("migrate --all").await.done();
    sees("✅ OK").await;
    crate::signals::interrupt(&child);
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}
