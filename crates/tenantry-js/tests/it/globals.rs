//! The web's globals, and what is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::{Recorder, eval, isolate};
use tenantry_js::{Data, LogLevel};

async fn texts(cases: &[(&str, &str)]) {
    let engine = crate::support::engine();
    let isolate = isolate(&engine).await;
    for (code, expected) in cases {
        let wrapped = format!("(async () => String({code}))()");
        assert_eq!(eval(&isolate, &wrapped).await, Ok(Data::from(*expected)), "{code}");
    }
}

#[tokio::test]
async fn urls_are_read_changed_and_written() {
    texts(&[
        ("new URL('../b?x=1#h', 'https://u:p@example.com:8080/a/c')", "https://u:p@example.com:8080/b?x=1#h"),
        ("Object.assign(new URL('http://a.test/'), { pathname: '/x y', search: '?q' }).href", "http://a.test/x%20y?q"),
        ("(() => { const u = new URL('http://a.test/?a=1'); u.searchParams.append('b', 'c d'); return u.href; })()", "http://a.test/?a=1&b=c+d"),
        ("new URLSearchParams({ a: '1', b: 'ü&' })", "a=1&b=%C3%BC%26"),
        ("[...new URLSearchParams('a=1&a=2&b=%20')].join('|')", "a,1|a,2|b, "),
        ("URL.canParse('nothing')", "false"),
        ("(() => { try { new URL('nothing'); } catch (e) { return e.code; } })()", "ERR_INVALID_URL"),
    ])
    .await;
}

#[tokio::test]
async fn text_is_encoded_and_decoded() {
    texts(&[
        ("[...new TextEncoder().encode('é🙂')].join()", "195,169,240,159,153,130"),
        ("new TextDecoder().decode(new Uint8Array([195, 169]))", "é"),
        ("(() => { const d = new TextDecoder(); return d.decode(new Uint8Array([195]), { stream: true }) + d.decode(new Uint8Array([169])); })()", "é"),
        ("(() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])); } catch (e) { return e.name; } })()", "TypeError"),
        ("atob(btoa('hi'))", "hi"),
    ])
    .await;
}

#[tokio::test]
async fn clones_events_aborts_and_digests_are_there() {
    texts(&[
        ("structuredClone(new Map([['a', new Date(0)]])).get('a').toISOString()", "1970-01-01T00:00:00.000Z"),
        ("(() => { const a = { b: [1] }; a.a = a; const c = structuredClone(a); return c.a === c && c !== a && c.b[0]; })()", "1"),
        ("(() => { try { structuredClone(() => 1); } catch (e) { return e.name; } })()", "DataCloneError"),
        ("(() => { const c = new AbortController(); let got; c.signal.addEventListener('abort', (e) => { got = e.type; }); c.abort(); return got + c.signal.reason.name; })()", "abortAbortError"),
        ("new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'))).toHex().slice(0, 8)", "ba7816bf"),
        ("/^[0-9a-f-]{36}$/.test(crypto.randomUUID())", "true"),
        ("crypto.getRandomValues(new Uint8Array(8)).some(Boolean)", "true"),
        ("performance.now() > 0", "true"),
        ("await new Promise((done) => { const t = setInterval(() => { clearInterval(t); done('tick'); }, 1); })", "tick"),
        ("await new Promise((done) => { clearTimeout(setTimeout(done, 1, 'no')); setTimeout(done, 4, 'yes'); })", "yes"),
        ("await new Promise((done) => setImmediate(done, 'now'))", "now"),
        ("new Headers({ 'X-A': '1' }).get('x-a')", "1"),
        ("await Response.json({ a: 1 }).text()", "{\"a\":1}"),
    ])
    .await;
}

#[tokio::test]
async fn console_goes_into_the_tenants_log() {
    let engine = crate::support::engine();
    let recorder = Arc::new(Recorder::default());
    let mut config = crate::support::config();
    config.host = recorder.clone();
    let isolate = engine.isolate(config).await.unwrap();
    let code = "console.log('a %s %d', 'b', 7, { c: [1, 'x'] }); console.error(new Map([[1, 2]])); \
        const o = {}; o.o = o; console.warn(o); Promise.reject(new Error('lost'));";
    eval(&isolate, &format!("(async () => {{ {code} }})()")).await.unwrap();
    let logs = recorder.logs.lock().unwrap();
    let lines: Vec<_> = logs.iter().map(|entry| (entry.level, entry.message.as_str())).collect();
    assert_eq!(lines[0], (LogLevel::Info, "a b 7 { c: [ 1, 'x' ] }"));
    assert_eq!(lines[1], (LogLevel::Error, "Map(1) { 1 => 2 }"));
    assert_eq!(lines[2], (LogLevel::Warn, "{ o: [Circular] }"));
    assert!(lines[3].1.starts_with("unhandled rejection: Error: lost"), "{lines:?}");
}

#[tokio::test]
async fn the_environment_is_the_tenants_own() {
    let engine = crate::support::engine();
    let mut config = crate::support::config();
    config.env = BTreeMap::from([("KEY".to_owned(), "value".to_owned())]);
    let isolate = engine.isolate(config).await.unwrap();
    let answer = eval(&isolate, "JSON.stringify(process.env)").await;
    assert_eq!(answer, Ok(Data::from(r#"{"KEY":"value"}"#)));
}

#[tokio::test]
async fn nothing_of_the_host_is_reachable() {
    texts(&[
        ("typeof host", "undefined"),
        ("typeof globalThis.host", "undefined"),
        ("typeof process.binding", "undefined"),
        ("typeof process.exit", "undefined"),
        ("typeof std", "undefined"),
        ("typeof os", "undefined"),
        ("typeof require", "undefined"),
        ("typeof Atomics", "undefined"),
        ("typeof SharedArrayBuffer", "undefined"),
        ("typeof new Function('return this')().host", "undefined"),
        ("typeof (0, eval)('this').native", "undefined"),
        ("(() => { Error.prepareStackTrace = (e, s) => s; const s = new Error().stack; return typeof s[0].getFunction; })()", "undefined"),
        ("(() => { try { return (function f() { return f.caller; })(); } catch (e) { return e.name; } })()", "undefined"),
        ("await import('prelude:host').catch((e) => e.code)", "ERR_MODULE_REFUSED"),
        ("await import('prelude:web/crypto').catch((e) => e.code)", "ERR_MODULE_REFUSED"),
        ("await import('node:fs').catch((e) => e.code)", "ERR_MODULE_REFUSED"),
        ("Object.getOwnPropertyNames(globalThis).filter((k) => /host|native/i.test(k)).length", "0"),
    ])
    .await;
}

#[tokio::test]
async fn polluted_prototypes_change_nothing_for_the_host() {
    let engine = crate::support::engine();
    let mut config = crate::support::config();
    config.host = Arc::new(Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    let pollute = "\
        Object.prototype.then = function () { throw 1; }; \
        Object.prototype.code = 'polluted'; \
        Object.defineProperty(Object.prototype, '0', { set() { throw 2; }, configurable: true }); \
        Array.prototype[Symbol.iterator] = function* () { throw 3; }; \
        Promise.prototype.then = () => { throw 4; }; \
        Map.prototype.get = () => 5; \
        Function.prototype.call = () => 6; \
        globalThis.Promise = class {}; globalThis.Date = class {}; globalThis.BigInt = () => 0; 'done'";
    assert_eq!(eval(&isolate, pollute).await, Ok("done".into()));
    let answer = eval(&isolate, "four('echo', 1n, new Uint8Array(1), 'x', [null])").await;
    let expected = Data::List(vec![
        Data::BigInt("1".into()),
        Data::Bytes(vec![0].into()),
        "x".into(),
        Data::List(vec![Data::Null]),
    ]);
    assert_eq!(answer, Ok(expected));
}
