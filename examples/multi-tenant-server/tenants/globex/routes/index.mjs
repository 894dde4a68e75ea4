export default async function (fastify) {
  fastify.get("/", async (request) => ({ greeting: request.greet(request.query.name ?? "you") }));

  fastify.post("/orders", async () => {
    const error = new Error("stock of 0 at warehouse 7");
    error.code = "NO_STOCK";
    throw error;
  });
}
