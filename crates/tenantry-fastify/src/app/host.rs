//! What the application's JavaScript asks of Rust: its router, schemas. All else is passed on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tenantry_js::{BoxFuture, Data, Host, HostError, LogEntry, TaskContext, TaskInfo};

use super::native::{Known, Natives};
use super::schemas::SchemaTable;
use super::under_way::UnderWay;
use crate::LoadError;
use crate::files::PublicFolder;
use crate::router::{AddError, Lookup, Router, RouterOptions};

/// The host of an application's isolate.
pub(super) struct AppHost {
    outer: Arc<dyn Host>,
    routers: Mutex<Vec<Router>>,
    schemas: SchemaTable,
    natives: Natives,
    public: Option<PublicFolder>,
    under_way: UnderWay,
}

impl AppHost {
    pub(super) fn new(
        outer: Arc<dyn Host>,
        natives: Natives,
        public: Option<PublicFolder>,
    ) -> Self {
        let (routers, schemas) = (Mutex::default(), SchemaTable::default());
        Self { outer, routers, schemas, natives, public, under_way: UnderWay::new() }
    }

    /// The requests under way.
    pub(super) fn under_way(&self) -> &UnderWay {
        &self.under_way
    }

    fn routers(&self) -> MutexGuard<'_, Vec<Router>> {
        self.routers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a request's user for native plugins, until what is given is dropped.
    pub(super) fn identified(&self, number: u64, user: Option<Value>) -> Option<Known> {
        self.natives.identified(number, user)
    }

    /// Why a native plugin could not be registered.
    pub(super) fn native_failure(&self) -> Option<LoadError> {
        self.natives.failure()
    }

    /// A copy of a router, as it is now.
    pub(super) fn router(&self, number: usize) -> Option<Router> {
        self.routers().get(number).cloned()
    }

    fn read_file(&self, args: Vec<Data>) -> BoxFuture<'static, Result<Data, HostError>> {
        let folder = self.public.clone();
        Box::pin(async move {
            let path = text(&args, 0)?.to_owned();
            match folder {
                Some(folder) => {
                    folder.read(path, args.into_iter().nth(1).unwrap_or_default()).await
                }
                None => Ok(Data::Null),
            }
        })
    }

    fn route(&self, name: &str, args: &[Data]) -> Result<Data, HostError> {
        if name == "router.new" {
            let options: RouterOptions = serde_json::from_str(text(args, 0)?)
                .map_err(|error| HostError::new("ERR_ROUTER_OPTIONS", error.to_string()))?;
            let mut routers = self.routers();
            if routers.len() >= MOST_ROUTERS {
                let message = format!("more than {MOST_ROUTERS} applications are made");
                return Err(HostError::new("ERR_TOO_MANY_ROUTERS", message));
            }
            routers.push(Router::new(options));
            return Ok(number(routers.len() - 1));
        }
        let mut routers = self.routers();
        let router = routers
            .get_mut(index(args, 0)?)
            .ok_or_else(|| HostError::new("ERR_ROUTER", "there is no such router"))?;
        match name {
            "router.add" => Ok(add(router, index(args, 1)?, text(args, 2)?, text(args, 3)?)),
            "router.forget" => {
                router.forget(target(index(args, 1)?));
                Ok(Data::Undefined)
            }
            "router.has" => Ok(Data::Bool(router.has(text(args, 1)?, text(args, 2)?))),
            "router.print" => Ok(Data::Text(router.print())),
            "router.find" => Ok(find(router, text(args, 1)?, text(args, 2)?)),
            _ => Err(HostError::new("ERR_HOST_UNKNOWN", format!("there is no {name}"))),
        }
    }
}

/// A tenant's code may make applications of its own, to a bound.
const MOST_ROUTERS: usize = 100;

/// Names of parameters, or text that says why not.
fn add(router: &mut Router, index: usize, methods: &str, path: &str) -> Data {
    let target = target(index);
    // All of them or none.
    let before = methods.contains(',').then(|| router.clone());
    let mut names = Vec::new();
    for method in methods.split(',') {
        match router.add(method, path, target) {
            Ok(found) => names = found,
            Err(error) => {
                if let Some(before) = before {
                    *router = before;
                }
                let kind = match error {
                    AddError::Duplicate(_) => "DUPLICATE",
                    AddError::Invalid(_) => "INVALID",
                };
                return Data::Text(format!("{kind} {error}"));
            }
        }
    }
    Data::List(names.into_iter().map(Data::Text).collect())
}

fn find(router: &Router, method: &str, url: &str) -> Data {
    match router.find(method, crate::router::path_of(url)) {
        Lookup::Found { target, params } => {
            Data::List(vec![Data::from(target), super::request::values(params)])
        }
        Lookup::NotFound => Data::Null,
        Lookup::BadUrl => Data::Text(format!("400\n{}", super::table::bad_url(url))),
        Lookup::TooLong => Data::Text(format!("414\n{}", super::table::too_long(url))),
    }
}

pub(super) fn text(args: &[Data], at: usize) -> Result<&str, HostError> {
    args.get(at).and_then(Data::as_text).ok_or_else(|| wrong(at, "text"))
}

pub(super) fn index(args: &[Data], at: usize) -> Result<usize, HostError> {
    let number = args.get(at).and_then(Data::as_number).ok_or_else(|| wrong(at, "a number"))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    if number >= 0.0 && number < f64::from(u32::MAX) && number.fract() == 0.0 {
        Ok(number as usize)
    } else {
        Err(wrong(at, "a small whole number"))
    }
}

/// A request's number.
fn request(args: &[Data]) -> Result<u64, HostError> {
    let number = args.first().and_then(Data::as_number).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    if (1.0..MOST_WHOLE).contains(&number) && number.fract() == 0.0 {
        Ok(number as u64)
    } else {
        Err(wrong(0, "a request's number"))
    }
}

/// Up to this, 2^53, a number of JavaScript's is a whole one.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

fn wrong(at: usize, expected: &str) -> HostError {
    HostError::new("ERR_HOST_ARGUMENT", format!("argument {at} is not {expected}"))
}

fn target(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn number(index: usize) -> Data {
    Data::from(target(index))
}

impl Host for AppHost {
    fn operation(
        &self,
        task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        if name == "files.read" {
            return self.read_file(args);
        }
        if name == "native.run" {
            return Box::pin(self.natives.run(args, task.context.clone()));
        }
        self.outer.operation(task, name, args)
    }

    fn call(&self, task: &TaskInfo, name: &str, args: Vec<Data>) -> Result<Data, HostError> {
        if name.starts_with("router.") {
            return self.route(name, &args);
        }
        if name.starts_with("schema.") {
            return self.schemas.call(name, &args);
        }
        if name == "native.register" {
            return self.natives.register(&args);
        }
        if name == "native.failed" {
            return self.natives.failed(&args);
        }
        if name == "request.ask" {
            return Ok(Data::Bool(self.under_way.ask(request(&args)?)));
        }
        if name == "request.is_under_way" {
            return Ok(Data::Bool(self.under_way.has(request(&args)?)));
        }
        self.outer.call(task, name, args)
    }

    fn log(&self, task: Option<&TaskInfo>, entry: LogEntry) {
        self.outer.log(task, entry);
    }

    fn refused(&self, task: Option<&TaskInfo>, what: &str) {
        self.outer.refused(task, what);
    }

    fn panicked(&self, task: &TaskInfo, name: &str) {
        self.outer.panicked(task, name);
    }

    fn ended(&self, task: &TaskInfo) {
        self.outer.ended(task);
    }

    fn renewed(&self, context: &TaskContext) -> TaskContext {
        self.outer.renewed(context)
    }
}
