export default async function (fastify, options) {
  fastify.get("/json", async (request, reply) => {
    return { success: true, data: { hello: "world", id: 42, tags: ["a", "b"] } };
  });

  fastify.get("/projects/:id", async (request, reply) => {
    const projects = request.tenant.getService("ProjectService");
    const project = await projects.getProject(request.params.id);
    if (!project) return reply.code(404).send({ error: "Project not found" });
    return project;
  });
}
