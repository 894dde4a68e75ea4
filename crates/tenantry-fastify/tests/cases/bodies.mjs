// Bodies and their parsers.

const echo = async (request) => ({ body: request.body ?? null, type: typeof request.body });
const post = (payload, type, url = "/") => ({ method: "POST", url, payload, headers: type === undefined ? {} : { "content-type": type } });

export const cases = {
  "by default": {
    build(app) {
      app.post("/", echo);
      app.delete("/", echo);
      app.options("/", echo);
      app.get("/", echo);
    },
    requests: [
      post('{"a":1}', "application/json"), post('{"a":1}', "application/json; charset=utf-8"), post('{"a":1}', "APPLICATION/JSON"),
      post('{"a":', "application/json"), post("", "application/json"), post("null", "application/json"), post('"text"', "application/json"), post("[1,2]", "application/json"),
      post("hello", "text/plain"), post("", "text/plain"), post("hëllo 🎉", "text/plain; charset=utf-8"),
      post("a=1", "application/x-www-form-urlencoded"), post("<a/>", "text/xml"), post("x", "nonsense"), post("x", "application/json x"), post("x", ""),
      post("x"), post(undefined),
      post('{"__proto__":{"a":1}}', "application/json"), post('{"a":{"__proto__":1}}', "application/json"), post('{"constructor":{"prototype":{"a":1}}}', "application/json"),
      post('{"constructor":1}', "application/json"), post('{"a":"__proto__"}', "application/json"), post('{"\\u005f_proto__":1}', "application/json"),
      post('\ufeff{"bom":1}', "application/json"), post('{"a":1}', "application/vnd.api+json"), post('{"a":1}', "application/json;foo"),
      { method: "DELETE", url: "/", payload: '{"a":1}', headers: { "content-type": "application/json" } }, { method: "DELETE", url: "/" },
      { method: "DELETE", url: "/", headers: { "content-type": "application/json" } },
      { method: "OPTIONS", url: "/", payload: '{"a":1}', headers: { "content-type": "application/json" } },
      { method: "GET", url: "/", payload: '{"a":1}', headers: { "content-type": "application/json" } },
    ],
  },
  "limits": {
    options: { bodyLimit: 20 },
    build(app) {
      app.post("/", echo);
      app.post("/small", { bodyLimit: 5 }, echo);
      app.post("/large", { bodyLimit: 100 }, echo);
      app.addContentTypeParser("text/large", { parseAs: "string", bodyLimit: 50 }, async (request, body) => body.length);
    },
    requests: [
      post('{"a":"0123456789"}', "application/json"), post('{"a":"012345678901234567890"}', "application/json"), post('{"a":1}', "application/json", "/small"),
      post("12345", "text/plain", "/small"), post("éééé", "text/plain", "/small"), post('{"a":"012345678901234567890"}', "application/json", "/large"), post("x".repeat(40), "text/large"), post("x".repeat(60), "text/large"),
    ],
  },
  "own parsers": {
    build(app, trace) {
      app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (request, body, done) => {
        done(null, Object.fromEntries(body.split("&").map((pair) => pair.split("="))));
      });
      app.addContentTypeParser("text/buffer", { parseAs: "buffer" }, async (request, body) => [body instanceof Uint8Array, body.length]);
      app.addContentTypeParser(/^image\/.*/, { parseAs: "buffer" }, async (request, body) => `image ${body.length}`);
      app.addContentTypeParser(["text/one", "text/two"], { parseAs: "string" }, async (request, body) => `one or two: ${body}`);
      app.addContentTypeParser("text/fails", { parseAs: "string" }, async () => {
        throw Object.assign(new Error("cannot parse"), { statusCode: 422 });
      });
      app.addContentTypeParser("text/fails-done", { parseAs: "string" }, (request, body, done) => done(new Error("cannot parse")));
      app.addContentTypeParser("text/stream", async (request, payload) => {
        let size = 0;
        for await (const chunk of payload) size += chunk.length;
        return { size };
      });
      app.addContentTypeParser("text/events", (request, payload, done) => {
        let text = "";
        payload.on("data", (chunk) => {
          text += chunk;
        });
        payload.on("end", () => done(null, text));
      });
      app.register(async (inner) => {
        inner.addContentTypeParser("text/inner", { parseAs: "string" }, async (request, body) => `inner ${body}`);
        inner.removeContentTypeParser("text/plain");
        inner.post("/inner", echo);
      });
      app.register(async (inner) => {
        inner.removeAllContentTypeParsers();
        inner.addContentTypeParser("*", { parseAs: "string" }, async (request, body) => `all ${body}`);
        inner.post("/all", echo);
      });
      app.register(async (inner) => {
        inner.addContentTypeParser("application/json", { parseAs: "string" }, async (request, body) => `own ${body}`);
        inner.post("/json", echo);
      });
      app.post("/", echo);
    },
    requests: [
      post("a=1&b=2", "application/x-www-form-urlencoded"), post("bytes", "text/buffer"), post("png", "image/png"), post("x", "text/one"), post("x", "text/two; charset=x"),
      post("x", "text/fails"), post("x", "text/fails-done"), post("12345", "text/stream"), post("events", "text/events"), post("x", "text/inner"), post("x", "text/inner", "/inner"), post("x", "text/plain", "/inner"),
      post('{"a":1}', "application/json", "/all"), post("x", "any/thing", "/all"), post("x", undefined, "/all"), post('{"a":1}', "application/json", "/json"),
    ],
  },
  "preParsing": {
    build(app, trace) {
      app.addHook("preParsing", async (request, reply, payload) => {
        trace(`${typeof payload} ${request.body}`);
      });
      app.post("/", echo);
    },
    requests: [post('{"a":1}', "application/json")],
  },
};
