//! What a task came to.

use rquickjs::{Ctx, Error, Promise, Value};

use super::convert::{self, Unfit};
use super::realm::Realm;
use super::thrown;
use crate::{Data, JsError, JsErrorKind};

/// What a task came to: a value, or why there is none.
pub(super) type Outcome = Result<Data, JsError>;

/// The result of a promise, when it is settled.
pub(super) fn settled<'js>(
    ctx: &Ctx<'js>,
    promise: &Promise<'js>,
    limit: usize,
) -> Option<Outcome> {
    let result = promise.result::<Value<'js>>()?;
    Realm::with(ctx, |realm| {
        realm.rejections.borrow_mut().retain(|(known, _)| known != promise.as_value());
    });
    match result {
        Ok(value) => Some(read(ctx, value, limit)),
        Err(error) => Some(Err(thrown::caught(ctx, error))),
    }
}

/// A value as it leaves JavaScript.
pub(super) fn read<'js>(ctx: &Ctx<'js>, value: Value<'js>, limit: usize) -> Outcome {
    convert::from_js(value, limit).map_err(|unfit| match unfit {
        Unfit::Thrown => thrown::caught(ctx, Error::Exception),
        other => JsError::new(JsErrorKind::Result, other.to_string()),
    })
}
