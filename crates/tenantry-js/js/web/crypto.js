// webcrypto: random values and digests.
const { randomBytes, uuid, hash } = host.native;

export const randomUUID = () => uuid();

export const getRandomValues = (view) => {
  if (!ArrayBuffer.isView(view)) throw new TypeError('getRandomValues needs a typed array of integers');
  if (view.byteLength > 65536) throw new DOMException('more than 65536 bytes', 'QuotaExceededError');
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(randomBytes(view.byteLength));
  return view;
};

const NAMES = { __proto__: null, 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

export const subtle = {
  async digest(algorithm, data) {
    const asked = String(typeof algorithm === 'object' ? algorithm?.name : algorithm).toUpperCase();
    const name = NAMES[asked];
    if (!name) throw new DOMException(`crypto.subtle.digest has SHA-1, SHA-256, SHA-384 and SHA-512, not ${asked}`, 'NotSupportedError');
    return hash(name, data).buffer;
  },
};
