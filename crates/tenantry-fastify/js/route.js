// Adding routes. Where they lead is kept by the host's router; what is to be done is kept here, by the route's number.

import { isArray, isInteger, tagOf } from "./intrinsics.js";
import { errorCodes, unsupported } from "./errors.js";
import { checkRouteHooks } from "./hooks.js";
import { Context } from "./context.js";
import { compileValidators } from "./validation.js";
import { compileSerializers } from "./serialization.js";
import { headHooks } from "./head-route.js";
import { linkNotFound } from "./not-found.js";
import { errorHandlerWithin } from "./failure.js";
import { isLevel } from "./logger.js";
import { Misplaced } from "./parts.js";
import { because, faultOf } from "./schema-host.js";
import {
  kBoot, kErrorHandler, kHooks, kLogLevel, kLogSerializers, kPrefix, kReplySerializerDefault, kSchemaFormatter, kSchemas, kShared,
} from "./symbols.js";

/** `fastify.get(url, options?, handler)`. */
export function shorthand(instance, method, url, options, handler) {
  if (typeof url !== "string") throw new errorCodes.FST_ERR_INVALID_URL(typeof url);
  if (!handler && typeof options === "function") {
    handler = options;
    options = {};
  } else if (typeof handler === "function") {
    if (tagOf(options) !== "[object Object]") throw new errorCodes.FST_ERR_ROUTE_OPTIONS_NOT_OBJ(method, url);
    if (options.handler) {
      if (typeof options.handler === "function") throw new errorCodes.FST_ERR_ROUTE_DUPLICATED_HANDLER(method, url);
      throw new errorCodes.FST_ERR_ROUTE_HANDLER_NOT_FN(method, url);
    }
  }
  return addRoute(instance, { ...options, method, url, path: url, handler: handler || options?.handler }, false);
}

function checkMethod(shared, method) {
  if (typeof method !== "string") throw new errorCodes.FST_ERR_ROUTE_METHOD_INVALID();
  const upper = method.toUpperCase();
  if (!shared.bodyless.has(upper) && !shared.bodywith.has(upper)) throw new errorCodes.FST_ERR_ROUTE_METHOD_NOT_SUPPORTED(upper);
  return upper;
}

function checkOptions(options, path) {
  const { method, bodyLimit, handlerTimeout, logLevel, constraints } = options;
  if (!options.handler) throw new errorCodes.FST_ERR_ROUTE_MISSING_HANDLER(method, path);
  if (options.errorHandler !== undefined && typeof options.errorHandler !== "function") {
    throw new errorCodes.FST_ERR_ROUTE_HANDLER_NOT_FN(method, path);
  }
  if (bodyLimit !== undefined && (!isInteger(bodyLimit) || bodyLimit <= 0)) {
    throw new errorCodes.FST_ERR_ROUTE_BODY_LIMIT_OPTION_NOT_INT(bodyLimit);
  }
  if (handlerTimeout !== undefined && (!isInteger(handlerTimeout) || handlerTimeout <= 0)) {
    throw new errorCodes.FST_ERR_ROUTE_HANDLER_TIMEOUT_OPTION_NOT_INT(handlerTimeout);
  }
  if (logLevel && !isLevel(logLevel)) throw new errorCodes.FST_ERR_ROUTE_LOG_LEVEL_INVALID(method, path, logLevel);
  if (constraints && Object.keys(constraints).length > 0) {
    throw unsupported(`a route's constraints (${Object.keys(constraints).join(", ")})`, "tell the requests apart in a handler");
  }
  for (const name of ["wsHandler", "websocket"]) {
    if (options[name]) throw unsupported(`a route's ${name}`, "a tenant answers requests, it keeps no connections");
  }
}

export function addRoute(instance, given, byFramework) {
  const shared = instance[kShared];
  if (shared.started) throw new errorCodes.FST_ERR_INSTANCE_ALREADY_LISTENING("Cannot add route!");
  const options = { ...given };
  const path = options.url || options.path || "";
  if (typeof path !== "string") throw new errorCodes.FST_ERR_INVALID_URL(typeof path);
  checkOptions(options, path);

  const methods = (isArray(options.method) ? options.method : [options.method]).map((method) => checkMethod(shared, method));
  options.method = isArray(options.method) ? methods : methods[0];
  if (options.schema?.body) {
    for (const method of methods) {
      if (shared.bodyless.has(method)) throw new errorCodes.FST_ERR_ROUTE_BODY_VALIDATION_SCHEMA_NOT_SUPPORTED(method, path);
    }
  }

  /** Where a tenant's code calls this, if that is kept, and whether a mistake of it is told: more than one route may come of it. */
  const call = { at: undefined, isTold: false };
  const add = (routePath, prefixing) => place(instance, given, options, methods, routePath, prefixing, byFramework, call);
  const prefix = instance[kPrefix];
  if (path === "/" && prefix !== "" && options.method !== "HEAD") {
    if (options.prefixTrailingSlash === "slash") {
      add(path, false);
    } else if (options.prefixTrailingSlash === "no-slash") {
      add("", false);
    } else {
      add("", false);
      const { ignoreTrailingSlash, ignoreDuplicateSlashes } = shared.routerOptions;
      if (ignoreTrailingSlash !== true && (ignoreDuplicateSlashes !== true || !prefix.endsWith("/"))) add(path, true);
    }
  } else if (path[0] === "/" && prefix.endsWith("/")) {
    add(path.slice(1), false);
  } else {
    add(path, false);
  }
  return instance;
}

function place(instance, given, options, methods, routePath, prefixing, byFramework, call) {
  const shared = instance[kShared];
  const prefix = instance[kPrefix];
  const url = prefix + routePath;
  options.url = url;
  options.path = url;
  options.routePath = routePath;
  options.prefix = prefix;
  options.logLevel ||= instance[kLogLevel];
  if (instance[kLogSerializers] || options.logSerializers) {
    options.logSerializers = { ...instance[kLogSerializers], ...options.logSerializers };
  }
  options.attachValidation ??= false;
  if (!prefixing) {
    for (const hook of instance[kHooks].onRoute) hook.call(instance, options);
  }
  checkRouteHooks(options);
  // Schemas are compiled once all are there, and nobody calls any more then. It costs 3 µs.
  if (options.schema) call.at ??= new Error();

  const config = { ...options.config, url: prefixing ? prefix : url, method: options.method };
  const exposesHead = options.exposeHeadRoute ?? shared.exposeHeadRoutes;
  const context = new Context(instance, { ...options, exposeHeadRoute: exposesHead }, options.handler.bind(instance), config);
  context.takesBody = methods.some((method) => shared.bodywith.has(method)) && !methods.some((method) => shared.bodyless.has(method));
  context.mixesBodies = !context.takesBody && methods.some((method) => shared.bodywith.has(method));

  const isGet = methods.includes("GET");
  const hadHead = isGet && shared.hasRoute("HEAD", url);
  const index = shared.addContext(context);
  try {
    context.paramNames = shared.addRoute(index, methods, url);
  } catch (error) {
    shared.dropContext(index);
    if (byFramework) return;
    if (error.code === "DUPLICATE") throw new errorCodes.FST_ERR_DUPLICATED_ROUTE(options.method, url);
    throw error;
  }
  context.index = index;

  instance.after((error, done) => {
    settleOptions(instance, context, options);
    const { part } = shared;
    instance[kBoot].preReady.push(() => attempt(instance, part, context, call, () => complete(instance, context, options)));
    done(error);
  });

  if (exposesHead && isGet && !methods.includes("HEAD") && !hadHead) {
    const head = { ...given, method: "HEAD", onSend: headHooks(given.onSend) };
    place(instance, head, head, ["HEAD"], routePath, prefixing, true, call);
  }
}

/** A route that cannot be completed fails the start, or is left out and named, by what whoever loads the application says. */
function attempt(instance, part, context, call, step) {
  const shared = instance[kShared];
  try {
    step();
  } catch (error) {
    if (shared.brokenRoute === undefined) throw error;
    const told = blamed(instance, call, error);
    if (told !== undefined) shared.brokenRoute(part, told);
    shared.forget(context.index);
  }
  call.at = undefined;
}

/** The error with the place of the schema that was added, or of the call; undefined where that is told already. */
function blamed(instance, call, error) {
  const { shared, pointer, of } = faultOf(error) ?? {};
  const source = shared === undefined ? undefined : instance[kSchemas].source(shared);
  const wrong = source ?? call;
  if (wrong.isTold) return undefined;
  wrong.isTold = true;
  const note = pointer ? `, at ${pointer} of ${shared === undefined ? `its ${of}` : `the schema "${shared}"`}` : "";
  if (source === undefined) return new Misplaced(error, { stack: call.at?.stack, note });
  return new Misplaced(error, {
    part: source.part, file: source.file, stack: source.call?.stack ?? "", schema: shared, pointer: pointer ?? "", note,
  });
}

/** Options may have been changed by `onRoute` hooks, and the scope's by what was registered since. */
function settleOptions(instance, context, options) {
  context.errorHandler = options.errorHandler
    ? errorHandlerWithin(instance[kErrorHandler], options.errorHandler.bind(instance))
    : instance[kErrorHandler];
  context.bodyLimit = options.bodyLimit ?? undefined;
  context.logLevel = options.logLevel;
  context.logSerializers = options.logSerializers;
  context.attachValidation = options.attachValidation;
  context[kReplySerializerDefault] = instance[kReplySerializerDefault];
  context.schemaErrorFormatter = options.schemaErrorFormatter ?? instance[kSchemaFormatter] ?? context.schemaErrorFormatter;
}

/** Everything is there: hooks are taken, schemas compiled. */
function complete(instance, context, options) {
  context.takeHooks(options);
  linkNotFound(context);
  if (options.schema) {
    const { method, url } = context.config;
    context.schema = normalize(options.schema);
    try {
      // A schema that is wrong is told, also where none is checked.
      const validators = compileValidators(context);
      context.validators = instance[kShared].validatesInputs ? validators : undefined;
    } catch (error) {
      throw because(new errorCodes.FST_ERR_SCH_VALIDATION_BUILD(method, url, error.message), error);
    }
    try {
      context.responses = compileSerializers(context);
    } catch (error) {
      throw because(new errorCodes.FST_ERR_SCH_SERIALIZATION_BUILD(method, url, error.message), error);
    }
  }
  if (context.mixesBodies) context.takesBody = undefined;
  context.prepare();
}

function plain(schema) {
  return schema?.isFluentSchema ? schema.valueOf() : schema;
}

function checkContent(schema) {
  for (const type of Object.keys(schema?.content ?? {})) {
    if (!schema.content[type].schema) throw new errorCodes.FST_ERR_SCH_CONTENT_MISSING_SCHEMA(type);
  }
}

function normalize(given) {
  const schema = { ...given };
  if (schema.query !== undefined) {
    if (schema.querystring !== undefined && schema.querystring !== schema.query) {
      throw new errorCodes.FST_ERR_SCH_DUPLICATE("querystring");
    }
    schema.querystring = schema.query;
  }
  for (const part of ["body", "headers", "querystring", "params"]) {
    if (schema[part] !== undefined) schema[part] = plain(schema[part]);
  }
  checkContent(schema.body);
  if (schema.response) {
    schema.response = { ...schema.response };
    for (const status of Object.keys(schema.response)) {
      schema.response[status] = plain(schema.response[status]);
      checkContent(schema.response[status]);
    }
  }
  return schema;
}
