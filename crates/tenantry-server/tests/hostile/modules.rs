//! Imports that lead out of the tenant's folder.

use std::{fs, os::unix::fs::symlink, path::Path};

use crate::world::{World, handler};

/// Specifiers that lead to the good tenant's service, or to a file of the machine.
const OUT: &[&str] = &[
    "../good/services/Vault.mjs",
    "../../good/services/Vault.mjs",
    "../../../good/services/Vault.mjs",
    "./../../good/services/Vault.mjs",
    "./x/../../../good/services/Vault.mjs",
    "..%2f..%2fgood/services/Vault.mjs",
    "%2e%2e/%2e%2e/good/services/Vault.mjs",
    "..\\..\\good\\services\\Vault.mjs",
    "/../good/services/Vault.mjs",
    "good/services/Vault.mjs",
    "tenants/good/services/Vault.mjs",
    "#good",
    "../routes/../../good/services/Vault.mjs",
    "../routes/../../good/config.json",
    "../../good/.env",
    "/etc/passwd",
    "/etc/hostname",
    "/proc/self/environ",
    "/proc/self/mem",
    "/dev/zero",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "file:../good/config.json",
    "data:text/javascript,export default 'evil'",
    "data:application/json,{}",
    "http://127.0.0.1/x.mjs",
    "https://example.com/x.mjs",
    "//example.com/x.mjs",
    "blob:x",
    "core:good",
    "core:../good/config.json",
    "prelude:boot.js",
    "prelude:",
    "native:x",
    "../\u{0}/x",
    "~/.ssh/id_rsa",
    "",
    "..",
    "/",
    "\u{ff0e}\u{ff0e}/good/config.json",
];

#[tokio::test]
async fn no_specifier_leads_out_while_it_runs() {
    let list = serde_json::to_string(OUT).unwrap();
    let mut world = World::with(
        &[(
            "routes/index.mjs",
            &handler(&format!(
                r#"for (const specifier of {list}) {{
      await attempt(specifier, () => import(specifier).then((module) => Object.keys(module)));
      await attempt(`json ${{specifier}}`, () =>
        import(specifier, {{ with: {{ type: "json" }} }}).then((module) => JSON.stringify(module)));
    }}"#
            )),
        )],
        |_| (),
        |builder| builder,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.was_refused().await;
    world.finish().await;
}

#[tokio::test]
async fn no_specifier_leads_out_of_commonjs() {
    let list = serde_json::to_string(OUT).unwrap();
    let mut world = World::of(&[
        (
            "config.js",
            &format!(
                r#"const got = [];
for (const specifier of {list}) {{
  try {{ got.push(specifier + ": " + Object.keys(require(specifier))); }} catch {{}}
  try {{ got.push("resolved " + require.resolve(specifier)); }} catch {{}}
}}
try {{ got.push(String(module.parent?.filename ?? "").replace("undefined", "") || []); }} catch {{}}
module.exports = {{ got: got.flat() }};
"#
            ),
        ),
        (
            "routes/index.mjs",
            "export default async (f) => { f.get('/', (request) => request.tenant.config); };",
        ),
    ])
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn an_import_that_leads_out_keeps_its_tenant_out_and_is_told_with_its_place() {
    for (at, specifier) in OUT.iter().enumerate() {
        // Nothing that a string literal has an end in.
        if at % 6 != 0 {
            continue;
        }
        let specifier = serde_json::to_string(specifier).unwrap();
        let code =
            format!("\nimport * as it from {specifier};\nexport default async () => {{ it; }};\n");
        let mut world = World::of(&[("routes/index.mjs", &code)]).await;
        let answer = world.get("/").await;
        assert_eq!(
            (answer.status, answer.code()),
            (503, "TENANT_BROKEN".to_owned()),
            "{specifier}"
        );
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("routes/index.mjs"), "for the client nothing is told: {body}");
        let broken = world.stats().broken;
        assert_eq!(broken.len(), 1, "{specifier}: {broken:?}");
        assert_eq!(broken[0].file, "routes/index.mjs", "{specifier}: {broken:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn plugins_registered_by_import_stay_inside() {
    let mut world = World::of(&[(
        "routes/index.mjs",
        r#"export default async function (fastify) {
  await fastify.register(import("../../good/routes/index.mjs"));
}
"#,
    )])
    .await;
    assert_eq!(world.get("/").await.code(), "TENANT_BROKEN");
    world.finish().await;
}

fn linked(folder: &Path) {
    let evil = folder.join("tenants/evil");
    fs::create_dir_all(evil.join("routes")).unwrap();
    symlink("../../good/services/Vault.mjs", evil.join("routes/vault.mjs")).unwrap();
    symlink("../../good/config.json", evil.join("routes/config.json")).unwrap();
    symlink("../../good", evil.join("routes/good")).unwrap();
    symlink("/", evil.join("routes/root")).unwrap();
    symlink("/etc/passwd", evil.join("routes/passwd.json")).unwrap();
    symlink("loop.mjs", evil.join("routes/loop.mjs")).unwrap();
}

#[tokio::test]
async fn links_out_of_the_folder_lead_nowhere() {
    let code = handler(
        r#"for (const name of ["../lib/vault.mjs", "../lib/config.json", "../lib/good/services/Vault.mjs",
      "../lib/root/etc/passwd", "../lib/passwd.json", "../lib/loop.mjs"]) {
      await attempt(name, () => import(name).then((module) => JSON.stringify(module.default ?? Object.keys(module))));
    }"#,
    );
    let mut world = World::with(
        &[("routes/index.mjs", &code)],
        |folder| {
            linked(folder);
            let evil = folder.join("tenants/evil");
            fs::create_dir(evil.join("lib")).unwrap();
            for name in ["vault.mjs", "config.json", "good", "root", "passwd.json", "loop.mjs"] {
                fs::rename(evil.join("routes").join(name), evil.join("lib").join(name)).unwrap();
            }
        },
        |builder| builder,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn parts_that_are_links_out_of_the_folder_are_no_parts() {
    let mut world = World::with(
        &[("routes/index.mjs", &handler(""))],
        |folder| {
            let evil = folder.join("tenants/evil");
            fs::create_dir(evil.join("services")).unwrap();
            symlink("../../good/services/Vault.mjs", evil.join("services/Vault.mjs")).unwrap();
            symlink("../good/config.json", evil.join("config.json")).unwrap();
            symlink("../good/services", evil.join("schemas")).unwrap();
        },
        |builder| builder,
    )
    .await;
    let answer = world.get("/").await;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!body.contains("the-good-ones"), "{body}");
    assert_eq!(answer.code(), "TENANT_BROKEN", "{answer:?}");
    let broken = serde_json::to_string(&world.stats().broken).unwrap();
    assert!(broken.contains("config.json") && !broken.contains("the-good-ones"), "{broken}");
    world.finish().await;
}

#[tokio::test]
async fn a_tenants_folder_that_is_a_link_to_another_is_no_tenant() {
    let mut world = World::with(
        &[("routes/index.mjs", &handler(""))],
        |folder| {
            symlink("good", folder.join("tenants/twin")).unwrap();
            symlink("/etc", folder.join("tenants/etc")).unwrap();
        },
        |builder| builder,
    )
    .await;
    let answer = world.client.send("GET", "/", &[("x-tenant-id", "etc")], "").await;
    assert!(answer.status >= 400, "{answer:?}");
    world.get("/").await;
    world.finish().await;
}

#[tokio::test]
async fn files_that_never_end_or_are_none_hold_nobody_up() {
    let mut world = World::with(
        &[(
            "routes/index.mjs",
            &handler(
                r#"await attempt("big", () => import("../lib/big.mjs").then(String));
    await attempt("pipe", () => import("../lib/pipe.mjs").then(String));
    await attempt("zero", () => import("../lib/zero.mjs").then(String));
    await attempt("folder", () => import("../lib/folder.mjs").then(String));"#,
            ),
        )],
        |folder| {
            let lib = folder.join("tenants/evil/lib");
            fs::create_dir_all(lib.join("folder.mjs")).unwrap();
            let big = fs::File::create(lib.join("big.mjs")).unwrap();
            big.set_len(4 << 30).unwrap();
            let made = std::process::Command::new("mkfifo").arg(lib.join("pipe.mjs")).status();
            assert!(made.unwrap().success());
            symlink("/dev/zero", lib.join("zero.mjs")).unwrap();
        },
        |builder| builder,
    )
    .await;
    // Refused as a whole, or each where it is asked for.
    let answer = world.get("/").await;
    match answer.status {
        503 => assert_eq!(answer.code(), "TENANT_BROKEN"),
        _ => World::nothing(&answer),
    }
    world.finish().await;
}

#[tokio::test]
async fn a_part_that_is_a_pipe_keeps_its_tenant_out_and_no_more() {
    let mut world = World::with(
        &[("routes/index.mjs", &handler(""))],
        |folder| {
            let services = folder.join("tenants/evil/services");
            fs::create_dir_all(&services).unwrap();
            let made = std::process::Command::new("mkfifo").arg(services.join("Pipe.mjs")).status();
            assert!(made.unwrap().success());
        },
        |builder| builder,
    )
    .await;
    let answer = world.get("/").await;
    assert!(answer.status == 503 || answer.status == 200, "{answer:?}");
    world.finish().await;
}

#[tokio::test]
async fn modules_that_import_each_other_without_end_come_to_one() {
    let mut world = World::of(&[
        ("routes/index.mjs", "import { a } from '../lib/a.mjs'; export default async (f) => { f.get('/', () => ({ got: a() })); };"),
        ("lib/a.mjs", "import { b } from './b.mjs'; export const a = () => b();"),
        ("lib/b.mjs", "import { a } from './a.mjs'; export const b = () => (typeof a === 'function' ? [] : [1]);"),
    ])
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}
