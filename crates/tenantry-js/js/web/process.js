// `process`: this tenant's environment, and next to nothing else; `crypto`, `Buffer` and `global`.
import { randomUUID, getRandomValues, subtle } from 'prelude:web/crypto';

const { builtin } = host.native;
const { defineProperty } = Object;

const began = performance.now();
const hrtime = () => {
  const now = performance.now();
  return [Math.floor(now / 1000), Math.floor((now % 1000) * 1e6)];
};
hrtime.bigint = () => BigInt(Math.floor(performance.now() * 1e6));

globalThis.process = {
  env: { ...host.native.env() },
  version: 'v22.0.0',
  versions: { node: '22.0.0', quickjs: '0.16' },
  platform: 'linux',
  arch: 'x64',
  argv: [],
  cwd: () => '/',
  uptime: () => (performance.now() - began) / 1000,
  hrtime,
  getBuiltinModule: (name) => {
    try {
      return builtin(String(name));
    } catch {
      return undefined;
    }
  },
  nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
};
globalThis.crypto = { randomUUID, getRandomValues, subtle };
globalThis.global = globalThis;
// Loaded when somebody asks for it: most tenants never do.
const setBuffer = (value) => {
  defineProperty(globalThis, 'Buffer', { value, writable: true, configurable: true });
  return value;
};
defineProperty(globalThis, 'Buffer', {
  get: () => setBuffer(builtin('node:buffer').Buffer),
  set: setBuffer,
  configurable: true,
});
