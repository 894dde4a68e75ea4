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
