//! Streams are read to their end before they are answered: within the limits, all of them.

use crate::support::{Project, get};

const ROUTES: &str = r#"export default async (fastify) => {
  const chunks = async function* (count, size) { for (let at = 0; at < count; at++) yield "x".repeat(size) }
  fastify.get("/whole", (request, reply) => { reply.type("text/csv").send(chunks(10, 1000)) })
  fastify.get("/large", (request, reply) => { reply.send(chunks(1_000_000, 1000)) })
  fastify.get("/endless", (request, reply) => { reply.send((async function* () { for (;;) { await null; yield "" } })()) })
  fastify.get("/stuck", (request, reply) => { reply.send((async function* () { yield "a"; await new Promise(() => {}) })()) })
  fastify.get("/breaks", (request, reply) => { reply.send((async function* () { yield "a"; throw new Error("half way") })()) })
  fastify.get("/", async () => "fine")
}"#;

#[tokio::test]
async fn a_stream_is_answered_whole_or_not_at_all() {
    let project = Project::with_routes(ROUTES);
    let server = project
        .builder()
        .set("limits.response_bytes", "1MB")
        .set("limits.memory", "16MB")
        .set("limits.cpu", "500ms")
        .set("limits.wall", "3s")
        .build()
        .unwrap();
    let whole = get(&server, "acme", "/whole").await;
    assert_eq!((whole.status.as_u16(), whole.text.len()), (200, 10_000));
    assert_eq!(whole.response.headers()["content-type"], "text/csv");
    // Where it fails half way nothing of it has been sent: the answer is the error.
    for (path, status) in [("/large", 500), ("/endless", 500), ("/stuck", 504), ("/breaks", 500)] {
        let answer = get(&server, "acme", path).await;
        // What takes long steps back for whatever else the machine does: where that is much, its wall time is up first.
        let is_late = path == "/endless" && answer.code() == "TENANT_TIMEOUT";
        assert!(is_late || answer.status.as_u16() == status, "{path}: {answer:?}");
        assert!(answer.text.len() < 1000, "{path}");
        assert_eq!(get(&server, "acme", "/").await.text, "fine", "after {path}");
    }
}
