// Errors: what is answered, and who handles them.

export const cases = {
  "default handler": {
    build(app) {
      const throws = (path, make) => app.get(path, async (request, reply) => {
        throw make(reply);
      });
      throws("/plain", () => new Error("plain"));
      throws("/status", () => Object.assign(new Error("teapot"), { statusCode: 418 }));
      throws("/status-2", () => Object.assign(new Error("gone"), { status: 410 }));
      throws("/code", () => Object.assign(new Error("coded"), { code: "E_CODE", statusCode: 409 }));
      throws("/bad-status", () => Object.assign(new Error("bad"), { statusCode: 200 }));
      throws("/odd-status", () => Object.assign(new Error("odd"), { statusCode: 599 }));
      throws("/headers", () => Object.assign(new Error("headers"), { statusCode: 429, headers: { "retry-after": 10 } }));
      throws("/type", () => new TypeError("a type error"));
      throws("/string", () => "just text");
      throws("/number", () => 42);
      throws("/null", () => null);
      throws("/undefined", () => undefined);
      throws("/object", () => ({ statusCode: 400, message: "object" }));
      throws("/no-message", () => new Error());
      throws("/reply-code", (reply) => {
        reply.code(404);
        return new Error("with code");
      });
      throws("/number-code", () => Object.assign(new Error("n"), { code: 17 }));
      throws("/frozen", () => Object.freeze(new Error("frozen")));
      app.get("/send", (request, reply) => {
        reply.code(503).send(new Error("sent"));
      });
      app.get("/content-type", async (request, reply) => {
        reply.type("text/html");
        throw new Error("html");
      });
      app.get("/sync", () => {
        throw new Error("sync");
      });
      app.get("/return-error", async () => new Error("returned"));
      app.get("/after-send", async (request, reply) => {
        reply.send("sent");
        throw new Error("too late");
      });
    },
    requests: [
      "/plain", "/status", "/status-2", "/code", "/bad-status", "/odd-status", "/headers", "/type", "/string", "/number", "/null", "/undefined", "/object",
      "/no-message", "/reply-code", "/number-code", "/frozen", "/send", "/content-type", "/sync", "/return-error", "/after-send",
    ],
  },
  "custom handlers": {
    build(app, trace) {
      app.setErrorHandler(async (error, request, reply) => {
        trace(`root ${error.message} ${reply.statusCode}`);
        reply.code(error.statusCode ?? 500);
        return { root: error.message };
      });
      app.get("/root", async () => {
        throw new Error("a");
      });
      app.register(async (inner) => {
        inner.setErrorHandler((error, request, reply) => {
          trace(`inner ${error.message}`);
          if (error.message === "outwards") throw error;
          if (error.message === "other") throw new Error("another");
          if (error.message === "send") {
            reply.send(error);
            return;
          }
          reply.code(400).send({ inner: error.message });
        });
        for (const message of ["own", "outwards", "other", "send"]) {
          inner.get(`/inner/${message}`, async () => {
            throw new Error(message);
          });
        }
        inner.get("/inner/route", { errorHandler: (error, request, reply) => {
          trace("route");
          reply.send({ route: error.message });
        } }, async () => {
          throw new Error("own handler");
        });
        inner.get("/inner/route-async", { errorHandler: async (error) => {
          throw Object.assign(new Error("from route"), { statusCode: 499 });
        } }, async () => {
          throw new Error("own handler");
        });
      });
      app.register(async (plain) => {
        plain.get("/plain", async () => {
          throw new Error("plain");
        });
      });
    },
    requests: ["/root", "/inner/own", "/inner/outwards", "/inner/other", "/inner/send", "/inner/route", "/inner/route-async", "/plain"],
  },
  "handlers that fail": {
    build(app) {
      app.setErrorHandler(() => {
        throw new Error("handler failed");
      });
      app.get("/sync", async () => {
        throw new Error("first");
      });
      app.register(async (inner) => {
        inner.setErrorHandler(async () => {
          throw Object.assign(new Error("async failed"), { statusCode: 502 });
        });
        inner.get("/async", async () => {
          throw new Error("first");
        });
      });
      app.register(async (inner) => {
        inner.setErrorHandler(async () => {});
        inner.get("/nothing", async () => {
          throw new Error("first");
        });
      });
      app.register(async (inner) => {
        inner.setErrorHandler((error, request, reply) => {
          setTimeout(() => reply.code(500).send({ late: true }), 1);
        });
        inner.get("/late", async () => {
          throw new Error("first");
        });
      });
    },
    requests: ["/sync", "/async", "/nothing", "/late"],
  },
  "the spec's handler": {
    build(app) {
      class AppError extends Error {
        constructor(message, statusCode = 500, code) {
          super(message);
          this.statusCode = statusCode;
          this.code = code;
          this.name = this.constructor.name;
          Error.captureStackTrace?.(this, this.constructor);
        }
      }
      class NotFoundError extends AppError {
        constructor(message = "Resource not found") {
          super(message, 404, "NOT_FOUND");
        }
      }
      app.setErrorHandler((error, request, reply) => {
        request.log.error({ err: error, reqId: request.id, url: request.url, method: request.method });
        if (error.validation) return reply.status(400).send({ success: false, error: { code: "VALIDATION_ERROR", details: error.validation } });
        if (error instanceof AppError) {
          return reply.status(error.statusCode).send({ success: false, error: { message: error.message, statusCode: error.statusCode, code: error.code } });
        }
        return reply.status(error.statusCode || 500).send({ success: false, error: { message: error.message } });
      });
      app.get("/missing", async () => {
        throw new NotFoundError("User not found");
      });
      app.get("/unknown", async () => {
        throw new Error("unknown");
      });
      app.post("/validated", { schema: { body: { type: "object", required: ["email"], properties: { email: { type: "string", format: "email" } } } } }, async () => "ok");
    },
    requests: ["/missing", "/unknown", { method: "POST", url: "/validated", payload: { email: "x" } }, { method: "POST", url: "/validated", payload: {} }],
  },
  "not found": {
    build(app, trace) {
      app.addHook("onRequest", async (request) => trace(`onRequest 404 ${request.is404}`));
      app.setNotFoundHandler({ preHandler: async () => trace("preHandler") }, async (request, reply) => {
        trace("root handler");
        return reply.code(404).send({ root: request.url });
      });
      app.register(async (inner) => {
        inner.addHook("onRequest", async () => trace("inner onRequest"));
        inner.setNotFoundHandler((request, reply) => {
          reply.code(404).send({ inner: request.url });
        });
        inner.get("/there", async () => "there");
        inner.get("/call", (request, reply) => {
          reply.callNotFound();
        });
      }, { prefix: "/inner" });
      app.register(async (inner) => {
        inner.addHook("onRequest", async () => trace("other onRequest"));
        inner.get("/there", async () => "there");
      }, { prefix: "/other" });
      app.get("/call", async (request, reply) => {
        reply.callNotFound();
        return reply;
      });
    },
    requests: [
      "/none", "/inner", "/inner/none", "/inner/none/deep?a=1", "/innernone", "/inner/there", "/inner/call", "/other/none", "/call",
      { method: "POST", url: "/none", payload: { a: 1 } }, { method: "POST", url: "/none", payload: "x", headers: { "content-type": "application/unknown" } },
    ],
  },
  "not found by default": {
    build(app, trace) {
      app.addHook("onSend", async (request, reply, payload) => trace(`onSend ${reply.statusCode}`));
      app.get("/call", (request, reply) => {
        reply.callNotFound();
      });
    },
    requests: ["/none", "/call", { method: "DELETE", url: "/x?%3Cscript%3E" }],
  },
  "timeouts": {
    build(app) {
      app.get("/slow", { handlerTimeout: 5 }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return "slow";
      });
      app.get("/quick", { handlerTimeout: 500 }, async () => "quick");
    },
    requests: ["/slow", "/quick"],
  },
  "sensible": {
    build(app) {
      app.get("/not-found", (request, reply) => {
        reply.notFound("User not found");
      });
      app.get("/return", async (request, reply) => reply.notFound());
      app.get("/bad", async (request, reply) => reply.badRequest("Invalid email format"));
      app.get("/teapot", async (request, reply) => reply.imateapot());
      app.get("/internal", async (request, reply) => reply.internalServerError("secret"));
      app.get("/by-code", async (request, reply) => reply.getHttpError(402, "pay"));
      app.get("/throw", async () => {
        throw app.httpErrors.conflict("twice");
      });
      app.get("/create", async () => {
        throw app.httpErrors.createError(451, "no", { reason: "law" });
      });
      app.get("/assert", async () => {
        app.assert(false, 400, "asserted");
      });
      app.get("/assert-equal", async () => {
        app.assert.deepEqual({ a: [1] }, { a: [1] }, 400);
        app.assert.equal(1, 2, 409, "unequal");
      });
      app.get("/to", async () => {
        const [error, value] = await app.to(Promise.reject(new Error("to")));
        const [none, some] = await app.to(Promise.resolve(1));
        return { error: error.message, value: value ?? null, none, some };
      });
      app.get("/vary", async (request, reply) => {
        reply.vary("Accept");
        reply.vary("accept, Origin");
        return "vary";
      });
      app.get("/cache", async (request, reply) => reply.cacheControl("public").cacheControl("max-age", 42).cacheControl("s-maxage", "1m").send("x"));
      app.get("/prevent", async (request, reply) => reply.preventCache().send("x"));
      app.get("/static", async (request, reply) => reply.staticCache(10).send("x"));
      app.get("/stale", async (request, reply) => reply.stale("while-revalidate", "1 day").send("x"));
      app.get("/revalidate", async (request, reply) => reply.revalidate().send("x"));
      app.get("/max-age", async (request, reply) => reply.maxAge("1h").send("x"));
      app.post("/is", async (request) => [request.is("json"), request.is("html", "json"), request.is(["text/*", "application/*"]), request.is("text/html")]);
      app.get("/names", async () => {
        const error = app.httpErrors.notFound("x");
        return [error.name, error.status, error.statusCode, error.expose, error instanceof Error, error instanceof app.httpErrors.HttpError];
      });
    },
    requests: [
      "/not-found", "/return", "/bad", "/teapot", "/internal", "/by-code", "/throw", "/create", "/assert", "/assert-equal", "/to", "/vary", "/cache",
      "/prevent", "/static", "/stale", "/revalidate", "/max-age", { method: "POST", url: "/is", payload: { a: 1 } }, "/names",
    ],
  },
};
