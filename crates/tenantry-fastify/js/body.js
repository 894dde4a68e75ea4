// Parsers of bodies by content type: JSON and text by themselves, others by `addContentTypeParser`.

import { bufferOf, encodeText, hasOwn, isArray, isThenable, parseJson } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { asText, mediaTypeOf } from "./media-type.js";
import { Payload, collectBody } from "./payload.js";
import { kContext, kIsError, kRawBody } from "./symbols.js";

/** Whether text may have a key that would change a prototype; most bodies have neither word. */
function isSuspect(text) {
  return text.includes("__proto__") || text.includes("constructor") || text.includes("\\u00");
}

function refusePoison(value, protoAction, constructorAction) {
  const left = [value];
  while (left.length > 0) {
    const node = left.pop();
    if (protoAction !== "ignore" && hasOwn(node, "__proto__")) {
      if (protoAction === "error") throw new SyntaxError("Object contains forbidden prototype property");
      delete node.__proto__;
    }
    if (constructorAction !== "ignore" && hasOwn(node, "constructor")) {
      const { constructor } = node;
      if (constructor !== null && typeof constructor === "object" && hasOwn(constructor, "prototype")) {
        if (constructorAction === "error") throw new SyntaxError("Object contains forbidden prototype property");
        delete node.constructor;
      }
    }
    for (const key of Object.keys(node)) {
      const inner = node[key];
      if (inner !== null && typeof inner === "object") left.push(inner);
    }
  }
}

/** JSON without keys that would reach a prototype, when its objects are copied. */
export function parseSafely(text, protoAction = "error", constructorAction = "error") {
  const value = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  if (value !== null && typeof value === "object" && isSuspect(text)) refusePoison(value, protoAction, constructorAction);
  return value;
}

export function jsonParser(protoAction, constructorAction) {
  return function defaultJsonParser(_request, body, done) {
    if (body.length === 0) {
      done(new errorCodes.FST_ERR_CTP_EMPTY_JSON_BODY());
      return;
    }
    let value;
    try {
      value = parseSafely(body, protoAction, constructorAction);
    } catch {
      done(new errorCodes.FST_ERR_CTP_INVALID_JSON_BODY());
      return;
    }
    done(null, value);
  };
}

export function textParser(_request, body, done) {
  done(null, body);
}

function keyOf(type) {
  return typeof type === "string" ? mediaTypeOf(type.trim().toLowerCase()).toString() : type.toString();
}

/** The parsers of a scope. */
export class Parsers {
  constructor(limit, json) {
    this.json = json;
    this.byType = new Map();
    this.patterns = [];
    if (json !== undefined) {
      this.byType.set("application/json", { as: "string", limit, run: json });
      this.byType.set("text/plain", { as: "string", limit, run: textParser });
    }
    this.found = new Map();
  }

  copy() {
    const copy = new Parsers(0, undefined);
    copy.json = this.json;
    copy.byType = new Map(this.byType);
    copy.patterns = this.patterns.slice();
    return copy;
  }

  /** Whether somebody else than the framework has put it there. */
  isTaken(type) {
    const parser = this.byType.get(keyOf(type));
    if (type === "application/json" || type === "text/plain") {
      return parser !== undefined && parser.run !== this.json && parser.run !== textParser;
    }
    return this.has(type);
  }

  has(type) {
    if (typeof type !== "string" && !(type instanceof RegExp)) throw new errorCodes.FST_ERR_CTP_INVALID_TYPE();
    return this.byType.has(keyOf(type));
  }

  add(type, options, run, limit) {
    const isText = typeof type === "string";
    if (isText) {
      type = type.trim().toLowerCase();
      if (type === "") throw new errorCodes.FST_ERR_CTP_EMPTY_TYPE();
    } else if (!(type instanceof RegExp)) {
      throw new errorCodes.FST_ERR_CTP_INVALID_TYPE();
    }
    if (typeof run !== "function") throw new errorCodes.FST_ERR_CTP_INVALID_HANDLER();
    if (this.isTaken(type)) throw new errorCodes.FST_ERR_CTP_ALREADY_PRESENT(type);
    const as = options.parseAs;
    if (as !== undefined && as !== "string" && as !== "buffer") throw new errorCodes.FST_ERR_CTP_INVALID_PARSE_TYPE(as);
    const parser = { as, limit: options.bodyLimit ?? limit, run };
    this.found.clear();
    if (type === "*") {
      this.byType.set("", parser);
    } else if (isText) {
      if (!mediaTypeOf(type).isValid) throw new errorCodes.FST_ERR_CTP_INVALID_TYPE();
      this.byType.set(keyOf(type), parser);
    } else {
      this.patterns.unshift({ pattern: type, parser });
      this.byType.set(type.toString(), parser);
    }
  }

  remove(type) {
    if (typeof type !== "string" && !(type instanceof RegExp)) throw new errorCodes.FST_ERR_CTP_INVALID_TYPE();
    this.byType.delete(keyOf(type));
    this.patterns = this.patterns.filter(({ pattern }) => pattern.toString() !== type.toString());
    this.found.clear();
  }

  removeAll() {
    this.byType.clear();
    this.patterns = [];
    this.found.clear();
  }

  of(type) {
    const text = type.toString();
    let parser = this.found.get(text);
    if (parser === undefined) {
      parser = this.byType.get(text) ?? this.byType.get(type.mediaType) ??
        this.patterns.find(({ pattern }) => {
          pattern.lastIndex = 0;
          return pattern.test(text);
        })?.parser ?? this.byType.get("");
      if (parser !== undefined && this.found.size < 100) this.found.set(text, parser);
    }
    return parser;
  }

  /** The largest body any of them takes. */
  get most() {
    let most = 0;
    for (const { limit } of this.byType.values()) most = Math.max(most, limit);
    return most;
  }
}

const withoutType = mediaTypeOf("");

/** Parses the body of a request, then goes on. */
export function parseBody(header, request, reply, goOn) {
  const context = request[kContext];
  const type = header === undefined ? withoutType : mediaTypeOf(header);
  if (header !== undefined && !type.isValid) {
    fail(reply, new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE());
    return;
  }
  const parser = context.parsers.of(type);
  if (parser === undefined) {
    if (request.is404) goOn(request, reply);
    else fail(reply, new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE());
    return;
  }

  let ended = false;
  const end = (error, body) => {
    if (ended) return;
    ended = true;
    if (error) {
      reply.header("connection", "close");
      fail(reply, error);
      return;
    }
    request.body = body;
    goOn(request, reply);
  };

  const limit = context.bodyLimit ?? parser.limit;
  const raw = request[kRawBody];
  const whole = typeof raw === "number" ? raw : collectBody(raw);
  if (isThenable(whole)) {
    whole.then((body) => run(parser, limit, body, request, end), (error) => {
      if (!(error?.statusCode >= 400)) error.statusCode = 400;
      end(error);
    });
  } else {
    run(parser, limit, whole, request, end);
  }
}

function fail(reply, error) {
  reply[kIsError] = true;
  reply.send(error);
}

function size(body) {
  if (typeof body === "number") return body;
  if (typeof body !== "string") return body.length;
  // Text is never longer than three bytes for each of its units.
  return body.length;
}

function isTooLarge(body, limit) {
  if (size(body) > limit) return true;
  return typeof body === "string" && body.length * 3 > limit && encodeText(body).length > limit;
}

function run(parser, limit, body, request, end) {
  body ??= "";
  if (isTooLarge(body, limit)) {
    end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    return;
  }
  let given;
  if (parser.as === "string") given = asText(body);
  else if (parser.as === "buffer") given = bufferOf(body);
  else given = new Payload(body);
  let result;
  try {
    result = parser.run(request, given, end);
  } catch (error) {
    end(error);
    return;
  }
  if (isThenable(result)) result.then((value) => end(null, value), end);
}

export function addContentTypeParser(parsers, limit, type, options, run) {
  if (typeof options === "function") {
    run = options;
    options = {};
  }
  for (const one of isArray(type) ? type : [type]) parsers.add(one, options ?? {}, run, limit);
}
