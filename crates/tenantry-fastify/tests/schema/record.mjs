// Records what Ajv (as @fastify/ajv-compiler sets it up) makes of schemas and values, for the tests of this folder:
//
//   npm i fastify@5 ajv@8 ajv-formats@3 fast-json-stringify@7 && node record.mjs > validation.json
//
// Each line of the answer is one schema: { schema, shared, error } or { schema, shared, cases: [[value, result]] },
// where a result is { value } for what fits (after conversion, defaults and removal) or { errors }.
import { createRequire } from "node:module";
import { schemas } from "./schemas.mjs";
const require = createRequire(process.cwd() + "/");
const Compiler = require("@fastify/ajv-compiler");

console.warn = console.error = () => {};
const quiet = { log() {}, warn() {}, error() {} };
for (const { schema, shared = [], values } of schemas) {
  const line = { schema, shared };
  try {
    const externals = Object.fromEntries(shared.map((other) => [other.$id, structuredClone(other)]));
    const build = Compiler()(externals, { customOptions: { logger: quiet } });
    const validate = build({ schema: structuredClone(schema), method: "POST", url: "/", httpPart: "body" });
    line.cases = values.map((value) => {
      const request = { body: structuredClone(value) };
      const ok = validate(request.body, { parentData: request, parentDataProperty: "body" });
      return [value, ok ? { value: request.body } : { errors: validate.errors }];
    });
  } catch (error) {
    line.error = error.message;
  }
  console.log(JSON.stringify(line));
}
