//! Applications in memory.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tenantry_fastify::{
    App, AppConfig, ConfigSource, LoadError, Manifest, ModuleRef, RequestInfo, TenantInfo,
};
use tenantry_js::{Engine, EngineConfig, Memory, TaskContext};

/// A manifest by the names of files.
pub(crate) fn manifest(files: &[(&str, &str)]) -> Manifest {
    let mut manifest = Manifest::default();
    for (file, _) in files {
        let name = |rest: &str| rest.split(['/', '.']).next().unwrap_or(rest).to_owned();
        match file.split_once('/') {
            None if file.starts_with("config.") => {
                manifest.config = ConfigSource::Module((*file).to_owned());
            }
            None if file.starts_with("index.") => manifest.index = Some((*file).to_owned()),
            Some((folder, rest)) => {
                let part = ModuleRef::new(name(rest), *file);
                match folder {
                    "core" => manifest.core_plugins.push(part),
                    "plugins" => manifest.plugins.push(part),
                    "schemas" => manifest.schemas.push(part),
                    "services" => manifest.services.push(part),
                    "routes" => manifest.routes.push(part),
                    _ => {}
                }
            }
            None => {}
        }
    }
    manifest
}

/// What an application of these files is loaded from.
pub(crate) fn config(files: &[(&str, &str)]) -> AppConfig {
    let mut modules = Memory::new();
    for (name, text) in files {
        modules = modules.with(*name, *text);
    }
    let mut config = AppConfig::new(TenantInfo::new("acme"));
    config.modules = Arc::new(modules);
    config.manifest = manifest(files);
    config
}

/// Nothing.
pub(crate) fn context() -> TaskContext {
    Arc::new(())
}

/// One engine for all tests of a file.
pub(crate) fn engine() -> Engine {
    Engine::new(EngineConfig::default())
}

/// The application of these files, or why there is none.
pub(crate) async fn try_load(files: &[(&str, &str)]) -> Result<App, LoadError> {
    App::load(&engine(), config(files), context()).await
}

/// The application of these files.
pub(crate) async fn load(files: &[(&str, &str)]) -> App {
    try_load(files).await.unwrap_or_else(|error| panic!("{error}"))
}

/// An application of one file of routes.
pub(crate) async fn load_routes(text: &str) -> App {
    load(&[("routes/index.mjs", text)]).await
}

/// Its answer.
pub(crate) async fn send(app: &App, request: Request<Bytes>) -> Response<Bytes> {
    let info = RequestInfo { id: "req-1".to_owned(), ..RequestInfo::default() };
    app.handle(request, info, context()).await
}

/// Its answer to a GET.
pub(crate) async fn get(app: &App, url: &str) -> Response<Bytes> {
    send(app, Request::get(url).body(Bytes::new()).expect("a request")).await
}

/// The body as text.
pub(crate) fn body(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}
