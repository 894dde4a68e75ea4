// What is known of a route before any request: its handler, hooks, parsers, schemas.

import { lifecycleHooks } from "./hooks.js";
import { defaultSchemaFormatter } from "./validation.js";
import {
  kErrorHandler, kHooks, kLogLevel, kParsers, kReply, kReplySerializerDefault, kRequest, kSchemaFormatter, kDecorated,
} from "./symbols.js";

export class Context {
  constructor(server, options, handler, config) {
    this.server = server;
    this.handler = handler;
    this.config = config;
    this.schema = options.schema;
    this.Request = server[kRequest];
    this.Reply = server[kReply];
    this.parsers = server[kParsers];
    this.bodyLimit = options.bodyLimit;
    this.logLevel = options.logLevel || server[kLogLevel];
    this.logSerializers = options.logSerializers;
    this.attachValidation = options.attachValidation ?? false;
    this.validatorCompiler = options.validatorCompiler;
    this.serializerCompiler = options.serializerCompiler;
    this.schemaErrorFormatter = options.schemaErrorFormatter ?? server[kSchemaFormatter] ?? defaultSchemaFormatter;
    this[kReplySerializerDefault] = server[kReplySerializerDefault];
    this.errorHandler = server[kErrorHandler];
    this.handlerTimeout = options.handlerTimeout ?? server.initialConfig.handlerTimeout ?? 0;
    this.exposeHeadRoute = options.exposeHeadRoute;
    this.prefixTrailingSlash = options.prefixTrailingSlash ?? "both";
    this.paramNames = [];
    this.takesBody = false;
    this.notFound = null;
    this.validators = undefined;
    this.responses = undefined;
    this.isPlain = true;
    this.isWatched = false;
    this.isBare = false;
    this.isQuick = false;
    for (const name of lifecycleHooks) this[name] = null;
  }

  /** Takes the hooks of its scope, all of which are known by now, and its own after them. */
  takeHooks(options) {
    for (const name of lifecycleHooks) {
      const all = this.server[kHooks][name].concat(options[name] ?? []);
      this[name] = all.length > 0 ? all.map((hook) => hook.bind(this.server)) : null;
    }
  }

  /** What can be told before the first request. */
  prepare() {
    // A kind without decorations of its own is its parent's.
    while (!this.Request[kDecorated] && this.Request.parent) this.Request = this.Request.parent;
    while (!this.Reply[kDecorated] && this.Reply.parent) this.Reply = this.Reply.parent;
    this.isWatched = this.onRequestAbort !== null || this.onTimeout !== null;
    this.isPlain = this.onResponse === null;
    this.isBare = this.onRequest === null && this.preParsing === null && this.preValidation === null && this.preHandler === null &&
      !this.isWatched && this.takesBody === false && this.validators === undefined && !(this.handlerTimeout > 0);
    this.isQuick = this.isPlain && this.preSerialization === null && this.onSend === null && !this.isWatched &&
      this.responses === undefined && !this[kReplySerializerDefault] && !(this.handlerTimeout > 0);
  }

  /** The largest body it takes, for the edge. */
  get mostBody() {
    return this.bodyLimit ?? this.parsers.most;
  }
}
