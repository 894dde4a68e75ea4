// Files of the tenant's own `public/` folder, at `/public/…`, and `reply.sendFile("logo.svg")`.
//
// Options, also by `static` in the tenant's configuration (`false` leaves it out): `prefix` (`/public/`), `index` (`index.html`, or false), `maxAge`
// (seconds, 0), `immutable`, `headers` (of every file). The files are read, and all of HTTP's conditions answered, by
// the host: types, ETag and If-None-Match, Last-Modified, Range, HEAD. Nothing outside of the folder, no dot files.

import fp from "fastify-plugin";
import { read } from "tenantry:files";

function settings(given) {
  const prefix = `/${String(given.prefix ?? "/public/").replace(/^\/+|\/+$/g, "")}/`.replace("//", "/");
  const maxAge = given.maxAge ?? 0;
  if (!Number.isFinite(maxAge) || maxAge < 0) throw new TypeError(`static.maxAge is ${JSON.stringify(maxAge)}, expected seconds`);
  const cacheControl = given.cacheControl === false ? undefined : `public, max-age=${Math.trunc(maxAge)}${given.immutable ? ", immutable" : ""}`;
  return { prefix, index: given.index === false ? undefined : given.index ?? "index.html", cacheControl, headers: given.headers ?? {} };
}

async function staticFiles(fastify, options) {
  const { config, tenant: _tenant, ...own } = options;
  if (config?.static === false) return;
  const { prefix, index, cacheControl, headers } = settings({ ...config?.static, ...own });

  /** The reply with the file; false where there is none. */
  async function deliver(request, reply, path) {
    const name = path === "" || path.endsWith("/") ? index && path + index : path;
    if (!name) return false;
    const found = await read(name, {
      ifNoneMatch: request.headers["if-none-match"],
      ifModifiedSince: request.headers["if-modified-since"],
      ifRange: request.headers["if-range"],
      range: request.headers.range,
    });
    if (found === null) return false;
    if (cacheControl !== undefined && !reply.hasHeader("cache-control")) reply.header("cache-control", cacheControl);
    for (const key of Object.keys(headers)) reply.header(key, headers[key]);
    const { "content-type": type, ...others } = found.headers;
    reply.code(found.status).headers(others);
    if (type !== undefined && !reply.hasHeader("content-type")) reply.type(type);
    reply.send(found.body);
    return true;
  }

  fastify.decorateReply("sendFile", async function sendFile(path) {
    if (!(await deliver(this.request, this, String(path).replace(/^\/+/, "")))) this.callNotFound();
    return this;
  });
  fastify.route({
    method: "GET",
    url: `${prefix}*`,
    exposeHeadRoute: true,
    handler: async (request, reply) => {
      if (!(await deliver(request, reply, request.params["*"] ?? ""))) reply.callNotFound();
      return reply;
    },
  });
}

export default fp(staticFiles, { name: "@fastify/static", fastify: "5.x" });
