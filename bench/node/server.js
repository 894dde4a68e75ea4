// The projects API as the package's Fastify example has it, with logging off.
//
// Two things differ from the example because the package has no such names: the plugin comes from
// `createFastifyPlugin(...).plugin`, and a handler takes its database from the manager.
import Fastify from "fastify";
import { createTenantManager } from "drizzle-multitenant";
import { createFastifyPlugin } from "drizzle-multitenant/fastify";
import { eq } from "drizzle-orm";
import { config, schema } from "./config.js";

const fastify = Fastify({ logger: false });
const tenants = createTenantManager(config);
const { plugin } = createFastifyPlugin({
  manager: tenants,
  extractTenantId: (request) => request.headers["x-tenant-id"],
});

const tenantDb = (request) => tenants.getDb(request.tenantContext.tenantId);

fastify.get("/health", async () => ({ status: "ok", pools: tenants.getPoolCount() }));

fastify.get("/admin/stats", async () => ({
  poolCount: tenants.getPoolCount(),
  timestamp: new Date().toISOString(),
}));

fastify.register(async (api) => {
  await api.register(plugin);

  api.get("/users", async (request) => tenantDb(request).select().from(schema.users));

  api.post("/users", async (request, reply) => {
    const { email, name } = request.body;
    const [user] = await tenantDb(request).insert(schema.users).values({ email, name }).returning();
    return reply.status(201).send(user);
  });

  api.get("/projects", async (request) => tenantDb(request).select().from(schema.projects));

  api.post("/projects", async (request, reply) => {
    const { name, description, ownerId } = request.body;
    const [project] = await tenantDb(request)
      .insert(schema.projects)
      .values({ name, description, ownerId })
      .returning();
    return reply.status(201).send(project);
  });

  api.get("/projects/:id", async (request, reply) => {
    const [project] = await tenantDb(request)
      .select()
      .from(schema.projects)
      .where(eq(schema.projects.id, request.params.id));
    if (!project) {
      return reply.status(404).send({ error: "Project not found" });
    }
    return project;
  });

  api.get("/tasks", async (request) => tenantDb(request).select().from(schema.tasks));

  api.get("/projects/:projectId/tasks", async (request) =>
    tenantDb(request)
      .select()
      .from(schema.tasks)
      .where(eq(schema.tasks.projectId, request.params.projectId)),
  );

  api.post("/projects/:projectId/tasks", async (request, reply) => {
    const { title, assigneeId, priority } = request.body;
    const [task] = await tenantDb(request)
      .insert(schema.tasks)
      .values({ title, projectId: request.params.projectId, assigneeId, priority })
      .returning();
    return reply.status(201).send(task);
  });

  api.patch("/tasks/:id", async (request, reply) => {
    const { completed, priority } = request.body;
    const [task] = await tenantDb(request)
      .update(schema.tasks)
      .set({ completed, priority })
      .where(eq(schema.tasks.id, request.params.id))
      .returning();
    if (!task) {
      return reply.status(404).send({ error: "Task not found" });
    }
    return task;
  });
});

const address = await fastify.listen({
  host: process.env.HOST ?? "127.0.0.1",
  port: Number(process.env.PORT ?? 3001),
});
console.log(`listening on ${address}`);

process.on("SIGTERM", async () => {
  await fastify.close();
  await tenants.dispose();
  process.exit(0);
});
