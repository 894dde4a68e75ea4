export default async function (fastify, options) {
  const { tenant, config } = options;

  fastify.get("/", async () => ({ tenant: tenant.id, name: config.name }));

  fastify.post("/total", {
    schema: { body: { type: "object", required: ["lines"], properties: { lines: { type: "array", items: { $ref: "line#" } } } } },
  }, async (request) => {
    const cart = request.tenant.getService("Cart");
    return { success: true, data: cart.total(request.body.lines) };
  });
}
