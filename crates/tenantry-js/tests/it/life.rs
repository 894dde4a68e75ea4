//! An isolate's life: cancelled tasks, closing, the engine's end.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Recorder, config, eval};
use tenantry_js::{Data, Isolate, JsErrorKind};

async fn recorded() -> (tenantry_js::Engine, Arc<Recorder>, Isolate) {
    let engine = crate::support::engine();
    let recorder = Arc::new(Recorder::default());
    let mut config = config();
    config.host = recorder.clone();
    let isolate = engine.isolate(config).await.unwrap();
    (engine, recorder, isolate)
}

#[tokio::test]
async fn a_dropped_run_drops_its_operations() {
    let (_engine, recorder, isolate) = recorded().await;
    let task = tokio::spawn({
        let isolate = isolate.clone();
        async move { eval(&isolate, "globalThis.began = true; tools.operation('never')").await }
    });
    while eval(&isolate, "globalThis.began").await != Ok(true.into()) {
        tokio::task::yield_now().await;
    }
    task.abort();
    let _aborted = task.await;
    while *recorder.dropped.lock().unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(isolate.stats().tasks_open, 0);
}

#[tokio::test]
async fn closing_waits_for_tasks_and_then_ends_them() {
    let (_engine, recorder, isolate) = recorded().await;
    let run = |code: &'static str| {
        let isolate = isolate.clone();
        tokio::spawn(async move { eval(&isolate, code).await })
    };
    let quick = run("tools.operation('wait').then(() => 'ended')");
    let never = run("tools.operation('never')");
    while isolate.stats().tasks_total < 2 {
        tokio::task::yield_now().await;
    }
    isolate.close(Duration::from_millis(200)).await;
    assert_eq!(quick.await.unwrap(), Ok("ended".into()));
    assert_eq!(never.await.unwrap().unwrap_err().kind, JsErrorKind::Closed);
    assert_eq!(eval(&isolate, "1").await.unwrap_err().kind, JsErrorKind::Closed);
    assert_eq!(recorder.ended.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_dropped_isolate_drops_what_is_open_in_it() {
    let (_engine, recorder, isolate) = recorded().await;
    eval(&isolate, "tools.operation('never'); 1").await.unwrap();
    drop(isolate);
    while *recorder.dropped.lock().unwrap() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_closed_engine_makes_and_runs_nothing() {
    let (engine, _recorder, isolate) = recorded().await;
    engine.close().await;
    assert_eq!(engine.isolate(config()).await.unwrap_err().kind, JsErrorKind::Closed);
    assert_eq!(eval(&isolate, "1").await.unwrap_err().kind, JsErrorKind::Closed);
}

#[tokio::test]
async fn a_prelude_that_fails_says_where() {
    let engine = crate::support::engine();
    let mut config = config();
    config.prelude = vec![tenantry_js::Script::new("bad", "\nnull.x;")];
    let error = engine.isolate(config).await.unwrap_err();
    assert_eq!(error.location.unwrap().to_string(), "prelude:bad:2:1");
}

#[tokio::test]
async fn timers_outlive_the_task_that_set_them() {
    let (_engine, recorder, isolate) = recorded().await;
    eval(&isolate, "setTimeout(() => console.log('later'), 2); 1").await.unwrap();
    while recorder.logs.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(eval(&isolate, "1").await, Ok(Data::Number(1.0)));
    assert_eq!(isolate.stats().tasks_open, 0);
}
