//! `import`: names to modules.

use std::sync::Arc;

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::{Ctx, Error, Module, Object, Result, Value};

use super::builtin::{self, Node};
use super::realm::Realm;
use super::{bytecode, bytecode::Whose, commonjs, hosted, typescript};
use crate::Script;
use crate::host::HostError;
use crate::modules::{Asked, ModuleError, ModuleKind, ModuleSource};

/// Prelude scripts import this and each other; nobody else does.
pub(super) const PRELUDE: &str = "prelude:";
pub(super) const HOST: &str = "prelude:host";
/// Modules that the prelude made.
const MADE: &str = "made:";
/// Modules of Node's.
const NODE: &str = "node:";

/// The loader while the prelude runs: its scripts and `host`, nothing else.
pub(super) struct PreludeModules(pub(super) Arc<Preludes>);

/// Prelude scripts by name.
pub(super) struct Preludes(Vec<Script>);

impl Preludes {
    pub(super) fn new(scripts: &[Script]) -> Self {
        Self(scripts.to_vec())
    }
}

impl Resolver for PreludeModules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if name.starts_with(PRELUDE) || builtin::node_source(name).is_some() {
            return Ok(name.to_owned());
        }
        let (specifier, from) = (name.to_owned(), base.to_owned());
        Err(throw(ctx, &ModuleError::NotFound { specifier, from }))
    }
}

impl Loader for PreludeModules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if name == HOST {
            return Module::declare_def::<Made, _>(ctx.clone(), name);
        }
        let script = name
            .strip_prefix(PRELUDE)
            .and_then(|name| self.0.0.iter().find(|script| &*script.name == name));
        let Some(script) = script else {
            let (specifier, from) = (name.to_owned(), String::new());
            return Err(throw(ctx, &ModuleError::NotFound { specifier, from }));
        };
        bytecode::script(ctx, name, script).map_err(|error| mark_syntax(ctx, error))
    }
}

/// A trusted script's source: `host` is imported on its first line, so lines keep their numbers.
pub(super) fn with_host(source: &str) -> String {
    format!("import host from \"{HOST}\";{source}")
}

pub(super) struct Modules {
    pub(super) source: Arc<dyn ModuleSource>,
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        // Node's modules and the prelude's, in their own files, see the host.
        if base.starts_with(NODE) && name.starts_with(PRELUDE) {
            return Ok(name.to_owned());
        }
        if Realm::with(ctx, |realm| realm.modules.borrow().contains_key(name)) {
            return Ok(format!("{MADE}{name}"));
        }
        // The prelude imports a tenant's modules from the tenant's root.
        let from = if base.starts_with(PRELUDE) { "" } else { base };
        match builtin::node(name) {
            Node::There(name) => return Ok(name),
            Node::Absent => {
                return Err(throw_at(ctx, &absent(name), place(&*self.source, name, from)));
            }
            Node::Other => {}
        }
        resolved(ctx, &*self.source, Asked::Import, name, from)
    }
}

/// A tenant's module by the tenant's own source, never one of the program's.
pub(super) fn resolved(
    ctx: &Ctx<'_>,
    source: &dyn ModuleSource,
    asked: Asked,
    specifier: &str,
    from: &str,
) -> Result<String> {
    let found = match asked {
        Asked::Import => source.resolve(specifier, from),
        Asked::Require => source.resolve_required(specifier, from),
    };
    let found = found.map_err(|error| throw_at(ctx, &error, place(source, specifier, from)))?;
    if [PRELUDE, MADE, NODE].iter().any(|prefix| found.starts_with(prefix)) {
        let why = "it is not the tenant's";
        return Err(throw(ctx, &ModuleError::Refused { specifier: found, why }));
    }
    Ok(found)
}

/// A module of Node's that isolates have not.
pub(super) fn absent(specifier: &str) -> ModuleError {
    ModuleError::Refused {
        specifier: specifier.to_owned(),
        why: "this module of Node's is not available to tenants",
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if name.starts_with(MADE) || name == HOST {
            return Module::declare_def::<Made, _>(ctx.clone(), name);
        }
        if builtin::node_source(name).is_some() {
            commonjs::node(ctx, name)?;
            return Module::declare_def::<Made, _>(ctx.clone(), name);
        }
        let module = self.source.load(name).map_err(|error| throw(ctx, &error))?;
        match module.kind {
            ModuleKind::Esm => declare(ctx, name, module.text, Whose::Tenants),
            ModuleKind::Own => declare(ctx, name, module.text, Whose::Ours),
            ModuleKind::Json => over(ctx, name, json(ctx, name, &module.text)?),
            ModuleKind::CommonJs => commonjs::import(ctx, name),
            ModuleKind::TypeScript => {
                let text = typescript::strip(name, &module.text)
                    .map_err(|error| throw_syntax(ctx, name, &error))?;
                declare(ctx, name, text, Whose::Tenants)
            }
        }
    }
}

/// A JSON file's value.
pub(super) fn json<'js>(ctx: &Ctx<'js>, name: &str, text: &str) -> Result<Value<'js>> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let place = typescript::Refused {
            message: format!("JSON: {error}"),
            line: u32::try_from(error.line()).unwrap_or(0),
            column: u32::try_from(error.column()).unwrap_or(0),
        };
        return Err(throw_syntax(ctx, name, &place));
    }
    ctx.json_parse(text)
}

/// A module whose exports are those of a value that is there already.
pub(super) fn over<'js>(ctx: &Ctx<'js>, name: &str, value: Value<'js>) -> Result<Module<'js>> {
    Realm::with(ctx, |realm| realm.values.borrow_mut().insert(name.to_owned(), value));
    Module::declare_def::<Made, _>(ctx.clone(), name)
}

/// A syntax error that is not QuickJS's own.
fn throw_syntax(ctx: &Ctx<'_>, name: &str, refused: &typescript::Refused) -> Error {
    let error = HostError::new("ERR_MODULE_SYNTAX", refused.message.clone());
    let made = hosted::to_exception(ctx, &error).and_then(|value| {
        if let Some(object) = value.as_object() {
            object.set("name", "SyntaxError")?;
            object.set("stack", format!("    at {name}:{}:{}\n", refused.line, refused.column))?;
        }
        Ok(value)
    });
    match made {
        Ok(value) => ctx.throw(value),
        Err(error) => error,
    }
}

/// Compiles a module. A syntax error says so by its code.
pub(super) fn declare<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    text: String,
    whose: Whose,
) -> Result<Module<'js>> {
    bytecode::declare(ctx, name, text, whose).map_err(|error| mark_syntax(ctx, error))
}

/// Says of a pending syntax error that it is a file's. What an import below it threw is kept.
pub(super) fn mark_syntax(ctx: &Ctx<'_>, error: Error) -> Error {
    let Error::Exception = error else { return error };
    let thrown = ctx.catch();
    if let Some(object) = thrown.as_object()
        && object.is_error()
        && object.get::<_, String>("name").is_ok_and(|name| name == "SyntaxError")
        && object.set("code", "ERR_MODULE_SYNTAX").is_err()
    {
        let _dropped = ctx.catch();
    }
    ctx.throw(thrown)
}

/// Throws a [`ModuleError`] into JavaScript.
pub(super) fn throw(ctx: &Ctx<'_>, error: &ModuleError) -> Error {
    throw_at(ctx, error, None)
}

/// Where a module names another one, as a line of a stack.
fn place(source: &dyn ModuleSource, specifier: &str, from: &str) -> Option<String> {
    if from.is_empty() {
        return None;
    }
    let text = source.load(from).ok()?.text;
    let at = ['"', '\'']
        .iter()
        .filter_map(|quote| text.find(&format!("{quote}{specifier}{quote}")))
        .min()?;
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    Some(format!("    at {from}:{line}:{column}\n"))
}

fn throw_at(ctx: &Ctx<'_>, error: &ModuleError, stack: Option<String>) -> Error {
    let code = match error {
        ModuleError::NotFound { .. } => "ERR_MODULE_NOT_FOUND",
        ModuleError::Refused { .. } => "ERR_MODULE_REFUSED",
        ModuleError::Unreadable { .. } => "ERR_MODULE_UNREADABLE",
    };
    if let ModuleError::Refused { .. } = error {
        hosted::refused(ctx, &error.to_string());
    }
    let made = hosted::to_exception(ctx, &HostError::new(code, error.to_string()));
    let made = made.and_then(|value| {
        if let (Some(object), Some(stack)) = (value.as_object(), stack) {
            object.set("stack", stack)?;
        }
        Ok(value)
    });
    match made {
        Ok(value) => ctx.throw(value),
        Err(error) => error,
    }
}

/// A module over a value: the host, `host.module(name, exports)`, one of Node's, JSON, or CommonJS.
struct Made;

enum Exported<'js> {
    /// The value is the default export, and its keys are exports when it is an object.
    Default(Value<'js>),
    /// The keys are the exports, `default` among them.
    Named(Object<'js>),
}

impl Made {
    fn exports<'js>(ctx: &Ctx<'js>, name: &str) -> Exported<'js> {
        let found = Realm::with(ctx, |realm| match name.strip_prefix(MADE) {
            Some(name) => realm.modules.borrow().get(name).cloned().map(Exported::Named),
            None if name == HOST => {
                realm.host.borrow().clone().map(|host| Exported::Default(host.into_value()))
            }
            None if name.starts_with(NODE) => {
                realm.node.borrow().get(name).cloned().map(Exported::Named)
            }
            None => realm.values.borrow().get(name).cloned().map(Exported::Default),
        });
        found.unwrap_or_else(|| Exported::Default(Value::new_undefined(ctx.clone())))
    }

    /// The exports by name, `default` always among them.
    fn list<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Vec<(String, Value<'js>)>> {
        let (object, default) = match Self::exports(ctx, name) {
            Exported::Named(object) => {
                let default: Value<'js> = object.get("default")?;
                let default =
                    if default.is_undefined() { object.clone().into_value() } else { default };
                (Some(object), default)
            }
            Exported::Default(value) if name == HOST => (None, value),
            Exported::Default(value) => (value.as_object().cloned(), value),
        };
        let mut list = vec![("default".to_owned(), default)];
        if let Some(object) = object.filter(|object| !object.is_array()) {
            for key in object.keys::<String>() {
                let key = key?;
                if key != "default" {
                    let value = object.get(key.as_str())?;
                    list.push((key, value));
                }
            }
        }
        Ok(list)
    }
}

impl ModuleDef for Made {
    fn declare(decl: &Declarations<'_>) -> Result<()> {
        let name: String = decl.module().name()?;
        for (key, _) in Made::list(decl.module().ctx(), &name)? {
            decl.declare(key)?;
        }
        Ok(())
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
        let name: String = exports.module().name()?;
        for (key, value) in Made::list(ctx, &name)? {
            // A getter may have added a key since: only what was declared is exported.
            if exports.export(key, value).is_err() && ctx.has_exception() {
                let _dropped = ctx.catch();
            }
        }
        Ok(())
    }
}
