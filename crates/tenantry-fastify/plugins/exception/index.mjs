// What is answered where no handler of the tenant's own has: `{ success: false, error }`.
//
// A tenant says in its configuration how its errors read: with `customErrors`, `errorMessages[error.code]` is the text, and "Unknown
// error" where it has none. Else the message of a client's error (4xx) is the text, and that of any other stays in the log.

import fp from "fastify-plugin";

function isStatus(value, from) {
  return Number.isInteger(value) && value >= from && value <= 599;
}

/** The status an error asks for; 500 where it says nothing. */
function statusOf(error, reply) {
  if (isStatus(error?.statusCode, 400)) return error.statusCode;
  if (isStatus(error?.status, 400)) return error.status;
  return isStatus(reply.statusCode, 400) ? reply.statusCode : 500;
}

function own(map, key) {
  return map !== null && typeof map === "object" && typeof key === "string" && Object.hasOwn(map, key) ? map[key] : undefined;
}

export function answerTo(error, config, status) {
  if (config?.customErrors) {
    return { success: false, error: own(config.errorMessages, error?.code) ?? "Unknown error" };
  }
  if (status >= 500) return { success: false, error: "Internal server error" };
  const body = { success: false, error: typeof error?.message === "string" ? error.message : "Bad request", statusCode: status };
  if (typeof error?.code === "string") body.code = error.code;
  if (Array.isArray(error?.validation)) body.details = error.validation;
  return body;
}

/** For a handler of the whole server, which may answer in place of this one. It is taken off before the answer leaves. */
function unhandled(error) {
  const text = (value) => (typeof value === "string" ? value.slice(0, 500) : undefined);
  return encodeURIComponent(JSON.stringify({ code: text(error?.code), message: text(error?.message) }));
}

async function exception(fastify, options) {
  // A handler that the tenant has set before stays.
  if (fastify.errorHandler.name !== "defaultErrorHandler") return;
  fastify.setErrorHandler(function exceptionHandler(error, request, reply) {
    const config = request.tenant?.config ?? options.config;
    const status = statusOf(error, reply);
    if (status >= 500) request.log.error({ err: error, tenant: request.tenantId, method: request.method, url: request.url }, "Tenant-specific error");
    else request.log.info({ err: error, statusCode: status }, "Request refused");
    if (error?.headers !== null && typeof error?.headers === "object") reply.headers(error.headers);
    reply.header("x-tenantry-failed", unhandled(error));
    reply.code(status).send(answerTo(error, config, status));
  });
}

export default fp(exception, { name: "exception", fastify: "5.x" });
