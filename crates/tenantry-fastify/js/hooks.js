// Hooks: which a scope has, and how a list of them runs: one after the other, each by a promise or by calling `done`.

import { isArray, isAsync, tagOf } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { kRawBody } from "./symbols.js";

/** Those of a request, in no order. */
export const lifecycleHooks = [
  "onTimeout", "onRequest", "preParsing", "preValidation", "preSerialization", "preHandler", "onSend", "onResponse", "onError",
  "onRequestAbort",
];
const applicationHooks = ["onRoute", "onRegister", "onReady", "onListen", "preClose", "onClose"];
export const supportedHooks = [...lifecycleHooks, ...applicationHooks];

/** What a scope inside gets; the other application hooks are the scope's own. */
const inherited = [...lifecycleHooks, "onRoute", "onRegister"];

export function newHooks() {
  const hooks = Object.create(null);
  for (const name of supportedHooks) hooks[name] = [];
  return hooks;
}

export function copyHooks(from) {
  const hooks = newHooks();
  for (const name of inherited) hooks[name] = from[name].slice();
  return hooks;
}

/** How many parameters a hook has that waits for `done`. */
function withDone(name) {
  switch (name) {
    case "onSend":
    case "preSerialization":
    case "onError":
    case "preParsing":
      return 4;
    case "onRequestAbort":
      return 2;
    case "onReady":
    case "onListen":
      return 1;
    default:
      return 3;
  }
}

function mixesStyles(name, func) {
  if (!isAsync(func)) return false;
  if (name === "onReady" || name === "onListen") return func.length !== 0;
  if (name === "onRequestAbort") return func.length !== 1;
  return func.length === withDone(name);
}

/** Checks what `addHook` got. */
export function checkHook(name, func) {
  if (typeof name !== "string") throw new errorCodes.FST_ERR_HOOK_INVALID_TYPE();
  if (!supportedHooks.includes(name)) throw new errorCodes.FST_ERR_HOOK_NOT_SUPPORTED(name);
  if (typeof func !== "function") throw new errorCodes.FST_ERR_HOOK_INVALID_HANDLER(name, tagOf(func));
  if (mixesStyles(name, func)) throw new errorCodes.FST_ERR_HOOK_INVALID_ASYNC_HANDLER();
}

/** Checks the hooks among a route's options. */
export function checkRouteHooks(options) {
  for (const name of lifecycleHooks) {
    const given = options[name];
    if (given === undefined) continue;
    for (const func of isArray(given) ? given : [given]) {
      if (typeof func !== "function") throw new errorCodes.FST_ERR_HOOK_INVALID_HANDLER(name, tagOf(func));
      if (mixesStyles(name, func)) throw new errorCodes.FST_ERR_HOOK_INVALID_ASYNC_HANDLER();
    }
  }
}

/** A rejection with nothing in it. */
function reason(error) {
  return error || new errorCodes.FST_ERR_SEND_UNDEFINED_ERR();
}

/** Hooks with `(request, reply, done)`; none runs any more once the reply is sent, unless `always`. */
export function runHooks(functions, request, reply, end, always) {
  let at = 0;

  function next(error) {
    if (error || at === functions.length) {
      end(error, request, reply);
      return;
    }
    const func = functions[at];
    at += 1;
    let result;
    try {
      if (always !== true && reply.sent === true) return;
      result = func(request, reply, next);
    } catch (thrown) {
      end(reason(thrown), request, reply);
      return;
    }
    if (result && typeof result.then === "function") {
      result.then(
        () => next(),
        (thrown) => end(reason(thrown), request, reply),
      );
    }
  }

  next();
}

/** Hooks with `(request, reply, payload, done)`, each of which may replace the payload; with `untilSent` none runs any more once
 * the reply is sent. */
export function runPayloadHooks(functions, request, reply, payload, end, untilSent) {
  let at = 0;

  function next(error, replaced) {
    if (untilSent === true && reply.sent === true) return;
    if (error) {
      end(error, request, reply, payload);
      return;
    }
    if (replaced !== undefined) payload = replaced;
    if (at === functions.length) {
      end(null, request, reply, payload);
      return;
    }
    const func = functions[at];
    at += 1;
    let result;
    try {
      result = func(request, reply, payload, next);
    } catch (thrown) {
      end(reason(thrown), request, reply, payload);
      return;
    }
    if (result && typeof result.then === "function") {
      result.then(
        (value) => {
          try {
            next(null, value);
          } catch (thrown) {
            end(reason(thrown), request, reply, payload);
          }
        },
        (thrown) => end(reason(thrown), request, reply, payload),
      );
    }
  }

  next();
}

/** `preParsing`: the payload is the body as it came, and what replaces it. */
export function runParsingHooks(functions, request, reply, end) {
  runPayloadHooks(functions, request, reply, request[kRawBody], (error, _request, _reply, payload) => {
    if (reply.sent) return;
    request[kRawBody] = payload;
    end(error, request, reply);
  }, true);
}

/** `onRequestAbort`: `(request, done)`. */
export function runAbortHooks(functions, request, end) {
  const withoutReply = functions.map((func) => (it, _reply, done) => func(it, done));
  runHooks(withoutReply, request, undefined, end, true);
}
