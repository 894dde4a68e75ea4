//! Modules compiled once per process: their bytecode by name and content.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rquickjs::module::WriteOptions;
use rquickjs::{Ctx, Module, Result};
use sha2::{Digest, Sha256};

use super::loader;
use crate::Script;

/// The most that the cache holds. Beyond it, everything is dropped: what is used comes back.
const MOST: usize = 64 << 20;

#[derive(Default)]
struct Cache {
    entries: HashMap<[u8; 32], Arc<[u8]>>,
    bytes: usize,
}

static CACHE: Mutex<Option<Cache>> = Mutex::new(None);

/// The bytecode of a script, once it has been compiled. Clones are of the same script.
#[derive(Clone, Default)]
pub(crate) struct Compiled(Arc<OnceLock<Vec<u8>>>);

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Compiled").field(&self.0.get().map(Vec::len)).finish()
    }
}

/// Whose code a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Tenants,
}

/// Declares a module, from its bytecode when this process has compiled the same text before.
pub(super) fn declare<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    text: String,
    whose: Whose,
) -> Result<Module<'js>> {
    let key = key(name, &text);
    if let Some(bytecode) = cached(&key) {
        return load(ctx, &bytecode);
    }
    let (module, bytecode) = compile(ctx, name, text, whose)?;
    if let Some(bytecode) = bytecode {
        keep(key, bytecode);
    }
    Ok(module)
}

/// Declares a script of the prelude, which sees the host.
pub(super) fn script<'js>(ctx: &Ctx<'js>, name: &str, script: &Script) -> Result<Module<'js>> {
    remembered(ctx, name, script, loader::with_host)
}

/// Declares a script that does not see the host.
pub(super) fn plain_script<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    script: &Script,
) -> Result<Module<'js>> {
    remembered(ctx, name, script, ToOwned::to_owned)
}

/// A script, and all clones of it, are compiled once.
fn remembered<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    script: &Script,
    text: impl Fn(&str) -> String,
) -> Result<Module<'js>> {
    if let Some(bytecode) = script.compiled.0.get() {
        return load(ctx, bytecode);
    }
    let text = text(&script.source);
    let (module, bytecode) = compile(ctx, name, text, Whose::Ours)?;
    if let Some(bytecode) = bytecode {
        let _another_was_first = script.compiled.0.set(bytecode);
    }
    Ok(module)
}

fn load<'js>(ctx: &Ctx<'js>, bytecode: &[u8]) -> Result<Module<'js>> {
    // SAFETY: the bytes were written by `Module::write` below, by this very build of QuickJS, and nobody
    // outside this file can put any into the cache or a script.
    #[expect(unsafe_code, reason = "bytecode can be loaded only so")]
    unsafe {
        Module::load(ctx.clone(), bytecode)
    }
}

/// A module from its text, and its bytecode where it can be written.
fn compile<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    text: String,
    whose: Whose,
) -> Result<(Module<'js>, Option<Vec<u8>>)> {
    let options = options(whose, &text);
    let module = Module::declare(ctx.clone(), name, text)?;
    let bytecode = module.write(options).ok();
    Ok((module, bytecode))
}

/// What of a module is left out of its bytecode, and so of every isolate but the first that has it.
fn options(whose: Whose, text: &str) -> WriteOptions {
    // The source text is what `Function.prototype.toString` shows, and lines are what an error does: tenants'
    // code may look at its own, and must find the same the second time.
    let strip_source = whose == Whose::Ours;
    // An `import()` is resolved by the name of the file it is in.
    let strip_debug = strip_source && !text.contains("import(");
    WriteOptions { strip_source, strip_debug, ..WriteOptions::default() }
}

fn key(name: &str, text: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(name.len().to_le_bytes());
    hash.update(name);
    hash.update(text);
    hash.finalize().into()
}

fn cached(key: &[u8; 32]) -> Option<Arc<[u8]>> {
    let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.as_ref()?.entries.get(key).cloned()
}

fn keep(key: [u8; 32], bytecode: Vec<u8>) {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let cache = cache.get_or_insert_default();
    if cache.bytes + bytecode.len() > MOST {
        *cache = Cache::default();
    }
    cache.bytes += bytecode.len();
    cache.entries.insert(key, bytecode.into());
}
