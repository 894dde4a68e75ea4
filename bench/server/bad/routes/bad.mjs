// What a tenant may do to its neighbours.

export default async function (fastify) {
  fastify.get("/loop", async () => {
    for (;;);
  });

  fastify.get("/allocate", async () => {
    const kept = [];
    for (;;) kept.push("x".repeat(1000) + kept.length);
  });

  fastify.get("/regex", async () => {
    return { matches: /^(a+)+$/.test("a".repeat(60) + "!") };
  });

  fastify.get("/slow", async (request) => {
    const rows = await request.tenant.db.query("SELECT count(*) FROM generate_series(1, 3000000)");
    return rows;
  });
}
