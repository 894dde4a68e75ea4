// What the guards share: how a method is replaced, and how work is counted that C does without asking.
// QuickJS asks after 10,000 calls and jumps whether to go on. A call that takes a millisecond in C is
// one of these, as one that takes nothing.
const { defineProperty, ownKeys } = Reflect;
const { now } = Date;
const Text = String;
const Wrong = TypeError;

/** Steps that are too few to be counted. */
export const FEW = 2 ** 16;
/** Steps of one call: some tens of milliseconds. */
export const MOST = 2 ** 24;

/** A method as a function of its `this`, which no change of a prototype's reaches. */
export const uncurry = Function.prototype.bind.bind(Function.prototype.call);

/** Puts methods in the place of those that a target has by these names. */
export const replace = (target, methods) => {
  for (const name of ownKeys(methods)) {
    const value = methods[name];
    defineProperty(value, 'length', { value: target[name].length, configurable: true });
    defineProperty(target, name, { value, writable: true, configurable: true });
  }
};

/** The language's ToString. `String` takes symbols, and a template literal calls `concat`. */
export const textOf = (value) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'symbol') throw new Wrong('cannot convert symbol to string');
  return Text(value);
};

// About a millisecond.
const STEPS = 2 ** 20;
const MILLIS = 2;
let spent = 0;
let asked = 0;

/** Says that so many steps are about to be taken: asks whether to go on, where it is long ago. */
export const spend = (steps) => {
  spent += steps;
  if (spent < STEPS) return;
  spent = 0;
  const time = now();
  if (time >= asked && time < asked + MILLIS) return;
  for (let left = 10_000; left > 0; left -= 1);
  asked = now();
};
