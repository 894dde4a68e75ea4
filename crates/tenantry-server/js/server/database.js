// Gives `db` to tenants' code.

import { db } from "prelude:database";
import { provide } from "prelude:fastify-provided";

provide("db", db);
