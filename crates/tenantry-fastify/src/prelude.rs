//! The JavaScript that an application's isolate starts with.

use std::sync::LazyLock;

use tenantry_js::Script;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../js/", $name, ".js")))),*]
    };
}

/// Each file imports the others as `./name.js`; an isolate knows them as `prelude:fastify-name`. The last four are run, and
/// bring the rest with them.
const FILES: &[(&str, &str)] = files![
    "answer",
    "body",
    "boot",
    "context",
    "decorate",
    "errors",
    "failure",
    "head-route",
    "hooks",
    "http-errors",
    "in-flight",
    "inject",
    "instance",
    "intrinsics",
    "lifecycle",
    "limits",
    "logger",
    "media-type",
    "native-hooks",
    "natives",
    "not-found",
    "parts",
    "payload",
    "plugins",
    "provided",
    "query",
    "ready",
    "reply",
    "request",
    "responded",
    "route",
    "schema-host",
    "schemas",
    "send",
    "sensible",
    "serialization",
    "shared",
    "statuses",
    "symbols",
    "tenant",
    "thrown",
    "validation",
    "version",
    "dispatch",
    "modules",
    "files",
    "bootstrap",
];

static SCRIPTS: LazyLock<Vec<Script>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(name, source)| Script::new(format!("fastify-{name}"), named(source)))
        .collect()
});

/// The scripts, in the order in which they are run.
pub(crate) fn scripts() -> Vec<Script> {
    SCRIPTS.clone()
}

/// `from "./errors.js"` as `from "prelude:fastify-errors"`.
fn named(source: &str) -> String {
    let mut text = String::with_capacity(source.len() + 256);
    let mut rest = source;
    while let Some(at) = rest.find("from \"./") {
        let (before, after) = rest.split_at(at);
        let after = &after["from \"./".len()..];
        let end = after.find(".js\";").expect("files of the prelude import each other by name");
        text.push_str(before);
        text.push_str("from \"prelude:fastify-");
        text.push_str(&after[..end]);
        text.push_str("\";");
        rest = &after[end + ".js\";".len()..];
    }
    text.push_str(rest);
    text
}
