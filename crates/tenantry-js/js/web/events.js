// Event, EventTarget, AbortController, AbortSignal.
class Event {
  #type;
  #cancelable;
  #prevented = false;
  #stopped = false;

  constructor(type, options = {}) {
    this.#type = String(type);
    this.#cancelable = Boolean(options?.cancelable);
    this.target = null;
    this.timeStamp = performance.now();
  }

  get type() { return this.#type; }
  get cancelable() { return this.#cancelable; }
  get defaultPrevented() { return this.#prevented; }
  get currentTarget() { return this.target; }
  preventDefault() { if (this.#cancelable) this.#prevented = true; }
  stopPropagation() {}
  stopImmediatePropagation() { this.#stopped = true; }
  static stopped(event) { return event.#stopped; }
}
const { stopped } = Event;
delete Event.stopped;

class CustomEvent extends Event {
  #detail;
  constructor(type, options = {}) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }
  get detail() { return this.#detail; }
}

class EventTarget {
  #listeners = new Map();

  addEventListener(type, listener, options = {}) {
    if (!listener) return;
    const list = this.#listeners.get(type) ?? [];
    this.#listeners.set(type, list);
    if (list.some((known) => known.listener === listener)) return;
    const once = typeof options === 'object' && Boolean(options?.once);
    list.push({ listener, once });
    options?.signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener(type, listener) {
    const list = this.#listeners.get(type);
    if (list) this.#listeners.set(type, list.filter((known) => known.listener !== listener));
  }

  dispatchEvent(event) {
    event.target = this;
    const handler = this[`on${event.type}`];
    if (typeof handler === 'function') call(handler, this, event);
    for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
      if (once) this.removeEventListener(event.type, listener);
      if (typeof listener === 'function') call(listener, this, event);
      else call(listener.handleEvent, listener, event);
      if (stopped(event)) break;
    }
    return !event.defaultPrevented;
  }
}

// A listener's exception does not stop the others: it is an unhandled rejection.
const call = (listener, self, event) => {
  try {
    Reflect.apply(listener, self, [event]);
  } catch (error) {
    Promise.reject(error);
  }
};

const made = Symbol('made');

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;

  constructor(token) {
    if (token !== made) throw new TypeError('Illegal constructor');
    super();
    this.onabort = null;
  }

  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }

  static fire(signal, reason) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason ?? new DOMException('This operation was aborted', 'AbortError');
    signal.dispatchEvent(new Event('abort'));
  }

  static abort(reason) {
    const signal = new AbortSignal(made);
    fire(signal, reason);
    return signal;
  }

  static timeout(ms) {
    const signal = new AbortSignal(made);
    setTimeout(() => fire(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms);
    return signal;
  }

  static any(signals) {
    const signal = new AbortSignal(made);
    for (const source of signals) {
      if (source.aborted) {
        fire(signal, source.reason);
        break;
      }
      source.addEventListener('abort', () => fire(signal, source.reason), { once: true });
    }
    return signal;
  }
}
const { fire } = AbortSignal;
delete AbortSignal.fire;

class AbortController {
  #signal = new AbortSignal(made);
  get signal() { return this.#signal; }
  abort(reason) { fire(this.#signal, reason); }
}

Object.assign(globalThis, { Event, CustomEvent, EventTarget, AbortSignal, AbortController });
