//! What `require` needs of the host: names, texts, functions.

use rquickjs::{Ctx, Exception, Function, Module, Object, Result, Value};

use super::builtin::{self, Node};
use super::bytecode::Whose;
use super::eval;
use super::loader;
use super::realm::Realm;
use crate::modules::{Asked, ModuleError, ModuleKind};

/// Puts the functions into `host.native`.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    native.set("resolveModule", Function::new(ctx.clone(), resolve)?)?;
    native.set("loadCommonJs", Function::new(ctx.clone(), load)?)?;
    native.set("builtin", Function::new(ctx.clone(), builtin)?)?;
    Ok(())
}

fn resolve(ctx: Ctx<'_>, specifier: String, from: String) -> Result<String> {
    let source = Realm::with(&ctx, |realm| realm.shared.modules.clone());
    if let Node::There(name) = builtin::node(&specifier) {
        return Ok(name);
    }
    loader::resolved(&ctx, &*source, Asked::Require, &specifier, &from)
}

/// A module of the prelude's or of Node's, for `require`: its default export, or its namespace.
fn builtin<'js>(ctx: Ctx<'js>, specifier: String) -> Result<Value<'js>> {
    let made = Realm::with(&ctx, |realm| realm.modules.borrow().get(&specifier).cloned());
    if let Some(made) = made {
        let default: Value<'js> = made.get("default")?;
        return Ok(if default.is_undefined() { made.into_value() } else { default });
    }
    match builtin::node(&specifier) {
        Node::Other => Ok(Value::new_undefined(ctx)),
        Node::Absent => Err(loader::throw(&ctx, &loader::absent(&specifier))),
        Node::There(name) => node(&ctx, &name)?.get("default"),
    }
}

/// The namespace of a module of Node's. It is evaluated when it is first asked for, by `import`, by
/// `require` or by a global of its, and once.
pub(super) fn node<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Object<'js>> {
    let known = Realm::with(ctx, |realm| realm.node.borrow().get(name).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let source = builtin::node_source(name).unwrap_or_default();
    // Under a name of its own: what is imported by `name` is a module over this one.
    let own = format!("{name}:source");
    let module = loader::declare(ctx, &own, loader::with_host(source), Whose::Ours)?;
    let (module, promise) = module.eval()?;
    promise.finish::<()>()?;
    let namespace = module.namespace()?;
    Realm::with(ctx, |realm| realm.node.borrow_mut().insert(name.to_owned(), namespace.clone()));
    Ok(namespace)
}

/// The function of a CommonJS file, or the value of a JSON file.
fn load<'js>(ctx: Ctx<'js>, name: String) -> Result<Object<'js>> {
    let source = Realm::with(&ctx, |realm| realm.shared.modules.clone());
    let module = source.load(&name).map_err(|error| loader::throw(&ctx, &error))?;
    let loaded = Object::new(ctx.clone())?;
    match module.kind {
        ModuleKind::Json => {
            loaded.set("kind", "value")?;
            loaded.set("value", loader::json(&ctx, &name, &module.text)?)?;
        }
        ModuleKind::CommonJs => {
            loaded.set("kind", "function")?;
            loaded.set("run", function(&ctx, &name, &module.text)?)?;
        }
        ModuleKind::Esm | ModuleKind::TypeScript | ModuleKind::Own => {
            let error = ModuleError::Unreadable {
                name,
                why: "it is an ES module, and require() reads CommonJS: import it".to_owned(),
            };
            return Err(loader::throw(&ctx, &error));
        }
    }
    Ok(loaded)
}

/// A file as a function of `exports, require, module, __filename, __dirname`.
fn function<'js>(ctx: &Ctx<'js>, name: &str, text: &str) -> Result<Function<'js>> {
    let text = text.strip_prefix("#!").map_or_else(|| text.to_owned(), |rest| format!("//{rest}"));
    // On two lines before the file's first, so that its places are what they are.
    let code =
        format!("(function (exports, require,\nmodule, __filename, __dirname) {{\n{text}\n}})");
    let value = eval::two_lines_before(ctx, name, code);
    value.and_then(|value| value.get()).map_err(|error| loader::mark_syntax(ctx, error))
}

/// A CommonJS module that an ES module imports: it runs now, and its exports are read from what
/// it left.
pub(super) fn import<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Module<'js>> {
    let load = Realm::with(ctx, |realm| realm.functions.borrow().get("#commonjs").cloned());
    let Some(load) = load else {
        return Err(Exception::throw_message(ctx, "CommonJS is not ready"));
    };
    let exports: Value<'js> = load.call((name,))?;
    loader::over(ctx, name, exports)
}
