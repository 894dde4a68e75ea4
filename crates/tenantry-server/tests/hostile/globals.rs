//! Prototype pollution, and ways out of the sandbox by the language itself.

use crate::world::{World, handler};

#[tokio::test]
async fn a_polluted_prototype_stays_with_who_polluted_it() {
    let mut world = World::handler(
        r#"globalThis.evil = true;
    Object.prototype.polluted = "evil";
    Array.prototype.map = Array.prototype.concat = () => { throw new Error("polluted"); };
    String.prototype.slice = String.prototype.split = () => "evil";
    Function.prototype.call = Function.prototype.apply = () => "evil";
    JSON.stringify = JSON.parse = () => "evil";
    Promise.prototype.then = () => "evil";
    globalThis.Promise = globalThis.Object = globalThis.Map = undefined;
    reply.send({ got: [] });"#,
    )
    .await;
    for _ in 0..3 {
        // Its own requests may fail; nobody else's do.
        world.get("/").await;
    }
    world.finish().await;
}

#[tokio::test]
async fn pollution_at_load_leads_to_no_more_than_ones_own_harm() {
    let mut world = World::of(&[
        (
            "plugins/a/index.mjs",
            r#"for (const key of ["get", "set", "value", "enumerable", "then", "code", "statusCode", "toJSON", "schema"]) {
  try { Object.defineProperty(Object.prototype, key, { configurable: true, get() { return "evil"; }, set() {} }); } catch {}
}
export default async function () {}
"#,
        ),
        ("routes/index.mjs", &handler("")),
    ])
    .await;
    world.get("/").await;
    world.finish().await;
}

#[tokio::test]
async fn hooked_intrinsics_catch_nothing_of_the_hosts() {
    let mut world = World::handler(
        r#"const suspicious = (value) => value !== null && (typeof value === "object" || typeof value === "function")
      && typeof value.operation === "function" && typeof value.call === "function" && value !== Function.prototype
      && Object.getPrototypeOf(value) !== Function.prototype;
    const note = (values) => { for (const value of values) if (suspicious(value)) got.push("the host"); };
    for (const owner of [Array.prototype, Map.prototype, Promise, Promise.prototype, Object, Reflect, JSON, String.prototype,
      Function.prototype, Symbol.prototype, RegExp.prototype]) {
      for (const key of Object.getOwnPropertyNames(owner)) {
        const before = Object.getOwnPropertyDescriptor(owner, key);
        if (typeof before.value !== "function" || key === "constructor" || !before.configurable) continue;
        const original = before.value;
        const call = Reflect.apply;
        Object.defineProperty(owner, key, {
          ...before,
          value: function (...args) { try { note([this, ...args]); } catch {} return call(original, this, args); },
        });
      }
    }
    await fetch("http://127.0.0.1:1/").catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
    request.log.info({ a: 1 }, "hello");
    console.log("hello");
    try { structuredClone({ a: [1] }); } catch {}
    reply.header("x-a", "1");
    try { request.tenant.getService("none"); } catch {}"#,
    )
    .await;
    let answer = world.get("/").await;
    if answer.status == 200 {
        World::nothing(&answer);
    }
    world.finish().await;
}

#[tokio::test]
async fn nothing_that_can_be_reached_is_the_host() {
    let mut world = World::handler(
        r#"const seen = new Set();
    const queue = [["globalThis", globalThis], ["fastify", fastify], ["request", request], ["reply", reply],
      ["log", request.log], ["tenant", request.tenant], ["error", new Error("x")], ["async", (async () => {})()],
      ["generator", (function* () {})()], ["symbol", Symbol.prototype]];
    while (queue.length > 0 && seen.size < 50000) {
      const [path, value] = queue.shift();
      if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
      seen.add(value);
      let descriptors;
      try { descriptors = Object.getOwnPropertyDescriptors(value); } catch { continue; }
      const own = (key) => typeof descriptors[key]?.value === "function";
      if (own("operation") && (own("call") || own("register"))) got.push(path);
      if (path.length > 300) continue;
      for (const key of Reflect.ownKeys(descriptors)) {
        const { value: inner, get } = descriptors[key];
        const next = `${path}.${String(key)}`;
        if (inner !== undefined) queue.push([next, inner]);
        if (get) {
          queue.push([`${next}#get`, get]);
          try { queue.push([next, value[key]]); } catch {}
        }
      }
      try { queue.push([`${path}.__proto__`, Object.getPrototypeOf(value)]); } catch {}
    }
    if (seen.size < 500) got.push(`only ${seen.size} looked at`);"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn code_made_at_run_time_is_in_the_same_sandbox() {
    let mut world = World::handler(
        r#"const names = ["host", "std", "os", "require", "module", "exports", "__dirname", "__filename", "treasure"];
    const makers = {
      Function: (code) => new Function(`return ${code}`)(),
      eval: (code) => (0, eval)(code),
      constructor: (code) => (async () => {}).constructor(`return ${code}`)(),
      generator: (code) => (function* () {}).constructor(`return ${code}`)().next().value,
      globalThis: (code) => reply.send.constructor(`return ${code}`)(),
      native: (code) => setTimeout.constructor(`return ${code}`)(),
    };
    for (const [maker, make] of Object.entries(makers)) {
      for (const name of names) {
        await attempt(`${maker} ${name}`, () => make(`typeof ${name} === "undefined" ? undefined : ${name}`));
      }
      await attempt(`${maker} import`, () => make(`import("../good/services/Vault.mjs").then(String)`));
      await attempt(`${maker} etc`, () => make(`import("/etc/passwd").then(String)`));
    }"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}

#[tokio::test]
async fn what_the_host_gives_cannot_be_replaced_for_others() {
    let mut world = World::handler(
        r#"for (const name of ["id", "config", "services", "getService", "listServices"]) {
      await attempt(`tenant.${name}`, () => {
        const before = request.tenant[name];
        request.tenant[name] = "good";
        return request.tenant[name] === before ? undefined : "changed";
      });
    }
    await attempt("tenantId", () => { request.tenantId = "good"; return undefined; });
    await attempt("delete", () => delete request.tenant.id ? "deleted" : undefined);"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    let answer = world.client.send("GET", "/?n=7", &[("x-tenant-id", "good")], "").await;
    assert_eq!(answer.json()["tenant"], "good");
    world.finish().await;
}

#[tokio::test]
async fn buffers_and_typed_arrays_show_nobodys_memory() {
    let mut world = World::handler(
        r#"for (const make of [
      () => new Uint8Array(65536), () => new Uint8Array(new ArrayBuffer(65536)),
      () => new ArrayBuffer(16, { maxByteLength: 65536 }), () => Buffer.allocUnsafe(65536),
    ]) {
      await attempt("memory", () => {
        let bytes = make();
        if (bytes instanceof ArrayBuffer) { bytes.resize(65536); bytes = new Uint8Array(bytes); }
        return bytes.some((byte) => byte !== 0) ? "not empty" : undefined;
      });
    }
    await attempt("out of bounds", () => {
      const buffer = new ArrayBuffer(16, { maxByteLength: 1024 });
      const view = new Uint8Array(buffer, 8);
      const array = [1, 2, 3, 4];
      view.fill({ valueOf() { buffer.resize(8); return 1; } }, 0, 8);
      array.fill(0, 0, { valueOf() { array.length = 0; return 4; } });
      array.sort(() => { array.length = 0; return 0; });
      "a".replace(/a/, () => { buffer.resize(0); return "b"; });
      return view[100];
    });"#,
    )
    .await;
    World::nothing(&world.get("/").await);
    world.finish().await;
}
