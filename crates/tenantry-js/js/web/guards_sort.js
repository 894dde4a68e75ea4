// Sorting with no comparator compares texts in C, which for long ones that begin alike takes hours. What
// may take long is compared here, in the same order.
import { MOST, replace, spend, textOf } from 'prelude:web/work';
import { bounded, copy, isReal, objectOf } from 'prelude:web/guards';

const { apply, has } = Reflect;
const { log2, min } = Math;
const { sort, toSorted, toSpliced } = Array.prototype;
const SMALL = 16;

// A list of one's own, without holes.
const taken = (self) => apply(toSpliced, isReal(self) ? self : copy(self), []);

const isLong = (values) => {
  let longest = 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    switch (typeof value) {
      case 'string':
        if (value.length > longest) longest = value.length;
        break;
      // They become texts of any length.
      case 'bigint':
      case 'function':
        return true;
      case 'object':
        if (value !== null) return true;
        break;
      default:
    }
  }
  return values.length * log2(values.length) * longest > MOST;
};

const compare = (a, b) => {
  spend(min(a.text.length, b.text.length));
  return a.text === b.text ? 0 : a.text < b.text ? -1 : 1;
};

// Sorts a list of one's own.
const order = (values) => {
  if (!isLong(values)) return apply(sort, values, []);
  const { length } = values;
  for (let at = 0; at < length; at += 1) {
    const value = values[at];
    if (value !== undefined) values[at] = { text: textOf(value), value };
  }
  apply(sort, values, [compare]);
  for (let at = 0; at < length; at += 1) {
    if (values[at] !== undefined) values[at] = values[at].value;
  }
  return values;
};

const isSmall = (self) => isReal(self) && self.length <= SMALL;

replace(Array.prototype, {
  sort(comparator) {
    if (comparator !== undefined || isSmall(this)) return apply(sort, this, [comparator]);
    const object = objectOf(this);
    if (isReal(object)) bounded(object.length);
    const source = isReal(object) ? object : copy(object);
    const values = taken(source);
    const { length } = values;
    let holes = 0;
    for (let at = 0; at < length; at += 1) {
      if (values[at] === undefined && !has(source, at)) holes += 1;
    }
    order(values);
    for (let at = 0; at < length - holes; at += 1) object[at] = values[at];
    for (let at = length - holes; at < length; at += 1) {
      if (has(object, at)) delete object[at];
    }
    return object;
  },

  toSorted(comparator) {
    if (comparator !== undefined || isSmall(this)) return apply(toSorted, this, [comparator]);
    const object = objectOf(this);
    if (isReal(object)) bounded(object.length);
    return order(taken(object));
  },
});
