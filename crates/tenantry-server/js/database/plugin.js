// The core plugin `database`. `fastify.db` is there already, where the server has a database; one that
// replaces this plugin may decorate the application with more.

export default async function database() {}

database[Symbol.for("skip-override")] = true;
database[Symbol.for("fastify.display-name")] = "database";
