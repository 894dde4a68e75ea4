// node:crypto: digests, HMAC, random values.
import { Buffer } from 'node:buffer';
import { randomUUID, getRandomValues, subtle } from 'prelude:web/crypto';

const native = host.native;
const bytesOf = (data, encoding) => (typeof data === 'string' ? Buffer.from(data, encoding ?? 'utf8') : data);

class Digest {
  #finish;
  #parts = [];
  #done = false;

  constructor(finish) { this.#finish = finish; }

  update(data, encoding) {
    if (this.#done) {
      const error = new Error('Digest already called');
      error.code = 'ERR_CRYPTO_HASH_FINALIZED';
      throw error;
    }
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
      const error = new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView.');
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    this.#parts.push(Buffer.from(bytesOf(data, encoding)));
    return this;
  }

  digest(encoding) {
    if (this.#done) throw new Error('Digest already called');
    this.#done = true;
    const bytes = Buffer.from(this.#finish(Buffer.concat(this.#parts)));
    return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes;
  }
}

const named = (name) => {
  const known = String(name).toLowerCase().replace('-', '');
  if (!getHashes().includes(known)) throw new Error(`Digest method not supported: ${name}`);
  return known;
};

export const getHashes = () => ['sha256', 'sha384', 'sha512'];
export const createHash = (name) => {
  const known = named(name);
  return new Digest((data) => native.hash(known, data));
};
export const createHmac = (name, key) => {
  const known = named(name);
  const secret = bytesOf(key);
  return new Digest((data) => native.hmac(known, secret, data));
};
export const hash = (name, data, encoding = 'hex') => createHash(name).update(data).digest(encoding);
export const randomBytes = (size, callback) => {
  const bytes = Buffer.from(native.randomBytes(size));
  if (typeof callback !== 'function') return bytes;
  queueMicrotask(() => callback(null, bytes));
  return undefined;
};
export const randomInt = (low, high) => {
  const [from, to] = high === undefined ? [0, low] : [low, high];
  const range = to - from;
  if (!Number.isSafeInteger(range) || range <= 0 || range > 2 ** 48) throw new RangeError('the range must be from 1 to 2^48');
  const most = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const number = Buffer.from(native.randomBytes(6)).readUIntBE(0, 6);
    if (number < most) return from + (number % range);
  }
};
export const timingSafeEqual = (a, b) => {
  if (a.byteLength !== b.byteLength) {
    const error = new RangeError('Input buffers must have the same byte length');
    error.code = 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH';
    throw error;
  }
  return native.timingSafeEqual(a, b);
};
export const webcrypto = { randomUUID, getRandomValues, subtle };
export { randomUUID, getRandomValues, subtle };
export default { getHashes, createHash, createHmac, hash, randomBytes, randomInt, randomUUID, timingSafeEqual, webcrypto, getRandomValues, subtle };
