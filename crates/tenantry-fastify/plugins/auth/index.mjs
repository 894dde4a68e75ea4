// Bearer tokens: `fastify.jwt`, `request.jwtVerify()`, `request.user`, `reply.jwtSign()` with the interface of `@fastify/jwt`,
// `fastify.auth()` with that of `@fastify/auth`, and `fastify.authenticate` for `preHandler` or `onRequest`.
//
// Options, also by `auth` or `jwt` in the tenant's configuration: `secret` (else `JWT_SECRET` of the tenant's environment; or keys in PEM,
// `{ public, private }`, of which verifying needs one and signing the other), `sign` and
// `verify` (defaults of both), `cookie: { cookieName }`. Each tenant has its own secret: a token of one is worth nothing to another.

import fp from "fastify-plugin";
import { combine } from "./combine.mjs";
import { decode, failure, isKey, sign, verify } from "./token.mjs";

/** The secret, or of two keys the one for this: `private` signs, `public` verifies. */
function secretOf(given, use) {
  let secret = given ?? globalThis.process?.env?.JWT_SECRET;
  if (secret !== null && typeof secret === "object" && !(secret instanceof Uint8Array)) {
    secret = secret[use];
    if (!isKey(secret)) throw failure("FST_JWT_NO_SECRET", `auth: secret.${use} is no key in PEM (-----BEGIN …)`, 500);
  }
  if (typeof secret === "string" ? secret !== "" : secret instanceof Uint8Array && secret.length > 0) return secret;
  throw failure("FST_JWT_NO_SECRET", "auth: no secret is configured: set auth.secret in the tenant's configuration, or JWT_SECRET in its environment", 500);
}

/** The token of a request: from the header, or from a cookie. */
function tokenOf(request, cookieName) {
  const header = request.headers.authorization;
  if (typeof header === "string" && header !== "") {
    const [scheme, token, ...more] = header.trim().split(/ +/);
    if (token !== undefined && more.length === 0 && /^Bearer$/i.test(scheme)) return token;
    throw failure("FST_JWT_BAD_REQUEST", "Format is Authorization: Bearer [token]", 400);
  }
  if (cookieName) {
    const token = request.cookies?.[cookieName];
    if (token) return token;
    throw failure("FST_JWT_NO_AUTHORIZATION_IN_COOKIE", "No Authorization was found in request.cookies");
  }
  throw failure("FST_JWT_NO_AUTHORIZATION_IN_HEADER", "No Authorization was found in request.headers");
}

/** With a callback as its last argument, or a promise. */
function answer(callback, work) {
  const result = Promise.resolve().then(work);
  if (typeof callback !== "function") return result;
  result.then((value) => callback(null, value), (error) => callback(error));
  return undefined;
}

async function auth(fastify, options) {
  const { config, tenant: _tenant, ...own } = options;
  const given = { ...config?.jwt, ...config?.auth, ...own };
  const secret = (use) => secretOf(given.secret, use);
  const jwt = {
    options: { sign: given.sign ?? {}, verify: given.verify ?? {}, decode: given.decode ?? {} },
    cookie: given.cookie,
    sign: (payload, mine, callback) => {
      const make = () => sign(payload, mine?.key ?? secret("private"), { ...jwt.options.sign, ...(typeof mine === "object" ? mine : {}) });
      const done = callback ?? (typeof mine === "function" ? mine : undefined);
      return done ? answer(done, make) : make();
    },
    verify: (token, mine, callback) => {
      const check = () => verify(token, mine?.key ?? secret("public"), { ...jwt.options.verify, ...(typeof mine === "object" ? mine : {}) });
      const done = callback ?? (typeof mine === "function" ? mine : undefined);
      return done ? answer(done, check) : check();
    },
    decode: (token, mine) => decode(token, { ...jwt.options.decode, ...mine }),
    lookupToken: (request) => tokenOf(request, given.cookie?.cookieName),
  };

  async function read(request, mine) {
    const token = (given.verify?.extractToken ?? jwt.lookupToken)(request);
    if (!token) throw failure("FST_JWT_NO_AUTHORIZATION_IN_HEADER", "No Authorization was found in request.headers");
    const claims = jwt.verify(token, mine?.verify ?? mine);
    if (given.trusted && !(await given.trusted(request, claims))) {
      throw failure("FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED", "Untrusted authorization token");
    }
    request.user = given.formatUser ? given.formatUser(claims) : claims;
    return claims;
  }

  fastify.decorate("jwt", jwt);
  fastify.decorate("auth", combine);
  fastify.decorate("authenticate", async function authenticate(request) {
    await read(request);
  });
  fastify.decorate("verifyBearer", fastify.authenticate);
  if (!fastify.hasRequestDecorator("user")) fastify.decorateRequest("user", null);
  fastify.decorateRequest("jwtVerify", function jwtVerify(mine, callback) {
    return answer(callback ?? mine, () => read(this, typeof mine === "object" ? mine : undefined));
  });
  fastify.decorateRequest("jwtDecode", function jwtDecode(mine, callback) {
    return answer(callback ?? mine, () => jwt.decode(jwt.lookupToken(this), typeof mine === "object" ? mine : undefined));
  });
  fastify.decorateReply("jwtSign", function jwtSign(payload, mine, callback) {
    return answer(callback ?? mine, () => jwt.sign(payload, typeof mine === "object" ? mine?.sign ?? mine : undefined));
  });
}

export default fp(auth, { name: "@fastify/jwt", fastify: "5.x" });
export { combine, decode, sign, verify };
