// Looking for an item of an array: C compares with each without asking, and long texts that begin alike
// are long to compare.
import { FEW, MOST, replace, spend, uncurry } from 'prelude:web/work';
import { objectOf } from 'prelude:web/guards';

const { apply, has } = Reflect;
const { isArray, prototype } = Array;
const { min, max, trunc } = Math;
const includes = uncurry(prototype.includes);
const indexOf = uncurry(prototype.indexOf);
const { lastIndexOf } = prototype;

// Whether it may take long, so that it has to be done here.
const isLong = (self, item) => {
  if (!isArray(self)) return typeof item === 'string' && item.length > FEW;
  const steps = self.length * (typeof item === 'string' ? item.length + 1 : 1);
  if (steps < FEW) return false;
  spend(min(steps, MOST));
  return steps > MOST && typeof item === 'string';
};

const lengthOf = (object) => min(max(trunc(object.length) || 0, 0), 2 ** 53 - 1);

const start = (from, length) => {
  const at = trunc(from) || 0;
  return at < 0 ? max(0, length + at) : at;
};

replace(prototype, {
  includes(item, from) {
    if (!isLong(this, item)) return includes(this, item, from);
    const object = objectOf(this);
    const length = lengthOf(object);
    if (length === 0) return false;
    for (let at = start(from, length); at < length; at += 1) {
      spend(item.length);
      if (object[at] === item) return true;
    }
    return false;
  },

  indexOf(item, from) {
    if (!isLong(this, item)) return indexOf(this, item, from);
    const object = objectOf(this);
    const length = lengthOf(object);
    if (length === 0) return -1;
    for (let at = start(from, length); at < length; at += 1) {
      spend(item.length);
      if (has(object, at) && object[at] === item) return at;
    }
    return -1;
  },

  lastIndexOf(...args) {
    const item = args[0];
    if (!isLong(this, item)) return apply(lastIndexOf, this, args);
    const object = objectOf(this);
    const length = lengthOf(object);
    if (length === 0) return -1;
    const from = args.length > 1 ? trunc(args[1]) || 0 : length - 1;
    for (let at = from < 0 ? length + from : min(from, length - 1); at >= 0; at -= 1) {
      spend(item.length);
      if (has(object, at) && object[at] === item) return at;
    }
    return -1;
  },
});
