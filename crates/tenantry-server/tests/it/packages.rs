//! Packages of a `node_modules` that are tenants, and plugins for all.

use std::fs;

use serde_json::json;
use tenantry_server::ServerError;

use crate::support::{Project, get};

const MANIFEST: &str = r#"{"version": "1.2.0", "exports": "./lib/main.mjs"}"#;

fn builder(project: &Project) -> tenantry_server::MultiTenantServerBuilder {
    project
        .builder()
        .set("plugins.node_modules", project.path("node_modules"))
        .set("tenants.npmPattern", "fastify-multitenant-*")
        .set("plugins.npmPattern", "my-company-plugin-*")
}

#[tokio::test]
async fn a_package_is_a_tenant_by_the_name_and_the_config_that_it_exports() {
    let package = "node_modules/fastify-multitenant-hooli";
    let project = Project::new(&[
        (&format!("{package}/package.json"), MANIFEST),
        (
            &format!("{package}/lib/main.mjs"),
            "export const name = 'Hooli Inc.'
             export const config = { currency: 'EUR', plan: 'free', limits: { openRequests: 3 } }
             export default async function (fastify, { config, tenant }) {
               fastify.get('/', async (request) => ({ id: tenant.id, name: tenant.name, config: [config, request.tenant.config] }))
             }",
        ),
        (
            &format!("{package}/services/Billing.mjs"),
            "export default class Billing { constructor(db, config) { this.plan = config.plan } }",
        ),
        ("node_modules/other/package.json", MANIFEST),
    ]);
    let server = builder(&project).build().unwrap();
    let tenant = server.init_tenant("hooli").await.unwrap();
    assert_eq!(tenant.name(), "Hooli Inc.");
    assert_eq!(tenant.list_services(), ["Billing"]);
    assert_eq!(tenant.config()["limits"]["openRequests"], 3);
    let config = json!({"currency": "EUR", "plan": "free", "limits": {"openRequests": 3}});
    assert_eq!(
        get(&server, "hooli", "/").await.json(),
        json!({"id": "hooli", "name": "Hooli Inc.", "config": [config, config]})
    );
    assert_eq!(server.tenant_stats().total, 1, "no other package is a tenant");
    // What the folder's own configuration says counts, and the rest stays.
    project.write(&format!("{package}/config.json"), r#"{"plan": "paid"}"#);
    let tenant = server.reload_tenant("hooli").await.unwrap();
    assert_eq!(
        (&tenant.config()["plan"], &tenant.config()["currency"]),
        (&json!("paid"), &json!("EUR"))
    );
    project.write(&format!("{package}/config.json"), r#"{"active": false}"#);
    assert_eq!(server.reload_tenant("hooli").await.unwrap_err().code(), "TENANT_INACTIVE");
}

#[tokio::test]
async fn a_package_that_says_it_is_not_active_is_not_served() {
    let project = Project::new(&[
        ("node_modules/fastify-multitenant-old/package.json", r#"{"main": "index.js"}"#),
        (
            "node_modules/fastify-multitenant-old/index.js",
            "module.exports = async (fastify) => {}; module.exports.config = { active: false }",
        ),
    ]);
    let server = builder(&project).build().unwrap();
    assert_eq!(server.init_tenant("old").await.unwrap_err().code(), "TENANT_INACTIVE");
}

#[tokio::test]
async fn a_package_is_a_plugin_for_all_with_the_options_that_it_exports() {
    let project = Project::new(&[
        ("tenants/acme/routes/index.mjs", "export default async (f) => { f.get('/', async () => f.greeting) }"),
        ("node_modules/my-company-plugin-greeting/package.json", MANIFEST),
        (
            "node_modules/my-company-plugin-greeting/lib/main.mjs",
            "import fp from 'fastify-plugin'
             export const name = 'greeting'
             export const config = { word: 'Hello' }
             export default fp(async (fastify, { word, tenant }) => { fastify.decorate('greeting', `${word} ${tenant.id}`) })",
        ),
    ]);
    let server = builder(&project).build().unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "Hello acme");
}

/// The one that would be missing may be what keeps strangers out.
#[tokio::test]
async fn plugins_whose_list_cannot_be_had_keep_a_server_and_a_new_version_from_coming() {
    let package = "node_modules/my-company-plugin-greeting";
    let project = Project::new(&[
        (
            "tenants/acme/routes/index.mjs",
            "export default async (f) => { f.get('/', async () => f.greeting ?? 'nobody') }",
        ),
        (&format!("{package}/package.json"), MANIFEST),
        (
            &format!("{package}/lib/main.mjs"),
            "import fp from 'fastify-plugin'
             export default fp(async (fastify) => { fastify.decorate('greeting', 'Hello') })",
        ),
    ]);
    let server = builder(&project).build().unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "Hello");

    // It cannot be read as a folder, whoever tries: to root, permissions say nothing.
    let folder = project.path("node_modules");
    fs::remove_dir_all(&folder).unwrap();
    project.write("node_modules", "");
    let is_told = |error: ServerError, code: &str| {
        assert_eq!(error.code(), code);
        for word in ["\"npm-plugins\"", &folder.display().to_string()] {
            assert!(error.to_string().contains(word), "no {word} in {error}");
        }
    };
    is_told(server.reload_tenant("acme").await.unwrap_err(), "TENANT_BROKEN");
    assert_eq!(get(&server, "acme", "/").await.text, "Hello");
    let another = builder(&project).build().unwrap();
    is_told(another.start().await.unwrap_err(), "CONFIG_INVALID");

    // Where nothing is installed, nothing is missing.
    fs::remove_file(&folder).unwrap();
    server.reload_tenant("acme").await.unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "nobody");
}

/// As it was when the server started, so it is with every version.
#[tokio::test]
async fn a_plugin_of_the_configured_order_that_has_gone_keeps_a_new_version_from_coming() {
    let project = Project::with_routes(
        "export default async (f) => { f.get('/', async () => f.greeting ?? 'nobody') }",
    );
    let plugin = "import fp from 'fastify-plugin'
                  export default fp(async (fastify) => { fastify.decorate('greeting', 'Hello') })";
    project.write("plugins/greeting/index.mjs", plugin);
    let server = project.builder().set("plugins.core_order", ["greeting", "exception"]);
    let server = server.build().unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "Hello");
    fs::remove_dir_all(project.path("plugins/greeting")).unwrap();
    let error = server.reload_tenant("acme").await.unwrap_err();
    assert_eq!(error.code(), "TENANT_BROKEN");
    assert!(error.to_string().contains("there is no plugin \"greeting\""), "{error}");
    assert_eq!(get(&server, "acme", "/").await.text, "Hello");
}
