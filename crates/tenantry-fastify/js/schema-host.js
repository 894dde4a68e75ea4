// JSON Schema is checked, and responses are serialized, by the host: schemas and values travel as JSON.

import { parseJson, toJson } from "./intrinsics.js";

/** A compiler of validators that knows these schemas by `$id`. */
export function hostValidators(schemas) {
  let compiler;
  return ({ schema, httpPart }) => {
    compiler ??= host.call("schema.compiler", toJson(Object.values(schemas)));
    const id = host.call("schema.validator", compiler, toJson(schema), httpPart ?? "");
    return function validate(value) {
      const result = host.call("schema.check", id, toJson(value) ?? "null", httpPart ?? "");
      if (result.errors !== undefined) {
        validate.errors = parseJson(result.errors);
        return false;
      }
      validate.errors = null;
      return result.value === undefined ? true : { value: parseJson(result.value) };
    };
  };
}

/** A compiler of serializers: what they write has what the schema lists, and nothing else. */
export function hostSerializers(schemas) {
  let compiler;
  return ({ schema }) => {
    compiler ??= host.call("schema.compiler", toJson(Object.values(schemas)));
    const id = host.call("schema.serializer", compiler, toJson(schema));
    return (value) => host.call("schema.serialize", id, toJson(value) ?? "null");
  };
}
