use axum::{Json, http::StatusCode};
use serde_json::json;
use tenantry_server::FailedRequest;

use crate::support::{Project, get, request};
use bytes::Bytes;

const FAILS: &str = "export default async (fastify) => {
  fastify.get('/', async () => { throw Object.assign(new Error('secret detail'), { code: 'NO_STOCK' }) })
  fastify.get('/other', async () => { throw new Error('secret detail') })
  fastify.get('/own', { errorHandler: (error, request, reply) => reply.code(418).send('own') }, async () => { throw new Error() })
  fastify.get('/spin', async () => { for (;;) {} })
}";

const CUSTOM: &str =
    "export default { customErrors: true, errorMessages: { NO_STOCK: 'Sold out' } }";

#[tokio::test]
async fn the_servers_handler_answers_as_in_the_specification() {
    let project = Project::new(&[
        ("tenants/acme/routes/index.mjs", FAILS),
        ("tenants/acme/config.mjs", CUSTOM),
        ("tenants/globex/routes/index.mjs", FAILS),
    ]);
    let server = project.server();
    server.set_error_handler(async |failed: FailedRequest| {
        let config = failed.tenant().config();
        let message = match config["customErrors"].as_bool() {
            Some(true) => {
                config["errorMessages"][failed.code()].as_str().unwrap_or("Unknown error")
            }
            _ => "Internal server error",
        };
        (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"success": false, "error": message})))
    });
    let error = |message: &str| json!({"success": false, "error": message});
    assert_eq!(get(&server, "acme", "/").await.json(), error("Sold out"));
    assert_eq!(get(&server, "acme", "/other").await.json(), error("Unknown error"));
    assert_eq!(get(&server, "globex", "/").await.json(), error("Internal server error"));
    assert_eq!(get(&server, "acme", "/own").await.text, "own", "a handler of the tenant's own");
    assert_eq!(get(&server, "globex", "/spin").await.json(), error("Internal server error"));
}

#[tokio::test]
async fn without_one_a_tenants_own_words_count_and_nothing_else_is_told() {
    let project = Project::new(&[
        ("tenants/acme/routes/index.mjs", FAILS),
        ("tenants/acme/config.mjs", CUSTOM),
        ("tenants/globex/routes/index.mjs", FAILS),
    ]);
    let server = project.server();
    let custom = get(&server, "acme", "/").await;
    assert_eq!(custom.status, 500);
    assert!(custom.text.contains("Sold out"), "{custom:?}");
    let default = get(&server, "globex", "/").await;
    assert_eq!((default.status.as_u16(), default.json()["success"].as_bool()), (500, Some(false)));
    assert!(!default.text.contains("secret"), "{default:?}");
    for answer in [custom, default] {
        assert!(!answer.response.headers().contains_key("x-tenantry-failed"));
    }
}

#[tokio::test]
async fn who_names_no_tenant_or_a_wrong_one_is_answered() {
    let project = Project::with_routes(FAILS);
    let server = project.server();
    let nobody = server.inject(http::Request::builder().uri("/").body(Bytes::new()).unwrap()).await;
    assert_eq!(crate::support::Answer::of(nobody).code(), "TENANT_REQUIRED");
    for wrong in ["Acme", "../acme", "acme/../globex", ""] {
        let request = request(wrong, "GET", "/").body(Bytes::new()).unwrap();
        let answer = crate::support::Answer::of(server.inject(request).await);
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "TENANT_INVALID"));
    }
}

#[tokio::test]
async fn a_default_tenant_counts_only_if_it_is_configured() {
    let project = Project::with_routes(
        "export default async (fastify) => { fastify.get('/', async (request) => request.tenantId) }",
    );
    let server = project.builder().set("server.identification.default", "acme").build().unwrap();
    let request = http::Request::builder().uri("/").body(Bytes::new()).unwrap();
    assert_eq!(server.inject(request).await.body(), "acme");
}

#[tokio::test]
async fn domains_need_a_database() {
    let project = Project::with_routes("export default async () => {}");
    let refused = project.builder().set("server.identification.strategy", "domain").build();
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("DATABASE_URL"), "{error}");
}

#[tokio::test]
async fn identification_can_be_set_at_any_time() {
    use tenantry_server::identification::header;

    let project = Project::with_routes(
        "export default async (fastify) => { fastify.get('/', async (request) => request.tenantId) }",
    );
    let server = project.server();
    assert_eq!(get(&server, "acme", "/").await.text, "acme");
    server.set_identification_strategy(header("x-custom-tenant"));
    assert_eq!(get(&server, "acme", "/").await.status, 400);
    let request = http::Request::builder().uri("/").header("x-custom-tenant", "acme");
    assert_eq!(server.inject(request.body(Bytes::new()).unwrap()).await.body(), "acme");
}
