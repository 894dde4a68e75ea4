// What the other files need of the language itself, taken before any code of a tenant's has run: whatever that code
// does to the globals and their prototypes, answers are still made by these.

export const { parse: parseJson } = JSON;

export const { plainJson } = host.native;

export const { stringify } = JSON;
/** `JSON.stringify(value)`. */
export function toJson(value) {
  return plainJson(value) ?? stringify(value);
}
/** The same; undefined for what JSON cannot write: a bigint, a cycle, what throws. */
export function jsonIfAny(value) {
  try {
    return toJson(value);
  } catch {
    return undefined;
  }
}

export const { isArray } = Array;
export const { isInteger } = Number;
export const {
  assign, create, defineProperty, defineProperties, entries, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, keys,
  setPrototypeOf,
} = Object;
export const { apply, defineProperty: define, ownKeys, preventExtensions } = Reflect;
export const { min: smaller } = Math;

const uncurry = Function.prototype.bind.bind(Function.prototype.call);
export const tagOf = uncurry(Object.prototype.toString);
export const resolved = Promise.resolve.bind(Promise);

const { performance: clock, Date: Dates } = globalThis;
/** Milliseconds, with fractions where there is a clock that has them. Neither of the two looks at its `this`. */
export const now = clock ? clock.now : Dates.now;

const { TextEncoder: Encoder, TextDecoder: Decoder } = globalThis;
const encoder = Encoder && new Encoder();
const decoder = Decoder && new Decoder();
export const encodeText = encoder?.encode.bind(encoder);
export const decodeText = decoder?.decode.bind(decoder);

/** Bytes that are their text where text is asked for, since that is what code expects that was written for Node's streams. */
class Chunk extends Uint8Array {
  toString() {
    return decodeText(this);
  }
}
export function bufferOf(body) {
  const bytes = typeof body === "string" ? encodeText(body) : body;
  return new Chunk(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

export const { encodeURIComponent: encode } = globalThis;
export const slice = uncurry(String.prototype.slice);
export const indexOf = uncurry(String.prototype.indexOf);
export const exec = uncurry(RegExp.prototype.exec);

/** `String(value)`, `Number(value)`, `Object(value)`. */
export const { String: asText, Number: asNumber, Object: asObject, Error: AnyError } = globalThis;
/** `isInstance(Class, value)`. It throws where a proxy does that is asked for its prototype. */
export const isInstance = uncurry(Function.prototype[Symbol.hasInstance]);

export function noop() {}

/** `fulfilled(promise, pending)` is what a promise has come to; `pending` if nothing so far. */
export const { fulfilled } = host.native;
export const pending = {};

/** Whether it can be waited for. */
export function isThenable(value) {
  return value !== null && typeof value === "object" && typeof value.then === "function";
}

/** A function written with `async`; its prototype says so, whatever it is called. */
const asyncPrototype = getPrototypeOf(async () => {});
export function isAsync(value) {
  return typeof value === "function" && getPrototypeOf(value) === asyncPrototype;
}

/** A promise with its two ends. */
export function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
