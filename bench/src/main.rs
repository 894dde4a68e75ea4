//! Side-by-side benchmarks of Tenantry.
//!
//! `run` measures `GET /projects/{id}` on every contestant, `migrations` measures applying files
//! to many tenants. The other commands are the parts those two are made of, each useful alone:
//! `bare` is the server that sets the mark, `seed` fills a database with tenants, `load` draws
//! tenants and asks one server. `pool` looks at what the pool of connections does.

mod arguments;
mod bare;
mod cluster;
mod contestant;
mod failure;
mod figures;
mod http;
mod load;
mod machine;
mod median;
mod migrations;
mod pool;
mod process;
mod results;
mod seed;
mod server;
mod tenants;
mod workspace;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Command};
use failure::{Failure, Result};

/// The one that projects-api has, so that the baseline is not slower by its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match dispatch(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command on the runtime that suits it: the server on all cores, as its rivals are; the
/// load generator and what starts it on one thread, which leaves the rest to the servers.
fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Bare(arguments) => runtime(Builder::new_multi_thread())?
            .block_on(served_until_interrupted(bare::serve(arguments))),
        Command::Run(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(http::run(arguments))),
        Command::Pool(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(pool::run(arguments))),
        Command::Server(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(server::run(arguments))),
        Command::Migrations(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(migrations::run(arguments))),
        Command::Tenants(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(migrations::many(arguments))),
        Command::Load(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(load::run_once(arguments))),
        Command::Misbehave(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(server::misbehave(arguments))),
        Command::Seed(arguments) => runtime(Builder::new_current_thread())?
            .block_on(until_interrupted(seed::run(arguments))),
    }
}

fn runtime(mut builder: Builder) -> Result<Runtime> {
    Ok(builder.enable_all().build()?)
}

/// Gives `work` up on Ctrl-C or SIGTERM. Dropping it stops every process it started.
async fn until_interrupted(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        outcome = work => outcome,
        signal = interruption() => Err(Failure::new(signal?)),
    }
}

/// For a server, being told to end is how it ends well.
async fn served_until_interrupted(serving: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        outcome = serving => outcome,
        signal = interruption() => signal.map(drop),
    }
}

async fn interruption() -> Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome.map(|()| "interrupted").map_err(Failure::from),
        _ = terminate.recv() => Ok("terminated"),
    }
}
