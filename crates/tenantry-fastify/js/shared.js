// What all scopes of one application share: routes by number, the methods it answers, whether it has started.

import { errorCodes } from "./errors.js";

/** Contexts of all applications of the isolate, by the number the host knows them by. */
export const contexts = [];

export class Shared {
  constructor(options) {
    this.options = options;
    this.started = false;
    this.closing = false;
    this.notFound = [];
    this.plugins = [];
    /** Which part of a tenant is being loaded, and who is told of one whose route cannot be completed. */
    this.part = undefined;
    this.brokenRoute = undefined;
    this.bodyless = new Set(["GET", "HEAD", "TRACE"]);
    this.bodywith = new Set(["DELETE", "OPTIONS", "PATCH", "PUT", "POST", "QUERY"]);
    this.exposeHeadRoutes = options.exposeHeadRoutes ?? true;
    /** Whether what requests bring is checked; whoever serves the application may say no. */
    this.validatesInputs = options.validateInputs ?? true;
    this.routerOptions = options.routerOptions ?? {};
    /** The host's router of this application. */
    this.router = host.call("router.new", JSON.stringify({ ...pick(options), ...pick(this.routerOptions) }));
  }

  addContext(context) {
    contexts.push(context);
    return contexts.length - 1;
  }

  /** The last one that was added. */
  dropContext(index) {
    if (index === contexts.length - 1) contexts.pop();
  }

  /** A route that is not to be answered after all. */
  forget(index) {
    host.call("router.forget", this.router, index);
  }

  /** Adds the route; the names of its parameters. */
  addRoute(index, methods, url) {
    const added = host.call("router.add", this.router, index, methods.join(","), url);
    if (typeof added === "string") {
      const error = new Error(added.slice(added.indexOf(" ") + 1));
      if (added.startsWith("DUPLICATE ")) error.code = "DUPLICATE";
      throw error;
    }
    return added;
  }

  hasRoute(method, url) {
    return host.call("router.has", this.router, method, url);
  }

  find(method, url) {
    return host.call("router.find", this.router, method, url);
  }

  print(options) {
    return host.call("router.print", this.router, JSON.stringify(options ?? {}));
  }

  mustNotHaveStarted(what) {
    if (this.started) throw new errorCodes.FST_ERR_INSTANCE_ALREADY_LISTENING(what);
  }
}

function pick(options) {
  const { caseSensitive, ignoreTrailingSlash, ignoreDuplicateSlashes, maxParamLength } = options;
  return { caseSensitive, ignoreTrailingSlash, ignoreDuplicateSlashes, maxParamLength };
}
