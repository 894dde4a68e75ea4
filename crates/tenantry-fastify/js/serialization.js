// Serializers of a route's responses, by status (`200`, `2xx`, `default`) and media type.

import { isInteger } from "./intrinsics.js";
import { errorCodes } from "./errors.js";
import { mediaTypeOf } from "./media-type.js";
import { kSchemas } from "./symbols.js";

const status = /^[1-5](?:\d{2}|xx)$|^default$/;

/** Compiles a route's; undefined where it has none. */
export function compileSerializers(context) {
  const { response } = context.schema;
  if (!response) return undefined;
  const compile = context.serializerCompiler ?? context.server[kSchemas].serializer;
  const { method, url } = context.config;
  const found = {};
  for (const key of Object.keys(response)) {
    const schema = response[key];
    const httpStatus = key.toLowerCase();
    if (!status.test(httpStatus)) throw new errorCodes.FST_ERR_SCH_RESPONSE_SCHEMA_NOT_NESTED_2XX();
    if (schema.content) {
      found[httpStatus] = {};
      for (const contentType of Object.keys(schema.content)) {
        found[httpStatus][contentType] = compile({
          schema: schema.content[contentType].schema, method, url, httpStatus, contentType,
        });
      }
    } else {
      found[httpStatus] = compile({ schema, method, url, httpStatus });
    }
  }
  return found;
}

/** The serializer for a response; false if the schema says nothing about it. */
export function serializerOf(context, code, contentType) {
  const { responses } = context;
  if (responses === undefined) return false;
  const found = responses[code] ?? (isInteger(code) ? responses[`${Math.floor(code / 100)}xx`] : undefined) ?? responses.default;
  if (found === undefined) return false;
  if (typeof found === "function") return found;
  const type = mediaTypeOf(contentType);
  return found[type.mediaType] ?? found["*/*"] ?? false;
}

export function compileSerializer(context, schema, method, url, httpStatus, contentType) {
  context.serializers ??= new WeakMap();
  let serializer = context.serializers.get(schema);
  if (serializer === undefined) {
    const compile = context.serializerCompiler ?? context.server[kSchemas].serializer;
    serializer = compile({ schema, method, url, httpStatus, contentType });
    context.serializers.set(schema, serializer);
  }
  return serializer;
}
