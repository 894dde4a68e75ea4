// Errors with a status: `fastify.httpErrors.notFound("no such user")`, as `@fastify/sensible` has them.

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

function className(name) {
  const capital = name[0].toUpperCase() + name.slice(1);
  return capital.endsWith("Error") ? capital : `${capital}Error`;
}

/** `I'm a Teapot` → `imateapot`, `Not Found` → `notFound`. */
function methodName(status) {
  if (status === "418") return "imateapot";
  if (status === "414") return "uriTooLong";
  if (status === "505") return "httpVersionNotSupported";
  const name = STATUS_CODES[status].replace(/[ '-]/g, "");
  return name[0].toLowerCase() + name.slice(1);
}

export const httpErrors = {};
const byStatus = Object.create(null);

for (const status in STATUS_CODES) {
  if (Number(status) < 400) continue;
  const method = methodName(status);
  const name = className(method);
  const Kind = {
    [name]: class extends HttpError {
      constructor(message) {
        super(Number(status), message);
      }
    },
  }[name];
  Object.defineProperty(Kind.prototype, "name", { value: name, writable: true, configurable: true });
  httpErrors[method] = { [method]: (message) => new Kind(message) }[method];
  byStatus[status] = httpErrors[method];
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
