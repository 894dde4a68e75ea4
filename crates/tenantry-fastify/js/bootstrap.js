// A tenant's application from its manifest: configuration, index, core plugins, plugins, schemas, services, routes.

import { defineProperty, isArray, jsonIfAny, parseJson, toJson } from "./intrinsics.js";
import { fastify } from "./instance.js";
import { Parts, importDefault } from "./parts.js";
import { pluginOf } from "./plugins.js";
import { makeService, makeTenant } from "./tenant.js";
import { provided } from "./provided.js";
import { Request } from "./request.js";
import { contexts } from "./shared.js";
import { limits } from "./limits.js";
import { logging } from "./logger.js";
import { close, listening, ready } from "./ready.js";
import { registerNatives } from "./natives.js";
import { kBoot, kShared } from "./symbols.js";

let root;

async function configOf(manifest, parts) {
  if (manifest.config.module === undefined) return manifest.config.value ?? {};
  const file = manifest.config.module;
  const config = await parts.attempt("config", file, async () => {
    let { value } = await importDefault(file);
    if (typeof value === "function") value = await value();
    if (value === null || typeof value !== "object") throw new TypeError(`the configuration is ${typeof value}, expected an object`);
    return value;
  });
  return config ?? {};
}

/** With what the index exports as `config`, where the tenant's own configuration says nothing else: a package's defaults. */
async function withDefaults(config, file) {
  if (!file) return config;
  let exported;
  try {
    const { value, module } = await importDefault(file);
    exported = module.config ?? (typeof value === "object" ? value?.config : undefined);
  } catch {
    // What is wrong with it is told when it is registered.
  }
  return exported !== null && typeof exported === "object" ? { ...exported, ...config } : config;
}

/** Registers and waits; what a broken part has added is taken back. */
async function register(parts, part, file, plugin, options) {
  const shared = root[kShared];
  const boot = root[kBoot];
  const before = contexts.length;
  const pending = boot.preReady.length;
  shared.part = { part, file };
  try {
    root.register(plugin, options);
    await root.after();
  } catch (error) {
    parts.failed(part, file, error);
    boot.error = null;
    boot.preReady.length = pending;
    for (let index = before; index < contexts.length; index += 1) shared.forget(index);
    shared.notFound = shared.notFound.filter(({ context }) => context.index < before);
  } finally {
    shared.part = undefined;
  }
}

async function loadPlugins(list, kind, parts, given) {
  for (const { name, module, options } of list) {
    const loaded = await parts.attempt(`${kind} ${name}`, module, async () => {
      const { value, module: exports } = await importDefault(module);
      return { plugin: pluginOf(value, exports), config: exports.config ?? exports.options };
    });
    if (loaded === undefined) continue;
    const own = loaded.config !== null && typeof loaded.config === "object" ? loaded.config : {};
    await register(parts, `${kind} ${name}`, module, loaded.plugin, { ...own, ...options, ...given });
  }
}

async function loadIndex(manifest, parts, tenant, given) {
  const file = manifest.index;
  if (!file) return;
  const loaded = await parts.attempt("index", file, () => importDefault(file));
  if (loaded === undefined) return;
  const { value, module } = loaded;
  const name = typeof value === "string" ? value : value?.name;
  if (typeof module.name === "string") tenant.name = module.name;
  else if (typeof value !== "function" && typeof name === "string") tenant.name = name;
  if (typeof value === "function") {
    // For the whole application, as if it were written here.
    value[Symbol.for("skip-override")] ??= true;
    await register(parts, "index", file, value, given);
  }
}

async function loadSchemas(manifest, parts, found) {
  for (const { name, module, value } of manifest.schemas) {
    await parts.attempt(`schema ${name}`, module, async () => {
      const exported = value ?? (await importDefault(module)).value;
      for (const schema of schemasOf(exported, name)) {
        root.addSchema(schema);
        found.push(schema.$id);
      }
    });
  }
}

function schemasOf(exported, name) {
  if (exported === null || typeof exported !== "object") throw new TypeError("a schema is an object");
  if (isArray(exported)) return exported;
  const many = Object.values(exported);
  if (exported.$id === undefined && many.length > 0 && many.every((one) => one !== null && typeof one === "object" && one.$id)) return many;
  return [exported.$id === undefined ? { ...exported, $id: name } : exported];
}

async function loadServices(manifest, parts, tenant) {
  for (const { name, module } of manifest.services) {
    await parts.attempt(`service ${name}`, module, async () => {
      const { value } = await importDefault(module);
      tenant.services[name] = await makeService(value, tenant.db, { ...tenant.config, id: tenant.id });
    });
  }
}

function routePlugin(value) {
  if (typeof value === "function") return value;
  const list = isArray(value) ? value : [value];
  if (list.every((one) => one !== null && typeof one === "object" && (one.url ?? one.path) !== undefined)) {
    return async (instance) => {
      for (const one of list) instance.route(one);
    };
  }
  return undefined;
}

async function loadRoutes(manifest, parts, given) {
  for (const { name, module, options } of manifest.routes) {
    const loaded = await parts.attempt(`routes ${name}`, module, async () => {
      const { value, module: exports } = await importDefault(module);
      const plugin = routePlugin(value) ?? pluginOf(value, exports, "a function, or routes with url and handler,");
      return { plugin, prefix: exports.prefix ?? exports.autoPrefix };
    });
    if (loaded === undefined) continue;
    const prefix = typeof loaded.prefix === "string" ? { prefix: loaded.prefix } : {};
    await register(parts, `routes ${name}`, module, loaded.plugin, { ...prefix, ...options, ...given });
  }
}

/** What the edge needs to know of a route. */
function describe(context) {
  const { takesBody, mostBody, isWatched, isPlain } = context;
  // What `onResponse` hooks of a request that is gone wait for is let go of.
  return { body: takesBody !== false, limit: mostBody, watched: isWatched || !isPlain };
}

async function load(text) {
  const manifest = JSON.parse(text);
  limits.response = manifest.responseLimit;
  logging.level = manifest.logLevel;
  const parts = new Parts(manifest.onError);
  const own = await configOf(manifest, parts);

  root = fastify(manifest.options);
  root[kShared].brokenRoute = (part, error) => parts.failed(part?.part ?? "routes", part?.file ?? "", error);
  for (const name of Object.keys(provided)) if (!(name in root)) root.decorate(name, provided[name]);
  // Before any code of the tenant's but a configuration that is code: with what Rust has read, as Rust has read it.
  await registerNatives(root, manifest.natives, own);

  const config = await withDefaults(own, manifest.index);
  const { active } = config;
  if (active !== undefined && typeof active !== "boolean") {
    parts.failed("config", manifest.config.module ?? "", new TypeError(`active is ${toJson(active)}: expected true or false`));
  }
  const tenant = makeTenant(manifest.tenant, config, provided);
  defineProperty(Request.prototype, "tenant", { get: () => tenant, configurable: true });
  defineProperty(Request.prototype, "tenantId", { get: () => tenant.id, configurable: true });
  root.decorate("tenant", tenant);
  const given = { tenant, config };

  await loadIndex(manifest, parts, tenant, given);
  await loadPlugins(manifest.corePlugins, "core plugin", parts, given);
  await loadPlugins(manifest.plugins, "plugin", parts, given);
  // A plugin may be what gives `db`.
  if (tenant.db === undefined && root.db !== undefined) tenant.db = root.db;
  const schemas = [];
  await loadSchemas(manifest, parts, schemas);
  await loadServices(manifest, parts, tenant);
  await loadRoutes(manifest, parts, given);
  const isKeptOut = parts.keepsOut && parts.errors.length > 0;
  if (!isKeptOut) await parts.attempt("application", "", () => ready(root));
  return toJson({
    router: root[kShared].router,
    active: tenant.active,
    name: String(tenant.name),
    config: parseJson(jsonIfAny(config) ?? "{}"),
    services: tenant.listServices(),
    plugins: root[kShared].plugins,
    schemas,
    errors: parts.errors,
    targets: contexts.map((context) => describe(context)),
    notFound: isKeptOut ? [] : root[kShared].notFound.map(({ prefix, context }) => ({
      prefix, target: context.index, plain: isPlainNotFound(context),
    })),
  });
}

/** Whether Fastify's own answer is all there is to it, so that nobody need be asked. */
function isPlainNotFound(context) {
  const names = [
    "onRequest", "preParsing", "preValidation", "preHandler", "preSerialization", "onSend", "onResponse", "onError",
  ];
  return !context.isCustom && names.every((name) => context[name] === null);
}

host.register("load", load);
host.register("listening", () => listening(root));
host.register("close", () => close(root));
