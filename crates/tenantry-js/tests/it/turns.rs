//! Turns that take long: others are not kept waiting by them, and where there are none they wait for nobody.

use std::time::{Duration, Instant};

use crate::limits::hostile_in;
use crate::support::{eval, isolate, tight};
use tenantry_js::{Data, Engine, EngineConfig, Isolate, JsErrorKind, Record};

/// Three times the CPU limit, one after the other.
#[tokio::test]
async fn turns_that_take_long_leave_a_processor_to_the_others() {
    let config = EngineConfig { workers: 2, long_turns: 1, ..EngineConfig::default() };
    let engine = Engine::new(config);
    let other = isolate(&engine).await;
    let began = Instant::now();
    let loops = (0..3).map(|_| hostile_in(&engine, tight(), "for (;;);"));
    let mut loops = std::pin::pin!(futures_util::future::join_all(loops));
    let mut answered = 0;
    let ended = loop {
        tokio::select! {
            ended = &mut loops => break ended,
            answer = eval(&other, "6 * 7") => {
                assert_eq!(answer, Ok(Data::Number(42.0)));
                answered += 1;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let took = began.elapsed();
    for (_, answer) in ended {
        assert_eq!(answer.expect_err("it has no end").kind, JsErrorKind::Cpu);
    }
    assert!(took > Duration::from_millis(270), "they ran side by side: {took:?}");
    assert!(answered > 3, "the other one had {answered} answers in {took:?}");
}

#[tokio::test]
async fn loops_in_every_worker_keep_nobody_waiting() {
    let engine = crate::support::engine();
    let other = isolate(&engine).await;
    let mut config = tight();
    config.limits.cpu = Duration::from_secs(20);
    config.limits.wall = Duration::from_secs(20);
    let mut loops = Vec::new();
    for _ in 0..4 {
        let isolate = engine.isolate(config.clone()).await.unwrap();
        loops.push(tokio::spawn(async move { eval(&isolate, "for (;;);").await }));
    }
    while engine.stats().long < 4 {
        assert_eq!(eval(&other, "1").await, Ok(Data::Number(1.0)));
    }
    for _ in 0..100 {
        assert_eq!(eval(&other, "1").await, Ok(Data::Number(1.0)));
    }
    // A caller that goes away stops its loop.
    for running in &loops {
        running.abort();
    }
    while engine.stats().long > 0 {
        tokio::task::yield_now().await;
    }
}

/// More than there may be threads for, at the same time, and more than once.
#[tokio::test]
async fn however_many_take_long_at_once_there_are_workers_afterwards() {
    let engine = crate::support::engine();
    let mut config = tight();
    config.limits.cpu = Duration::from_millis(60);
    config.loading = Some(Duration::from_secs(20));
    let loops = (0..72).map(async |_| {
        let isolate = engine.isolate(config.clone()).await.unwrap();
        isolate.loaded();
        let answer = eval(&isolate, "for (;;);").await;
        (isolate, answer)
    });
    for (_, answer) in futures_util::future::join_all(loops).await {
        assert_eq!(answer.expect_err("it has no end").kind, JsErrorKind::Cpu);
    }
    let other = isolate(&engine).await;
    assert_eq!(eval(&other, "6 * 7").await, Ok(Data::Number(42.0)));
    let until = Instant::now() + Duration::from_secs(5);
    while engine.stats().long > 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stats = engine.stats();
    assert_eq!(stats.long, 0, "{stats:?}");
    assert!(stats.workers >= 2, "{stats:?}");
}

/// A second later nobody remembers the short turns in which they were made.
#[tokio::test]
async fn where_nobody_else_works_long_turns_have_all_processors() {
    let config = EngineConfig { workers: 2, long_turns: 1, ..EngineConfig::default() };
    let engine = Engine::new(config);
    let mut config = tight();
    config.limits.cpu = Duration::from_millis(400);
    config.loading = Some(Duration::from_secs(20));
    let isolates = [(); 2].map(|()| engine.isolate(config.clone()));
    let isolates = futures_util::future::try_join_all(isolates).await.unwrap();
    for isolate in &isolates {
        isolate.loaded();
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let loops = isolates.iter().map(|isolate| eval(isolate, "for (;;);"));
    let mut loops = std::pin::pin!(futures_util::future::join_all(loops));
    let mut most = 0;
    let ended = loop {
        tokio::select! {
            ended = &mut loops => break ended,
            () = tokio::time::sleep(Duration::from_millis(5)) => most = most.max(engine.stats().going_on),
        }
    };
    assert!(ended.iter().all(Result::is_err));
    assert_eq!(most, 2, "both at a time");
}

/// Isolates of different code, and nobody remembers the turns in which they were made.
async fn two_strangers(engine: &Engine) -> [Isolate; 2] {
    let mut config = tight();
    config.limits.cpu = Duration::from_secs(5);
    config.loading = Some(Duration::from_secs(20));
    let one = engine.isolate(config.clone()).await.unwrap();
    config.record = Record::default();
    let other = engine.isolate(config).await.unwrap();
    for isolate in [&one, &other] {
        isolate.loaded();
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    [one, other]
}

/// What allocates asks every few milliseconds only whether to go on.
#[tokio::test]
async fn long_turns_let_go_of_their_processor_while_others_have_short_ones() {
    let engine = crate::support::engine();
    let [long, other] = two_strangers(&engine).await;
    let allocate = "for (let i = 0; i < 3000; i++) 'x'.repeat(5000);";
    let before = engine.stats().rests;
    eval(&long, allocate).await.unwrap();
    assert_eq!(engine.stats().rests, before, "nobody else works");

    let works = async {
        loop {
            eval(&other, "1").await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        ended = eval(&long, allocate) => drop(ended.unwrap()),
        () = works => {}
    }
    let rests = engine.stats().rests - before;
    assert!(rests > 20, "{rests} in some 100 ms");
}

/// A load takes long, too, but somebody waits for it, and it is over soon.
#[tokio::test]
async fn a_load_goes_on_for_a_while_before_it_lets_go() {
    let engine = crate::support::engine();
    let mut config = tight();
    config.loading = Some(Duration::from_secs(20));
    let other = engine.isolate(config.clone()).await.unwrap();
    other.loaded();
    config.record = Record::default();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    eval(&other, "1").await.unwrap();
    let (before, began) = (engine.stats().rests, Instant::now());
    let load = async {
        let new = engine.isolate(config).await.unwrap();
        eval(&new, "for (let i = 0; i < 10000; i++) 'x'.repeat(5000);").await.unwrap();
    };
    let rested = async {
        while engine.stats().rests == before && began.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        began.elapsed()
    };
    let (rested, ()) = tokio::join!(rested, load);
    assert!(rested >= Duration::from_millis(20), "it let go after {rested:?}");
    assert!(engine.stats().rests > before, "it never let go");
}

/// Whose code runs into its limits is loaded again and again.
#[tokio::test]
async fn a_load_in_the_place_of_what_took_long_lets_go_at_once() {
    let engine = crate::support::engine();
    let mut config = tight();
    config.loading = Some(Duration::from_secs(20));
    let other = engine.isolate(config.clone()).await.unwrap();
    other.loaded();
    config.record = Record::default();
    let long = engine.isolate(config.clone()).await.unwrap();
    long.loaded();
    eval(&long, "for (;;);").await.expect_err("it has no end");
    eval(&other, "1").await.unwrap();
    let before = engine.stats().rests;
    engine.isolate(config).await.unwrap();
    assert!(engine.stats().rests > before);
}

/// It never asked whether to go on.
#[tokio::test]
async fn what_the_watchdog_has_had_step_back_was_not_short() {
    let engine = crate::support::engine();
    let [stuck, long] = two_strangers(&engine).await;
    eval(&stuck, "'x'.repeat(8000000).length").await.unwrap();
    let before = engine.stats().rests;
    eval(&long, "for (let i = 0; i < 3000; i++) 'x'.repeat(5000);").await.unwrap();
    assert_eq!(engine.stats().rests, before, "nobody has had a short turn");
}
