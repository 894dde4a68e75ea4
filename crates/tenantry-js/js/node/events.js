// node:events: EventEmitter.
export class EventEmitter {
  #listeners = new Map();
  #most = 10;

  #add(name, listener, first, once) {
    if (typeof listener !== 'function') {
      const error = new TypeError('The "listener" argument must be of type function.');
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    if (this.#listeners.has('newListener')) this.emit('newListener', name, listener);
    const list = [...(this.#listeners.get(name) ?? [])];
    list[first ? 'unshift' : 'push']({ listener, once });
    this.#listeners.set(name, list);
    return this;
  }

  on(name, listener) { return this.#add(name, listener, false, false); }
  addListener(name, listener) { return this.on(name, listener); }
  once(name, listener) { return this.#add(name, listener, false, true); }
  prependListener(name, listener) { return this.#add(name, listener, true, false); }
  prependOnceListener(name, listener) { return this.#add(name, listener, true, true); }

  off(name, listener) {
    const list = this.#listeners.get(name) ?? [];
    const at = list.findLastIndex((known) => known.listener === listener);
    if (at >= 0) {
      const left = list.toSpliced(at, 1);
      if (left.length) this.#listeners.set(name, left);
      else this.#listeners.delete(name);
      if (this.#listeners.has('removeListener')) this.emit('removeListener', name, listener);
    }
    return this;
  }
  removeListener(name, listener) { return this.off(name, listener); }

  removeAllListeners(name) {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }

  emit(name, ...args) {
    const list = this.#listeners.get(name);
    if (!list?.length) {
      if (name !== 'error') return false;
      throw args[0] instanceof Error ? args[0] : new Error(`Unhandled error. (${String(args[0])})`);
    }
    for (const { listener, once } of list) {
      if (once) this.off(name, listener);
      Reflect.apply(listener, this, args);
    }
    return true;
  }

  listeners(name) { return (this.#listeners.get(name) ?? []).map(({ listener }) => listener); }
  rawListeners(name) { return this.listeners(name); }
  listenerCount(name) { return this.#listeners.get(name)?.length ?? 0; }
  eventNames() { return [...this.#listeners.keys()]; }
  setMaxListeners(most) { this.#most = most; return this; }
  getMaxListeners() { return this.#most; }
}

export const once = (emitter, name) => new Promise((resolve, reject) => {
  const done = (...args) => {
    emitter.off('error', failed);
    resolve(args);
  };
  const failed = (error) => {
    emitter.off(name, done);
    reject(error);
  };
  emitter.once(name, done);
  if (name !== 'error') emitter.once('error', failed);
});

EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = once;
EventEmitter.defaultMaxListeners = 10;
export default EventEmitter;
