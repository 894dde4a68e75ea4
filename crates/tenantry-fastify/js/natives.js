// Plugins written in Rust: their hooks, routes, decorations and schemas take their place beside those written in JavaScript.

import { create, isArray, keys, toJson } from "./intrinsics.js";
import { fastifyPlugin } from "./plugins.js";
import { Payload } from "./payload.js";
import { headersOf } from "./send.js";
import { kHead, kLines, kRawBody, kStatus } from "./symbols.js";

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

/** Runs a native function; the last three are what a kind of hook gets beside the request. */
function ask(id, request, body, first, second, third) {
  const { params } = request;
  return host.operation(
    "native.run", id, request[kHead], request[kLines], toJson(params), body, propertiesOf(request), first, second, third,
  );
}

function takeHeaders(reply, lines) {
  for (let at = 0; at + 1 < lines.length; at += 2) reply.header(lines[at], lines[at + 1]);
}

function answer(reply, told) {
  takeHeaders(reply, told.headers);
  reply.code(told.status);
  return reply.serializer((body) => body).send(told.body);
}

/** A hook before the handler, or after the answer. */
function requestHook(id, hasBody) {
  return async (request, reply) => {
    const told = await ask(id, request, hasBody ? bodyOf(request) : undefined);
    if (told === undefined) return undefined;
    if (told.status !== undefined) return answer(reply, told);
    takeHeaders(reply, told.headers);
    const names = keys(told.properties);
    for (let at = 0; at < names.length; at += 1) request[names[at]] = told.properties[names[at]];
    if (names.length > 0) request[kSet] = (request[kSet] ?? []).concat(names);
    return undefined;
  };
}

/** What is no JSON has nothing that could be shown, and stays what it is. */
function payloadHook(id) {
  return async (request, _reply, payload) => {
    const text = toJson(payload);
    return text === undefined ? undefined : ask(id, request, undefined, text);
  };
}

/** Undefined for a value that cannot be read. */
function textOf(value) {
  try {
    return String(value);
  } catch {
    return undefined;
  }
}

/** What tells whoever serves the application of an error that nobody has handled: none of the answer's. */
const MARK = "x-tenantry-failed";

/** Names and values in turns. */
function listOf(headers) {
  const list = [];
  for (const name in headers) {
    if (name === MARK) continue;
    const value = headers[name];
    const values = isArray(value) ? value : [value];
    for (let at = 0; at < values.length; at += 1) {
      const text = values[at] === undefined ? undefined : textOf(values[at]);
      if (text !== undefined) list.push(name, text);
    }
  }
  return list;
}

/** Text or bytes; undefined for a stream. */
function wholeOf(payload) {
  if (payload === undefined || payload === null) return "";
  return typeof payload === "string" || payload.buffer instanceof ArrayBuffer ? payload : undefined;
}

/** Names, each with a list of its values after it, which is empty for a header that is gone. */
function change(headers, changed) {
  for (let at = 0; at + 1 < changed.length; at += 2) {
    const values = changed[at + 1];
    if (values.length === 0) delete headers[changed[at]];
    else headers[changed[at]] = values.length === 1 ? values[0] : values;
  }
}

function sendHook(id) {
  return async (request, reply, payload) => {
    const told = await ask(id, request, undefined, reply[kStatus], listOf(headersOf(reply)), wholeOf(payload));
    if (told === undefined) return undefined;
    if (told.status !== undefined) reply.code(told.status);
    if (told.headers !== undefined) change(headersOf(reply), told.headers);
    return told.payload;
  };
}

function isFailure(status) {
  return status >= 400 && status <= 599;
}

/** The status it will be answered with, unless its handler says otherwise. */
function statusOf(error, reply) {
  try {
    if (isFailure(error.statusCode)) return Number(error.statusCode);
    if (isFailure(error.status)) return Number(error.status);
  } catch {
    // What is no object has none, and a hostile one does not tell.
  }
  return isFailure(reply[kStatus]) ? reply[kStatus] : 500;
}

function fieldOf(error, name) {
  try {
    const value = error[name];
    return value === undefined || value === null ? undefined : textOf(value);
  } catch {
    return undefined;
  }
}

function errorHook(id) {
  return async (request, reply, error) => {
    const message = fieldOf(error, "message") ?? textOf(error) ?? "";
    await ask(id, request, undefined, statusOf(error, reply), fieldOf(error, "code") ?? "", message);
  };
}

/** What stands for a native hook among those of JavaScript. */
function hookOf(name, id) {
  switch (name) {
    case "preSerialization":
      return payloadHook(id);
    case "onSend":
      return sendHook(id);
    case "onError":
      return errorHook(id);
    default:
      return requestHook(id, name !== "onRequest" && name !== "preParsing");
  }
}

function fill(instance, items) {
  for (const item of items) {
    if (item.decorate !== undefined) instance.decorate(item.decorate, item.value);
    else if (item.schema !== undefined) instance.addSchema(item.schema);
    else if (item.hook !== undefined) instance.addHook(item.hook, hookOf(item.hook, item.id));
    else if (item.scope !== undefined) {
      instance.register(async (inner) => fill(inner, item.scope), item.prefix === "" ? {} : { prefix: item.prefix });
    } else {
      instance.route({
        method: item.method, url: item.path,
        handler: async (request, reply) => answer(reply, await ask(item.id, request, bodyOf(request))),
      });
    }
  }
}

/** What JSON knows of it. */
function plain(config) {
  try {
    return toJson(config) ?? "{}";
  } catch {
    return "{}";
  }
}

/** Registers the plugins of these names. They are asked what they add with the tenant's configuration, all at once. */
export async function registerNatives(names, register) {
  let added;
  let failed;
  for (let at = 0; at < names.length; at += 1) {
    const plugin = async (instance, { config }) => {
      try {
        added ??= host.call("native.register", plain(config));
      } catch (error) {
        failed = error;
        throw error;
      }
      fill(instance, added[at]);
    };
    await register(`native plugin ${names[at]}`, fastifyPlugin(plugin, { name: names[at] }));
    // No part of the application, which could be left out.
    if (failed !== undefined) throw failed;
  }
}
