// Plugins written in Rust: their hooks, routes, decorations and schemas take their place beside those written in JavaScript.

import { create, jsonIfAny } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { handlerOf, hookOf } from "./native-hooks.js";
import { nativePlugin } from "./plugins.js";
import { lineOf } from "./thrown.js";
import { kShared } from "./symbols.js";

/** Items have all that is read of them as their own: what a tenant's code has put on prototypes has no say. */
function fill(instance, plugin, items) {
  for (let at = 0; at < items.length; at += 1) add(instance, plugin, items[at]);
}

function add(instance, plugin, item) {
  switch (item.kind) {
    case "decorate":
      // It is there a moment later.
      if (item.name === "tenant") throw new errorCodes.FST_ERR_DEC_ALREADY_PRESENT(item.name);
      instance.decorate(item.name, item.value);
      break;
    case "schema":
      instance.addSchema(item.schema);
      break;
    case "hook":
      instance.addHook(item.hook, hookOf(item.hook, item.id));
      break;
    case "route":
      instance.route({ method: item.method, url: item.path, handler: handlerOf(item.id) });
      break;
    default:
      addScope(instance, plugin, item.prefix, item.items);
  }
}

function addScope(instance, plugin, prefix, items) {
  const options = create(null);
  if (prefix !== "") options.prefix = prefix;
  const scope = async (inner) => fill(inner, plugin, items);
  instance.register(nativePlugin(scope, `${plugin} ${prefix}`, false), options);
}

/** Registers the plugins of these names, which are asked what they add with the tenant's configuration, all at once. None of them is
 * a part of the application that could be left out: one that fails keeps it from being loaded. */
export async function registerNatives(root, names, config) {
  if (names.length === 0) return;
  const added = host.call("native.register", jsonIfAny(config) ?? "{}");
  const shared = root[kShared];
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at];
    shared.part = { part: `native plugin ${name}`, file: "" };
    try {
      root.register(nativePlugin(async (instance) => fill(instance, name, added[at]), name, true), create(null));
      await root.after();
    } catch (error) {
      host.call("native.failed", name, lineOf(error));
      throw error;
    }
  }
  shared.part = undefined;
}
