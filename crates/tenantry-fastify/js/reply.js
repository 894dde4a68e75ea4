// `reply`: what a handler makes its answer with.

import { assign, defineProperties, isArray, now, setPrototypeOf, toJson } from "./intrinsics.js";
import { errorCodes, unsupported } from "./errors.js";
import { decoration } from "./decorate.js";
import { mediaTypeOf } from "./media-type.js";
import { compileSerializer, serializerOf } from "./serialization.js";
import { headersOf, send } from "./send.js";
import { callNotFound } from "./lifecycle.js";
import {
  kAnswer, kContext, kDecorated, kEnd, kHasStatus, kHeaders, kInOnError, kIsError, kNextErrorHandler, kReplySerializerDefault,
  kResolve, kSent, kSerializer, kStart, kStatus, kWaiting,
} from "./symbols.js";

export function Reply(request) {
  this.request = request;
  this[kStart] = now();
}
Reply.props = [];
Reply.instanceProperties = new Set(["raw", "request", "log"]);
Reply[kDecorated] = true;

export function buildReply(Parent) {
  const props = Parent.props.slice();
  function ScopedReply(request) {
    this.request = request;
    this[kStart] = now();
    for (let at = 0; at < props.length; at += 1) this[props[at].key] = props[at].value;
  }
  setPrototypeOf(ScopedReply.prototype, Parent.prototype);
  setPrototypeOf(ScopedReply, Parent);
  ScopedReply.props = props;
  ScopedReply[kDecorated] = false;
  ScopedReply.parent = Parent;
  return ScopedReply;
}

// What most replies never change.
assign(Reply.prototype, {
  [kHeaders]: undefined,
  [kStatus]: 200,
  [kHasStatus]: false,
  [kSerializer]: null,
  [kIsError]: false,
  [kInOnError]: false,
  [kNextErrorHandler]: null,
  [kSent]: false,
  [kAnswer]: undefined,
  [kResolve]: undefined,
  [kEnd]: undefined,
  [kWaiting]: undefined,
});

/** As much of Node's response as makes sense where the answer is made in one piece. */
function rawOf(reply) {
  return {
    get statusCode() {
      return reply[kStatus];
    },
    set statusCode(status) {
      reply[kStatus] = status;
    },
    get headersSent() {
      return reply[kSent];
    },
    get writableEnded() {
      return reply[kSent];
    },
    getHeader: (name) => reply.getHeader(name),
    getHeaders: () => reply.getHeaders(),
    hasHeader: (name) => reply.hasHeader(name),
    setHeader(name, value) {
      reply.header(name, value);
      return this;
    },
    removeHeader(name) {
      reply.removeHeader(name);
    },
    write() {
      throw unsupported("reply.raw.write", "send the whole answer with reply.send, or an async iterable");
    },
    writeHead() {
      throw unsupported("reply.raw.writeHead", "use reply.code and reply.headers");
    },
    end() {
      throw unsupported("reply.raw.end", "use reply.send");
    },
    on() {
      throw unsupported("reply.raw.on", "use the hook onResponse");
    },
  };
}

function append(headers, value) {
  const before = headers["set-cookie"];
  headers["set-cookie"] = (isArray(before) ? before : [before]).concat(value);
}

defineProperties(Reply.prototype, {
  raw: {
    get() {
      return rawOf(this);
    },
  },
  log: {
    get() {
      return this.request.log;
    },
    set(log) {
      this.request.log = log;
    },
  },
  server: {
    get() {
      return this.request[kContext].server;
    },
  },
  routeOptions: {
    get() {
      return this.request.routeOptions;
    },
  },
  sent: {
    enumerable: true,
    get() {
      return this[kSent];
    },
  },
  statusCode: {
    get() {
      return this[kStatus];
    },
    set(status) {
      this.code(status);
    },
  },
  elapsedTime: {
    get() {
      return (this[kEnd] ?? now()) - this[kStart];
    },
  },
  mediaType: {
    get() {
      return mediaTypeOf(headersOf(this)["content-type"]).mediaType;
    },
  },
});

const methods = {
  send,

  code(status) {
    const number = +status;
    if (!(number >= 100 && number <= 599)) throw new errorCodes.FST_ERR_BAD_STATUS_CODE(status || String(status));
    this[kStatus] = number;
    this[kHasStatus] = true;
    return this;
  },

  header(name, value = "") {
    const key = name.toLowerCase();
    const headers = headersOf(this);
    if (key === "set-cookie" && headers[key]) append(headers, value);
    else headers[key] = key === "set-cookie" && isArray(value) ? value.slice() : value;
    return this;
  },

  headers(headers) {
    for (const name of Object.keys(headers)) this.header(name, headers[name]);
    return this;
  },

  getHeader(name) {
    return headersOf(this)[name.toLowerCase()];
  },

  getHeaders() {
    return { ...headersOf(this) };
  },

  hasHeader(name) {
    return headersOf(this)[name.toLowerCase()] !== undefined;
  },

  removeHeader(name) {
    delete headersOf(this)[name.toLowerCase()];
    return this;
  },

  type(type) {
    headersOf(this)["content-type"] = type;
    return this;
  },

  redirect(url, status) {
    const code = status || (this[kHasStatus] ? this[kStatus] : 302);
    return this.header("location", url).code(code).send();
  },

  serializer(serialize) {
    this[kSerializer] = serialize;
    return this;
  },

  serialize(payload) {
    if (this[kSerializer] !== null) return this[kSerializer](payload);
    const context = this.request[kContext];
    if (context[kReplySerializerDefault]) return context[kReplySerializerDefault](payload, this[kStatus]);
    const serialize = serializerOf(context, this[kStatus]);
    return serialize ? serialize(payload) : toJson(payload);
  },

  getSerializationFunction(schemaOrStatus, contentType) {
    const context = this.request[kContext];
    if (schemaOrStatus !== null && typeof schemaOrStatus === "object") return context.serializers?.get(schemaOrStatus);
    const found = context.responses?.[schemaOrStatus];
    return typeof contentType === "string" ? found?.[contentType] : found;
  },

  compileSerializationSchema(schema, httpStatus = null, contentType = null) {
    const { method, url } = this.request;
    return compileSerializer(this.request[kContext], schema, method, url, httpStatus, contentType);
  },

  serializeInput(input, schema, statusOrType, type) {
    const byStatus = typeof schema === "string" || typeof schema === "number";
    const status = byStatus ? schema : statusOrType;
    const contentType = byStatus ? statusOrType : type;
    if (!byStatus) return this.compileSerializationSchema(schema, status, contentType)(input);
    const found = this.request[kContext].responses?.[status];
    const serialize = contentType != null ? found?.[contentType] : found;
    if (serialize == null) {
      if (contentType) throw new errorCodes.FST_ERR_MISSING_CONTENTTYPE_SERIALIZATION_FN(status, contentType);
      throw new errorCodes.FST_ERR_MISSING_SERIALIZATION_FN(status);
    }
    return serialize(input);
  },

  callNotFound() {
    callNotFound(this);
    return this;
  },

  getResponseTime() {
    return this.elapsedTime;
  },

  getDecorator(name) {
    return decoration(this, name in this, name, "reply");
  },

  hijack() {
    throw unsupported("reply.hijack", "an answer can only be made by reply.send or by what the handler returns");
  },

  writeEarlyHints() {
    throw unsupported("reply.writeEarlyHints", "use a link header");
  },

  trailer() {
    throw unsupported("reply.trailer", "use a header");
  },

  hasTrailer() {
    return false;
  },

  removeTrailer() {
    return this;
  },

  /** `await reply`: once the answer is made. */
  then(fulfilled, rejected) {
    if (this[kSent]) {
      fulfilled?.();
      return;
    }
    (this[kWaiting] ??= []).push(() => {
      try {
        fulfilled?.();
      } catch (error) {
        rejected?.(error);
      }
    });
  },
};
methods.status = methods.code;
for (const name of Object.keys(methods)) {
  Object.defineProperty(Reply.prototype, name, { value: methods[name], writable: true, configurable: true });
}
