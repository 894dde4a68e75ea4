//! Modules compiled once per process: their bytecode by name and content.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rquickjs::module::WriteOptions;
use rquickjs::{Ctx, Module, Result};
use sha2::{Digest, Sha256};

/// The most that the cache holds. Beyond it, everything is dropped: what is used comes back.
const MOST: usize = 64 << 20;

#[derive(Default)]
struct Cache {
    entries: HashMap<[u8; 32], Arc<[u8]>>,
    bytes: usize,
}

static CACHE: Mutex<Option<Cache>> = Mutex::new(None);

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
    let known = cached(&key);
    if let Some(bytecode) = known {
        // SAFETY: the bytes were written by `Module::write` below, by this very build of QuickJS,
        // and nobody outside this file can put any into the cache.
        #[expect(unsafe_code, reason = "bytecode can be loaded only so")]
        let module = unsafe { Module::load(ctx.clone(), &bytecode) };
        return module;
    }
    let options = options(whose, &text);
    let module = Module::declare(ctx.clone(), name, text)?;
    if let Ok(bytecode) = module.write(options) {
        keep(key, bytecode);
    }
    Ok(module)
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
