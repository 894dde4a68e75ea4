// POOLS=defaults leaves every limit to the package (50 pools of 10 connections);
// POOLS=example takes those of its Fastify example (100 pools of 20).
//
// The example writes its pool options under `connection.pooling`, a key the package does not
// read: `connection.poolConfig` is the one that takes effect.
import { defineConfig } from "drizzle-multitenant";
import * as schema from "./schema.js";

const example = process.env.POOLS === "example";

export const config = defineConfig({
  connection: {
    url: process.env.DATABASE_URL,
    ...(example && { poolConfig: { max: 20, idleTimeoutMillis: 30000 } }),
    retry: {
      maxAttempts: 3,
      initialDelayMs: 100,
      maxDelayMs: 5000,
      backoffMultiplier: 2,
      jitter: true,
    },
  },
  isolation: {
    strategy: "schema",
    schemaNameTemplate: (tenantId) => `tenant_${tenantId}`,
    ...(example && { maxPools: 100, poolTtlMs: 60 * 60 * 1000 }),
  },
  schemas: { tenant: schema, shared: schema },
});

export { schema };
