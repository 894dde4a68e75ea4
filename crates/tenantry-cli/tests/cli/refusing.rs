use tokio::process::Command;

use crate::support::{Project, USERS, run, tenantry};

#[tokio::test]
async fn nothing_to_migrate_is_a_usage_error() {
    let project = Project::with(&[USERS]).await;
    insta::assert_snapshot!(project.run("migrate").await.shown());
    insta::assert_snapshot!("as_json", project.run("--json migrate").await.shown());
    let both = project.run("migrate --all --tenant acme").await;
    assert_eq!(both.status, 2);
    assert_eq!(project.run("migrate --all --concurrency 0").await.status, 2);
}

/// A command that must not reach any database.
fn nowhere(line: &str) -> Command {
    let mut command = tenantry(line);
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nowhere");
    command
}

#[tokio::test]
async fn wrong_ids_never_get_as_far_as_the_database() {
    let long = "a".repeat(64);
    let very_long = "a".repeat(100_000);
    let ids = [
        "",
        " ",
        "a b",
        "Acme",
        "a'b",
        "a\"b",
        "a,b",
        "..",
        "../acme",
        "a;DROP",
        "🦀",
        "a -c search_path=b",
        "-acme",
        "acme-",
        long.as_str(),
        very_long.as_str(),
    ];
    for id in ids {
        for before in ["tenant create --", "tenant show --", "tenant drop --yes --"] {
            let mut command = nowhere(before);
            command.arg(id);
            let ran = run(command).await;
            assert_eq!(ran.status, 2, "{before} {id:?}: {ran:?}");
            assert!(ran.stderr.contains("invalid tenant id"), "{before} {id:?}: {}", ran.stderr);
            assert!(ran.stderr.len() < 500, "an answer is shorter than the question");
        }
        let mut command = nowhere("--json migrate");
        command.arg(format!("--tenant={id}"));
        let ran = run(command).await;
        assert_eq!((ran.status, ran.json()["error"]["code"].as_str()), (2, Some("TENANT_INVALID")));
    }
}

#[tokio::test]
async fn an_id_whose_schema_would_have_too_long_a_name_is_refused_when_it_is_made() {
    let id = "a".repeat(57);
    let ran = run(nowhere(&format!("--json tenant create {id}"))).await;
    assert_eq!(ran.status, 2);
    assert_eq!(ran.json()["error"]["code"], "SCHEMA_NAME_INVALID");
    let ran = run(nowhere("tenant create acme --schema public")).await;
    assert_eq!(ran.status, 2);
}

#[tokio::test]
async fn a_wrong_configuration_says_where_and_what_is_allowed() {
    let project = Project::with(&[USERS]).await;
    project.file("tenantry.toml", "[connection]\nmax_conections = 5\n");
    insta::assert_snapshot!(project.run("status").await.shown());
    let ran = project.run("status --config other.toml").await;
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("other.toml"), "{}", ran.stderr);
}

#[tokio::test]
async fn without_a_database_it_says_how_to_name_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tenantry("--json status");
    command.current_dir(folder.path());
    let ran = run(command).await;
    assert_eq!(ran.status, 2);
    insta::assert_json_snapshot!(ran.json());
}

#[tokio::test]
async fn wrong_migrations_are_told_before_anything_runs() {
    let project = Project::with(&[USERS, ("0002_a.sql", "BEGIN;"), ("2_b.sql", "SELECT 1")]).await;
    project.create(&["acme"]).await;
    let ran = project.run("migrate --all").await;
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("0002_a.sql:1:1: BEGIN is not allowed"), "{}", ran.stderr);
    let ran = project.run("--json migrate --shared").await;
    assert_eq!((ran.status, ran.json()["error"]["code"].as_str()), (2, Some("MIGRATIONS_MISSING")));
}

#[tokio::test]
async fn dot_env_is_read_and_never_goes_over_the_environment() {
    let project = Project::with(&[USERS]).await;
    project.file(".env", "DATABASE_URL=postgres://nobody@127.0.0.1:1/nowhere\n");
    project.run("status").await.done();
    let mut command = project.command("status");
    command.env_remove("DATABASE_URL");
    assert_eq!(run(command).await.status, 3);
    project.file(".env", &format!("DATABASE_URL='{}'\n", project.db.url()));
    let mut command = project.command("status");
    command.env_remove("DATABASE_URL");
    run(command).await.done();
}

#[tokio::test]
async fn a_wrong_dot_env_names_the_line_and_does_not_repeat_it() {
    let project = Project::new().await;
    project.file(".env", "# here\nPASSWORD = 'secret\n");
    let ran = project.run("status").await;
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("invalid .env"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
}

#[tokio::test]
async fn stages_that_do_not_grow_are_a_usage_error() {
    let ran = Project::new().await.run("migrate --all --then 10%,50%,5%").await;
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 2
    --- stderr
    error: --then 50%,5%: each stage is a larger part of all tenants than the one before
    ");
}
