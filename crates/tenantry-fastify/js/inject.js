// `fastify.inject(…)`: a request that comes from within.

import { encodeText, isArray, parseJson, toJson } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { asText } from "./media-type.js";
import { STATUS_CODES } from "./statuses.js";
import { answer } from "./answer.js";
import { contexts } from "./shared.js";
import { runResponded } from "./responded.js";
import { kShared } from "./symbols.js";

function urlOf({ url, path, query }) {
  let text = url ?? path ?? "/";
  if (typeof text === "object") {
    query = text.query ?? query;
    text = text.pathname ?? "/";
  }
  if (/^https?:\/\//.test(text)) text = text.replace(/^https?:\/\/[^/]*/, "") || "/";
  if (query) {
    const pairs = typeof query === "string" ? query : Object.entries(query)
      .flatMap(([name, value]) => [].concat(value).map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`)).join("&");
    if (pairs) text += (text.includes("?") ? "&" : "?") + pairs;
  }
  return text.replace(/#.*$/, "").replace(/\?$/, "");
}

function bodyOf(options, headers) {
  let body = options.payload ?? options.body;
  if (body === undefined || body === null) return undefined;
  if (typeof body === "object" && !(body instanceof Uint8Array)) {
    headers["content-type"] ??= "application/json";
    body = toJson(body);
  }
  const length = typeof body === "string" ? encodeText(body).length : body.length;
  headers["content-length"] ??= String(length);
  return body;
}

function headersOf(options) {
  const headers = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = isArray(value) ? value.join(", ") : String(value);
  }
  headers["user-agent"] ??= "lightMyRequest";
  headers.host ??= options.authority ?? "localhost:80";
  if (options.cookies) {
    const cookies = Object.entries(options.cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("; ");
    headers.cookie = headers.cookie ? `${headers.cookie}; ${cookies}` : cookies;
  }
  return headers;
}

let injected = 0;

/** A request as the edge would send it. */
function requestOf(options, method, url) {
  const headers = headersOf(options);
  const body = bodyOf(options, headers);
  injected += 1;
  const type = headers["content-type"];
  const head = [
    `-${injected}`, `req-${injected.toString(36)}`, options.remoteAddress ?? "127.0.0.1", "", "http", method, url,
    type === undefined ? "" : `=${type}`, "",
  ];
  const lines = Object.entries(headers).flat();
  return { head: head.map(oneLine).join("\n"), lines: lines.map(oneLine).join("\n"), body };
}

function oneLine(text) {
  return String(text).replace(/[\r\n]/g, " ");
}

/** Where nothing is found: the innermost scope's answer. */
function notFoundIn(shared, url) {
  const path = url.split("?", 1)[0];
  let best = shared.notFound[0];
  for (const one of shared.notFound) {
    const prefix = one.prefix.endsWith("/") ? one.prefix : `${one.prefix}/`;
    if ((path === one.prefix || path.startsWith(prefix)) && one.prefix.length >= best.prefix.length) best = one;
  }
  return best.context.index;
}

class Injected {
  constructor(status, headers, body) {
    this.statusCode = status;
    this.statusMessage = STATUS_CODES[status] ?? "";
    this.headers = headers;
    this.rawPayload = typeof body === "string" ? encodeText(body) : body;
    this.payload = asText(body);
    this.body = this.payload;
  }

  json() {
    return parseJson(this.payload);
  }

  get cookies() {
    return [].concat(this.headers["set-cookie"] ?? []).map((line) => {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const cookie = { name: pair.slice(0, at), value: decodeURIComponent(pair.slice(at + 1)) };
      for (const attribute of attributes) {
        const [name, value = true] = attribute.split("=");
        cookie[name[0].toLowerCase() + name.slice(1).replace("-", "")] = value;
      }
      return cookie;
    });
  }
}

function decode(answered) {
  if (typeof answered === "string") return { status: 200, lines: "content-type\napplication/json; charset=utf-8", body: answered };
  const [status, lines, body, due] = answered;
  return { status, lines, body, due };
}

async function perform(instance, options) {
  const shared = instance[kShared];
  if (shared.closing) throw new errorCodes.FST_ERR_REOPENED_CLOSE_SERVER();
  await instance.ready();
  const method = (options.method ?? "GET").toUpperCase();
  const url = urlOf(options);
  const found = shared.find(method, url);
  if (typeof found === "string") {
    const [status, ...lines] = found.split("\n");
    const body = lines.join("\n");
    return new Injected(Number(status), { "content-type": "application/json", "content-length": String(encodeText(body).length) }, body);
  }
  const index = found === null || found === undefined ? notFoundIn(shared, url) : found[0];
  const { head, lines, body } = requestOf(options, method, url);
  const result = decode(await answer(contexts[index], found?.[1], head, lines, body));
  if (result.due !== undefined) runResponded(result.due);
  const headers = {};
  const parts = result.lines === "" ? [] : result.lines.split("\n");
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const name = parts[at];
    if (headers[name] === undefined) headers[name] = parts[at + 1];
    else headers[name] = [].concat(headers[name], parts[at + 1]);
  }
  const bytes = typeof result.body === "string" ? encodeText(result.body) : result.body;
  if (method === "HEAD") {
    if (bytes.length > 0) headers["content-length"] ??= String(bytes.length);
    return new Injected(result.status, headers, "");
  }
  if (result.status >= 200 && result.status !== 204 && result.status !== 304) headers["content-length"] ??= String(bytes.length);
  return new Injected(result.status, headers, result.body);
}

export function inject(instance, options, func) {
  const given = typeof options === "string" ? { url: options } : options ?? {};
  const result = perform(instance, given);
  if (typeof func !== "function") return result;
  result.then((response) => func(null, response), (error) => func(error));
  return undefined;
}
