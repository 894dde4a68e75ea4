// The order in which plugins load: what a plugin registers is loaded after the plugin itself, one after the other, or when
// the plugin waits for it (`await fastify.register(…)`, `await fastify.after()`). An error travels to the next `after`
// that asks for it; until then no further plugin is loaded.

import { deferred, isThenable } from "./intrinsics.js";
import { errorCodes } from "./errors.js";

/** A plugin, or a function given to `after`. */
class Load {
  constructor(func, options, isAfter) {
    this.func = func;
    this.options = options;
    this.isAfter = isAfter;
    this.queue = [];
    this.draining = null;
    this.loaded = false;
    this.server = null;
  }
}

function nameOf(func) {
  return func?.[Symbol.for("fastify.display-name")] || func?.name || String(func).slice(0, 60);
}

export class Boot {
  /** `override` makes the instance that a plugin works on. */
  constructor(server, override) {
    this.server = server;
    this.override = override;
    this.error = null;
    this.booted = false;
    this.started = false;
    this.root = new Load(null, {}, false);
    this.root.server = server;
    this.current = [this.root];
    this.preReady = [];
    this.closing = [];
    this.wrapped = false;
  }

  add(func, options, isAfter) {
    if (!isAfter) {
      if (func !== null && typeof func === "object" && typeof func.default === "function") func = func.default;
      if (typeof func !== "function" && !isThenable(func)) {
        throw new errorCodes.AVV_ERR_PLUGIN_NOT_VALID(typeof func);
      }
    }
    if (this.booted) throw new errorCodes.AVV_ERR_ROOT_PLG_BOOTED();
    const current = this.current[0];
    if (current.loaded) {
      throw new errorCodes.AVV_ERR_PARENT_PLG_LOADED(nameOf(func), nameOf(current.func));
    }
    const load = new Load(func, options ?? {}, isAfter);
    current.queue.push(load);
    return load;
  }

  register(func, options) {
    this.add(func, options, false);
  }

  /** Runs once what was registered before is loaded; `func(error, instance, done)`, or fewer of them. */
  after(func, instance) {
    const load = this.add(func, {}, true);
    load.instance = instance;
  }

  /** Settles when what the plugin that runs now has registered is loaded. */
  loadedSoFar() {
    const current = this.current[0];
    if (current.loaded) return Promise.resolve();
    const { promise, resolve, reject } = deferred();
    const barrier = new Load((error) => (error ? reject(error) : resolve()), {}, true);
    barrier.isBarrier = true;
    current.queue.push(barrier);
    // Work that is just ending, at the barrier before this one, does not see it any more.
    const reach = () => (current.queue.includes(barrier) ? this.drain(current, false).then(reach) : undefined);
    reach();
    return promise;
  }

  drain(load, toTheEnd) {
    if (load.draining === null) {
      load.draining = this.work(load).finally(() => {
        load.draining = null;
      });
    }
    if (!toTheEnd) return load.draining;
    return load.draining.then(() => (load.queue.length > 0 ? this.drain(load, true) : undefined));
  }

  async work(load) {
    while (load.queue.length > 0) {
      const next = load.queue.shift();
      await this.load(next);
      if (next.isBarrier) break;
    }
  }

  async load(load) {
    try {
      if (load.isAfter) {
        await this.runAfter(load);
        return;
      }
      if (this.error) return;
      if (isThenable(load.func)) {
        const module = await load.func;
        load.func = typeof module?.default === "function" ? module.default : module;
        if (typeof load.func !== "function") {
          throw new errorCodes.AVV_ERR_PLUGIN_NOT_VALID(typeof load.func);
        }
      }
      const outer = this.current[0].server;
      const options = typeof load.options === "function" ? load.options(outer) : load.options;
      load.server = this.override(outer, load.func, options);
      this.current.unshift(load);
      try {
        await this.execute(load, options);
        await this.drain(load, true);
      } finally {
        load.loaded = true;
        this.current.splice(this.current.indexOf(load), 1);
      }
    } catch (error) {
      this.error ??= error ?? new errorCodes.FST_ERR_SEND_UNDEFINED_ERR();
    }
  }

  execute(load, options) {
    const { func, server } = load;
    const { promise, resolve, reject } = deferred();
    const done = (error) => (error ? reject(error) : resolve());
    const result = func(server, options, done);
    if (isThenable(result)) {
      result.then(() => resolve(), reject);
    } else if (func.length < 3) {
      resolve();
    }
    return promise;
  }

  async runAfter(load) {
    const { func, instance } = load;
    load.server = this.current[0].server;
    this.current.unshift(load);
    try {
      const error = this.error;
      // Whoever waits hears of it; it is over when somebody has taken it in a function.
      if (func.length > 0 && !load.isBarrier) this.error = null;
      await callback(func, error, instance);
      await this.drain(load, true);
    } catch (error) {
      this.error ??= error;
    } finally {
      load.loaded = true;
      this.current.splice(this.current.indexOf(load), 1);
    }
  }

  /** Loads what there is, until nothing is left; then no plugin can be added. */
  async start() {
    if (this.booted) return;
    this.started = true;
    await this.drain(this.root, true);
    // Once all is there: what was left for the end adds more to the end. After an error, too: whoever serves what there is of it
    // all the same is to serve it with its hooks.
    for (let at = 0; at < this.preReady.length; at += 1) {
      try {
        this.preReady[at]();
      } catch (error) {
        this.error ??= error;
      }
    }
    const { error } = this;
    this.error = null;
    if (error) throw error;
    this.root.loaded = true;
    this.booted = true;
  }

  /** An instance can be awaited while plugins load; it must not be asked again by the promise it resolves. */
  thenOf() {
    if (this.booted) return undefined;
    if (this.wrapped) {
      this.wrapped = false;
      return undefined;
    }
    return (resolve, reject) =>
      this.loadedSoFar().then(() => {
        this.wrapped = true;
        return resolve(this.server);
      }, reject);
  }
}

/** `func()`, `func(error)`, `func(error, done)` or `func(error, instance, done)`. */
export async function callback(func, error, instance) {
  if (func.length < 2) {
    const result = func.call(instance, error);
    if (isThenable(result) && !result[Symbol.for("fastify.instance")]) await result;
    return;
  }
  const { promise, resolve, reject } = deferred();
  const done = (failed) => (failed ? reject(failed) : resolve());
  if (func.length === 2) func.call(instance, error, done);
  else func.call(instance, error, instance, done);
  await promise;
}
