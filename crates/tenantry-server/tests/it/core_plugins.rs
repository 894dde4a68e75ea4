//! Folders that take the place of plugins that are built in.

use crate::support::{Project, get};

#[tokio::test]
async fn a_folder_named_database_is_what_services_get_as_db() {
    let project = Project::new(&[
        (
            "plugins/database/index.mjs",
            "import fp from 'fastify-plugin'
             export default fp(async (fastify) => {
               fastify.decorate('db', { users: { findMany: async () => ['Ada'] } })
             })",
        ),
        (
            "tenants/acme/services/Users.mjs",
            "export default class Users {
               constructor(db) { this.db = db }
               async all() { return this.db.users.findMany() }
             }",
        ),
        (
            "tenants/acme/routes/index.mjs",
            "export default async (fastify, { tenant }) => {
               fastify.get('/service', async (request) => request.tenant.getService('Users').all())
               fastify.get('/tenant', async () => tenant.db.users.findMany())
             }",
        ),
    ]);
    let server = project.server();
    for path in ["/service", "/tenant"] {
        let answer = get(&server, "acme", path).await;
        assert_eq!(answer.text, r#"["Ada"]"#, "{path}: {answer:?}");
    }
    server.stop().await;
}
