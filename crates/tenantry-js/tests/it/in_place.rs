//! Isolates with a good record run on the thread that asks, and nobody waits for those that have not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{engine, eval};
use tenantry_js::{
    Data, Engine, Host, HostError, Isolate, IsolateConfig, JsErrorKind, Limits, Record, TaskInfo,
};

/// Tells on which thread JavaScript runs.
struct Threads;

impl Host for Threads {
    fn call(&self, _task: &TaskInfo, _name: &str, _args: Vec<Data>) -> Result<Data, HostError> {
        Ok(Data::from(std::thread::current().name().unwrap_or_default()))
    }
}

const WORKERS: Data = Data::Undefined;

fn config(record: &Record) -> IsolateConfig {
    let mut config = crate::support::config();
    config.host = Arc::new(Threads);
    config.record = record.clone();
    config.limits = Limits { memory: 16 << 20, cpu: Duration::from_secs(1), ..Limits::default() };
    config
}

/// The thread that a task runs on; nothing for one of the engine's.
async fn thread(isolate: &Isolate) -> Data {
    run(isolate, "tools.call('thread')").await
}

/// The same for code that gives its thread.
async fn run(isolate: &Isolate, code: &'static str) -> Data {
    let isolate = isolate.clone();
    // What is asked for in the test's own thread is asked for on no worker of tokio's.
    let asked = tokio::spawn(async move { eval(&isolate, code).await });
    match asked.await.unwrap().unwrap() {
        Data::Text(name) if name == "tenantry-js" => WORKERS,
        name => name,
    }
}

/// Runs short tasks until they run in place; whether they ever do.
async fn earns(isolate: &Isolate) -> bool {
    for _ in 0..5_000 {
        if thread(isolate).await != WORKERS {
            return true;
        }
    }
    false
}

async fn earned(engine: &Engine, record: &Record) -> Isolate {
    let isolate = engine.isolate(config(record)).await.unwrap();
    assert!(earns(&isolate).await, "short tasks run in place");
    isolate
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_tasks_run_where_they_are_asked_for_once_they_are_known_to_be_short() {
    let engine = engine();
    let isolate = engine.isolate(config(&Record::default())).await.unwrap();
    assert_eq!(thread(&isolate).await, WORKERS, "nothing is known of a new isolate");
    assert!(earns(&isolate).await);
    assert_eq!(eval(&isolate, "tools.operation('none').catch(() => 7)").await, Ok(Data::from(7)));
}

#[tokio::test]
async fn a_runtime_that_has_one_thread_never_runs_them() {
    let engine = engine();
    let isolate = engine.isolate(config(&Record::default())).await.unwrap();
    for _ in 0..200 {
        assert_eq!(thread(&isolate).await, WORKERS);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deep_stack_stays_with_the_engines_threads() {
    let engine = engine();
    let mut config = config(&Record::default());
    config.limits.stack = 2 << 20;
    let isolate = engine.isolate(config).await.unwrap();
    for _ in 0..200 {
        assert_eq!(thread(&isolate).await, WORKERS);
    }
}

/// With the other worker taken, whatever it does not hand over waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_threads_other_work_goes_on_beside_an_endless_loop() {
    let engine = engine();
    let isolate = earned(&engine, &Record::default()).await;
    let (taken, is_taken) = tokio::sync::oneshot::channel();
    let (free, until_free) = std::sync::mpsc::channel::<()>();
    tokio::spawn(async move {
        let _told = taken.send(());
        let _freed = until_free.recv();
    });
    is_taken.await.unwrap();
    let (began, beginning) = tokio::sync::oneshot::channel();
    let (order, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let loops = order.clone();
    let looping = tokio::spawn(async move {
        let _told = began.send(());
        let answer = eval(&isolate, "for (;;);").await;
        loops.send("loop").unwrap();
        (isolate, answer)
    });
    beginning.await.unwrap();
    tokio::spawn(async move { order.send("other").unwrap() }).await.unwrap();
    assert_eq!(ended.recv().await, Some("other"), "it did not wait for the loop to be stopped");
    let (isolate, answer) = looping.await.unwrap();
    assert_eq!(answer.unwrap_err().kind, JsErrorKind::Cpu);
    assert!(isolate.stats().condemned);
    drop(free);
}

/// Some seconds in native code that never asks whether to go on.
const STUCK: &str = "((1n << 1040000n) - 1n).toString().length";

/// At once in as many isolates as the runtime has threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_code_never_holds_all_threads_of_a_runtime() {
    let engine = engine();
    let [a, b, other] = [(); 3].map(|()| Record::default());
    let stuck = [earned(&engine, &a).await, earned(&engine, &b).await];
    let other = earned(&engine, &other).await;
    let began = Instant::now();
    let tasks = stuck.map(|isolate| tokio::spawn(async move { eval(&isolate, STUCK).await }));
    let mut slowest = Duration::ZERO;
    while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
        let asked = Instant::now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(thread(&other).await, WORKERS, "none of the runtime's threads is to spare");
        slowest = slowest.max(asked.elapsed());
    }
    let took = began.elapsed();
    assert!(slowest < took / 2, "an answer took {slowest:?} of {took:?}");
}

/// Which may have been the one that looked for timers and I/O, and nobody wakes the others but what these would tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_go_on_while_native_code_holds_a_thread() {
    let engine = engine();
    for _ in 0..4 {
        let isolate = earned(&engine, &Record::default()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (began, beginning) = tokio::sync::oneshot::channel();
        let (ended, mut ending) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _told = began.send(Instant::now());
            let _stopped = eval(&isolate, STUCK).await;
            let _told = ended.send(());
        });
        let began = beginning.await.unwrap();
        let mut slowest = Duration::ZERO;
        while ending.try_recv().is_err() {
            let asked = Instant::now();
            tokio::time::sleep(Duration::from_millis(20)).await;
            slowest = slowest.max(asked.elapsed());
        }
        let took = began.elapsed();
        assert!(slowest < took / 2, "a timer took {slowest:?} of {took:?}");
    }
}

/// Until a thread of the runtime is held back.
async fn held_back(engine: &Engine) {
    while !engine.stats().holds_back {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Of two threads one is held back, and native code holds the other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_is_held_back_goes_on_where_native_code_holds_the_others() {
    let engine = engine();
    engine.hold_back_a_thread();
    let mut has_been_let_go = false;
    for _ in 0..2 {
        held_back(&engine).await;
        let isolate = earned(&engine, &Record::default()).await;
        let began = Instant::now();
        let task = tokio::spawn(async move { eval(&isolate, STUCK).await });
        let mut slowest = Duration::ZERO;
        while !task.is_finished() {
            let asked = Instant::now();
            tokio::time::sleep(Duration::from_millis(20)).await;
            tokio::spawn(async {}).await.unwrap();
            slowest = slowest.max(asked.elapsed());
            has_been_let_go |= !engine.stats().holds_back;
        }
        let took = began.elapsed();
        assert!(slowest < took / 2, "an answer took {slowest:?} of {took:?}");
    }
    assert!(has_been_let_go);
}

#[test]
fn a_thread_that_is_held_back_ends_with_the_engine() {
    let two = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = two.unwrap();
    runtime.block_on(async {
        let engine = engine();
        engine.hold_back_a_thread();
        held_back(&engine).await;
        engine.close().await;
        assert!(!engine.stats().holds_back);
        engine.hold_back_a_thread();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!engine.stats().holds_back, "the engine is closed");
    });
    let began = Instant::now();
    runtime.shutdown_timeout(Duration::from_secs(20));
    assert!(began.elapsed() < Duration::from_secs(20), "the thread did not end");
}

#[tokio::test]
async fn a_runtime_of_one_thread_holds_none_back() {
    let engine = engine();
    engine.hold_back_a_thread();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!engine.stats().holds_back);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_long_task_the_next_one_does_not_run_in_place() {
    let engine = engine();
    let isolate = earned(&engine, &Record::default()).await;
    let counting = "const where = tools.call('thread'); let n = 0; while (n < 3e6) n += 1; where";
    // A busy machine may have sent it back to the workers just before.
    while run(&isolate, counting).await == WORKERS {
        assert!(earns(&isolate).await);
    }
    // More than would do to earn it again, but not longer than half of the pause.
    let until = Instant::now() + Duration::from_millis(500);
    for _ in 0..80 {
        if Instant::now() < until {
            assert_eq!(thread(&isolate).await, WORKERS);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_in_place() {
    let engine = engine();
    let cases = [
        ("/^(a+)+$/.test('a'.repeat(60) + '!')", JsErrorKind::Cpu),
        ("try { for (;;); } finally { for (;;); }", JsErrorKind::Cpu),
        ("(async () => { for (;;) await null; })()", JsErrorKind::Cpu),
        ("const all = []; for (;;) all.push('x'.repeat(1000) + all.length)", JsErrorKind::Memory),
        ("(function deeper() { return deeper() + 1; })()", JsErrorKind::Stack),
        ("'x'.repeat(1 << 25)", JsErrorKind::Memory),
    ];
    for (code, kind) in cases {
        let isolate = earned(&engine, &Record::default()).await;
        let asked = tokio::spawn(async move { eval(&isolate, code).await });
        let error = asked.await.unwrap().expect_err(code);
        assert_eq!(error.kind, kind, "{code}: {error}");
    }
}
