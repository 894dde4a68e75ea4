use std::path::Path;

use crate::{support::Project, terminal::Terminal};

/// A database as drizzle-multitenant leaves it, and a project that knows its folders.
async fn theirs() -> Project {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tenantry-migrate/tests/fixtures");
    let folder = fixtures.join("drizzle-multitenant").canonicalize().unwrap();
    let project = Project::new().await;
    let sql = std::fs::read_to_string(folder.join("name.sql")).unwrap();
    project.client().await.batch_execute(&sql).await.unwrap();
    let folder = folder.display();
    project.file(
        "tenantry.toml",
        &format!(
            "[migrations]\ntenant_dir = \"{folder}/tenant\"\nshared_dir = \"{folder}/shared\"\n"
        ),
    );
    project
}

/// The command with one argument that has blanks in it.
async fn run_with(project: &Project, line: &str, argument: &str) -> crate::support::Ran {
    let mut command = project.command(line);
    command.arg(argument);
    crate::support::run(command).await
}

const COMPANIES: &str = "select id, schema from companies order by id";

#[tokio::test]
async fn it_shows_what_it_would_do_and_does_it_with_yes() {
    let project = theirs().await;
    let shown = run_with(&project, "adopt --query", COMPANIES).await.shown();
    insta::assert_snapshot!("plan", shown);
    assert_eq!(project.schemas("tenantry").await, 0, "a plan writes nothing, not even the catalog");
    let done = run_with(&project, "adopt --yes --query", COMPANIES).await.shown();
    insta::assert_snapshot!("adopted", done);
    insta::assert_snapshot!("status_then", project.run("status").await.shown());
    insta::assert_snapshot!("again", project.run("adopt").await.shown());
    project.run("migrate --all --shared").await.done();
    assert!(project.run("status --check").await.status == 0);
}

#[tokio::test]
async fn json_has_all_of_it() {
    let project = theirs().await;
    let ran = run_with(&project, "--json adopt --query", COMPANIES).await;
    assert_eq!((ran.status, ran.stderr.as_str()), (0, "hint: the same with --yes does it\n"));
    insta::assert_json_snapshot!("plan_json", ran.json());
}

#[tokio::test]
async fn one_that_does_not_match_is_left_out_and_named() {
    let project = theirs().await;
    let sql = "INSERT INTO tenant_globex.__drizzle_migrations (name) VALUES ('0007_gone')";
    project.client().await.batch_execute(sql).await.unwrap();
    let ran = run_with(&project, "adopt --yes --query", COMPANIES).await;
    insta::assert_snapshot!("left_out", ran.shown());
    let forced = run_with(&project, "adopt --yes --force --query", COMPANIES).await;
    insta::assert_snapshot!("forced", forced.shown());
}

#[tokio::test]
async fn a_file_with_a_mistake_is_told_with_its_line() {
    let project = theirs().await;
    project.file("tenants.csv", "id,schema\nacme,tenant_acme\nglobex\n");
    insta::assert_snapshot!(project.run("adopt --csv tenants.csv").await.shown(), @r"
    exit status 2
    --- stderr
    error: tenants.csv: line 3: there is no schema; a line is id,schema
    ");
    insta::assert_snapshot!(project.run("adopt --csv nothing.csv").await.shown(), @r"
    exit status 2
    --- stderr
    error: nothing.csv: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(project.run("adopt --template tenant_{id:_}").await.shown(), @r#"
    exit status 2
    --- stderr
    error: invalid schema template "tenant_{id:_}": it has no {id}, and needs one, as in tenant_{id}
      a template that changes the id, as id.replace(/-/g, '_') does, cannot be read backwards: name the tenants by --query "select id, schema from …" or --csv
    "#);
    let both = project.run("adopt --csv a --template b").await;
    assert_eq!(both.status, 2);
}

#[tokio::test]
async fn many_are_shown_in_groups() {
    let project = theirs().await;
    let mut csv = String::from("id,schema\n");
    let mut sql = String::new();
    for number in 1..=30 {
        csv.push_str(&format!("t{number:02},tenant_t{number:02}\n"));
        sql.push_str(&format!("CREATE SCHEMA tenant_t{number:02};"));
    }
    for number in 31..=42 {
        csv.push_str(&format!("t{number},gone_{number}\n"));
    }
    csv.push_str("acme,tenant_acme\nglobex,tenant_globex\n");
    project.client().await.batch_execute(&sql).await.unwrap();
    project.file("tenants.csv", &csv);
    insta::assert_snapshot!("grouped", project.run("adopt --csv tenants.csv").await.shown());
}

/// What a person is asked, and answers.
async fn answered(project: &Project, keys: &str) -> (Option<i32>, String) {
    let mut command = project.command("adopt --query");
    command.arg(COMPANIES);
    let terminal = Terminal::run(command).wait_for("Write this for 4 tenants?").await;
    terminal.type_in(keys).end().await
}

#[tokio::test]
async fn a_person_is_asked_and_no_is_the_default() {
    let project = theirs().await;
    for keys in ["\r", "n\r", "\x1b", "\x03"] {
        let (status, shown) = answered(&project, keys).await;
        assert_eq!(status, Some(1), "{shown}");
        assert!(shown.contains("nothing was written"), "{keys:?}: {shown}");
        assert_eq!(project.schemas("tenantry").await, 0, "{keys:?}");
    }
    let (status, shown) = answered(&project, "y\r").await;
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("4 tenants: 4 adopted"), "{shown}");
    insta::assert_snapshot!("again", project.run("adopt").await.shown());
}
