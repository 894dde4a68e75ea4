// Gives `db` to a tenant's application: `fastify.db`, `request.tenant.db`, and services' first argument.

import { provide } from "prelude:fastify-provided";
import { db } from "prelude:database";

provide("db", db);
