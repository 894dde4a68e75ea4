// URL and URLSearchParams over the host's parser.
const { parseUrl, setUrl } = host.native;
const PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

const decode = (text) => {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(%[0-9a-f]{2})+/gi, (run) => host.native.utf8Decode(Uint8Array.fromHex(run.replaceAll('%', '')), false));
  }
};
const encode = (text) => encodeURIComponent(text.toWellFormed())
  .replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  .replaceAll('%20', '+');

class URLSearchParams {
  #list = [];
  #changed = () => {};

  constructor(init = '') {
    if (typeof init === 'object' && init !== null) {
      if (typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const [name, value, ...more] = pair;
          if (value === undefined || more.length) throw new TypeError('Each query pair must be an iterable [name, value] tuple');
          this.#list.push([String(name), String(value)]);
        }
      } else {
        for (const key of Object.keys(init)) this.#list.push([key, String(init[key])]);
      }
    } else {
      this.#read(String(init));
    }
  }

  #read(text) {
    const query = text.startsWith('?') ? text.slice(1) : text;
    this.#list = query.split('&').filter(Boolean).map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
  }

  static link(params, changed) { params.#changed = changed; }
  static reread(params, text) { params.#read(text); }

  get size() { return this.#list.length; }
  append(name, value) { this.#list.push([String(name), String(value)]); this.#changed(); }
  delete(name, value) {
    this.#list = this.#list.filter(([key, item]) => key !== String(name) || (value !== undefined && item !== String(value)));
    this.#changed();
  }
  get(name) { return this.#list.find(([key]) => key === String(name))?.[1] ?? null; }
  getAll(name) { return this.#list.filter(([key]) => key === String(name)).map(([, value]) => value); }
  has(name, value) { return this.#list.some(([key, item]) => key === String(name) && (value === undefined || item === String(value))); }
  set(name, value) {
    const at = this.#list.findIndex(([key]) => key === String(name));
    if (at < 0) this.#list.push([String(name), String(value)]);
    else {
      this.#list[at][1] = String(value);
      this.#list = this.#list.filter(([key], index) => index <= at || key !== String(name));
    }
    this.#changed();
  }
  sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
  forEach(callback, self) { for (const [key, value] of this.#list) Reflect.apply(callback, self, [value, key, this]); }
  *entries() { for (const [key, value] of this.#list) yield [key, value]; }
  *keys() { for (const [key] of this.#list) yield key; }
  *values() { for (const [, value] of this.#list) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return this.#list.map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&'); }
}
const { link, reread } = URLSearchParams;
delete URLSearchParams.link;
delete URLSearchParams.reread;

class URL {
  #parts;
  #params;

  constructor(input, base) {
    this.#parts = parseUrl(String(input), base === undefined ? undefined : String(base));
    if (!this.#parts) {
      const error = new TypeError('Invalid URL');
      error.code = 'ERR_INVALID_URL';
      error.input = String(input);
      throw error;
    }
  }

  static canParse(input, base) { return Boolean(parseUrl(String(input), base === undefined ? undefined : String(base))); }
  static parse(input, base) { return URL.canParse(input, base) ? new URL(input, base) : null; }
  static part(url, at) { return url.#parts[at]; }
  static change(url, name, value) {
    const parts = setUrl(url.#parts[0], name, String(value));
    if (!parts) throw new TypeError('Invalid URL');
    url.#parts = parts;
    if (url.#params) reread(url.#params, parts[9]);
  }

  get searchParams() {
    if (!this.#params) {
      this.#params = new URLSearchParams(this.#parts[9]);
      link(this.#params, () => {
        this.#parts = setUrl(this.#parts[0], 'search', this.#params.toString());
      });
    }
    return this.#params;
  }

  toString() { return this.#parts[0]; }
  toJSON() { return this.#parts[0]; }
}
const { part, change } = URL;
delete URL.part;
delete URL.change;
PARTS.forEach((name, at) => {
  Object.defineProperty(URL.prototype, name, {
    get() { return part(this, at); },
    set: name === 'origin' ? undefined : function set(value) { change(this, name, value); },
    enumerable: true,
    configurable: true,
  });
});

Object.assign(globalThis, { URL, URLSearchParams });
