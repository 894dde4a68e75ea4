//! What JavaScript is told of native plugins, and of what their code gives.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde_json::{Map, Value, json};
use tenantry_js::Data;

use super::{Code, Function};
use crate::native::{Flow, Item, Outgoing, Reply, Scope};

/// What a plugin's scope adds, in order; its functions are told by their numbers in the list. Each item has all that
/// its kind has: what is not there could be inherited.
pub(super) fn scope(scope: Scope, plugin: &Arc<str>, functions: &mut Vec<Function>) -> Value {
    let mut items = Vec::with_capacity(scope.items.len());
    for item in scope.items {
        items.push(match item {
            Item::Decorate(name, value) => {
                json!({ "kind": "decorate", "name": name, "value": value })
            }
            Item::Schema(schema) => json!({ "kind": "schema", "schema": schema }),
            Item::Hook(hook) => json!({
                "kind": "hook",
                "hook": hook.name(),
                "id": keep(functions, plugin, Code::Hook(hook)),
            }),
            Item::Route(route) => json!({
                "kind": "route",
                "method": route.method,
                "path": route.path,
                "id": keep(functions, plugin, Code::Handler(route.handler)),
            }),
            Item::Scope { prefix, inner } => {
                let items = self::scope(inner, plugin, functions);
                json!({ "kind": "scope", "prefix": prefix, "items": items })
            }
        });
    }
    Value::Array(items)
}

fn keep(functions: &mut Vec<Function>, plugin: &Arc<str>, code: Code) -> usize {
    functions.push(Function { plugin: Arc::clone(plugin), code });
    functions.len() - 1
}

/// How the request goes on.
pub(super) fn flow(flow: Flow) -> Data {
    match flow {
        Flow::GoOn { headers, properties } => {
            if headers.is_empty() && properties.is_empty() {
                return Data::Undefined;
            }
            let properties: Map<String, Value> = properties.into_iter().collect();
            Data::Map(vec![
                ("headers".to_owned(), all(&headers)),
                ("properties".to_owned(), Data::Json(Value::Object(properties).to_string())),
            ])
        }
        Flow::Answer(Reply { response }) => self::response(response),
    }
}

/// A whole answer.
pub(super) fn response(response: Response<Bytes>) -> Data {
    let (parts, body) = response.into_parts();
    Data::Map(vec![
        ("status".to_owned(), Data::Number(f64::from(parts.status.as_u16()))),
        ("headers".to_owned(), all(&parts.headers)),
        ("body".to_owned(), text_or_bytes(body)),
    ])
}

/// What is to be changed in an answer.
pub(super) fn changes(before: &Outgoing, after: Outgoing) -> Data {
    let mut changes = Vec::new();
    if after.status != before.status {
        changes.push(("status".to_owned(), Data::Number(f64::from(after.status.as_u16()))));
    }
    let headers = changed(&before.headers, &after.headers);
    if !headers.is_empty() {
        changes.push(("headers".to_owned(), Data::List(headers)));
    }
    if let Some(payload) = after.payload
        && before.payload.as_ref() != Some(&payload)
    {
        changes.push(("payload".to_owned(), text_or_bytes(payload)));
    }
    if changes.is_empty() { Data::Undefined } else { Data::Map(changes) }
}

/// Names of headers that are others now, each with a list of its values after it.
fn changed(before: &HeaderMap, after: &HeaderMap) -> Vec<Data> {
    let mut list = Vec::new();
    let added = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(added) {
        if after.get_all(name) != before.get_all(name) {
            push(&mut list, name, after);
        }
    }
    list
}

fn text_or_bytes(body: Bytes) -> Data {
    match std::str::from_utf8(&body) {
        Ok(text) => Data::Text(text.to_owned()),
        Err(_) => Data::Bytes(body),
    }
}

/// All names of headers, each with a list of its values after it.
fn all(headers: &HeaderMap) -> Data {
    let mut list = Vec::with_capacity(headers.keys_len() * 2);
    for name in headers.keys() {
        push(&mut list, name, headers);
    }
    Data::List(list)
}

fn push(list: &mut Vec<Data>, name: &HeaderName, headers: &HeaderMap) {
    list.push(Data::from(name.as_str()));
    list.push(Data::List(headers.get_all(name).iter().map(latin1).collect()));
}

/// A header's bytes, one character each.
fn latin1(value: &HeaderValue) -> Data {
    Data::Text(value.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}
