//! What the tests share: an engine, isolates with a small prelude, and a host that records.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use tenantry_js::{
    BoxFuture, Data, Engine, EngineConfig, Host, HostError, Isolate, IsolateConfig, JsError,
    Limits, LogEntry, Memory, Script, TaskInfo,
};

/// `eval(code)` runs a tenant's code in global scope and awaits what it gives; `load(name)`
/// imports a module and gives its default export.
pub(crate) const PRELUDE: &str = r#"
host.register('eval', (code) => (0, eval)(code));
host.register('load', async (name) => (await import(name)).default);
host.register('call', async (name, ...args) => (await import(name)).default(...args));
host.module('tools', {
  operation: (name, ...args) => host.operation(name, ...args),
  call: (name, ...args) => host.call(name, ...args),
});
globalThis.four = (name, a, b, c, d) => host.call(name, a, b, c, d);
globalThis.tools = {
  operation: (name, ...args) => host.operation(name, ...args),
  call: (name, ...args) => host.call(name, ...args),
};
"#;

/// Records logs; `echo` gives its arguments back, `fail` an error, `never` nothing, `panic` panics, `wait` waits.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) logs: Mutex<Vec<LogEntry>>,
    pub(crate) ended: Mutex<Vec<u64>>,
    pub(crate) panicked: Mutex<Vec<String>>,
    pub(crate) dropped: Arc<Mutex<usize>>,
}

struct Dropped(Arc<Mutex<usize>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

impl Host for Recorder {
    fn operation(
        &self,
        _task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        let dropped = Dropped(self.dropped.clone());
        match name {
            "echo" => async move { Ok(Data::List(args)) }.boxed(),
            "panic" => async move { panic!("a mistake of the host's") }.boxed(),
            "panic at once" => panic!("a mistake of the host's"),
            "never" => async move {
                let _dropped = dropped;
                std::future::pending().await
            }
            .boxed(),
            "wait" => async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(Data::Undefined)
            }
            .boxed(),
            _ => async move {
                Err(HostError::new("ERR_FAILED", "it failed").with_status(418).with_field("x", 1))
            }
            .boxed(),
        }
    }

    fn call(&self, task: &TaskInfo, name: &str, args: Vec<Data>) -> Result<Data, HostError> {
        match name {
            "echo" => Ok(Data::List(args)),
            "panic" => panic!("a mistake of the host's"),
            "context" => Ok(task
                .context
                .downcast_ref::<String>()
                .map_or(Data::Null, |text| Data::from(text.as_str()))),
            _ => Err(HostError::new("ERR_FAILED", "it failed")),
        }
    }

    fn log(&self, _task: Option<&TaskInfo>, entry: LogEntry) {
        self.logs.lock().unwrap().push(entry);
    }

    fn panicked(&self, _task: &TaskInfo, name: &str) {
        self.panicked.lock().unwrap().push(name.to_owned());
    }

    fn ended(&self, task: &TaskInfo) {
        self.ended.lock().unwrap().push(task.id);
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new(EngineConfig { workers: 2, ..EngineConfig::default() })
}

pub(crate) fn config() -> IsolateConfig {
    let mut config = IsolateConfig::new("acme");
    config.prelude = vec![Script::new("test", PRELUDE)];
    config
}

pub(crate) async fn isolate(engine: &Engine) -> Isolate {
    engine.isolate(config()).await.unwrap()
}

pub(crate) async fn with_modules(engine: &Engine, modules: Memory) -> Isolate {
    let mut config = config();
    config.modules = Arc::new(modules);
    engine.isolate(config).await.unwrap()
}

pub(crate) async fn eval(isolate: &Isolate, code: &str) -> Result<Data, JsError> {
    isolate.run("eval", vec![code.into()], Arc::new(())).await
}

pub(crate) async fn load(isolate: &Isolate, name: &str) -> Result<Data, JsError> {
    isolate.run("load", vec![name.into()], Arc::new(())).await
}

/// With little of everything.
pub(crate) fn tight() -> IsolateConfig {
    let mut config = config();
    config.limits = Limits {
        memory: 16 << 20,
        cpu: Duration::from_millis(100),
        wall: Duration::from_secs(20),
        result: 1 << 20,
        operations: 20,
        ..Limits::default()
    };
    config.host = Arc::new(Recorder::default());
    config
}
