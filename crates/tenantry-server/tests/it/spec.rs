//! The snippets of the server's specification, as they stand there.

use serde_json::json;
use tenantry_server::MultiTenantServer;

use crate::support::{Project, database, get, post};

const USER_SERVICE: &str = r#"// tenants/customer-123/services/UserService.mjs
export default class UserService {
  constructor(db, config) {
    this.db = db;
    this.config = config;
  }

  async getUser(id) {
    return await this.db.users.findById(id);
  }

  async createUser(userData) {
    return await this.db.users.create({
      ...userData,
      tenantId: this.config.id,
    });
  }
}
"#;

const ROUTES: &str = r#"// tenants/customer-123/routes/index.mjs
export default async function (fastify, options) {
  const { tenant, config } = options;

  fastify.get("/users", async (request, reply) => {
    const userService = request.tenant.getService("UserService");
    const users = await userService.getAllUsers();
    return { success: true, data: users };
  });

  fastify.post("/users", async (request, reply) => {
    const userService = request.tenant.getService("UserService");
    const user = await userService.createUser(request.body);
    return { success: true, data: user };
  });
}
"#;

/// The service as in the specification, with what its routes ask of it and it does not have.
fn whole_service() -> String {
    USER_SERVICE.replace(
        "  async createUser",
        "  async getAllUsers() {\n    return await this.db.users.findMany();\n  }\n\n  async createUser",
    )
}

#[tokio::test]
async fn services_and_routes_run_as_they_stand() {
    let tables = "CREATE TABLE users (id serial PRIMARY KEY, name text, \"tenantId\" text);";
    let (_db, manager) = database(&["customer-123"], tables).await;
    let project = Project::new(&[
        (
            "tenants/customer-123/config.js",
            "module.exports = { id: 'customer-123', active: true };",
        ),
        ("tenants/customer-123/index.mjs", "export default { name: 'Customer 123' };"),
        ("tenants/customer-123/routes/index.mjs", ROUTES),
        ("tenants/customer-123/services/UserService.mjs", &whole_service()),
    ]);
    let server = project.builder().manager(manager).build().unwrap();

    server.start().await.unwrap();
    let tenant = server.init_tenant("customer-123").await.unwrap();
    assert_eq!(tenant.list_services(), ["UserService"]);
    assert_eq!(tenant.name(), "Customer 123");

    let made = post(&server, "customer-123", "/users", &json!({"name": "Ada"})).await;
    let ada = json!({"id": 1, "name": "Ada", "tenantId": "customer-123"});
    assert_eq!(made.json(), json!({"success": true, "data": ada}), "{made:?}");
    let all = get(&server, "customer-123", "/users").await;
    assert_eq!(all.json(), json!({"success": true, "data": [ada]}));

    let stats = server.tenant_stats();
    assert_eq!((stats.active, stats.total), (1, 1));
    server.reload_tenant("customer-123").await.unwrap();
    assert_eq!(get(&server, "customer-123", "/users").await.json(), all.json());
    assert!(server.stop().await);
}

#[tokio::test]
async fn should_start_server_successfully() {
    let project = Project::new(&[]);
    let server = project.builder().set("server.port", 0).build().unwrap(); // Use random port for testing

    let running = server.start().await.unwrap();
    assert!(tokio::net::TcpStream::connect(running.local_addr()).await.is_ok());

    assert!(server.stop().await);
}

#[tokio::test]
async fn should_load_tenant_correctly() {
    let project = Project::new(&[("tenants/test-tenant/config.json", "{}")]);
    let server: MultiTenantServer = project.server();
    server.start().await.unwrap();

    let tenant = server.init_tenant("test-tenant").await.unwrap();
    assert_eq!(tenant.id(), "test-tenant");
    assert!(tenant.active());

    assert!(server.stop().await);
}

#[tokio::test]
async fn validate_inputs_turns_validation_on_and_off() {
    let project = Project::with_routes(
        "export default async (fastify) => {
           const schema = { body: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } }
           fastify.post('/', { schema }, async (request) => request.body)
         }",
    );
    let checked = project.builder().set("security.validateInputs", true).build().unwrap();
    let refused = post(&checked, "acme", "/", &json!({})).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.text.contains("must have required property 'name'"), "{refused:?}");
    let unchecked = project.builder().set("security.validateInputs", false).build().unwrap();
    assert_eq!(post(&unchecked, "acme", "/", &json!({})).await.json(), json!({}));
}
