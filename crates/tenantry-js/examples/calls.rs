//! Calls a second: `cargo run --release -p tenantry-js --example calls [isolates] [clients]`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenantry_js::{Data, Engine, EngineConfig, IsolateConfig, Script};

const PRELUDE: &str = r"
host.register('dispatch', async (method, url, headers) => JSON.stringify({ hello: url.length }));
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>().unwrap_or(1));
    let isolates = args.next().unwrap_or(1);
    let clients = args.next().unwrap_or(64);
    let engine = Engine::new(EngineConfig::default());
    let mut made = Vec::new();
    let began = Instant::now();
    for number in 0..isolates {
        let mut config = IsolateConfig::new(format!("bench-{number}"));
        config.prelude = vec![Script::new("bench", PRELUDE)];
        made.push(engine.isolate(config).await?);
    }
    println!("{isolates} isolates made in {:?}", began.elapsed());
    println!("heap of the first: {} KiB", made[0].stats().memory / 1024);
    let until = Instant::now() + Duration::from_secs(3);
    let mut running = Vec::new();
    for client in 0..clients {
        let isolate = made[client % isolates].clone();
        running.push(tokio::spawn(async move {
            let context = Arc::new(());
            let mut calls = 0u64;
            while Instant::now() < until {
                let headers = Data::List(vec!["host".into(), "localhost".into()]);
                let args = vec!["GET".into(), "/users/7".into(), headers];
                let answer = isolate.run("dispatch", args, context.clone()).await;
                assert_eq!(answer, Ok(Data::from("{\"hello\":8}")));
                calls += 1;
                tokio::task::yield_now().await;
            }
            calls
        }));
    }
    let began = Instant::now();
    let mut calls = 0;
    for client in running {
        calls += client.await.unwrap_or(0);
    }
    println!("{:.0} calls/s", calls as f64 / began.elapsed().as_secs_f64());
    Ok(())
}
