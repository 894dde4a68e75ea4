// Hooks: their order, their forms, what they may do.

const names = ["onRequest", "preParsing", "preValidation", "preHandler", "preSerialization", "onSend", "onResponse"];

function withPayload(name) {
  return name === "preParsing" || name === "preSerialization" || name === "onSend";
}

export const cases = {
  "order, async": {
    build(app, trace) {
      for (const name of names) {
        app.addHook(name, async () => {
          trace(name);
        });
      }
      app.post("/", async () => {
        trace("handler");
        return { a: 1 };
      });
      app.get("/text", async () => "text");
    },
    requests: [{ method: "POST", url: "/", payload: { a: 1 } }, "/text", "/none"],
  },
  "order, callbacks": {
    build(app, trace) {
      for (const name of names) {
        if (withPayload(name)) {
          app.addHook(name, (request, reply, payload, done) => {
            trace(name);
            setTimeout(() => done(), 1);
          });
        } else {
          app.addHook(name, (request, reply, done) => {
            trace(name);
            setTimeout(done, 1);
          });
        }
      }
      app.post("/", (request, reply) => {
        trace("handler");
        reply.send({ a: 1 });
      });
    },
    requests: [{ method: "POST", url: "/", payload: { a: 1 } }],
  },
  "order, scopes and routes": {
    build(app, trace) {
      app.addHook("onRequest", async () => trace("root before"));
      app.register(async (one) => {
        one.addHook("onRequest", async () => trace("one"));
        one.get("/one", { onRequest: [async () => trace("route 1"), async () => trace("route 2")], preHandler: async () => trace("pre") }, async () => "one");
        one.register(async (two) => {
          two.addHook("onRequest", async () => trace("two"));
          two.get("/two", async () => "two");
        });
        one.addHook("onRequest", async () => trace("one late"));
      });
      app.get("/root", async () => "root");
      app.addHook("onRequest", async () => trace("root after"));
    },
    requests: ["/root", "/one", "/two"],
  },
  "hooks answer": {
    build(app, trace) {
      app.addHook("onSend", async (request, reply) => trace("onSend"));
      app.addHook("onResponse", async (request, reply) => trace("onResponse"));
      const route = (path, options) => app.get(path, options, async () => {
        trace("handler");
        return "handler";
      });
      route("/send", { onRequest: async (request, reply) => reply.code(401).send({ no: true }) });
      route("/send-done", { onRequest: (request, reply, done) => {
        reply.code(401).send({ no: true });
      } });
      route("/send-late", { preHandler: async (request, reply) => {
        setTimeout(() => reply.code(403).send("late"), 1);
        return reply;
      } });
      route("/throw", { preHandler: async () => {
        throw Object.assign(new Error("no entry"), { statusCode: 403, code: "NO" });
      } });
      route("/done-error", { preValidation: (request, reply, done) => done(new Error("done")) });
      route("/sync-throw", { onRequest: () => {
        throw new Error("sync");
      } });
      route("/reject-nothing", { onRequest: async () => {
        throw undefined;
      } });
      route("/parsing", { preParsing: async () => {
        throw Object.assign(new Error("parsing"), { statusCode: 400 });
      } });
      route("/value", { preHandler: async () => "ignored" });
      route("/chain", { preHandler: [async (request) => {
        request.one = 1;
      }, async (request) => trace(`one is ${request.one}`)] });
    },
    requests: ["/send", "/send-done", "/send-late", "/throw", "/done-error", "/sync-throw", "/reject-nothing", "/value", "/chain"],
  },
  "payloads": {
    build(app, trace) {
      app.addHook("preSerialization", async (request, reply, payload) => ({ wrapped: payload }));
      app.addHook("onSend", async (request, reply, payload) => {
        trace(typeof payload);
        return typeof payload === "string" ? payload.replace("one", "two") : payload;
      });
      app.get("/object", async () => ({ n: "one" }));
      app.get("/text", async () => "one");
      app.get("/null", async () => null);
      app.get("/clear", { onSend: async () => null }, async () => "one");
      app.get("/headers", { onSend: async (request, reply, payload) => {
        reply.header("x-late", "1").code(299);
        return payload;
      } }, async () => ({ n: "one" }));
      app.get("/done", { onSend: (request, reply, payload, done) => done(null, "done") }, async () => ({ n: "one" }));
      app.get("/bad", { onSend: (request, reply, payload, done) => done(null, { not: "text" }) }, async () => ({ n: "one" }));
      app.get("/fails", { onSend: async () => {
        throw new Error("in onSend");
      } }, async () => ({ n: "one" }));
      app.get("/serialize-fails", { preSerialization: async () => {
        throw new Error("in preSerialization");
      } }, async () => ({ n: "one" }));
    },
    requests: ["/object", "/text", "/null", "/clear", "/headers", "/done", "/bad", "/fails", "/serialize-fails"],
  },
  "onError": {
    build(app, trace) {
      app.addHook("onError", async (request, reply, error) => trace(`onError ${error.message} ${reply.statusCode}`));
      app.addHook("onSend", async (request, reply, payload) => trace(`onSend ${payload}`));
      app.addHook("onResponse", async (request, reply) => trace(`onResponse ${reply.statusCode}`));
      app.get("/throws", async () => {
        throw new Error("boom");
      });
      app.get("/sends", (request, reply) => {
        reply.send(new Error("sent"));
      });
      app.get("/coded", async (request, reply) => {
        reply.code(422);
        throw new Error("coded");
      });
      app.get("/callback", { onError: (request, reply, error, done) => {
        trace("second");
        done();
      } }, async () => {
        throw new Error("callback");
      });
      app.get("/hook-fails", { onError: async () => {
        throw new Error("ignored");
      } }, async () => {
        throw new Error("first");
      });
    },
    requests: ["/throws", "/sends", "/coded", "/callback", "/hook-fails"],
  },
  "on HEAD": {
    build(app, trace) {
      app.addHook("onSend", async (request, reply, payload) => trace(`onSend ${request.method} ${payload}`));
      app.get("/get", { onSend: async () => trace("route") }, async () => ({ a: "ü" }));
      app.get("/no-head", { exposeHeadRoute: false }, async () => "x");
      app.head("/own", async (request, reply) => reply.header("x-own", "1").send("body"));
      app.get("/own", async () => "own");
      app.get("/empty", async (request, reply) => reply.code(204).send());
    },
    requests: [
      { method: "HEAD", url: "/get" }, { method: "HEAD", url: "/no-head" }, { method: "HEAD", url: "/own" }, "/own", { method: "HEAD", url: "/empty" },
    ],
  },
  "application hooks": {
    async build(app, trace, fp) {
      app.addHook("onRoute", function (route) {
        trace(`onRoute ${route.method} ${route.url} ${route.path} ${route.prefix} ${route.routePath} ${this === app}`);
      });
      app.addHook("onRegister", (instance, options) => trace(`onRegister ${options.name}`));
      app.addHook("onReady", async () => trace("ready 1"));
      app.addHook("onReady", (done) => {
        trace("ready 2");
        setTimeout(done, 1);
      });
      app.get("/a", async () => "a");
      app.register(async (inner) => {
        inner.addHook("onReady", async () => trace("ready inner"));
        inner.addHook("onClose", async () => trace("close inner"));
        inner.get("/b", async () => "b");
      }, { prefix: "/p", name: "inner" });
      app.register(fp(async (same) => {
        same.get("/c", async () => "c");
      }), { name: "same" });
      app.addHook("preClose", async () => trace("preClose"));
      app.addHook("onClose", async (instance) => trace(`close 1 ${instance === app}`));
      app.addHook("onClose", (instance, done) => {
        trace("close 2");
        done();
      });
    },
    requests: ["/a", "/p/b", "/c"],
    async after(app, trace) {
      await app.close();
      trace("closed");
    },
  },
  "onRoute changes a route": {
    build(app, trace) {
      app.addHook("onRoute", (route) => {
        if (route.config?.auth) route.preHandler = [async () => trace("added"), ...[].concat(route.preHandler ?? [])];
      });
      app.get("/auth", { config: { auth: true } }, async (request) => request.routeOptions.config);
      app.get("/open", async () => "open");
    },
    requests: ["/auth", "/open"],
  },
};
