// `request`. What the edge sends is a few strings; what a handler asks for is made of them when it asks.

import { create, defineProperties, setPrototypeOf, isArray, parseJson } from "./intrinsics.js";
import { errorCodes, unsupported } from "./errors.js";
import { decoration } from "./decorate.js";
import { mediaTypeOf } from "./media-type.js";
import { parseQuery, queryOf } from "./query.js";
import { childLogger } from "./logger.js";
import { askForEnd, inFlight } from "./in-flight.js";
import { compileValidator, validatorOf } from "./validation.js";
import { kAbort, kContext, kDecorated, kHead, kLines, kRawBody, kValues, kWatched } from "./symbols.js";

const kHeadParts = Symbol("fastify.request.headParts");
const kOwnHeaders = Symbol("fastify.request.ownHeaders");
const kMoreHeaders = Symbol("fastify.request.additionalHeaders");
const kParams = Symbol("fastify.request.params");
const kQuery = Symbol("fastify.request.query");
const kLog = Symbol("fastify.request.log");
const kId = Symbol("fastify.request.id");
const kUser = Symbol("fastify.request.user");
const kRaw = Symbol("fastify.request.raw");

/** Where what stands in the head: lines, in this order. */
const NUMBER = 0;
const ID = 1;
const IP = 2;
const IPS = 3;
const PROTOCOL = 4;
const METHOD = 5;
const URL = 6;
const CONTENT_TYPE = 7;
const USER = 8;

/** What all kinds of requests are made by: each scope has one of its own, with its decorations. */
export function Request(context, values, head, lines, body) {
  this[kContext] = context;
  this[kHead] = head;
  this[kLines] = lines;
  if (values !== undefined) this[kValues] = values;
  if (body !== undefined) this[kRawBody] = body;
  this.body = undefined;
}
Request.props = [];
Request.instanceProperties = new Set(["id", "params", "raw", "query", "log", "body"]);
Request[kDecorated] = true;

export function buildRequest(Parent) {
  const props = Parent.props.slice();
  function ScopedRequest(context, values, head, lines, body) {
    this[kContext] = context;
    this[kHead] = head;
    this[kLines] = lines;
    if (values !== undefined) this[kValues] = values;
    if (body !== undefined) this[kRawBody] = body;
    this.body = undefined;
    for (let at = 0; at < props.length; at += 1) this[props[at].key] = props[at].value;
  }
  setPrototypeOf(ScopedRequest.prototype, Parent.prototype);
  setPrototypeOf(ScopedRequest, Parent);
  ScopedRequest.props = props;
  ScopedRequest[kDecorated] = false;
  ScopedRequest.parent = Parent;
  return ScopedRequest;
}

function headOf(request) {
  return (request[kHeadParts] ??= request[kHead].split("\n"));
}

/** The number by which the edge knows a request that is under way. */
export function numberOf(request) {
  return Number(headOf(request)[NUMBER]);
}

/** The content type, without looking at all the headers. */
export function contentTypeOf(request) {
  const text = headOf(request)[CONTENT_TYPE];
  return text === "" ? undefined : text.slice(1);
}

/** Whom the edge has identified; undefined if nobody. */
export function userOf(request) {
  const text = headOf(request)[USER];
  return text === undefined || text === "" ? undefined : parseJson(text);
}

function headersOf(request) {
  let headers = request[kOwnHeaders];
  if (headers === undefined) {
    headers = {};
    const text = request[kLines];
    if (text !== "") {
      const lines = text.split("\n");
      for (let at = 0; at + 1 < lines.length; at += 2) {
        const name = lines[at];
        if (name === "set-cookie") (headers[name] ??= []).push(lines[at + 1]);
        else if (name !== "__proto__") headers[name] = lines[at + 1];
      }
    }
    request[kOwnHeaders] = headers;
  }
  return headers;
}

function rawOf(request) {
  const head = headOf(request);
  return {
    method: head[METHOD],
    url: head[URL],
    get headers() {
      return headersOf(request);
    },
    httpVersion: "1.1",
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    aborted: false,
    on() {
      throw unsupported("request.raw.on", "use the hook onRequestAbort, or request.signal");
    },
    socket: { remoteAddress: head[IP] || undefined, remotePort: undefined, encrypted: head[PROTOCOL] === "https" },
  };
}

const parts = { body: "body", headers: "headers", params: "params", querystring: "querystring", query: "querystring" };

defineProperties(Request.prototype, {
  id: {
    get() {
      return this[kId] ?? headOf(this)[ID];
    },
    set(id) {
      this[kId] = id;
    },
  },
  params: {
    get() {
      let params = this[kParams];
      if (params === undefined) {
        params = create(null);
        const values = this[kValues];
        const names = this[kContext].paramNames;
        if (isArray(values)) for (let at = 0; at < values.length; at += 1) params[names[at]] = values[at];
        else if (values !== undefined) params[names[0]] = values;
        this[kParams] = params;
      }
      return params;
    },
    set(params) {
      this[kParams] = params;
    },
  },
  query: {
    get() {
      let query = this[kQuery];
      if (query === undefined) {
        const text = queryOf(headOf(this)[URL]);
        const parser = this[kContext].server.querystringParser;
        query = parser ? parser(text) : parseQuery(text);
        this[kQuery] = query;
      }
      return query;
    },
    set(query) {
      this[kQuery] = query;
    },
  },
  log: {
    get() {
      return (this[kLog] ??= childLogger(this[kContext], this));
    },
    set(log) {
      this[kLog] = log;
    },
  },
  raw: {
    get() {
      return (this[kRaw] ??= rawOf(this));
    },
  },
  socket: {
    get() {
      return this.raw.socket;
    },
  },
  headers: {
    get() {
      const more = this[kMoreHeaders];
      return more ? { ...headersOf(this), ...more } : headersOf(this);
    },
    set(headers) {
      this[kMoreHeaders] = headers;
    },
  },
  /** Whom the edge has identified, unless the application has said who it is. */
  user: {
    get() {
      const user = this[kUser];
      return user === undefined || user === null ? userOf(this) ?? user : user;
    },
    set(user) {
      this[kUser] = user;
    },
    configurable: true,
  },
  server: {
    get() {
      return this[kContext].server;
    },
  },
  method: {
    get() {
      return headOf(this)[METHOD];
    },
  },
  url: {
    get() {
      return headOf(this)[URL];
    },
  },
  originalUrl: {
    get() {
      return headOf(this)[URL];
    },
  },
  ip: {
    get() {
      return headOf(this)[IP] || undefined;
    },
  },
  ips: {
    get() {
      const ips = headOf(this)[IPS];
      return ips === "" ? undefined : ips.split(",");
    },
  },
  protocol: {
    get() {
      return headOf(this)[PROTOCOL];
    },
  },
  host: {
    get() {
      return headersOf(this).host ?? "";
    },
  },
  hostname: {
    get() {
      const { host } = this;
      return host[0] === "[" ? host.slice(0, host.indexOf("]") + 1) : host.split(":", 1)[0];
    },
  },
  port: {
    get() {
      const match = /:(\d+)$/.exec(this.host);
      return match ? Number(match[1]) : null;
    },
  },
  mediaType: {
    get() {
      const header = this.headers["content-type"];
      return header === undefined ? undefined : mediaTypeOf(header).mediaType;
    },
  },
  is404: {
    get() {
      return this[kContext].config?.url === undefined;
    },
  },
  routeOptions: {
    get() {
      const context = this[kContext];
      return {
        method: context.config?.method,
        url: context.config?.url,
        bodyLimit: context.bodyLimit ?? context.server.initialConfig.bodyLimit,
        handlerTimeout: context.handlerTimeout,
        attachValidation: context.attachValidation,
        logLevel: context.logLevel,
        exposeHeadRoute: context.exposeHeadRoute,
        prefixTrailingSlash: context.prefixTrailingSlash,
        handler: context.handler,
        config: context.config,
        schema: context.schema,
        version: undefined,
      };
    },
  },
  signal: {
    get() {
      if (this[kAbort] === undefined) {
        this[kAbort] = new AbortController();
        // The edge tells of its end from now on, unless it does so anyway, or it has ended. What is injected has no client.
        const number = numberOf(this);
        if (this[kWatched] === undefined && number > 0) {
          if (askForEnd(number)) inFlight.set(number, this);
          else this[kAbort].abort();
        }
      }
      return this[kAbort].signal;
    },
  },
  getValidationFunction: {
    value(partOrSchema) {
      return validatorOf(this[kContext], parts, partOrSchema);
    },
  },
  compileValidationSchema: {
    value(schema, httpPart = null) {
      return compileValidator(this[kContext], schema, this.method, this.url, httpPart);
    },
  },
  validateInput: {
    value(input, schema, httpPart) {
      const part = typeof schema === "string" ? schema : httpPart;
      let validate = typeof part === "string" ? validatorOf(this[kContext], parts, part) : undefined;
      if (validate == null) {
        if (schema == null || typeof schema !== "object" || isArray(schema)) {
          throw new errorCodes.FST_ERR_REQ_INVALID_VALIDATION_INVOCATION(part);
        }
        validate = this.compileValidationSchema(schema, part);
      }
      return validate(input);
    },
  },
  getDecorator: {
    value(name) {
      return decoration(this, isDecorated(this, name), name, "request");
    },
  },
  setDecorator: {
    value(name, value) {
      if (!isDecorated(this, name)) throw new errorCodes.FST_ERR_DEC_UNDECLARED(name, "request");
      this[name] = value;
    },
  },
});

function isDecorated(request, name) {
  return name in request;
}
