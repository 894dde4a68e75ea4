// Timers, as Node has them: objects that turn into their number.
const { startTimer, stopTimer } = host.native;

// No list of them: a timer whose request has ended is gone, and nothing may keep it.
class Timeout {
  #callback;
  #ms;
  #repeat;
  #id;
  #open = false;

  constructor(callback, ms, repeat) {
    this.#callback = callback;
    this.#ms = ms;
    this.#repeat = repeat;
    this.#start();
  }

  #start() {
    const run = this.#repeat ? this.#callback : () => {
      this.#open = false;
      this.#callback();
    };
    this.#id = startTimer(run, this.#ms, this.#repeat);
    this.#open = true;
  }

  close() {
    if (this.#open) stopTimer(this.#id);
    this.#open = false;
    return this;
  }

  refresh() {
    if (this.#open) {
      this.close();
      this.#start();
    }
    return this;
  }

  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  [Symbol.toPrimitive]() { return this.#id; }
  [Symbol.dispose]() { this.close(); }
}

const time = (ms) => {
  const number = Number(ms);
  return number >= 1 && number <= 2147483647 ? number : 1;
};

const make = (callback, ms, args, repeat) => {
  if (typeof callback !== 'function') {
    const error = new TypeError('The "callback" argument must be of type function.');
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
  const call = args.length ? () => callback(...args) : () => callback();
  return new Timeout(call, ms, repeat);
};

const clear = (timer) => {
  if (timer instanceof Timeout) timer.close();
  else if (typeof timer === 'number' || typeof timer === 'string') stopTimer(Number(timer));
};

export const setTimeout = (callback, ms, ...args) => make(callback, time(ms), args, false);
export const setInterval = (callback, ms, ...args) => make(callback, time(ms), args, true);
export const setImmediate = (callback, ...args) => make(callback, 0, args, false);
export const clearTimeout = clear;
export const clearInterval = clear;
export const clearImmediate = clear;
Object.assign(globalThis, { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate });
