// A request's way: onRequest, preParsing, the body, preValidation, validation, preHandler, the handler.

import { fulfilled, isThenable, pending, startTimer, stopTimer } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { runHooks, runParsingHooks } from "./hooks.js";
import { parseBody } from "./body.js";
import { Payload } from "./payload.js";
import { validate } from "./validation.js";
import { contentTypeOf, numberOf } from "./request.js";
import { answerPlainly, send, sendOther } from "./send.js";
import { inFlight } from "./in-flight.js";
import { kAbort, kContext, kIsError, kRawBody, kSent, kTimer, kWatched } from "./symbols.js";

/** Sets it going; the reply has its answer then, or later. */
export function begin(context, request, reply) {
  if (context.isBare) {
    run(context, request, reply);
    return;
  }
  if (context.handlerTimeout > 0) watch(context, request, reply);
  if (context.isWatched) {
    // What hooks for its end get.
    request[kWatched] = reply;
    inFlight.set(numberOf(request), request);
  }
  if (context.onRequest === null) preParse(null, request, reply);
  else runHooks(context.onRequest, request, reply, preParse);
}

function fails(error, reply) {
  if (reply[kSent]) return true;
  if (error === null || error === undefined) return false;
  reply[kIsError] = true;
  reply.send(error);
  return true;
}

function preParse(error, request, reply) {
  if (fails(error, reply)) return;
  const { preParsing } = request[kContext];
  if (preParsing === null) {
    parse(null, request, reply);
    return;
  }
  if (typeof request[kRawBody] !== "number") request[kRawBody] = new Payload(request[kRawBody]);
  runParsingHooks(preParsing, request, reply, parse);
}

function parse(error, request, reply) {
  if (fails(error, reply)) return;
  const context = request[kContext];
  if (context.takesBody === false || (context.takesBody === undefined && !context.server.hasBody(request.method))) {
    preValidate(request, reply);
    return;
  }
  const header = contentTypeOf(request);
  if (header === undefined && isEmpty(request[kRawBody])) preValidate(request, reply);
  else parseBody(header, request, reply, preValidate);
}

function isEmpty(body) {
  if (body === undefined || body === "") return true;
  return body instanceof Payload && body.bytes.length === 0;
}

function preValidate(request, reply) {
  const { preValidation } = request[kContext];
  if (preValidation === null) check(null, request, reply);
  else runHooks(preValidation, request, reply, check);
}

function check(error, request, reply) {
  if (fails(error, reply)) return;
  const context = request[kContext];
  if (context.validators === undefined) {
    preHandle(request, reply);
    return;
  }
  const failed = validate(context, request);
  if (isThenable(failed)) failed.then((late) => checked(late, request, reply), (late) => checked(late, request, reply));
  else checked(failed, request, reply);
}

function checked(failed, request, reply) {
  if (failed) {
    if (!request[kContext].attachValidation) {
      reply[kIsError] = true;
      reply.send(failed);
      return;
    }
    request.validationError = failed;
  }
  preHandle(request, reply);
}

function preHandle(request, reply) {
  const { preHandler } = request[kContext];
  if (preHandler === null) handle(null, request, reply);
  else runHooks(preHandler, request, reply, handle);
}

function handle(error, request, reply) {
  if (!fails(error, reply)) run(request[kContext], request, reply);
}

function run(context, request, reply) {
  let result;
  try {
    result = context.handler(request, reply);
  } catch (thrown) {
    sendError(reply, thrown);
    return;
  }
  if (result === undefined) return;
  if (result !== null && typeof result.then === "function") settle(result, reply);
  else sendValue(reply, result);
}

/** What a handler promised is sent when it is there; what it rejects is an error. */
export function settle(promise, reply) {
  const value = fulfilled(promise, pending);
  if (value === pending) promise.then((late) => sendValue(reply, late), (error) => sendRejection(reply, error));
  else sendValue(reply, value);
}

function sendValue(reply, payload) {
  if (payload === undefined && reply[kSent]) return;
  try {
    if (reply.send !== send) reply.send(payload);
    else if (!answerPlainly(reply, payload)) sendOther(reply, payload);
  } catch (thrown) {
    sendError(reply, thrown);
  }
}

function sendRejection(reply, error) {
  if (reply[kSent]) {
    reply.log.error({ err: error }, "Promise errored, but reply.sent = true was set");
    return;
  }
  reply[kIsError] = true;
  try {
    reply.send(error);
  } catch (thrown) {
    reply.send(thrown);
  }
}

function sendError(reply, error) {
  reply[kIsError] = true;
  reply.send(error);
}

function watch(context, request, reply) {
  request[kTimer] = startTimer(() => {
    if (reply[kSent]) return;
    const error = new errorCodes.FST_ERR_HANDLER_TIMEOUT(context.handlerTimeout, context.config?.url);
    request[kAbort]?.abort(error);
    if (reply[kSent]) return;
    reply[kIsError] = true;
    reply.send(error);
  }, context.handlerTimeout);
}

/** Once the answer is made: nobody waits for its time or its client any more. */
export function release(request) {
  if (request[kTimer] !== undefined) stopTimer(request[kTimer]);
  if (request[kWatched] !== undefined || request[kAbort] !== undefined) inFlight.delete(numberOf(request));
}

/** `reply.callNotFound()`: on to the handler that answers what is not found here. */
export function callNotFound(reply) {
  const { request } = reply;
  const inner = request[kContext].notFound;
  if (inner === null || inner === undefined) {
    reply.log.warn("Trying to send a NotFound error inside a 404 handler. Sending basic 404 response.");
    reply.code(404).send("404 Not Found");
    return;
  }
  request[kContext] = inner;
  preHandle(request, reply);
}
