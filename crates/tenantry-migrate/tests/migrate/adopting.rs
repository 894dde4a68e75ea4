//! Databases of other tools, taken over as they are.

use std::path::{Path, PathBuf};

use tenantry::{Config, TenantManager, config::ConfigLoader};
use tenantry_devdb::testing::TestDb;
use tenantry_migrate::{
    AdoptAction, AdoptOptions, AdoptPlan, AdoptSource, AdoptTenant, Migrator, SchemaStatus,
};

use crate::support::{id, migrate_all};

/// A database that another tool has made, and the folder it was made from.
struct Theirs {
    db: TestDb,
    folder: PathBuf,
}

const COMPANIES: &str = "SELECT id, schema FROM public.companies ORDER BY id";

impl Theirs {
    async fn new(folder: &str, dump: &str) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let folder = fixtures.join(folder);
        let db = TestDb::create().await;
        let sql = std::fs::read_to_string(folder.join(dump)).unwrap();
        db.connect().await.batch_execute(&sql).await.unwrap();
        Self { db, folder }
    }

    async fn drizzle(dump: &str) -> Self {
        Self::new("drizzle-multitenant", dump).await
    }

    fn config(&self) -> ConfigLoader {
        let folder = |name| self.folder.join(name).display().to_string();
        Config::builder()
            .set("connection.url", self.db.url())
            .set("migrations.tenant_dir", folder("tenant"))
            .set("migrations.shared_dir", folder("shared"))
    }

    async fn migrator(&self) -> Migrator {
        let config = self.config().load().unwrap();
        Migrator::new(TenantManager::builder(config).without_listener().connect().await.unwrap())
    }

    async fn execute(&self, sql: &str) {
        self.db.connect().await.batch_execute(sql).await.unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        self.db.connect().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Everything that their ledgers say.
    async fn their_ledgers(&self) -> Vec<String> {
        let client = self.db.connect().await;
        let sql = "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) \
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE c.relname IN ('__drizzle_migrations', '__drizzle_shared_migrations', \
                   '_sqlx_migrations', '__diesel_schema_migrations', \
                   'refinery_schema_history') ORDER BY 1";
        let mut all = Vec::new();
        for row in client.query(sql, &[]).await.unwrap() {
            let table: String = row.get(0);
            let rows = format!("SELECT '{table} ' || t::text FROM {table} t ORDER BY 1");
            let rows = client.query(&rows, &[]).await.unwrap();
            all.extend(rows.iter().map(|row| row.get::<_, String>(0)));
        }
        all
    }
}

fn by_query() -> AdoptOptions {
    AdoptOptions::new(AdoptSource::Query(COMPANIES.to_owned()))
}

fn csv(text: &str) -> AdoptOptions {
    AdoptOptions::new(AdoptSource::csv(text).unwrap())
}

async fn adopt(migrator: &Migrator, options: &AdoptOptions) -> AdoptPlan {
    let plan = migrator.adopt_plan(options).await.unwrap();
    migrator.adopt(plan, |_, _| {}).await.unwrap()
}

fn of<'a>(plan: &'a AdoptPlan, id: &str) -> &'a AdoptTenant {
    plan.tenants.iter().find(|tenant| tenant.id == id).unwrap()
}

fn code(tenant: &AdoptTenant) -> &'static str {
    tenant.error.as_ref().unwrap().code
}

/// Adopted, then migrated further: each file once, and their own ledgers as they were.
async fn is_adopted_and_migrated_further(dump: &str, tool: &str) {
    let theirs = Theirs::drizzle(dump).await;
    let before = theirs.their_ledgers().await;
    let migrator = theirs.migrator().await;
    let plan = migrator.adopt_plan(&by_query()).await.unwrap();
    let acme = of(&plan, "acme");
    assert_eq!(acme.ledger.as_ref().unwrap().tool, tool);
    assert_eq!((acme.applied, acme.pending, acme.record.len()), (3, 1, 3));
    let nothing = "SELECT count(*) FROM pg_class WHERE relname = 'tenantry_migrations'";
    assert_eq!(theirs.count(nothing).await, 0, "a plan writes nothing");

    let adopted = migrator.adopt(plan, |_, _| {}).await.unwrap();
    assert!(adopted.is_complete(), "{:?}", adopted.failures().next());
    assert_eq!((adopted.summary.adopted, adopted.summary.total), (4, 4));
    assert_eq!(theirs.their_ledgers().await, before, "their ledgers stay as they are");
    let status = migrator.status().await.unwrap();
    assert!(status.tenants.iter().all(|tenant| tenant.status == SchemaStatus::Behind));
    let applied: Vec<usize> = status.tenants.iter().map(|tenant| tenant.applied).collect();
    assert_eq!(applied, [3, 2, 0, 3], "acme, globex, initech, new-york");
    assert_eq!((status.shared.applied, status.shared.status), (1, SchemaStatus::Ok));

    let report = migrate_all(&migrator).await;
    assert!(report.is_success(), "{:?}", report.failures().next());
    assert!(migrator.status().await.unwrap().is_ok());
    for schema in ["tenant_acme", "tenant_globex", "tenant_initech", "tenant_new_york"] {
        let once = format!(
            "SELECT (SELECT count(*) FROM {schema}.users) * 10 + \
             (SELECT count(*) FROM {schema}.projects)"
        );
        assert_eq!(theirs.count(&once).await, 11, "{schema}: each file was applied once");
    }
    assert_eq!(theirs.count("SELECT count(*) FROM public.plans").await, 1);
    let again = migrator.adopt_plan(&by_query()).await.unwrap();
    assert!(!again.has_work());
    assert_eq!(again.summary.unchanged, 4);
}

#[tokio::test]
async fn a_database_of_drizzle_multitenant_by_names_is_adopted_and_migrated_further() {
    is_adopted_and_migrated_further("name.sql", "drizzle-multitenant (name)").await;
}

#[tokio::test]
async fn a_database_of_drizzle_multitenant_by_hashes_is_adopted_and_migrated_further() {
    is_adopted_and_migrated_further("hash.sql", "drizzle-multitenant (hash)").await;
}

#[tokio::test]
async fn a_database_of_drizzle_multitenant_as_drizzle_kit_is_adopted_and_migrated_further() {
    is_adopted_and_migrated_further("drizzle-kit.sql", "drizzle-kit").await;
}

#[tokio::test]
async fn a_change_in_their_ledger_after_the_adoption_is_noticed() {
    let theirs = Theirs::drizzle("name.sql").await;
    let migrator = theirs.migrator().await;
    adopt(&migrator, &by_query()).await;
    // The service has gone on with the other tool.
    let sql = "INSERT INTO tenant_globex.users (email) VALUES ('it''s applied once'); \
               INSERT INTO tenant_globex.__drizzle_migrations (name) VALUES ('0002_odd_vulture')";
    theirs.execute(sql).await;
    let plan = migrator.adopt_plan(&AdoptOptions::new(AdoptSource::Known)).await.unwrap();
    assert_eq!((plan.summary.updated, plan.summary.unchanged), (1, 3));
    assert_eq!(of(&plan, "globex").record, ["0002_odd_vulture"]);
    migrator.adopt(plan, |_, _| {}).await.unwrap();
    migrate_all(&migrator).await;
    assert_eq!(theirs.count("SELECT count(*) FROM tenant_globex.users").await, 1);
}

#[tokio::test]
async fn what_their_tool_does_between_plan_and_adoption_is_not_lost() {
    let theirs = Theirs::drizzle("name.sql").await;
    let migrator = theirs.migrator().await;
    let plan = migrator.adopt_plan(&by_query()).await.unwrap();
    let sql = "INSERT INTO tenant_globex.__drizzle_migrations (name) VALUES ('0002_odd_vulture')";
    theirs.execute(sql).await;
    let adopted = migrator.adopt(plan, |_, _| {}).await.unwrap();
    assert_eq!(code(of(&adopted, "globex")), "LEDGER_CHANGED");
    assert_eq!(adopted.summary.adopted, 3);
    let again = adopt(&migrator, &by_query()).await;
    assert_eq!((again.summary.adopted, again.summary.unchanged), (1, 3));
    assert_eq!(of(&again, "globex").record.len(), 3);
}

#[tokio::test]
async fn an_adoption_that_was_stopped_goes_on_where_it_was() {
    let theirs = Theirs::drizzle("hash.sql").await;
    let migrator = theirs.migrator().await;
    let plan = migrator.adopt_plan(&by_query()).await.unwrap();
    // Dropped as soon as one schema is done.
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let mut stop = Some(stop);
    let adopting = migrator.adopt(plan, |_, _| {
        if let Some(stop) = stop.take() {
            let _ = stop.send(());
        }
    });
    tokio::select! {
        biased;
        _ = stopped => {}
        _ = adopting => {}
    }
    let adopted = adopt(&migrator, &by_query()).await;
    assert!(adopted.is_complete(), "{:?}", adopted.failures().next());
    let status = migrator.status().await.unwrap();
    let applied: Vec<usize> = status.tenants.iter().map(|tenant| tenant.applied).collect();
    assert_eq!(applied, [3, 2, 0, 3]);
}

#[tokio::test]
async fn a_tenant_whose_ledger_does_not_match_is_named_and_left_out_unless_told() {
    let theirs = Theirs::drizzle("hash.sql").await;
    let sql = "UPDATE tenant_acme.__drizzle_migrations SET hash = repeat('0', 64) WHERE id = 3; \
               DROP TABLE tenant_globex.__drizzle_migrations; \
               ALTER TABLE tenant_new_york.__drizzle_migrations RENAME hash TO what; \
               CREATE TABLE tenant_initech._sqlx_migrations (version bigint); \
               CREATE TABLE tenant_initech.__drizzle_migrations (name text, applied_at timestamptz)";
    theirs.execute(sql).await;
    let migrator = theirs.migrator().await;
    let plan = adopt(&migrator, &by_query()).await;
    let codes: Vec<_> = plan.tenants.iter().map(|it| (it.id.as_str(), code(it))).collect();
    let expected = [
        ("acme", "MIGRATION_GONE"),
        ("globex", "LEDGER_MISSING"),
        ("initech", "LEDGER_AMBIGUOUS"),
        ("new-york", "LEDGER_UNKNOWN"),
    ];
    assert_eq!(codes, expected);
    assert!(migrator.list().await.unwrap().is_empty());

    let forced = adopt(&migrator, &by_query().force()).await;
    let adopted: Vec<_> = forced
        .tenants
        .iter()
        .filter(|tenant| tenant.action == AdoptAction::Adopt)
        .map(|tenant| (tenant.id.as_str(), tenant.applied))
        .collect();
    assert_eq!(adopted, [("acme", 2), ("globex", 0)]);
    let named = by_query().ledger("__drizzle_migrations");
    let plan = migrator.adopt_plan(&named).await.unwrap();
    assert_eq!(of(&plan, "initech").action, AdoptAction::Adopt);
}

#[tokio::test]
async fn a_file_that_was_changed_is_told_by_the_journal() {
    let theirs = Theirs::drizzle("drizzle-kit.sql").await;
    // As drizzle-kit itself writes it: the moment in the journal, and another hash.
    let sql = "UPDATE tenant_acme.__drizzle_migrations SET hash = repeat('0', 64), \
               created_at = 1735776000000 WHERE id = 2";
    theirs.execute(sql).await;
    let migrator = theirs.migrator().await;
    let plan = migrator.adopt_plan(&csv("acme,tenant_acme")).await.unwrap();
    let error = of(&plan, "acme").error.as_ref().unwrap();
    assert_eq!(error.code, "CHECKSUM_CHANGED");
    assert!(error.message.ends_with("0001_wet_sentry"), "{error}");
    let forced = adopt(&migrator, &csv("acme,tenant_acme").force()).await;
    assert_eq!((of(&forced, "acme").applied, forced.summary.adopted), (3, 1));
}

#[tokio::test]
async fn names_that_cannot_be_are_told_each_with_its_reason() {
    let theirs = Theirs::drizzle("name.sql").await;
    theirs.execute("CREATE SCHEMA \"Kunde 7\"").await;
    let migrator = theirs.migrator().await;
    let long = "t".repeat(64);
    let text = format!(
        "id,schema\nkunde-7,Kunde 7\nAcme.1,tenant_acme\ntwice,tenant_globex\ntwice,tenant_initech\n\
         one,tenant_new_york\nother,tenant_new_york\ngone,tenant_gone\nshared,public\nlong,{long}\n"
    );
    let plan = adopt(&migrator, &csv(&text)).await;
    let told: Vec<_> = plan
        .tenants
        .iter()
        .map(|it| match &it.error {
            Some(error) => format!("{}: {}: {error}", it.id, error.code),
            None => format!("{}: {:?} {}", it.id, it.action, it.schema),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let config = theirs.config().set("tenant_ids.alphabet", "legacy").load().unwrap();
    let manager = TenantManager::builder(config).without_listener().connect().await.unwrap();
    let legacy = Migrator::new(manager);
    let adopted = adopt(&legacy, &csv("Acme.1,tenant_acme")).await;
    assert_eq!(adopted.summary.adopted, 1);
    // The names in the catalog count as well.
    let plan = legacy.adopt_plan(&csv("other,tenant_acme\nAcme.1,tenant_globex")).await.unwrap();
    assert_eq!([code(&plan.tenants[0]), code(&plan.tenants[1])], ["TENANT_EXISTS"; 2]);
}

#[tokio::test]
async fn a_template_is_read_backwards_where_it_is_one_to_one() {
    let theirs = Theirs::drizzle("name.sql").await;
    let migrator = theirs.migrator().await;
    let template = |text: &str| AdoptOptions::new(AdoptSource::Template(text.to_owned()));
    let plan = migrator.adopt_plan(&template("tenant_{id}")).await.unwrap();
    let ids: Vec<_> = plan.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
    assert_eq!(ids, ["acme", "globex", "initech", "new_york"]);
    assert!(plan.notes[0].contains("such as \"new_york\""), "{:?}", plan.notes);

    theirs.execute("CREATE SCHEMA tenant_550e8400_e29b_41d4_a716_446655440000").await;
    let error = migrator.adopt_plan(&template("tenant_{id}")).await.unwrap_err();
    assert_eq!(error.code(), "TEMPLATE_NOT_ONE_TO_ONE");
    let error = migrator.adopt_plan(&template("tenant_{id.replace}")).await.unwrap_err();
    assert_eq!(error.code(), "TEMPLATE_INVALID");
}

#[tokio::test]
async fn where_tenants_come_from_elsewhere_their_ledgers_alone_are_adopted() {
    let theirs = Theirs::drizzle("name.sql").await;
    let config = theirs.config().set("discovery.source", "query");
    let config = config.set("discovery.query", COMPANIES).load().unwrap();
    let manager = TenantManager::builder(config).without_listener().connect().await.unwrap();
    let migrator = Migrator::new(manager);
    let error = migrator.adopt_plan(&by_query()).await.unwrap_err();
    assert_eq!(error.code(), "SOURCE_ELSEWHERE");
    let adopted = adopt(&migrator, &AdoptOptions::new(AdoptSource::Known)).await;
    assert!(adopted.is_complete(), "{:?}", adopted.failures().next());
    let status = migrator.status().await.unwrap();
    let applied: Vec<usize> = status.tenants.iter().map(|tenant| tenant.applied).collect();
    assert_eq!(applied, [3, 2, 0, 3]);
    let catalog = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tenantry'";
    assert_eq!(theirs.count(catalog).await, 0);
}

#[tokio::test]
async fn when_it_was_applied_is_kept() {
    let theirs = Theirs::drizzle("name.sql").await;
    adopt(&theirs.migrator().await, &by_query()).await;
    let sql = "SELECT count(*) FROM tenant_acme.tenantry_migrations o \
               JOIN tenant_acme.__drizzle_migrations t \
               ON o.name = t.name AND o.applied_at = t.applied_at";
    assert_eq!(theirs.count(sql).await, 3);
    let migrator = theirs.migrator().await;
    assert_eq!(migrator.show(&id("acme")).await.unwrap().migrations.applied, 3);
}

/// acme has two of three migrations, globex one.
async fn is_adopted_whole(folder: &str, tool: &str) -> (Theirs, Migrator) {
    let theirs = Theirs::new(folder, "database.sql").await;
    let before = theirs.their_ledgers().await;
    let migrator = theirs.migrator().await;
    let adopted = adopt(&migrator, &csv("acme,tenant_acme\nglobex,tenant_globex")).await;
    assert!(adopted.is_complete(), "{:?}", adopted.failures().next());
    assert_eq!(of(&adopted, "acme").ledger.as_ref().unwrap().tool, tool);
    assert_eq!((of(&adopted, "acme").applied, of(&adopted, "globex").applied), (2, 1));
    let report = migrate_all(&migrator).await;
    assert!(report.is_success(), "{:?}", report.failures().next());
    assert!(migrator.status().await.unwrap().is_ok());
    for schema in ["tenant_acme", "tenant_globex"] {
        let once = format!(
            "SELECT (SELECT count(*) FROM {schema}.users) * 10 + \
             (SELECT count(*) FROM {schema}.projects)"
        );
        assert_eq!(theirs.count(&once).await, 11, "{schema}: each migration was applied once");
    }
    assert_eq!(theirs.their_ledgers().await, before, "their ledgers stay as they are");
    (theirs, migrator)
}

#[tokio::test]
async fn a_database_of_sqlx_is_adopted_and_migrated_further() {
    let (theirs, migrator) = is_adopted_whole("sqlx", "sqlx").await;
    assert_eq!(theirs.count("SELECT count(*) FROM public.tenantry_migrations").await, 1);
    // What sqlx goes by is the text: one that is another now is noticed, and one that failed.
    let sql = "UPDATE tenant_acme._sqlx_migrations SET checksum = '\\xff' WHERE version = 20260301090000; \
               UPDATE tenant_globex._sqlx_migrations SET success = false";
    theirs.execute(sql).await;
    let plan = migrator.adopt_plan(&AdoptOptions::new(AdoptSource::Known)).await.unwrap();
    assert_eq!(code(of(&plan, "acme")), "CHECKSUM_CHANGED");
    assert_eq!(code(of(&plan, "globex")), "MIGRATION_UNFINISHED");
}

#[tokio::test]
async fn a_database_of_diesel_is_adopted_and_migrated_further() {
    is_adopted_whole("diesel", "Diesel").await;
}

#[tokio::test]
async fn a_database_of_refinery_is_adopted_and_migrated_further() {
    let (theirs, migrator) = is_adopted_whole("refinery", "refinery").await;
    // It goes by name, version and text, of which it keeps a hash.
    let sql = "UPDATE tenant_acme.refinery_schema_history SET checksum = '7' WHERE version = 1";
    theirs.execute(sql).await;
    let plan = migrator.adopt_plan(&AdoptOptions::new(AdoptSource::Known)).await.unwrap();
    assert_eq!(code(of(&plan, "acme")), "CHECKSUM_CHANGED");
}

#[tokio::test]
async fn a_database_of_drizzle_kit_1_is_adopted_and_migrated_further() {
    let (theirs, migrator) = is_adopted_whole("drizzle-kit-1", "drizzle-kit").await;
    // It goes by names, but keeps what the text was.
    let sql = "UPDATE tenant_acme.__drizzle_migrations SET hash = repeat('a', 64) WHERE id = 1";
    theirs.execute(sql).await;
    let plan = migrator.adopt_plan(&AdoptOptions::new(AdoptSource::Known)).await.unwrap();
    assert_eq!(code(of(&plan, "acme")), "CHECKSUM_CHANGED");
}

#[tokio::test]
async fn a_ledger_from_before_drizzle_kit_1_is_adopted_by_the_folder_that_1_has_made_of_it() {
    let theirs = Theirs::new("drizzle-kit-1", "database.sql").await;
    // Hashes of files tell nothing where somebody has formatted them; moments had milliseconds.
    let sql = "ALTER TABLE tenant_acme.__drizzle_migrations DROP name, DROP applied_at; \
               UPDATE tenant_acme.__drizzle_migrations SET created_at = created_at + 417; \
               UPDATE tenant_globex.__drizzle_migrations SET applied_at = NULL";
    theirs.execute(sql).await;
    let options = csv("acme,tenant_acme\nglobex,tenant_globex");
    let adopted = adopt(&theirs.migrator().await, &options).await;
    assert_eq!((of(&adopted, "acme").applied, of(&adopted, "globex").applied), (2, 1));
    let sql = "UPDATE tenant_acme.__drizzle_migrations SET hash = repeat('a', 64) WHERE id = 2";
    theirs.execute(sql).await;
    let known = AdoptOptions::new(AdoptSource::Known);
    let plan = theirs.migrator().await.adopt_plan(&known).await.unwrap();
    assert_eq!(code(of(&plan, "acme")), "CHECKSUM_CHANGED", "it is found by its moment");
}
