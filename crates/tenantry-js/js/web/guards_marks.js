// Normalizing takes as many steps as the square of a row of combining marks. Text has a few in a row.
import { replace, textOf, uncurry } from 'prelude:web/work';

const { prototype } = String;
const Pattern = RegExp;
const test = uncurry(Pattern.prototype.exec);
const normalize = uncurry(prototype.normalize);
const localeCompare = uncurry(prototype.localeCompare);
const TooLong = RangeError;
const Wrong = TypeError;

const SHORT = 1_000;
const MIDDLING = 16_384;
/** By UAX #15, what text may have in a row in a stream. */
const FEW = 30;

const patterns = { __proto__: null };
const check = (text, name) => {
  if (text.length <= SHORT) return;
  const most = text.length > MIDDLING ? FEW : SHORT;
  // It is linear, and asks.
  patterns[most] ??= new Pattern(`(?<!\\p{M})\\p{M}{${most + 1}}`, 'u');
  if (test(patterns[most], text) !== null) throw new TooLong(`${name}: there are more than ${most} combining marks in a row in a text of ${text.length}`);
};

const ownText = (self) => {
  if (self === null || self === undefined) throw new Wrong('null or undefined are forbidden');
  return textOf(self);
};

replace(prototype, {
  normalize(form) {
    const text = ownText(this);
    check(text, 'normalize');
    return normalize(text, form);
  },

  localeCompare(other) {
    const text = ownText(this);
    const second = textOf(other);
    check(text, 'localeCompare');
    check(second, 'localeCompare');
    return localeCompare(text, second);
  },
});
