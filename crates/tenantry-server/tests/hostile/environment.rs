//! The environment of the process, and the configuration of the server.

use crate::world::World;

#[tokio::test]
async fn the_environment_is_the_tenants_own_file() {
    let mut world = World::with(
        &[
            (".env", "OWN=1\n"),
            (
                "routes/index.mjs",
                &crate::world::handler(
                    r#"got.push(...Object.keys(process.env).filter((name) => name !== "OWN"));
    for (const name of ["PATH", "HOME", "DATABASE_URL", "TENANTRY_ADMIN__TOKEN", "CARGO_MANIFEST_DIR", "SECRET"]) {
      await attempt(name, () => process.env[name]);
    }
    await attempt("env of the parent", () => Object.getPrototypeOf(process.env)?.PATH);"#,
                ),
            ),
        ],
        |_| (),
        |builder| builder,
    )
    .await;
    assert!(std::env::var("PATH").is_ok(), "there is something to be found");
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn an_environment_file_that_is_a_link_is_not_followed_out() {
    let mut world = World::with(
        &[(
            "routes/index.mjs",
            &crate::world::handler(r#"got.push(...Object.values(process.env));"#),
        )],
        |folder| {
            let env = folder.join("tenants/evil/.env");
            std::os::unix::fs::symlink("../good/.env", env).unwrap();
        },
        |builder| builder,
    )
    .await;
    let answer = world.get("/").await;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!body.contains("the-good-ones"), "{answer:?}");
    if answer.status == 200 {
        World::nothing(&answer);
    } else {
        assert_eq!(answer.code(), "TENANT_BROKEN");
    }
    world.finish().await;
}

#[tokio::test]
async fn the_servers_own_settings_and_token_are_not_there() {
    let mut world = World::handler(
        r#"const seen = new Set();
    const look = (value, path, depth) => {
      if (typeof value === "string") {
        if (value.includes("token-of-the-operators") || value.includes("the-good-ones")) got.push(path);
        return;
      }
      if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
      seen.add(value);
      if (depth > 12 || seen.size > 20000) return;
      for (const key of Reflect.ownKeys(value)) {
        try { look(value[key], `${path}.${String(key)}`, depth + 1); } catch {}
      }
      look(Object.getPrototypeOf(value), `${path}.__proto__`, depth + 1);
    };
    look(globalThis, "globalThis", 0);
    look(fastify, "fastify", 0);
    look(request, "request", 0);
    look(reply, "reply", 0);"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn the_operators_endpoints_want_the_operators_token() {
    let mut world = World::handler("").await;
    for (method, path) in [
        ("GET", "/admin/tenants"),
        ("GET", "/admin/stats"),
        ("GET", "/admin/tenants/good/logs"),
        ("POST", "/admin/tenants/good/unload"),
        ("POST", "/admin/tenants/good/reload"),
    ] {
        for headers in [
            &[][..],
            &[("authorization", "Bearer evil")],
            &[("authorization", "Bearer token-of-the-operators"), ("authorization", "Bearer x")],
            &[("x-tenant-id", "evil"), ("cookie", "token=token-of-the-operators")],
        ] {
            let answer = world.client.send(method, path, headers, "").await;
            assert_eq!(answer.status, 401, "{method} {path} {answer:?}");
        }
    }
    let health = world.client.send("GET", "/health", &[], "").await;
    let text = String::from_utf8_lossy(&health.body).into_owned();
    assert!(health.status == 200 && !text.contains("good") && !text.contains("evil"), "{text}");
    let nowhere = world.get("/nowhere").await;
    assert_eq!(nowhere.status, 404);
    assert!(!String::from_utf8_lossy(&nowhere.body).contains("good"), "{nowhere:?}");
    world.finish().await;
}
