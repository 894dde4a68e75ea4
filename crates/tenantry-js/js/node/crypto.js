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

  #open() {
    if (!this.#done) return;
    const error = new Error('Digest already called');
    error.code = 'ERR_CRYPTO_HASH_FINALIZED';
    throw error;
  }

  update(data, encoding) {
    this.#open();
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
      const error = new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView.');
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    this.#parts.push(Buffer.from(bytesOf(data, encoding)));
    return this;
  }

  copy() {
    this.#open();
    const copy = new Digest(this.#finish);
    copy.#parts = [...this.#parts];
    return copy;
  }

  digest(encoding) {
    this.#open();
    this.#done = true;
    const bytes = Buffer.from(this.#finish(Buffer.concat(this.#parts)));
    return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes;
  }
}

const named = (name) => {
  const known = String(name).toLowerCase().replace('-', '');
  if (!getHashes().includes(known)) throw new Error('Digest method not supported');
  return known;
};

export const getHashes = () => ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
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
export const randomFillSync = (view, offset = 0, size = undefined) => {
  const bytes = ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(view);
  const end = size === undefined ? bytes.length : offset + size;
  if (!(offset >= 0 && end <= bytes.length && offset <= end)) throw new RangeError('the offset and the size are not within the buffer');
  bytes.set(native.randomBytes(end - offset), offset);
  return view;
};
export const randomFill = (view, ...rest) => {
  const callback = rest.pop();
  randomFillSync(view, ...rest);
  queueMicrotask(() => callback(null, view));
};
const number = (low, high) => {
  const [from, to] = high === undefined ? [0, low] : [low, high];
  const range = to - from;
  if (!Number.isSafeInteger(range) || range <= 0 || range > 2 ** 48) throw new RangeError('the range must be from 1 to 2^48');
  const most = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const number = Buffer.from(native.randomBytes(6)).readUIntBE(0, 6);
    if (number < most) return from + (number % range);
  }
};
export const randomInt = (low, high, callback) => {
  const done = typeof high === 'function' ? high : callback;
  const drawn = number(low, typeof high === 'function' ? undefined : high);
  if (typeof done !== 'function') return drawn;
  queueMicrotask(() => done(null, drawn));
  return undefined;
};
export const timingSafeEqual = (a, b) => {
  if (a.byteLength !== b.byteLength) {
    const error = new RangeError('Input buffers must have the same byte length');
    error.code = 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH';
    throw error;
  }
  return native.timingSafeEqual(a, b);
};
// Signatures by RSA and by ECDSA on P-256, with keys as PEM.
const keyOf = (key) => {
  const given = key?.key ?? key;
  const pem = typeof given === 'string' ? given : Buffer.from(given).toString('utf8');
  return { pem, fixed: key?.dsaEncoding === 'ieee-p1363' };
};
const signedBy = (name) => named(String(name).replace(/^RSA-/i, ''));
export const sign = (algorithm, data, key) => {
  const { pem, fixed } = keyOf(key);
  return Buffer.from(native.sign(signedBy(algorithm), pem, fixed, Buffer.from(bytesOf(data))));
};
export const verify = (algorithm, data, key, signature) => {
  const { pem, fixed } = keyOf(key);
  return native.verify(signedBy(algorithm), pem, fixed, Buffer.from(bytesOf(data)), signature);
};
class Signer {
  #algorithm;
  #parts = [];
  constructor(algorithm) { signedBy(algorithm); this.#algorithm = algorithm; }
  update(data, encoding) { this.#parts.push(Buffer.from(bytesOf(data, encoding))); return this; }
  sign(key, encoding) {
    const made = sign(this.#algorithm, Buffer.concat(this.#parts), key);
    return encoding ? made.toString(encoding) : made;
  }
  verify(key, signature, encoding) {
    return verify(this.#algorithm, Buffer.concat(this.#parts), key, bytesOf(signature, encoding));
  }
}
export const createSign = (algorithm) => new Signer(algorithm);
export const createVerify = (algorithm) => new Signer(algorithm);
/** What a key is, of those that sign here: `rsa`, `ec`, or undefined. */
const kindOf = (key) => native.keyKind(keyOf(key).pem) ?? undefined;
export const createPublicKey = (key) => keyObject('public', key);
export const createPrivateKey = (key) => keyObject('private', key);
const keyObject = (type, key) => {
  const asymmetricKeyType = kindOf(key);
  if (asymmetricKeyType === undefined) throw new TypeError('the key is no PEM of an RSA key, or of one on the curve P-256');
  return { type, asymmetricKeyType, key: keyOf(key).pem };
};
export const webcrypto = { randomUUID, getRandomValues, subtle };
export { randomUUID, getRandomValues, subtle };
export default { getHashes, createHash, createHmac, createSign, createVerify, createPublicKey, createPrivateKey, sign, verify, hash, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, timingSafeEqual, webcrypto, getRandomValues, subtle };
