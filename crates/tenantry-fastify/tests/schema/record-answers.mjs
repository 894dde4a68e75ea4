// Records what fast-json-stringify makes of schemas and values: node record-answers.mjs > serialization.json
//
// Each line: { schema, shared, error } or { schema, shared, cases: [[value, result]] } with { text } or { thrown }.
// TZ must be UTC. With `dates` the values are put in as Date objects, and recorded as the texts JSON makes of them.
import { createRequire } from "node:module";
import { schemas } from "./answers.mjs";
const build = createRequire(process.cwd() + "/")("fast-json-stringify");

process.env.TZ = "UTC";
const revive = (value) => (value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, new Date(v)])) : value);
for (const { schema, shared = [], values, dates } of schemas) {
  const line = { schema, shared };
  try {
    const externals = Object.fromEntries(shared.map((other) => [other.$id, structuredClone(other)]));
    const stringify = build(structuredClone(schema), { schema: externals });
    line.cases = values.map((value) => {
      try { return [value, { text: stringify(dates ? revive(value) : structuredClone(value)) }]; } catch (error) { return [value, { thrown: error.message }]; }
    });
  } catch (error) {
    line.error = error.message;
  }
  console.log(JSON.stringify(line));
}
