// Validation and serialization by schemas.

const post = (payload, url = "/") => ({ method: "POST", url, payload });

export const cases = {
  "schemas added after scopes further in": {
    async build(app) {
      let inner;
      await app.register(async (child) => {
        inner = child;
        child.get("/in", async () => ({ outer: child.getSchema("outer") ?? null, all: Object.keys(child.getSchemas()) }));
        await child.register(async (grandchild) => {
          grandchild.addSchema({ $id: "innermost", type: "string" });
          grandchild.get("/innermost", async () => Object.keys(grandchild.getSchemas()).sort());
        });
      });
      app.addSchema({ $id: "outer", type: "object", properties: { a: { type: "integer" } } });
      const refused = [];
      for (const $id of ["outer", "innermost"]) {
        try {
          app.addSchema({ $id, type: "object" });
        } catch (error) {
          refused.push(`${error.code}: ${error.message}`);
        }
      }
      app.post("/", { schema: { body: { $ref: "outer#" } } }, async (request) => request.body);
      app.get("/", async () => ({ refused, all: Object.keys(app.getSchemas()), inner: Object.keys(inner.getSchemas()) }));
    },
    requests: ["/", "/in", "/innermost", post({ a: "7" }), post({ a: "x" })],
  },
  "the spec's users": {
    build(app) {
      app.post("/users", {
        schema: {
          description: "Create a new user",
          tags: ["users"],
          body: {
            type: "object",
            required: ["email", "password", "name"],
            properties: {
              email: { type: "string", format: "email" },
              password: { type: "string", minLength: 8, pattern: "^(?=.*[a-z])(?=.*[A-Z])(?=.*\\d)(?=.*[@$!%*?&])[A-Za-z\\d@$!%*?&]" },
              name: { type: "string", minLength: 2, maxLength: 100 },
            },
            additionalProperties: false,
          },
          response: {
            201: { type: "object", properties: { success: { type: "boolean" }, data: { type: "object", properties: { email: { type: "string" }, name: { type: "string" } } } } },
          },
        },
      }, async (request, reply) => reply.status(201).send({ success: true, data: { ...request.body, secret: 1 }, other: 2 }));
      app.get("/users", {
        schema: {
          querystring: {
            type: "object",
            properties: {
              page: { type: "integer", minimum: 1, default: 1 }, limit: { type: "integer", minimum: 1, maximum: 100, default: 10 },
              sort: { type: "string", enum: ["name", "email"], default: "name" }, search: { type: "string", minLength: 2 },
            },
          },
        },
      }, async (request) => request.query);
      app.get("/users/:id", { schema: { params: { type: "object", required: ["id"], properties: { id: { type: "string", format: "uuid" } } } } }, async (request) => request.params);
    },
    requests: [
      post({ email: "a@example.com", password: "Password123!", name: "Ann", admin: true }, "/users"), post({ email: "invalid", password: "Password123!", name: "Ann" }, "/users"),
      post({ email: "a@example.com", password: "short", name: "Ann" }, "/users"), post({ email: "a@example.com", password: "password1234", name: "Ann" }, "/users"), post({}, "/users"),
      "/users", "/users?page=2&limit=50&sort=email&search=ab", "/users?page=0", "/users?limit=x", "/users?sort=nope", "/users?search=a",
      "/users/123e4567-e89b-12d3-a456-426614174000", "/users/7",
    ],
  },
  "parts and coercion": {
    build(app) {
      app.post("/:n", {
        schema: {
          params: { type: "object", properties: { n: { type: "number" } } },
          query: { type: "object", properties: { list: { type: "array", items: { type: "integer" } }, flag: { type: "boolean" } } },
          headers: { type: "object", properties: { "X-Count": { type: "integer" } }, required: ["X-Count"] },
          body: { type: "object", properties: { a: { type: "string" }, b: { type: "integer", nullable: true } } },
        },
      }, async (request) => ({ params: request.params, query: request.query, count: request.headers["x-count"], body: request.body }));
      app.post("/attach", { attachValidation: true, schema: { body: { type: "object", required: ["a"] } } }, async (request) => ({
        failed: request.validationError?.message ?? null, context: request.validationError?.validationContext ?? null,
      }));
      app.post("/content", { schema: { body: { content: { "application/json": { schema: { type: "object", required: ["json"] } }, "text/plain": { schema: { type: "string", maxLength: 3 } } } } } }, async (request) => request.body);
    },
    requests: [
      { method: "POST", url: "/7?list=1&flag=true", payload: { a: 1, b: null, c: 3 }, headers: { "x-count": "5" } },
      { method: "POST", url: "/x", payload: {}, headers: { "x-count": "5" } },
      { method: "POST", url: "/7?list=x", payload: {}, headers: { "x-count": "5" } },
      { method: "POST", url: "/7", payload: {}, headers: {} },
      { method: "POST", url: "/7", payload: { b: "x" }, headers: { "x-count": "5" } },
      { method: "POST", url: "/7", payload: "[]", headers: { "x-count": "5", "content-type": "application/json" } },
      post({ a: 1 }, "/attach"), post({}, "/attach"),
      post({ json: 1 }, "/content"), post({}, "/content"), { method: "POST", url: "/content", payload: "abcd", headers: { "content-type": "text/plain" } },
    ],
  },
  "shared schemas": {
    build(app) {
      app.addSchema({ $id: "user", type: "object", required: ["name"], properties: { name: { type: "string" } } });
      app.post("/", { schema: { body: { $ref: "user#" } } }, async (request) => request.body);
      app.register(async (inner) => {
        inner.addSchema({ $id: "https://example.com/pet.json", type: "object", properties: { owner: { $ref: "user#" } }, required: ["owner"] });
        inner.post("/pet", { schema: { body: { $ref: "https://example.com/pet.json#" }, response: { 200: { type: "array", items: { $ref: "user#" } } } } }, async (request) => [{ ...request.body.owner, hidden: 1 }]);
      });
    },
    requests: [post({ name: "Ann" }), post({}), post({ owner: { name: "Ann" } }, "/pet"), post({ owner: {} }, "/pet")],
  },
  "responses": {
    build(app) {
      const object = { type: "object", properties: { a: { type: "string" }, n: { type: "integer" }, at: { type: "string", format: "date-time" } } };
      app.get("/200", { schema: { response: { 200: object } } }, async () => ({ a: 1, n: "7", b: 2, at: new Date(0) }));
      app.get("/2xx", { schema: { response: { "2xx": object } } }, async (request, reply) => reply.code(202).send({ a: "x", b: 2 }));
      app.get("/default", { schema: { response: { default: object } } }, async (request, reply) => reply.code(404).send({ a: "x", b: 2 }));
      app.get("/other", { schema: { response: { 201: object } } }, async () => ({ a: "x", b: 2 }));
      app.get("/error", { schema: { response: { 500: { type: "object", properties: { message: { type: "string" }, statusCode: { type: "number" } } } } } }, async () => {
        throw new Error("with schema");
      });
      app.get("/required", { schema: { response: { 200: { type: "object", required: ["a"], properties: { a: { type: "string" } } } } } }, async () => ({ b: 1 }));
      app.get("/content", { schema: { response: { 200: { content: { "application/json": { schema: object }, "application/v1+json": { schema: { type: "object", properties: { b: { type: "number" } } } } } } } } }, async (request, reply) => {
        if (request.query.v1) reply.type("application/v1+json");
        return { a: "x", b: 2 };
      });
      app.get("/text", { schema: { response: { 200: { type: "string" } } } }, async () => "plain");
      app.get("/serialize", { schema: { response: { 200: object } } }, async (request, reply) => reply.type("text/plain").send(reply.serialize({ a: "x", b: 2 })));
      app.get("/input", async (request, reply) => reply.serializeInput({ a: "x", b: 2 }, object));
      app.get("/validate", async (request) => [request.validateInput({ a: 1 }, { type: "object", required: ["a"] }), request.validateInput({}, { type: "object", required: ["a"] })]);
    },
    requests: ["/200", "/2xx", "/default", "/other", "/error", "/required", "/content", "/content?v1=1", "/text", "/serialize", "/input", "/validate"],
  },
  "own compilers": {
    build(app) {
      app.setValidatorCompiler(({ schema, httpPart }) => (value) => (value.ok ? { value: { ...value, checked: httpPart } } : { error: new Error(`not ok: ${schema.title}`) }));
      app.setSerializerCompiler(({ httpStatus }) => (value) => JSON.stringify({ by: httpStatus, value }));
      app.post("/", { schema: { body: { title: "T" }, response: { 200: {} } } }, async (request) => request.body);
      app.register(async (inner) => {
        inner.setSchemaErrorFormatter((errors, part) => Object.assign(new Error(`${part}: ${errors.length} wrong`), { extra: 1 }));
        inner.post("/formatted", { validatorCompiler: () => {
          const validate = () => false;
          validate.errors = [{ message: "one" }, { message: "two" }];
          return validate;
        }, schema: { body: {} } }, async () => "x");
        inner.setReplySerializer((payload, status) => `<${status} ${JSON.stringify(payload)}>`);
        inner.get("/reply-serializer", async () => ({ a: 1 }));
      });
    },
    requests: [post({ ok: true }), post({ ok: false }), post({}, "/formatted"), "/reply-serializer"],
  },
  "a broken schema": {
    build(app) {
      app.post("/", { schema: { body: { type: "object", properties: { a: { $ref: "nope#" } } } } }, async () => "x");
    },
    requests: [],
  },
  "a broken response schema": {
    build(app) {
      app.get("/", { schema: { response: { abc: { type: "object" } } } }, async () => "x");
    },
    requests: [],
  },
};
