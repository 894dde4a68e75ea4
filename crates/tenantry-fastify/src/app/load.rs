//! Making the isolate and loading the application in it.

mod json_file;
mod report;

use std::sync::Arc;

use serde_json::{Value, json};
use tenantry_js::{Data, Engine, Isolate, IsolateConfig, TaskContext};

use self::json_file::is_json;
use super::AppConfig;
use super::host::AppHost;
use super::native::Natives;
use super::table::Table;
use crate::files::PublicFolder;
use crate::{
    ConfigSource, LoadError, Loaded, Manifest, ModuleRef, OnError, PartError, RouteInfo, prelude,
};

pub(super) async fn load(
    engine: &Engine,
    config: AppConfig,
    context: TaskContext,
) -> Result<(Isolate, Arc<AppHost>, Loaded, Table), LoadError> {
    let mut broken = Vec::new();
    let mut natives =
        Natives::new(&config.natives, config.tenant.id.clone(), config.extensions.clone())?;
    let manifest = manifest(&config, natives.names(), &mut broken);
    natives.goes_by(manifest["config"].get("value").cloned());
    if config.on_error == OnError::Tenant && !broken.is_empty() {
        return Err(LoadError::Parts(broken));
    }
    let public = config.public.map(|root| PublicFolder::new(root, config.response_limit));
    let host = Arc::new(AppHost::new(config.host, natives, public));
    let mut scripts = prelude::scripts();
    scripts.extend(config.prelude);
    let mut isolate = IsolateConfig::new(config.name);
    isolate.limits = config.limits;
    isolate.loading = config.loading;
    isolate.prelude = scripts;
    isolate.modules = Arc::clone(&config.modules);
    isolate.host = host.clone();
    isolate.env = config.env;
    isolate.fetch = config.fetch;
    isolate.record = config.record;
    let isolate = engine.isolate(isolate).await?;
    let answer = isolate.run_lasting("load", vec![Data::Text(manifest.to_string())], context).await;
    if let Some(error) = host.native_failure() {
        return Err(error);
    }
    let (report, told) = report::read(answer?, config.modules).await?;
    broken.extend(told);
    if config.on_error == OnError::Tenant && !broken.is_empty() {
        return Err(LoadError::Parts(broken));
    }
    isolate.loaded();
    let router = host.router(report.router).unwrap_or_default();
    let routes = router
        .added()
        .iter()
        .map(|route| RouteInfo { method: route.method.clone(), path: route.path.clone() })
        .collect();
    let loaded = Loaded {
        active: report.active,
        name: report.name,
        config: report.config,
        routes,
        services: report.services,
        plugins: report.plugins,
        schemas: report.schemas.into_iter().flatten().collect(),
        errors: broken,
    };
    Ok((isolate, host, loaded, Table::new(router, report.targets, report.not_found)))
}

/// The manifest as the bootstrap reads it. JSON is read here, where it is known what is wrong where.
fn manifest(config: &AppConfig, natives: Vec<String>, broken: &mut Vec<PartError>) -> Value {
    let Manifest { config: source, index, core_plugins, plugins, schemas, services, routes } =
        &config.manifest;
    let modules = &*config.modules;
    let mut left = json_file::MOST_IN_ALL;
    let mut read = |part: &str, file: &str| json_file::read(modules, part, file, &mut left, broken);
    let source = match source {
        ConfigSource::None => json!({ "value": {} }),
        ConfigSource::Value(value) => json!({ "value": value }),
        ConfigSource::Module(file) if is_json(file) => {
            json!({ "value": read("config", file).unwrap_or(json!({})) })
        }
        ConfigSource::Module(file) => json!({ "module": file }),
    };
    let schemas: Vec<Value> = schemas
        .iter()
        .filter_map(|it| {
            if !is_json(&it.module) {
                return Some(json!({ "name": it.name, "module": it.module }));
            }
            let value = read(&format!("schema {}", it.name), &it.module)?;
            Some(json!({ "name": it.name, "module": it.module, "value": value }))
        })
        .collect();
    json!({
        "tenant": { "id": &*config.tenant.id, "more": config.tenant.more },
        "config": source,
        "index": index,
        "corePlugins": parts(core_plugins),
        "plugins": parts(plugins),
        "schemas": schemas,
        "services": parts(services),
        "routes": parts(routes),
        "natives": natives,
        "options": config.options,
        "onError": match config.on_error { OnError::Tenant => "tenant", OnError::Part => "part" },
        "logLevel": config.log_level.as_str(),
        "responseLimit": config.response_limit,
    })
}

fn parts(list: &[ModuleRef]) -> Vec<Value> {
    list.iter()
        .map(|it| json!({ "name": it.name, "module": it.module, "options": it.options }))
        .collect()
}
