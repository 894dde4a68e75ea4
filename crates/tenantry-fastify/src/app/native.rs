//! Native plugins in an application: registering them, and running what JavaScript asks for.

mod asked;
mod told;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::Extensions;
use tenantry_js::{Data, HostError, TaskContext};

use super::host::{index, text};
use crate::LoadError;
use crate::native::{
    HandlerFn, HookItem, NativeError, NativePlugin, Reply, Tenant, filled, ordered,
};

/// The plugins of one application, and what they have registered in it.
pub(super) struct Natives {
    plugins: Vec<Arc<dyn NativePlugin>>,
    id: Arc<str>,
    extensions: Extensions,
    /// Once the tenant's configuration is known.
    registered: OnceLock<Registered>,
    failure: Mutex<Option<LoadError>>,
}

struct Registered {
    tenant: Tenant,
    /// By the numbers JavaScript knows them by.
    functions: Vec<Function>,
}

#[derive(Clone)]
enum Function {
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
        Ok(Self { plugins, id, extensions, registered, failure: Mutex::default() })
    }

    /// The plugins' names, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        self.plugins.iter().map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Why a plugin could not be registered.
    pub(super) fn failure(&self) -> Option<LoadError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// `native.register(config)`: what each plugin adds, in their order.
    pub(super) fn register(&self, args: &[Data]) -> Result<Data, HostError> {
        let config = serde_json::from_str(text(args, 0)?).unwrap_or_default();
        let tenant = Tenant::new(self.id.clone(), config, self.extensions.clone());
        let mut functions = Vec::new();
        let mut told = Vec::with_capacity(self.plugins.len());
        for plugin in &self.plugins {
            match filled(&**plugin, &tenant) {
                Ok(scope) => told.push(told::scope(scope, &mut functions)),
                Err(error) => return Err(self.fail(error)),
            }
        }
        match self.registered.set(Registered { tenant, functions }) {
            Ok(()) => Ok(Data::Json(serde_json::Value::from(told).to_string())),
            Err(_) => Err(HostError::new("ERR_NATIVE", "the plugins are registered already")),
        }
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
        async move {
            let Some((function, tenant)) = found else {
                return Err(HostError::new("ERR_NATIVE", "there is no such function"));
            };
            let done = function.run(args, tenant, context).await;
            done.map_err(|NativeError { status, code, message }| {
                HostError::new(code, message).with_status(status.as_u16())
            })
        }
    }
}

impl Function {
    async fn run(
        self,
        mut args: Vec<Data>,
        tenant: Tenant,
        context: TaskContext,
    ) -> Result<Data, NativeError> {
        let request = asked::request(&mut args, tenant, context);
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
