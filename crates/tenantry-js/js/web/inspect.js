// Values as text, for `console` and `util.inspect`: never throws, never longer than it may be.
const { ownKeys, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
const DEPTH = 4;
const ITEMS = 100;
const LENGTH = 10_000;

const quoted = (text) => `'${text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text}'`;

const entries = (value, seen, depth, skipIndexes) => {
  const parts = [];
  for (const key of ownKeys(value)) {
    if (skipIndexes && typeof key === 'string' && (key === 'length' || /^\d+$/.test(key))) continue;
    const found = getOwnPropertyDescriptor(value, key);
    if (!found || !found.enumerable) continue;
    if (parts.length >= ITEMS) {
      parts.push('…');
      break;
    }
    const name = typeof key === 'symbol' ? `[${String(key)}]` : /^[\w$]+$/.test(key) ? key : quoted(key);
    parts.push(`${name}: ${found.get ? '[Getter]' : show(found.value, seen, depth + 1)}`);
  }
  return parts;
};

const show = (value, seen, depth) => {
  switch (typeof value) {
    case 'string': return quoted(value);
    case 'bigint': return `${value}n`;
    case 'symbol': return String(value);
    case 'function': return `[Function: ${String(getOwnPropertyDescriptor(value, 'name')?.value || '(anonymous)')}]`;
    case 'object': break;
    default: return Object.is(value, -0) ? '-0' : String(value);
  }
  if (value === null) return 'null';
  if (seen.includes(value)) return '[Circular]';
  if (value instanceof Error) {
    const stack = getOwnPropertyDescriptor(value, 'stack')?.value;
    const head = `${value.name}: ${value.message}`;
    return typeof stack === 'string' && stack ? `${head}\n${stack}`.trimEnd() : head;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (depth > DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
  const inner = [...seen, value];
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS).map((item) => show(item, inner, depth + 1));
    if (value.length > ITEMS) items.push(`… ${value.length - ITEMS} more`);
    items.push(...entries(value, inner, depth, true));
    return items.length ? `[ ${items.join(', ')} ]` : '[]';
  }
  if (value instanceof Map) {
    const items = [...value].slice(0, ITEMS).map(([k, v]) => `${show(k, inner, depth + 1)} => ${show(v, inner, depth + 1)}`);
    return `Map(${value.size}) { ${items.join(', ')} }`;
  }
  if (value instanceof Set) {
    return `Set(${value.size}) { ${[...value].slice(0, ITEMS).map((v) => show(v, inner, depth + 1)).join(', ')} }`;
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = Array.from(value.subarray(0, 50), String);
    return `${value.constructor?.name ?? 'View'}(${value.length}) [ ${items.join(', ')}${value.length > 50 ? ', …' : ''} ]`;
  }
  if (value instanceof Promise) return 'Promise { … }';
  const name = getOwnPropertyDescriptor(getPrototypeOf(value) ?? {}, 'constructor')?.value?.name;
  const parts = entries(value, inner, depth, false);
  const body = parts.length ? `{ ${parts.join(', ')} }` : '{}';
  return name && name !== 'Object' ? `${name} ${body}` : body;
};

export const inspect = (value) => {
  try {
    return show(value, [], 0);
  } catch {
    return '[a value that cannot be shown]';
  }
};

export const format = (...args) => {
  const parts = [];
  let at = 0;
  if (typeof args[0] === 'string') {
    at = 1;
    parts.push(args[0].replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === '%%') return '%';
      if (at >= args.length) return mark;
      const arg = args[at++];
      try {
        switch (mark) {
          case '%s': return typeof arg === 'object' && arg !== null ? inspect(arg) : String(arg);
          case '%d': return typeof arg === 'bigint' ? `${arg}n` : String(Number(arg));
          case '%i': return String(parseInt(arg, 10));
          case '%f': return String(parseFloat(arg));
          case '%j': return JSON.stringify(arg) ?? 'undefined';
          case '%c': return '';
          default: return inspect(arg);
        }
      } catch {
        return inspect(arg);
      }
    }));
  }
  for (; at < args.length; at++) {
    parts.push(typeof args[at] === 'string' ? args[at] : inspect(args[at]));
  }
  return parts.join(' ');
};
