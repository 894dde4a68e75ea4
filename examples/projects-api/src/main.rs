//! The projects API as a program.
//!
//! `DATABASE_URL` says where the database is; `HOST` (127.0.0.1), `PORT` (3001; 0 is any that is
//! free) and `LOG_LEVEL` (info) may be set, too, also in a file `.env`.

use std::{env, error::Error, process::ExitCode};

use tenantry::{Config, TenantManager};
use tokio::{
    net::TcpListener,
    select,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};
use tracing::level_filters::LevelFilter;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("projects-api: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), Box<dyn Error>> {
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => return Err(format!(".env: {error}").into()),
        _ => {}
    }
    tracing_subscriber::fmt()
        .with_max_level(variable::<LevelFilter>("LOG_LEVEL", "info")?)
        .with_writer(std::io::stderr)
        .init();
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (host, port): (String, u16) = (variable("HOST", "127.0.0.1")?, variable("PORT", "3001")?);
    let tenants = TenantManager::connect(Config::load()?).await?;
    let listener = TcpListener::bind((host.as_str(), port))
        .await
        .map_err(|error| format!("cannot listen on {host}:{port}: {error}"))?;
    let mut terminate = signal(SignalKind::terminate())?;
    println!("listening on http://{}", listener.local_addr()?);
    let shutdown = async move {
        select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(projects_api::serve(tenants, listener, shutdown).await?)
}

/// A variable of the environment, or its default.
fn variable<T>(name: &str, default: &str) -> Result<T, String>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let value = env::var(name).unwrap_or_else(|_| default.to_owned());
    value.parse().map_err(|error| format!("{name}={value:?}: {error}"))
}
