//! Tasks: calls into JavaScript, and what they ask of the host.

use std::sync::Arc;

use crate::support::{Recorder, eval, isolate};
use tenantry_js::{Data, JsErrorKind};

#[tokio::test]
async fn a_function_of_the_prelude_is_called_and_answers() {
    let engine = crate::support::engine();
    let isolate = isolate(&engine).await;
    assert_eq!(eval(&isolate, "1 + 1").await, Ok(Data::Number(2.0)));
    assert_eq!(eval(&isolate, "Promise.resolve('later')").await, Ok("later".into()));
}

#[tokio::test]
async fn values_cross_both_ways_without_loss() {
    let engine = crate::support::engine();
    let mut config = crate::support::config();
    config.host = Arc::new(Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    let data = Data::List(vec![
        Data::Undefined,
        Data::Null,
        Data::Bool(true),
        Data::Number(-1.5),
        Data::BigInt("123456789012345678901234567890".into()),
        Data::BigInt("-7".into()),
        Data::Text("grüße 🙂".into()),
        Data::Bytes(vec![0, 255, 7].into()),
        Data::Date(86_400_000.0),
        Data::Map(vec![("b".into(), Data::Number(1.0)), ("a".into(), Data::List(vec![]))]),
    ]);
    let back = isolate
        .run("call", vec!["tools".into()], Arc::new(()))
        .await
        .expect_err("the module's default is no function");
    assert_eq!(back.kind, JsErrorKind::Thrown);
    let code = "tools.operation('echo', undefined, null, true, -1.5, \
        123456789012345678901234567890n, -7n, 'grüße 🙂', new Uint8Array([0, 255, 7]), \
        new Date(86400000), { b: 1, a: [] })";
    assert_eq!(eval(&isolate, code).await, Ok(data.clone()));
    assert_eq!(eval(&isolate, &code.replace("operation", "call")).await, Ok(data));
}

#[tokio::test]
async fn an_error_of_the_host_is_an_error_with_its_code() {
    let engine = crate::support::engine();
    let mut config = crate::support::config();
    config.host = Arc::new(Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    let error = eval(&isolate, "tools.operation('fail')").await.unwrap_err();
    assert_eq!(error.kind, JsErrorKind::Thrown);
    assert_eq!(error.code.as_deref(), Some("ERR_FAILED"));
    assert_eq!(error.status, Some(418));
    assert_eq!(error.message, "it failed");
}

#[tokio::test]
async fn a_tasks_context_reaches_the_host() {
    let engine = crate::support::engine();
    let mut config = crate::support::config();
    config.host = Arc::new(Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    let context = Arc::new("request 7".to_owned());
    let answer = isolate.run("eval", vec!["tools.call('context')".into()], context).await;
    assert_eq!(answer, Ok("request 7".into()));
}

/// Were it not for the answer at once, the promise would be open until the wall time.
#[tokio::test]
async fn a_mistake_of_the_hosts_is_an_error_at_once_and_is_logged_and_counted() {
    let engine = crate::support::engine();
    let recorder = Arc::new(Recorder::default());
    let mut config = crate::support::config();
    config.limits.wall = std::time::Duration::MAX / 4;
    config.host = recorder.clone();
    let isolate = engine.isolate(config).await.unwrap();
    for code in
        ["tools.operation('panic')", "tools.operation('panic at once')", "tools.call('panic')"]
    {
        let error = eval(&isolate, code).await.unwrap_err();
        assert_eq!((error.code.as_deref(), error.status), (Some("INTERNAL_ERROR"), Some(500)));
        assert!(error.message.starts_with("the server made a mistake in panic"), "{error}");
    }
    let caught = "tools.operation('panic').catch((error) => error.code)";
    assert_eq!(eval(&isolate, caught).await, Ok("INTERNAL_ERROR".into()));
    assert_eq!(eval(&isolate, "1 + 1").await, Ok(Data::Number(2.0)), "the isolate goes on");
    let counted = ["panic", "panic at once", "panic", "panic"];
    assert_eq!(*recorder.panicked.lock().unwrap(), counted);
    let logged = recorder.logs.lock().unwrap();
    assert_eq!(logged.iter().filter(|entry| entry.message.contains("made a mistake")).count(), 4);
}

#[tokio::test]
async fn zero_keeps_its_sign() {
    let engine = crate::support::engine();
    let mut config = crate::support::config();
    config.host = Arc::new(Recorder::default());
    let isolate = engine.isolate(config).await.unwrap();
    let signs = "tools.operation('echo', -0, 0, [-0]).then(([a, b, [c]]) => \
        [a, b, c].map((zero) => Object.is(zero, -0)).join())";
    assert_eq!(eval(&isolate, signs).await, Ok("true,false,true".into()));
}
