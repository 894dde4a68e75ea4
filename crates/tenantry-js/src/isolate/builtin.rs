//! The scripts that come with every isolate: the web's globals, and `node:` modules on demand.

use std::sync::LazyLock;

use crate::Script;

/// A table of scripts from files.
macro_rules! scripts {
    ($($name:literal => $file:literal,)*) => {
        &[$(($name, include_str!(concat!("../../js/", $file)))),*]
    };
}

/// Run in this order before the prelude.
const WEB: &[(&str, &str)] = scripts! {
    "web/work" => "web/work.js",
    "web/guards" => "web/guards.js",
    "web/guards_text" => "web/guards_text.js",
    "web/guards_marks" => "web/guards_marks.js",
    "web/guards_search" => "web/guards_search.js",
    "web/guards_sort" => "web/guards_sort.js",
    "web/guards_json" => "web/guards_json.js",
    "web/inspect" => "web/inspect.js",
    "web/console" => "web/console.js",
    "web/timers" => "web/timers.js",
    "web/encoding" => "web/encoding.js",
    "web/events" => "web/events.js",
    "web/clone" => "web/clone.js",
    "web/url" => "web/url.js",
    "web/fetch" => "web/fetch.js",
    "web/crypto" => "web/crypto.js",
    "web/process" => "web/process.js",
    "web/commonjs" => "web/commonjs.js",
};

/// Loaded when something imports them.
const NODE: &[(&str, &str)] = scripts! {
    "assert" => "node/assert.js",
    "buffer" => "node/buffer.js",
    "crypto" => "node/crypto.js",
    "events" => "node/events.js",
    "path" => "node/path.js",
    "querystring" => "node/querystring.js",
    "timers" => "node/timers.js",
    "timers/promises" => "node/timers_promises.js",
    "url" => "node/url.js",
    "util" => "node/util.js",
};

/// Modules of Node's that are not there, to refuse them by name and not as a missing package.
const ABSENT: &[&str] = &[
    "assert/strict",
    "async_hooks",
    "child_process",
    "cluster",
    "console",
    "constants",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "perf_hooks",
    "process",
    "punycode",
    "readline",
    "repl",
    "sqlite",
    "stream",
    "stream/promises",
    "string_decoder",
    "sys",
    "test",
    "tls",
    "trace_events",
    "tty",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// The web's globals.
pub(super) fn web() -> impl Iterator<Item = Script> {
    static SCRIPTS: LazyLock<Vec<Script>> =
        LazyLock::new(|| WEB.iter().map(|(name, source)| Script::new(*name, *source)).collect());
    SCRIPTS.iter().cloned()
}

/// What a specifier means as a module of Node's.
pub(super) enum Node {
    /// It is there: its name with `node:`.
    There(String),
    /// Node has it, isolates have not.
    Absent,
    /// No module of Node's.
    Other,
}

/// With `node:` or, as packages write it, without.
pub(super) fn node(specifier: &str) -> Node {
    let bare = specifier.strip_prefix("node:");
    let name = bare.unwrap_or(specifier);
    if NODE.iter().any(|(known, _)| *known == name) {
        return Node::There(format!("node:{name}"));
    }
    if bare.is_some() || ABSENT.contains(&name) { Node::Absent } else { Node::Other }
}

/// The source of a module of Node's, by its name with `node:`.
pub(super) fn node_source(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("node:")?;
    NODE.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}
