//! Buffers that the host makes count for the isolate's memory, as those do that JavaScript makes.

use std::sync::Arc;
use std::time::Duration;

use tenantry_js::{Data, JsErrorKind, Memory};

use crate::support::{engine, eval, tight};

/// In an isolate of 16 MB.
async fn fills_the_heap(code: &str) {
    let mut config = tight();
    config.limits.cpu = Duration::from_secs(10);
    let engine = engine();
    let isolate = engine.isolate(config).await.unwrap();
    let error = eval(&isolate, code).await.expect_err(code);
    assert_eq!(error.kind, JsErrorKind::Memory, "{code}: {error:?}");
}

#[tokio::test]
async fn texts_that_are_encoded_and_kept_end_with_the_memory_limit() {
    fills_the_heap(
        "const encoder = new TextEncoder(); const text = 'x'.repeat(1e6); globalThis.kept = []; \
         for (let i = 0; i < 100; i++) kept.push(encoder.encode(text)); kept.length",
    )
    .await;
}

#[tokio::test]
async fn what_is_caught_does_not_go_on() {
    fills_the_heap(
        "const encoder = new TextEncoder(); const text = 'x'.repeat(1e6); globalThis.kept = []; \
         for (let i = 0; i < 100; i++) { try { kept.push(encoder.encode(text)); } catch {} } kept.length",
    )
    .await;
}

#[tokio::test]
async fn buffers_that_are_kept_end_with_the_memory_limit() {
    fills_the_heap(
        "const text = 'x'.repeat(1e6); globalThis.kept = []; \
         for (let i = 0; i < 100; i++) kept.push(Buffer.from(text)); kept.length",
    )
    .await;
}

#[tokio::test]
async fn small_buffers_that_are_kept_end_with_the_memory_limit() {
    fills_the_heap(
        "const encoder = new TextEncoder(); globalThis.kept = []; \
         for (let i = 0; i < 1e6; i++) kept.push(encoder.encode('0123456789')); kept.length",
    )
    .await;
}

/// `node:crypto`, by a module: each function keeps what it makes.
async fn a_module_fills_the_heap(body: &str) {
    let mut config = tight();
    config.limits.cpu = Duration::from_secs(10);
    let module = format!(
        "import {{ createHash, randomBytes }} from 'node:crypto'; const kept = []; \
         export default () => {{ {body} return kept.length; }};"
    );
    config.modules = Arc::new(Memory::new().with("kept.mjs", module));
    let engine = engine();
    let isolate = engine.isolate(config).await.unwrap();
    let args = vec!["kept.mjs".into()];
    let error = isolate.run("call", args, Arc::new(())).await.expect_err(body);
    assert_eq!(error.kind, JsErrorKind::Memory, "{body}: {error:?}");
}

#[tokio::test]
async fn random_bytes_that_are_kept_end_with_the_memory_limit() {
    a_module_fills_the_heap("for (let i = 0; i < 100; i++) kept.push(randomBytes(1e6));").await;
}

#[tokio::test]
async fn digests_that_are_kept_end_with_the_memory_limit() {
    a_module_fills_the_heap(
        "for (let i = 0; i < 1e6; i++) kept.push(createHash('sha512').update('x').digest());",
    )
    .await;
}

#[tokio::test]
async fn what_is_encoded_is_counted_and_given_back() {
    let mut config = tight();
    config.limits.cpu = Duration::from_secs(10);
    let engine = engine();
    let isolate = engine.isolate(config).await.unwrap();
    let before = isolate.stats().memory;
    let keep = "globalThis.kept = new TextEncoder().encode('x'.repeat(1 << 20)); kept.length";
    assert_eq!(eval(&isolate, keep).await, Ok(Data::Number(f64::from(1 << 20))));
    let kept = isolate.stats().memory;
    assert!(kept >= before + (1 << 20), "{before} bytes, then {kept}");
    assert_eq!(eval(&isolate, "kept = undefined; 1").await, Ok(Data::Number(1.0)));
    let after = isolate.stats().memory;
    assert!(after < before + (1 << 19), "{before} bytes, then {after}");
}

/// What is not kept is no matter of how much it was in all.
#[tokio::test]
async fn what_is_not_kept_may_be_more_than_the_limit() {
    let mut config = tight();
    config.limits.cpu = Duration::from_secs(10);
    let engine = engine();
    let isolate = engine.isolate(config).await.unwrap();
    let code = "const encoder = new TextEncoder(); const text = 'x'.repeat(1e6); let sum = 0; \
        for (let i = 0; i < 100; i++) sum += encoder.encode(text).length; sum";
    assert_eq!(eval(&isolate, code).await, Ok(Data::Number(1e8)));
}

#[tokio::test]
async fn empty_buffers_are_buffers() {
    let engine = engine();
    let isolate = engine.isolate(tight()).await.unwrap();
    let code =
        "const empty = new TextEncoder().encode(''); [empty.length, empty.buffer.byteLength]";
    let zeros = Data::List(vec![Data::Number(0.0), Data::Number(0.0)]);
    assert_eq!(eval(&isolate, code).await, Ok(zeros));
}

/// They are copies, outside of the heap.
#[tokio::test]
async fn what_operations_under_way_were_given_is_held_to_the_memory() {
    let engine = engine();
    let isolate = engine.isolate(tight()).await.unwrap();
    let many = "const text = 'x'.repeat(9e5);
        const held = [];
        (async () => {
          try { for (let n = 0; n < 19; n += 1) { const one = tools.operation('never', text); one.catch(() => {}); held.push(one); } }
          catch (error) { return `${held.length} ${error.code}`; }
        })()";
    assert_eq!(eval(&isolate, many).await, Ok("18 ERR_TOO_MANY_OPERATIONS".into()));
}

#[tokio::test]
async fn what_one_call_is_given_is_held_to_its_limit_together() {
    let engine = engine();
    let isolate = engine.isolate(tight()).await.unwrap();
    let two = "const text = 'x'.repeat(6e5); tools.call('echo', text, text).length";
    assert!(eval(&isolate, two).await.is_err());
    let one = "tools.call('echo', 'x'.repeat(6e5)).length";
    assert!(eval(&isolate, one).await.is_ok());
}
