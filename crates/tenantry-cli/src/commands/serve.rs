//! `tenantry serve`: the tenants' own applications.

mod banner;

use std::io::ErrorKind;

use tenantry::config::LogFormat;
use tenantry_server::{HostConfig, MultiTenantServer, ServerError};

use crate::{
    arguments::{Global, Serve},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
    log,
};

/// `tenantry serve`
pub(super) async fn run(arguments: Serve, global: &Global, console: &Console) -> Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let mut loader = environment::loader(global);
    if let Some(folder) = arguments.tenants {
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(Failure::usage(format!("--tenants {folder}: there is no such folder")));
        }
        loader = loader.set("tenants.dir", folder);
    }
    if let Some(folder) = arguments.plugins {
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(Failure::usage(format!("--plugins {folder}: there is no such folder")));
        }
        loader = loader.set("plugins.dir", folder);
    }
    if let Some(host) = arguments.host {
        loader = loader.set("server.host", host);
    }
    if let Some(port) = arguments.port {
        loader = loader.set("server.port", u32::from(port));
    }
    let server = MultiTenantServer::builder().config(loader).hold_back_a_thread().build()?;
    start_log(server.config(), global)?;
    let running = tokio::select! {
        running = server.start() => running?,
        () = interrupts.next() => return Err(Failure::interrupted("stopped before it listened")),
    };
    let watch = if arguments.watch { Some(server.watch()?) } else { None };
    // It serves, whoever reads this.
    let ready = banner::Ready::of(&server, running, watch.is_some());
    let _ = console.answer(&ready, || ready.text());

    interrupts.next().await;
    drop(watch);
    console.remark("stopping: requests under way are answered");
    tokio::select! {
        in_time = server.stop() => Ok(if in_time { Exit::Done } else { Exit::Failed }),
        () = interrupts.next() => Err(Failure::interrupted("stopped at once")),
    }
}

fn start_log(config: &HostConfig, global: &Global) -> Result<()> {
    let level = match config.logger.level {
        "silent" => "off",
        level => level,
    };
    // What tenants log is at their own level; of the server itself a line for each request is too many.
    let default = match level {
        "info" => "info,request=warn,tenantry_web::request_id=warn",
        level => level,
    };
    let is_json = global.json || config.logger.format == LogFormat::Json;
    log::start_as(global, default, is_json)
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Config(error) => error.into(),
            ServerError::Database(error) => error.into(),
            ServerError::Listen { address, source } => {
                let what_to_do = match source.kind() {
                    ErrorKind::AddrInUse => {
                        "; something listens there: stop it, or take another port with --port (0 is any that is free)"
                    }
                    ErrorKind::PermissionDenied => {
                        "; ports below 1024 are for root: take another with --port"
                    }
                    ErrorKind::AddrNotAvailable => {
                        "; this machine has no such address: --host 0.0.0.0 is all it has"
                    }
                    _ => "",
                };
                let message = format!("cannot listen on {address}: {source}{what_to_do}");
                Self::new(Exit::Failed, "ADDRESS_UNAVAILABLE", message)
            }
            ServerError::Setup(_) => Self::new(Exit::Usage, error.code(), error.to_string()),
            _ => Self::new(Exit::Failed, error.code(), error.to_string()),
        }
    }
}
