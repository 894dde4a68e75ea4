//! Limits: whatever a tenant's code does, it ends with the right error, cannot catch it, and the
//! isolates beside it go on.

use std::time::{Duration, Instant};

use crate::support::{eval, isolate, tight};
use tenantry_js::{Data, Engine, Isolate, IsolateConfig, JsError, JsErrorKind};

async fn hostile(engine: &Engine, code: &str) -> (Isolate, Result<Data, JsError>) {
    hostile_in(engine, tight(), code).await
}

pub(crate) async fn hostile_in(
    engine: &Engine,
    config: IsolateConfig,
    code: &str,
) -> (Isolate, Result<Data, JsError>) {
    let isolate = engine.isolate(config).await.unwrap();
    let began = Instant::now();
    let answer = eval(&isolate, code).await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(15), "{code}: took {took:?}");
    (isolate, answer)
}

/// Each case in an isolate of its own, all in one engine, which serves another isolate after each.
async fn all_end(kinds: &[JsErrorKind], cases: &[&str]) {
    let engine = crate::support::engine();
    let other = isolate(&engine).await;
    for code in cases {
        let mut config = tight();
        if kinds == [JsErrorKind::Memory] {
            config.limits.cpu = Duration::from_secs(10);
        }
        let (_isolate, answer) = hostile_in(&engine, config, code).await;
        let error = answer.expect_err(code);
        assert!(kinds.contains(&error.kind), "{code}: {error:?}");
        assert_eq!(eval(&other, "6 * 7").await, Ok(Data::Number(42.0)), "after {code}");
    }
}

#[tokio::test]
async fn endless_work_ends_with_the_cpu_limit_and_is_not_caught() {
    all_end(
        &[JsErrorKind::Cpu],
        &[
            "for (;;);",
            "while (true) { try { for (;;); } catch {} }",
            "for (;;) { try { for (;;); } finally { continue; } }",
            "(function f() { try { f(); } catch { f(); } })(); for (;;);",
            "(async () => { for (;;) await 0; })()",
            "(async () => { try { for (;;); } catch { return 'caught'; } finally { return 'finally'; } })()",
            "new Promise(() => { for (;;); }).catch(() => 'caught')",
            "Promise.resolve().then(() => { for (;;); }).catch(() => 'caught').finally(() => 'finally')",
            "queueMicrotask(function again() { queueMicrotask(again); }); new Promise(() => {})",
            "/(a+)+$/.test('a'.repeat(40) + 'b')",
            "/^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(60))",
            "'a'.repeat(100000).replace(/(a*)*b/g, '')",
            "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
            "Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)",
            "Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)",
            "Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, () => {})",
            "Array.prototype.reduce.call({ length: 2 ** 53 - 1 }, () => {}, 0)",
            "Array.prototype.find.call({ length: 2 ** 53 - 1 }, () => false)",
            "Array.prototype.every.call({ length: 2 ** 53 - 1 }, () => true)",
            "const a = []; a[2 ** 32 - 2] = 1; a.indexOf(7)",
            "const a = []; a[2 ** 32 - 2] = 1; a.some(() => false)",
            "const p = new Proxy({}, { get: () => { for (;;); } }); p.x",
            "JSON.stringify({ toJSON() { for (;;); } })",
            "JSON.parse('[1]', () => { for (;;); })",
            "[3, 1, 2].sort(() => { for (;;); })",
            "new Proxy([], { ownKeys() { for (;;); } }) && Object.keys(new Proxy({}, { ownKeys() { for (;;); } }))",
            "({ get x() { for (;;); } })",
            "throw { get message() { for (;;); } }",
            "throw new Proxy(new Error(), { get() { for (;;); } })",
            "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x')",
            "(function* () { for (;;) yield 1; })().reduce((a, b) => a + b)",
            "for (const x of { [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) });",
            "class A { static { for (;;); } }",
            "new Function('for (;;);')()",
            "`${{ toString() { for (;;); } }}`",
            "setTimeout(() => { for (;;); }, 1); new Promise((done) => setTimeout(done, 60000))",
        ],
    )
    .await;
}

#[tokio::test]
async fn loops_that_never_ask_are_refused_or_end() {
    all_end(
        &[JsErrorKind::Thrown, JsErrorKind::Cpu, JsErrorKind::Memory],
        &[
            "Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 1)",
            "Array.prototype.reverse.call({ length: 2 ** 53 - 1 })",
            "Array.prototype.sort.call({ length: 2 ** 53 - 1 })",
            "Array.prototype.slice.call({ length: 2 ** 53 - 1 }, 0)",
            "Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 0, 1)",
            "Array.prototype.unshift.call({ length: 2 ** 53 - 2 }, 1)",
            "Array.prototype.shift.call({ length: 2 ** 53 - 1 })",
            "Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1, 0)",
            "Array.prototype.flat.call({ length: 2 ** 53 - 1 })",
            "Array.prototype.concat.call({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true })",
            "Array.prototype.join.call({ length: 2 ** 53 - 1 }, '')",
            "Array.prototype.toSorted.call({ length: 2 ** 32 - 1 })",
            "Array.from({ length: 2 ** 32 - 1 })",
            "Reflect.apply(Math.max, null, { length: 2 ** 32 - 1 })",
            "Math.max.apply(null, { length: 2 ** 32 - 1 })",
            "new Array(2 ** 32 - 1).join('')",
            "String(new Array(2 ** 32 - 1))",
            "new Array(2 ** 32 - 1).fill(0)",
            "JSON.stringify(new Array(2 ** 32 - 1))",
            "JSON.stringify({ a: new Array(2 ** 31) })",
            "let s = 'x'; for (;;) s += s;",
            "(() => { const f = () => Promise.resolve().then(f); return f(); })()",
            "let n = 0; Array.prototype.reverse.call({ get length() { return n++ ? 2 ** 53 - 1 : 0; } }); for (;;);",
            "Array.prototype.reverse.call(new Proxy({}, { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : undefined }))",
            "Array.prototype.slice.call(new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : undefined }), 0)",
            "[].concat(new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : undefined }))",
            "[new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : undefined })].flat()",
            "new Set(Array.prototype.values.call({ length: 2 ** 53 - 1 }))",
            "(function () { arguments.length = 2 ** 53 - 1; return new Set(arguments); })()",
            "Array.prototype.values.call({ length: 2 ** 53 - 1 }).drop(2 ** 53 - 2).next()",
            "Array.prototype.values.call({ length: 2 ** 53 - 1 }).some(Boolean)",
            "String.raw({ raw: { length: 2 ** 53 - 1 } })",
            "2n ** (2n ** 62n)",
            "1n << (2n ** 40n)",
            "let n = 3n; for (;;) n *= n;",
            "let n = 2n ** 1000000n; for (let i = 0; i < 1000; i++) n / 3n ** 400000n",
            "(3n ** 600000n).toString()",
            "BigInt('9'.repeat(1e6)).toString().length + BigInt('9'.repeat(2e6)).toString()",
            "Object.keys('a'.repeat(2 ** 28))",
            "[...'a'.repeat(2 ** 28)]",
            "new Uint8Array(2 ** 40)",
            "new ArrayBuffer(2 ** 34)",
            "'x'.padEnd(2 ** 30)",
            "'x'.repeat(2 ** 30)",
            "'x'.repeat(2 ** 29).split('')",
            "structuredClone(new Array(2 ** 32 - 1).fill({}))",
        ],
    )
    .await;
}

#[tokio::test]
async fn memory_without_end_ends_with_the_memory_limit_and_is_not_caught() {
    all_end(
        &[JsErrorKind::Memory],
        &[
            "const a = []; for (;;) a.push({})",
            "const a = []; for (;;) { try { for (;;) a.push('x'.repeat(1000) + a.length); } catch {} }",
            "const a = []; (async () => { try { for (;;) a.push(new Uint8Array(100000)); } catch { return 1; } finally { return 2; } })()",
            "try { new Uint8Array(2 ** 30); } catch {} 'survived'",
            "try { 'x'.repeat(2 ** 29); } catch {} 'survived'",
            "const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])",
            "let o = {}; for (;;) o = { o, p: [o] }",
            "JSON.parse('[' + '[1],'.repeat(2 ** 20) + '1]')",
            "const r = []; for (let i = 0; ; i++) r.push(new RegExp('a{' + i + '}'))",
            "const f = []; for (let i = 0; ; i++) f.push(new Function('return ' + i))",
            "const p = []; for (;;) p.push(new Promise(() => {}))",
            "globalThis.keep = []; for (;;) keep.push(Symbol('x'.repeat(1000)))",
        ],
    )
    .await;
}

#[tokio::test]
async fn recursion_without_end_is_an_error_that_leaves_the_isolate_usable() {
    let engine = crate::support::engine();
    for code in [
        "(function f() { f(); })()",
        "const f = () => `${{ toString: f }}`; f()",
        "const a = []; a[0] = a; let b = a; for (let i = 0; i < 1e5; i++) b = [b]; JSON.stringify(b)",
        "JSON.parse('['.repeat(1e6))",
        "new RegExp('('.repeat(1e5) + ')'.repeat(1e5))",
        "eval('('.repeat(1e5))",
        "const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x",
        "let x = {}; for (let i = 0; i < 5000; i++) x = Object.create(x, { y: { get() { return x.y; } } }); x.y",
        "class A { get [Symbol.toStringTag]() { return String(this); } } String(new A())",
    ] {
        let (isolate, answer) = hostile(&engine, code).await;
        let error = answer.expect_err(code);
        let kinds = [JsErrorKind::Stack, JsErrorKind::Thrown];
        assert!(kinds.contains(&error.kind), "{code}: {error:?}");
        assert_eq!(eval(&isolate, "6 * 7").await, Ok(Data::Number(42.0)), "after {code}");
    }
    let (_isolate, answer) = hostile(&engine, "(function f() { f(); })()").await;
    assert_eq!(answer.unwrap_err().kind, JsErrorKind::Stack);
}

#[tokio::test]
async fn an_isolate_past_its_cpu_or_memory_limit_is_condemned() {
    let engine = crate::support::engine();
    for code in ["for (;;);", "const a = []; for (;;) a.push({})"] {
        let (isolate, answer) = hostile(&engine, code).await;
        assert!(answer.unwrap_err().ends_isolate());
        assert!(isolate.stats().condemned);
        let error = eval(&isolate, "1").await.unwrap_err();
        assert_eq!(error.kind, JsErrorKind::Condemned);
    }
}

#[tokio::test]
async fn the_other_tasks_of_a_condemned_isolate_may_end() {
    let engine = crate::support::engine();
    let isolate = engine.isolate(tight()).await.unwrap();
    let waiting = {
        let isolate = isolate.clone();
        tokio::spawn(async move {
            eval(
                &isolate,
                "tools.operation('wait').then(() => tools.operation('wait')).then(() => 'ended')",
            )
            .await
        })
    };
    while isolate.stats().tasks_open == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(eval(&isolate, "for (;;);").await.unwrap_err().kind, JsErrorKind::Cpu);
    assert_eq!(waiting.await.unwrap(), Ok("ended".into()));
}

#[tokio::test]
async fn what_never_settles_ends_with_the_wall_time() {
    let engine = crate::support::engine();
    let mut config = tight();
    config.limits.wall = Duration::from_millis(30);
    let isolate = engine.isolate(config).await.unwrap();
    for code in [
        "new Promise(() => {})",
        "tools.operation('never')",
        "new Promise((done) => setTimeout(done, 10000))",
        "(async () => { for (;;) await tools.operation('wait'); })()",
    ] {
        let error = eval(&isolate, code).await.expect_err(code);
        assert_eq!(error.kind, JsErrorKind::Wall, "{code}");
    }
    assert_eq!(eval(&isolate, "1").await, Ok(Data::Number(1.0)));
}

/// What is in the isolate's way may take much longer to end than its wall time.
#[tokio::test]
async fn an_isolate_whose_task_does_not_hear_that_its_time_is_over_is_condemned() {
    let engine = crate::support::engine();
    let mut config = tight();
    config.limits.wall = Duration::from_millis(100);
    config.limits.cpu = Duration::from_secs(1);
    config.limits.memory = 1 << 30;
    let isolate = engine.isolate(config).await.unwrap();
    let long = "const text = '[' + '[],'.repeat(3e6) + '[]]'; for (;;) JSON.parse(text)";
    let error = eval(&isolate, long).await.unwrap_err();
    assert_eq!(error.kind, JsErrorKind::Wall);
    assert_eq!(eval(&isolate, "1").await.unwrap_err().kind, JsErrorKind::Condemned);
}

#[tokio::test]
async fn a_result_past_its_limit_is_refused() {
    let engine = crate::support::engine();
    for code in [
        "'x'.repeat(2 ** 21)",
        "new Uint8Array(2 ** 21)",
        "new Array(200000).fill(1)",
        "new Array(2 ** 31)",
        "const a = []; a[0] = a; a",
        "let o = {}; o.o = o; o",
        "() => 1",
        "Symbol('x')",
        "tools.call('echo', 'x'.repeat(2 ** 21)).length",
    ] {
        let (isolate, answer) = hostile(&engine, code).await;
        let error = answer.expect_err(code);
        let kinds = [JsErrorKind::Result, JsErrorKind::Thrown];
        assert!(kinds.contains(&error.kind), "{code}: {error:?}");
        assert_eq!(eval(&isolate, "1").await, Ok(Data::Number(1.0)), "after {code}");
    }
}

#[tokio::test]
async fn operations_and_timers_open_at_once_are_bounded() {
    let engine = crate::support::engine();
    for code in [
        "for (let i = 0; i < 100; i++) tools.operation('never')",
        "for (let i = 0; i < 100; i++) setTimeout(() => {}, 10000)",
        "for (let i = 0; i < 100; i++) setInterval(() => {}, 10000)",
    ] {
        let (isolate, answer) = hostile(&engine, code).await;
        assert_eq!(answer.expect_err(code).kind, JsErrorKind::Thrown, "{code}");
        assert_eq!(eval(&isolate, "1").await, Ok(Data::Number(1.0)));
    }
}

#[tokio::test]
async fn whatever_is_thrown_becomes_an_error() {
    let engine = crate::support::engine();
    for code in [
        "throw undefined",
        "throw null",
        "throw 7",
        "throw 'text'",
        "throw Symbol('x')",
        "throw 12345678901234567890n",
        "throw () => {}",
        "throw { toString() { throw 1; } }",
        "throw { get message() { throw 1; }, get stack() { throw 2; }, get name() { throw 3; } }",
        "throw new Proxy({}, { get() { throw new Error('trap'); } })",
        "throw new Proxy(function () {}, { get: (t, k) => k === 'message' ? {} : undefined })",
        "throw Object.create(null)",
        "throw { message: 'x'.repeat(1e6), stack: 7 }",
        "throw { message: '\\ud800' }",
        "throw Object.assign(new Error('x'), { code: {}, statusCode: 'x', stack: {} })",
        "const e = new Error('x'); e.cause = e; throw e",
        "Promise.reject(new Proxy({}, { get() { throw 1; } }))",
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy",
        "Error.prepareStackTrace = () => { throw 1; }; throw new Error('x')",
    ] {
        let (isolate, answer) = hostile(&engine, code).await;
        let error = answer.expect_err(code);
        assert_eq!(error.kind, JsErrorKind::Thrown, "{code}: {error:?}");
        assert!(error.message.len() < 5000 && error.stack.len() < 20_000, "{code}");
        assert_eq!(eval(&isolate, "1").await, Ok(Data::Number(1.0)), "after {code}");
    }
}

#[tokio::test]
async fn what_loads_has_a_limit_of_its_own_until_it_is_loaded() {
    let engine = crate::support::engine();
    let mut config = tight();
    config.limits.cpu = Duration::from_millis(20);
    config.limits.wall = Duration::from_millis(50);
    config.loading = Some(Duration::from_secs(10));
    let work = "(async () => { const end = Date.now() + 150; while (Date.now() < end) {} \
        await new Promise((done) => setTimeout(done, 1)); return 'done' })()";
    let isolate = engine.isolate(config.clone()).await.unwrap();
    assert_eq!(eval(&isolate, work).await, Ok("done".into()));
    isolate.loaded();
    let error = eval(&isolate, work).await.unwrap_err();
    assert!(matches!(error.kind, JsErrorKind::Cpu | JsErrorKind::Wall), "{error:?}");
    // It is a limit all the same.
    config.loading = Some(Duration::from_secs(1));
    config.limits.wall = Duration::from_secs(20);
    let (_isolate, answer) = hostile_in(&engine, config, "for (;;) {}").await;
    assert_eq!(answer.unwrap_err().kind, JsErrorKind::Cpu);
}

/// Less than a runtime takes that runs nothing.
#[tokio::test]
async fn too_little_memory_for_an_isolate_is_an_error() {
    let engine = crate::support::engine();
    for memory in [0, 1, 1 << 10, 16 << 10, 64 << 10, 256 << 10] {
        let mut config = tight();
        config.limits.memory = memory;
        let error = engine.isolate(config).await.expect_err("it is too little");
        assert_eq!(error.kind, JsErrorKind::Memory, "{memory}: {error}");
    }
}

/// At whatever point: the library's own objects are half made.
#[tokio::test]
async fn what_is_stopped_while_it_is_made_is_an_error() {
    let engine = crate::support::engine();
    let mut stopped = 0;
    for micros in (0..200).map(|step| step * 50) {
        let mut config = tight();
        config.limits.cpu = Duration::from_micros(micros);
        if let Err(error) = engine.isolate(config).await {
            assert_eq!(error.kind, JsErrorKind::Cpu, "{micros} µs: {error}");
            stopped += 1;
        }
    }
    assert!(stopped > 10, "{stopped}");
}
