// The framework's own errors: codes, messages and statuses are Fastify's, since tenants' code matches on them.

import { create, hasOwn, setPrototypeOf } from "./intrinsics.js";

/** `%s` replaced by one argument each. */
function format(message, values) {
  let at = 0;
  return message.replace(/%s/g, () => String(values[at++]));
}

const prototypes = new Map();

/** What the classes of errors over one of the language's have in common: there are eighty of them in every isolate. */
function prototypeOver(Base) {
  let prototype = prototypes.get(Base);
  if (prototype === undefined) {
    prototype = create(Base.prototype, {
      name: { value: "FastifyError", writable: true, configurable: true },
      toString: {
        value() {
          return `${this.name} [${this.code}]: ${this.message}`;
        },
        writable: true,
        configurable: true,
      },
    });
    prototypes.set(Base, prototype);
  }
  return prototype;
}

/** A class of errors with a code; callable with and without `new`, as `@fastify/error` makes them. */
export function createError(code, message, statusCode = 500, Base = Error) {
  function FastifyError(...values) {
    const error = Reflect.construct(Base, [format(message, values)], new.target ?? FastifyError);
    error.code = code;
    error.statusCode = statusCode;
    return error;
  }
  setPrototypeOf(FastifyError.prototype, prototypeOver(Base));
  setPrototypeOf(FastifyError, Base);
  return FastifyError;
}

const kinds = {
  FST_ERR_NOT_FOUND: ["Not Found", 404],
  FST_ERR_OPTIONS_NOT_OBJ: ["Options must be an object", 500, TypeError],
  FST_ERR_VALIDATION: ["%s", 400],
  FST_ERR_ERROR_HANDLER_NOT_FN: ["Error Handler must be a function", 500, TypeError],
  FST_ERR_ERROR_HANDLER_ALREADY_SET: [
    "Error Handler already set in this scope. Set 'allowErrorHandlerOverride: true' to allow overriding.", 500, TypeError],
  FST_ERR_SCHEMA_ERROR_FORMATTER_NOT_FN: [
    "schemaErrorFormatter option should be a non async function. Instead got '%s'.", 500, TypeError],

  FST_ERR_CTP_ALREADY_PRESENT: ["Content type parser '%s' already present."],
  FST_ERR_CTP_INVALID_TYPE: ["The content type should be a string or a RegExp", 500, TypeError],
  FST_ERR_CTP_EMPTY_TYPE: ["The content type cannot be an empty string", 500, TypeError],
  FST_ERR_CTP_INVALID_HANDLER: ["The content type handler should be a function", 500, TypeError],
  FST_ERR_CTP_INVALID_PARSE_TYPE: [
    "The body parser can only parse your data as 'string' or 'buffer', you asked '%s' which is not supported.", 500, TypeError],
  FST_ERR_CTP_BODY_TOO_LARGE: ["Request body is too large", 413, RangeError],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["Unsupported Media Type", 415],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["Request body size did not match Content-Length", 400, RangeError],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["Body cannot be empty when content-type is set to 'application/json'", 400],
  FST_ERR_CTP_INVALID_JSON_BODY: ["Body is not valid JSON but content-type is set to 'application/json'", 400],
  FST_ERR_CTP_INSTANCE_ALREADY_STARTED: ['Cannot call "%s" when fastify instance is already started!', 400],

  FST_ERR_DEC_ALREADY_PRESENT: ["The decorator '%s' has already been added!"],
  FST_ERR_DEC_DEPENDENCY_INVALID_TYPE: ["The dependencies of decorator '%s' must be of type Array.", 500, TypeError],
  FST_ERR_DEC_MISSING_DEPENDENCY: ["The decorator is missing dependency '%s'."],
  FST_ERR_DEC_AFTER_START: ["The decorator '%s' has been added after start!"],
  FST_ERR_DEC_REFERENCE_TYPE: [
    "The decorator '%s' of type '%s' is a reference type. Use the { getter, setter } interface instead."],
  FST_ERR_DEC_UNDECLARED: ["No decorator '%s' has been declared on %s."],

  FST_ERR_HOOK_INVALID_TYPE: ["The hook name must be a string", 500, TypeError],
  FST_ERR_HOOK_INVALID_HANDLER: ["%s hook should be a function, instead got %s", 500, TypeError],
  FST_ERR_HOOK_INVALID_ASYNC_HANDLER: [
    "Async function has too many arguments. Async hooks should not use the 'done' argument.", 500, TypeError],
  FST_ERR_HOOK_NOT_SUPPORTED: ["%s hook not supported!", 500, TypeError],
  FST_ERR_MISSING_MIDDLEWARE: [
    "You must register a plugin for handling middlewares, visit fastify.dev/docs/latest/Reference/Middleware/ for more info.", 500],

  FST_ERR_REP_INVALID_PAYLOAD_TYPE: [
    "Attempted to send payload of invalid type '%s'. Expected a string or Buffer.", 500, TypeError],
  FST_ERR_REP_RESPONSE_BODY_CONSUMED: ["Response.body is already consumed."],
  FST_ERR_REP_READABLE_STREAM_LOCKED: [
    "ReadableStream was locked. You should call releaseLock() method on reader before sending."],
  FST_ERR_REP_ALREADY_SENT: ['Reply was already sent, did you forget to "return reply" in "%s" (%s)?'],
  FST_ERR_SEND_INSIDE_ONERR: ["You cannot use `send` inside the `onError` hook"],
  FST_ERR_SEND_UNDEFINED_ERR: ["Undefined error has occurred"],
  FST_ERR_BAD_STATUS_CODE: ["Called reply with an invalid status code: %s"],
  FST_ERR_FAILED_ERROR_SERIALIZATION: ["Failed to serialize an error. Error: %s. Original error: %s"],
  FST_ERR_MISSING_SERIALIZATION_FN: ['Missing serialization function. Key "%s"'],
  FST_ERR_MISSING_CONTENTTYPE_SERIALIZATION_FN: ['Missing serialization function. Key "%s:%s"'],
  FST_ERR_REQ_INVALID_VALIDATION_INVOCATION: [
    'Invalid validation invocation. Missing validation function for HTTP part "%s" nor schema provided.'],

  FST_ERR_SCH_MISSING_ID: ["Missing schema $id property"],
  FST_ERR_SCH_ALREADY_PRESENT: ["Schema with id '%s' already declared!"],
  FST_ERR_SCH_CONTENT_MISSING_SCHEMA: ["Schema is missing for the content type '%s'"],
  FST_ERR_SCH_DUPLICATE: ["Schema with '%s' already present!"],
  FST_ERR_SCH_VALIDATION_BUILD: ["Failed building the validation schema for %s: %s, due to error %s"],
  FST_ERR_SCH_SERIALIZATION_BUILD: ["Failed building the serialization schema for %s: %s, due to error %s"],
  FST_ERR_SCH_RESPONSE_SCHEMA_NOT_NESTED_2XX: [
    'response schemas should be nested under a valid status code, e.g { 2xx: { type: "object" } }'],

  FST_ERR_DUPLICATED_ROUTE: ["Method '%s' already declared for route '%s'"],
  FST_ERR_BAD_URL: ["'%s' is not a valid url component", 400, URIError],
  FST_ERR_MAX_PARAM_LENGTH: ["'%s' is exceeding the max param length", 414, URIError],
  FST_ERR_INVALID_URL: ["URL must be a string. Received '%s'", 400, TypeError],
  FST_ERR_ROUTE_OPTIONS_NOT_OBJ: ['Options for "%s:%s" route must be an object', 500, TypeError],
  FST_ERR_ROUTE_DUPLICATED_HANDLER: ['Duplicate handler for "%s:%s" route is not allowed!', 500],
  FST_ERR_ROUTE_HANDLER_NOT_FN: ["Error Handler for %s:%s route, if defined, must be a function", 500, TypeError],
  FST_ERR_ROUTE_MISSING_HANDLER: ['Missing handler function for "%s:%s" route.', 500],
  FST_ERR_ROUTE_METHOD_INVALID: ["Provided method is invalid!", 500, TypeError],
  FST_ERR_ROUTE_METHOD_NOT_SUPPORTED: ["%s method is not supported.", 500],
  FST_ERR_ROUTE_LOG_LEVEL_INVALID: [
    "Log level for '%s:%s' route must be a valid logger level. Received: '%s'", 500, TypeError],
  FST_ERR_ROUTE_BODY_VALIDATION_SCHEMA_NOT_SUPPORTED: ["Body validation schema for %s:%s route is not supported!", 500],
  FST_ERR_ROUTE_BODY_LIMIT_OPTION_NOT_INT: ["'bodyLimit' option must be an integer > 0. Got '%s'", 500, TypeError],
  FST_ERR_HANDLER_TIMEOUT: ["Request timed out after %s ms on route '%s'", 503],
  FST_ERR_ROUTE_HANDLER_TIMEOUT_OPTION_NOT_INT: ["'handlerTimeout' option must be an integer > 0. Got '%s'", 500, TypeError],

  FST_ERR_REOPENED_CLOSE_SERVER: ["Fastify has already been closed and cannot be reopened"],
  FST_ERR_INSTANCE_ALREADY_LISTENING: ["Fastify instance is already listening. %s"],

  FST_ERR_PLUGIN_VERSION_MISMATCH: ["fastify-plugin: %s - expected '%s' fastify version, '%s' is installed"],
  FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE: ["The decorator '%s'%s is not present in %s"],
  FST_ERR_PLUGIN_INVALID_ASYNC_HANDLER: [
    "The %s plugin being registered mixes async and callback styles. Async plugin should not mix async and callback style.", 500,
    TypeError],
  FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED: ["The dependency '%s' of plugin '%s' is not registered"],
  AVV_ERR_PLUGIN_NOT_VALID: ["Plugin must be a function or a promise. Received: '%s'"],
  AVV_ERR_ROOT_PLG_BOOTED: ["Root plugin has already booted"],
  AVV_ERR_PARENT_PLG_LOADED: ['Impossible to load "%s" plugin because the parent "%s" was already loaded'],
  FST_ERR_PLUGIN_CALLBACK_NOT_FN: ["fastify-plugin: %s", 500, TypeError],
  FST_ERR_PLUGIN_NOT_VALID: ["fastify-plugin: %s"],
  FST_ERR_ROOT_PLG_BOOTED: ["fastify-plugin: %s"],
  FST_ERR_PARENT_PLUGIN_BOOTED: ["fastify-plugin: %s"],

  // Not Fastify's: what it has and a tenant's code cannot have.
  TENANTRY_NOT_SUPPORTED: ["%s is not supported in a tenant's code: %s", 500],
  TENANTRY_RESPONSE_TOO_LARGE: ["The response is larger than the %s bytes it may have", 500, RangeError],
};

/** By code, as `fastify.errorCodes`. */
export const errorCodes = {};
for (const code in kinds) {
  if (!hasOwn(kinds, code)) continue;
  const [message, statusCode, Base] = kinds[code];
  errorCodes[code] = createError(code, message, statusCode, Base);
}

/** What Fastify has and a tenant's code cannot have, by name, and what to do instead. */
export function unsupported(what, instead) {
  return new errorCodes.TENANTRY_NOT_SUPPORTED(what, instead);
}
