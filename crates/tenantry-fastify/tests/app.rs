//! Applications, end to end: a real isolate, a real router.

mod support;

use support::{body, get, load};

#[tokio::test(flavor = "multi_thread")]
async fn a_route_answers() {
    let app = load(&[(
        "routes/index.mjs",
        "export default async function (fastify, { tenant, config }) {
           fastify.get('/users/:id', async (request) => ({ id: request.params.id, tenant: tenant.id, q: request.query }));
         }",
    )])
    .await;
    let response = get(&app, "/users/7?a=1").await;
    assert_eq!(response.status(), 200);
    assert_eq!(body(&response), r#"{"id":"7","tenant":"acme","q":{"a":"1"}}"#);
}
