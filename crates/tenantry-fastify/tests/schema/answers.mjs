// The schemas of answers and the values that are recorded.
const object = (properties, rest = {}) => ({ type: "object", properties, ...rest });
const wrap = (schema, values) => ({ schema: object({ v: schema }), values: values.map((v) => ({ v })) });
const any = [null, true, false, 0, 1, -1.5, 2.9, 1e21, "", "1", "abc", "12.7", 'q"\\\n\u0001é😀', [], [1, "2"], ["a"], {}, { a: 1 }, { a: { b: 1 } }];
const types = ["string", "number", "integer", "boolean", "null", "array", "object"];
const iso = "2024-03-05T06:07:08.009Z";
const people = [
  { id: 1, email: "a@b.c", name: "n", password: "secret" }, { name: "n" }, {}, { id: null, name: null }, { id: "7", email: 5, name: true, x: [1] }, null, { name: { first: "f" } }, { id: 1.7, name: [1, 2] },
];
const person = object({ id: { type: "integer" }, email: { type: "string" }, name: { type: "string" } });
const list = [{ success: true, data: people.slice(0, 3), meta: { page: "1", total: 3, secret: 1 } }, { success: 1, data: null, meta: null }, { success: 0, data: [] }, { data: {} }, {}];
const address = { $id: "address", type: "object", properties: { street: { type: "string" }, zip: { type: "integer", default: 1 } }, required: ["street"] };
const user = { $id: "userSchema", ...person, properties: { ...person.properties, address: { $ref: "address#" }, tags: { $ref: "#/definitions/tags" } }, definitions: { tags: { type: "array", items: { type: "string" } } } };
const tree = { $id: "tree", type: "object", properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#" } } } };
const trees = [{ value: "1", x: 1, children: [{ value: 2, y: 1, children: [{ value: 3 }] }] }, { children: null }, {}];
const users = [{ id: 1, name: "n", password: "p", address: { street: "s", x: 1 }, tags: ["a", 1, null] }, { address: null }, { address: {} }, { tags: "x" }, {}];
const shape = [{ type: "circle", radius: "2", x: 1 }, { type: "square", side: 3 }, { type: "none" }, { radius: 1 }, {}];

export const schemas = [
  ...types.map((type) => wrap({ type }, any)), ...types.map((type) => wrap({ type, nullable: true }, any)), ...types.map((type) => ({ schema: { type }, values: any })),
  ...[["string", "null"], ["integer", "null"], ["null", "object"], ["string", "integer"], ["number", "boolean"], ["array", "null"], ["object", "array"], ["boolean", "string"]].map((type) => wrap({ type }, any)),
  wrap({}, any), wrap(true, any), wrap({ description: "x" }, any), wrap({ const: 5 }, any), wrap({ const: "x", type: ["string", "null"] }, any), wrap({ const: { a: 1 }, nullable: true }, any), wrap({ enum: ["a"] }, any), wrap({ type: "string", enum: ["a"] }, any),
  ...["date-time", "date", "time", "email", "uuid"].map((format) => wrap({ type: "string", format }, [null, "x", "2024-03-05", "2024-03-05T06:07:08Z", "06:07:08", 5, true])),
  ...["date-time", "date", "time", undefined].map((format) => ({ ...wrap({ type: "string", format }, [iso, "0001-01-01T00:00:00.000Z"]), dates: true })),
  wrap({ type: "string", format: "date-time", nullable: true }, [null, "x"]), wrap({ type: ["string", "null"], format: "date" }, [null, "2024-01-01"]),
  { schema: person, values: people }, { schema: { ...person, required: ["name"] }, values: people }, { schema: { ...person, required: ["zz"] }, values: people }, { schema: { ...person, required: ["name", "id"] }, values: people },
  { schema: { ...person, additionalProperties: true }, values: people }, { schema: { ...person, additionalProperties: false }, values: people }, { schema: { ...person, additionalProperties: { type: "string" } }, values: people },
  { schema: { ...person, required: ["email"], additionalProperties: true }, values: people }, { schema: object({}), values: people }, { schema: { type: "object" }, values: people }, { schema: { type: "object", additionalProperties: true }, values: people },
  { schema: { type: "object", patternProperties: { "^e": { type: "string" }, d$: { type: "integer" } } }, values: people.slice(0, 4) }, { schema: object({ id: {} }, { patternProperties: { "^e": { type: "boolean" } }, additionalProperties: { type: "array" } }), values: people.slice(1, 4) },
  { schema: object({ a: { type: "integer", default: 5 }, b: { default: { x: 1 } }, c: { type: "string", default: "" }, d: { type: "null", default: null } }), values: [{}, { a: 1 }, { b: 2, c: "x", d: 1 }, null] }, { schema: object({ a: { type: "integer", default: 5 } }, { required: ["a"] }), values: [{}, { a: 2 }] },
  { schema: object({ success: { type: "boolean" }, data: { type: "array", items: person }, meta: object({ page: { type: "integer" }, total: { type: "integer" } }) }), values: list }, { schema: { type: "array", items: person }, values: [people, [], null, {}, "x", [[]]] },
  { schema: { properties: { a: { type: "string" } } }, values: [{ a: 1, b: 2 }, {}] }, { schema: { items: { type: "string" } }, values: [[1, null], []] }, { schema: { maxLength: 3 }, values: [1, "abcd"] }, { schema: { minimum: 3 }, values: ["1", 4] }, { schema: { required: ["a"] }, values: [{ a: 1 }, {}] },
  { schema: { type: "array", items: [{ type: "string" }, { type: "integer" }] }, values: [["a", 1], ["a"], ["a", "b"], [1, 1], ["a", 1, 2], []] }, { schema: { type: "array", items: [{ type: "string" }, { type: "number", nullable: true }], additionalItems: true }, values: [["a", null, { x: 1 }], [null, 1.5], ["a", 1]] },
  { schema: { type: "array" }, values: [[1, "a", {}], []] }, { schema: { type: "array", items: {} }, values: [[1, "a", { a: 1 }]] }, { schema: { type: "array", items: { type: "array", items: { type: "integer" } } }, values: [[["1", 2.5], []], [null], [1]] },
  { schema: { $ref: "userSchema#" }, shared: [address, user], values: users }, { schema: object({ u: { $ref: "userSchema#" } }), shared: [address, user], values: users.map((u) => ({ u })) }, { schema: { type: "array", items: { $ref: "address#" } }, shared: [address], values: [[{ street: 1 }, { street: "s", zip: "5" }], [{}]] },
  { schema: object({ s: { $ref: "address#/properties/street" }, z: { $ref: "address#/properties/zip" } }), shared: [address], values: [{}, { s: 1, z: "2" }] }, { schema: { $ref: "tree#" }, shared: [tree], values: trees }, { schema: object({ t: { $ref: "tree#" } }), shared: [tree], values: trees.map((t) => ({ t })) },
  { schema: object({ value: { type: "integer" }, next: { $ref: "#" } }), values: [{ value: 1, next: { value: "2", x: 1, next: null } }, {}] }, { schema: { type: "object", definitions: { n: { type: "integer" } }, properties: { a: { $ref: "#/definitions/n" }, b: { type: "array", items: { $ref: "#/definitions/n" } } } }, values: [{ a: "1", b: ["2", 3.5] }] },
  { schema: object({ a: { $ref: "address#", nullable: true } }), shared: [address], values: [{ a: null }, { a: { street: "s" } }] }, { schema: object({ a: { $ref: "nobody#" } }), values: [{}] }, { schema: object({ a: { $ref: "#/definitions/no" } }), values: [{}] },
  { schema: { allOf: [{ $ref: "address#" }, object({ more: { type: "boolean" } })] }, shared: [address], values: [{ street: 1, more: "x", other: 1 }, {}, { street: "s" }] }, { schema: { type: "object", properties: { z: { type: "string" } }, allOf: [object({ a: { type: "integer" } }), object({ b: { type: "string" } }, { required: ["b"] })] }, values: [{ a: "1", b: 2, c: 3, z: 4 }, { a: 1 }] },
  { schema: { allOf: [object({ a: { type: "string" } }), { additionalProperties: true }] }, values: [{ a: 1, b: 2 }] }, { schema: { allOf: [{ allOf: [object({ a: { type: "string" } })] }, object({ b: {} })] }, values: [{ a: 1, b: 2, c: 3 }] },
  { schema: object({ v: { anyOf: [{ type: "string" }, { type: "integer" }] } }), values: [{ v: "a" }, { v: 1 }, { v: true }, { v: null }, {}] }, { schema: object({ v: { oneOf: [{ type: "null" }, person] } }), values: [{ v: null }, { v: people[0] }, { v: 1 }] },
  { schema: object({ v: { anyOf: [object({ type: { const: "circle" }, radius: { type: "number" } }, { required: ["type", "radius"] }), object({ type: { const: "square" }, side: { type: "integer" } }, { required: ["type", "side"] })] } }), values: [...shape.map((v) => ({ v })), { v: { type: "circle", radius: 2, x: 1 } }] },
  { schema: { anyOf: [{ $ref: "address#" }, { type: "array", items: { $ref: "address#" } }] }, shared: [address], values: [{ street: "s", x: 1 }, [{ street: "s", x: 1 }], {}] }, { schema: { type: "object", properties: { base: { type: "string" } }, anyOf: [object({ a: { type: "integer" } }, { required: ["a"] }), object({ b: { type: "integer" } })] }, values: [{ base: 1, a: 2, b: 3 }, { base: "x", b: 3 }] },
  { schema: { type: "object", properties: { kind: { type: "string" } }, if: { properties: { kind: { const: "a" } } }, then: { properties: { a: { type: "integer" } } }, else: { properties: { b: { type: "integer" } } } }, values: [{ kind: "a", a: "1", b: "2" }, { kind: "b", a: 1, b: "2" }, {}] },
  { schema: { type: "object", properties: { kind: { type: "string" } }, if: { properties: { kind: { const: "a" } } }, then: { properties: { a: { type: "integer" } } } }, values: [{ kind: "a", a: 1 }, { kind: "b", a: 1 }] },
  { schema: object({ v: { anyOf: [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "integer" }] } }, { type: "null" }] } }), values: [{ v: ["a", 1] }, { v: null }, { v: [true] }] }, { schema: object({ "a-b": { type: "string" }, "quo\"te": { type: "string" }, 2: {}, 1: {} }), values: [{ "a-b": 1, 'quo"te': 2, 1: 1, 2: 2 }] },
  { schema: { type: "nonsense" }, values: [1] }, { schema: object({ a: { type: "strin" } }), values: [{}] }, { schema: { type: "object", properties: [] }, values: [{}] },
];
