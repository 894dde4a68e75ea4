// One route that answers a small JSON, on Fastify alone.
import Fastify from "fastify";

const fastify = Fastify({ logger: false });

fastify.get("/json", async (request, reply) => {
  return { success: true, data: { hello: "world", id: 42, tags: ["a", "b"] } };
});

const address = await fastify.listen({
  host: process.env.HOST ?? "127.0.0.1",
  port: Number(process.env.PORT ?? 3001),
});
console.log(`listening on ${address}`);

process.on("SIGTERM", async () => {
  await fastify.close();
  process.exit(0);
});
