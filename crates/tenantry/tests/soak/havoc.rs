//! Cancels and kills from outside, at random, while the hunt goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::stage::{BUDGET, Stage};

/// Strikes until it is told to stop. Most cancels are meant for backends that are active: many fall
/// on a binding or on a reset.
pub(crate) async fn havoc(stage: Arc<Stage>, seed: u64, stop: Arc<AtomicBool>) {
    let outside = stage.world.db.connect().await;
    let mut rng = StdRng::seed_from_u64(seed);
    while !stop.load(Ordering::Relaxed) {
        let (strike, whom) = match rng.random_range(0..200) {
            0 => ("pg_terminate_backend", "true"),
            1..=40 => ("pg_cancel_backend", "true"),
            _ => ("pg_cancel_backend", "state = 'active'"),
        };
        let sql = format!(
            "WITH ours AS (SELECT pid, state FROM pg_stat_activity WHERE datname = \
             current_database() AND application_name = 'tenantry'), \
             hit AS (SELECT {strike}(pid) FROM (SELECT pid FROM ours WHERE {whom} \
             ORDER BY random() LIMIT 1) one) \
             SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM hit)"
        );
        let row = outside.query_one(&sql, &[]).await.unwrap();
        let (backends, hit): (i64, i64) = (row.get(0), row.get(1));
        assert!(backends <= BUDGET as i64, "{backends} connections, and {BUDGET} are allowed");
        if hit > 0 {
            stage.counts.note(format!("struck by {strike}"));
        }
        tokio::time::sleep(Duration::from_micros(rng.random_range(100..3000))).await;
    }
}
