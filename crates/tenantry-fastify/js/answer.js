// One request, from what the edge sends to the answer: at once where the handler is, or by a promise.

import { begin } from "./lifecycle.js";
import { kAnswer, kIsError, kResolve } from "./symbols.js";

export function answer(context, values, head, lines, body) {
  const request = new context.Request(context, values, head, lines, body);
  const reply = new context.Reply(request);
  try {
    begin(context, request, reply);
  } catch (error) {
    // Nothing but a header that cannot be sent comes this far.
    reply[kIsError] = true;
    reply.send(error);
  }
  const answered = reply[kAnswer];
  if (answered !== undefined) return answered;
  return new Promise((resolve) => {
    reply[kResolve] = resolve;
  });
}
