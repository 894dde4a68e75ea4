// Packages that tenants' code imports by their npm names.

import { fastify } from "./instance.js";
import { errorCodes, createError } from "./errors.js";
import { fastifyPlugin } from "./plugins.js";
import { httpErrors, HttpError } from "./http-errors.js";

host.module("fastify-plugin", { default: fastifyPlugin, fastifyPlugin });

/** What it adds is there already; registering it is no mistake. */
const sensible = fastifyPlugin(async (instance, options) => {
  if (options?.sharedSchemaId) {
    instance.addSchema({
      $id: options.sharedSchemaId,
      type: "object",
      properties: { statusCode: { type: "number" }, code: { type: "string" }, error: { type: "string" }, message: { type: "string" } },
    });
  }
}, { name: "@fastify/sensible", fastify: "5.x" });
host.module("@fastify/sensible", { default: sensible, fastifySensible: sensible, httpErrors, HttpError });
host.module("@fastify/error", { default: createError, createError });
host.module("fastify", { default: fastify, fastify, errorCodes });
