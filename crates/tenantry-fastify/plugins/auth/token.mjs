// JSON Web Tokens signed with a secret (HS256, HS384, HS512) or with a key (RS256, ES256). Nothing else is accepted, `none` least of all,
// and which of the two it is, is told by what is configured and never by the token: a public key is no secret to sign with.

// Loaded by the first token and not with every tenant.
const { getBuiltinModule } = globalThis.process;
const crypto = () => getBuiltinModule("node:crypto");
const buffers = () => getBuiltinModule("node:buffer").Buffer;

const digests = { __proto__: null, HS256: "sha256", HS384: "sha384", HS512: "sha512" };
const units = { __proto__: null, "": 0.001, ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31557600 };

export function failure(code, message, statusCode = 401) {
  const error = new Error(message);
  error.name = "FastifyError";
  error.code = code;
  error.statusCode = statusCode;
  return error;
}

const untrusted = (why) => failure("FST_JWT_AUTHORIZATION_TOKEN_INVALID", `Authorization token is invalid: ${why}`);

/** A number of seconds, or a text such as `"15m"` or `"7 days"` (milliseconds where it has no unit), in seconds. */
export function seconds(time, what) {
  if (Number.isFinite(time)) return time;
  const match = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(time).trim());
  const word = match?.[2].toLowerCase() ?? "?";
  const unit = units[word] ?? units[word.startsWith("mi") && word.includes("sec") ? "ms" : word.startsWith("mo") ? "?" : word[0]];
  if (!match || unit === undefined) throw failure("FST_JWT_BAD_OPTION", `${what}: ${JSON.stringify(time)} is no time, write it as "15m" or in seconds`, 500);
  return Number(match[1]) * unit;
}

function part(value) {
  return buffers().from(JSON.stringify(value)).toString("base64url");
}

function signature(algorithm, text, secret) {
  return crypto().createHmac(digests[algorithm], secret).update(text).digest();
}

const byKey = ["RS256", "ES256"];
const form = (algorithm, key) => (algorithm === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : { key });

/** Whether it is a key in PEM, and no secret. */
export function isKey(secret) {
  const text = typeof secret === "string" ? secret : secret instanceof Uint8Array ? buffers().from(secret).toString("latin1") : "";
  return text.includes("-----BEGIN ");
}

function marked(algorithm, text, secret) {
  if (byKey.includes(algorithm)) return crypto().sign("sha256", text, form(algorithm, secret));
  return signature(algorithm, text, secret);
}

function isGood(algorithm, text, secret, given) {
  if (byKey.includes(algorithm)) return crypto().verify("sha256", text, form(algorithm, secret), given);
  const expected = signature(algorithm, text, secret);
  return given.length === expected.length && crypto().timingSafeEqual(given, expected);
}

const reserved = { iss: "iss", aud: "aud", sub: "sub", jti: "jti" };

export function sign(payload, secret, options = {}) {
  if (payload === null || typeof payload !== "object" || Array.isArray(payload)) {
    throw failure("FST_JWT_BAD_PAYLOAD", "jwt.sign: the payload must be an object", 500);
  }
  const withKey = isKey(secret);
  const algorithm = options.algorithm ?? (!withKey ? "HS256" : crypto().createPrivateKey(secret).asymmetricKeyType === "ec" ? "ES256" : "RS256");
  const known = withKey ? byKey : Object.keys(digests);
  if (!known.includes(algorithm)) throw failure("FST_JWT_BAD_OPTION", `jwt.sign: with a ${withKey ? "key" : "secret"} the algorithm is ${known.join(", ")}, not ${algorithm}`, 500);
  const claims = { ...payload };
  const now = Math.floor(Date.now() / 1000);
  if (!options.noTimestamp) claims.iat ??= now;
  const from = claims.iat ?? now;
  if (options.expiresIn !== undefined) claims.exp = Math.floor(from + seconds(options.expiresIn, "expiresIn"));
  if (options.notBefore !== undefined) claims.nbf = Math.floor(from + seconds(options.notBefore, "notBefore"));
  for (const name of Object.keys(reserved)) if (options[name] !== undefined) claims[name] = options[name];
  const head = { alg: algorithm, typ: "JWT", ...(options.kid === undefined ? {} : { kid: options.kid }) };
  const text = `${part(head)}.${part(claims)}`;
  return `${text}.${marked(algorithm, text, secret).toString("base64url")}`;
}

/** What a token says, without asking whether it is true. Null for what is no token. */
export function decode(token, { complete = false } = {}) {
  try {
    const [header, payload, mark] = String(token).split(".");
    const read = (text) => JSON.parse(buffers().from(text, "base64url").toString("utf8"));
    const found = { header: read(header), payload: read(payload), signature: mark };
    if (found.header === null || typeof found.header !== "object") return null;
    return complete ? found : found.payload;
  } catch {
    return null;
  }
}

function matches(allowed, found) {
  const wanted = [].concat(allowed);
  return [].concat(found ?? []).some((one) => wanted.some((want) => (want instanceof RegExp ? want.test(one) : want === one)));
}

/** The claims of a token that this secret has signed and that holds now. */
export function verify(token, secret, options = {}) {
  const text = String(token);
  const pieces = text.split(".");
  const found = pieces.length === 3 ? decode(text, { complete: true }) : null;
  if (found === null || found.payload === null || typeof found.payload !== "object") throw untrusted("The token is malformed.");
  const { alg } = found.header;
  const known = isKey(secret) ? byKey : Object.keys(digests);
  const allowed = options.algorithms ?? known;
  if (!known.includes(alg) || !allowed.includes(alg)) throw untrusted("The token algorithm is invalid.");
  const given = buffers().from(pieces[2], "base64url");
  if (!isGood(alg, `${pieces[0]}.${pieces[1]}`, secret, given)) throw untrusted("The token signature is invalid.");
  const claims = found.payload;
  const now = (options.clockTimestamp ?? Date.now()) / 1000;
  const tolerance = (options.clockTolerance ?? 0) / 1000;
  for (const name of ["exp", "nbf", "iat"]) {
    if (claims[name] !== undefined && typeof claims[name] !== "number") throw untrusted(`The ${name} claim must be a number.`);
  }
  if (claims.exp !== undefined && !options.ignoreExpiration && now >= claims.exp + tolerance) {
    throw failure("FST_JWT_AUTHORIZATION_TOKEN_EXPIRED", "Authorization token expired");
  }
  if (claims.nbf !== undefined && now < claims.nbf - tolerance) throw untrusted("The token is not active yet.");
  if (options.maxAge !== undefined && !(now <= (claims.iat ?? -Infinity) + seconds(options.maxAge, "maxAge"))) {
    throw failure("FST_JWT_AUTHORIZATION_TOKEN_EXPIRED", "Authorization token expired");
  }
  for (const [option, claim] of [["allowedIss", "iss"], ["allowedAud", "aud"], ["allowedSub", "sub"], ["allowedJti", "jti"]]) {
    if (options[option] !== undefined && !matches(options[option], claims[claim])) throw untrusted(`The ${claim} claim value is not allowed.`);
  }
  for (const claim of options.requiredClaims ?? []) {
    if (claims[claim] === undefined) throw untrusted(`The ${claim} claim is required.`);
  }
  return options.complete ? { ...found, input: `${pieces[0]}.${pieces[1]}` } : claims;
}
