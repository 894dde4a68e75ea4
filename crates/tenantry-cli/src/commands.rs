//! The verbs.

mod adopt;
mod completion;
mod confirm;
mod correct;
mod demo;
mod failures;
mod health;
mod lint;
mod migrate;
mod rollback;
mod runs;
mod seed;
#[cfg(feature = "server")]
mod serve;
mod status;
mod tenant;

use std::time::Duration;

use tokio::runtime;

use crate::{
    arguments::{Arguments, Command},
    console::Console,
    failure::{Exit, Failure, Result},
    log,
};

/// How long threads may take to end once all is done.
const ENDING: Duration = Duration::from_secs(1);

impl Arguments {
    /// Does what was asked for.
    pub(crate) fn run(self, console: &Console) -> Result<Exit> {
        let Self { command, global } = self;
        let is_demo = matches!(command, Command::Demo(_));
        #[cfg(feature = "server")]
        let is_server = matches!(command, Command::Serve(_));
        #[cfg(not(feature = "server"))]
        let is_server = false;
        // How the server logs is in its configuration.
        if !is_server {
            log::start(&global, if is_demo { "info" } else { "warn" })?;
        }
        // A command waits for PostgreSQL most of its time; a server does not.
        let mut runtime = match is_demo || is_server {
            true => multi_thread(is_server),
            false => runtime::Builder::new_current_thread(),
        };
        let runtime = runtime
            .enable_all()
            .build()
            .map_err(|error| Failure::io("the runtime cannot be started", &error))?;
        let done = runtime.block_on(async {
            match command {
                Command::Demo(demo) => demo::run(demo, &global, console).await,
                #[cfg(feature = "server")]
                Command::Serve(serve) => serve::run(serve, &global, console).await,
                Command::Migrate(migrate) => migrate::run(*migrate, &global, console).await,
                Command::Lint(lint) => lint::run(&lint, &global, console),
                Command::Rollback(rollback) => rollback::run(rollback, &global, console).await,
                Command::Runs(runs) => runs::run(runs, &global, console).await,
                Command::Repair(repair) => correct::repair(repair, &global, console).await,
                Command::Sync(sync) => correct::sync(sync, &global, console).await,
                Command::Seed(seed) => seed::run(seed, &global, console).await,
                Command::Status(status) => status::run(&status, &global, console).await,
                Command::Adopt(adopt) => adopt::run(&adopt, &global, console).await,
                Command::Tenant(tenant) => tenant::run(tenant.verb, &global, console).await,
                Command::Health(health) => health::run(&health, &global, console).await,
                Command::Completion(completion) => completion::run(&completion, console),
            }
        });
        // A thread may be stuck in a tenant's code.
        runtime.shutdown_timeout(ENDING);
        done
    }
}

/// A thread for each processor; a server of tenants' code has one more, which it holds back until that code is stuck on the
/// others.
fn multi_thread(is_server: bool) -> runtime::Builder {
    let mut builder = runtime::Builder::new_multi_thread();
    if is_server {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        builder.worker_threads(processors + 1);
    }
    builder
}
