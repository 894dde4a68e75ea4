// What a plugin says of itself (`fastify-plugin`), and the instance it gets: one of its own that inherits from the
// instance it is registered on, unless it breaks out.

import { create, defineProperty, isAsync, isArray, keys, toJson } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { existsIn, requestHas, replyHas } from "./decorate.js";
import { VERSION, satisfies } from "./version.js";
import { copyHooks } from "./hooks.js";
import { buildRequest } from "./request.js";
import { buildReply } from "./reply.js";
import {
  kBoot, kChildren, kErrorHandlerSet, kHooks, kLogLevel, kLogSerializers, kNameChain, kParsers, kPrefix, kRegisteredPlugins,
  kReply, kRequest, kSchemas, kShared,
} from "./symbols.js";
import { arrangeNotFound } from "./not-found.js";

const kMeta = Symbol.for("plugin-meta");
const kDisplayName = Symbol.for("fastify.display-name");
const kSkipOverride = Symbol.for("skip-override");

export function pluginName(func) {
  if (func[kDisplayName]) return func[kDisplayName];
  if (func.name) return func.name;
  return String(func).split("\n", 2).map((line) => line.trim()).join(" -- ");
}

function checkDecorators(instance, meta) {
  const required = meta.decorators;
  if (!required) return;
  const by = typeof meta.name === "string" ? ` required by '${meta.name}'` : "";
  const check = (names, has, where) => {
    for (const name of names ?? []) {
      if (!has(instance, name)) throw new errorCodes.FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE(name, by, where);
    }
  };
  check(required.fastify, existsIn, "Fastify");
  check(required.reply, replyHas, "Reply");
  check(required.request, requestHas, "Request");
}

/** Checks what the plugin asks for; says whether it works on the instance it is registered on. */
function admit(instance, func) {
  const meta = func[kMeta];
  if (meta?.name) instance[kRegisteredPlugins].push(meta.name);
  if (isAsync(func) && func.length === 3) {
    throw new errorCodes.FST_ERR_PLUGIN_INVALID_ASYNC_HANDLER(meta?.name ?? pluginName(func));
  }
  if (meta) {
    if (meta.fastify != null && meta.fastify !== "" && !satisfies(VERSION, meta.fastify)) {
      throw new errorCodes.FST_ERR_PLUGIN_VERSION_MISMATCH(meta.name, meta.fastify, VERSION);
    }
    checkDecorators(instance, meta);
    if (meta.dependencies) {
      if (!isArray(meta.dependencies)) throw new TypeError("The dependencies should be an array of strings");
      for (const dependency of meta.dependencies) {
        if (!instance[kRegisteredPlugins].includes(dependency)) {
          throw new errorCodes.FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED(dependency, meta.name);
        }
      }
    }
  }
  return Boolean(func[kSkipOverride]);
}

function joinPrefix(outer, prefix) {
  if (!prefix) return outer;
  if (outer.endsWith("/") && prefix[0] === "/") return outer + prefix.slice(1);
  if (prefix[0] !== "/" && !outer.endsWith("/")) return `${outer}/${prefix}`;
  return outer + prefix;
}

/** The instance that a plugin gets. */
export function override(outer, func, options) {
  const breaksOut = admit(outer, func);
  const name = pluginName(func);
  outer[kShared].plugins.push(name);
  if (breaksOut) {
    outer[kNameChain].push(name);
    return outer;
  }
  const instance = create(outer);
  outer[kChildren].push(instance);
  instance[kChildren] = [];
  instance[kReply] = buildReply(outer[kReply]);
  instance[kRequest] = buildRequest(outer[kRequest]);
  instance[kParsers] = outer[kParsers].copy();
  instance[kHooks] = copyHooks(outer[kHooks]);
  instance[kPrefix] = joinPrefix(outer[kPrefix], options.prefix);
  instance[kLogLevel] = options.logLevel || outer[kLogLevel];
  instance[kSchemas] = outer[kSchemas].child();
  instance[kRegisteredPlugins] = outer[kRegisteredPlugins].slice();
  instance[kNameChain] = [name];
  instance[kErrorHandlerSet] = false;
  if (outer[kLogSerializers] || options.logSerializers) {
    instance[kLogSerializers] = { ...outer[kLogSerializers], ...options.logSerializers };
  }
  if (options.prefix) arrangeNotFound(instance);
  for (const hook of instance[kHooks].onRegister) hook.call(outer, instance, options);
  return instance;
}

export function hasPlugin(instance, name) {
  return instance[kRegisteredPlugins].includes(name) || instance[kNameChain].includes(name);
}

/** What there is in place of a plugin, for who wrote it. */
function found(value, exports) {
  if (value === exports) {
    if ("default" in exports) return String(exports.default);
    return keys(exports).length > 0 ? `none, but ${keys(exports).slice(0, 5).join(", ")}` : "nothing that is exported";
  }
  if (isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return `an object with ${keys(value).slice(0, 5).join(", ") || "nothing in it"}`;
  return `the ${typeof value} ${toJson(value)?.slice(0, 100) ?? String(value)}`;
}

/** The plugin of a file: `value` is its default export, or all that it exports. */
export function pluginOf(value, exports, expected = "a function") {
  if (typeof value === "function") return value;
  if (typeof value?.default === "function") return value.default;
  throw new TypeError(`no plugin: expected ${expected} as default export, found ${found(value, exports)}`);
}

/** A plugin written in Rust: it goes by what is said here alone, and by nothing that functions inherit. */
export function nativePlugin(func, name, breaksOut) {
  defineProperty(func, kSkipOverride, { __proto__: null, value: breaksOut });
  defineProperty(func, kDisplayName, { __proto__: null, value: name });
  defineProperty(func, kMeta, { __proto__: null, value: breaksOut ? { __proto__: null, name } : undefined });
  return func;
}

/** `fastify-plugin`. */
let unnamed = 0;
export function fastifyPlugin(func, options = {}) {
  if (func?.default !== undefined) func = func.default;
  if (typeof func !== "function") {
    throw new TypeError(`fastify-plugin expects a function, instead got a '${typeof func}'`);
  }
  if (typeof options === "string") options = { fastify: options };
  if (options === null || typeof options !== "object" || isArray(options)) {
    throw new TypeError("The options object should be an object");
  }
  if (options.fastify !== undefined && typeof options.fastify !== "string") {
    throw new TypeError(`fastify-plugin expects a version string, instead got '${typeof options.fastify}'`);
  }
  if (options.name && typeof options.name !== "string") {
    throw new TypeError(`fastify-plugin expects a name string, instead got '${typeof options.name}'`);
  }
  if (!options.name) {
    options = { ...options, name: `${func.name || "anonymous"}-auto-${unnamed}` };
    unnamed += 1;
  }
  func[kSkipOverride] = options.encapsulate !== true;
  func[kDisplayName] = options.name;
  func[kMeta] = options;
  func.default ??= func;
  return func;
}
