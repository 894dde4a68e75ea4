// What becomes of an error: `onError` hooks, the error handlers from the route's outwards, and the answer when none is left.

import { create, encode, isThenable, slice, toJson } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { STATUS_CODES } from "./statuses.js";
import { runPayloadHooks } from "./hooks.js";
import { serializerOf } from "./serialization.js";
import { finish, headersOf } from "./send.js";
import { settle } from "./lifecycle.js";
import { messageOf } from "./thrown.js";
import { kContext, kHeaders, kInOnError, kNextErrorHandler, kStatus } from "./symbols.js";

/** Past the outermost. */
const beyond = { func: null, outer: null };
export const rootErrorHandler = { func: defaultErrorHandler, outer: beyond };

export function errorHandlerWithin(outer, func) {
  return { func, outer };
}

function isStatus(value) {
  return value >= 400 && value <= 599;
}

/** The status that an error is answered with, unless a handler says otherwise. */
export function statusOf(reply, error) {
  if (error !== undefined && error !== null) {
    if (isStatus(error.statusCode)) return error.statusCode;
    if (isStatus(error.status)) return error.status;
  }
  return isStatus(reply[kStatus]) ? reply[kStatus] : 500;
}

function defaultErrorHandler(error, request, reply) {
  if (error?.headers !== undefined) reply.headers(error.headers);
  reply[kStatus] = statusOf(reply, error);
  if (reply[kStatus] >= 500) request.log.error({ req: request, res: reply, err: error }, messageOf(error));
  else request.log.info({ res: reply, err: error }, messageOf(error));
  reply.send(error);
}

/** Runs `onError` hooks the first time, then the next error handler. */
export function failWith(reply, error, onSend) {
  const { onError } = reply.request[kContext];
  if (onError !== null && reply[kNextErrorHandler] === null) {
    reply[kInOnError] = true;
    runPayloadHooks(onError, reply.request, reply, error, () => handle(reply, error, onSend));
  } else {
    handle(reply, error, onSend);
  }
}

function handle(reply, error, onSend) {
  reply[kInOnError] = false;
  const context = reply.request[kContext];
  if (reply[kNextErrorHandler] === false) {
    const body = lastResort(reply, error);
    try {
      finish(reply, body);
    } catch {
      reply[kHeaders] = {};
      finish(reply, body);
    }
    return;
  }
  const handler = reply[kNextErrorHandler] ?? context.errorHandler;
  reply[kNextErrorHandler] = handler.outer;
  const headers = headersOf(reply);
  delete headers["content-type"];
  delete headers["content-length"];
  if (handler.func === null) {
    reply[kNextErrorHandler] = false;
    const body = lastResort(reply, error);
    if (onSend) onSend(reply, body);
    else finish(reply, body);
    return;
  }
  try {
    const result = handler.func(error, reply.request, reply);
    if (result !== undefined) {
      if (isThenable(result)) settle(result, reply);
      else reply.send(result);
    }
  } catch (thrown) {
    reply.send(thrown);
  }
}

/** As text, whatever it is: an error's fields may be anything, and may throw. */
function plain(value) {
  if (value === null) return "";
  if (typeof value === "string") return value;
  return String(value);
}

function defaultBody(error, status) {
  const body = { statusCode: status };
  const { code, message } = error;
  if (code !== undefined) body.code = plain(code);
  if (STATUS_CODES[status] !== undefined) body.error = STATUS_CODES[status];
  if (message !== undefined) body.message = plain(message);
  return toJson(body);
}

/** For whoever serves the application: nobody has handled this. It is taken off before the answer leaves. */
function unhandled(error) {
  try {
    const { code } = error;
    return encode(toJson({ code: code === undefined ? undefined : plain(code), message: slice(messageOf(error) ?? "", 0, 500) }));
  } catch {
    return encode("{}");
  }
}

/** The body for an error that no handler has answered. */
function lastResort(reply, error) {
  const status = reply[kStatus];
  const headers = headersOf(reply);
  headers["content-type"] ??= "application/json; charset=utf-8";
  headers["x-tenantry-failed"] = unhandled(error);
  try {
    const serialize = serializerOf(reply.request[kContext], status, headers["content-type"]);
    if (!serialize) return defaultBody(error, status);
    return serialize(create(error, {
      error: { value: STATUS_CODES[status], enumerable: true },
      message: { value: error.message, enumerable: true },
      statusCode: { value: status, enumerable: true },
    }));
  } catch (failed) {
    reply.log.error({ err: failed, statusCode: status }, "The serializer for the given status code failed");
    reply[kStatus] = 500;
    const both = new errorCodes.FST_ERR_FAILED_ERROR_SERIALIZATION(messageOf(failed), messageOf(error));
    return defaultBody(both, 500);
  }
}
