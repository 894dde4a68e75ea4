//! Other tenants: their globals, services, data, requests.

use crate::world::{World, handler};

#[tokio::test]
async fn globals_and_modules_are_ones_own() {
    let mut world = World::handler(
        r#"for (const name of ["treasure", "Vault", "secret"]) await attempt(name, () => globalThis[name]);
    await attempt("registry", () => Symbol.for("treasure").description === "treasure" ? undefined : "shared");
    await attempt("symbols", () => {
      const leaked = Object.getOwnPropertySymbols(globalThis).filter((symbol) => /good/.test(String(symbol)));
      return leaked.length ? leaked.map(String) : undefined;
    });"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn services_are_ones_own() {
    let mut world = World::handler(
        r#"for (const name of ["Vault", "good/Vault", "../good/Vault", "__proto__", "constructor", "toString"]) {
      await attempt(name, () => request.tenant.getService(name));
      await attempt(`has ${name}`, () => request.tenant.hasService?.(name) || undefined);
    }
    await attempt("list", () => request.tenant.listServices()[0]);
    await attempt("server", () => request.server.tenants ?? request.server.tenantManager);"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn injected_requests_stay_in_ones_own_application() {
    let mut world = World::handler(
        r#"for (const headers of [{ "x-tenant-id": "good" }, { "X-Tenant-Id": ["evil", "good"] }, { host: "good" }]) {
      await attempt("inject", async () => {
        if (request.headers["x-inner"]) return undefined;
        const answer = await fastify.inject({ method: "GET", url: "/", headers: { ...headers, "x-inner": "1" } });
        return answer.body.includes("good") ? answer.body : undefined;
      });
    }
    await attempt("admin", async () => {
      const answer = await fastify.inject({ url: "/admin/tenants", headers: { authorization: "Bearer token-of-the-operators" } });
      return answer.statusCode === 404 ? undefined : answer.body;
    });"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn a_tenants_id_is_read_once_and_strictly() {
    let world = World::handler("return { tenant: request.tenantId };").await;
    for id in ["good,evil", "GOOD", "../good", "good/", "good%00", "", " ", "good evil", "gооd"] {
        let Ok(value) = http::HeaderValue::from_bytes(id.as_bytes()) else { continue };
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let answer = world
            .client
            .raw(
                format!(
                    "GET / HTTP/1.1\r\nhost: x\r\nx-tenant-id: {text}\r\nconnection: close\r\n\r\n"
                )
                .as_bytes(),
            )
            .await;
        // Blanks around a value are HTTP's, not the value's.
        assert!(answer.starts_with("HTTP/1.1 4"), "{id:?}: {answer}");
    }
    let two = [("x-tenant-id", "evil"), ("x-tenant-id", "good")];
    let answer = world.client.send("GET", "/", &two, "").await;
    assert_eq!((answer.status, answer.code()), (400, "TENANT_INVALID".to_owned()), "{answer:?}");
    world.finish().await;
}

#[tokio::test]
async fn requests_of_one_tenant_never_see_each_other_by_accident_of_the_host() {
    let mut world = World::handler(
        r#"await new Promise((resolve) => setTimeout(resolve, Number(request.query.wait)));
    return { own: request.query.own, header: request.headers["x-own"], sent: reply.sent };"#,
    )
    .await;
    let client = world.client;
    let asked = (0..20).map(|own| async move {
        let (own, path) = (own.to_string(), format!("/?own={own}&wait={}", 40 - own));
        let headers = [("x-tenant-id", "evil"), ("x-own", own.as_str())];
        let answer = client.send("GET", &path, &headers, "").await;
        let expected = serde_json::json!({"own": own, "header": own, "sent": false});
        assert_eq!(answer.json(), expected);
        answer
    });
    for answer in futures_util::future::join_all(asked).await {
        world.count(&answer);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_folder_that_is_named_like_another_tenant_is_no_way_to_it() {
    let mut world = World::of(&[
        ("good/config.json", r#"{"secret":"forged"}"#),
        ("tenants/good/routes/index.mjs", &handler("return 'forged';")),
        ("plugins/good/index.mjs", "export default async function () {}"),
        ("services/good.mjs", "export default { open: () => 'forged' };"),
        ("routes/good.mjs", r#"export const prefix = "/good"; export default async (f) => { f.get("/", () => "own"); };"#),
    ])
    .await;
    assert_eq!(world.get("/good/").await.body, "own");
    world.finish().await;
}
