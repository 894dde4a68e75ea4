//! What the server is told of a tenant's loading is told by scripts beside the tenant's code, which can replace most of
//! what these go by.

use crate::world::{World, handler};

/// One error becomes many, each of which names a file that the server would look for a place in.
const FORGERY: &str = r#"const error = { part: "c", file: "d.json", message: "", schema: "" };
const forged = [];
for (let n = 0; n < 300_000; n += 1) forged[n] = error;
const isError = (value) => typeof value?.part === "string" && typeof value.message === "string";
const { push } = Array.prototype;
Array.prototype.push = function (...given) {
  if (!isError(given[0])) return push.apply(this, given);
  for (const one of forged) this[this.length] = one;
  return this.length;
};
"#;

/// A megabyte, in the evil tenant's folder.
fn large() -> String {
    format!("[{}0]", format!("[{}0],", "1,".repeat(500)).repeat(1_000))
}

/// The evil tenant is not loaded before its first request, which the good one is served beside.
async fn world(config: &str) -> World {
    let (large, routes) = (large(), handler(""));
    World::with(
        &[("config.mjs", config), ("d.json", &large), ("routes/index.mjs", &routes)],
        |_| (),
        |builder| {
            builder
                .set("tenants.auto_load", false)
                .set("limits.load", "60s")
                .set("limits.load_cpu", "40s")
                .set("limits.memory", "128MB")
                .set("limits.response_bytes", "32MB")
        },
    )
    .await
}

#[tokio::test]
async fn a_method_that_is_replaced_has_no_say_in_which_errors_are_told() {
    let mut world = world(&format!("{FORGERY} throw new Error('x');")).await;
    let answer = world.get("/").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "TENANT_BROKEN"), "{answer:?}");
    let told: Vec<String> = world.stats().broken.iter().map(ToString::to_string).collect();
    assert!(matches!(&told[..], [one] if one.starts_with("config (config.mjs:")), "{told:?}");
    world.finish().await;
}

#[tokio::test]
async fn of_errors_without_end_some_are_told_and_nobody_waits_for_their_places() {
    let forged =
        "Array.prototype.toJSON = function () { return isError(this[0]) ? forged : this; };";
    let mut world = world(&format!("{FORGERY} {forged} throw new Error('x');")).await;
    let answer = world.get("/").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "TENANT_BROKEN"), "{answer:?}");
    let broken = world.stats().broken;
    let last = broken.last().map(ToString::to_string);
    assert_eq!(last.as_deref(), Some("application (): 299000 more errors are not told"));
    assert_eq!(broken.len(), 1_001);
    world.finish().await;
}

#[tokio::test]
async fn a_route_that_nothing_is_told_of_is_answered_all_the_same() {
    let mut world = world(
        "Array.prototype.toJSON = function () { return this[0]?.watched === undefined ? this : []; };
         export default {};",
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}
