// The ends of an application's life: when all is loaded, and when it closes.

import { isThenable } from "./intrinsics.js";
import { callback } from "./boot.js";
import { kBoot, kChildren, kHooks, kShared } from "./symbols.js";

async function runApplicationHooks(instance, name) {
  for (const func of instance[kHooks][name]) {
    if (func.length === 1) {
      await new Promise((resolve, reject) => {
        func.call(instance, (error) => (error ? reject(error) : resolve()));
      });
    } else {
      await func.call(instance);
    }
  }
  for (const child of instance[kChildren]) await runApplicationHooks(child, name);
}

/** `onListen` hooks do not fail the start: what they throw is logged. */
export async function listening(instance) {
  for (const func of instance[kHooks].onListen) {
    try {
      if (func.length === 1) {
        await new Promise((resolve, reject) => {
          func.call(instance, (error) => (error ? reject(error) : resolve()));
        });
      } else {
        await func.call(instance);
      }
    } catch (error) {
      instance.log.error(error);
    }
  }
  for (const child of instance[kChildren]) await listening(child);
}

async function start(root) {
  const boot = root[kBoot];
  await boot.start();
  await runApplicationHooks(root, "onReady");
  root[kShared].started = true;
}

/** Loads everything, once; `func(error, instance, done)` or a promise of the instance. */
export function ready(instance, func) {
  const boot = instance[kBoot];
  boot.whenReady ??= start(boot.server);
  if (func) {
    boot.whenReady.then(
      () => callback(func, null, instance),
      (error) => callback(func, error, instance),
    ).catch((error) => instance.log.error(error));
    return undefined;
  }
  return boot.whenReady.then(() => instance);
}

async function shut(root) {
  const boot = root[kBoot];
  await (boot.whenReady ??= start(root)).catch(() => {});
  root[kShared].closing = true;
  await runApplicationHooks(root, "preClose");
  let failed;
  for (const { func, instance } of boot.closing) {
    try {
      if (func.length >= 2) {
        await new Promise((resolve, reject) => {
          func.call(instance, instance, (error) => (error ? reject(error) : resolve()));
        });
      } else {
        const result = func.call(instance, instance);
        if (isThenable(result)) await result;
      }
    } catch (error) {
      failed ??= error;
    }
  }
  if (failed) throw failed;
}

export function close(instance, func) {
  const boot = instance[kBoot];
  boot.whenClosed ??= shut(boot.server);
  if (!func) return boot.whenClosed;
  boot.whenClosed.then(() => callback(func, null, instance), (error) => callback(func, error, instance))
    .catch((error) => instance.log.error(error));
  return instance;
}
