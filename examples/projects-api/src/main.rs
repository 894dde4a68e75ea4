//! The projects API as a program.
//!
//! `DATABASE_URL` says where the database is; `HOST` (127.0.0.1), `PORT` (3001; 0 is any that is
//! free) and `LOG_LEVEL` (info) may be set, too, also in a file `.env`.

use std::{env, error::Error, fmt::Display, io, process::ExitCode, str::FromStr};

use tenantry::{Config, TenantManager};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use tracing::level_filters::LevelFilter;

/// Futures are made and dropped by the million: an allocator that is quick at it pays.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    use_small_pages();
    let Err(error) = start() else { return ExitCode::SUCCESS };
    eprintln!("projects-api: {error}");
    ExitCode::FAILURE
}

/// The allocator asks for pages of 2 MB, which quicken nothing here, and are in memory as a whole once a byte of them
/// is used: with 10,000 tenants, that was a third of all.
#[cfg(target_os = "linux")]
fn use_small_pages() {
    // Where it is not allowed, more memory is used.
    let _ = nix::sys::prctl::set_thp_disable(true);
}

fn start() -> Result<(), Box<dyn Error>> {
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => return Err(format!(".env: {error}").into()),
        _ => {}
    }
    let level: LevelFilter = variable("LOG_LEVEL", "info")?;
    let log = tracing_subscriber::fmt().with_writer(io::stderr);
    log.with_max_level(level).init();
    runtime()?.block_on(run())
}

/// The runtime looks for what has come in after every few tasks, and not after 61: where one tenant's clients keep
/// it busy, another's request waits for fewer of theirs.
fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().event_interval(4).build()
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (host, port): (String, u16) = (variable("HOST", "127.0.0.1")?, variable("PORT", "3001")?);
    let tenants = TenantManager::connect(Config::load()?).await?;
    let bound = TcpListener::bind((host.as_str(), port)).await;
    let listener = bound.map_err(|error| format!("cannot listen on {host}:{port}: {error}"))?;
    let shutdown = tenantry_web::shutdown_signal()?;
    println!("listening on http://{}", listener.local_addr()?);
    projects_api::serve(tenants, listener, shutdown).await;
    Ok(())
}

/// A variable of the environment, or its default.
fn variable<T: FromStr<Err: Display>>(name: &str, default: &str) -> Result<T, String> {
    let value = env::var(name).unwrap_or_else(|_| default.to_owned());
    let fault = |error| format!("{name}={value:?}: {error}");
    value.parse().map_err(fault)
}
