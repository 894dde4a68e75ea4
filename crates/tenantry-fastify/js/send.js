// From `reply.send(payload)` to the answer: serialization with its hooks, `onSend`, and what the edge is given.

import { encodeText, isArray, now, plainJson, stringify, tagOf, toJson } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { runPayloadHooks } from "./hooks.js";
import { mediaTypeOf } from "./media-type.js";
import { readAll } from "./payload.js";
import { serializerOf } from "./serialization.js";
import { failWith } from "./failure.js";
import { responded } from "./responded.js";
import { limits } from "./limits.js";
import { release } from "./lifecycle.js";
import {
  kAnswer, kContext, kEnd, kHeaders, kInOnError, kIsError, kReplySerializerDefault, kResolve, kSent, kSerializer, kStatus, kWaiting,
} from "./symbols.js";

const JSON_TYPE = "application/json; charset=utf-8";
const TEXT_TYPE = "text/plain; charset=utf-8";
const BYTES_TYPE = "application/octet-stream";

/** Its headers. Most replies never ask for them: such a one has been answered by text alone, which is JSON. */
export function headersOf(reply) {
  return (reply[kHeaders] ??= typeof reply[kAnswer] === "string" ? { "content-type": JSON_TYPE } : {});
}

/** Whether nobody has a say in the answer but the payload, so that it is JSON with status 200. */
function isUntouched(reply) {
  return reply.request[kContext].isQuick && reply[kHeaders] === undefined && reply[kStatus] === 200 && !reply[kSent] &&
    !reply[kIsError] && !reply[kInOnError] && reply[kSerializer] === null;
}

/** The answer of an untouched reply to plain data: whether there is one now. */
export function answerPlainly(reply, payload) {
  if (!isUntouched(reply)) return false;
  const text = plainJson(payload);
  if (text === undefined) return false;
  settleWith(reply, text);
  return true;
}

/** As an untouched reply is answered whose payload is no plain data: whether there is an answer now. */
function answerQuickly(reply, payload) {
  if (!isUntouched(reply)) return false;
  let text;
  try {
    text = stringify(payload);
  } catch (thrown) {
    serializationFailed(reply, thrown);
    return true;
  }
  // What is sent may have had a say in it by its `toJSON`.
  if (typeof text !== "string" || !isUntouched(reply)) return false;
  settleWith(reply, text);
  return true;
}

export function send(payload) {
  if (!answerPlainly(this, payload)) sendOther(this, payload);
  return this;
}

/** Sends what is no plain data, or by a reply that somebody has touched. */
export function sendOther(reply, payload) {
  if (reply[kInOnError]) throw new errorCodes.FST_ERR_SEND_INSIDE_ONERR();
  if (reply[kSent]) {
    const { url, method } = reply.request;
    reply.log.warn({ err: new errorCodes.FST_ERR_REP_ALREADY_SENT(url, method) });
    return;
  }
  if (reply[kIsError] || payload instanceof Error) {
    reply[kIsError] = false;
    failWith(reply, payload, onSend);
    return;
  }
  if (payload === undefined) {
    onSend(reply, payload);
    return;
  }
  const given = reply[kHeaders] === undefined ? undefined : reply[kHeaders]["content-type"];
  if (payload !== null) {
    if (isStream(payload)) {
      onSend(reply, payload);
      return;
    }
    if (payload.buffer instanceof ArrayBuffer) {
      if (!given) headersOf(reply)["content-type"] = BYTES_TYPE;
      onSend(reply, new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength));
      return;
    }
    if (!given && typeof payload === "string") {
      headersOf(reply)["content-type"] = TEXT_TYPE;
      onSend(reply, payload);
      return;
    }
  }
  if (reply[kSerializer] !== null) {
    if (typeof payload !== "string") {
      preSerialize(reply, payload);
      return;
    }
    payload = reply[kSerializer](payload);
  } else if (!given) {
    if (answerQuickly(reply, payload)) return;
    headersOf(reply)["content-type"] = JSON_TYPE;
    preSerialize(reply, payload);
    return;
  } else {
    const headers = reply[kHeaders];
    const type = mediaTypeOf(given);
    if (type.isEmpty || type.mediaType.includes("json")) {
      if (type.isEmpty) headers["content-type"] = typeof payload === "string" ? given : JSON_TYPE;
      else if (!type.parameters.has("charset")) headers["content-type"] = `${type.toString()}; charset=utf-8`;
      if (typeof payload !== "string") {
        preSerialize(reply, payload);
        return;
      }
    }
  }
  onSend(reply, payload);
}

function isStream(payload) {
  return typeof payload === "object" && (
    typeof payload.getReader === "function" || typeof payload.pipe === "function" ||
    typeof payload[Symbol.asyncIterator] === "function" || isResponse(payload));
}

function isResponse(payload) {
  return typeof payload.arrayBuffer === "function" && tagOf(payload) === "[object Response]";
}

function preSerialize(reply, payload) {
  const hooks = reply.request[kContext].preSerialization;
  if (hooks === null) serialize(null, reply.request, reply, payload);
  else runPayloadHooks(hooks, reply.request, reply, payload, serialize);
}

function serialize(error, _request, reply, payload) {
  if (error) {
    failWith(reply, error);
    return;
  }
  const context = reply.request[kContext];
  try {
    if (reply[kSerializer] !== null) payload = reply[kSerializer](payload);
    else if (context[kReplySerializerDefault]) payload = context[kReplySerializerDefault](payload, reply[kStatus]);
    else if (context.responses === undefined) payload = toJson(payload);
    else {
      const byschema = serializerOf(context, reply[kStatus], headersOf(reply)["content-type"]);
      payload = byschema ? byschema(payload) : toJson(payload);
    }
  } catch (thrown) {
    serializationFailed(reply, thrown);
    return;
  }
  onSend(reply, payload);
}

function serializationFailed(reply, thrown) {
  if (thrown !== null && typeof thrown === "object") thrown.serialization = reply.request[kContext].config;
  failWith(reply, thrown);
}

export function onSend(reply, payload) {
  const hooks = reply.request[kContext].onSend;
  if (hooks === null) end(reply, payload);
  else runPayloadHooks(hooks, reply.request, reply, payload, afterOnSend);
}

function afterOnSend(error, _request, reply, payload) {
  if (error) failWith(reply, error);
  else end(reply, payload);
}

function end(reply, payload) {
  if (reply[kSent]) return;
  if (payload === undefined || payload === null) {
    finish(reply, "");
  } else if (typeof payload === "string" || payload.buffer instanceof ArrayBuffer) {
    finish(reply, bodyOf(reply, payload));
  } else if (typeof payload === "object" && isStream(payload)) {
    collect(reply, payload);
  } else {
    throw new errorCodes.FST_ERR_REP_INVALID_PAYLOAD_TYPE(typeof payload);
  }
}

function tooLarge() {
  return new errorCodes.TENANTRY_RESPONSE_TOO_LARGE(limits.response);
}

/** A stream is read to its end first; nothing has been sent when it fails, so that is an error's answer like any other. */
function collect(reply, payload) {
  let source = payload;
  if (isResponse(payload)) {
    if (typeof payload.status === "number") reply.code(payload.status);
    for (const [name, value] of payload.headers ?? []) reply.header(name, value);
    if (payload.bodyUsed) throw new errorCodes.FST_ERR_REP_RESPONSE_BODY_CONSUMED();
    source = { async *[Symbol.asyncIterator]() {
      yield await payload.arrayBuffer();
    } };
  } else if (payload.locked) {
    throw new errorCodes.FST_ERR_REP_READABLE_STREAM_LOCKED();
  }
  reply[kSent] = true;
  readAll(source, limits.response, tooLarge).then((bytes) => {
    reply[kSent] = false;
    finish(reply, bodyOf(reply, bytes));
  }, (error) => {
    reply[kSent] = false;
    failWith(reply, error);
  }).catch((error) => {
    // A header that cannot be sent.
    failWith(reply, error);
  });
}

const badName = /[^\w!#$%&'*+.^`|~-]/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;

function invalid(message, code) {
  const error = new TypeError(message);
  error.code = code;
  return error;
}

/** Name and value in turns, as the edge takes them; refuses what would be another header or another answer. */
function headerLines(headers) {
  let lines = "";
  for (const name in headers) {
    const value = headers[name];
    if (name === "" || badName.test(name)) {
      delete headers[name];
      throw invalid(`Header name must be a valid HTTP token ["${name}"]`, "ERR_INVALID_HTTP_TOKEN");
    }
    if (value === undefined) {
      delete headers[name];
      throw invalid(`Invalid value "undefined" for header "${name}"`, "ERR_HTTP_INVALID_HEADER_VALUE");
    }
    for (const one of isArray(value) ? value : [value]) {
      let text;
      try {
        text = String(one);
      } catch {
        text = "\n";
      }
      if (badValue.test(text)) {
        delete headers[name];
        throw invalid(`Invalid character in header content ["${name}"]`, "ERR_INVALID_CHAR");
      }
      lines += lines === "" ? `${name}\n${text}` : `\n${name}\n${text}`;
    }
  }
  return lines;
}

/** The answer, as the edge takes it: text alone is JSON with status 200. */
function encode(reply, body) {
  const status = reply[kStatus];
  const headers = headersOf(reply);
  const type = headers["content-type"];
  if (status === 200 && type === JSON_TYPE && typeof body === "string" && reply.request[kContext].isPlain) {
    let others = false;
    for (const name in headers) {
      if (name !== "content-type") {
        others = true;
        break;
      }
    }
    if (!others) return body;
  }
  return [status, headerLines(headers), body, responded(reply)];
}

/** Answers of these statuses have no body. */
function bodyOf(reply, body) {
  const status = reply[kStatus];
  const headers = headersOf(reply);
  if (status < 200 || status === 204) {
    delete headers["content-type"];
    delete headers["content-length"];
    return "";
  }
  return body;
}

export function finish(reply, body) {
  const answer = encode(reply, body);
  reply[kEnd] = now();
  release(reply.request);
  settleWith(reply, answer);
}

function settleWith(reply, answer) {
  reply[kSent] = true;
  reply[kAnswer] = answer;
  if (reply[kResolve] !== undefined) reply[kResolve](answer);
  const waiting = reply[kWaiting];
  if (waiting !== undefined) for (const one of waiting) one();
}

export function lengthOf(body) {
  return typeof body === "string" ? encodeText(body).length : body.length;
}
