//! What a task leaves behind: timers, operations, `async` functions that nobody waits for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenantry_js::{Data, Isolate, IsolateConfig};

use crate::support::{Recorder, config, engine, eval};

const MS: Duration = Duration::from_millis(1);

/// Counts in `n` for as long as it is let.
const LIGHT: &str = "globalThis.n = 0;
    setInterval(() => { n += 1; }, 1);
    (async () => { for (;;) { await new Promise((done) => setTimeout(done, 1)); n += 1; } })();
    1";

fn limited(cpu: Duration, wall: Duration) -> IsolateConfig {
    let mut config = config();
    config.limits.cpu = cpu;
    config.limits.wall = wall;
    config.loading = Some(Duration::from_secs(20));
    config
}

async fn count(isolate: &Isolate) -> f64 {
    match eval(isolate, "n").await {
        Ok(Data::Number(count)) => count,
        other => panic!("{other:?}"),
    }
}

async fn is_condemned_within(isolate: &Isolate, within: Duration) -> bool {
    let until = Instant::now() + within;
    while !isolate.stats().condemned {
        if Instant::now() > until {
            return false;
        }
        tokio::time::sleep(MS * 5).await;
    }
    true
}

#[tokio::test]
async fn it_ends_when_the_wall_time_of_its_task_is_over() {
    let engine = engine();
    let isolate = engine.isolate(limited(MS * 500, MS * 300)).await.unwrap();
    isolate.loaded();
    eval(&isolate, LIGHT).await.unwrap();
    tokio::time::sleep(MS * 100).await;
    assert!(count(&isolate).await > 0.0, "it may go on for a while");
    tokio::time::sleep(MS * 500).await;
    let ended = count(&isolate).await;
    tokio::time::sleep(MS * 200).await;
    assert_eq!(count(&isolate).await, ended);
    assert!(!isolate.stats().condemned);
}

#[tokio::test]
async fn it_uses_the_cpu_time_of_its_task() {
    let engine = engine();
    let isolate = engine.isolate(limited(MS * 100, Duration::from_secs(60))).await.unwrap();
    isolate.loaded();
    let busy =
        "setInterval(() => { const end = Date.now() + 20; while (Date.now() < end); }, 1); 1";
    eval(&isolate, busy).await.unwrap();
    assert!(is_condemned_within(&isolate, Duration::from_secs(20)).await);
}

#[tokio::test]
async fn timers_that_are_over_leave_room_for_others() {
    let engine = engine();
    let mut config = limited(MS * 500, MS * 100);
    config.limits.operations = 10;
    let isolate = engine.isolate(config).await.unwrap();
    isolate.loaded();
    eval(&isolate, "for (let n = 0; n < 10; n += 1) setTimeout(() => {}, 1e6); 1").await.unwrap();
    let more = "setTimeout(() => {}, 1); 2";
    assert!(eval(&isolate, more).await.is_err());
    tokio::time::sleep(MS * 200).await;
    assert_eq!(eval(&isolate, more).await, Ok(Data::Number(2.0)));
}

/// Another request may have begun to wait for what this one had begun.
#[tokio::test]
async fn who_waits_for_what_has_ended_is_told() {
    let engine = engine();
    let mut config = limited(MS * 500, MS * 200);
    config.host = Arc::new(Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    isolate.loaded();
    let begins = "globalThis.shared = tools.operation('never'); shared.catch(() => {}); setInterval(() => {}, 50); 1";
    eval(&isolate, begins).await.unwrap();
    tokio::time::sleep(MS * 120).await;
    let told = eval(&isolate, "shared.then(() => 'done', (error) => error.code)").await;
    assert_eq!(told, Ok("ERR_TASK_ENDED".into()));
}

#[tokio::test]
async fn what_loading_started_goes_on() {
    let engine = engine();
    let isolate = engine.isolate(limited(MS * 500, MS * 100)).await.unwrap();
    eval(&isolate, LIGHT).await.unwrap();
    isolate.loaded();
    tokio::time::sleep(MS * 300).await;
    let before = count(&isolate).await;
    tokio::time::sleep(MS * 200).await;
    assert!(count(&isolate).await > before);
    assert!(!isolate.stats().condemned);
}

/// Some 130 ms of 2 s, again and again, and then all of it.
#[tokio::test]
async fn what_goes_on_may_use_a_tenth_of_a_processor() {
    let engine = engine();
    let isolate = engine.isolate(limited(MS * 200, Duration::from_secs(60))).await.unwrap();
    let busy = |work: u32, pause: u32| {
        format!(
            "setInterval(() => {{ const end = Date.now() + {work}; while (Date.now() < end); }}, {pause}); 1"
        )
    };
    eval(&isolate, &busy(2, 20)).await.unwrap();
    isolate.loaded();
    assert!(!is_condemned_within(&isolate, MS * 4_500).await);
    assert!(isolate.stats().cpu > MS * 200, "{:?}", isolate.stats());

    let isolate = engine.isolate(limited(MS * 200, Duration::from_secs(60))).await.unwrap();
    eval(&isolate, &busy(20, 1)).await.unwrap();
    isolate.loaded();
    assert!(is_condemned_within(&isolate, Duration::from_secs(20)).await);
}
