// Errors with a status: `fastify.httpErrors.notFound("no such user")`, as `@fastify/sensible` has them.

import { create, defineProperty } from "./intrinsics.js";
import { STATUS_CODES } from "./statuses.js";

/** What all of them are; `expose` says that the message may be shown to the client. */
export class HttpError extends Error {
  constructor(statusCode, message, more) {
    super(message ?? STATUS_CODES[statusCode] ?? "");
    if (more) Object.assign(this, more);
    this.statusCode = statusCode;
    this.status = statusCode;
    this.expose = statusCode < 500;
  }
}

const names = {
  __proto__: null,
  400: "badRequest", 401: "unauthorized", 402: "paymentRequired", 403: "forbidden", 404: "notFound", 405: "methodNotAllowed",
  406: "notAcceptable", 407: "proxyAuthenticationRequired", 408: "requestTimeout", 409: "conflict", 410: "gone",
  411: "lengthRequired", 412: "preconditionFailed", 413: "payloadTooLarge", 414: "uriTooLong", 415: "unsupportedMediaType",
  416: "rangeNotSatisfiable", 417: "expectationFailed", 418: "imateapot", 421: "misdirectedRequest", 422: "unprocessableEntity",
  423: "locked", 424: "failedDependency", 425: "tooEarly", 426: "upgradeRequired", 428: "preconditionRequired",
  429: "tooManyRequests", 431: "requestHeaderFieldsTooLarge", 451: "unavailableForLegalReasons",
  500: "internalServerError", 501: "notImplemented", 502: "badGateway", 503: "serviceUnavailable", 504: "gatewayTimeout",
  505: "httpVersionNotSupported", 506: "variantAlsoNegotiates", 507: "insufficientStorage", 508: "loopDetected",
  509: "bandwidthLimitExceeded", 510: "notExtended", 511: "networkAuthenticationRequired",
};

/** The class of a status: `NotFoundError`. */
function kindOf(status, method) {
  const capital = method[0].toUpperCase() + method.slice(1);
  const name = capital.endsWith("Error") ? capital : `${capital}Error`;
  const Kind = {
    [name]: class extends HttpError {
      constructor(message) {
        super(status, message);
      }
    },
  }[name];
  defineProperty(Kind.prototype, "name", { value: name, writable: true, configurable: true });
  return Kind;
}

export const httpErrors = {};
const byStatus = create(null);

for (const status in names) {
  const method = names[status];
  // Most isolates never need most of the classes.
  let Kind;
  const make = {
    [method](message) {
      Kind ??= kindOf(Number(status), method);
      return new Kind(message);
    },
  }[method];
  httpErrors[method] = make;
  byStatus[status] = make;
}

/** The error of a status. */
export function getHttpError(status, message) {
  const make = byStatus[status];
  if (!make) throw new TypeError(`there is no HTTP error ${String(status)}`);
  return make(message);
}

/** `createError(404, "no such user", { id })`, in any order, as `http-errors` takes it. */
export function createHttpError(...parts) {
  let status = 500;
  let message;
  let more;
  let from;
  for (const part of parts) {
    if (part instanceof Error) from = part;
    else if (typeof part === "number") status = part;
    else if (typeof part === "string") message = part;
    else if (part !== null && typeof part === "object") more = part;
  }
  if (from) {
    const error = Object.assign(from, more);
    error.statusCode ??= from.status ?? status;
    error.status = error.statusCode;
    error.expose ??= error.statusCode < 500;
    return error;
  }
  const make = byStatus[status];
  return Object.assign(make ? make(message) : new HttpError(status, message), more);
}

httpErrors.getHttpError = getHttpError;
httpErrors.HttpError = HttpError;
httpErrors.createError = createHttpError;
