import fp from "fastify-plugin";

// fp() lets the decoration out of the plugin, to the routes.
export default fp(async function (fastify) {
  fastify.decorateRequest("greet", function (name) {
    return `Hello ${name}, this is ${this.tenant.name}`;
  });
});
