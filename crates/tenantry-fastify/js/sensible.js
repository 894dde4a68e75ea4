// The shortcuts of `@fastify/sensible`, which every instance, request and reply has from the beginning.

import { defineProperty, isArray } from "./intrinsics.js";
import { httpErrors, getHttpError } from "./http-errors.js";
import { mediaTypeOf } from "./media-type.js";

function equal(left, right) {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (left.constructor !== right.constructor) return false;
  if (left instanceof Date) return left.getTime() === right.getTime();
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && equal(left[name], right[name]));
}

/** `fastify.assert(condition, status, message)`. */
function assert(condition, status, message) {
  if (!condition) throw getHttpError(status, message);
}
assert.ok = assert;
// eslint-disable-next-line eqeqeq
assert.equal = (left, right, status, message) => assert(left == right, status, message);
// eslint-disable-next-line eqeqeq
assert.notEqual = (left, right, status, message) => assert(left != right, status, message);
assert.strictEqual = (left, right, status, message) => assert(left === right, status, message);
assert.notStrictEqual = (left, right, status, message) => assert(left !== right, status, message);
assert.deepEqual = (left, right, status, message) => assert(equal(left, right), status, message);
assert.notDeepEqual = (left, right, status, message) => assert(!equal(left, right), status, message);

/** `const [error, value] = await fastify.to(promise)`. */
function to(promise) {
  return promise.then((value) => [null, value], (error) => [error, undefined]);
}

const units = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31557600 };

/** `"10m"` in seconds. */
function seconds(time) {
  if (typeof time !== "string") return time;
  const match = /^(-?[\d.]+)\s*(ms|s|m|h|d|w|y)?[a-z]*$/i.exec(time.trim());
  if (!match) throw new TypeError(`"${time}" is no time: write it as "10m", "1h", "2 days"`);
  return Number(match[1]) * units[(match[2] ?? "ms").toLowerCase()];
}

const words = [
  "must-revalidate", "no-cache", "no-store", "no-transform", "public", "private", "proxy-revalidate", "immutable",
];
const timed = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];

function check(condition, message) {
  if (!condition) throw new TypeError(message);
}

export const replyShortcuts = {
  vary(field) {
    const before = this.getHeader("vary") ?? "";
    const all = new Map();
    const names = [].concat(before, field).flatMap((text) => String(text).split(",")).map((name) => name.trim()).filter(Boolean);
    for (const name of names) if (!all.has(name.toLowerCase())) all.set(name.toLowerCase(), name);
    this.header("Vary", all.has("*") ? "*" : [...all.values()].join(", "));
  },

  cacheControl(type, time) {
    const before = this.getHeader("cache-control");
    let text = type;
    if (time === undefined || time === null) {
      check(words.includes(type), `Invalid Cache Control type: ${type}`);
    } else {
      check(timed.includes(type), `Invalid Cache Control type: ${type}`);
      const value = seconds(time);
      check(typeof value === "number", "The cache control time should be a number");
      text = `${type}=${value}`;
    }
    this.header("Cache-Control", before ? `${before}, ${text}` : text);
    return this;
  },

  preventCache() {
    return this.header("Cache-Control", "no-store, max-age=0, private").header("Pragma", "no-cache").header("Expires", 0);
  },

  maxAge(time) {
    return this.cacheControl("max-age", time);
  },

  revalidate() {
    return this.header("Cache-Control", "max-age=0, must-revalidate");
  },

  staticCache(time) {
    const value = seconds(time);
    check(typeof value === "number", "The cache control time should be a number");
    return this.header("Cache-Control", `public, max-age=${value}, immutable`);
  },

  stale(type, time) {
    if (type === "while-revalidate") return this.cacheControl("stale-while-revalidate", time);
    if (type === "if-error") return this.cacheControl("stale-if-error", time);
    throw new Error(`Invalid cache control stale time ${time}`);
  },

  getHttpError(status, message) {
    this.send(getHttpError(status, message));
    return this;
  },
};

for (const name of Object.keys(httpErrors)) {
  if (["getHttpError", "HttpError", "createError"].includes(name)) continue;
  replyShortcuts[name] = function shortcut(message) {
    this.send(httpErrors[name](message));
    return this;
  };
}

const short = { json: "application/json", html: "text/html", text: "text/plain", urlencoded: "application/x-www-form-urlencoded",
  multipart: "multipart/*" };

function matches(type, pattern) {
  const full = short[pattern] ?? pattern;
  if (full.startsWith("+")) return type.endsWith(full);
  const [main, sub] = full.split("/");
  const [givenMain, givenSub] = type.split("/");
  if (sub === undefined) return givenSub === full;
  return (main === "*" || main === givenMain) && (sub === "*" || sub === givenSub ||
    (sub.startsWith("*+") && givenSub.endsWith(sub.slice(1))));
}

export const requestShortcuts = {
  forwarded() {
    const header = this.headers["x-forwarded-for"];
    const named = header === undefined ? [] : String(header).split(",").map((one) => one.trim()).reverse();
    return [this.ip, ...named];
  },

  is(...types) {
    const type = mediaTypeOf(this.headers["content-type"]).mediaType;
    if (type === undefined) return false;
    const list = types.length === 1 && isArray(types[0]) ? types[0] : types;
    if (list.length === 0) return type;
    const found = list.find((pattern) => matches(type, pattern));
    if (found === undefined) return false;
    return found.includes("*") || found.startsWith("+") ? type : found;
  },
};

export const instanceShortcuts = { httpErrors, assert, to };

/** On a prototype, so that a decoration of the same name can stand before it. */
export function install(target, shortcuts) {
  for (const name of Object.keys(shortcuts)) {
    defineProperty(target, name, { value: shortcuts[name], writable: true, configurable: true });
  }
}
