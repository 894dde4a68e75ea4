//! Native plugins in an application: what JavaScript is told of them, and running what it asks for.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde_json::{Map, Value, json};
use tenantry_js::{Data, HostError, TaskContext};

use crate::LoadError;
use crate::native::{
    Flow, HandlerFn, HookFn, Item, NativeError, NativePlugin, NativeRequest, Reply, RequestParts,
    Scope, ordered,
};

/// Hooks and handlers by the numbers JavaScript knows them by.
#[derive(Default)]
pub(super) struct Natives {
    functions: Vec<Function>,
    tenant: Arc<str>,
}

#[derive(Clone)]
enum Function {
    Hook(HookFn),
    Handler(HandlerFn),
}

impl Natives {
    /// Registers the plugins; with what JavaScript is told of them, in order.
    pub(super) fn register(
        plugins: &[Arc<dyn NativePlugin>],
        tenant: Arc<str>,
    ) -> Result<(Self, Vec<Value>), LoadError> {
        let mut natives = Self { functions: Vec::new(), tenant };
        let filled = ordered(plugins)?.into_iter();
        let told = filled
            .map(|(name, scope)| json!({ "name": name, "items": natives.tell(scope) }))
            .collect();
        Ok((natives, told))
    }

    fn tell(&mut self, scope: Scope) -> Vec<Value> {
        let items = scope.items.into_iter();
        items
            .map(|item| match item {
                Item::Decorate(name, value) => json!({ "decorate": name, "value": value }),
                Item::Schema(schema) => json!({ "schema": schema }),
                Item::Hook(hook, run) => {
                    json!({ "hook": hook.name(), "id": self.keep(Function::Hook(run)) })
                }
                Item::Route(route) => json!({
                    "method": route.method,
                    "path": route.path,
                    "id": self.keep(Function::Handler(route.handler)),
                }),
                Item::Scope { prefix, inner } => {
                    json!({ "prefix": prefix, "scope": self.tell(inner) })
                }
            })
            .collect()
    }

    fn keep(&mut self, function: Function) -> usize {
        self.functions.push(function);
        self.functions.len() - 1
    }

    /// `native.run(id, head, headers, params, body, properties)`.
    pub(super) fn run(
        &self,
        args: Vec<Data>,
        context: TaskContext,
    ) -> impl Future<Output = Result<Data, HostError>> + Send + use<> {
        let function =
            super::host::index(&args, 0).ok().and_then(|id| self.functions.get(id).cloned());
        let request = read(args, self.tenant.clone(), context);
        async move {
            let done = match function {
                Some(Function::Hook(run)) => run(request).await.map(told_flow),
                Some(Function::Handler(run)) => {
                    run(request).await.map(|Reply { response }| told_response(response))
                }
                None => return Err(HostError::new("ERR_NATIVE", "there is no such function")),
            };
            done.map_err(|NativeError { status, code, message }| {
                HostError::new(code, message).with_status(status.as_u16())
            })
        }
    }
}

fn text(args: &[Data], at: usize) -> &str {
    args.get(at).and_then(Data::as_text).unwrap_or_default()
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn read(args: Vec<Data>, tenant: Arc<str>, context: TaskContext) -> NativeRequest {
    let head: Vec<&str> = text(&args, 1).split('\n').collect();
    let part = |at: usize| head.get(at).copied().unwrap_or_default();
    let mut headers = HeaderMap::new();
    let mut lines = text(&args, 2).split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        let bytes: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
        if let (Ok(name), Some(Ok(value))) =
            (HeaderName::from_bytes(name.as_bytes()), bytes.map(|it| HeaderValue::from_bytes(&it)))
        {
            headers.append(name, value);
        }
    }
    let mut properties = object(text(&args, 5));
    if let Ok(user) = serde_json::from_str::<Value>(part(8)) {
        properties.entry("user").or_insert(user);
    }
    RequestParts {
        method: Method::from_bytes(part(5).as_bytes()).unwrap_or_default(),
        url: part(6).to_owned(),
        id: part(1).to_owned(),
        headers,
        params: object(text(&args, 3)),
        body: match args.into_iter().nth(4) {
            Some(Data::Text(text)) => Bytes::from(text),
            Some(Data::Bytes(bytes)) => bytes,
            _ => Bytes::new(),
        },
        properties,
        tenant,
        context,
    }
    .into()
}

fn lines(headers: &HeaderMap) -> Data {
    let mut list = Vec::with_capacity(headers.len() * 2);
    for (name, value) in headers {
        list.push(Data::from(name.as_str()));
        list.push(Data::Text(value.as_bytes().iter().map(|byte| char::from(*byte)).collect()));
    }
    Data::List(list)
}

fn told_flow(flow: Flow) -> Data {
    match flow {
        Flow::GoOn { headers, properties } => {
            if headers.is_empty() && properties.is_empty() {
                return Data::Undefined;
            }
            let properties: Map<String, Value> = properties.into_iter().collect();
            Data::Map(vec![
                ("headers".to_owned(), lines(&headers)),
                ("properties".to_owned(), Data::Json(Value::Object(properties).to_string())),
            ])
        }
        Flow::Answer(Reply { response }) => told_response(response),
    }
}

fn told_response(response: Response<Bytes>) -> Data {
    let (parts, body) = response.into_parts();
    let body = match String::from_utf8(body.to_vec()) {
        Ok(text) => Data::Text(text),
        Err(_) => Data::Bytes(body),
    };
    Data::Map(vec![
        ("status".to_owned(), Data::Number(f64::from(parts.status.as_u16()))),
        ("headers".to_owned(), lines(&parts.headers)),
        ("body".to_owned(), body),
    ])
}
