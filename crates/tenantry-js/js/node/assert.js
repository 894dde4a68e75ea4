// node:assert.
import { isDeepStrictEqual } from 'node:util';
import { inspect } from 'prelude:web/inspect';

export class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    Object.assign(this, { code: 'ERR_ASSERTION', actual, expected, operator, generatedMessage: message === undefined });
  }
  get name() { return 'AssertionError'; }
}
const fail = (actual, expected, operator, message) => {
  throw message instanceof Error ? message : new AssertionError({ message, actual, expected, operator });
};
const assert = (value, message) => { if (!value) fail(value, true, '==', message); };
const matches = (error, expected) => {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected === 'function') {
    return expected.prototype !== undefined && error instanceof expected || (!(expected.prototype instanceof Error) && expected(error) === true);
  }
  return Object.keys(expected).every((key) => (expected[key] instanceof RegExp
    ? expected[key].test(String(error[key])) : isDeepStrictEqual(error[key], expected[key])));
};
Object.assign(assert, {
  AssertionError,
  ok: (value, message) => assert(value, message),
  fail: (message) => fail(undefined, undefined, 'fail', message ?? 'Failed'),
  equal: (a, b, message) => { if (!(a == b || (a !== a && b !== b))) fail(a, b, '==', message); },
  notEqual: (a, b, message) => { if (a == b) fail(a, b, '!=', message); },
  strictEqual: (a, b, message) => { if (!Object.is(a, b)) fail(a, b, '===', message); },
  notStrictEqual: (a, b, message) => { if (Object.is(a, b)) fail(a, b, '!==', message); },
  deepStrictEqual: (a, b, message) => { if (!isDeepStrictEqual(a, b)) fail(a, b, 'deepStrictEqual', message); },
  notDeepStrictEqual: (a, b, message) => { if (isDeepStrictEqual(a, b)) fail(a, b, 'notDeepStrictEqual', message); },
  match: (text, pattern, message) => { if (!pattern.test(text)) fail(text, pattern, 'match', message); },
  throws: (call, expected, message) => {
    try {
      call();
    } catch (error) {
      if (matches(error, expected)) return;
      throw error;
    }
    fail(undefined, expected, 'throws', message ?? 'Missing expected exception.');
  },
  rejects: async (promise, expected, message) => {
    try {
      await (typeof promise === 'function' ? promise() : promise);
    } catch (error) {
      if (matches(error, expected)) return;
      throw error;
    }
    fail(undefined, expected, 'rejects', message ?? 'Missing expected rejection.');
  },
  ifError: (value) => { if (value !== null && value !== undefined) throw value; },
});
assert.deepEqual = assert.deepStrictEqual;
assert.notDeepEqual = assert.notDeepStrictEqual;
assert.strict = assert;
export const { ok, equal, notEqual, strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual, deepEqual, notDeepEqual, match, throws, rejects, ifError, strict } = assert;
export default assert;
