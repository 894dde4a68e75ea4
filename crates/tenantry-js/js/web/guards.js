// Loops in C that never ask whether to go on: a length beyond this is refused before they start.
// Also takes away what would show the prelude's own functions to a tenant.
const LONGEST = 2 ** 24;
const { apply, getPrototypeOf, defineProperty } = Reflect;
const TooLong = RangeError;
const isArray = Array.isArray;

const guarded = (proto, name, check) => {
  const plain = proto[name];
  // A method, so that it is no constructor, as the one it stands for.
  const { [name]: method } = { [name](...args) {
    check(this, args);
    return apply(plain, this, args);
  } };
  defineProperty(method, 'length', { value: plain.length, configurable: true });
  defineProperty(proto, name, { value: method, writable: true, configurable: true });
};

const lengthOf = (object) => {
  if (object === null || object === undefined) return;
  const { length } = object;
  if (length > LONGEST) throw new TooLong(`a length of ${length} is more than ${LONGEST}`);
};

for (const name of ['fill', 'join', 'reverse', 'slice', 'copyWithin', 'splice', 'unshift', 'shift',
  'sort', 'toSorted', 'toReversed', 'toSpliced', 'with', 'flat', 'flatMap', 'toString',
  'toLocaleString']) {
  if (typeof Array.prototype[name] === 'function') guarded(Array.prototype, name, lengthOf);
}
guarded(Array.prototype, 'concat', (self, args) => {
  lengthOf(self);
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at];
    if (typeof arg === 'object' && arg !== null) lengthOf(arg);
  }
});
guarded(Array, 'from', (_self, args) => {
  if (typeof args[0] === 'object' && args[0] !== null) lengthOf(args[0]);
});
guarded(Reflect, 'apply', (_self, args) => {
  if (typeof args[2] === 'object' && args[2] !== null) lengthOf(args[2]);
});

// BigInts grow without asking: `**` is limited by their size, which QuickJS holds to a megabit.

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
