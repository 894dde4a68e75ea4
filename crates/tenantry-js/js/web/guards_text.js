// Strings. To look for one in another takes C as many steps as both lengths multiplied, for texts made
// for it: long ones are looked through piece by piece, and each piece is counted.
import { FEW, MOST, replace, spend, textOf, uncurry } from 'prelude:web/work';

const { apply } = Reflect;
const { floor, max, min, trunc } = Math;
const { prototype } = String;
const Wrong = TypeError;
const { match, replace: replacing, split: splitting } = Symbol;
const { defineProperty, getOwnPropertyDescriptor } = Reflect;

const indexOf = uncurry(prototype.indexOf);
const lastIndexOf = uncurry(prototype.lastIndexOf);
const includes = uncurry(prototype.includes);
const slice = uncurry(prototype.slice);
const split = uncurry(prototype.split);
const replaceOne = uncurry(prototype.replace);
const replaceAll = uncurry(prototype.replaceAll);
const isGlobal = uncurry(getOwnPropertyDescriptor(RegExp.prototype, 'global').get);

const notNull = (self) => {
  if (self === null || self === undefined) throw new Wrong('null or undefined are forbidden');
};

const ownText = (self) => {
  notNull(self);
  return textOf(self);
};

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

const isPattern = (value) => {
  if (!isObject(value)) return false;
  const says = value[match];
  if (says !== undefined) return Boolean(says);
  try {
    return isGlobal(value) !== undefined;
  } catch {
    return false;
  }
};

const noPattern = (value) => {
  if (isPattern(value)) throw new Wrong('regexp not supported');
  return textOf(value);
};

const isShort = (text, search) => text.length * search.length < FEW;

// How many places to look at in one call.
const stride = (search) => max(1, floor(MOST / search.length));

// The first place at or after `from`, or -1. `search` is not empty.
const find = (text, search, from) => {
  const { length } = search;
  const step = stride(search);
  for (let at = from; at + length <= text.length; at += step) {
    const piece = slice(text, at, at + step + length - 1);
    spend((piece.length - length + 1) * length);
    const found = indexOf(piece, search);
    if (found >= 0) return at + found;
  }
  return -1;
};

// The last place at or before `from`, or -1. `search` is not empty.
const findLast = (text, search, from) => {
  const { length } = search;
  const step = stride(search);
  for (let at = from; at >= 0; at -= step) {
    const begin = max(0, at - step + 1);
    const piece = slice(text, begin, at + length);
    spend((piece.length - length + 1) * length);
    const found = lastIndexOf(piece, search);
    if (found >= 0) return begin + found;
  }
  return -1;
};

const clamp = (value, length) => min(max(trunc(value) || 0, 0), length);

replace(prototype, {
  indexOf(search, from) {
    if (typeof this === 'string' && typeof search === 'string' && isShort(this, search)) return indexOf(this, search, from);
    const text = ownText(this);
    const sought = textOf(search);
    if (isShort(text, sought)) return indexOf(text, sought, from);
    return find(text, sought, clamp(from, text.length));
  },

  lastIndexOf(search, from) {
    if (typeof this === 'string' && typeof search === 'string' && isShort(this, search)) return lastIndexOf(this, search, from);
    const text = ownText(this);
    const sought = textOf(search);
    if (isShort(text, sought)) return lastIndexOf(text, sought, from);
    const last = text.length - sought.length;
    const number = +from;
    return findLast(text, sought, number !== number ? last : min(max(trunc(number), 0), last));
  },

  includes(search, from) {
    if (typeof this === 'string' && typeof search === 'string' && isShort(this, search)) return includes(this, search, from);
    const text = ownText(this);
    const sought = noPattern(search);
    if (isShort(text, sought)) return includes(text, sought, from);
    return find(text, sought, clamp(from, text.length)) >= 0;
  },
});

const pieces = (text, separator, limit) => {
  const made = [];
  let from = 0;
  const add = (value) => defineProperty(made, made.length, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  while (made.length < limit) {
    const at = find(text, separator, from);
    if (at < 0) {
      add(slice(text, from));
      break;
    }
    add(slice(text, from, at));
    from = at + separator.length;
  }
  return made;
};

// A replacement's text, with what it has of the match in it.
const expand = (template, text, sought, at) => {
  let made = '';
  let from = 0;
  for (;;) {
    const dollar = indexOf(template, '$', from);
    if (dollar < 0 || dollar + 1 >= template.length) return made + slice(template, from);
    made += slice(template, from, dollar);
    from = dollar + 2;
    switch (template[dollar + 1]) {
      case '$': made += '$'; break;
      case '&': made += sought; break;
      case '`': made += slice(text, 0, at); break;
      case "'": made += slice(text, at + sought.length); break;
      default:
        made += '$';
        from = dollar + 1;
    }
  }
};

const replaced = (text, sought, replacement, isAll) => {
  const template = typeof replacement === 'function' ? undefined : textOf(replacement);
  let made = '';
  let from = 0;
  for (;;) {
    const at = find(text, sought, from);
    if (at < 0) return made + slice(text, from);
    made += slice(text, from, at);
    made += template === undefined ? textOf(apply(replacement, undefined, [sought, at, text])) : expand(template, text, sought, at);
    from = at + sought.length;
    if (!isAll) return made + slice(text, from);
  }
};

replace(prototype, {
  split(separator, limit) {
    if (typeof this === 'string' && typeof separator === 'string' && isShort(this, separator)) return split(this, separator, limit);
    notNull(this);
    if (isObject(separator)) {
      const splitter = separator[splitting];
      if (splitter !== undefined && splitter !== null) return apply(splitter, separator, [this, limit]);
    }
    const text = textOf(this);
    const most = limit === undefined ? 2 ** 32 - 1 : limit >>> 0;
    const sought = textOf(separator);
    if (separator === undefined) return split(text, undefined, most);
    if (isShort(text, sought)) return split(text, sought, most);
    return pieces(text, sought, most);
  },

  replace(search, replacement) {
    if (typeof this === 'string' && typeof search === 'string' && isShort(this, search)) return replaceOne(this, search, replacement);
    notNull(this);
    if (isObject(search)) {
      const replacer = search[replacing];
      if (replacer !== undefined && replacer !== null) return apply(replacer, search, [this, replacement]);
    }
    const text = textOf(this);
    const sought = textOf(search);
    return isShort(text, sought) ? replaceOne(text, sought, replacement) : replaced(text, sought, replacement, false);
  },

  replaceAll(search, replacement) {
    if (typeof this === 'string' && typeof search === 'string' && isShort(this, search)) return replaceAll(this, search, replacement);
    notNull(this);
    if (isObject(search)) {
      if (isPattern(search)) {
        const { flags } = search;
        notNull(flags);
        if (!includes(textOf(flags), 'g')) throw new Wrong("regexp must have the 'g' flag");
      }
      const replacer = search[replacing];
      if (replacer !== undefined && replacer !== null) return apply(replacer, search, [this, replacement]);
    }
    const text = textOf(this);
    const sought = textOf(search);
    return isShort(text, sought) ? replaceAll(text, sought, replacement) : replaced(text, sought, replacement, true);
  },
});
