use crate::support::{PROJECTS, Project, USERS};

#[tokio::test]
async fn stages_a_check_and_going_on() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme", "globex", "initech"]).await;
    let ran = project.run("migrate --all --canary 1 --check-sql SELECT(false)").await;
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 1
    --- stdout
    3 tenants: 1 migrated, 2 not finished (…)
    --- stderr
    error: the run ended early: after stage 1 of 2: the query --check-sql gave false
    left: globex: 0001_users.sql
    left: initech: 0001_users.sql
    hint: go on with what is left: tenantry migrate --resume 1
    ");
    let ran = project.run("runs show 1").await;
    assert!(ran.stdout.contains("3: 1 migrated, 0 failed, 2 left"), "{}", ran.stdout);
    let ran = project.run("migrate --resume 1 --check-command false").await;
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("--check-command ended with exit status: 1"), "{}", ran.stderr);
    insta::assert_snapshot!(project.run("migrate --resume").await.shown(), @r"
    exit status 1
    --- stderr
    error: run 1 was checked between its stages by --check-sql 'SELECT(false)'
      checks are recorded and not run from there: give them again, or others, or --no-checks
    ");
    insta::assert_snapshot!(project.run("migrate --resume --no-checks").await.shown(), @r"
    exit status 0
    --- stdout
    3 tenants: 1 migrated, 2 with nothing to do (…)
    ");
    let runs = project.run("--json runs").await.json();
    assert_eq!((&runs[0]["state"], &runs[0]["left"]), (&"succeeded".into(), &0.into()));
    let listed = project.run("runs").await.done();
    assert!(listed.contains("succeeded"), "{listed}");
    assert_eq!(project.run("migrate --resume").await.status, 1);
}

#[tokio::test]
async fn a_cause_that_many_tenants_share_is_told_once() {
    let project = Project::with(&[("0001_wrong.sql", "SELECT nonsense;")]).await;
    project.create(&["a", "b", "c", "d", "e", "f", "g"]).await;
    let ran = project.run("migrate --all").await;
    assert_eq!(ran.stderr.matches("nonsense\" does not exist").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 7 tenants ("), "{}", ran.stderr);
    assert!(ran.stderr.contains(" and 2 more): 0001_wrong.sql:1:8: "), "{}", ran.stderr);
}

#[tokio::test]
async fn migrations_are_undone_when_that_is_confirmed() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.file("migrations/tenant/0002_projects.down.sql", "DROP TABLE projects;");
    project.create(&["acme"]).await;
    project.run("migrate --all").await.done();
    let ran = project.run("rollback --to 0001 --all").await;
    assert_eq!(ran.status, 2, "there is nobody to ask: {}", ran.stderr);
    insta::assert_snapshot!(project.run("rollback --to 0001 --all --dry-run").await.shown(), @r"
    exit status 0
    --- stdout
    Nothing was written.
    - acme: 0002_projects.sql
    ");
    insta::assert_snapshot!(project.run("rollback --to 0001 --all --yes").await.shown(), @r"
    exit status 0
    --- stdout
    1 tenant: 1 rolled back (…)
    ");
    let ran = project.run("rollback --to 0 --tenant acme --yes").await;
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("there is no way down from 0001_users.sql"), "{}", ran.stderr);
}

#[tokio::test]
async fn ledgers_are_set_right_when_that_is_confirmed() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme", "globex"]).await;
    project.run("migrate --all").await.done();
    project.file("migrations/tenant/0001_users.sql", "CREATE TABLE users (id int);");
    project.file("migrations/tenant/0002_more.sql", "CREATE TABLE more ();");
    insta::assert_snapshot!(project.run("repair --checksums --all --dry-run").await.shown(), @r"
    exit status 0
    --- stdout
    Nothing was written.
    - 0001_users.sql: changed after it had been applied; accept the new checksum (acme, globex)
    2 tenants: 2 to be set right
    ");
    assert_eq!(project.run("repair --checksums --all").await.status, 2, "nobody to ask");
    project.run("repair --checksums --all --yes").await.done();
    insta::assert_snapshot!(project.run("sync --all").await.shown(), @r"
    exit status 0
    --- stdout
    Nothing was written.
    - 0002_more.sql: not applied; mark as applied (acme, globex)
    2 tenants: 2 to be set right
    ");
    project.run("migrate --tenant acme --mark-applied --yes").await.done();
    let report = project.run("--json migrate --all").await.json();
    assert_eq!((&report["skipped"], &report["succeeded"]), (&1.into(), &1.into()));
}

#[tokio::test]
async fn what_locks_or_loses_is_refused_where_that_is_asked_for() {
    let project = Project::with(&[USERS]).await;
    project.create(&["acme"]).await;
    project.run("migrate --all --strict").await.done();
    project.file("migrations/tenant/0002_drop.sql", "ALTER TABLE users DROP COLUMN name;");
    let ran = project.run("migrate --all --strict").await;
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("0002_drop.sql:1:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("drop-column"), "{}", ran.stderr);
    let status = project.run("--json status").await.json();
    assert_eq!(status["tenants"][0]["pending"], 1, "nothing was run");
    project.run("-q migrate --all").await.done();
}
