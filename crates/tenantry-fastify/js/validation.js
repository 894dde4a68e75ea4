// Validation of a request by its route's schemas: params, body, query, headers, in this order.

import { isThenable } from "./intrinsics.js";
import { kSchemas } from "./symbols.js";

/** Compiles the validators of a route; undefined where it has none. */
export function compileValidators(context) {
  const { schema, server } = context;
  const schemas = server[kSchemas];
  const custom = context.validatorCompiler ?? schemas.customValidator;
  const compile = custom ?? schemas.validator;
  const { method, url } = context.config;
  const part = (given, httpPart, contentType) => compile({ schema: given, method, url, httpPart, contentType });
  const found = {};
  let any = false;
  for (const name of ["params", "body", "querystring", "headers"]) {
    const given = schema[name];
    if (given === undefined) continue;
    any = true;
    if (name === "body" && given?.content) {
      found.body = {};
      for (const type of Object.keys(given.content)) found.body[type] = part(given.content[type].schema, "body", type);
    } else {
      found[name] = part(given, name);
    }
  }
  return any ? found : undefined;
}

/** Checks one part; false, or what is wrong with it. */
function checkPart(validator, request, name) {
  if (validator === undefined || validator === null) return false;
  const value = request[name];
  let result;
  try {
    result = validator(value === undefined ? null : value);
  } catch (error) {
    error.statusCode = 500;
    return error;
  }
  if (isThenable(result)) return result.then((late) => (late === false ? validator.errors : false), (error) => error);
  if (result === false) return validator.errors;
  if (result && result.error) return result.error;
  if (result && typeof result === "object" && "value" in result) request[name] = result.value;
  return false;
}

const order = [["params", "params"], ["body", "body"], ["querystring", "query"], ["headers", "headers"]];

/** The error to answer with; false if all is well. A promise where a validator is asynchronous. */
export function validate(context, request, from = 0) {
  for (let at = from; at < order.length; at += 1) {
    const [part, name] = order[at];
    let validator = context.validators[part];
    if (part === "body" && validator !== undefined && typeof validator !== "function") validator = validator[request.mediaType];
    const failed = checkPart(validator, request, name);
    if (isThenable(failed)) {
      return failed.then((late) => (late ? asError(late, part, context) : validate(context, request, at + 1)));
    }
    if (failed) return asError(failed, part, context);
  }
  return false;
}

/** `body/name must be string, body/age must be integer`. */
export function defaultSchemaFormatter(errors, part) {
  const texts = errors.map((error) => `${part}${error.instancePath || ""} ${error.message}`);
  return new Error(texts.join(", "));
}

function asError(failed, part, context) {
  if (failed instanceof Error) {
    failed.statusCode ||= 400;
    failed.code ||= "FST_ERR_VALIDATION";
    failed.validationContext ||= part;
    return failed;
  }
  const error = context.schemaErrorFormatter(failed, part);
  error.statusCode ||= 400;
  error.code ||= "FST_ERR_VALIDATION";
  error.validation = failed;
  error.validationContext = part;
  return error;
}

/** What `request.getValidationFunction` answers: by part, or by a schema compiled before. */
export function validatorOf(context, parts, partOrSchema) {
  if (typeof partOrSchema === "string") return context.validators?.[parts[partOrSchema]];
  if (partOrSchema !== null && typeof partOrSchema === "object") return context.compiled?.get(partOrSchema);
  return undefined;
}

export function compileValidator(context, schema, method, url, httpPart) {
  context.compiled ??= new WeakMap();
  let validator = context.compiled.get(schema);
  if (validator === undefined) {
    const compile = context.validatorCompiler ?? context.server[kSchemas].validator;
    validator = compile({ schema, method, url, httpPart });
    context.compiled.set(schema, validator);
  }
  return validator;
}
