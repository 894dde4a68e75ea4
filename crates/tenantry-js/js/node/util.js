// node:util: what most packages use of it.
import { inspect as show, format } from 'prelude:web/inspect';

export { format };
export const inspect = (value) => show(value);
inspect.custom = Symbol.for('nodejs.util.inspect.custom');

const custom = Symbol.for('nodejs.util.promisify.custom');
export const promisify = (original) => {
  if (typeof original !== 'function') throw new TypeError('The "original" argument must be of type function.');
  if (original[custom]) return original[custom];
  return function promised(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  };
};
promisify.custom = custom;

export const callbackify = (original) => function called(...args) {
  const callback = args.pop();
  Reflect.apply(original, this, args).then(
    (value) => queueMicrotask(() => callback(null, value)),
    (error) => queueMicrotask(() => callback(error ?? new Error('rejected'))),
  );
};

export const inherits = (child, parent) => {
  Object.defineProperty(child, 'super_', { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(child.prototype, parent.prototype);
};

export const deprecate = (call) => call;

export const isDeepStrictEqual = (a, b) => equal(a, b, []);
const equal = (a, b, seen) => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (seen.some(([x, y]) => x === a && y === b)) return true;
  const inner = [...seen, [a, b]];
  if (a instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof RegExp) return String(a) === String(b);
  if (a instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
  if (a instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key), inner));
  }
  if (a instanceof Set) return a.size === b.size && [...a].every((value) => b.has(value));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length
    && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], inner));
};

export const types = {
  isPromise: (value) => value instanceof Promise,
  isDate: (value) => value instanceof Date,
  isRegExp: (value) => value instanceof RegExp,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
  isNativeError: (value) => value instanceof Error,
  isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: (value) => value instanceof Uint8Array,
  isAsyncFunction: (value) => typeof value === 'function' && value[Symbol.toStringTag] === 'AsyncFunction',
};
const { TextEncoder, TextDecoder } = globalThis;
export { TextEncoder, TextDecoder };
export default { format, inspect, promisify, callbackify, inherits, deprecate, isDeepStrictEqual, types, TextEncoder, TextDecoder };
