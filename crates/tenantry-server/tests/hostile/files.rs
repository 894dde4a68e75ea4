//! Files, processes, threads.

use crate::world::World;

#[tokio::test]
async fn no_module_of_nodes_reaches_files_or_processes() {
    let mut world = World::handler(
        r#"for (const name of [
      "fs", "fs/promises", "child_process", "net", "http", "https", "os", "vm", "worker_threads", "cluster",
      "module", "process", "dgram", "tls", "v8", "inspector", "repl", "wasi", "sqlite",
    ]) {
      await attempt(name, () => import(name).then((module) => Object.keys(module)));
      await attempt(`node:${name}`, () => import(`node:${name}`).then((module) => Object.keys(module)));
      await attempt(`require ${name}`, () => (typeof require === "function" ? require(name) : undefined));
    }"#,
    )
    .await;
    let answer = world.get("/").await;
    let got = answer.json()["got"].clone();
    // What of them there is, is of the sandbox's own making.
    let allowed = ["process", "node:process", "require process"];
    let beyond: Vec<_> = got
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| {
            let line = line.as_str().unwrap();
            !allowed.iter().any(|name| line.starts_with(&format!("{name}:")))
        })
        .collect();
    assert!(beyond.is_empty(), "{beyond:?}");
    world.was_refused().await;
    world.finish().await;
}

#[tokio::test]
async fn no_module_of_quickjs_reaches_files_or_processes() {
    let mut world = World::handler(
        r#"for (const name of ["std", "os", "bjson", "qjs:std", "qjs:os", "qjs:bjson", "llrt:hex"]) {
      await attempt(name, () => import(name).then((module) => Object.keys(module)));
    }
    for (const name of ["std", "os", "bjson", "scriptArgs", "print", "load", "loadScript", "Worker", "Deno",
      "Bun", "gc", "__loadScript", "navigator", "host", "WebAssembly", "SharedArrayBuffer"]) {
      await attempt(name, () => globalThis[name]);
    }"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn the_process_cannot_be_ended_or_looked_into() {
    let mut world = World::handler(
        r#"for (const name of ["exit", "kill", "abort", "reallyExit", "binding", "_linkedBinding", "dlopen", "chdir",
      "setuid", "mainModule", "openStdin", "stdin", "stdout", "execve", "getBuiltinModule"]) {
      await attempt(name, () => {
        const it = process[name];
        if (typeof it === "function") it.call(process, name === "getBuiltinModule" ? "fs" : 1);
        return it === undefined || typeof it === "function" ? undefined : it;
      });
    }"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn a_stack_shows_no_path_of_the_machine() {
    let mut world = World::handler(
        r#"const error = new Error("here");
    const paths = String(error.stack).match(/\/(tmp|home|root|usr|work|target)\/[^\s)]*/g);
    if (paths) got.push(...paths);
    await attempt("prepareStackTrace", () => {
      let frames;
      Error.prepareStackTrace = (_, callSites) => { frames = callSites; return ""; };
      String(new Error("there").stack);
      Error.prepareStackTrace = undefined;
      for (const frame of frames ?? []) {
        const it = frame.getFunction?.() ?? frame.getThis?.();
        if (it !== undefined && it !== null) return it;
      }
      return undefined;
    });
    await attempt("caller", () => (function () { return arguments.callee.caller ?? undefined; })());
    await attempt("url", () => (/^(file:|\/)/.test(import.meta.url ?? "") ? import.meta.url : undefined));"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn files_to_download_are_those_of_the_tenant_alone() {
    let mut world = World::with(
        &[
            (
                "routes/index.mjs",
                r#"export default async function (fastify) {
  if (typeof fastify.register !== "function") return;
  fastify.get("/file", async (request, reply) => {
    if (typeof reply.sendFile !== "function") return reply.code(404).send({ error: "no files" });
    return reply.sendFile(request.query.path);
  });
}
"#,
            ),
            ("public/own.txt", "own"),
        ],
        |folder| {
            let public = folder.join("tenants/evil/public");
            std::os::unix::fs::symlink("/etc/passwd", public.join("passwd")).unwrap();
            std::os::unix::fs::symlink("../../good", public.join("good")).unwrap();
        },
        |builder| builder,
    )
    .await;
    for path in [
        "../../good/config.json",
        "..%2f..%2fgood/config.json",
        "/etc/passwd",
        "passwd",
        "good/config.json",
        "....//good/config.json",
        "..\\..\\good\\config.json",
        "%2e%2e/%2e%2e/good/config.json",
        "../.env",
        "own.txt%00.html",
        "../routes/index.mjs",
        ".",
    ] {
        let path: String = path.replace('%', "%25").replace('\\', "%5c");
        let answer = world.get(&format!("/file?path={path}")).await;
        assert!((400..600).contains(&answer.status), "{path}: {answer:?}");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("root:") && !body.contains("the-good-ones"), "{path}: {body}");
    }
    world.finish().await;
}
