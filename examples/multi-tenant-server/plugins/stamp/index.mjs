import fp from "fastify-plugin";

// A plugin for all tenants: each has a copy of its own, in its own sandbox.
export default fp(async function stamp(fastify, { tenant }) {
  fastify.addHook("onSend", async (request, reply, payload) => {
    reply.header("x-served-for", tenant.id);
    return payload;
  });
});
