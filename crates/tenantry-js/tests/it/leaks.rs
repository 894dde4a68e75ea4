//! Memory stays flat over many tasks and many isolates.

use std::time::Duration;

use crate::support::{config, eval, isolate};

/// This process's resident memory, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size()
}

#[tokio::test]
async fn memory_is_flat_over_twenty_thousand_tasks() {
    let engine = crate::support::engine();
    let isolate = isolate(&engine).await;
    let code = "(async () => { const o = { a: [1, 2, 3] }; o.o = o; \
        await new Promise((done) => setImmediate(done)); \
        try { throw new Error('x'); } catch {} return new URL('http://a.test/?x=1').href; })()";
    for _ in 0..2_000 {
        eval(&isolate, code).await.unwrap();
    }
    let (heap, process) = (isolate.stats().memory, resident());
    for _ in 0..20_000 {
        eval(&isolate, code).await.unwrap();
    }
    let (heap_after, process_after) = (isolate.stats().memory, resident());
    assert!(heap_after < heap + (512 << 10), "heap: {heap} bytes, then {heap_after}");
    assert!(process_after < process + (16 << 20), "process: {process} bytes, then {process_after}");
    assert_eq!(isolate.stats().tasks_open, 0);
}

/// Its timers are dropped with it, and so is all that they hold.
#[tokio::test]
async fn a_task_that_is_given_up_leaves_nothing() {
    let engine = crate::support::engine();
    let isolate = isolate(&engine).await;
    let code = "new Promise((done) => { const held = new Uint8Array(10_000); \
        setTimeout(() => done(held), 1e6); setInterval(() => held, 1e6); })";
    let give_up = async || {
        let waiting = tokio::time::timeout(Duration::from_millis(1), eval(&isolate, code)).await;
        assert!(waiting.is_err());
        eval(&isolate, "1").await.unwrap();
    };
    for _ in 0..50 {
        give_up().await;
    }
    let before = isolate.stats().memory;
    for _ in 0..300 {
        give_up().await;
    }
    let after = isolate.stats().memory;
    assert!(after < before + (1 << 20), "{before} bytes, then {after}");
}

#[tokio::test]
async fn clearing_a_timer_by_a_number_stops_no_operation() {
    let engine = crate::support::engine();
    let mut config = config();
    config.host = std::sync::Arc::new(crate::support::Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    let code = "(async () => { const waiting = tools.operation('wait'); \
        for (let number = -1; number < 100; number++) clearTimeout(number); clearTimeout(NaN); \
        await waiting; \
        return await new Promise((done) => { clearTimeout(`${+setTimeout(done, 1, 'no')}`); setTimeout(done, 5, 'yes'); }) })()";
    assert_eq!(eval(&isolate, code).await, Ok("yes".into()));
}

#[tokio::test]
async fn memory_is_flat_over_two_hundred_isolates() {
    let engine = crate::support::engine();
    let round = async |count| {
        for _ in 0..count {
            let isolate = engine.isolate(config()).await.unwrap();
            let code = "globalThis.kept = [new Map([[1, globalThis]])]; \
                setTimeout(() => {}, 1e6); new Promise(() => {}); 1";
            eval(&isolate, code).await.unwrap();
            isolate.close(Duration::from_secs(1)).await;
        }
    };
    round(50).await;
    let before = resident();
    round(200).await;
    let after = resident();
    assert!(after < before + (16 << 20), "{before} bytes, then {after}");
}

#[tokio::test]
async fn an_isolate_with_the_webs_globals_needs_less_than_a_megabyte() {
    let engine = crate::support::engine();
    let isolate = isolate(&engine).await;
    eval(&isolate, "1").await.unwrap();
    let memory = isolate.stats().memory;
    assert!(memory > 0 && memory < 1 << 20, "{memory} bytes");
}
