// `request.log`, `fastify.log`: pino's way of calling, into the tenant's log.

import { assign, create, hasOwn, isArray, plainJson, stringify, toJson } from "./intrinsics.js";
import { kLogSerializers } from "./symbols.js";

const levels = { __proto__: null, trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: Infinity };

/** What the host writes; below it nothing need cross. */
export const logging = { level: "info" };

export function isLevel(level) {
  return typeof level === "string" && hasOwn(levels, level);
}

function errorFields(error) {
  if (error === null || typeof error !== "object") return error;
  const fields = { type: error.constructor?.name ?? error.name, message: error.message, stack: error.stack };
  for (const key of Object.keys(error)) fields[key] ??= error[key];
  if (error.cause instanceof Error) fields.cause = errorFields(error.cause);
  return fields;
}

const serializers = {
  err: errorFields,
  error: errorFields,
  req: (request) => (request?.raw && request.server
    ? { method: request.method, url: request.url, host: request.host, remoteAddress: request.ip }
    : request),
  res: (reply) => (reply?.request ? { statusCode: reply.statusCode } : reply),
};

/** `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O`, as pino fills them in. */
function fill(message, values) {
  let at = 0;
  const text = message.replace(/%([sdifjoO%])/g, (match, kind) => {
    if (kind === "%") return "%";
    if (at >= values.length) return match;
    const value = values[at];
    at += 1;
    switch (kind) {
      case "d":
      case "f":
        return String(Number(value));
      case "i":
        return String(Math.trunc(Number(value)));
      case "s":
        return typeof value === "string" ? value : String(value);
      default:
        return toJson(value) ?? String(value);
    }
  });
  return text;
}

/** JSON of the fields, whatever they are: a log must not fail. */
function fieldsOf(bindings, given, own) {
  const fields = assign({}, bindings);
  for (const key of Object.keys(given)) {
    const serialize = own?.[key] ?? serializers[key];
    try {
      fields[key] = serialize ? serialize(given[key]) : given[key];
    } catch (error) {
      fields[key] = `[unable to serialize: ${textOf(error)}]`;
    }
  }
  return safeJson(fields);
}

function textOf(value) {
  try {
    return String(value?.message ?? value);
  } catch {
    return "unknown";
  }
}

function safeJson(fields) {
  const above = [];
  try {
    return plainJson(fields) ?? stringify(fields, function bounded(_key, value) {
      if (typeof value === "bigint") return value.toString();
      if (value instanceof Error) return errorFields(value);
      if (value === null || typeof value !== "object") return value;
      while (above.length > 0 && above[above.length - 1] !== this) above.pop();
      if (above.includes(value)) return "[Circular]";
      above.push(value);
      return value;
    });
  } catch (error) {
    return toJson({ unserializable: textOf(error) });
  }
}

class Logger {
  #bindings;
  #serializers;
  #level;

  constructor(bindings, own, level) {
    this.#bindings = bindings;
    this.#serializers = own;
    this.level = level;
  }

  get level() {
    return this.#level;
  }

  set level(level) {
    this.#level = isLevel(level) ? level : "info";
  }

  isLevelEnabled(level) {
    return levels[level] >= levels[this.#level] && levels[level] >= levels[logging.level];
  }

  bindings() {
    return { ...this.#bindings };
  }

  setBindings(bindings) {
    this.#bindings = { ...this.#bindings, ...bindings };
  }

  child(bindings, options) {
    const own = options?.serializers ? { ...this.#serializers, ...options.serializers } : this.#serializers;
    return new Logger({ ...this.#bindings, ...bindings }, own, options?.level ?? this.#level);
  }

  flush() {}

  silent() {}

  write(level, given, rest) {
    if (!this.isLevelEnabled(level)) return;
    let fields = {};
    let message;
    let values = rest;
    if (given !== null && typeof given === "object") {
      fields = given instanceof Error ? { err: given } : given;
      message = rest[0];
      values = rest.slice(1);
      if (message === undefined) message = given instanceof Error ? given.message : fields.msg ?? fields.err?.message ?? "";
    } else {
      message = given;
    }
    let text;
    try {
      text = fill(typeof message === "string" ? message : String(message ?? ""), values);
    } catch {
      text = "";
    }
    host.log(level, text, isArray(fields) ? safeJson({ value: fields }) : fieldsOf(this.#bindings, fields, this.#serializers));
  }
}

for (const level of ["trace", "debug", "info", "warn", "error", "fatal"]) {
  Object.defineProperty(Logger.prototype, level, {
    value: { [level](given, ...rest) {
      this.write(level, given, rest);
    } }[level],
    writable: true,
    configurable: true,
  });
}

export function rootLogger() {
  return new Logger({}, create(null), "trace");
}

/** The logger of a request: each of its lines has the request's id. */
export function childLogger(context, request) {
  const { server } = context;
  const options = {};
  if (context.logLevel) options.level = context.logLevel;
  const own = context.logSerializers ?? server[kLogSerializers];
  if (own) options.serializers = own;
  const bindings = { [server.initialConfig.requestIdLogLabel]: request.id };
  const factory = server.childLoggerFactory;
  return factory ? factory.call(server, server.log, bindings, options, request.raw) : server.log.child(bindings, options);
}
