//! Making the isolate and loading the application in it.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_js::{Data, Engine, Isolate, IsolateConfig, JsError, ModuleSource, TaskContext};

use super::AppConfig;
use super::host::AppHost;
use super::native::Natives;
use super::table::{NotFound, Route, Table};
use crate::files::PublicFolder;
use crate::{
    ConfigSource, LoadError, Loaded, Manifest, ModuleRef, OnError, PartError, RouteInfo, prelude,
};

/// What the bootstrap answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    router: usize,
    active: bool,
    name: String,
    config: Value,
    services: Vec<String>,
    plugins: Vec<String>,
    schemas: Vec<Option<String>>,
    errors: Vec<PartError>,
    targets: Vec<Route>,
    not_found: Vec<NotFound>,
}

pub(super) async fn load(
    engine: &Engine,
    config: AppConfig,
    context: TaskContext,
) -> Result<(Isolate, Loaded, Table), LoadError> {
    let mut broken = Vec::new();
    let (natives, told) = Natives::register(&config.natives, config.tenant.id.clone())?;
    let manifest = manifest(&config, told, &mut broken);
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
    isolate.modules = config.modules;
    isolate.host = host.clone();
    isolate.env = config.env;
    isolate.fetch = config.fetch;
    isolate.record = config.record;
    let isolate = engine.isolate(isolate).await?;
    let answer =
        isolate.run_lasting("load", vec![Data::Text(manifest.to_string())], context).await?;
    let mut report = read(&answer)?;
    report.errors.splice(0..0, broken);
    if config.on_error == OnError::Tenant && !report.errors.is_empty() {
        return Err(LoadError::Parts(report.errors));
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
        errors: report.errors,
    };
    Ok((isolate, loaded, Table::new(router, report.targets, report.not_found)))
}

fn read(answer: &Data) -> Result<Report, LoadError> {
    let text = answer.as_text().unwrap_or_default();
    serde_json::from_str(text).map_err(|error| {
        LoadError::from(JsError {
            kind: tenantry_js::JsErrorKind::Result,
            message: format!("the application was not loaded: {error}"),
            name: String::new(),
            stack: String::new(),
            location: None,
            code: None,
            status: None,
        })
    })
}

/// The manifest as the bootstrap reads it. JSON is read here, where it is known what is wrong where.
fn manifest(config: &AppConfig, natives: Vec<Value>, broken: &mut Vec<PartError>) -> Value {
    let Manifest { config: source, index, core_plugins, plugins, schemas, services, routes } =
        &config.manifest;
    let modules = &*config.modules;
    let source = match source {
        ConfigSource::None => json!({ "value": {} }),
        ConfigSource::Value(value) => json!({ "value": value }),
        ConfigSource::Module(file) if is_json(file) => {
            json!({ "value": read_json(modules, "config", file, broken).unwrap_or(json!({})) })
        }
        ConfigSource::Module(file) => json!({ "module": file }),
    };
    let schemas: Vec<Value> = schemas
        .iter()
        .filter_map(|it| {
            if !is_json(&it.module) {
                return Some(json!({ "name": it.name, "module": it.module }));
            }
            let value = read_json(modules, &format!("schema {}", it.name), &it.module, broken)?;
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

fn is_json(file: &str) -> bool {
    file.ends_with(".json")
}

fn read_json(
    modules: &dyn ModuleSource,
    part: &str,
    file: &str,
    broken: &mut Vec<PartError>,
) -> Option<Value> {
    let mut fail = |line, column, message| {
        broken.push(PartError {
            part: part.to_owned(),
            file: file.to_owned(),
            line,
            column,
            message,
        });
        None
    };
    let text = match modules.load(file) {
        Ok(module) => module.text,
        Err(error) => return fail(None, None, error.to_string()),
    };
    match serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text)) {
        Ok(value) => Some(value),
        Err(error) => fail(
            u32::try_from(error.line()).ok(),
            u32::try_from(error.column()).ok(),
            format!("no valid JSON: {error}"),
        ),
    }
}
