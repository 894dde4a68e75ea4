// A Fastify application: the root instance, from which those of plugins inherit.

import { assign, create, defineProperties, freeze } from "./intrinsics.js";
import { errorCodes, unsupported } from "./errors.js";
import { Boot } from "./boot.js";
import { override, hasPlugin } from "./plugins.js";
import { checkHook, newHooks, supportedHooks } from "./hooks.js";
import { decorate, decorateReply, decorateRequest, decoration, replyHas, requestHas } from "./decorate.js";
import { Parsers, addContentTypeParser, jsonParser, textParser } from "./body.js";
import { Schemas } from "./schemas.js";
import { Request, buildRequest } from "./request.js";
import { Reply, buildReply } from "./reply.js";
import { addRoute, shorthand } from "./route.js";
import { arrangeNotFound, setNotFoundHandler } from "./not-found.js";
import { errorHandlerWithin, rootErrorHandler } from "./failure.js";
import { rootLogger } from "./logger.js";
import { isAsync } from "./intrinsics.js";
import { Shared } from "./shared.js";
import { instanceShortcuts, install, replyShortcuts, requestShortcuts } from "./sensible.js";
import { inject } from "./inject.js";
import { close, ready } from "./ready.js";
import { VERSION } from "./version.js";
import {
  kBoot, kChildren, kErrorHandler, kErrorHandlerSet, kHooks, kLogLevel, kLogSerializers, kNameChain, kNotFoundContext,
  kParsers, kPrefix, kRegisteredPlugins, kReply, kReplySerializerDefault, kRequest, kSchemaFormatter, kSchemas, kShared,
} from "./symbols.js";

install(Request.prototype, requestShortcuts);
install(Reply.prototype, replyShortcuts);
const base = create(null);
Object.setPrototypeOf(base, Object.prototype);
install(base, instanceShortcuts);

const defaults = {
  bodyLimit: 1048576, connectionTimeout: 0, keepAliveTimeout: 72000, maxRequestsPerSocket: 0, requestTimeout: 0,
  handlerTimeout: 0, forceCloseConnections: false, disableRequestLogging: false, exposeHeadRoutes: true,
  ignoreTrailingSlash: false, ignoreDuplicateSlashes: false, maxParamLength: 100, caseSensitive: true,
  onProtoPoisoning: "error", onConstructorPoisoning: "error", pluginTimeout: 10000, requestIdHeader: false,
  requestIdLogLabel: "reqId", http2SessionTimeout: 72000, allowErrorHandlerOverride: true,
};

/** Options that would change how connections are made. */
const refused = ["http2", "https", "serverFactory", "rewriteUrl", "constraints", "frameworkErrors", "clientErrorHandler"];

function checkOptions(options) {
  if (options !== undefined && (options === null || typeof options !== "object")) throw new errorCodes.FST_ERR_OPTIONS_NOT_OBJ();
  for (const name of refused) {
    if (options?.[name]) throw unsupported(`the option ${name}`, "the server in front of the tenant has the connections");
  }
}

/** Scopes further in have what was added here, unless they have that already. */
function inheritSchema(app, id) {
  for (const child of app[kChildren]) {
    child[kSchemas].inherit(id);
    inheritSchema(child, id);
  }
}

/** `Fastify(options)`. */
export function fastify(options = {}) {
  checkOptions(options);
  const shared = new Shared(options);
  const initialConfig = freeze(assign({}, defaults, primitives(options)));
  const app = create(base);
  const json = jsonParser(initialConfig.onProtoPoisoning, initialConfig.onConstructorPoisoning);
  const boot = new Boot(app, override);
  assign(app, {
    [kShared]: shared,
    [kBoot]: boot,
    [kChildren]: [],
    [kPrefix]: "",
    [kLogLevel]: "",
    [kLogSerializers]: null,
    [kHooks]: newHooks(),
    [kSchemas]: new Schemas(null),
    [kSchemaFormatter]: options.schemaErrorFormatter?.bind(app) ?? null,
    [kErrorHandler]: rootErrorHandler,
    [kErrorHandlerSet]: false,
    [kReplySerializerDefault]: null,
    [kParsers]: new Parsers(initialConfig.bodyLimit, json),
    [kReply]: buildReply(Reply),
    [kRequest]: buildRequest(Request),
    [kRegisteredPlugins]: [],
    [kNameChain]: ["fastify"],
    [kNotFoundContext]: null,
    [Symbol.for("fastify.instance")]: true,
    initialConfig,
    log: rootLogger(),
    querystringParser: options.querystringParser ?? options.routerOptions?.querystringParser,
    ...methods,
  });
  defineProperties(app, properties);
  arrangeNotFound(app);
  setNotFoundHandler(app);
  // The default may be replaced.
  arrangeNotFound(app);
  return app;
}

function primitives(options) {
  const found = {};
  for (const key of Object.keys(options)) {
    const value = options[key];
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) found[key] = value;
  }
  return found;
}

function addHook(instance, name, func) {
  instance[kShared].mustNotHaveStarted('Cannot call "addHook"!');
  if (name === "onClose" && func !== null && typeof func === "object") func = disposer(func) ?? func;
  checkHook(name, func);
  if (name === "onClose") {
    instance[kBoot].closing.unshift({ func, instance });
  } else if (name === "onReady" || name === "onListen" || name === "onRoute" || name === "preClose") {
    instance[kHooks][name].push(func);
  } else {
    // In its turn: scopes that are registered before it get it as well.
    instance.after((error, done) => {
      spread(instance, name, func);
      done(error);
    });
  }
  return instance;
}

function spread(instance, name, func) {
  instance[kHooks][name].push(func);
  for (const child of instance[kChildren]) spread(child, name, func);
}

function disposer(value) {
  if (typeof value[Symbol.asyncDispose] === "function") return () => value[Symbol.asyncDispose]();
  if (typeof value[Symbol.dispose] === "function") return () => value[Symbol.dispose]();
  return undefined;
}

const methods = {
  get(url, options, handler) {
    return shorthand(this, "GET", url, options, handler);
  },
  head(url, options, handler) {
    return shorthand(this, "HEAD", url, options, handler);
  },
  trace(url, options, handler) {
    return shorthand(this, "TRACE", url, options, handler);
  },
  post(url, options, handler) {
    return shorthand(this, "POST", url, options, handler);
  },
  put(url, options, handler) {
    return shorthand(this, "PUT", url, options, handler);
  },
  patch(url, options, handler) {
    return shorthand(this, "PATCH", url, options, handler);
  },
  delete(url, options, handler) {
    return shorthand(this, "DELETE", url, options, handler);
  },
  options(url, options, handler) {
    return shorthand(this, "OPTIONS", url, options, handler);
  },
  query(url, options, handler) {
    return shorthand(this, "QUERY", url, options, handler);
  },
  all(url, options, handler) {
    return shorthand(this, this.supportedMethods, url, options, handler);
  },
  route(options) {
    return addRoute(this, options, false);
  },
  hasRoute({ method, url, constraints } = {}) {
    if (constraints && Object.keys(constraints).length > 0) return false;
    return this[kShared].hasRoute(String(method ?? "").toUpperCase(), url ?? "");
  },
  findRoute({ method, url } = {}) {
    return this.hasRoute({ method, url }) ? { handler: undefined, params: {}, searchParams: {} } : null;
  },
  printRoutes(options) {
    return this[kShared].print(options);
  },

  register(plugin, options) {
    this[kBoot].register(plugin, options);
    return this;
  },
  after(func) {
    if (typeof func !== "function") return this[kBoot].loadedSoFar();
    this[kBoot].after(func, this);
    return this;
  },
  ready(func) {
    if (func !== undefined && func !== null && typeof func !== "function") {
      throw new errorCodes.FST_ERR_PLUGIN_CALLBACK_NOT_FN(`ready expects a function, received: '${typeof func}'`);
    }
    return ready(this, func);
  },
  close(func) {
    return close(this, func);
  },
  onClose(func) {
    this[kBoot].closing.unshift({ func, instance: this });
    return this;
  },
  inject(options, func) {
    return inject(this, options, func);
  },
  hasPlugin(name) {
    return hasPlugin(this, name);
  },
  printPlugins() {
    return this[kShared].plugins.join("\n");
  },

  decorate,
  decorateRequest,
  decorateReply,
  hasDecorator(name) {
    return name in this;
  },
  hasRequestDecorator(name) {
    return requestHas(this, name);
  },
  hasReplyDecorator(name) {
    return replyHas(this, name);
  },
  getDecorator(name) {
    return decoration(this, name in this, name, "instance");
  },

  addHook(name, func) {
    return addHook(this, name, func);
  },

  addSchema(schema) {
    this[kShared].mustNotHaveStarted('Cannot call "addSchema"!');
    inheritSchema(this, this[kSchemas].add(schema));
    return this;
  },
  getSchema(id) {
    return this[kSchemas].all()[id];
  },
  getSchemas() {
    return this[kSchemas].all();
  },
  setValidatorCompiler(compiler) {
    this[kShared].mustNotHaveStarted('Cannot call "setValidatorCompiler"!');
    this[kSchemas].customValidator = compiler;
    return this;
  },
  setSerializerCompiler(compiler) {
    this[kShared].mustNotHaveStarted('Cannot call "setSerializerCompiler"!');
    this[kSchemas].customSerializer = compiler;
    return this;
  },
  setReplySerializer(serializer) {
    this[kShared].mustNotHaveStarted('Cannot call "setReplySerializer"!');
    this[kReplySerializerDefault] = serializer;
    return this;
  },
  setSchemaErrorFormatter(formatter) {
    this[kShared].mustNotHaveStarted('Cannot call "setSchemaErrorFormatter"!');
    if (typeof formatter !== "function" || isAsync(formatter)) {
      const given = typeof formatter === "function" ? "AsyncFunction" : typeof formatter;
      throw new errorCodes.FST_ERR_SCHEMA_ERROR_FORMATTER_NOT_FN(given);
    }
    this[kSchemaFormatter] = formatter.bind(this);
    return this;
  },
  setSchemaController() {
    throw unsupported("fastify.setSchemaController", "use setValidatorCompiler and setSerializerCompiler");
  },

  setErrorHandler(func) {
    this[kShared].mustNotHaveStarted('Cannot call "setErrorHandler"!');
    if (typeof func !== "function") throw new errorCodes.FST_ERR_ERROR_HANDLER_NOT_FN();
    if (this[kErrorHandlerSet] && this.initialConfig.allowErrorHandlerOverride === false) {
      throw new errorCodes.FST_ERR_ERROR_HANDLER_ALREADY_SET();
    }
    this[kErrorHandlerSet] = true;
    this[kErrorHandler] = errorHandlerWithin(this[kErrorHandler], func.bind(this));
    return this;
  },
  setNotFoundHandler(options, handler) {
    this[kShared].mustNotHaveStarted('Cannot call "setNotFoundHandler"!');
    setNotFoundHandler(this, options, handler);
    return this;
  },
  setChildLoggerFactory(factory) {
    this[kShared].mustNotHaveStarted('Cannot call "setChildLoggerFactory"!');
    this.childLoggerFactory = factory;
    return this;
  },
  setGenReqId() {
    throw unsupported("fastify.setGenReqId", "the server in front of the tenant gives requests their ids");
  },
  withTypeProvider() {
    return this;
  },

  addContentTypeParser(type, options, parser) {
    this[kShared].started && mayNotStart("addContentTypeParser");
    addContentTypeParser(this[kParsers], this.initialConfig.bodyLimit, type, options, parser);
    return this;
  },
  hasContentTypeParser(type) {
    return this[kParsers].has(type);
  },
  removeContentTypeParser(type) {
    this[kShared].started && mayNotStart("removeContentTypeParser");
    for (const one of Array.isArray(type) ? type : [type]) this[kParsers].remove(one);
  },
  removeAllContentTypeParsers() {
    this[kShared].started && mayNotStart("removeAllContentTypeParsers");
    this[kParsers].removeAll();
  },
  getDefaultJsonParser: jsonParser,
  defaultTextParser: textParser,

  addHttpMethod(method, { hasBody = false } = {}) {
    const { bodyless, bodywith } = this[kShared];
    if (typeof method !== "string" || !/^[A-Z-]+$/.test(method)) throw new errorCodes.FST_ERR_ROUTE_METHOD_INVALID();
    (hasBody ? bodywith : bodyless).add(method);
    (hasBody ? bodyless : bodywith).delete(method);
    const name = method.toLowerCase();
    if (!this.hasDecorator(name)) {
      this.decorate(name, function added(url, options, handler) {
        return shorthand(this, method, url, options, handler);
      });
    }
    return this;
  },

  /** Whether requests of this method may have a body. */
  hasBody(method) {
    return this[kShared].bodywith.has(method);
  },

  use() {
    throw new errorCodes.FST_ERR_MISSING_MIDDLEWARE();
  },
  listen() {
    throw unsupported("fastify.listen", "the server in front of the tenant listens already; add routes");
  },
  addresses() {
    return [];
  },
  addConstraintStrategy() {
    throw unsupported("fastify.addConstraintStrategy", "tell the requests apart in a handler");
  },
  hasConstraintStrategy() {
    return false;
  },
};

function mayNotStart(what) {
  throw new errorCodes.FST_ERR_CTP_INSTANCE_ALREADY_STARTED(what);
}

const properties = {
  pluginName: {
    configurable: true,
    get() {
      return this[kNameChain].join(" -> ");
    },
  },
  prefix: {
    configurable: true,
    get() {
      return this[kPrefix];
    },
  },
  version: { configurable: true, get: () => VERSION },
  errorHandler: {
    configurable: true,
    get() {
      return this[kErrorHandler].func;
    },
  },
  validatorCompiler: {
    configurable: true,
    get() {
      return this[kSchemas].customValidator;
    },
  },
  serializerCompiler: {
    configurable: true,
    get() {
      return this[kSchemas].customSerializer;
    },
  },
  supportedMethods: {
    get() {
      return [...this[kShared].bodyless, ...this[kShared].bodywith];
    },
  },
  then: {
    get() {
      return this[kBoot].thenOf();
    },
  },
};

export { supportedHooks };
