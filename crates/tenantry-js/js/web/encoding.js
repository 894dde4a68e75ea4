// TextEncoder and TextDecoder.
const { utf8Encode, utf8Decode } = host.native;

class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(text = '') { return utf8Encode(String(text)); }
  encodeInto(text, target) {
    const source = String(text);
    let read = 0;
    let written = 0;
    for (const letter of source) {
      const bytes = utf8Encode(letter);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += letter.length;
    }
    return { read, written };
  }
}

const NAMES = { 'utf-8': 'utf-8', utf8: 'utf-8', 'unicode-1-1-utf-8': 'utf-8', latin1: 'latin1', 'iso-8859-1': 'latin1', ascii: 'latin1', 'us-ascii': 'latin1', 'windows-1252': 'latin1' };

class TextDecoder {
  #fatal;
  #ignoreBOM;
  #encoding;
  #kept = new Uint8Array();

  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    this.#encoding = NAMES[String(label).trim().toLowerCase()];
    if (!this.#encoding) throw new RangeError(`The "${label}" encoding is not supported`);
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }

  get encoding() { return this.#encoding === 'latin1' ? 'windows-1252' : 'utf-8'; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input, { stream = false } = {}) {
    let bytes = input === undefined ? new Uint8Array()
      : input instanceof ArrayBuffer ? new Uint8Array(input)
        : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    if (this.#encoding === 'latin1') {
      let text = '';
      for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
      return text;
    }
    if (this.#kept.length) {
      const joined = new Uint8Array(this.#kept.length + bytes.length);
      joined.set(this.#kept);
      joined.set(bytes, this.#kept.length);
      bytes = joined;
      this.#kept = new Uint8Array();
    }
    if (stream) {
      const whole = bytes.length - incomplete(bytes);
      this.#kept = bytes.slice(whole);
      bytes = bytes.subarray(0, whole);
    }
    const text = utf8Decode(bytes, this.#fatal);
    return !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}

// How many bytes at the end begin a character that does not end.
const incomplete = (bytes) => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
};

Object.assign(globalThis, { TextEncoder, TextDecoder });
