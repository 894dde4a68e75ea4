// JSON Schema is checked, and responses are serialized, by the host: schemas and values travel as JSON.

import { defineProperty, hasOwn, isArray, parseJson, toJson } from "./intrinsics.js";

/** The number of the host's compiler that knows these schemas by `$id`, made when it is needed. */
function scopeOf(schemas) {
  let scope;
  return () => (scope ??= host.call("schema.scope", toJson(Object.values(schemas))));
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
    const id = host.call("schema.validator", scope(), toJson(schema), part);
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
  return ({ schema }) => {
    const id = host.call("schema.serializer", scope(), toJson(schema));
    return (value) => host.call("schema.serialize", id, toJson(value) ?? "null");
  };
}
