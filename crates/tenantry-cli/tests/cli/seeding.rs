use crate::support::{Project, USERS};

const PLANS: (&str, &str) =
    ("migrations/shared/0001_plans.sql", "CREATE TABLE plans (name text PRIMARY KEY);");

#[tokio::test]
async fn the_shared_schema_and_tenants_get_their_first_rows() {
    let project = Project::with(&[USERS]).await;
    project.file(PLANS.0, PLANS.1);
    project.create(&["acme", "globex"]).await;
    project.run("migrate --all --shared").await.done();
    insta::assert_snapshot!("no_seed", project.run("seed --all").await.shown());
    project.file("seeds/shared/0001_plans.sql", "INSERT INTO plans VALUES ('free');");
    project.file("seeds/tenant/0001_owner.sql", "INSERT INTO users VALUES (1, {tenant});");
    insta::assert_snapshot!("seed_dry", project.run("seed --all --shared --dry-run").await.shown());
    insta::assert_snapshot!("seed_one", project.run("seed --tenant acme --shared").await.shown());
    insta::assert_snapshot!("seed_all", project.run("seed --all --shared").await.shown());
    insta::assert_snapshot!("seeded_twice", project.run("seed --all").await.shown());
    assert_eq!(project.run("seed").await.status, 2);
}

#[tokio::test]
async fn the_shared_schema_is_rolled_back_and_set_right_by_itself() {
    let project = Project::with(&[USERS]).await;
    project.file(PLANS.0, PLANS.1);
    project.file("migrations/shared/0001_plans.down.sql", "DROP TABLE plans;");
    project.create(&["acme"]).await;
    project.run("migrate --all --shared").await.done();
    project.file(PLANS.0, &format!("-- better\n{}", PLANS.1));
    insta::assert_snapshot!(
        "repaired",
        project.run("repair --checksums --all --shared --yes").await.shown()
    );
    insta::assert_snapshot!(
        "shared_back_dry",
        project.run("rollback --to 0 --shared --dry-run").await.shown()
    );
    insta::assert_snapshot!(
        "shared_back",
        project.run("rollback --to 0 --shared --yes").await.shown()
    );
    insta::assert_snapshot!("shared_sync", project.run("sync --shared").await.shown());
    insta::assert_snapshot!(
        "shared_marked",
        project.run("migrate --mark-applied --shared --yes").await.shown()
    );
    insta::assert_snapshot!(
        "shared_marked_with_tenants",
        project.run("migrate --mark-applied --shared --all --yes").await.shown()
    );
}
