// The list of names that `JSON.stringify` takes: C compares each with all before it, and reads a list of
// any length to its end.
import { replace, uncurry } from 'prelude:web/work';
import { copy } from 'prelude:web/guards';

const { isArray } = Array;
const stringify = uncurry(JSON.stringify);
const stringValue = uncurry(String.prototype.valueOf);
const numberValue = uncurry(Number.prototype.valueOf);
const Text = String;
const TooLong = RangeError;
const NAMES = 10_000;
const STEPS = 2 ** 28;

const has = (valueOf, value) => {
  try {
    valueOf(value);
    return true;
  } catch {
    return false;
  }
};

const named = (list) => {
  const { length } = list;
  if (length > NAMES) throw new TooLong(`JSON.stringify: a list of ${length} names is more than ${NAMES}: filter by a function`);
  const names = copy(list);
  let letters = 0;
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at];
    if (typeof name === 'object' && name !== null) names[at] = has(stringValue, name) || has(numberValue, name) ? Text(name) : undefined;
    if (typeof names[at] === 'string') letters += names[at].length;
  }
  if (letters * names.length > STEPS) throw new TooLong(`JSON.stringify: a list of ${names.length} names of ${letters} letters is too much: filter by a function`);
  return names;
};

replace(JSON, {
  stringify(value, replacer, space) {
    if (typeof replacer === 'object' && replacer !== null && isArray(replacer)) return stringify(JSON, value, named(replacer), space);
    return stringify(JSON, value, replacer, space);
  },
});
