//! CPU time, memory, stack, wall time, and floods.

use std::time::Duration;

use crate::world::World;

/// Each of these is an error of the request it is in, counted and logged; the tenant answers its next
/// one.
async fn is_ended(code: &str, codes: &[&str]) {
    let code = format!(
        r#"if (request.query.fine) return {{ got: [] }};
    {code}"#
    );
    let mut world = World::handler(&code).await;
    World::nothing(&world.get("/?fine=1").await);
    let answer = world.get("/").await;
    assert!(answer.status >= 500, "{code}: {answer:?}");
    // What JavaScript itself throws is answered by the tenant's plugins, in their own words.
    let answered = answer.code();
    assert!(answered.is_empty() || codes.contains(&&*answered), "{code}: {answer:?}");
    assert!(!answered.is_empty() || codes.contains(&"INTERNAL_ERROR"), "{code}: {answer:?}");
    assert!(!String::from_utf8_lossy(&answer.body).contains("routes/"), "{answer:?}");
    world.logged_error().await;
    World::nothing(&world.get("/?fine=1").await);
    world.finish().await;
}

/// Where others compute as well, the time may be over first.
const CPU: &[&str] = &["TENANT_CPU_LIMIT", "TENANT_TIMEOUT"];
const MEMORY: &[&str] =
    &["TENANT_MEMORY_LIMIT", "TENANT_CPU_LIMIT", "TENANT_TIMEOUT", "INTERNAL_ERROR"];
const WALL: &[&str] = &["TENANT_TIMEOUT", "TENANT_CPU_LIMIT", "TENANT_MEMORY_LIMIT"];
/// What JavaScript itself refuses, or a limit that is passed before.
const EITHER: &[&str] = &[
    "TENANT_STACK_LIMIT",
    "TENANT_CPU_LIMIT",
    "TENANT_MEMORY_LIMIT",
    "TENANT_TIMEOUT",
    "TENANT_RESPONSE",
    "INTERNAL_ERROR",
];

#[tokio::test]
async fn an_endless_loop_is_ended() {
    is_ended("for (;;) {}", CPU).await;
}

#[tokio::test]
async fn an_endless_loop_that_catches_everything_is_ended() {
    is_ended("for (;;) { try { for (;;) {} } catch {} finally { for (;;) {} } }", CPU).await;
}

#[tokio::test]
async fn an_endless_loop_of_promises_is_ended() {
    is_ended("const again = () => Promise.resolve().then(again); await again();", WALL).await;
}

#[tokio::test]
async fn an_endless_loop_of_timers_is_ended() {
    is_ended(
        "await new Promise(() => { const again = () => setTimeout(again, 0); again(); });",
        WALL,
    )
    .await;
}

#[tokio::test]
async fn an_endless_generator_is_ended() {
    is_ended("const it = (function* () { for (;;) yield 1; })(); return [...it];", EITHER).await;
}

#[tokio::test]
async fn a_catastrophic_regular_expression_is_ended() {
    is_ended(r#"return /^(a+)+$/.test("a".repeat(40) + "!");"#, CPU).await;
}

#[tokio::test]
async fn a_catastrophic_regular_expression_with_lookahead_is_ended() {
    is_ended(r#"return "x".repeat(30).concat("y").match(/(?=(x+x+)+y)(x+x+)+z/);"#, CPU).await;
}

#[tokio::test]
async fn a_catastrophic_replacement_is_ended() {
    is_ended(r#"return "a".repeat(50).replace(/(a|a)*b/g, "c");"#, CPU).await;
}

#[tokio::test]
async fn a_sort_without_end_is_ended() {
    is_ended("const list = Array.from({ length: 3e5 }, (_, n) => n % 7); for (;;) list.sort(() => Math.random() - 0.5);", EITHER).await;
}

#[tokio::test]
async fn a_loop_inside_of_the_language_is_ended() {
    is_ended("const list = []; list.length = 2 ** 32 - 1; for (;;) list.indexOf(1);", CPU).await;
}

#[tokio::test]
async fn other_loops_inside_of_the_language_are_ended() {
    is_ended(
        "const list = { length: 2 ** 53 - 1 }; for (;;) Array.prototype.includes.call(list, 1);",
        CPU,
    )
    .await;
}

#[tokio::test]
async fn a_huge_power_is_ended() {
    is_ended("let n = 3n; for (;;) n = n ** 3n;", EITHER).await;
}

#[tokio::test]
async fn huge_json_is_ended() {
    is_ended(
        r#"const text = "[" + "[1,2,3],".repeat(1e5) + "0]"; for (;;) JSON.stringify(JSON.parse(text));"#,
        EITHER,
    )
    .await;
}

#[tokio::test]
async fn allocating_without_end_is_ended() {
    is_ended("const all = []; for (;;) all.push(new Array(1000).fill(all.length));", MEMORY).await;
}

#[tokio::test]
async fn allocating_without_end_and_catching_is_ended() {
    is_ended(
        "const all = []; for (;;) { try { all.push(new Array(1000).fill(1)); } catch {} }",
        MEMORY,
    )
    .await;
}

#[tokio::test]
async fn a_string_that_doubles_is_ended() {
    is_ended(r#"let text = "x"; for (;;) text += text;"#, MEMORY).await;
}

#[tokio::test]
async fn a_huge_buffer_is_not_given() {
    is_ended("return new Uint8Array(2 ** 31).length;", EITHER).await;
}

#[tokio::test]
async fn a_huge_repetition_is_not_given() {
    is_ended(r#"return "x".repeat(2 ** 28).padEnd(2 ** 29).length;"#, EITHER).await;
}

#[tokio::test]
async fn many_buffers_are_ended() {
    is_ended("const all = []; for (;;) all.push(new ArrayBuffer(1 << 20));", MEMORY).await;
}

#[tokio::test]
async fn a_flood_of_timers_is_ended() {
    is_ended(
        "for (let n = 0; n < 1e6; n += 1) setTimeout(() => {}, 1e6); await new Promise(() => {});",
        EITHER,
    )
    .await;
}

#[tokio::test]
async fn deep_recursion_is_an_error() {
    is_ended("const down = (n) => down(n + 1) + 1; return down(0);", EITHER).await;
}

#[tokio::test]
async fn deep_recursion_through_the_language_is_an_error() {
    is_ended(
        "let list = []; for (let n = 0; n < 1e5; n += 1) list = [list]; return String(list.flat(Infinity));",
        EITHER,
    )
    .await;
}

#[tokio::test]
async fn json_that_is_deep_is_an_error() {
    is_ended(r#"return JSON.parse("[".repeat(1e6));"#, EITHER).await;
}

#[tokio::test]
async fn a_promise_that_never_settles_is_ended() {
    is_ended("await new Promise(() => {});", WALL).await;
}

#[tokio::test]
async fn a_thenable_that_never_settles_is_ended() {
    is_ended("return { then() {} };", WALL).await;
}

#[tokio::test]
async fn a_thenable_of_thenables_is_ended() {
    is_ended("const it = { then(resolve) { resolve(it); } }; return it;", WALL).await;
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error() {
    is_ended(
        r#"const half = "x".repeat(3 << 20); return { one: half, two: half, three: half, four: half, five: half, six: half };"#,
        EITHER,
    )
    .await;
}

#[tokio::test]
async fn a_lock_on_oneself_is_ended() {
    is_ended(
        r#"if (typeof Atomics === "undefined" || typeof SharedArrayBuffer === "undefined") for (;;) {}
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"#,
        EITHER,
    )
    .await;
}

#[tokio::test]
async fn twenty_endless_loops_at_once_are_each_ended() {
    let mut world = World::handler("if (request.query.fine) return { got: [] }; for (;;) {}").await;
    let client = world.client;
    let asked = (0..20).map(|_| client.send("GET", "/", &[("x-tenant-id", "evil")], ""));
    for answer in futures_util::future::join_all(asked.collect::<Vec<_>>()).await {
        assert!(answer.status >= 500, "{answer:?}");
        world.count(&answer);
    }
    world.finish().await;
}

#[tokio::test]
async fn background_work_does_not_outlive_its_request() {
    let mut world = World::handler(
        r#"if (request.query.fine) return { got: [], ticks: globalThis.ticks ?? 0 };
    setInterval(() => { globalThis.ticks = (globalThis.ticks ?? 0) + 1; for (let n = 0; n < 1e4; n += 1); }, 1);
    (async () => { for (;;) await new Promise((resolve) => setTimeout(resolve, 1)); })();"#,
    )
    .await;
    for _ in 0..5 {
        world.get("/").await;
    }
    World::nothing(&world.get("/?fine=1").await);
    // Its wall time, and then a while in which it has nothing.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let before = world.stats().cpu_time;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.stats().cpu_time.to_bits(), before.to_bits());
    world.finish().await;
}

#[tokio::test]
async fn more_requests_at_once_than_allowed_are_refused() {
    let mut world = World::with(
        &[(
            "routes/index.mjs",
            &crate::world::handler("await new Promise((resolve) => setTimeout(resolve, 300));"),
        )],
        |_| (),
        |builder| builder.set("limits.open_requests", 5),
    )
    .await;
    let client = world.client;
    let asked = (0..30).map(|_| client.send("GET", "/", &[("x-tenant-id", "evil")], ""));
    let answers = futures_util::future::join_all(asked.collect::<Vec<_>>()).await;
    let refused = answers.iter().filter(|answer| answer.status == 503).count();
    assert!((15..30).contains(&refused), "{refused}");
    for answer in &answers {
        world.count(answer);
    }
    world.finish().await;
}
