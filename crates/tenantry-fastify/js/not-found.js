// What answers where no route does: by prefix, each with the hooks of the scope that set it.

import { assign } from "./intrinsics.js";
import { isArray } from "./intrinsics.js";
import { Context } from "./context.js";
import { errorHandlerWithin } from "./failure.js";
import { kBoot, kCanSetNotFound, kErrorHandler, kNotFoundContext, kNotFoundLevel, kPrefix, kShared } from "./symbols.js";

/** A scope with a prefix can have a handler of its own. */
export function arrangeNotFound(instance) {
  instance[kNotFoundLevel] = instance;
  instance[kCanSetNotFound] = true;
}

function defaultHandler(request, reply) {
  const { url, method } = request;
  request.log.info(`Route ${method}:${url} not found`);
  reply.code(404).send({ message: `Route ${method}:${url} not found`, error: "Not Found", statusCode: 404 });
}

function bound(instance, hooks) {
  if (!hooks) return hooks;
  return isArray(hooks) ? hooks.map((hook) => hook.bind(instance)) : hooks.bind(instance);
}

export function setNotFoundHandler(instance, options, handler) {
  const prefix = instance[kPrefix] || "/";
  if (instance[kCanSetNotFound] === false) {
    throw new Error(`Not found handler already set for Fastify instance with prefix: '${prefix}'`);
  }
  if (typeof options === "function") {
    handler = options;
    options = undefined;
  }
  const given = { ...options };
  given.preHandler = bound(instance, given.preHandler);
  given.preValidation = bound(instance, given.preValidation);
  if (handler) {
    instance[kNotFoundLevel][kCanSetNotFound] = false;
    handler = handler.bind(instance);
  } else {
    handler = defaultHandler;
  }
  instance.after((error, done) => {
    place(instance, prefix, given, handler);
    done(error);
  });
}

function place(instance, prefix, options, handler) {
  const context = new Context(instance, options, handler, options.config ?? {});
  context.takesBody = true;
  context.isCustom = handler !== defaultHandler;
  instance[kBoot].preReady.push(() => {
    const used = instance[kNotFoundContext];
    used.server = instance;
    used.takeHooks(options);
    used.errorHandler = options.errorHandler
      ? errorHandlerWithin(instance[kErrorHandler], options.errorHandler)
      : instance[kErrorHandler];
    used.prepare();
  });
  if (instance[kNotFoundContext] !== null && prefix === "/") {
    assign(instance[kNotFoundContext], context);
    return;
  }
  instance[kNotFoundLevel][kNotFoundContext] = context;
  context.index = instance[kShared].addContext(context);
  instance[kShared].notFound.push({ prefix, context });
}

/** The context in which `reply.callNotFound()` of a route goes on. */
export function linkNotFound(context) {
  const inner = Object.create(context.server[kNotFoundContext]);
  inner.onSend = context.onSend;
  inner.onResponse = context.onResponse;
  inner.isQuick = false;
  inner.isPlain = context.onResponse === null;
  inner.notFound = null;
  context.notFound = inner;
}
