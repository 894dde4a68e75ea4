// Loops of iterators' helpers in C that call nothing: they never ask where the iterator is C as well.
import { replace, spend, textOf } from 'prelude:web/work';

const { iterator } = Symbol;
const { trunc } = Math;
const Wrong = TypeError;
const TooLong = RangeError;

// `for … of` over an iterator itself, which it closes as the helpers do.
const each = (self) => ({ __proto__: null, [iterator]: () => self });

const isIterator = (self) => {
  if ((typeof self !== 'object' || self === null) && typeof self !== 'function') throw new Wrong('not an object');
};

// What is thrown counts, and not what closing throws.
const close = (self) => {
  try {
    self.return?.();
  } catch {}
};

const toSkip = (count) => {
  if (count === undefined) return 0;
  if (typeof count !== 'number') throw new Wrong('not a number');
  if (trunc(count) !== count) throw new Wrong('not an integral number');
  if (count < 0 || (count > 2 ** 53 - 1 && count !== Infinity)) throw new TooLong('must be positive');
  return count;
};

const closing = (self, work) => {
  try {
    return work();
  } catch (error) {
    close(self);
    throw error;
  }
};

replace(Iterator.prototype, {
  includes(item, skipped) {
    isIterator(this);
    let left = closing(this, () => toSkip(skipped));
    for (const value of each(this)) {
      if (left > 0) {
        left -= 1;
        continue;
      }
      if (typeof item === 'string') spend(item.length);
      if (value === item || (value !== value && item !== item)) return true;
    }
    return false;
  },

  join(separator) {
    isIterator(this);
    const between = separator === undefined ? ',' : closing(this, () => textOf(separator));
    let made = '';
    let isFirst = true;
    for (const value of each(this)) {
      if (!isFirst) made += between;
      isFirst = false;
      if (value !== null && value !== undefined) made += textOf(value);
    }
    return made;
  },
});
