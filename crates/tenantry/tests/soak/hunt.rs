use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    counts::Counts,
    havoc::havoc,
    luck::{Patience, told},
    operations::{OPERATIONS, draw, operate},
    probe,
    residue::RESIDUE,
    stage::{Stage, TENANTS},
    support::until,
    swaps::SWAPS,
    work,
};

const CLIENTS: u64 = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_ever_sees_what_is_anothers() {
    let operations: u64 = told("TENANTRY_SOAK_OPERATIONS", || 5_000);
    let seed: u64 = told("TENANTRY_SOAK_SEED", || rand::random_range(0..1_000_000));
    println!("TENANTRY_SOAK_OPERATIONS={operations} TENANTRY_SOAK_SEED={seed}");
    say_nothing_of_panics_on_purpose();
    let stage = Stage::new().await;
    let stop = Arc::new(AtomicBool::new(false));
    let havoc =
        [seed, !seed].map(|seed| tokio::spawn(havoc(Arc::clone(&stage), seed, Arc::clone(&stop))));
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let luck = StdRng::seed_from_u64(seed.wrapping_add(number));
            tokio::spawn(client(Arc::clone(&stage), luck, number, operations / CLIENTS))
        })
        .collect();
    for client in clients {
        client.await.expect("no client has seen what is another's");
    }
    stop.store(true, Ordering::Relaxed);
    for havoc in havoc {
        havoc.await.expect("never more connections than the budget");
    }
    println!("all was done in {:.1?}\n{}", start.elapsed(), stage.counts);
    enough_has_happened(&stage.counts, operations);

    let tenants = stage.tenants();
    until("every connection comes back", async || tenants.pool_stats().in_use == 1).await;
    for number in 0..TENANTS {
        until("the last cancel has hit", async || {
            let Ok(mut db) = stage.db(number).await else { return false };
            probe::everything(&mut db).await.is_ok()
                && probe::rows(&mut db).await.is_ok()
                && probe::rows_typed(&mut db).await.is_ok()
                && probe::shape(&mut db).await.is_ok()
        })
        .await;
    }
    stage.audit().await;
    assert_eq!(tenants.close().await.left, 0);
}

async fn client(stage: Arc<Stage>, mut luck: StdRng, number: u64, operations: u64) {
    for operation in 0..operations {
        let tenant = luck.random_range(0..TENANTS);
        // Now and then several in a row for one tenant, so that connections are held.
        let repeated = if luck.random_bool(0.05) { 8 } else { 1 };
        for _ in 0..repeated {
            let (patience, what, salt) =
                (Patience::draw(&mut luck), draw(&mut luck), luck.random_range(0..1_000_000));
            let doing = operate(&stage, tenant, what, salt, number * operations + operation);
            let counted = match patience.wait(doing).await {
                None => "dropped".to_owned(),
                Some(Ok(())) => format!("ok: {what}"),
                Some(Err(error)) => {
                    format!("error: {} {}", error.code(), error.sqlstate().unwrap_or("-"))
                }
            };
            stage.counts.note(counted);
        }
    }
}

fn enough_has_happened(counts: &Counts, operations: u64) {
    let at_least = |what: &str, wanted: u64| {
        let count = counts.all(what);
        assert!(count >= wanted.max(1), "{what}: {count} are too few");
    };
    at_least("ok: ", operations / 3);
    at_least("dropped", operations / 50);
    at_least("error: DATABASE_ERROR 57014", operations / 200);
    at_least("struck by pg_cancel_backend", operations / 100);
    at_least("struck by pg_terminate_backend", 1);
    for (what, weight) in OPERATIONS {
        at_least(&format!("ok: {what}"), operations * u64::from(weight) / 10_000);
    }
    for (what, _) in RESIDUE.iter().filter(|(what, _)| !what.contains("error")) {
        at_least(&format!("left: {what}"), operations / 20_000);
    }
    for what in SWAPS {
        at_least(&format!("swapped: {what}"), operations / 20_000);
    }
}

fn say_nothing_of_panics_on_purpose() {
    let say = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(work::ON_PURPOSE) {
            say(info);
        }
    }));
}
