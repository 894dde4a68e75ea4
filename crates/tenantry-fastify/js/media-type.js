// `content-type` headers, read.

import { decodeText } from "./intrinsics.js";

const token = /^[\w!#$%&'*+.^`|~-]+$/;
const parameter = /(?:^|;)\s*([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[\w!#$%&'*+.^`|~-]+)/g;

class MediaType {
  /** `type/subtype` in lower case; undefined where the header is not of that form. */
  mediaType = undefined;
  isEmpty = true;
  parameters = new Map();
  text = undefined;

  constructor(header) {
    if (header === undefined || header === null || header === "" || typeof header !== "string") return;
    const semicolon = header.indexOf(";");
    const essence = (semicolon === -1 ? header : header.slice(0, semicolon)).trim().toLowerCase();
    const slash = essence.indexOf("/");
    if (slash === -1 || !token.test(essence.slice(0, slash)) || !token.test(essence.slice(slash + 1))) return;
    this.mediaType = essence;
    this.isEmpty = false;
    if (semicolon === -1) return;
    for (const [, name, value] of header.slice(semicolon + 1).trim().matchAll(parameter)) {
      const plain = value[0] === '"' ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
      this.parameters.set(name.toLowerCase(), plain);
    }
  }

  get isValid() {
    return this.mediaType !== undefined;
  }

  /** The same for the same type with the same parameters. */
  toString() {
    if (this.text === undefined) {
      this.text = this.mediaType ?? "/";
      for (const [name, value] of this.parameters) this.text += `; ${name}="${value}"`;
    }
    return this.text;
  }
}

/** Few are seen, again and again. */
const seen = new Map();
export function mediaTypeOf(header) {
  let type = seen.get(header);
  if (type === undefined) {
    type = new MediaType(header);
    if (seen.size >= 100) seen.clear();
    seen.set(header, type);
  }
  return type;
}

/** A body as text, whatever it came as. */
export function asText(body) {
  return typeof body === "string" ? body : decodeText(body);
}
