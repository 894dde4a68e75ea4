// The tenant's log: its level, and a line for each request where that is wanted.
//
// Options, also by `logger` in the tenant's configuration (`false` is silence): `level`, `requests: true` (one line when a request
// has been answered, with status and time), `bindings` (fields of every line).

import fp from "fastify-plugin";

const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

async function logger(fastify, options) {
  const { config, tenant: _tenant, ...own } = options;
  const given = config?.logger === false ? { level: "silent" } : { ...(typeof config?.logger === "object" ? config.logger : {}), ...own };
  if (given.level !== undefined) {
    if (!levels.includes(given.level)) {
      const error = new TypeError(`logger.level is ${JSON.stringify(given.level)}, expected one of ${levels.join(", ")}`);
      error.code = "FST_ERR_LOG_LEVEL_INVALID";
      throw error;
    }
    fastify.log.level = given.level;
  }
  if (given.bindings !== null && typeof given.bindings === "object") fastify.log.setBindings?.(given.bindings);
  if (given.requests !== true) return;
  fastify.addHook("onResponse", async (request, reply) => {
    const fields = { method: request.method, url: request.url, statusCode: reply.statusCode, responseTime: reply.elapsedTime };
    if (reply.statusCode >= 500) request.log.error(fields, "Request failed");
    else request.log.info(fields, "Request completed");
  });
}

export default fp(logger, { name: "logger", fastify: "5.x" });
