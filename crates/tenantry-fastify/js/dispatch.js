// What the edge calls.

import { answer } from "./answer.js";
import { contexts } from "./shared.js";
import { runAbortHooks, runHooks } from "./hooks.js";
import { inFlight } from "./in-flight.js";
import { neverAsked, runResponded } from "./responded.js";
import { kAbort, kContext, kWatched } from "./symbols.js";

host.register("dispatch", (index, values, head, lines, body) => answer(contexts[index], values, head, lines, body));

host.register("responded", (number) => runResponded(number));

/** A request has ended that wanted to hear of it: by its answer, or, where `why` is one of the two hooks, because the client has gone
 * away or its time is up. */
host.register("ended", (number, why) => {
  if (why !== undefined) neverAsked(number);
  const request = inFlight.get(number);
  if (request === undefined) return undefined;
  inFlight.delete(number);
  if (why === undefined) return undefined;
  request[kAbort]?.abort();
  const context = request[kContext];
  return new Promise((resolve) => {
    const end = (error) => {
      if (error) request.log.error({ err: error }, `${why} hook failed`);
      resolve();
    };
    if (why === "onRequestAbort" && context.onRequestAbort !== null) runAbortHooks(context.onRequestAbort, request, end);
    else if (why === "onTimeout" && context.onTimeout !== null) runHooks(context.onTimeout, request, request[kWatched], end, true);
    else resolve();
  });
});
