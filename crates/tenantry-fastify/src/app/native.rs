//! Native plugins in an application: registering them, and running what JavaScript asks for.

mod asked;
mod told;
mod users;

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::Extensions;
use serde_json::Value;
use tenantry_js::{Data, HostError, TaskContext};

pub(super) use self::users::Known;
use self::users::Users;
use super::host::{index, text};
use crate::native::{
    HandlerFn, HookItem, NativeError, NativePlugin, Reply, Tenant, filled, ordered, watched,
};
use crate::{LoadError, PartError};

/// The most bytes of JSON that a configuration may have where there are plugins: as a value it is up to ninety times as
/// large, in each isolate, and no limit counts it.
const MOST_CONFIG: usize = 256 << 10;

/// The plugins of one application, and what they have registered in it.
pub(super) struct Natives {
    plugins: Vec<Arc<dyn NativePlugin>>,
    id: Arc<str>,
    extensions: Extensions,
    /// The tenant's configuration, where that is no code.
    config: Option<Value>,
    /// Once the tenant's configuration is known.
    registered: OnceLock<Registered>,
    failure: Mutex<Option<LoadError>>,
    users: Users,
}

struct Registered {
    tenant: Tenant,
    /// By the numbers JavaScript knows them by.
    functions: Vec<Function>,
}

#[derive(Clone)]
struct Function {
    /// Whose it is.
    plugin: Arc<str>,
    code: Code,
}

#[derive(Clone)]
enum Code {
    Hook(HookItem),
    Handler(HandlerFn),
}

impl Natives {
    /// # Errors
    ///
    /// [`LoadError::Native`], where a plugin is there twice, or one that it depends on is not.
    pub(super) fn new(
        plugins: &[Arc<dyn NativePlugin>],
        id: Arc<str>,
        extensions: Extensions,
    ) -> Result<Self, LoadError> {
        let (plugins, registered) = (ordered(plugins)?, OnceLock::new());
        let (failure, users) = (Mutex::default(), Users::default());
        Ok(Self { plugins, id, extensions, config: None, registered, failure, users })
    }

    /// They are told this configuration, and not what JavaScript has made of it.
    pub(super) fn goes_by(&mut self, config: Option<Value>) {
        self.config = config.filter(|_| !self.plugins.is_empty());
    }

    /// The plugins' names, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        self.plugins.iter().map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Why a plugin could not be registered.
    pub(super) fn failure(&self) -> Option<LoadError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps whom the edge has identified, where a plugin may ask for that, until what is given is dropped.
    pub(super) fn identified(&self, number: u64, user: Option<Value>) -> Option<Known> {
        let user = user.filter(|_| !self.plugins.is_empty())?;
        Some(self.users.keep(number, user))
    }

    /// `native.register(config)`: what each plugin adds, in their order.
    pub(super) fn register(&self, args: &[Data]) -> Result<Data, HostError> {
        let config = text(args, 0)?;
        if config.len() > MOST_CONFIG {
            return Err(self.fail(too_large()));
        }
        let told = || serde_json::from_str(config).unwrap_or_default();
        let config = self.config.clone().unwrap_or_else(told);
        let tenant = Tenant::new(self.id.clone(), config, self.extensions.clone());
        let mut functions = Vec::new();
        let mut told = Vec::with_capacity(self.plugins.len());
        for plugin in &self.plugins {
            match filled(&**plugin, &tenant) {
                Ok(scope) => {
                    told.push(told::scope(scope, &plugin.name().into(), &mut functions));
                }
                Err(error) => return Err(self.fail(error)),
            }
        }
        match self.registered.set(Registered { tenant, functions }) {
            Ok(()) => Ok(Data::Json(serde_json::Value::from(told).to_string())),
            Err(_) => Err(HostError::new("ERR_NATIVE", "the plugins are registered already")),
        }
    }

    /// `native.failed(plugin, message)`: what a plugin adds cannot be added.
    pub(super) fn failed(&self, args: &[Data]) -> Result<Data, HostError> {
        let (plugin, message) = (text(args, 0)?.to_owned(), text(args, 1)?.to_owned());
        self.fail(LoadError::Native { plugin, message });
        Ok(Data::Undefined)
    }

    fn fail(&self, error: LoadError) -> HostError {
        let told = HostError::new("ERR_NATIVE", error.to_string());
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        told
    }

    /// `native.run(id, head, headers, params, body, properties, …)`: what comes after these is what the kind of hook
    /// gets beside the request.
    pub(super) fn run(
        &self,
        args: Vec<Data>,
        context: TaskContext,
    ) -> impl Future<Output = Result<Data, HostError>> + Send + use<> {
        let found = self.registered.get().and_then(|Registered { tenant, functions }| {
            let function = functions.get(index(&args, 0).ok()?)?;
            Some((function.clone(), tenant.clone()))
        });
        let users = self.users.clone();
        async move {
            let Some((Function { plugin, code }, tenant)) = found else {
                return Err(HostError::new("ERR_NATIVE", "there is no such function"));
            };
            let what = code.name();
            let run = code.run(args, tenant.clone(), &users, context);
            match watched(&tenant, &plugin, what, run).await {
                Ok(done) => done.map_err(|NativeError { status, code, message }| {
                    HostError::new(code, message).with_status(status.as_u16())
                }),
                // Whoever runs operations answers it, and counts it.
                Err(panic) => resume_unwind(panic),
            }
        }
    }
}

fn too_large() -> LoadError {
    let message = format!(
        "the configuration is larger than the {MOST_CONFIG} bytes of JSON it may have where there are native plugins"
    );
    let (part, file) = ("config".to_owned(), String::new());
    LoadError::Parts(vec![PartError { part, file, line: None, column: None, message }])
}

impl Code {
    /// A hook as Fastify calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::Hook(hook) => hook.name(),
            Self::Handler(_) => "route",
        }
    }

    async fn run(
        self,
        mut args: Vec<Data>,
        tenant: Tenant,
        users: &Users,
        context: TaskContext,
    ) -> Result<Data, NativeError> {
        let request = asked::request(&mut args, tenant, users, context);
        match self {
            Self::Handler(run) => {
                let Reply { response } = run(request).await?;
                Ok(told::response(response))
            }
            Self::Hook(HookItem::Request(_, run)) => Ok(told::flow(run(request).await?)),
            Self::Hook(HookItem::PreSerialization(run)) => {
                let replaced = run(request, asked::payload(&args)).await?;
                Ok(replaced.map_or(Data::Undefined, |payload| Data::Json(payload.to_string())))
            }
            Self::Hook(HookItem::OnSend(run)) => {
                let before = asked::outgoing(&mut args);
                let after = run(request, before.clone()).await?;
                Ok(told::changes(&before, after))
            }
            Self::Hook(HookItem::OnError(run)) => {
                run(request, asked::error(&args)).await;
                Ok(Data::Undefined)
            }
        }
    }
}
