//! What a configuration refuses, and how it says so.

use super::*;

/// What is wrong, without what every message begins with.
pub(super) fn problems(loader: ConfigLoader) -> Vec<String> {
    let error = loader.load().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    error.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn a_problem_names_key_value_origin_and_what_is_allowed() {
    let (_folder, path) = file(
        "[connection]
        url = 'postgres://db/app'
        max_connections = 1

        [connection.retry]
        jitter = 'yes'",
    );
    let line = line!() + 3;
    let found = problems(
        Config::builder()
            .set("debug.slow_query_threshold", "5 parsecs")
            .file(&path)
            .env_from([("TENANTRY_CONNECTION__ACQUIRE_TIMEOUT", "5")]),
    );
    let shown = path.display();
    let time =
        r#"allowed is a time with its unit, such as "500ms" or "1h 30m", from 1ms to 10 years"#;
    assert_eq!(
        found,
        [
            format!(
                "connection.max_connections = 1 ({shown}, line 3): allowed is a whole number \
                 from 2 to 262143"
            ),
            format!(
                "connection.acquire_timeout = \"5\" (environment variable \
                 TENANTRY_CONNECTION__ACQUIRE_TIMEOUT): {time}"
            ),
            format!(
                "connection.retry.jitter = \"yes\" ({shown}, line 6): allowed is true or false"
            ),
            format!(
                "debug.slow_query_threshold = \"5 parsecs\" (set at {}:{line}): {time}",
                file!()
            ),
        ]
    );
}

#[test]
fn values_out_of_range_or_of_the_wrong_kind_are_refused() {
    let refused = |key: &str, value: Value| {
        let found = problems(Config::builder().set("connection.url", URL).set(key, value));
        assert_eq!(found.len(), 1, "{found:?}");
        let (_, reason) = found[0].split_once("): ").unwrap();
        reason.to_owned()
    };
    let cases: [(&str, Value, &str); 24] = [
        ("connection.max_connections", "20".into(), "allowed is a whole number from 2 to 262143"),
        ("connection.max_connections", (-1).into(), "allowed is a whole number from 2 to 262143"),
        ("connection.max_connections", 2.5.into(), "allowed is a whole number from 2 to 262143"),
        ("connection.max_per_tenant", 21.into(), "allowed is a whole number from 1 to 20"),
        ("connection.max_per_tenant", 0.into(), "allowed is a whole number from 1 to 20"),
        (
            "connection.max_waiters_per_tenant",
            10_001.into(),
            "allowed is a whole number from 1 to 10000",
        ),
        ("connection.min_idle", 21.into(), "allowed is a whole number from 0 to 20"),
        (
            "connection.home_patience",
            "2s".into(),
            r#"allowed is a time with its unit, such as "500us" or "2ms", up to 1s, or "0s""#,
        ),
        ("connection.retry.multiplier", 0.5.into(), "allowed is a number from 1 to 100"),
        ("connection.retry.multiplier", f64::NAN.into(), "allowed is a number from 1 to 100"),
        (
            "connection.retry.initial_delay",
            "6s".into(),
            "initial_delay (6s) is longer than max_delay (5s)",
        ),
        (
            "isolation.strategy",
            "database".into(),
            r#"this version does not support it yet; allowed is "schema""#,
        ),
        ("isolation.strategy", "table".into(), r#"allowed is "schema""#),
        (
            "isolation.schema_template",
            "tenant".into(),
            "it has no {id}, and needs one, as in tenant_{id}",
        ),
        (
            "isolation.shared_schema",
            "tenantry".into(),
            "tenantry, information_schema and pg_* are not for an application's things",
        ),
        (
            "isolation.extension_schemas",
            ["pg_catalog"].into(),
            "tenantry, information_schema and pg_* are not for an application's things",
        ),
        (
            "isolation.extension_schemas",
            ["public"].into(),
            "\"public\" is the shared schema; isolation.fallthrough = true puts it in every \
             tenant's reach",
        ),
        (
            "isolation.extension_schemas",
            "extensions".into(),
            r#"allowed is a list of names, such as ["extensions"]"#,
        ),
        ("isolation.extension_schemas", [""].into(), r#"invalid schema name "": it is empty"#),
        ("schemas.tenant", "".into(), "allowed is a path"),
        (
            "migrations.shared_dir",
            "migrations/tenant".into(),
            "tenants' and shared migrations must be in two folders",
        ),
        ("migrations.table", "a\0b".into(), "it has a NUL at byte 2"),
        (
            "discovery.query",
            "select id from companies".into(),
            r#"it is used only with discovery.source = "query""#,
        ),
        ("tenant_ids.alphabet", "latin".into(), r#"allowed is "strict" or "legacy""#),
    ];
    for (key, value, expected) in cases {
        assert_eq!(refused(key, value), expected, "{key}");
    }
}

#[test]
fn what_is_missing_is_told_with_how_to_give_it() {
    assert_eq!(
        problems(Config::builder().set("discovery.source", "query")),
        [
            "connection.url: it is not set; set the environment variable DATABASE_URL, or url \
             under [connection] in tenantry.toml",
            "discovery.query: discovery.source = \"query\" needs one, such as \"select id, schema \
             from companies\"",
        ]
    );
}

#[test]
fn unknown_keys_are_errors_and_their_values_are_not_shown() {
    let (_folder, path) = file(
        "connection.urll = 'postgres://a:hunter2@db/app'
        debug = true
        [conection]
        max_connections = 4",
    );
    let found = problems(
        Config::builder()
            .file(&path)
            .env_from([
                ("TENANTRY_CONNECTION__POOL_TTL", "hunter2"),
                ("TENANTRY_CONNECTION_MAX_LIFETIME", "1h"),
                ("TENANTRY_CONNECTION__RETRY_JITTER", "false"),
            ])
            .set("connection.url", URL),
    );
    let shown = path.display();
    assert_eq!(
        found,
        [
            format!(
                "conection.max_connections ({shown}, line 4): there is no such key; did you mean \
                 connection.max_connections?"
            ),
            "connection.pool_ttl (environment variable TENANTRY_CONNECTION__POOL_TTL): there is no \
             such key; did you mean TENANTRY_ISOLATION__POOL_TTL?".to_owned(),
            "connection.retry_jitter (environment variable TENANTRY_CONNECTION__RETRY_JITTER): \
             there is no such key; did you mean TENANTRY_CONNECTION__RETRY__JITTER?".to_owned(),
            format!(
                "connection.urll ({shown}, line 1): there is no such key; did you mean \
                 connection.url?"
            ),
            format!(
                "debug ({shown}, line 2): it is a section and not a value; its keys are written as \
                 debug.…"
            ),
            "environment variable TENANTRY_CONNECTION_MAX_LIFETIME: there is no such setting; did \
             you mean TENANTRY_CONNECTION__MAX_LIFETIME, with two underscores?".to_owned(),
        ]
    );
}

#[test]
fn a_file_that_is_not_toml_is_told_by_line_and_not_quoted() {
    for line in
        ["url = \"postgres://a:hunter2@db/app", "url = postgres://a:hunter2@db/app", "url: hunter2"]
    {
        let (_folder, path) = file(&format!("[connection]\n{line}\nmax_connections = 4"));
        let found = problems(Config::builder().file(&path).set("connection.url", URL));
        assert_eq!(found.len(), 1, "{found:?}");
        let expected = format!("{}, line 2: not valid TOML: ", path.display());
        assert!(found[0].starts_with(&expected), "{found:?}");
    }
}

#[test]
fn an_invalid_url_is_told_without_repeating_it() {
    let found = problems(
        Config::builder().env_from([("DATABASE_URL", "postgres://app:hunter2@db/app?sslcert=x")]),
    );
    assert_eq!(
        found,
        ["connection.url (environment variable DATABASE_URL): its parameter sslcert is not \
             supported"]
    );
    let found = problems(
        Config::builder()
            .set("connection.url", format!("{URL}?sslmode=verify-full&sslrootcert=/missing")),
    );
    assert!(
        found[0].contains("cannot read the certificates of sslrootcert=/missing: "),
        "{found:?}"
    );
}

#[test]
fn the_servers_keys_are_refused_by_their_names() {
    let (_folder, path) = file(
        "[tenants]
        max_concurrent = 5
        maxConcurrent = 6
        maxConcurrrent = 7
        auto_load = true
        [security]
        max_concurrent_tenants = 9
        [limits]
        memory = '10 pounds'
        [admin]
        token = 'hunter2'
        path = 'admin/'",
    );
    let loader = Config::builder().set("connection.url", URL).file(&path);
    let shown = path.display().to_string();
    let found = problems(loader).join("\n").replace(&shown, "tenantry.toml");
    assert_eq!(
        found,
        r#"admin.token (tenantry.toml, line 11): allowed are 16 or more letters, digits and signs of ASCII, without blanks
admin.path = "admin/" (tenantry.toml, line 12): allowed is a path such as "/admin", without a slash at its end
tenants.maxConcurrent (tenantry.toml, line 3): it is set twice, as tenants.max_concurrent (tenantry.toml, line 2) also
security.max_concurrent_tenants = 9 (tenantry.toml, line 7): it is the same limit as tenants.max_concurrent, which is 5; set one of them
limits.memory = "10 pounds" (tenantry.toml, line 9): allowed is a size from 1048576 to 4294967296 bytes, such as 65536, "64KB" or "16MB"
tenants.maxConcurrrent (tenantry.toml, line 4): there is no such key; did you mean tenants.max_concurrent?"#
    );
}
