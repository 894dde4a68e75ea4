// Plugins, scopes and decorations.

export const cases = {
  "decorations go downwards": {
    build(app, trace, fp) {
      app.decorate("root", "r").decorateRequest("user", null).decorateReply("hello", function hello() {
        return this.send({ hello: this.request.user });
      });
      app.register(async (inner) => {
        inner.decorate("inner", "i");
        inner.decorateRequest("own", "o");
        inner.get("/inner", async (request) => [inner.root, inner.inner, request.own, request.user, inner.hasDecorator("root"), inner.hasRequestDecorator("own"), inner.hasReplyDecorator("hello")]);
        inner.get("/hello", (request, reply) => {
          request.user = "you";
          reply.hello();
        });
      });
      app.register(fp(async (same) => {
        same.decorate("shared", "s");
        same.decorateRequest("count", 0);
        same.decorateRequest("twice", {
          getter() {
            return this.count * 2;
          },
          setter(value) {
            this.count = value;
          },
        });
      }, { name: "shared" }));
      app.register(async (other) => {
        trace(`${other.inner} ${other.shared} ${other.hasDecorator("inner")} ${other.hasRequestDecorator("own")} ${other.hasPlugin("shared")} ${other.hasPlugin("nope")}`);
        other.get("/other", async (request) => {
          request.twice = 4;
          return [other.shared, request.count, request.twice, request.own ?? null, request.getDecorator("count")];
        });
        other.get("/undeclared", async (request) => request.getDecorator("own"));
        other.get("/set", async (request) => {
          request.setDecorator("user", "set");
          return request.user;
        });
        other.get("/server", async (request, reply) => [request.server === other, reply.server === other, request.server.prefix]);
      }, { prefix: "/p" });
      app.get("/instance", async function instance(request) {
        return [this === app, this === request.server];
      });
    },
    requests: ["/inner", "/hello", "/p/other", "/p/undeclared", "/p/set", "/p/server", "/instance"],
  },
  "order of loading": {
    async build(app, trace, fp) {
      trace("start");
      app.register(async (one, options) => {
        trace(`one ${options.a}`);
        one.register(async () => trace("one.one"));
        one.register((two, _options, done) => {
          trace("one.two");
          setTimeout(done, 1);
        });
        one.after(() => trace("one after"));
        trace("one end");
      }, { a: 1 });
      app.after((error) => trace(`after ${error}`));
      app.register((two, options, done) => {
        trace("two");
        two.after((error, done) => {
          trace("two after");
          done();
        });
        done();
      });
      await app.register(fp(async (three) => {
        trace("three");
        await three.register(async (deep) => {
          await deep.register(async () => trace("deepest"));
          trace("deep");
        });
        trace("three end");
      }));
      trace("awaited");
      await app.after();
      trace("after awaited");
      app.register(Promise.resolve({ default: async () => trace("imported") }));
      app.ready(() => trace("ready callback"));
      trace("end");
    },
    requests: [],
  },
  "prefixes": {
    build(app) {
      const plugin = async (instance) => {
        instance.get("/", async (request) => `root ${request.routeOptions.url}`);
        instance.get("/x", async (request) => `x ${request.routeOptions.url}`);
      };
      app.register(plugin, { prefix: "/a" });
      app.register(plugin, { prefix: "b" });
      app.register(plugin, { prefix: "/c/" });
      app.register(async (instance) => {
        instance.register(plugin, { prefix: "/inner" });
      }, { prefix: "/d/:id" });
      app.register(async (instance) => {
        instance.get("/", { prefixTrailingSlash: "slash" }, async () => "slash");
      }, { prefix: "/e" });
      app.register(async (instance) => {
        instance.get("/", { prefixTrailingSlash: "no-slash" }, async () => "no-slash");
      }, { prefix: "/f" });
      app.register(async (instance) => {
        instance.route({ method: "GET", url: "", handler: async () => "empty" });
      }, { prefix: "/g" });
    },
    requests: ["/a", "/a/", "/a/x", "/b", "/b/x", "/c/", "/c", "/c/x", "/d/7/inner", "/d/7/inner/x", "/e", "/e/", "/f", "/f/", "/g"],
  },
  "errors in plugins": {
    async build(app, trace) {
      app.register(async () => {
        throw new Error("broken");
      });
      app.register(async () => trace("not reached"));
      app.after((error) => trace(`after: ${error?.message}`));
      app.register(async () => trace("reached again"));
      try {
        await app.register(async () => {
          throw new Error("awaited");
        });
      } catch (error) {
        trace(`caught ${error.message}`);
      }
      app.register((instance, options, done) => done(new Error("done")));
    },
    requests: [],
  },
  "what fastify-plugin refuses": {
    async build(app, trace, fp) {
      for (const bad of [5, null, "text"]) {
        try {
          fp(bad);
        } catch (error) {
          trace(`fp ${error.name} ${error.message}`);
        }
      }
      try {
        fp(async () => {}, []);
      } catch (error) {
        trace(`fp ${error.message}`);
      }
      await app.register(fp(async (instance) => instance.decorate("kept", 1), { name: "enc", encapsulate: true }));
      trace(`kept ${app.hasDecorator("kept")}`);
    },
    requests: [],
  },
  "chains": {
    build(app, trace) {
      const result = app.get("/a", async () => "a").post("/b", async () => "b").addHook("onRequest", async () => {}).decorate("c", 1)
        .addSchema({ $id: "s", type: "object" }).setErrorHandler(async () => {}).addContentTypeParser("a/b", async () => 1);
      trace(result === app);
      trace(`${app.hasRoute({ method: "GET", url: "/a" })} ${app.hasRoute({ method: "get", url: "/b" })} ${app.hasRoute({ url: "/:x", method: "GET" })}`);
      trace(Object.keys(app.getSchemas()).join());
      trace(app.getSchema("s"));
      trace(`${app.getSchema("t")}`);
      trace(app.supportedMethods.sort().join());
      trace(`${app.prefix}|${app.hasContentTypeParser("a/b")}|${app.hasContentTypeParser("application/json")}`);
      trace(`${app.initialConfig.bodyLimit}`);
    },
    requests: ["/a"],
  },
};

const asked = {
  dependency: { name: "needs", dependencies: ["missing"] },
  decorators: { name: "deco", decorators: { fastify: ["nope"] } },
  "request decorators": { name: "deco2", decorators: { request: ["nope"] } },
  "reply decorators": { name: "deco3", decorators: { reply: ["send"] } },
};
for (const range of ["5.x", "^5.0.0", ">=4", "4.x", ">=4 <5", "4.x || 5.x", "~5.0.0", "*", "5", ">=5.0.0 <6.0.0", "^4.0.0", "4.0.0 - 5.13", ">5.12.8", "<=5.12.8"]) {
  asked[`version ${range}`] = { name: "versioned", fastify: range };
}
for (const [name, options] of Object.entries(asked)) {
  cases[`asks for ${name}`] = {
    async build(app, trace, fp) {
      await app.register(fp(async () => {}, { name: "named" }));
      app.register(fp(async () => trace("loaded"), options));
    },
    requests: [],
  };
}
