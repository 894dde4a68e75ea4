// node:buffer: a Buffer over Uint8Array.
const { utf8Encode, utf8Decode } = host.native;
const ENCODINGS = { utf8: 'utf8', 'utf-8': 'utf8', hex: 'hex', base64: 'base64', base64url: 'base64url', latin1: 'latin1', binary: 'latin1', ascii: 'ascii', utf16le: 'utf16le', 'utf-16le': 'utf16le', ucs2: 'utf16le', 'ucs-2': 'utf16le' };
const known = (encoding = 'utf8') => {
  const name = ENCODINGS[String(encoding).toLowerCase()];
  if (name) return name;
  const error = new TypeError(`Unknown encoding: ${encoding}`);
  error.code = 'ERR_UNKNOWN_ENCODING';
  throw error;
};

const encode = (text, encoding) => {
  switch (known(encoding)) {
    case 'utf8': return utf8Encode(text);
    case 'hex': return Uint8Array.fromHex(/^(?:[0-9a-f]{2})*/i.exec(text)[0]);
    case 'base64': case 'base64url': {
      const plain = text.replace(/[^A-Za-z0-9+/_-]/g, '').replaceAll('-', '+').replaceAll('_', '/');
      return Uint8Array.fromBase64(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
    }
    case 'utf16le': {
      const bytes = new Uint8Array(text.length * 2);
      for (let at = 0; at < text.length; at++) {
        const unit = text.charCodeAt(at);
        bytes[at * 2] = unit;
        bytes[at * 2 + 1] = unit >> 8;
      }
      return bytes;
    }
    default: return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  }
};

const decode = (bytes, encoding) => {
  switch (known(encoding)) {
    case 'utf8': return utf8Decode(bytes, false);
    case 'hex': return bytes.toHex();
    case 'base64': return bytes.toBase64();
    case 'base64url': return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
    case 'utf16le': {
      let text = '';
      for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at] | (bytes[at + 1] << 8));
      return text;
    }
    default: {
      const mask = known(encoding) === 'ascii' ? 0x7f : 0xff;
      let text = '';
      for (const byte of bytes) text += String.fromCharCode(byte & mask);
      return text;
    }
  }
};

const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === 'string') return Buffer.#over(encode(value, encoding));
    if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
    if (ArrayBuffer.isView(value) && !(value instanceof Uint8Array)) return Buffer.#over(Uint8Array.from(value));
    if (value?.type === 'Buffer' && Array.isArray(value.data)) return Buffer.#over(Uint8Array.from(value.data));
    if (typeof value === 'object' && value !== null) return Buffer.#over(Uint8Array.from(value));
    const error = new TypeError('The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array.');
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
  static #over(bytes) { return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength); }
  static alloc(size, fill, encoding) {
    const made = new Buffer(size);
    return fill === undefined ? made : made.fill(fill, 0, size, encoding);
  }
  static allocUnsafe(size) { return new Buffer(size); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) { return Object.hasOwn(ENCODINGS, String(name).toLowerCase()); }
  static byteLength(value, encoding) { return typeof value === 'string' ? encode(value, encoding).length : value.byteLength; }
  static compare(a, b) {
    const most = Math.min(a.length, b.length);
    for (let at = 0; at < most; at++) if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
    return Math.sign(a.length - b.length);
  }
  static concat(list, total = list.reduce((sum, part) => sum + part.length, 0)) {
    const made = Buffer.alloc(total);
    let at = 0;
    for (const part of list) {
      if (at >= total) break;
      made.set(part.subarray(0, total - at), at);
      at += part.length;
    }
    return made;
  }

  toString(encoding, start = 0, end = this.length) { return decode(this.#plain(start, end), encoding); }
  #plain(start, end) {
    const from = Math.max(0, Math.min(start, this.length));
    const to = Math.max(from, Math.min(end, this.length));
    return new Uint8Array(this.buffer, this.byteOffset + from, to - from);
  }
  toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
  equals(other) { return Buffer.compare(this, other) === 0; }
  compare(other) { return Buffer.compare(this, other); }
  slice(start, end) { return this.subarray(start, end); }
  copy(target, at = 0, start = 0, end = this.length) {
    const part = this.subarray(start, Math.min(end, start + target.length - at));
    target.set(part, at);
    return part.length;
  }
  write(text, at = 0, length = this.length - at, encoding = 'utf8') {
    if (typeof at === 'string') return this.write(text, 0, this.length, at);
    const bytes = encode(text, encoding).subarray(0, Math.min(length, this.length - at));
    this.set(bytes, at);
    return bytes.length;
  }
  fill(value, start = 0, end = this.length, encoding = 'utf8') {
    if (typeof value !== 'string') return super.fill(value, start, end);
    const bytes = encode(value, encoding);
    for (let at = start; at < end; at++) this[at] = bytes.length ? bytes[(at - start) % bytes.length] : 0;
    return this;
  }
  indexOf(value, from = 0, encoding = 'utf8') {
    if (typeof value === 'number') return super.indexOf(value, from);
    const bytes = typeof value === 'string' ? encode(value, encoding) : value;
    for (let at = Math.max(0, from); at + bytes.length <= this.length; at++) {
      let same = 0;
      while (same < bytes.length && this[at + same] === bytes[same]) same++;
      if (same === bytes.length) return at;
    }
    return -1;
  }
  includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; }
  readUIntBE(at, size) {
    let number = 0;
    for (let byte = 0; byte < size; byte++) number = number * 256 + this[at + byte];
    return number;
  }
  readUIntLE(at, size) {
    let number = 0;
    for (let byte = size - 1; byte >= 0; byte--) number = number * 256 + this[at + byte];
    return number;
  }
}

for (const [name, size, method] of [['UInt8', 1, 'Uint8'], ['Int8', 1, 'Int8'], ['UInt16', 2, 'Uint16'], ['Int16', 2, 'Int16'], ['UInt32', 4, 'Uint32'], ['Int32', 4, 'Int32'], ['Float', 4, 'Float32'], ['Double', 8, 'Float64'], ['BigUInt64', 8, 'BigUint64'], ['BigInt64', 8, 'BigInt64']]) {
  for (const [ending, little] of size === 1 ? [['', true]] : [['LE', true], ['BE', false]]) {
    Buffer.prototype[`read${name}${ending}`] = function read(at = 0) { return view(this)[`get${method}`](at, little); };
    Buffer.prototype[`write${name}${ending}`] = function write(value, at = 0) {
      view(this)[`set${method}`](at, value, little);
      return at + size;
    };
  }
}

const { atob, btoa } = globalThis;
export { atob, btoa };
export default { Buffer, atob, btoa };
