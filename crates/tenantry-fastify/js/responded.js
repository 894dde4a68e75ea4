// What runs after an answer is on its way: the edge is given a number with the answer, and calls back with it.

import { runHooks } from "./hooks.js";
import { isUnderWay } from "./in-flight.js";
import { numberOf } from "./request.js";
import { kContext } from "./symbols.js";

const due = new Map();

/** The number of the request, by which the edge asks for the `onResponse` hooks of this reply; undefined where there are none, or
 * nobody gets it. */
export function responded(reply) {
  const { request } = reply;
  if (request[kContext].onResponse === null) return undefined;
  const number = numberOf(request);
  if (!isUnderWay(number)) return undefined;
  due.set(number, reply);
  return number;
}

/** Nobody will ask for them: the answer came too late. */
export function neverAsked(number) {
  due.delete(number);
}

/** Runs them; resolves when they have ended. */
export function runResponded(number) {
  const reply = due.get(number);
  if (reply === undefined) return undefined;
  due.delete(number);
  return new Promise((resolve) => {
    runHooks(reply.request[kContext].onResponse, reply.request, reply, (error) => {
      if (error) reply.log.error({ err: error }, "request errored");
      resolve();
    }, true);
  });
}
