// The body of a request as something to be read, for hooks and parsers that were written for a stream. It is whole by then.

import { bufferOf, encodeText, isThenable } from "./intrinsics.js";
import { asText } from "./media-type.js";
import { unsupported } from "./errors.js";

export class Payload {
  #body;
  #listeners = { data: [], end: [], error: [] };
  #flows = false;
  #asText = false;

  constructor(body) {
    this.#body = body ?? "";
  }

  /** The bytes, as they came. */
  get bytes() {
    return typeof this.#body === "string" ? encodeText(this.#body) : this.#body;
  }

  text() {
    return Promise.resolve(asText(this.#body));
  }

  async *[Symbol.asyncIterator]() {
    const chunk = this.#chunk();
    if (chunk.length > 0) yield chunk;
  }

  #chunk() {
    return this.#asText ? asText(this.#body) : bufferOf(this.#body);
  }

  setEncoding() {
    this.#asText = true;
    return this;
  }

  on(event, listener) {
    this.#listeners[event]?.push(listener);
    if (event === "data") this.resume();
    return this;
  }

  once(event, listener) {
    return this.on(event, listener);
  }

  off(event, listener) {
    const all = this.#listeners[event];
    if (all) this.#listeners[event] = all.filter((one) => one !== listener);
    return this;
  }

  removeListener(event, listener) {
    return this.off(event, listener);
  }

  resume() {
    if (!this.#flows) {
      this.#flows = true;
      Promise.resolve().then(() => {
        const chunk = this.#chunk();
        if (chunk.length > 0) for (const listener of this.#listeners.data) listener(chunk);
        for (const listener of this.#listeners.end) listener();
      });
    }
    return this;
  }

  pipe() {
    throw unsupported("payload.pipe", "read the payload with `for await`, or `await payload.text()`");
  }
}

/** What a `preParsing` hook left, in one piece: text, bytes, or something to be read. */
export function collectBody(payload) {
  if (payload === undefined || typeof payload === "string" || payload instanceof Uint8Array) return payload;
  if (payload instanceof Payload) return payload.bytes;
  return readAll(payload, Infinity);
}

function concatenate(chunks, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function bytesOf(chunk) {
  if (typeof chunk === "string") return encodeText(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`a stream gave a ${typeof chunk}, expected text or bytes`);
}

/** All of a ReadableStream, an async iterable or a stream with `on`, up to a limit, past which the error of `tooLarge` is thrown. */
export async function readAll(source, most, tooLarge) {
  const chunks = [];
  let size = 0;
  const take = (chunk) => {
    const bytes = bytesOf(chunk);
    size += bytes.length;
    if (size > most) throw tooLarge();
    chunks.push(bytes);
  };
  if (typeof source.getReader === "function") {
    const reader = source.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        take(value);
      }
    } catch (error) {
      const cancelled = reader.cancel?.(error);
      if (isThenable(cancelled)) cancelled.then(undefined, () => {});
      throw error;
    }
  } else if (source[Symbol.asyncIterator] || source[Symbol.iterator]) {
    for await (const chunk of source) take(chunk);
  } else if (typeof source.on === "function") {
    await new Promise((resolve, reject) => {
      source.on("data", (chunk) => {
        try {
          take(chunk);
        } catch (error) {
          reject(error);
        }
      });
      source.on("end", resolve);
      source.on("error", reject);
      source.resume?.();
    });
  } else {
    throw new TypeError("this stream can neither be iterated nor read");
  }
  return concatenate(chunks, size);
}
