// fetch, Headers, Request, Response: bodies are whole, never streams.
const { fetch: send, stopTimer } = host.native;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

class Headers {
  #map = new Map();

  constructor(init) {
    if (init instanceof Headers || typeof init?.[Symbol.iterator] === 'function') {
      for (const [name, value] of init) this.append(name, value);
    } else if (init) {
      for (const name of Object.keys(init)) this.append(name, init[name]);
    }
  }

  static #name(name) {
    const text = String(name);
    if (!NAME.test(text)) throw new TypeError(`Headers: ${JSON.stringify(text)} is an invalid header name.`);
    return text.toLowerCase();
  }
  static #value(value) {
    const text = String(value).trim();
    if (/[\r\n\0]/.test(text)) throw new TypeError('Headers: an invalid header value.');
    return text;
  }

  append(name, value) {
    const key = Headers.#name(name);
    this.#map.set(key, [...(this.#map.get(key) ?? []), Headers.#value(value)]);
  }
  set(name, value) { this.#map.set(Headers.#name(name), [Headers.#value(value)]); }
  delete(name) { this.#map.delete(Headers.#name(name)); }
  get(name) { return this.#map.get(Headers.#name(name))?.join(', ') ?? null; }
  has(name) { return this.#map.has(Headers.#name(name)); }
  getSetCookie() { return [...(this.#map.get('set-cookie') ?? [])]; }
  forEach(callback, self) { for (const [name, value] of this) Reflect.apply(callback, self, [value, name, this]); }
  *entries() {
    for (const name of [...this.#map.keys()].sort()) {
      if (name === 'set-cookie') for (const value of this.#map.get(name)) yield [name, value];
      else yield [name, this.#map.get(name).join(', ')];
    }
  }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
  [Symbol.iterator]() { return this.entries(); }
}

// A body as bytes, and the content type that goes with its kind.
const bodyOf = (body) => {
  if (body === undefined || body === null) return [undefined, null];
  if (body instanceof ArrayBuffer) return [new Uint8Array(body.slice(0)), null];
  if (ArrayBuffer.isView(body)) return [new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice(), null];
  const encoded = (value) => new TextEncoder().encode(value);
  if (body instanceof URLSearchParams) return [encoded(String(body)), 'application/x-www-form-urlencoded;charset=UTF-8'];
  return [encoded(String(body)), 'text/plain;charset=UTF-8'];
};

class Body {
  #bytes;
  #used = false;
  constructor(bytes) { this.#bytes = bytes; }
  static bytes(body) { return body.#bytes; }
  get bodyUsed() { return this.#used; }
  #take() {
    if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
    this.#used = this.#bytes !== undefined;
    return this.#bytes ?? new Uint8Array();
  }
  async bytes() { return this.#take(); }
  async arrayBuffer() { return this.#take().slice().buffer; }
  async text() { return new TextDecoder().decode(this.#take()); }
  async json() { return JSON.parse(await this.text()); }
}
const { bytes: bytesOf } = Body;
delete Body.bytes;

class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined;
    const method = String(init.method ?? from?.method ?? 'GET');
    const [bytes, type] = init.body === undefined && from ? [bytesOf(from), null] : bodyOf(init.body);
    const upper = method.toUpperCase();
    const normal = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
    if (bytes && (normal === 'GET' || normal === 'HEAD')) throw new TypeError('Request with GET/HEAD method cannot have body.');
    super(bytes);
    this.method = normal;
    this.url = from ? from.url : new URL(String(input)).href;
    this.headers = new Headers(init.headers ?? from?.headers);
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type);
    this.redirect = init.redirect ?? from?.redirect ?? 'follow';
    this.signal = init.signal ?? from?.signal ?? null;
  }
  clone() { return new Request(this); }
}

class Response extends Body {
  constructor(body, { status = 200, statusText = '', headers } = {}) {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    const [bytes, type] = bodyOf(body);
    super(bytes);
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers);
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type);
    this.url = '';
    this.redirected = false;
    this.type = 'default';
  }
  get ok() { return this.status >= 200 && this.status <= 299; }
  clone() {
    const { status, statusText, headers, url, redirected } = this;
    return Object.assign(new Response(bytesOf(this), { status, statusText, headers }), { url, redirected });
  }
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(data), { ...init, headers });
  }
  static error() { return Object.assign(new Response(null), { type: 'error', status: 0 }); }
}

const fetch = async (input, init) => {
  const request = new Request(input, init);
  const { signal } = request;
  signal?.throwIfAborted();
  const asked = [request.method, request.url, [...request.headers], bytesOf(request), request.redirect];
  const [id, answer] = send(asked);
  const aborted = signal && new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      stopTimer(id);
      reject(signal.reason);
    }, { once: true });
  });
  let parts;
  try {
    parts = await (aborted ? Promise.race([answer, aborted]) : answer);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw Object.assign(new TypeError(error.message, { cause: error }), { code: error.code });
  }
  const [status, statusText, headers, body, url, redirected] = parts;
  const empty = status === 204 || status === 304;
  const response = new Response(empty ? null : body, { status: Math.max(status, 200), statusText, headers });
  return Object.assign(response, { status, url, redirected, type: 'basic' });
};

Object.assign(globalThis, { Headers, Request, Response, fetch });
