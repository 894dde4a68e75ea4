// Plugins written in Rust: their hooks, routes, decorations and schemas take their place beside those written in JavaScript.

import { create, keys, toJson } from "./intrinsics.js";
import { fastifyPlugin } from "./plugins.js";
import { Payload } from "./payload.js";
import { kHead, kLines, kRawBody } from "./symbols.js";

function bodyOf(request) {
  const body = request[kRawBody];
  if (body instanceof Payload) return body.bytes;
  return typeof body === "number" ? undefined : body;
}

/** Names of properties that native hooks have set. */
const kSet = Symbol("fastify.request.native");

function propertiesOf(request) {
  const names = request[kSet];
  const { user } = request;
  if (names === undefined && user === undefined) return "{}";
  const properties = create(null);
  if (user !== undefined) properties.user = user;
  if (names !== undefined) for (let at = 0; at < names.length; at += 1) properties[names[at]] = request[names[at]];
  return toJson(properties);
}

function ask(id, request) {
  return host.operation("native.run", id, request[kHead], request[kLines], toJson(request.params), bodyOf(request), propertiesOf(request));
}

function takeHeaders(reply, lines) {
  for (let at = 0; at + 1 < lines.length; at += 2) reply.header(lines[at], lines[at + 1]);
}

function answer(reply, told) {
  takeHeaders(reply, told.headers);
  reply.code(told.status);
  return reply.serializer((body) => body).send(told.body);
}

function hookOf(id) {
  return async (request, reply) => {
    const told = await ask(id, request);
    if (told === undefined) return undefined;
    if (told.status !== undefined) return answer(reply, told);
    takeHeaders(reply, told.headers);
    const names = keys(told.properties);
    for (let at = 0; at < names.length; at += 1) request[names[at]] = told.properties[names[at]];
    if (names.length > 0) request[kSet] = (request[kSet] ?? []).concat(names);
    return undefined;
  };
}

function fill(instance, items) {
  for (const item of items) {
    if (item.decorate !== undefined) instance.decorate(item.decorate, item.value);
    else if (item.schema !== undefined) instance.addSchema(item.schema);
    else if (item.hook !== undefined) instance.addHook(item.hook, hookOf(item.id));
    else if (item.scope !== undefined) {
      instance.register(async (inner) => fill(inner, item.scope), item.prefix === "" ? {} : { prefix: item.prefix });
    } else {
      instance.route({
        method: item.method, url: item.path, handler: async (request, reply) => answer(reply, await ask(item.id, request)),
      });
    }
  }
}

export async function registerNatives(natives, register) {
  for (const { name, items } of natives) {
    await register(`native plugin ${name}`, fastifyPlugin(async (instance) => fill(instance, items), { name }));
  }
}
