// Cookies, with the interface of `@fastify/cookie`: `request.cookies`, `reply.setCookie`, `clearCookie`, signed ones.
//
// Options, also by `cookie` in the tenant's configuration: `secret` (a text, or a list of them: the first signs) and
// `parseOptions` (defaults of each cookie). Without them a cookie is `Path=/; HttpOnly; SameSite=Lax`, and `Secure` where
// the request came by https. No hooks: a route that has nothing to do with cookies pays nothing for them.

import fp from "fastify-plugin";
import { parse, serialize } from "./cookies.mjs";
import { Signer } from "./signer.mjs";

const kCookies = Symbol("cookies");

function unsigned() {
  const error = new Error("cookie: no secret is configured: set cookie.secret in the tenant's configuration");
  error.code = "FST_COOKIE_NO_SECRET";
  return error;
}

/** What a `Set-Cookie` header is about, for which only the last one counts. */
function identity(line) {
  const [pair, ...attributes] = line.split("; ");
  const about = attributes.filter((text) => text.startsWith("Domain=") || text.startsWith("Path="));
  return [pair.slice(0, pair.indexOf("=")), ...about.sort()].join(";");
}

function append(reply, line) {
  const before = reply.getHeader("set-cookie");
  const lines = before === undefined ? [] : [].concat(before);
  const kept = lines.filter((other) => identity(other) !== identity(line));
  reply.removeHeader("set-cookie");
  reply.header("set-cookie", kept.length === 0 ? line : [...kept, line]);
}

async function cookie(fastify, options) {
  const { config, tenant: _tenant, ...own } = options;
  const given = { ...config?.cookie, ...own };
  const defaults = { path: "/", httpOnly: true, sameSite: "lax", secure: "auto", ...given.parseOptions };
  const signer = given.secret === undefined ? undefined : typeof given.secret === "object" && typeof given.secret.sign === "function" ? given.secret : new Signer(given.secret);
  const sign = (text) => {
    if (signer === undefined) throw unsigned();
    return signer.sign(text);
  };
  const unsign = (text) => {
    if (signer === undefined) throw unsigned();
    return signer.unsign(text);
  };

  /** `secure: "auto"` is what the connection is. */
  function settled(reply, mine) {
    const all = { ...defaults, ...mine };
    if (all.secure === "auto") {
      all.secure = reply.request.protocol === "https";
    }
    if (String(all.sameSite).toLowerCase() === "none" && mine?.secure === undefined) all.secure = true;
    return all;
  }

  function setCookie(key, text, mine) {
    const all = settled(this, mine);
    append(this, serialize(key, all.signed ? sign(String(text)) : text, all));
    return this;
  }

  fastify.decorate("parseCookie", (header) => parse(header, given.parseOptions?.decode));
  fastify.decorate("serializeCookie", (key, text, mine) => serialize(key, text, mine));
  fastify.decorate("signCookie", sign);
  fastify.decorate("unsignCookie", unsign);
  fastify.decorateRequest("signCookie", sign);
  fastify.decorateRequest("unsignCookie", unsign);
  fastify.decorateRequest("cookies", {
    getter() {
      this[kCookies] ??= parse(this.headers.cookie, given.parseOptions?.decode);
      return this[kCookies];
    },
    setter(cookies) {
      this[kCookies] = cookies;
    },
  });
  fastify.decorateReply("signCookie", sign);
  fastify.decorateReply("unsignCookie", unsign);
  fastify.decorateReply("setCookie", setCookie);
  fastify.decorateReply("cookie", setCookie);
  fastify.decorateReply("clearCookie", function clearCookie(key, mine) {
    append(this, serialize(key, "", { ...settled(this, mine), signed: undefined, maxAge: undefined, expires: new Date(0) }));
    return this;
  });
}

export default fp(cookie, { name: "@fastify/cookie", fastify: "5.x" });
export { parse, serialize, Signer };
