use std::sync::Arc;

use rand::{RngExt, rngs::StdRng};
use tenantry::Result;

use crate::{
    probe,
    residue::{RESIDUE, leave},
    sessions,
    stage::{Stage, TENANTS},
    swaps::{SWAPS, swap_one},
    work,
};

/// What clients do, and how often, in a thousand.
pub(crate) const OPERATIONS: [(&str, u32); 17] = [
    ("everything is one's own", 236),
    ("residue", 180),
    ("rows", 120),
    ("typed rows", 100),
    ("half a stream", 60),
    ("rows of changing columns", 60),
    ("columns changed", 10),
    ("written", 40),
    ("typed and written", 40),
    ("pruned", 20),
    ("transaction", 30),
    ("typed transaction", 30),
    ("panic inside", 20),
    ("session", 20),
    ("swap", 20),
    ("evicted", 10),
    ("tenant made again", 4),
];

pub(crate) fn draw(luck: &mut StdRng) -> &'static str {
    let all = OPERATIONS.iter().map(|(_, weight)| weight).sum();
    let mut left: u32 = luck.random_range(0..all);
    let drawn = OPERATIONS.iter().find(|(_, weight)| match left.checked_sub(*weight) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    drawn.expect("less than all").0
}

/// Does one thing for one tenant; `salt` chooses how.
pub(crate) async fn operate(
    stage: &Arc<Stage>,
    tenant: usize,
    what: &str,
    salt: usize,
    number: u64,
) -> Result<()> {
    match what {
        "tenant made again" => {
            stage.make_again_undisturbed(tenant).await;
            return Ok(());
        }
        "evicted" => {
            stage.tenants().evict(&stage.ids[tenant]);
            return Ok(());
        }
        "session" | "transaction" | "typed transaction" => {
            let _one_tenant = stage.made[tenant].read().await;
            return match what {
                "session" => sessions::session(stage, tenant).await,
                "transaction" => work::transaction(&mut stage.db(tenant).await?, number).await,
                _ => work::transaction_typed(&mut stage.db(tenant).await?, number).await,
            };
        }
        "swap" => return swap_with_another(stage, tenant, salt).await,
        _ => {}
    }
    let mut db = stage.db(tenant).await?;
    match what {
        "everything is one's own" => {
            for own in probe::everything(&mut db).await? {
                stage.counts.note(format!("seen again of one's own: {own}"));
            }
        }
        "residue" => {
            let kind = salt % RESIDUE.len();
            leave(&mut db, kind, salt % 64 < 32).await?;
            stage.counts.note(format!("left: {}", RESIDUE[kind].0));
        }
        "rows" => probe::rows(&mut db).await?,
        "typed rows" => probe::rows_typed(&mut db).await?,
        "half a stream" => probe::half_a_stream(&mut db).await?,
        "rows of changing columns" => probe::shape(&mut db).await?,
        "columns changed" => work::change_columns(stage, &mut db, salt % 8).await?,
        "written" => work::write(&mut db, number).await?,
        "typed and written" => work::write_typed(&mut db, number).await?,
        "pruned" => work::prune(&mut db).await?,
        "panic inside" => work::panic_inside(db, salt % 64 < 32).await?,
        _ => unreachable!("{what} is not in the list"),
    }
    Ok(())
}

async fn swap_with_another(stage: &Stage, tenant: usize, salt: usize) -> Result<()> {
    let other = (tenant + 1 + salt / 64 % (TENANTS - 1)) % TENANTS;
    // In order, so that two clients never wait for each other.
    let _first = stage.made[tenant.min(other)].read().await;
    let _second = stage.made[tenant.max(other)].read().await;
    let kind = salt % SWAPS.len();
    let (db, other) = (stage.db(tenant).await?, stage.db(other).await?);
    swap_one(stage, kind, db, other).await?;
    stage.counts.note(format!("swapped: {}", SWAPS[kind]));
    Ok(())
}
