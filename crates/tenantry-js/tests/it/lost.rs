//! Native code that neither asks whether to go on nor wants memory: nothing ends it.

use std::time::{Duration, Instant};

use tenantry_js::{Engine, JsErrorKind, Record};

use crate::support::{config, engine, eval};

/// Some seconds on any machine.
const LONG: &str = "((1n << 1040000n) - 1n).toString().length";

async fn until(engine: &Engine, lost: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    while engine.stats().lost != lost {
        assert!(Instant::now() < end, "{:?}", engine.stats());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn no_more_than_two_threads_are_lost_to_the_same_code() {
    let engine = engine();
    let record = Record::default();
    let of = |record: Record| {
        let mut config = config();
        config.limits.cpu = Duration::from_millis(10);
        config.loading = Some(Duration::from_secs(20));
        config.record = record;
        config
    };
    let third = engine.isolate(of(record.clone())).await.unwrap();
    third.loaded();
    assert!(eval(&third, "1").await.is_ok());
    let mut stuck = Vec::new();
    for _ in 0..2 {
        let isolate = engine.isolate(of(record.clone())).await.unwrap();
        isolate.loaded();
        stuck.push(isolate.clone());
        tokio::spawn(async move { eval(&isolate, LONG).await });
    }
    until(&engine, 2).await;
    assert_eq!(engine.stats().long, 0, "they take no place of those who end");
    assert!(stuck.iter().all(|isolate| isolate.stats().condemned));
    for record in [record.clone(), record.renewed()] {
        assert!(record.is_stuck());
        let refused = engine.isolate(of(record)).await.unwrap_err();
        assert_eq!(refused.kind, JsErrorKind::Condemned, "{refused}");
    }
    assert_eq!(eval(&third, "1").await.unwrap_err().kind, JsErrorKind::Condemned);
    let closed =
        tokio::time::timeout(Duration::from_secs(1), stuck[0].close(Duration::from_millis(50)));
    assert!(closed.await.is_ok(), "nobody waits for native code");
    let other = engine.isolate(of(Record::default())).await.unwrap();
    assert!(eval(&other, "1").await.is_ok(), "others go on");
    until(&engine, 0).await;
    assert!(!record.is_stuck());
    assert!(eval(&third, "1").await.is_ok());
    let again = engine.isolate(of(record.renewed())).await.unwrap();
    assert!(eval(&again, "1").await.is_ok());
}
