//! The core plugins that come built in: `logger`, `exception`, `request`, `cookie`, `auth`, `static`.
//!
//! Each is a folder of ES modules written for Fastify. They are known to a module source as `core:<name>/index.mjs`, so that a
//! folder of the same name can take a plugin's place: then its module is named in the manifest instead.

use tenantry_js::{Memory, ModuleKind};

use crate::ModuleRef;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("core:", $name), include_str!(concat!("../plugins/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "auth/combine.mjs",
    "auth/index.mjs",
    "auth/token.mjs",
    "cookie/cookies.mjs",
    "cookie/index.mjs",
    "cookie/signer.mjs",
    "exception/index.mjs",
    "logger/index.mjs",
    "request/index.mjs",
    "static/index.mjs",
];

/// Their names, in the order in which they are best registered.
pub const NAMES: [&str; 6] = ["logger", "exception", "request", "cookie", "auth", "static"];

/// The modules of all built-in plugins, to be put before or after a tenant's own by [`tenantry_js::Overlay`].
#[must_use]
pub fn modules() -> Memory {
    FILES
        .iter()
        .fold(Memory::new(), |memory, (name, text)| memory.with_kind(*name, *text, ModuleKind::Own))
}

/// The built-in plugin of a name, for [`Manifest::core_plugins`](crate::Manifest::core_plugins); `None` where there is none.
#[must_use]
pub fn built_in(name: &str) -> Option<ModuleRef> {
    NAMES.contains(&name).then(|| ModuleRef::new(name, format!("core:{name}/index.mjs")))
}
