use tenantry_server::{MultiTenantServer, ServerError};

use crate::support::{Project, get};

pub(crate) const FINE: &str =
    "export default async (fastify) => { fastify.get('/', async () => 'fine') }";

/// What is told of the tenant `acme`, which has this file, while `globex` is served.
async fn told(path: &str, text: &str) -> String {
    told_of(&[(path, text)]).await
}

/// What is told of the tenant `acme`, which has these files, while `globex` is served.
pub(crate) async fn told_of(files: &[(&str, &str)]) -> String {
    let project = Project::new(&[
        ("tenants/acme/routes/fine.mjs", FINE),
        ("tenants/globex/routes/fine.mjs", FINE),
    ]);
    for (path, text) in files {
        project.write(&format!("tenants/acme/{path}"), text);
    }
    let server = project.server();
    server.ready().await.unwrap();
    let refused = get(&server, "acme", "/").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "TENANT_BROKEN"));
    assert!(!refused.text.contains("mjs"), "a client learns nothing of files: {refused:?}");
    assert_eq!(get(&server, "globex", "/").await.text, "fine");
    let parts = broken(&server).await;
    server.stop().await;
    parts.join("\n")
}

async fn broken(server: &MultiTenantServer) -> Vec<String> {
    match server.init_tenant("acme").await.unwrap_err() {
        ServerError::TenantBroken { broken, .. } => {
            broken.parts.iter().map(ToString::to_string).collect()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_configuration() {
    assert_eq!(
        told("config.json", "{ \"active\": }").await,
        "config (config.json:1:13): not valid JSON: expected value"
    );
    let thrown = told("config.mjs", "\nthrow new Error('no config')").await;
    assert!(thrown.starts_with("config (config.mjs:2:"), "{thrown}");
    assert!(thrown.ends_with("no config"), "{thrown}");
    let neither = told("config.json", r#"{"active": "no"}"#).await;
    assert!(neither.ends_with(r#"active is "no": expected true or false"#), "{neither}");
    let raised = told("config.json", r#"{"limits": {"memory": "soon"}}"#).await;
    assert!(
        raised
            .starts_with("config (config.json:1:14): limits.memory = \"soon\": allowed is a size"),
        "{raised}"
    );
}

#[tokio::test]
async fn code_that_does_not_parse() {
    let told = told("routes/users.mjs", "export default async () => {\n  const x = ;\n}").await;
    assert!(told.starts_with("routes users (routes/users.mjs:2:"), "{told}");
}

/// Its file is not the tenant's own.
#[tokio::test]
async fn a_plugin_for_everybody() {
    let project = Project::new(&[
        ("tenants/acme/routes/fine.mjs", FINE),
        ("plugins/greeting/index.mjs", "export default async () => {\n  throw new Error('no')\n}"),
    ]);
    let server = project.server();
    server.ready().await.unwrap();
    let parts = broken(&server).await.join("\n");
    server.stop().await;
    let place = "core plugin greeting (plugins:greeting/index.mjs:2:";
    assert!(parts.starts_with(place), "{parts}");
}

#[tokio::test]
async fn a_service_that_throws() {
    let told = told(
        "services/Mail.mjs",
        "export default class Mail {\n  constructor() {\n    throw new TypeError('no host')\n  }\n}",
    )
    .await;
    assert!(told.starts_with("service Mail (services/Mail.mjs:3:"), "{told}");
    assert!(told.contains("no host"), "{told}");
}

/// Who throws something else than an error has left no place: the file is what there is.
#[tokio::test]
async fn what_throws_no_error() {
    let nowhere = "thrown: \"no\", which is no Error and so has no line";
    for (part, file, text) in [
        ("config", "config.mjs", "throw 'no';"),
        ("config", "config.js", "module.exports = () => { throw 'no' };"),
        ("index", "index.mjs", "throw 'no';"),
        ("index", "index.mjs", "export default async () => { throw 'no' }"),
        ("plugin mail", "plugins/mail/index.mjs", "throw 'no';"),
        ("plugin mail", "plugins/mail/index.mjs", "export default async () => { throw 'no' }"),
        ("plugin mail", "plugins/mail/index.mjs", "export default () => { throw 'no' }"),
        ("schema user", "schemas/user.mjs", "throw 'no';"),
        ("service Mail", "services/Mail.mjs", "throw 'no';"),
        (
            "service Mail",
            "services/Mail.mjs",
            "export default class { constructor() { throw 'no' } }",
        ),
        ("routes users", "routes/users.mjs", "throw 'no';"),
        ("routes users", "routes/users.mjs", "export default async () => { throw 'no' }"),
        (
            "routes users",
            "routes/users.mjs",
            "export default async (f) => { f.register(async () => { throw 'no' }) }",
        ),
    ] {
        assert_eq!(told(file, text).await, format!("{part} ({file}): {nowhere}"), "{text}");
    }
    let object = told("services/Mail.mjs", "throw { why: 'no' }").await;
    assert!(
        object.starts_with(r#"service Mail (services/Mail.mjs): thrown: {"why":"no"}"#),
        "{object}"
    );
    let nothing = told("services/Mail.mjs", "throw undefined").await;
    assert!(
        nothing.starts_with("service Mail (services/Mail.mjs): thrown: undefined"),
        "{nothing}"
    );
}

/// To look at it runs code that throws again.
#[tokio::test]
async fn what_throws_something_that_cannot_be_looked_at() {
    let thrown = "throw new Proxy({}, { getPrototypeOf() { throw new Error('no') } });";
    for (part, file) in [
        ("config", "config.mjs"),
        ("service Mail", "services/Mail.mjs"),
        ("routes users", "routes/users.mjs"),
    ] {
        let expected = format!("{part} ({file}): an error that cannot be read");
        assert_eq!(told(file, thrown).await, expected);
    }
}

#[tokio::test]
async fn a_plugin_that_is_none() {
    for (text, found) in [
        ("export default { name: 'mail', send() {} }", "an object with name, send"),
        ("export default [1, 2]", "an array of 2"),
        ("export default 'mail'", "the string \"mail\""),
        ("export default null", "null"),
        ("export const register = async () => {}", "none, but register"),
        ("", "nothing that is exported"),
    ] {
        assert_eq!(
            told("plugins/mail/index.mjs", text).await,
            format!(
                "plugin mail (plugins/mail/index.mjs): TypeError: no plugin: expected a function as \
                 default export, found {found}"
            )
        );
        assert_eq!(
            told("routes/users.mjs", text).await,
            format!(
                "routes users (routes/users.mjs): TypeError: no plugin: expected a function, or routes \
                 with url and handler, as default export, found {found}"
            )
        );
    }
}

#[tokio::test]
async fn an_import_that_is_not_there() {
    let told =
        told("routes/users.mjs", "import './nowhere.mjs';\nexport default async () => {}").await;
    assert!(
        told.starts_with("routes users (routes/users.mjs:1:8): ERR_MODULE_NOT_FOUND"),
        "{told}"
    );
    let told =
        self::told("services/Mail.mjs", "export default 1;\n\nimport fs from 'node:fs';").await;
    assert!(
        told.starts_with("service Mail (services/Mail.mjs:3:16): ERR_MODULE_REFUSED"),
        "{told}"
    );
}

#[tokio::test]
async fn an_endless_loop_while_loading() {
    let project = Project::new(&[("tenants/acme/index.mjs", "for (;;) {}")]);
    let server = project.builder().set("limits.load_cpu", "500ms").build().unwrap();
    server.ready().await.unwrap();
    let told = server.init_tenant("acme").await.unwrap_err().to_string();
    // It steps back for whatever else the machine does: where that is much, the time for loading is up first.
    let is_late = told.contains("not loaded within") || told.contains("wall time");
    assert!(is_late || told.to_lowercase().contains("cpu"), "{told}");
}

#[tokio::test]
async fn two_files_for_one_thing() {
    let told = told("routes/fine.js", FINE).await;
    assert!(told.contains("there is routes/fine.js already"), "{told}");
}

#[tokio::test]
async fn by_configuration_only_that_part_is_left_out() {
    let project = Project::new(&[
        ("tenants/acme/routes/fine.mjs", FINE),
        ("tenants/acme/routes/broken.mjs", "export default ("),
        ("tenants/acme/services/Broken.mjs", "throw new Error('x')"),
    ]);
    let server = project.builder().set("tenants.on_broken", "part").build().unwrap();
    let tenant = server.init_tenant("acme").await.unwrap();
    let parts: Vec<&str> = tenant.errors().iter().map(|error| error.part.as_str()).collect();
    assert_eq!(parts, ["service Broken", "routes broken"]);
    assert_eq!(get(&server, "acme", "/").await.text, "fine");
    assert_eq!(server.tenant_stats().tenants[0].broken.len(), 2);
}

#[tokio::test]
async fn folders_that_are_no_tenants_are_told() {
    let project = Project::new(&[("tenants/Acme Corp/config.json", "{}")]);
    let server = project.server();
    server.ready().await.unwrap();
    let stats = server.tenant_stats();
    assert_eq!(stats.total, 0);
    assert!(stats.refused["Acme Corp"].contains("'A' at position 1"), "{stats:?}");
}

#[tokio::test]
async fn what_is_mended_is_served_again() {
    let project = Project::with_routes("export default (");
    let server = project.server();
    assert_eq!(get(&server, "acme", "/").await.status, 503);
    project.write("tenants/acme/routes/index.mjs", FINE);
    server.init_tenant("acme").await.unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "fine");
}

#[tokio::test]
async fn a_core_plugin_that_is_nowhere_keeps_the_server_from_starting() {
    let project = Project::new(&[]);
    let server = project.builder().set("plugins.coreOrder", ["auth", "audit"]).build().unwrap();
    let error = server.start().await.unwrap_err();
    assert_eq!(error.code(), "CONFIG_INVALID");
    assert!(error.to_string().contains("there is no plugin \"audit\""), "{error}");
}
