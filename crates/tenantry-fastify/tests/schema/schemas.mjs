// The schemas and values that are recorded.
const object = (properties, rest = {}) => ({ type: "object", properties, ...rest });

// Values of every kind, for the tables of conversion.
const scalars = [
  null, true, false, 0, 1, -1, 1.5, 42, 1e21, 1e-7, 123456789012, "", "0", "1", "-1", "1.5", "1.0", " 12 ", "0x1F", "1e3", "true", "false",
  "null", "abc", "Infinity", "1,5", "12px", " ", [], [1], ["1"], ["abc"], [null], [true], [[1]], [1, 2], {}, { a: 1 }, [{}], [""],
];
const types = ["string", "number", "integer", "boolean", "null", "array", "object"];

const conversion = [
  ...types.map((type) => ({ schema: object({ v: { type } }), values: scalars.map((v) => ({ v })) })),
  ...types.map((type) => ({ schema: { type }, values: scalars })),
  ...types.map((type) => ({ schema: object({ v: { type, nullable: true } }), values: scalars.map((v) => ({ v })) })),
  ...[["string", "null"], ["null", "string"], ["integer", "string"], ["string", "integer"], ["number", "boolean"], ["boolean", "number", "null"],
    ["array", "string"], ["object", "array"], ["object", "string"], ["array", "object", "null"], ["number", "integer"]]
    .map((type) => ({ schema: object({ v: { type } }), values: scalars.map((v) => ({ v })) })),
  { schema: object({ v: { type: "array", items: { type: "integer" } } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { type: "array", items: { type: "string" }, minItems: 1 } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { anyOf: [{ type: "integer" }, { type: "boolean" }] } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { oneOf: [{ type: "integer" }, { type: "string" }] } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { allOf: [{ type: "integer" }, { minimum: 1 }] } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { not: { type: "integer" } } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { enum: [1, "1", null, [1], { a: 1 }] } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { type: "integer", enum: [1, 42] } }), values: scalars.map((v) => ({ v })) },
  { schema: object({ v: { const: { a: 1 } }, w: { const: 1 } }), values: [...scalars.map((v) => ({ v })), ...scalars.map((w) => ({ w }))] },
];

const strings = ["", "a", "ab", "abc", "abcd", "é", "😀", "😀😀", "a\nb", 12, null];
const numbers = [0, 1, 2, 2.5, 3, 5, -5, 9.99, 10, 10.01, 100, 1e21, 1e300, 0.3, "7", true];
const arrays = [[], [1], [1, 2], [1, 1], [1, 2, 3], [1, 2, 2, 3, 3], ["a", "b", "a"], [1, "1"], [[1], [1]], [{ a: 1, b: 2 }, { b: 2, a: 1 }], [null, null], [3, 1, 2, 1, 3], ["x"], "x"];
const wrap = (schema, values) => ({ schema: object({ v: schema }), values: values.map((v) => ({ v })) });

const limits = [
  wrap({ type: "string", minLength: 2 }, strings), wrap({ type: "string", maxLength: 2 }, strings), wrap({ minLength: 2, maxLength: 3 }, strings),
  wrap({ type: "string", pattern: "^a" }, strings), wrap({ type: "string", pattern: "^.{2}$" }, strings), wrap({ type: "string", pattern: "[\\d]+", minLength: 3 }, strings),
  wrap({ type: "number", minimum: 2 }, numbers), wrap({ type: "number", maximum: 10 }, numbers), wrap({ type: "number", exclusiveMinimum: 2, exclusiveMaximum: 10 }, numbers),
  wrap({ type: "integer", minimum: 1, maximum: 100 }, numbers), wrap({ type: "number", multipleOf: 0.1 }, numbers), wrap({ type: "number", multipleOf: 2.5 }, numbers),
  wrap({ multipleOf: 5, minimum: -3 }, numbers), wrap({ type: "number", minimum: 1e21 }, numbers), wrap({ type: "number", maximum: 0.0000001 }, numbers),
  wrap({ type: "array", minItems: 2 }, arrays), wrap({ type: "array", maxItems: 2 }, arrays), wrap({ type: "array", uniqueItems: true }, arrays),
  wrap({ type: "array", uniqueItems: true, items: { type: "integer" } }, arrays), wrap({ type: "array", uniqueItems: true, items: { type: ["integer", "string"] } }, arrays),
  wrap({ type: "array", uniqueItems: true, items: { type: "object" } }, arrays), wrap({ uniqueItems: false, maxItems: 3 }, arrays),
  wrap({ type: "array", items: [{ type: "integer" }, { type: "string" }] }, arrays),
  wrap({ type: "array", items: [{ type: "integer" }, { type: "string" }], additionalItems: false, minItems: 2 }, arrays),
  wrap({ type: "array", items: [{ type: "integer" }], additionalItems: { type: "boolean" } }, arrays),
  wrap({ type: "array", items: [{}, { type: "string", default: "d" }] }, arrays),
  wrap({ type: "array", contains: { const: 1 } }, arrays), wrap({ type: "array", contains: { type: "string", minLength: 1 } }, arrays), wrap({ type: "array", contains: {} }, arrays),
  wrap({ type: "array", items: false }, arrays), wrap(false, [1, null]), wrap(true, [1, null]),
];

const objects = [{}, { a: 1 }, { a: "1", b: 2 }, { a: "x" }, { b: true, c: 3, d: [1] }, { abc: 1, x_1: "y" }, { a: null }, { a: { b: { c: "1" } } }, { a: 1, b: 2, c: 3, d: 4 }, { "a/b": "q", "a~c": "q" }, "text", [1], null, 3];
const inside = [
  object({ a: { type: "integer" } }), object({ a: { type: "integer" } }, { required: ["a"] }), object({ a: { type: "integer" }, b: {} }, { required: ["a", "b"] }),
  object({ a: { type: "integer" } }, { additionalProperties: false }), object({ a: { type: "integer" } }, { additionalProperties: false, required: ["b"] }),
  object({ a: {} }, { additionalProperties: { type: "integer" } }), object({ a: {} }, { additionalProperties: { type: "object" } }), object({ a: {} }, { additionalProperties: true }),
  object({}, { additionalProperties: false }), { type: "object", additionalProperties: false }, { additionalProperties: false },
  object({ b: {} }, { patternProperties: { "^a": { type: "string" } }, additionalProperties: false }), { type: "object", patternProperties: { "^x_": { type: "integer" }, "^a": { type: "integer" } } },
  { type: "object", patternProperties: { "^a/b|~": { type: "integer" } } }, object({ "a/b": { type: "integer" } }), object({ "a~c": { type: "integer" } }),
  { type: "object", minProperties: 2 }, { type: "object", maxProperties: 2 }, { minProperties: 1, maxProperties: 3, required: ["a"] },
  { type: "object", propertyNames: { pattern: "^[a-c]+$" } }, { type: "object", propertyNames: { maxLength: 2 } }, { type: "object", propertyNames: { enum: ["a", "b"] } }, { type: "object", propertyNames: false },
  { type: "object", dependencies: { a: ["b"], b: ["c", "d"] } }, { type: "object", dependencies: { a: { required: ["b"] } } }, { type: "object", dependencies: { b: { properties: { c: { type: "string" } } }, x: [] } },
  object({ a: { type: "integer", default: 5 }, b: { type: "string", default: "" }, c: { default: null }, d: { type: "array", default: [1] } }),
  object({ a: object({ b: object({ c: { type: "integer", default: 1 }, z: { default: 2 } }) }) }), object({ a: object({ z: { default: 1 } }, { default: {} }) }),
  object({ n: { type: "integer", default: "7" }, m: { type: "integer", default: "x" } }), object({ a: { type: "integer" } }, { required: ["a"], anyOf: [{ required: ["b"] }, { required: ["c"] }] }),
  { anyOf: [{ required: ["a"] }, { required: ["b"] }] }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] }, { oneOf: [{}, { required: ["b"] }, {}] }, { anyOf: [{}, { required: ["zz"] }] },
  { type: "object", allOf: [{ properties: { a: { type: "integer" } } }, { properties: { b: { type: "integer" } }, required: ["b"] }] },
  { not: { required: ["a"] } }, { not: {} }, { not: { anyOf: [{ required: ["a"] }, { type: "array" }] } },
  { if: { required: ["a"] }, then: { required: ["b"] }, else: { required: ["c"] } }, { if: { properties: { a: { const: 1 } } }, then: { required: ["b"] } }, { if: { required: ["a"] }, else: { required: ["c"] } },
  { type: "object", anyOf: [{ if: { required: ["a"] }, then: { required: ["zz"] } }, { required: ["yy"] }] },
  { anyOf: [{ type: "object", properties: { a: { type: "integer" } }, additionalProperties: false }, { type: "object", properties: { b: { type: "boolean" } }, required: ["b"] }] },
  { oneOf: [object({ a: { type: "string" } }, { required: ["a"] }), object({ a: { type: "object" } }, { required: ["a"] })] },
  { anyOf: [{ anyOf: [{ required: ["x"] }, { required: ["y"] }] }, { oneOf: [{ required: ["z"] }] }] }, { allOf: [{ anyOf: [{ required: ["x"] }] }] },
  { enum: [{ a: 1 }, "text"] }, { const: { a: 1, b: 2, c: 3, d: 4 } }, { type: "object", description: "d", title: "t", examples: [1], readOnly: true, $comment: "c", deprecated: true },
  { type: ["object", "null"], required: ["a"] }, { type: "object", nullable: true, required: ["a"] }, {}, true, false,
  { properties: { a: { type: "string" } }, anyOf: [{ properties: { a: { type: "integer" } } }] }, { type: "object", anyOf: [{ type: "object", required: ["q"] }], required: ["p"] },
].map((schema) => ({ schema, values: objects }));

const text = {
  date: ["2024-02-29", "2023-02-29", "2024-13-01", "2024-1-1", "24-01-01", "2024-01-01T00:00:00Z", "1900-02-29", "2000-02-29", ""],
  time: ["10:00:00Z", "10:00:00", "23:59:60Z", "22:59:60-01:00", "24:00:00Z", "10:00:00.123+05:30", "10:00:00+0530", "10:00:00+05", "10:00:00+5", "1:00:00Z", "10:00:00z", "10:60:00Z", "10:00:00.Z", "10:00:00+24:00"],
  "date-time": ["2024-01-01T10:00:00Z", "2024-01-01 10:00:00Z", "2024-01-01t10:00:00z", "2024-01-01T10:00:00", "2024-01-01", "2024-02-30T10:00:00Z", "2024-01-01T10:00:00.000+02:00", "x", "2024-01-01TT10:00:00Z"],
  "iso-time": ["10:00:00Z", "10:00:00", "25:00:00"], "iso-date-time": ["2024-01-01T10:00:00", "2024-01-01T10:00:00Z", "2024-01-01"],
  duration: ["P1Y", "P", "PT1H", "P1DT", "P1W", "P1Y1W", "PT", "P1Y2M3DT4H5M6S", "1Y"],
  email: ["a@b.co", "a.b+c@d-e.example.org", "a@b", "@b.co", "a@b..co", "a b@c.de", ".a@b.co", "A@B.CO", "invalid-email", "a@-b.co", "é@b.co"],
  hostname: ["example.com", "a", "-a.com", "a-.com", "a".repeat(64) + ".com", "a.b.c.", "exa_mple.com", ""],
  ipv4: ["1.2.3.4", "256.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "255.255.255.255"],
  ipv6: ["::1", "::", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8:9", "g::", "1::2::3", "fe80::1%eth0", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:7::", "12345::"],
  uri: ["http://example.com", "https://user:pw@example.com:8080/a/b?q=1#f", "urn:isbn:123", "mailto:a@b.c", "/a/b", "a", "http://", "http://[::1]/x", "http://ex ample.com", "http://example.com/%zz", "http://example.com/ü", "a:b", "tel:+1"],
  "uri-reference": ["/a/b", "a", "", "#f", "http://x.y", "a b", "//x/y", "?q", "%zz"], "uri-template": ["/a/{b}", "/a/{b", "{+x,y}", "{?a*}", "a b"],
  url: ["http://example.com", "https://example.com:8080/a?b", "ftp://x.yz", "http://localhost", "http://10.0.0.1", "http://8.8.8.8", "example.com", "http://exämple.com", "http://a.b"],
  uuid: ["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "123e4567e89b12d3a456426614174000", "urn:uuid:123e4567-e89b-12d3-a456-426614174000", "g23e4567-e89b-12d3-a456-426614174000", ""],
  "json-pointer": ["/a/b", "", "a", "/a~1b", "/a~2"], "json-pointer-uri-fragment": ["#/a", "#", "/a", "#/a%20b"], "relative-json-pointer": ["0", "1/a", "0#", "-1", "01"],
  byte: ["YWJj", "YQ==", "YWI=", "YQ=", "a b", "", "Y==="], regex: ["^a", "(", "[a-z]+", "a\\Z", "\\d"], password: ["x"], binary: ["x"],
};
const formats = [
  ...Object.entries(text).map(([format, values]) => wrap({ type: "string", format }, values)),
  ...["int32", "int64", "float", "double"].map((format) => wrap({ type: "number", format }, [0, 1.5, 2147483647, 2147483648, -2147483649, 1e300, "5", "x"])),
  wrap({ format: "email" }, [1, "a@b.co", "x", null]), wrap({ type: "integer", format: "int32" }, [1, 1e10, "3"]), wrap({ type: "string", format: "nonsense" }, ["x"]), wrap({ type: "string", format: "int32" }, ["x"]),
];

const address = { $id: "address", type: "object", properties: { street: { type: "string" }, zip: { type: "integer", default: 1 } }, required: ["street"] };
const user = { $id: "userSchema", type: "object", required: ["name"], properties: { name: { type: "string", minLength: 2 }, address: { $ref: "address#" }, tags: { $ref: "#/definitions/tags" } }, definitions: { tags: { type: "array", items: { type: "string", maxLength: 3 } } } };
const tree = { $id: "tree", type: "object", properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#" } } }, required: ["value"] };
const people = [{}, { name: "a" }, { name: "ab" }, { name: "ab", address: {} }, { name: "ab", address: { street: 5 } }, { name: "ab", address: { street: "s", zip: "x" } }, { name: "ab", tags: "long tag" }, { name: "ab", tags: ["a", "bcde"] }, 5];
const nodes = [{ value: 1 }, { value: "1", children: [{ value: "2" }, { value: 3, children: { value: "4" } }] }, { value: 1, children: [{}] }, { value: 1, children: [{ value: 1, children: [{ value: "x" }] }] }];
const references = [
  { schema: { $ref: "userSchema#" }, shared: [address, user], values: people }, { schema: { $ref: "userSchema" }, shared: [address, user], values: people },
  { schema: object({ u: { $ref: "userSchema#" }, a: { $ref: "address" } }), shared: [user, address], values: people.map((u) => ({ u, a: u.address })).map((v) => JSON.parse(JSON.stringify(v))) },
  { schema: object({ s: { $ref: "address#/properties/street" }, t: { $ref: "userSchema#/definitions/tags" } }), shared: [user, address], values: [{}, { s: 1 }, { s: {} }, { t: "abcd" }, { t: ["x"] }] },
  { schema: { type: "object", definitions: { id: { type: "integer", minimum: 1 } }, properties: { id: { $ref: "#/definitions/id" }, ids: { type: "array", items: { $ref: "#/definitions/id" } } } }, values: [{ id: "0" }, { id: "5" }, { ids: [1, "2", 0] }, { ids: "7" }, { id: "x" }] },
  { schema: { type: "object", $defs: { "a b/c": { type: "integer" } }, properties: { x: { $ref: "#/$defs/a%20b~1c" } } }, values: [{ x: "1" }, { x: "y" }] },
  { schema: { $ref: "tree#" }, shared: [tree], values: nodes }, { schema: object(tree.properties, { required: ["value"] }), values: nodes },
  { schema: object({ a: { $ref: "tree" } }, { required: ["a"] }), shared: [tree], values: nodes.map((a) => ({ a })) },
  { schema: { type: "object", properties: { x: { $id: "#local", type: "integer" }, y: { $ref: "#local" } } }, values: [{ y: "x" }, { y: "1" }] },
  { schema: { $id: "http://example.com/a", type: "object", properties: { b: { $ref: "b" }, c: { $ref: "http://example.com/c#/definitions/d" } } }, shared: [{ $id: "http://example.com/b", type: "integer" }, { $id: "http://example.com/c", definitions: { d: { type: "boolean" } } }], values: [{ b: "x" }, { c: "x" }, { b: "1", c: "true" }] },
  { schema: { $ref: "nobody#" }, values: [1] }, { schema: object({ a: { $ref: "#/definitions/nothing" } }), values: [{}] }, { schema: { $id: "mine", type: "object", properties: { a: { $ref: "x#/y" } } }, values: [{}] },
  { schema: { type: "object", properties: { a: { $ref: "address#", required: ["zip"] } } }, shared: [address], values: [{ a: {} }, { a: { street: "x" } }] },
  { schema: { anyOf: [{ $ref: "address#" }, { $ref: "tree#" }] }, shared: [address, tree], values: [{}, { street: "x" }, { value: "1" }, { value: "x" }] },
  { schema: { if: { required: ["street"] }, then: { $ref: "userSchema#" }, else: { $ref: "tree#" } }, shared: [address, tree, user], values: [{}, { street: "x" }, { value: "1" }, { street: "x", name: "ab" }] },
  { schema: object({ a: { allOf: [{ $ref: "address#" }, { properties: { more: { type: "boolean" } } }] } }), shared: [address], values: [{ a: {} }, { a: { street: 1, more: "true" } }, { a: { street: 1, more: "no" } }] },
  { schema: { not: { $ref: "tree#" } }, shared: [tree], values: nodes }, { schema: { type: "array", contains: { $ref: "tree#" } }, shared: [tree], values: [[{}], [{ value: 1 }], []] },
];

const wrong = [
  object({ a: { type: "strin" } }), object({ a: { type: ["string", "strin"] } }), { type: "object", properties: [] }, { type: "object", required: "a" }, { type: "object", required: [] }, { type: "object", unknownKeyword: 1 },
  object({ a: { type: "string", example: "x" } }), { type: "object", properties: { a: 5 } }, { minimum: "1" }, { minLength: -1 }, { pattern: 5 }, { enum: [] }, { type: "object", default: {} }, { nullable: true },
  { type: "null", nullable: false }, { anyOf: [] }, { anyOf: [{ type: "object", properties: { a: { default: 1 } } }] }, { if: {} }, { then: {} }, { type: "array", items: {}, additionalItems: false }, { id: "x" },
  object({ abc: {} }, { patternProperties: { "^a": {} } }), object({ abc: {} }, { patternProperties: { "^a": { type: "string" } } }), { $schema: "http://json-schema.org/draft-04/schema#", type: "object" }, { $schema: "http://json-schema.org/draft-07/schema#", type: "object" },
  { minContains: 1, contains: {} }, { dependentRequired: { a: ["b"] } }, { $anchor: "a" }, { multipleOf: 0 }, { exclusiveMinimum: true }, { allOf: {} }, { not: 5 }, { uniqueItems: "yes" }, { $id: 5 }, { $ref: 5 }, { type: "object", properties: { a: { $id: "x", type: "string" }, b: { $id: "x", type: "number" } } },
].map((schema) => ({ schema, values: [{}] }));

// Schemas put together at random, from a seed.
let seed = 20261121;
const random = (n) => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 8) % n;
const pick = (list) => list[random(list.length)];
function generated(depth) {
  const kind = random(depth > 0 ? 12 : 6);
  switch (kind) {
    case 0: return { type: "integer", minimum: random(5) };
    case 1: return { type: "string", maxLength: 1 + random(4) };
    case 2: return { type: "boolean" };
    case 3: return { type: pick([["string", "null"], ["integer", "boolean"], ["array", "string"]]) };
    case 4: return { enum: [random(3), pick(["a", "b"]), null] };
    case 5: return { type: "number", nullable: true };
    case 6: return { type: "array", items: generated(depth - 1), maxItems: 1 + random(3) };
    case 7: return { anyOf: [generated(depth - 1), generated(depth - 1)] };
    case 8: return { oneOf: [generated(depth - 1), generated(depth - 1)] };
    case 9: return { allOf: [generated(depth - 1), generated(0)] };
    default: return object({ a: generated(depth - 1), b: generated(depth - 1) }, { ...pick([{}, { required: ["a"] }, { additionalProperties: false }, { additionalProperties: generated(0) }]) });
  }
}
function example(depth) {
  const kind = random(depth > 0 ? 11 : 8);
  switch (kind) {
    case 0: return random(7);
    case 1: return pick(["a", "abc", "abcdef", ""]);
    case 2: return pick(["1", "2.5", "true", "null"]);
    case 3: return pick([true, false, null]);
    case 4: return random(100) / 8;
    case 5: return [];
    case 6: return {};
    case 7: return String(random(9));
    case 8: return [example(depth - 1), example(depth - 1)];
    default: return { a: example(depth - 1), [pick(["b", "c"])]: example(depth - 1) };
  }
}
const chance = Array.from({ length: 150 }, () => ({ schema: generated(3), values: Array.from({ length: 6 }, () => example(3)) }));

export const schemas = [...conversion, ...limits, ...inside, ...formats, ...references, ...wrong, ...chance];
