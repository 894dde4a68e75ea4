//! `import`: names to modules.

use std::sync::Arc;

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::{Declarations, Declared, Exports, ModuleDef};
use rquickjs::{Ctx, Error, Module, Object, Result, Value};

use super::hosted;
use super::realm::Realm;
use crate::Script;
use crate::host::HostError;
use crate::modules::{ModuleError, ModuleKind, ModuleSource};

/// Prelude scripts import this and each other; nobody else does.
pub(super) const PRELUDE: &str = "prelude:";
pub(super) const HOST: &str = "prelude:host";
/// Modules that the prelude made.
const MADE: &str = "made:";

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
        if name.starts_with(PRELUDE) {
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
        declare(ctx, name, format!("import host from \"{HOST}\";{}", script.source))
    }
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
        if Realm::with(ctx, |realm| realm.modules.borrow().contains_key(name)) {
            return Ok(format!("{MADE}{name}"));
        }
        // The prelude imports a tenant's modules from the tenant's root.
        let from = if base.starts_with(PRELUDE) { "" } else { base };
        let found = self.source.resolve(name, from).map_err(|error| throw(ctx, &error))?;
        if found.starts_with(PRELUDE) || found.starts_with(MADE) {
            let why = "it is not the tenant's";
            return Err(throw(ctx, &ModuleError::Refused { specifier: found, why }));
        }
        Ok(found)
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
        let module = self.source.load(name).map_err(|error| throw(ctx, &error))?;
        match module.kind {
            ModuleKind::Esm => declare(ctx, name, module.text),
            ModuleKind::Json => {
                let text = serde_json::to_string(&module.text).unwrap_or_default();
                declare(ctx, name, format!("export default JSON.parse({text});"))
            }
            ModuleKind::CommonJs | ModuleKind::TypeScript => Err(throw(
                ctx,
                &ModuleError::Unreadable {
                    name: name.to_owned(),
                    why: "modules of this kind are not read".to_owned(),
                },
            )),
        }
    }
}

/// Compiles a module. A syntax error says so by its code.
pub(super) fn declare<'js>(ctx: &Ctx<'js>, name: &str, text: String) -> Result<Module<'js>> {
    Module::declare(ctx.clone(), name, text).map_err(|error| {
        let Error::Exception = error else { return error };
        let thrown = ctx.catch();
        if let Some(object) = thrown.as_object()
            && object.set("code", "ERR_MODULE_SYNTAX").is_err()
        {
            let _dropped = ctx.catch();
        }
        ctx.throw(thrown)
    })
}

/// Throws a [`ModuleError`] into JavaScript.
pub(super) fn throw(ctx: &Ctx<'_>, error: &ModuleError) -> Error {
    let code = match error {
        ModuleError::NotFound { .. } => "ERR_MODULE_NOT_FOUND",
        ModuleError::Refused { .. } => "ERR_MODULE_REFUSED",
        ModuleError::Unreadable { .. } => "ERR_MODULE_UNREADABLE",
    };
    match hosted::to_exception(ctx, &HostError::new(code, error.to_string())) {
        Ok(value) => ctx.throw(value),
        Err(error) => error,
    }
}

/// A module over an object: `host.module(name, exports)`.
struct Made;

impl Made {
    fn exports<'js>(ctx: &Ctx<'js>, name: &str) -> Option<Object<'js>> {
        Realm::with(ctx, |realm| match name.strip_prefix(MADE) {
            Some(name) => realm.modules.borrow().get(name).cloned(),
            None => realm.host.borrow().clone(),
        })
    }
}

impl ModuleDef for Made {
    fn declare(decl: &Declarations<'_>) -> Result<()> {
        let module = decl.module();
        let name: String = module.name()?;
        let mut default = false;
        if name == HOST {
            decl.declare("default")?;
            return Ok(());
        }
        if let Some(exports) = Self::exports(module.ctx(), &name) {
            for key in exports.keys::<String>() {
                let key = key?;
                default |= key == "default";
                decl.declare(key)?;
            }
        }
        if !default {
            decl.declare("default")?;
        }
        Ok(())
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, exports: &Exports<'js>) -> Result<()> {
        let name: String = exports.module().name()?;
        let Some(object) = Self::exports(ctx, &name) else { return Ok(()) };
        if name == HOST {
            exports.export("default", object)?;
            return Ok(());
        }
        let mut default = false;
        for key in object.keys::<String>() {
            let key = key?;
            let value: Value<'js> = object.get(key.as_str())?;
            default |= key == "default";
            exports.export(key, value)?;
        }
        if !default {
            exports.export("default", object)?;
        }
        Ok(())
    }
}
