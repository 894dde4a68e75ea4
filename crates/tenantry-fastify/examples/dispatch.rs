//! How long a request takes without a network: router, isolate, JavaScript, answer.
//!
//! `cargo run --release -p tenantry-fastify --example dispatch [path]`

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use tenantry_fastify::{App, AppConfig, Manifest, ModuleRef, RequestInfo, TenantInfo};
use tenantry_js::{Engine, EngineConfig, Memory, TaskContext};

const ROUTES: &str = "export default async function (fastify) {
  fastify.get('/json', async () => ({ hello: 'world' }));
  fastify.get('/sync', () => ({ hello: 'world' }));
  fastify.get('/users/:id', async (request) => ({ id: request.params.id, page: request.query.page }));
  fastify.post('/echo', async (request) => request.body);
  fastify.register(async (inner) => {
    inner.addHook('onRequest', async () => {});
    inner.addHook('preHandler', async (request, reply) => { reply.header('x-api-version', '1.0.0'); });
    inner.get('/hooked', async (request) => ({ agent: request.headers['user-agent'] }));
  });
}";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(EngineConfig::default());
    let mut config = AppConfig::new(TenantInfo::new("acme"));
    config.modules = Arc::new(Memory::new().with("routes.mjs", ROUTES));
    config.manifest =
        Manifest { routes: vec![ModuleRef::new("routes", "routes.mjs")], ..Manifest::default() };
    let context: TaskContext = Arc::new(());
    let begun = Instant::now();
    let app = App::load(&engine, config.clone(), context.clone()).await?;
    println!("first load {:?}", begun.elapsed());
    let begun = Instant::now();
    let _second = App::load(&engine, config, context.clone()).await?;
    println!("second load {:?}, {} KiB", begun.elapsed(), app.stats().memory / 1024);
    let only = std::env::args().nth(1);
    for path in ["/json", "/sync", "/users/7?page=2", "/hooked"] {
        if only.as_deref().is_some_and(|only| only != path) {
            continue;
        }
        let cpu = app.stats().cpu;
        let mut clients = Vec::new();
        let until = Instant::now() + Duration::from_secs(2);
        for _ in 0..8 {
            let (app, context) = (app.clone(), context.clone());
            clients.push(tokio::spawn(async move {
                let mut done = 0_u32;
                while Instant::now() < until {
                    let response = app.handle(request(path), info(), context.clone()).await;
                    assert_eq!(response.status(), 200);
                    done += 1;
                }
                done
            }));
        }
        let mut done = 0;
        for client in clients {
            done += client.await?;
        }
        let used = app.stats().cpu - cpu;
        println!(
            "{path:18} {:8.0} requests/s, {:5.2} us of the isolate each",
            f64::from(done) / 2.0,
            used.as_secs_f64() * 1e6 / f64::from(done)
        );
    }
    Ok(())
}

fn info() -> RequestInfo {
    RequestInfo { id: "req-1".to_owned(), ip: Some([127, 0, 0, 1].into()), ..Default::default() }
}

fn request(path: &str) -> Request<Bytes> {
    Request::get(path)
        .header("host", "acme.example.com")
        .header("user-agent", "oha/1.0")
        .header("accept", "*/*")
        .header("accept-encoding", "gzip")
        .body(Bytes::new())
        .expect("a request")
}
