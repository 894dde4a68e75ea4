use tenantry::TenantManager;
use tenantry_migrate::{MigrateOptions, Migrator};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all, report_of};

#[tokio::test]
async fn sql_that_names_another_tenants_schema_is_refused_before_anything_runs() {
    let foreign = (
        "0002_foreign.sql",
        "CREATE TABLE a ();\nINSERT INTO tenant_globex.users VALUES (1, 'x');",
    );
    let project = Project::with(&[USERS, foreign]).await;
    project.enrol(&["acme", "globex"]).await;
    let error = project.migrator().await.migrate_all(&MigrateOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_SCHEMA");
    let told = error.to_string();
    assert!(told.starts_with("0002_foreign.sql:2:13: it names tenant_globex"), "{told}");
    assert!(project.tables("tenant_acme").await.is_empty());
}

#[tokio::test]
async fn so_it_is_when_a_tenant_is_made_and_in_what_undoes_a_migration() {
    let down = ("0001_users.down.sql", "DROP TABLE users;\nDROP TABLE tenant_globex.users;");
    let project = Project::with(&[USERS]).await;
    project.enrol(&["globex"]).await;
    let migrator = project.migrator().await;
    assert_eq!(migrate_all(&migrator).await.succeeded, 1);
    project.tenant_file(down.0, down.1);
    let error = migrator.rollback(None, "0", &MigrateOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_SCHEMA");
    let told = error.to_string();
    assert!(told.starts_with("0001_users.down.sql:2:12: it names tenant_globex"), "{told}");
    project.remove_tenant_file(down.0);

    project.tenant_file("0002_foreign.sql", "INSERT INTO tenant_globex.users VALUES (1, 'x');");
    let new = tenantry::NewTenant::new(id("acme"));
    let error = migrator.create_tenant(new, true).await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_SCHEMA");
    let rows = project.client().await.query("SELECT FROM tenant_globex.users", &[]).await.unwrap();
    assert!(rows.is_empty() && migrator.list().await.unwrap().len() == 1);
}

/// What a tenant fails with when this code runs in it, and another tenant has the same tables.
async fn caught(code: &str) -> Option<String> {
    let sneaky =
        format!("DO $$ BEGIN IF current_schema() = 'tenant_acme' THEN {code} END IF; END $$;");
    let project = Project::with(&[USERS, PROJECTS, ("0003_sneaky.sql", &sneaky)]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    project.remove_tenant_file("0003_sneaky.sql");
    assert_eq!(migrate_all(&migrator).await.succeeded, 2);
    let client = project.client().await;
    client.batch_execute("INSERT INTO tenant_globex.users VALUES (1, 'one')").await.unwrap();
    for schema in ["tenant_acme", "tenant_globex"] {
        let sql = format!(
            "CREATE FUNCTION {schema}.old() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             CREATE TYPE {schema}.level AS ENUM ('low')"
        );
        client.batch_execute(&sql).await.unwrap();
    }
    project.tenant_file("0003_sneaky.sql", &sneaky);
    let report = migrate_all(&migrator).await;
    assert!(report_of(&report, "globex").error.is_none());
    let error = report_of(&report, "acme").error.clone();
    // Whatever it did has been rolled back.
    if error.is_some() {
        let row = client.query_one("SELECT name FROM tenant_globex.users", &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), "one");
        assert_eq!(project.tables("tenant_globex").await.len(), 4);
    }
    error.map(|error| {
        assert_eq!(error.code, "FOREIGN_SCHEMA", "{error}");
        assert_eq!(error.file.as_deref(), Some("0003_sneaky.sql"));
        error.message
    })
}

#[tokio::test]
async fn code_that_touches_another_tenant_is_found_out_and_rolled_back() {
    for (code, what) in [
        ("EXECUTE 'UPDATE tenant_' || 'globex.users SET name = ''two''';", "tenant_globex.users"),
        ("EXECUTE 'SELECT count(*) FROM tenant_' || 'globex.users';", "tenant_globex.users"),
        ("EXECUTE 'CREATE TABLE tenant_' || 'globex.more ()';", "tenant_globex.more"),
        (
            "EXECUTE 'DROP TABLE tenant_' || 'globex.tasks';",
            "a table in another schema, which it dropped",
        ),
        (
            "EXECUTE 'CREATE FUNCTION tenant_' || 'globex.f() RETURNS int \
             LANGUAGE sql AS ''SELECT 1''';",
            "the function tenant_globex.f",
        ),
        (
            "BEGIN EXECUTE 'CREATE TYPE tenant_' || 'globex.mood AS ENUM (''good'')'; \
             EXCEPTION WHEN others THEN END;",
            "the type tenant_globex.mood",
        ),
        (
            "EXECUTE 'CREATE OR REPLACE FUNCTION tenant_' || 'globex.old() RETURNS int \
             LANGUAGE sql AS ''SELECT 2''';",
            "the function tenant_globex.old",
        ),
        (
            "EXECUTE 'DROP FUNCTION tenant_' || 'globex.old()';",
            "a function in another schema, which it dropped",
        ),
        (
            "EXECUTE 'CREATE OPERATOR tenant_' || 'globex.### \
             (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)';",
            "operator tenant_globex.###",
        ),
        (
            "EXECUTE 'CREATE COLLATION tenant_' || 'globex.plain FROM \"C\"';",
            "collation tenant_globex.plain",
        ),
        (
            "EXECUTE 'ALTER TYPE tenant_' || 'globex.level ADD VALUE ''high''';",
            "a value of the type tenant_globex.level",
        ),
        (
            "EXECUTE 'SET LOCAL search' || '_path = tenant_' || 'globex';",
            "the search_path is tenant_globex",
        ),
        ("EXECUTE 'SET LOCAL RO' || 'LE pg_monitor';", "the role is pg_monitor"),
    ] {
        let message = caught(code).await.unwrap_or_else(|| panic!("not caught: {code}"));
        assert!(message.contains(what), "{code}: {message}");
    }
}

#[tokio::test]
async fn code_that_keeps_to_its_tenant_is_let_pass() {
    for code in [
        "UPDATE users SET name = 'x';",
        "CREATE TEMP TABLE t (id int) ON COMMIT DROP; DROP TABLE t;",
        "DROP TABLE tasks; CREATE TABLE tasks ();",
        "ALTER TABLE users ALTER COLUMN id TYPE bigint; CREATE INDEX ON users (name);",
        "CREATE TABLE IF NOT EXISTS public.counters ();",
        "CREATE OR REPLACE FUNCTION old() RETURNS int LANGUAGE sql AS 'SELECT 2';",
        "DROP FUNCTION old(); CREATE FUNCTION old() RETURNS int LANGUAGE sql AS 'SELECT 3';",
        "CREATE TYPE mood AS ENUM ('good'); DROP TYPE mood;",
        "CREATE COLLATION plain FROM \"C\"; ALTER TYPE level ADD VALUE 'high'; \
         CREATE OPERATOR ### (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int);",
        "BEGIN CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         EXCEPTION WHEN others THEN END;",
    ] {
        assert_eq!(caught(code).await, None, "{code}");
    }
}

#[tokio::test]
async fn migrations_run_as_the_role_that_owns_the_schema() {
    let whose = ("0001_whose.sql", "CREATE TABLE whose ();");
    let project = Project::with(&[whose]).await;
    project.enrol(&["acme", "globex"]).await;
    let client = project.client().await;
    // Roles belong to the server, which tests share.
    let name = project.db.name().to_owned();
    for tenant in ["acme", "globex"] {
        let role = format!("{name}_{tenant}");
        client
            .batch_execute(&format!(
                "CREATE ROLE {role}; ALTER SCHEMA tenant_{tenant} OWNER TO {role};"
            ))
            .await
            .unwrap();
    }
    let config = project.config().set("migrations.role", format!("{name}_{{id}}")).load().unwrap();
    let manager = TenantManager::builder(config).without_listener().connect().await.unwrap();
    let migrator = Migrator::new(manager);
    let report = migrate_all(&migrator).await;
    assert_eq!(report.succeeded, 2, "{:?}", report.failures().next());
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'whose' ORDER BY 1";
    let rows = client.query(owner, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), format!("{name}_acme"));

    let code = "DO $$ BEGIN EXECUTE 'CREATE TABLE tenant_' || 'globex.x ()'; END $$;";
    project.tenant_file("0002_sneaky.sql", code);
    let report = migrate_all(&migrator).await;
    let error = report_of(&report, "acme").error.clone().unwrap();
    assert_eq!(error.sqlstate.as_deref(), Some("42501"), "PostgreSQL itself refuses it");

    client.batch_execute(&format!("DROP OWNED BY {name}_acme CASCADE")).await.unwrap();
    let missing = project.config().set("migrations.role", "nobody_{id}").load().unwrap();
    let manager = TenantManager::builder(missing).without_listener().connect().await.unwrap();
    project.tenant_file("0003_next.sql", "CREATE TABLE next ();");
    let report = migrate_all(&Migrator::new(manager)).await;
    let error = report_of(&report, "globex").error.clone().unwrap();
    assert_eq!(error.code, "ROLE_UNUSABLE", "{error}");
}

#[tokio::test]
async fn a_file_without_a_transaction_is_looked_at_statement_by_statement() {
    let sneaky = "-- tenantry: no-transaction\nCREATE INDEX CONCURRENTLY ON users (name);\n\
                  DO $$ BEGIN EXECUTE 'CREATE TABLE tenant_' || 'globex.more ()'; END $$;";
    let project = Project::with(&[USERS, ("0002_sneaky.sql", sneaky)]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    let options = MigrateOptions::new();
    let report = migrator.migrate(&[id("acme")], &options).await.unwrap();
    let error = report.tenants[0].error.as_ref().unwrap();
    assert_eq!((error.code, error.file.as_deref()), ("FOREIGN_SCHEMA", Some("0002_sneaky.sql")));
    assert!(project.tables("tenant_globex").await.is_empty());
}
