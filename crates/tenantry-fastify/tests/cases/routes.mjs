// Routes and what handlers answer with.

export const cases = {
  "handlers return or send": {
    build(app) {
      app.get("/object", async () => ({ hello: "world" }));
      app.get("/sync", () => ({ sync: true }));
      app.get("/send", (request, reply) => {
        reply.send({ sent: true });
      });
      app.get("/return-send", async (request, reply) => reply.code(201).send({ sent: true }));
      app.get("/text", async () => "text");
      app.get("/number", async () => 42);
      app.get("/bool", async () => false);
      app.get("/null", async () => null);
      app.get("/nothing", async () => {});
      app.get("/bytes", async () => new Uint8Array([104, 105]));
      app.get("/array", async () => [1, "two", null]);
      app.get("/typed", async (request, reply) => reply.type("application/vnd.api+json").send({ a: 1 }));
      app.get("/html", async (request, reply) => reply.type("text/html").send("<p>"));
      app.get("/json-text", async (request, reply) => reply.type("application/json").send('{"a":1}'));
      app.get("/date", async () => ({ at: new Date(0), map: new Map([[1, 2]]), skip: undefined }));
      app.get("/204", (request, reply) => reply.status(204).send());
      app.get("/304", (request, reply) => reply.code(304).send());
      app.get("/204-body", (request, reply) => reply.code(204).send({ a: 1 }));
      app.get("/unicode", async () => ({ ü: "日本 🎉" }));
    },
    requests: [
      "/object", "/sync", "/send", "/return-send", "/text", "/number", "/bool", "/null", "/nothing", "/bytes", "/array", "/typed",
      "/html", "/json-text", "/date", "/204", "/304", "/204-body", "/unicode",
    ],
  },
  "all methods": {
    build(app) {
      for (const method of ["get", "post", "put", "patch", "delete", "options"]) {
        app[method](`/${method}`, async (request) => ({ method: request.method, body: request.body ?? null }));
      }
      app.head("/head", async (request, reply) => reply.header("x-head", "1").send());
      app.all("/all", async (request) => request.method);
      app.route({ method: ["GET", "POST"], url: "/both", handler: async (request) => `${request.method} ${JSON.stringify(request.body)}` });
      app.route({ method: "get", path: "/path", handler: async () => "path" });
    },
    requests: [
      { url: "/get" },
      { method: "POST", url: "/post", payload: { a: 1 } },
      { method: "PUT", url: "/put", payload: { a: 1 } },
      { method: "PATCH", url: "/patch", payload: { a: 1 } },
      { method: "DELETE", url: "/delete" },
      { method: "DELETE", url: "/delete", payload: { a: 1 } },
      { method: "OPTIONS", url: "/options" },
      { method: "HEAD", url: "/head" },
      { method: "HEAD", url: "/get" },
      { method: "GET", url: "/all" },
      { method: "DELETE", url: "/all" },
      { method: "TRACE", url: "/all" },
      { method: "GET", url: "/both" },
      { method: "POST", url: "/both", payload: { b: 2 } },
      { method: "HEAD", url: "/both" },
      { url: "/path" },
      { method: "POST", url: "/get", payload: {} },
      { method: "GET", url: "/none" },
    ],
  },
  "parameters": {
    build(app) {
      const answer = async (request) => ({ params: request.params, url: request.routeOptions.url });
      for (const url of [
        "/static", "/:one", "/a/:b/c/:d", "/file/*", "/range/:from-:to", "/at/:hour(^\\d+)h:minute(^\\d+)m", "/id/:id(^\\d+$)", "/id/:id",
        "/opt/:maybe?", "/img/:name.png", "/esc/::colon", "/static/deep", "/many/:a/:b/:c/:d/:e/:f",
      ]) app.get(url, answer);
    },
    requests: [
      "/static", "/else", "/a/1/c/2", "/a/1/x/2", "/file/", "/file/a/b.txt", "/range/10-20", "/range/10", "/at/12h30m", "/id/12", "/id/ab",
      "/opt", "/opt/", "/opt/x", "/img/cat.png", "/img/cat.jpg", "/esc/:colon", "/static/deep", "/many/1/2/3/4/5/6", "/%61", "/a%2Fb", "/a/%20/c/%C3%A9",
      "/a%zz", "/static/", "/Static", "/a/b//c", "/" + "x".repeat(100), "/" + "x".repeat(101), "/id/" + "9".repeat(101), "/file/" + "y".repeat(200),
    ],
  },
  "query": {
    build(app) {
      app.get("/q", async (request) => ({ query: request.query, url: request.url }));
    },
    requests: [
      "/q", "/q?a=1", "/q?a=1&a=2&a=3", "/q?a", "/q?a=&b", "/q?x=%20+%C3%A9", "/q?x=%zz", "/q?a=b=c", "/q?&&a=1&", "/q?a%5B0%5D=1",
      "/q?__proto__=1&a=2", "/q?a=1#frag",
    ],
  },
  "the request": {
    build(app) {
      app.post("/r/:id", async (request) => ({
        id: typeof request.id, params: request.params, query: request.query, body: request.body, headers: Object.entries(request.headers).sort(), method: request.method,
        url: request.url, originalUrl: request.originalUrl, ip: request.ip, ips: request.ips ?? null, host: request.host, hostname: request.hostname,
        port: request.port, protocol: request.protocol, is404: request.is404, server: request.server === app || typeof request.server.get,
        raw: [request.raw.method, request.raw.url, request.raw.headers.host], socket: request.socket.remoteAddress, mediaType: request.mediaType,
        log: typeof request.log.info, validation: request.validationError === undefined,
      }));
      app.get("/options", { config: { role: "admin" }, bodyLimit: 100 }, async (request) => {
        const { handler, ...rest } = request.routeOptions;
        return { ...rest, handler: typeof handler };
      });
    },
    requests: [
      { method: "POST", url: "/r/7?a=1", payload: { x: 1 }, headers: { "X-Custom": "v", host: "example.com:8080" } },
      { method: "POST", url: "/r/7", payload: "text", headers: { "content-type": "text/plain", host: "[::1]:80" } },
      "/options",
    ],
  },
  "the reply": {
    build(app) {
      app.get("/headers", async (request, reply) => {
        reply.header("X-One", "1").headers({ "x-two": 2, "X-Three": ["a", "b"] });
        reply.header("set-cookie", "a=1").header("set-cookie", ["b=2", "c=3"]);
        reply.header("x-gone", "1").removeHeader("X-Gone");
        const seen = [reply.getHeader("x-one"), reply.hasHeader("X-Two"), reply.hasHeader("x-gone"), reply.getHeaders(), reply.statusCode, reply.sent];
        return seen;
      });
      app.get("/redirect", async (request, reply) => reply.redirect("/else"));
      app.get("/redirect-301", async (request, reply) => reply.redirect("/else", 301));
      app.get("/redirect-code", async (request, reply) => reply.code(307).redirect("/else"));
      app.get("/serializer", async (request, reply) => reply.type("application/x").serializer((x) => `<${JSON.stringify(x)}>`).send({ a: 1 }));
      app.get("/serialize", async (request, reply) => reply.serialize({ a: 1 }));
      app.get("/status", async (request, reply) => {
        reply.statusCode = 202;
        return { status: reply.statusCode };
      });
      app.get("/bad-status", async (request, reply) => reply.code(99).send());
      app.get("/bad-status-2", async (request, reply) => reply.code("abc").send());
      app.get("/elapsed", async (request, reply) => typeof reply.elapsedTime);
      app.get("/await", async (request, reply) => {
        reply.send({ a: 1 });
        await reply;
        return reply;
      });
      app.get("/twice", async (request, reply) => {
        reply.send({ first: true });
        reply.send({ second: true });
      });
      app.get("/length", async (request, reply) => reply.header("content-length", "5").type("text/plain").send("hello"));
      app.get("/late", (request, reply) => {
        setTimeout(() => reply.send({ late: true }), 1);
      });
      app.get("/function", async (request, reply) => reply.type("text/plain").send({ a: 1 }));
      app.get("/circular", async () => {
        const a = {};
        a.a = a;
        return a;
      });
    },
    requests: [
      "/headers", "/redirect", "/redirect-301", "/redirect-code", "/serializer", "/serialize", "/status", "/bad-status", "/bad-status-2", "/elapsed",
      "/await", "/twice", "/length", "/late", "/function",
    ],
  },
  "errors at registration": {
    build(app, trace) {
      const attempt = (name, f) => {
        try {
          f();
          trace(`${name}: fine`);
        } catch (error) {
          trace(`${name}: ${error.code} ${error.message} ${error.statusCode} ${error.name} ${error instanceof TypeError}`);
        }
      };
      const handler = async () => "x";
      app.get("/dup", handler);
      attempt("dup", () => app.get("/dup", handler));
      attempt("dup all", () => app.route({ method: "GET", url: "/dup", handler }));
      attempt("no handler", () => app.get("/none"));
      attempt("no handler 2", () => app.get("/none", {}));
      attempt("url", () => app.get(42, handler));
      attempt("options", () => app.get("/x", "options", handler));
      attempt("two handlers", () => app.get("/x", { handler }, handler));
      attempt("method", () => app.route({ method: "NOPE", url: "/", handler }));
      attempt("method type", () => app.route({ method: 1, url: "/", handler }));
      attempt("bodyLimit", () => app.get("/b", { bodyLimit: -1 }, handler));
      attempt("timeout", () => app.get("/b", { handlerTimeout: "1" }, handler));
      attempt("hook", () => app.get("/b", { onRequest: 5 }, handler));
      attempt("error handler", () => app.get("/b", { errorHandler: 5 }, handler));
      attempt("get body", () => app.get("/b", { schema: { body: {} } }, handler));
      attempt("hook async", () => app.addHook("preHandler", async (a, b, c) => {}));
      attempt("hook send async", () => app.addHook("onSend", async (a, b, c, d) => {}));
      attempt("ready", () => app.addHook("onReady", async (done) => {}));
      attempt("errorHandler", () => app.setErrorHandler("x"));
      attempt("formatter", () => app.setSchemaErrorFormatter("x"));
      attempt("wildcard", () => app.get("/a*b", handler));
      attempt("decorate", () => app.decorate("get", 1));
      attempt("decorate twice", () => app.decorate("twice", 1).decorate("twice", 1));
      attempt("request twice", () => app.decorateRequest("twice", 1).decorateRequest("twice", 1));
      attempt("request ref", () => app.decorateRequest("obj", {}));
      attempt("reply ref", () => app.decorateReply("arr", []));
      attempt("dependency", () => app.decorate("dep", 1, ["missing"]));
      attempt("dependency type", () => app.decorate("dep2", 1, "missing"));
      attempt("request own", () => app.decorateRequest("body", null));
      attempt("reply own", () => app.decorateReply("request", null));
      attempt("schema id", () => app.addSchema({ type: "object" }));
      attempt("schema twice", () => app.addSchema({ $id: "a" }).addSchema({ $id: "a" }));
      attempt("parser", () => app.addContentTypeParser("application/x", {}, "x"));
      attempt("parser type", () => app.addContentTypeParser(5, handler));
      attempt("parser empty", () => app.addContentTypeParser("", handler));
      attempt("parser as", () => app.addContentTypeParser("application/x", { parseAs: "x" }, handler));
      attempt("parser twice", () => app.addContentTypeParser("application/y", handler).addContentTypeParser("application/y", handler));
      attempt("register", () => app.register("x"));
      attempt("undeclared", () => app.getDecorator("nope"));
    },
    async after(app, trace) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const [name, f] of Object.entries({
        route: () => app.get("/late", async () => "x"),
        hook: () => app.addHook("onRequest", async () => {}),
        decorate: () => app.decorate("late", 1),
        decorateRequest: () => app.decorateRequest("late", 1),
        parser: () => app.addContentTypeParser("application/late", () => {}),
        register: () => app.register(async () => {}),
        schema: () => app.addSchema({ $id: "late" }),
      })) {
        try {
          f();
          trace(`${name} fine`);
        } catch (error) {
          trace(`${name} ${error.code} ${error.message}`);
        }
      }
    },
    requests: [],
  },
};
