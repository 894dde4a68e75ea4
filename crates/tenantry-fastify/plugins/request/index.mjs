// What a request is known by: its id, and how long it takes.
//
// `request.requestId`, `request.startTime` (milliseconds since 1970) and `request.elapsed()` are always there. Options, also by `request` in the tenant's
// configuration, ask for headers of the answer: `idHeader` (`true` is `x-request-id`) and `timeHeader` (`true` is `x-response-time`).
// Each makes a hook that runs for every request.

import fp from "fastify-plugin";

const kStart = Symbol("request.start");

function headerOf(given, name, standard) {
  if (given === undefined || given === false) return undefined;
  if (given === true) return standard;
  if (typeof given === "string" && /^[\w-]+$/.test(given)) return given.toLowerCase();
  throw new TypeError(`request.${name} is ${JSON.stringify(given)}, expected true or the name of a header`);
}

async function request(fastify, options) {
  const { config, tenant: _tenant, ...own } = options;
  const given = { ...config?.request, ...own };
  const idHeader = headerOf(given.idHeader, "idHeader", "x-request-id");
  const timeHeader = headerOf(given.timeHeader, "timeHeader", "x-response-time");

  fastify.decorateRequest("requestId", {
    getter() {
      return this.id;
    },
  });
  fastify.decorateReply("requestId", {
    getter() {
      return this.request.id;
    },
  });
  fastify.decorateRequest("startTime", {
    getter() {
      return (this[kStart] ??= Date.now());
    },
  });
  fastify.decorateRequest("elapsed", function elapsed() {
    return Date.now() - this.startTime;
  });
  if (idHeader !== undefined) {
    fastify.addHook("onRequest", (req, reply, done) => {
      reply.header(idHeader, req.id);
      done();
    });
  }
  if (timeHeader !== undefined) {
    fastify.addHook("onSend", (_req, reply, payload, done) => {
      reply.header(timeHeader, `${reply.elapsedTime.toFixed(1)}ms`);
      done(null, payload);
    });
  }
}

export default fp(request, { name: "request", fastify: "5.x" });
