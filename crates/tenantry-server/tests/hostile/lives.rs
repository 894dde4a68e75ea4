//! Loading, reloading and unloading tenants that would rather not.

use crate::world::{World, handler, write};

#[tokio::test]
async fn loading_ends_in_time_whatever_a_module_does() {
    for code in [
        "for (;;) {}",
        "await new Promise(() => {});",
        "export default async () => { for (;;) {} };",
        "export default async () => { await new Promise(() => {}); };",
        "export default async (f) => { f.addHook('onReady', () => new Promise(() => {})); f.get('/', () => 1); };",
        "export default (f, options, done) => { f.get('/', () => 1); };",
        "const all = []; for (;;) all.push(new Array(1000).fill(1));",
        "const down = () => down() + 1; down();",
        "throw { get message() { for (;;) {} }, toString() { for (;;) {} } };",
        "export default async (f) => { for (let n = 0; ; n += 1) f.get('/' + n, () => 1); };",
        "export default async function again(f) { await f.register(again); };",
        "export default { then(resolve) { for (;;) {} } };",
        "export { nothing } from './missing.mjs';",
        "this is no JavaScript",
        "export default async (f) => { f.route({ method: 'GET', url: '/', handler: 7 }); };",
    ] {
        let mut world = World::of(&[("routes/index.mjs", code)]).await;
        let answer = world.get("/").await;
        assert_eq!(
            (answer.status, answer.code()),
            (503, "TENANT_BROKEN".to_owned()),
            "{code}: {answer:?}"
        );
        let stats = world.stats();
        assert!(!stats.active, "{code}");
        assert!(stats.error.is_some_and(|error| error.code == "TENANT_BROKEN"), "{code}");
        world.finish().await;
    }
}

#[tokio::test]
async fn unloading_does_not_wait_for_ever() {
    let mut world = World::of(&[(
        "routes/index.mjs",
        "export default async (f) => {
  f.addHook('onClose', () => new Promise(() => {}));
  f.get('/', async () => ({ got: [] }));
  f.get('/hang', () => new Promise(() => {}));
};",
    )])
    .await;
    World::nothing(&world.get("/").await);
    let client = world.client;
    let hanging =
        tokio::spawn(
            async move { client.send("GET", "/hang", &[("x-tenant-id", "evil")], "").await },
        );
    while world.stats().open == 0 {
        tokio::task::yield_now().await;
    }
    assert!(world.server.unload_tenant("evil").await.unwrap());
    let answer = hanging.await.unwrap();
    assert!(answer.status >= 500, "{answer:?}");
    world.count(&answer);
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn a_reload_that_fails_leaves_the_old_version() {
    let mut world = World::handler("").await;
    World::nothing(&world.get("/").await);
    for code in ["for (;;) {}", "export default 7;", "import '../../good/config.json';"] {
        write(&world.evil(), &[("routes/index.mjs", code)]);
        let error = world.server.reload_tenant("evil").await.unwrap_err();
        assert_eq!(error.code(), "TENANT_BROKEN", "{code}: {error}");
        World::nothing(&world.get("/").await);
    }
    write(&world.evil(), &[("routes/index.mjs", &handler("got.length = 0;"))]);
    world.server.reload_tenant("evil").await.unwrap();
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn a_reload_under_endless_loops_comes_through() {
    let mut world = World::handler("for (;;) {}").await;
    let client = world.client;
    let looping: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn(
                async move { client.send("GET", "/", &[("x-tenant-id", "evil")], "").await },
            )
        })
        .collect();
    while world.stats().open == 0 {
        tokio::task::yield_now().await;
    }
    write(&world.evil(), &[("routes/index.mjs", &handler(""))]);
    world.server.reload_tenant("evil").await.unwrap();
    for looping in looping {
        let answer = looping.await.unwrap();
        world.count(&answer);
    }
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn what_was_kept_is_gone_after_a_reload() {
    let mut world = World::handler(
        r#"if (globalThis.kept) got.push("kept");
    globalThis.kept = true;
    Array.prototype.kept = true;
    setInterval(() => { globalThis.kept = true; }, 1);"#,
    )
    .await;
    world.get("/").await;
    for _ in 0..3 {
        world.server.reload_tenant("evil").await.unwrap();
        World::nothing(&world.get("/").await);
    }
    world.finish().await;
}
