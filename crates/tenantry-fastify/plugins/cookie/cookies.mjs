// Cookies as text: RFC 6265, as the package `cookie` reads and writes them.

const name = /^[\w!#$%&'*+\-.^`|~]+$/;
const value = /^[\u0021\u0023-\u002b\u002d-\u003a\u003c-\u005b\u005d-\u007e]*$/;
const domain = /^\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const path = /^[\u0020-\u003a\u003c-\u007e]*$/;
const sameSite = { __proto__: null, strict: "Strict", lax: "Lax", none: "None", true: "Strict" };
const priority = { __proto__: null, low: "Low", medium: "Medium", high: "High" };

function decoded(text) {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `a=1; b=2` as an object. The first of a name counts. */
export function parse(header, decode = decoded) {
  const cookies = Object.create(null);
  for (const pair of String(header ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at < 0) continue;
    const key = pair.slice(0, at).trim();
    if (key in cookies) continue;
    cookies[key] = decode(pair.slice(at + 1).trim());
  }
  return cookies;
}

function invalid(what, given) {
  const error = new TypeError(`cookie: ${what} is invalid: ${JSON.stringify(String(given))}`);
  error.code = "FST_COOKIE_INVALID";
  return error;
}

/** The value of a `Set-Cookie` header. Refuses what would be another attribute or another header. */
export function serialize(key, given, options = {}) {
  if (!name.test(key)) throw invalid("the name", key);
  const text = (options.encode ?? encodeURIComponent)(String(given));
  if (!value.test(text)) throw invalid("the value", text);
  const parts = [`${key}=${text}`];
  if (options.maxAge !== undefined && options.maxAge !== null) {
    const seconds = Math.trunc(Number(options.maxAge));
    if (!Number.isFinite(seconds)) throw invalid("maxAge", options.maxAge);
    parts.push(`Max-Age=${seconds}`);
  }
  if (options.domain) {
    if (!domain.test(options.domain)) throw invalid("domain", options.domain);
    parts.push(`Domain=${options.domain}`);
  }
  if (options.path) {
    if (!path.test(options.path)) throw invalid("path", options.path);
    parts.push(`Path=${options.path}`);
  }
  if (options.expires) {
    const date = new Date(options.expires);
    if (Number.isNaN(date.getTime())) throw invalid("expires", options.expires);
    parts.push(`Expires=${date.toUTCString()}`);
  }
  if (options.httpOnly) parts.push("HttpOnly");
  if (options.secure) parts.push("Secure");
  if (options.partitioned) parts.push("Partitioned");
  if (options.priority) parts.push(`Priority=${priority[String(options.priority).toLowerCase()] ?? fail("priority", options.priority)}`);
  if (options.sameSite) parts.push(`SameSite=${sameSite[String(options.sameSite).toLowerCase()] ?? fail("sameSite", options.sameSite)}`);
  return parts.join("; ");
}

function fail(what, given) {
  throw invalid(what, given);
}
