// Loops in C that never ask whether to go on: they get real arrays of a bounded length, and nothing
// that could change its mind about its length. Anything else (array-likes, Proxies) is copied
// first, by code that does ask. Also takes away what would show the prelude's functions to a tenant.
import { spend } from 'prelude:web/work';

const LONGEST = 2 ** 24;
// Steps of an item.
const EACH = 4;
const { apply, getPrototypeOf, defineProperty, has } = Reflect;
const { isProxy } = host.native;
const TooLong = RangeError;
const List = Array;
const { isArray } = Array;
const iterator = Symbol.iterator;
const spreadable = Symbol.isConcatSpreadable;
const { trunc } = Math;

const define = (target, name, length, call) => {
  // A method, so that it is no constructor, as the one it stands for.
  const { [name]: method } = { [name](...args) { return call(this, args); } };
  defineProperty(method, 'length', { value: length, configurable: true });
  defineProperty(target, name, { value: method, writable: true, configurable: true });
};

export const bounded = (length) => {
  const number = trunc(length);
  if (number > LONGEST) throw new TooLong(`a length of ${number} is more than ${LONGEST}`);
  return number > 0 ? number : 0;
};

export const isReal = (value) => isArray(value) && !isProxy(value);

// A real array is about to be read or written from end to end.
const count = (list) => spend(EACH * bounded(list.length));

export const copy = (object) => {
  const length = bounded(object.length);
  const made = new List(length);
  for (let at = 0; at < length; at += 1) {
    if (has(object, at)) defineProperty(made, at, { value: object[at], writable: true, enumerable: true, configurable: true });
  }
  return made;
};

export const objectOf = (self) => {
  if (self === null || self === undefined) throw new TypeError('cannot convert to object');
  return typeof self === 'object' || typeof self === 'function' ? self : Object(self);
};

// Methods that only read.
for (const name of ['slice', 'join', 'toSorted', 'toReversed', 'toSpliced', 'with', 'toLocaleString', 'flatMap']) {
  const plain = Array.prototype[name];
  define(Array.prototype, name, plain.length, (self, args) => {
    if (isReal(self)) {
      count(self);
      return apply(plain, self, args);
    }
    return apply(plain, copy(objectOf(self)), args);
  });
}

// Methods that change: the copy is written back.
for (const name of ['fill', 'reverse', 'copyWithin', 'splice', 'unshift', 'shift', 'sort']) {
  const plain = Array.prototype[name];
  define(Array.prototype, name, plain.length, (self, args) => {
    if (isReal(self)) {
      count(self);
      return apply(plain, self, args);
    }
    const object = objectOf(self);
    const made = copy(object);
    const before = made.length;
    const result = apply(plain, made, args);
    for (let at = 0; at < made.length; at += 1) {
      if (has(made, at)) object[at] = made[at];
      else delete object[at];
    }
    for (let at = made.length; at < before; at += 1) delete object[at];
    object.length = made.length;
    return result === made ? object : result;
  });
}

const concat = Array.prototype.concat;
define(Array.prototype, 'concat', 1, (self, args) => {
  const object = objectOf(self);
  const itemOf = (at) => (at === 0 ? object : args[at - 1]);
  let special = false;
  for (let at = 0; at <= args.length; at += 1) {
    const item = itemOf(at);
    if (isReal(item)) count(item);
    if (typeof item === 'object' && item !== null && (isProxy(item) || has(item, spreadable))) special = true;
  }
  if (!special) return apply(concat, self, args);
  const made = [];
  for (let at = 0; at <= args.length; at += 1) {
    const item = itemOf(at);
    const asked = typeof item === 'object' && item !== null ? item[spreadable] : false;
    if (asked === undefined ? isArray(item) : asked) {
      const items = copy(item);
      for (let i = 0; i < items.length; i += 1) made[made.length] = items[i];
    } else {
      made[made.length] = item;
    }
  }
  return made;
});

const flatten = (made, object, depth) => {
  const items = isReal(object) ? object : copy(object);
  const length = bounded(items.length);
  for (let at = 0; at < length; at += 1) {
    if (has(items, at)) {
      const item = items[at];
      if (depth > 0 && isArray(item)) flatten(made, item, depth - 1);
      else made[made.length] = item;
    }
  }
  return made;
};
define(Array.prototype, 'flat', 0, (self, args) => {
  const depth = args[0] === undefined ? 1 : trunc(args[0]) || 0;
  return flatten([], objectOf(self), depth);
});

const from = Array.from;
define(Array, 'from', 1, (self, args) => {
  const source = args[0];
  if (typeof source !== 'object' || source === null || source[iterator]) return apply(from, self, args);
  return apply(from, self, [copy(source), args[1], args[2]].slice(0, args.length));
});

// It goes on after the string has become too long.
define(String, 'raw', 1, (_self, args) => {
  const { raw } = args[0];
  const length = bounded(raw.length);
  let made = '';
  for (let at = 0; at < length; at += 1) {
    made += `${raw[at]}`;
    if (at + 1 < length && at + 1 < args.length) made += `${args[at + 1]}`;
  }
  return made;
});

// Skipping is a loop in C as well, over iterators that need no JavaScript to go on for ever.
function* skip(source, next, count) {
  let left = count;
  try {
    for (;;) {
      const { done, value } = apply(next, source, []);
      if (done) {
        source = undefined;
        return;
      }
      if (left > 0) left -= 1;
      else yield value;
    }
  } finally {
    source?.return?.();
  }
}
define(Iterator.prototype, 'drop', 1, (self, args) => {
  const count = Number(args[0]);
  if (!(trunc(count) >= 0)) throw new RangeError('must be positive');
  return skip(self, self.next, trunc(count));
});

// Not the language's yet, and loops in C that call nothing.
delete Iterator.prototype.includes;
delete Iterator.prototype.join;

// A call site knows its function, and so the prelude's own.
const prepare = Error.prepareStackTrace;
Error.prepareStackTrace = (_error, sites) => sites;
const sites = new Error('sites').stack;
if (isArray(sites) && sites.length > 0) {
  const site = getPrototypeOf(sites[0]);
  delete site.getFunction;
  delete site.getThis;
}
Error.prepareStackTrace = prepare;

// Memory that tenants share with nobody, and blocking waits, have no use here.
delete globalThis.SharedArrayBuffer;
delete globalThis.Atomics;
