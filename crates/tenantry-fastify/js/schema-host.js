// JSON Schema is checked, and responses are serialized, by the host: schemas and values travel as JSON.

import { assign, defineProperty, hasOwn, isArray, keys, parseJson, toJson } from "./intrinsics.js";
import { lineOf } from "./thrown.js";

/** Which schema is wrong and where in it, by the error that says what is: code that catches the error finds it as Ajv makes it. */
const faults = new WeakMap();

/** `shared`, the `$id` of one that was added; else `of`, what of the route it is for; a `pointer` where one is known. */
export function faultOf(error) {
  return faults.get(error);
}

/** An error that tells of another, with what is known of that. */
export function because(error, cause) {
  const fault = faults.get(cause);
  if (fault !== undefined) faults.set(error, fault);
  return assign(error, { cause });
}

function faulty({ message, shared, pointer }, of) {
  const error = new Error(message);
  faults.set(error, { shared, pointer, of });
  return error;
}

/** The number of what the host has compiled, unless it says what is wrong. */
function numbered(answer, of) {
  if (typeof answer === "number") return answer;
  throw faulty(answer, of);
}

function sharedJson(schemas, id) {
  try {
    return toJson(schemas[id]) ?? "null";
  } catch (error) {
    throw faulty({ message: lineOf(error), shared: id });
  }
}

/** The number of the host's compiler that knows these schemas by `$id`, made when it is needed. */
function scopeOf(schemas) {
  let scope;
  return () => {
    if (scope !== undefined) return scope;
    const ids = keys(schemas);
    const answer = host.call("schema.scope", `[${ids.map((id) => sharedJson(schemas, id)).join(",")}]`);
    if (typeof answer !== "number") throw faulty({ message: answer.message, shared: ids[answer.at] });
    scope = answer;
    return scope;
  };
}

/** Puts what has changed into the value itself, as Ajv does; what cannot be changed is replaced. */
function take(value, changed) {
  if (value === null || typeof value !== "object" || isArray(value) !== isArray(changed)) return { value: changed };
  for (const key of Object.keys(value)) if (!hasOwn(changed, key)) delete value[key];
  if (isArray(changed)) value.length = changed.length;
  for (const key of Object.keys(changed)) {
    defineProperty(value, key, { value: changed[key], writable: true, enumerable: true, configurable: true });
  }
  return true;
}

/** A compiler of validators. */
export function hostValidators(schemas) {
  const scope = scopeOf(schemas);
  return ({ schema, httpPart }) => {
    const part = httpPart ?? "body";
    const id = numbered(host.call("schema.validator", scope(), toJson(schema), part), part);
    return function validate(value) {
      const result = host.call("schema.check", id, toJson(value) ?? "null", part);
      if (result === undefined || typeof result === "string") {
        validate.errors = null;
        return result === undefined || take(value, parseJson(result));
      }
      validate.errors = result.errors;
      return result.errors.length > 0 ? false : { error: new Error(result.message) };
    };
  };
}

/** A compiler of serializers: what they write has what the schema lists, and nothing else. */
export function hostSerializers(schemas) {
  const scope = scopeOf(schemas);
  return ({ schema, httpStatus }) => {
    const id = numbered(host.call("schema.serializer", scope(), toJson(schema)), `response ${httpStatus}`);
    return (value) => host.call("schema.serialize", id, toJson(value) ?? "null");
  };
}
