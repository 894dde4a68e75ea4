//! `tenantry-bench pool`: what the pool of connections does, in rooms of their own.

mod backends;
mod cost;
mod hold;
mod many;
mod proxy;
mod quiet;

use crate::arguments::{Commits, Pool, Server};
use crate::cluster::Cluster;
use crate::failure::Result;
use crate::seed;

const DATABASE: &str = "tenantry_bench_pool";

pub(crate) async fn run(what: Pool) -> Result<()> {
    match what {
        Pool::Many(arguments) => many::run(arguments).await,
        Pool::Quiet(arguments) => quiet::run(arguments).await,
        Pool::Backends(arguments) => backends::run(arguments).await,
        Pool::Cost(arguments) => cost::run(arguments).await,
        Pool::Hold(arguments) => hold::run(arguments).await,
    }
}

/// A PostgreSQL with this many tenants, in Tenantry's catalog, too.
async fn prepare(server: &Server, tenants: usize) -> Result<Cluster> {
    let cluster = Cluster::start(server, Commits::Fast).await?;
    eprintln!("seeding {tenants} tenants");
    cluster.recreate(DATABASE, None).await?;
    let url = cluster.url(DATABASE);
    seed::seed(&url, tenants).await?;
    seed::enrol(&url, tenants).await?;
    cluster.checkpoint().await?;
    Ok(cluster)
}

/// Ends what [`prepare`] began.
async fn tidy_up(cluster: Cluster) -> Result<()> {
    cluster.drop(DATABASE).await?;
    cluster.stop().await
}
