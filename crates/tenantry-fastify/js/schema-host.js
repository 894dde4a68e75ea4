// JSON Schema is checked, and responses are serialized, by the host: schemas and values travel as JSON.

import { parseJson, toJson } from "./intrinsics.js";

/** The number of the host's compiler that knows these schemas by `$id`, made when it is needed. */
function scopeOf(schemas) {
  let scope;
  return () => (scope ??= host.call("schema.scope", toJson(Object.values(schemas))));
}

/** A compiler of validators. */
export function hostValidators(schemas) {
  const scope = scopeOf(schemas);
  return ({ schema, httpPart }) => {
    const part = httpPart ?? "body";
    const id = host.call("schema.validator", scope(), toJson(schema), part);
    return function validate(value) {
      const result = host.call("schema.check", id, toJson(value) ?? "null", part);
      if (typeof result === "string") return { value: parseJson(result) };
      if (result === undefined) {
        validate.errors = null;
        return true;
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
