// structuredClone: what can be copied, with its cycles.
const refuse = (what) => {
  throw new DOMException(`${what} could not be cloned.`, 'DataCloneError');
};

const clone = (value, seen) => {
  if (typeof value === 'symbol') refuse(String(value));
  if (typeof value === 'function') refuse(`function ${value.name}`);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (copy) => {
    seen.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) {
    const copy = keep(new Array(value.length));
    for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
    return copy;
  }
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of value) copy.add(clone(item, seen));
    return copy;
  }
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (value instanceof DataView) {
    return keep(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength));
  }
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, length } = value;
    return keep(new globalThis[value[Symbol.toStringTag]](clone(buffer, seen), byteOffset, length));
  }
  if (value instanceof Error) {
    const kinds = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
    const copy = keep(new (kinds[value.name] ?? Error)(value.message));
    copy.stack = value.stack;
    if ('cause' in value) copy.cause = clone(value.cause, seen);
    return copy;
  }
  if (value instanceof Boolean || value instanceof Number || value instanceof String) {
    return keep(Object(value.valueOf()));
  }
  for (const kind of [Promise, WeakMap, WeakSet, WeakRef]) {
    if (value instanceof kind) refuse(`#<${kind.name}>`);
  }
  const copy = keep({});
  for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
  return copy;
};

globalThis.structuredClone = (...args) => {
  if (args.length === 0) throw new TypeError('structuredClone needs a value');
  if (args[1]?.transfer?.length) refuse('a transfer list');
  return clone(args[0], new Map());
};
