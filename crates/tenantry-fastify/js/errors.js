// The framework's own errors: codes, messages and statuses are Fastify's, since tenants' code matches on them.

import {
  create, define, getOwnPropertyDescriptor, hasOwn, indexOf, ownKeys, preventExtensions, setPrototypeOf, slice,
} from "./intrinsics.js";

/** `%s` replaced by one argument each. */
function format(message, values) {
  let at = 0;
  return message.replace(/%s/g, () => String(values[at++]));
}

const prototypes = new Map();

/** What the classes of errors over one of the language's have in common. */
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

/**
 * Code, status, class and message of each, in a text that is read when one is wanted: the classes of all of them would be
 * a fifteenth of an isolate. The last three are not Fastify's: what it has and a tenant's code cannot have, and bounds.
 */
const kinds = `
FST_ERR_NOT_FOUND 404 Error Not Found
FST_ERR_OPTIONS_NOT_OBJ 500 TypeError Options must be an object
FST_ERR_VALIDATION 400 Error %s
FST_ERR_ERROR_HANDLER_NOT_FN 500 TypeError Error Handler must be a function
FST_ERR_ERROR_HANDLER_ALREADY_SET 500 TypeError Error Handler already set in this scope. Set 'allowErrorHandlerOverride: true' to allow overriding.
FST_ERR_SCHEMA_ERROR_FORMATTER_NOT_FN 500 TypeError schemaErrorFormatter option should be a non async function. Instead got '%s'.
FST_ERR_CTP_ALREADY_PRESENT 500 Error Content type parser '%s' already present.
FST_ERR_CTP_INVALID_TYPE 500 TypeError The content type should be a string or a RegExp
FST_ERR_CTP_EMPTY_TYPE 500 TypeError The content type cannot be an empty string
FST_ERR_CTP_INVALID_HANDLER 500 TypeError The content type handler should be a function
FST_ERR_CTP_INVALID_PARSE_TYPE 500 TypeError The body parser can only parse your data as 'string' or 'buffer', you asked '%s' which is not supported.
FST_ERR_CTP_BODY_TOO_LARGE 413 RangeError Request body is too large
FST_ERR_CTP_INVALID_MEDIA_TYPE 415 Error Unsupported Media Type
FST_ERR_CTP_INVALID_CONTENT_LENGTH 400 RangeError Request body size did not match Content-Length
FST_ERR_CTP_EMPTY_JSON_BODY 400 Error Body cannot be empty when content-type is set to 'application/json'
FST_ERR_CTP_INVALID_JSON_BODY 400 Error Body is not valid JSON but content-type is set to 'application/json'
FST_ERR_CTP_INSTANCE_ALREADY_STARTED 400 Error Cannot call "%s" when fastify instance is already started!
FST_ERR_DEC_ALREADY_PRESENT 500 Error The decorator '%s' has already been added!
FST_ERR_DEC_DEPENDENCY_INVALID_TYPE 500 TypeError The dependencies of decorator '%s' must be of type Array.
FST_ERR_DEC_MISSING_DEPENDENCY 500 Error The decorator is missing dependency '%s'.
FST_ERR_DEC_AFTER_START 500 Error The decorator '%s' has been added after start!
FST_ERR_DEC_REFERENCE_TYPE 500 Error The decorator '%s' of type '%s' is a reference type. Use the { getter, setter } interface instead.
FST_ERR_DEC_UNDECLARED 500 Error No decorator '%s' has been declared on %s.
FST_ERR_HOOK_INVALID_TYPE 500 TypeError The hook name must be a string
FST_ERR_HOOK_INVALID_HANDLER 500 TypeError %s hook should be a function, instead got %s
FST_ERR_HOOK_INVALID_ASYNC_HANDLER 500 TypeError Async function has too many arguments. Async hooks should not use the 'done' argument.
FST_ERR_HOOK_NOT_SUPPORTED 500 TypeError %s hook not supported!
FST_ERR_MISSING_MIDDLEWARE 500 Error You must register a plugin for handling middlewares, visit fastify.dev/docs/latest/Reference/Middleware/ for more info.
FST_ERR_REP_INVALID_PAYLOAD_TYPE 500 TypeError Attempted to send payload of invalid type '%s'. Expected a string or Buffer.
FST_ERR_REP_RESPONSE_BODY_CONSUMED 500 Error Response.body is already consumed.
FST_ERR_REP_READABLE_STREAM_LOCKED 500 Error ReadableStream was locked. You should call releaseLock() method on reader before sending.
FST_ERR_REP_ALREADY_SENT 500 Error Reply was already sent, did you forget to "return reply" in "%s" (%s)?
FST_ERR_SEND_INSIDE_ONERR 500 Error You cannot use \`send\` inside the \`onError\` hook
FST_ERR_SEND_UNDEFINED_ERR 500 Error Undefined error has occurred
FST_ERR_BAD_STATUS_CODE 500 Error Called reply with an invalid status code: %s
FST_ERR_FAILED_ERROR_SERIALIZATION 500 Error Failed to serialize an error. Error: %s. Original error: %s
FST_ERR_MISSING_SERIALIZATION_FN 500 Error Missing serialization function. Key "%s"
FST_ERR_MISSING_CONTENTTYPE_SERIALIZATION_FN 500 Error Missing serialization function. Key "%s:%s"
FST_ERR_REQ_INVALID_VALIDATION_INVOCATION 500 Error Invalid validation invocation. Missing validation function for HTTP part "%s" nor schema provided.
FST_ERR_SCH_MISSING_ID 500 Error Missing schema $id property
FST_ERR_SCH_ALREADY_PRESENT 500 Error Schema with id '%s' already declared!
FST_ERR_SCH_CONTENT_MISSING_SCHEMA 500 Error Schema is missing for the content type '%s'
FST_ERR_SCH_DUPLICATE 500 Error Schema with '%s' already present!
FST_ERR_SCH_VALIDATION_BUILD 500 Error Failed building the validation schema for %s: %s, due to error %s
FST_ERR_SCH_SERIALIZATION_BUILD 500 Error Failed building the serialization schema for %s: %s, due to error %s
FST_ERR_SCH_RESPONSE_SCHEMA_NOT_NESTED_2XX 500 Error response schemas should be nested under a valid status code, e.g { 2xx: { type: "object" } }
FST_ERR_DUPLICATED_ROUTE 500 Error Method '%s' already declared for route '%s'
FST_ERR_BAD_URL 400 URIError '%s' is not a valid url component
FST_ERR_MAX_PARAM_LENGTH 414 URIError '%s' is exceeding the max param length
FST_ERR_INVALID_URL 400 TypeError URL must be a string. Received '%s'
FST_ERR_ROUTE_OPTIONS_NOT_OBJ 500 TypeError Options for "%s:%s" route must be an object
FST_ERR_ROUTE_DUPLICATED_HANDLER 500 Error Duplicate handler for "%s:%s" route is not allowed!
FST_ERR_ROUTE_HANDLER_NOT_FN 500 TypeError Error Handler for %s:%s route, if defined, must be a function
FST_ERR_ROUTE_MISSING_HANDLER 500 Error Missing handler function for "%s:%s" route.
FST_ERR_ROUTE_METHOD_INVALID 500 TypeError Provided method is invalid!
FST_ERR_ROUTE_METHOD_NOT_SUPPORTED 500 Error %s method is not supported.
FST_ERR_ROUTE_LOG_LEVEL_INVALID 500 TypeError Log level for '%s:%s' route must be a valid logger level. Received: '%s'
FST_ERR_ROUTE_BODY_VALIDATION_SCHEMA_NOT_SUPPORTED 500 Error Body validation schema for %s:%s route is not supported!
FST_ERR_ROUTE_BODY_LIMIT_OPTION_NOT_INT 500 TypeError 'bodyLimit' option must be an integer > 0. Got '%s'
FST_ERR_HANDLER_TIMEOUT 503 Error Request timed out after %s ms on route '%s'
FST_ERR_ROUTE_HANDLER_TIMEOUT_OPTION_NOT_INT 500 TypeError 'handlerTimeout' option must be an integer > 0. Got '%s'
FST_ERR_REOPENED_CLOSE_SERVER 500 Error Fastify has already been closed and cannot be reopened
FST_ERR_INSTANCE_ALREADY_LISTENING 500 Error Fastify instance is already listening. %s
FST_ERR_PLUGIN_VERSION_MISMATCH 500 Error fastify-plugin: %s - expected '%s' fastify version, '%s' is installed
FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE 500 Error The decorator '%s'%s is not present in %s
FST_ERR_PLUGIN_INVALID_ASYNC_HANDLER 500 TypeError The %s plugin being registered mixes async and callback styles. Async plugin should not mix async and callback style.
FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED 500 Error The dependency '%s' of plugin '%s' is not registered
AVV_ERR_PLUGIN_NOT_VALID 500 Error Plugin must be a function or a promise. Received: '%s'
AVV_ERR_ROOT_PLG_BOOTED 500 Error Root plugin has already booted
AVV_ERR_PARENT_PLG_LOADED 500 Error Impossible to load "%s" plugin because the parent "%s" was already loaded
FST_ERR_PLUGIN_CALLBACK_NOT_FN 500 TypeError fastify-plugin: %s
FST_ERR_PLUGIN_NOT_VALID 500 Error fastify-plugin: %s
FST_ERR_ROOT_PLG_BOOTED 500 Error fastify-plugin: %s
FST_ERR_PARENT_PLUGIN_BOOTED 500 Error fastify-plugin: %s
TENANTRY_NOT_SUPPORTED 500 Error %s is not supported in a tenant's code: %s
TENANTRY_RESPONSE_TOO_LARGE 500 RangeError The response is larger than the %s bytes it may have
TENANTRY_NATIVE_TOO_LARGE 500 RangeError The value is larger than the %s characters of JSON that native preSerialization hooks may be given
`;

const bases = { Error, TypeError, RangeError, URIError };
const made = {};

/** Makes the class with a code, if there is none yet and it is one of them. */
function make(code) {
  if (typeof code !== "string" || hasOwn(made, code)) return;
  const begin = indexOf(kinds, `\n${code} `) + 1;
  if (begin === 0) return;
  const status = begin + code.length + 1;
  const base = indexOf(kinds, " ", status) + 1;
  const message = indexOf(kinds, " ", base) + 1;
  made[code] = createError(
    code, slice(kinds, message, indexOf(kinds, "\n", message)), +slice(kinds, status, base - 1), bases[slice(kinds, base, message - 1)],
  );
}

function makeAll() {
  for (let at = 1; at < kinds.length; at = indexOf(kinds, "\n", at) + 1) make(slice(kinds, at, indexOf(kinds, " ", at)));
}

/** By code, as `fastify.errorCodes`. */
export const errorCodes = new Proxy(made, {
  get(_made, code) {
    make(code);
    return made[code];
  },
  has(_made, code) {
    make(code);
    return code in made;
  },
  getOwnPropertyDescriptor(_made, code) {
    make(code);
    return getOwnPropertyDescriptor(made, code);
  },
  ownKeys() {
    makeAll();
    return ownKeys(made);
  },
  defineProperty(_made, code, descriptor) {
    make(code);
    return define(made, code, descriptor);
  },
  preventExtensions() {
    makeAll();
    return preventExtensions(made);
  },
});

/** What Fastify has and a tenant's code cannot have, by name, and what to do instead. */
export function unsupported(what, instead) {
  return new errorCodes.TENANTRY_NOT_SUPPORTED(what, instead);
}
