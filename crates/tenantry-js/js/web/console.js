// `console`: into the host's log.
import { format, inspect } from 'prelude:web/inspect';

const counts = new Map();
const times = new Map();
let indent = '';
const write = (level) => (...args) => host.log(level, indent + format(...args));

globalThis.console = {
  log: write('info'),
  info: write('info'),
  debug: write('debug'),
  warn: write('warn'),
  error: write('error'),
  trace: (...args) => host.log('debug', `Trace: ${format(...args)}\n${new Error().stack}`),
  dir: (value) => host.log('info', inspect(value)),
  table: (value) => host.log('info', inspect(value)),
  assert: (test, ...args) => {
    if (!test) host.log('error', `Assertion failed${args.length ? `: ${format(...args)}` : ''}`);
  },
  count: (label = 'default') => {
    const count = (counts.get(label) ?? 0) + 1;
    if (counts.size < 100) counts.set(label, count);
    host.log('info', `${label}: ${count}`);
  },
  countReset: (label = 'default') => counts.delete(label),
  time: (label = 'default') => {
    if (times.size < 100) times.set(label, performance.now());
  },
  timeEnd: (label = 'default') => {
    const began = times.get(label);
    times.delete(label);
    if (began !== undefined) host.log('info', `${label}: ${(performance.now() - began).toFixed(3)}ms`);
  },
  timeLog: (label = 'default') => {
    const began = times.get(label);
    if (began !== undefined) host.log('info', `${label}: ${(performance.now() - began).toFixed(3)}ms`);
  },
  group: (...args) => {
    if (args.length) host.log('info', indent + format(...args));
    if (indent.length < 20) indent += '  ';
  },
  groupEnd: () => {
    indent = indent.slice(2);
  },
};
console.groupCollapsed = console.group;
