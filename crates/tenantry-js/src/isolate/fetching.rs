//! `native.fetch`: an operation of the isolate's own.

use rquickjs::{Ctx, Result, Value};

use super::convert;
use super::hosted;
use super::realm::Realm;
use crate::Data;
use crate::fetch::{FetchRequest, fetch};
use crate::host::HostError;

/// `native.fetch([method, url, headers, body, redirect])`: the operation's number and a promise.
pub(super) fn start<'js>(ctx: Ctx<'js>, request: Value<'js>) -> Result<Vec<Value<'js>>> {
    let shared = Realm::with(&ctx, |realm| realm.shared.clone());
    let most = shared.limits.result;
    let read_ones = convert::all_from_js(vec![request], most);
    let (mut data, size) = read_ones.map_err(|unfit| hosted::unfit_error(&ctx, &unfit))?;
    let held = hosted::hold(&ctx, &shared, size)?;
    let data = data.pop().unwrap_or_default();
    let policy = shared.fetch.clone();
    let request = read(data, most);
    hosted::begin(&ctx, async move {
        let _held = held;
        match request {
            Some(request) => fetch(policy, request).await,
            None => Err(HostError::new("ERR_FETCH", "fetch failed: the request is none")),
        }
    })
}

fn read(data: Data, most: usize) -> Option<FetchRequest> {
    let Data::List(parts) = data else { return None };
    let [method, url, headers, body, redirect] = <[Data; 5]>::try_from(parts).ok()?;
    let Data::List(headers) = headers else { return None };
    let headers = headers.into_iter().map(|pair| match pair {
        Data::List(pair) => match <[Data; 2]>::try_from(pair).ok()? {
            [Data::Text(name), Data::Text(value)] => Some((name, value)),
            _ => None,
        },
        _ => None,
    });
    Some(FetchRequest {
        method: method.as_text()?.to_owned(),
        url: url.as_text()?.to_owned(),
        headers: headers.collect::<Option<_>>()?,
        body: match body {
            Data::Bytes(body) => Some(body),
            _ => None,
        },
        redirect: redirect.as_text()?.to_owned(),
        most,
    })
}
