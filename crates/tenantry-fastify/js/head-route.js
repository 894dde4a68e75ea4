// HEAD of a route that has GET: the same, without the body, with its length.

import { isArray } from "./intrinsics.js";
import { lengthOf } from "./send.js";

function withoutBody(_request, reply, payload, done) {
  if (payload === undefined) {
    reply.header("content-length", "0");
  } else if (payload !== null && typeof payload === "object" && typeof payload.getReader === "function") {
    payload.cancel?.("HEAD");
  } else if (typeof payload === "string" || payload?.buffer instanceof ArrayBuffer) {
    reply.header("content-length", String(lengthOf(payload)));
  }
  done(null, null);
}

export function headHooks(onSend) {
  if (onSend === undefined || onSend === null) return withoutBody;
  return isArray(onSend) ? [...onSend, withoutBody] : [onSend, withoutBody];
}
