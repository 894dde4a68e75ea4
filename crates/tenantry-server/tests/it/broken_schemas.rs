//! Schemas that are none: named with their own file, or the call that brings them.

use crate::{
    broken::{FINE, told_of},
    support::{Project, get},
};

/// Routes that need the schema `user`.
const USERS: &str = r#"export default async (fastify) => {
  fastify.post("/users", { schema: { body: { $ref: "user#" } } }, async () => 1);
  fastify.get("/users", { schema: { response: { 200: { $ref: "user#" } } } }, async () => 1);
};"#;

#[tokio::test]
async fn of_a_route() {
    for (schema, end) in [
        (r#"body: { type: "objekt" }"#, ", at /type of its body"),
        (
            r#"querystring: { properties: { q: { type: "string", pattern: "(" } } }"#,
            ", at /properties/q/pattern of its querystring",
        ),
        (
            r#"params: { properties: { id: { $ref: "nope#" } } }"#,
            "due to error can't resolve reference nope# from id #, at /properties/id/$ref of its params",
        ),
        (
            r#"response: { 200: { type: "object", properties: { a: { $ref: "nope#" } } } }"#,
            "due to error Cannot find reference \"nope#\", at /properties/a/$ref of its response 200",
        ),
    ] {
        let method = if schema.starts_with("body") { "post" } else { "get" };
        let routes = format!(
            "export default async (fastify) => {{\n  fastify.{method}('/users', {{ schema: {{ {schema} }} }}, async () => 1);\n}};"
        );
        let told = told_of(&[("routes/users.mjs", &routes)]).await;
        assert!(told.starts_with("routes users (routes/users.mjs:2:11): FST_ERR_SCH_"), "{told}");
        assert!(told.ends_with(end), "{told}");
        // The route for HEAD that comes with it is not told of once more.
        assert!(!told.contains('\n'), "{told}");
    }
}

#[tokio::test]
async fn of_a_route_over_several_lines() {
    let routes = r#"export default async (fastify) => {
  fastify.route({
    method: "PUT",
    url: "/users",
    schema: { body: { type: "object", requird: [] } },
    handler: async () => 1,
  });
};"#;
    let told = told_of(&[("routes/users.mjs", routes)]).await;
    assert!(told.starts_with("routes users (routes/users.mjs:2:11): FST_ERR_SCH_"), "{told}");
    let end = "strict mode: unknown keyword: \"requird\", at /requird of its body";
    assert!(told.ends_with(end), "{told}");
}

#[tokio::test]
async fn of_a_route_that_another_file_adds() {
    let told = told_of(&[
        (
            "lib/add.mjs",
            "export function add(fastify, schema) {\n  fastify.get('/x', { schema }, async () => 1);\n}",
        ),
        (
            "plugins/users/index.mjs",
            "import { add } from '../../lib/add.mjs';\nexport default async (fastify) => {\n  \
             add(fastify, { headers: { type: 'objekt' } });\n};",
        ),
    ])
    .await;
    assert!(told.starts_with("plugin users (lib/add.mjs:2:11): FST_ERR_SCH_"), "{told}");
}

#[tokio::test]
async fn of_a_json_file_that_is_no_json() {
    let told = told_of(&[("schemas/user.json", "{\n  \"$id\": \"user\",\n}")]).await;
    assert_eq!(told, "schema user (schemas/user.json:3:1): not valid JSON: trailing comma");
}

#[tokio::test]
async fn of_a_json_file() {
    let user = r#"{
  "$id": "user",
  "type": "object",
  "properties": {
    "name": { "type": "string", "pattern": "(" }
  }
}"#;
    let told = told_of(&[("schemas/user.json", user), ("routes/users.mjs", USERS)]).await;
    assert!(told.starts_with("schema user (schemas/user.json:5:44): FST_ERR_SCH_"), "{told}");
    assert!(told.ends_with(r#", at /properties/name/pattern of the schema "user""#), "{told}");
    assert!(!told.contains('\n'), "it is told once, whoever needs it: {told}");
}

#[tokio::test]
async fn of_a_json_file_with_several() {
    let all = r#"[{"$id": "pet", "type": "object"},
 {"$id": "user", "properties": {"pet": {"$ref": "pets#"}}}]"#;
    let told = told_of(&[("schemas/all.json", all), ("routes/users.mjs", USERS)]).await;
    assert!(told.starts_with("schema all (schemas/all.json:2:49): FST_ERR_SCH_"), "{told}");
    assert!(told.contains("can't resolve reference pets# from id user"), "{told}");
    assert!(told.ends_with(r#", at /properties/pet/$ref of the schema "user""#), "{told}");
}

/// What an answer is written by is compiled in another way than what checks a request.
#[tokio::test]
async fn of_a_json_file_for_answers() {
    let pet =
        "{\n  \"type\": \"object\",\n  \"properties\": {\"owner\": {\"$ref\": \"nobody#\"}}\n}";
    let routes = "export default async (fastify) => {\n  \
                  fastify.get('/pet', { schema: { response: { 200: { $ref: 'pet#' } } } }, async () => 1);\n};";
    let told = told_of(&[("schemas/pet.json", pet), ("routes/pets.mjs", routes)]).await;
    assert!(told.starts_with("schema pet (schemas/pet.json:3:36): FST_ERR_SCH_"), "{told}");
    assert!(told.ends_with(r#", at /properties/owner/$ref of the schema "pet""#), "{told}");
}

#[tokio::test]
async fn of_a_module() {
    let user = "export default {\n  $id: 'user',\n  properties: { age: { minimum: '1' } },\n};";
    let told = told_of(&[("schemas/user.mjs", user), ("routes/users.mjs", USERS)]).await;
    assert!(told.starts_with("schema user (schemas/user.mjs): FST_ERR_SCH_"), "{told}");
    assert!(told.ends_with(r#", at /properties/age/minimum of the schema "user""#), "{told}");
}

#[tokio::test]
async fn that_a_plugin_adds() {
    let shapes = r#"import fp from "fastify-plugin";

export default fp(async (fastify) => {
  fastify.addSchema({ $id: "user", type: "object", properties: { a: { typ: "string" } } });
});"#;
    let told = told_of(&[("plugins/shapes/index.mjs", shapes), ("routes/users.mjs", USERS)]).await;
    assert!(
        told.starts_with("schema user (plugins/shapes/index.mjs:4:11): FST_ERR_SCH_"),
        "{told}"
    );
    assert!(told.ends_with(r#", at /properties/a/typ of the schema "user""#), "{told}");
    assert!(!told.contains('\n'), "it is told once, whoever needs it: {told}");
}

#[tokio::test]
async fn whose_id_is_none() {
    let routes = "export default async (fastify) => {\n  fastify.addSchema({ $id: 5 });\n  \
                  fastify.post('/', { schema: { body: {} } }, async () => 1);\n};";
    let told = told_of(&[("routes/users.mjs", routes)]).await;
    assert!(told.starts_with("schema 5 (routes/users.mjs:2:11): FST_ERR_SCH_"), "{told}");
    assert!(told.ends_with("due to error Missing schema $id property"), "{told}");
}

#[tokio::test]
async fn that_is_left_out_takes_its_routes_along() {
    let project = Project::new(&[
        ("tenants/acme/routes/fine.mjs", FINE),
        ("tenants/acme/routes/users.mjs", USERS),
        ("tenants/acme/schemas/user.json", r#"{"type": "objekt"}"#),
    ]);
    let server = project.builder().set("tenants.on_broken", "part").build().unwrap();
    let tenant = server.init_tenant("acme").await.unwrap();
    let told: Vec<String> = tenant.errors().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("schema user (schemas/user.json:1:10): FST_ERR_SCH_"), "{told:?}");
    assert_eq!(get(&server, "acme", "/").await.text, "fine");
    assert_eq!(get(&server, "acme", "/users").await.status, 404);
    server.stop().await;
}

/// What they are as values is not the isolate's memory.
#[tokio::test]
async fn of_all_json_files_together() {
    let schema = format!(r#"{{ "$id": "all", "enum": [{}0] }}"#, "0,".repeat(700_000));
    let files = ["a", "b", "c"].map(|name| format!("schemas/{name}.json"));
    let told = told_of(&files.each_ref().map(|file| (file.as_str(), schema.as_str()))).await;
    assert!(
        told.contains("an application's JSON files are larger than 2097152 bytes together"),
        "{told}"
    );
    assert!(told.contains("schemas/b.json") && told.contains("schemas/c.json"), "{told}");
    assert!(!told.contains("schemas/a.json"), "{told}");
}
