// Signed cookies: `value.signature`, HMAC with SHA-256, and older secrets that are still accepted.

// Loaded by the first signature and not with every tenant.
const { getBuiltinModule } = globalThis.process;
const crypto = () => getBuiltinModule("node:crypto");
const buffers = () => getBuiltinModule("node:buffer").Buffer;

function signature(text, secret) {
  return crypto().createHmac("sha256", secret).update(text).digest("base64").replace(/=+$/, "");
}

export class Signer {
  #secrets;

  constructor(secrets) {
    this.#secrets = Array.isArray(secrets) ? secrets.slice() : [secrets];
    if (this.#secrets.length === 0 || this.#secrets.some((secret) => !secret)) throw new TypeError("cookie: the secret is empty");
  }

  sign(text) {
    if (typeof text !== "string") throw new TypeError("Cookie value must be provided as a string.");
    return `${text}.${signature(text, this.#secrets[0])}`;
  }

  /** `{ valid, renew, value }`; to be renewed is what an older secret has signed. */
  unsign(signed) {
    if (typeof signed !== "string") throw new TypeError("Signed cookie string must be provided.");
    const at = signed.lastIndexOf(".");
    const text = signed.slice(0, Math.max(at, 0));
    const given = buffers().from(signed.slice(at + 1));
    for (const secret of at < 0 ? [] : this.#secrets) {
      const expected = buffers().from(signature(text, secret));
      if (expected.length === given.length && crypto().timingSafeEqual(expected, given)) {
        return { valid: true, renew: secret !== this.#secrets[0], value: text };
      }
    }
    return { valid: false, renew: false, value: null };
  }
}
