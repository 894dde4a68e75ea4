// Hooks and handlers written in Rust, as functions among those of JavaScript: what they are told of a request, and what becomes of
// what they say.

import { asNumber, asText, create, hasOwn, isArray, jsonIfAny, keys, stringify } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { statusOf } from "./failure.js";
import { Payload } from "./payload.js";
import { headersOf } from "./send.js";
import { textOf } from "./thrown.js";
import { kHead, kLines, kRawBody, kStatus } from "./symbols.js";

/** The most JSON, in characters, of a request's parameters and properties together, and of what a handler gave. Rust's values of it
 * are up to ninety times as large, and no limit counts them. */
const mostTold = 64 * 1024;
const mostPayload = 1024 * 1024;

/** Names of properties that native hooks have set, and of the one that the edge sets. */
const kSet = Symbol("fastify.request.native");
const always = ["user"];

function bodyOf(request) {
  const body = request[kRawBody];
  if (body instanceof Payload) return body.bytes;
  return typeof body === "number" ? undefined : body;
}

/** Undefined where reading it throws. */
function fieldOf(object, name) {
  try {
    return object[name];
  } catch {
    return undefined;
  }
}

/** The JSON of fields of a request: undefined for what JSON cannot write, and for what there is no room for any more. */
function teller(request) {
  let room = mostTold;
  return (name) => {
    const text = jsonIfAny(fieldOf(request, name));
    if (text === undefined) return undefined;
    if (text.length > room) {
      host.log("warn", `native plugins are not told of request.${name}: with it there are more than ${mostTold} characters of JSON`);
      return undefined;
    }
    room -= text.length;
    return text;
  };
}

function propertiesOf(request, tell) {
  const names = request[kSet] === undefined ? always : keys(request[kSet]);
  let text = "";
  for (let at = 0; at < names.length; at += 1) {
    const value = tell(names[at]);
    if (value !== undefined) text += `${text === "" ? "" : ","}${stringify(names[at])}:${value}`;
  }
  return `{${text}}`;
}

function setProperties(request, properties) {
  const names = keys(properties);
  if (names.length === 0) return;
  let set = request[kSet];
  if (set === undefined) {
    set = create(null);
    set.user = true;
    request[kSet] = set;
  }
  for (let at = 0; at < names.length; at += 1) {
    request[names[at]] = properties[names[at]];
    set[names[at]] = true;
  }
}

/** Runs a native function; the last three are what a kind of hook gets beside the request. */
function ask(id, request, body, first, second, third) {
  const tell = teller(request);
  const params = tell("params") ?? "{}";
  const properties = propertiesOf(request, tell);
  return host.operation(
    "native.run", id, request[kHead], request[kLines], params, body, properties, first, second, third,
  );
}

/** A header's value, of the list of them: several are sent one by one. */
function valueOf(values) {
  return values.length === 1 ? values[0] : values;
}

/** Names, each with a list of its values after it. */
function takeHeaders(reply, headers) {
  for (let at = 0; at + 1 < headers.length; at += 2) reply.header(headers[at], valueOf(headers[at + 1]));
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
    if (hasOwn(told, "status")) return answer(reply, told);
    takeHeaders(reply, told.headers);
    setProperties(request, told.properties);
    return undefined;
  };
}

/** What JSON cannot write has nothing that could be shown, and stays what it is. */
function payloadHook(id) {
  return async (request, _reply, payload) => {
    const text = jsonIfAny(payload);
    if (text === undefined) return undefined;
    if (text.length > mostPayload) throw new errorCodes.TENANTRY_NATIVE_TOO_LARGE(mostPayload);
    return ask(id, request, undefined, text);
  };
}

/** What tells whoever serves the application of an error that nobody has handled: none of the answer's. */
const MARK = "x-tenantry-failed";

/** Names and values in turns, without values that cannot be read. */
function listOf(headers) {
  const list = [];
  const add = (name, value) => {
    try {
      if (value !== undefined) list.push(name, asText(value));
    } catch {
      // It will not be sent either.
    }
  };
  for (const name in headers) {
    if (name === MARK) continue;
    const value = headers[name];
    const values = isArray(value) ? value : [value];
    for (let at = 0; at < values.length; at += 1) add(name, values[at]);
  }
  return list;
}

/** Text or bytes; undefined for a stream. */
function wholeOf(payload) {
  if (payload === undefined || payload === null) return "";
  return typeof payload === "string" || payload.buffer instanceof ArrayBuffer ? payload : undefined;
}

/** As headers are taken; the list is empty for one that is gone. */
function change(headers, changed) {
  for (let at = 0; at + 1 < changed.length; at += 2) {
    const values = changed[at + 1];
    if (values.length === 0) delete headers[changed[at]];
    else headers[changed[at]] = valueOf(values);
  }
}

function sendHook(id) {
  return async (request, reply, payload) => {
    const told = await ask(id, request, undefined, reply[kStatus], listOf(headersOf(reply)), wholeOf(payload));
    if (told === undefined) return undefined;
    if (hasOwn(told, "status")) reply.code(told.status);
    if (hasOwn(told, "headers")) change(headersOf(reply), told.headers);
    return hasOwn(told, "payload") ? told.payload : undefined;
  };
}

/** The status it will be answered with, unless its handler says otherwise. A hostile error does not tell. */
function statusFor(reply, error) {
  try {
    return asNumber(statusOf(reply, error));
  } catch {
    return statusOf(reply);
  }
}

function errorHook(id) {
  return async (request, reply, error) => {
    const message = textOf(fieldOf(error, "message"), undefined) ?? textOf(error, "");
    await ask(id, request, undefined, statusFor(reply, error), textOf(fieldOf(error, "code"), ""), message);
  };
}

/** What stands for a native hook among those of JavaScript. */
export function hookOf(name, id) {
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

/** The same for a route's handler. */
export function handlerOf(id) {
  return async (request, reply) => answer(reply, await ask(id, request, bodyOf(request)));
}
