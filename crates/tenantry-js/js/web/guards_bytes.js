// Typed arrays and sets: what reads or writes them from end to end in C, and makes nothing that could be refused.
import { FEW, replace, spend, uncurry } from 'prelude:web/work';

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const getter = (prototype, name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);

const typed = getPrototypeOf(Uint8Array.prototype);
const kind = getter(typed, Symbol.toStringTag);
const lengthOf = getter(typed, 'length');
/** Steps of an item, at most. */
const EACH = 16;

for (const name of ['set', 'fill', 'copyWithin', 'reverse', 'indexOf', 'lastIndexOf', 'includes', 'sort']) {
  const plain = typed[name];
  replace(typed, {
    [name](...args) {
      if (kind(this) !== undefined) {
        const length = lengthOf(this);
        if (length > FEW) spend(EACH * length);
      }
      return apply(plain, this, args);
    },
  });
}

const setSize = getter(Set.prototype, 'size');
const mapSize = getter(Map.prototype, 'size');

const sizeBy = (size, value) => {
  try {
    return size(value);
  } catch {
    return 0;
  }
};
const sizeOf = (value) => sizeBy(setSize, value) || sizeBy(mapSize, value);

for (const name of ['isSubsetOf', 'isSupersetOf', 'isDisjointFrom']) {
  const plain = uncurry(Set.prototype[name]);
  replace(Set.prototype, {
    [name](other) {
      spend(EACH * (sizeOf(this) + sizeOf(other)));
      return plain(this, other);
    },
  });
}
