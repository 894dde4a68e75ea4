// What `drizzle-multitenant migrate --all` reads.
import pg from "pg";
import { config } from "./config.js";

export default {
  ...config,
  migrations: {
    tenantFolder: process.env.MIGRATIONS,
    tenantDiscovery: async () => {
      const client = new pg.Client({ connectionString: config.connection.url });
      await client.connect();
      const { rows } = await client.query(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant\\_%' ORDER BY nspname",
      );
      await client.end();
      return rows.map((row) => row.nspname.slice("tenant_".length));
    },
  },
};
