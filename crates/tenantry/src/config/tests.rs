//! What a configuration makes of its sources.

mod refusals;

use std::{fs, time::Duration};

use tempfile::TempDir;

use super::*;
use crate::Identifier;

const URL: &str = "postgres://app:hunter2@db.example/app";

/// The values of `text` as a file, and the folder it is in.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenantry.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn the_defaults_are_those_of_the_guide() {
    let config = Config::builder().set("connection.url", URL).load().unwrap();
    let connection = config.connection();
    assert_eq!(connection.max_connections, 20);
    assert_eq!(connection.max_per_tenant, 10);
    assert_eq!(connection.max_waiters, 10_000);
    assert_eq!(connection.max_waiters_per_tenant, 1_000);
    assert_eq!(connection.home_patience, Duration::from_millis(10));
    assert!(connection.narrow_floods);
    assert_eq!(connection.reset_after, Duration::from_secs(1));
    assert_eq!(connection.min_idle, 0);
    assert_eq!(connection.idle_timeout, Duration::from_secs(30));
    assert_eq!(connection.acquire_timeout, Duration::from_secs(5));
    assert_eq!(connection.connect_timeout, Duration::from_secs(5));
    assert_eq!(connection.server.postgres.get_connect_timeout(), Some(&Duration::from_secs(5)));
    assert_eq!(connection.max_lifetime, Duration::from_secs(30 * 60));
    assert_eq!(connection.max_tenants_per_connection, 2_000);
    assert_eq!(connection.statement_cache_size, 256);
    assert_eq!(connection.max_prepared_statements, 5000);
    assert_eq!(*config.retry(), RetryConfig::default());
    let isolation = config.isolation();
    assert_eq!(isolation.strategy, IsolationStrategy::Schema);
    assert_eq!(isolation.schema_template.to_string(), "tenant_{id}");
    assert_eq!(isolation.shared_schema.as_str(), "public");
    assert!(isolation.extension_schemas.is_empty());
    assert!(!isolation.fallthrough);
    assert_eq!(isolation.max_pools, 10_000);
    assert_eq!(isolation.pool_ttl, Duration::from_secs(3600));
    assert_eq!(config.schemas().tenant, None);
    assert_eq!(config.schemas().shared, None);
    assert_eq!(config.migrations().tenant_dir, Path::new("migrations/tenant"));
    assert_eq!(config.migrations().shared_dir, Path::new("migrations/shared"));
    assert_eq!(config.migrations().table.as_str(), "tenantry_migrations");
    assert_eq!(config.discovery().source, DiscoverySource::Catalog);
    assert_eq!(config.discovery().refresh_interval, Duration::from_secs(60));
    assert_eq!(config.alphabet(), Alphabet::Strict);
    assert_eq!(*config.debug(), DebugConfig::default());
    assert_eq!(config.file(), None);
    let host = config.host();
    assert_eq!((host.listen.host.as_str(), host.listen.port), ("127.0.0.1", 3000));
    assert_eq!((host.tenants.max_concurrent, host.tenants.max_isolates), (1000, None));
    assert!(host.tenants.auto_load && host.validate_inputs && host.admin.token.is_none());
    assert_eq!(host.plugins.core_order.len(), 7);
}

#[test]
fn the_servers_keys_may_be_written_in_camel_case() {
    let (_folder, path) = file(
        "[tenants]
        maxConcurrent = 100
        [plugins]
        coreOrder = ['database', 'auth', 'logger']
        npmPattern = 'my-company-plugin-*'
        [security]
        validateInputs = true",
    );
    let loader = Config::builder().file(&path);
    let (host, database) =
        loader.clone().env_from([("TENANTRY_TENANTS__MAX_CONCURRENT", "50")]).load_host().unwrap();
    assert_eq!((host.tenants.max_concurrent, database.is_none()), (50, true));
    assert_eq!(host.plugins.core_order, ["database", "auth", "logger"]);
    let (host, _) = loader.set("tenants.maxConcurrent", 7).load_host().unwrap();
    assert_eq!(host.tenants.max_concurrent, 7);
}

#[test]
fn every_key_of_the_guide_can_be_set_and_there_are_no_others() {
    let text = r#"
        [connection]
        url = "postgres://app:hunter2@db.example/app"
        max_connections = 30
        max_per_tenant = 5
        max_waiters = 500
        max_waiters_per_tenant = 50
        home_patience = "500us"
        narrow_floods = false
        min_idle = 2
        reset_after = "400ms"
        idle_timeout = "1m"
        acquire_timeout = "1s 500ms"
        connect_timeout = "2s"
        max_lifetime = "1h"
        max_tenants_per_connection = 100
        statement_cache_size = 64
        max_prepared_statements = 900
        [connection.retry]
        max_attempts = 5
        initial_delay = "50ms"
        max_delay = "1s"
        multiplier = 1.5
        jitter = false
        [isolation]
        strategy = "schema"
        schema_template = "kunde {id}"
        shared_schema = "common"
        extension_schemas = ["extensions", "a,b"]
        fallthrough = true
        max_pools = 100
        pool_ttl = "10m"
        [schemas]
        tenant = "schema/tenant.sql"
        shared = "/schema/shared.sql"
        [migrations]
        tenant_dir = "sql/tenant"
        shared_dir = "sql/shared"
        tenant_seeds = "sql/first"
        shared_seeds = "sql/first-shared"
        table = "ledger"
        lock_timeout = "2s"
        lock_attempts = 3
        lock_delay = "500ms"
        statement_timeout = "1m"
        tenants_per_connection = 50
        role = "owner_{id}"
        [discovery]
        source = "query"
        query = "select id from companies"
        refresh_interval = "10s"
        [tenant_ids]
        alphabet = "legacy"
        [debug]
        enabled = true
        log_queries = false
        log_pool_events = false
        slow_query_threshold = "50ms"
        [server]
        host = "0.0.0.0"
        port = 0
        shutdown_timeout = "2s"
        health_path = "/healthz"
        trust_proxy = true
        [server.identification]
        strategy = ["subdomain", "jwt"]
        header = "x-customer"
        domain = "example.com"
        except = ["www"]
        prefix = "/tenants"
        parameter = "customer"
        cookie = "customer"
        default = "acme"
        [server.identification.jwt]
        claim = "/org/id"
        algorithm = "RS256"
        secret_env = "JWT_SECRET"
        public_key = ["keys/public.pem"]
        jwks = "keys/set.json"
        issuer = "https://login.example.com"
        audience = "api"
        leeway = 5
        [admin]
        token = "hunter2-hunter2-hunter2"
        path = "/operations"
        [logger]
        level = "warn"
        format = "json"
        entries = 10
        [plugins]
        dir = "common"
        core_order = ["database", "auth", "logger"]
        npm_pattern = "my-company-plugin-*"
        node_modules = "packages"
        [tenants]
        dir = "customers"
        max_concurrent = 100
        max_isolates = 3
        auto_load = false
        npm_pattern = "fastify-multitenant-*"
        on_broken = "part"
        from = ["bucket"]
        [security]
        max_concurrent_tenants = 100
        validate_inputs = false
        fetch = ["https://api.example.com"]
        [loading]
        cache = "cache"
        cache_size = "1GB"
        [limits]
        memory = "32MB"
        stack = "256KB"
        cpu = "100ms"
        wall = "3s"
        load = "5s"
        load_cpu = "1s"
        request_bytes = 1000
        response_bytes = "2MB"
        header_bytes = "32KB"
        open_requests = 10
        operations = 20
        query_time = "1s"
        queries = 5
    "#;
    let (folder, path) = file(text);
    let config = Config::builder().file(&path).load().unwrap();
    assert_eq!(config.connection().max_per_tenant, 5);
    assert_eq!(config.connection().max_waiters_per_tenant, 50);
    assert_eq!(config.connection().home_patience, Duration::from_micros(500));
    assert!(!config.connection().narrow_floods);
    assert_eq!(config.connection().reset_after, Duration::from_millis(400));
    assert_eq!(config.connection().acquire_timeout, Duration::from_millis(1500));
    assert_eq!(config.retry().multiplier, 1.5);
    let acme = TenantId::parse("acme").unwrap();
    let schema = config.isolation().schema_template.schema_for(&acme).unwrap();
    assert_eq!(schema.as_str(), "kunde acme");
    assert_eq!(
        config.isolation().extension_schemas,
        ["extensions", "a,b"].map(|name| Identifier::parse(name).unwrap())
    );
    assert_eq!(config.schemas().tenant, Some(folder.path().join("schema/tenant.sql")));
    assert_eq!(config.schemas().shared.as_deref(), Some(Path::new("/schema/shared.sql")));
    assert_eq!(config.migrations().tenant_dir, folder.path().join("sql/tenant"));
    assert_eq!(config.migrations().lock_timeout, Duration::from_secs(2));
    assert_eq!(config.migrations().lock_attempts, 3);
    assert_eq!(
        config.discovery().source,
        DiscoverySource::Query("select id from companies".to_owned())
    );
    assert!(config.parse_tenant_id("Acme.1").is_ok());
    assert_eq!(config.debug().slow_query(), Some(Duration::from_millis(50)));
    assert_eq!(config.file(), Some(&*path));
    let host = config.host();
    assert_eq!((host.listen.host.as_str(), host.listen.port), ("0.0.0.0", 0));
    assert!(host.listen.trust_proxy && !host.tenants.auto_load && !host.validate_inputs);
    assert_eq!(host.admin.path, "/operations");
    assert_eq!(host.logger.format, LogFormat::Json);
    assert_eq!(host.plugins.dir, folder.path().join("common"));
    assert_eq!(host.plugins.core_order, ["database", "auth", "logger"]);
    assert_eq!(host.tenants.dir, folder.path().join("customers"));
    assert_eq!((host.tenants.max_concurrent, host.tenants.max_isolates), (100, Some(3)));
    assert_eq!(host.tenants.on_broken, OnBroken::Part);
    assert_eq!(host.identification.strategy, ["subdomain", "jwt"]);
    let jwt = host.identification.jwt.as_ref().unwrap();
    assert_eq!(jwt.secret_env, ["JWT_SECRET"]);
    assert_eq!(jwt.jwks, Some(folder.path().join("keys/set.json")));
    assert_eq!(host.tenants.from, ["bucket"]);
    assert_eq!(host.fetch, ["https://api.example.com"]);
    assert_eq!(host.loading.cache, folder.path().join("cache"));
    assert_eq!(host.loading.cache_size, 1 << 30);
    assert_eq!((host.limits.memory, host.limits.request_bytes), (32 << 20, 1000));
    assert_eq!(host.limits.query_time, Duration::from_secs(1));
    assert!(!format!("{config:?}").contains("hunter2"));

    let documented: Vec<&str> = include_str!("keys.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let written: Vec<&str> =
        text.lines().filter_map(|line| Some(line.split_once('=')?.0.trim())).collect();
    assert_eq!(documented, written);
}

#[test]
fn sections_with_names_of_the_users_are_read() {
    let (_folder, path) = file(
        "[loading.bucket]
        url = 's3://company/tenants'
        region = 'eu-central-1'
        allow_http = true
        secret_access_key = 'hunter2'
        [tenants.sources.acme]
        strategy = 'bucket'
        key = 'acme.tgz'
        sha256 = '9f86'
        [plugins.sources]
        billing = { strategy = 'bucket', key = 'billing/' }",
    );
    let environment = [("TENANTRY_LOADING__BUCKET__ACCESS_KEY_ID", "key")];
    let (host, _) = Config::builder().file(&path).env_from(environment).load_host().unwrap();
    let bucket = &host.loading.stores["bucket"];
    assert_eq!(bucket.url, "s3://company/tenants");
    let options: Vec<_> = bucket.options.keys().map(String::as_str).collect();
    assert_eq!(options, ["access_key_id", "allow_http", "region", "secret_access_key"]);
    assert!(!format!("{host:?}").contains("hunter2"));
    let acme = &host.tenants.sources["acme"];
    assert_eq!((acme.strategy.as_str(), acme.key.as_str()), ("bucket", "acme.tgz"));
    assert_eq!(acme.options["sha256"], "9f86");
    assert_eq!(host.plugins.sources["billing"].key, "billing/");

    let (_folder, path) = file(
        "[loading.bucket]
        secret_access_key = ['hunter2']
        [tenants.sources.acme]
        strategy = 'bucket'",
    );
    let error = Config::builder().file(&path).load_host().unwrap_err().to_string();
    for key in ["loading.bucket.url", "bucket.secret_access_key", "tenants.sources.acme.key"] {
        assert!(error.contains(key), "{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn later_sources_go_over_earlier_ones() {
    let (_folder, path) = file(
        "[connection]
        url = 'postgres://file/app'
        max_connections = 30
        idle_timeout = '1m'
        acquire_timeout = '1m'",
    );
    let host = |config: &Config| config.connection().server.to_string();
    let environment = [
        ("DATABASE_URL", "postgres://plain/app"),
        ("TENANTRY_CONNECTION__MAX_CONNECTIONS", "40"),
        ("TENANTRY_CONNECTION__IDLE_TIMEOUT", "2m"),
        ("TENANTRY_ISOLATION__EXTENSION_SCHEMAS", "a, b"),
        ("TENANTRY_ISOLATION__FALLTHROUGH", "true"),
        ("TENANTRY_ISOLATION__SCHEMA_TEMPLATE", "{id}"),
        ("TENANTRY_MIGRATIONS__TABLE", "7"),
        ("TENANTRY_DEBUG__ENABLED", ""),
        ("TENANTRY_DEVDB_PORT", "7"),
        ("PATH", "/bin"),
    ];
    let loader =
        Config::builder().file(&path).env_from(environment).set("connection.idle_timeout", "3m");
    let config = loader.clone().load().unwrap();
    assert_eq!(host(&config), "plain:5432/app");
    assert_eq!(config.connection().max_connections, 40);
    assert_eq!(config.connection().idle_timeout, Duration::from_secs(180));
    assert_eq!(config.connection().acquire_timeout, Duration::from_secs(60));
    assert_eq!(config.isolation().extension_schemas.len(), 2);
    assert!(config.isolation().fallthrough);
    assert_eq!(config.isolation().schema_template.to_string(), "{id}");
    assert_eq!(config.migrations().table.as_str(), "7");
    assert!(!config.debug().enabled);

    let both = environment.into_iter().chain([("TENANTRY_CONNECTION__URL", "postgres://ours/app")]);
    let config = Config::builder().file(&path).env_from(both).load().unwrap();
    assert_eq!(host(&config), "ours:5432/app");

    let config = loader.set("connection.url", "postgres://code/app").load().unwrap();
    assert_eq!(host(&config), "code:5432/app");
}

#[test]
fn the_environment_names_the_file() {
    let (_folder, path) = file("[connection]\nurl = 'postgres://file/app'");
    let variables = [("TENANTRY_CONFIG", path.as_os_str())];
    let config = Config::loader().env_from(variables).load().unwrap();
    assert_eq!(config.file(), Some(&*path));

    let missing = path.with_file_name("missing.toml");
    let variables = [("TENANTRY_CONFIG", missing.as_os_str())];
    let found = refusals::problems(Config::loader().env_from(variables).set("connection.url", URL));
    assert_eq!(found.len(), 1);
    let expected = format!("{}: cannot read the configuration file: ", missing.display());
    assert!(found[0].starts_with(&expected), "{found:?}");
}

#[test]
fn connect_timeout_is_the_settings_before_the_urls() {
    let timeout = |loader: ConfigLoader| {
        let config =
            loader.set("connection.url", format!("{URL}?connect_timeout=9")).load().unwrap();
        let connection = config.connection();
        let given = Some(&connection.connect_timeout);
        assert_eq!(connection.server.postgres.get_connect_timeout(), given);
        connection.connect_timeout
    };
    assert_eq!(timeout(Config::builder()), Duration::from_secs(9));
    let set = Config::builder().set("connection.connect_timeout", Duration::from_millis(1500));
    assert_eq!(timeout(set), Duration::from_millis(1500));
}

#[test]
fn the_template_never_gives_the_shared_schema_or_an_extension_schema() {
    let config = Config::builder()
        .set("connection.url", URL)
        .set("isolation.schema_template", "{id}")
        .set("isolation.shared_schema", "common")
        .set("isolation.extension_schemas", ["extensions"])
        .load()
        .unwrap();
    let template = &config.isolation().schema_template;
    for taken in ["common", "extensions", "public", "tenantry"] {
        assert!(template.schema_for(&TenantId::parse(taken).unwrap()).is_err(), "{taken}");
    }
    assert!(template.schema_for(&TenantId::parse("acme").unwrap()).is_ok());
}

#[test]
fn no_debug_output_shows_a_secret() {
    let loader = Config::builder().set("connection.url", URL);
    assert!(!format!("{loader:?} {:?}", Value::from(URL)).contains("hunter2"));
    let config = loader.load().unwrap();
    assert!(!format!("{config:?} {config:#?}").contains("hunter2"));
}
