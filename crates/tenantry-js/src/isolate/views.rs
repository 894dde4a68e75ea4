//! Bytes out of JavaScript's buffers.

use bytes::Bytes;
use rquickjs::{Ctx, Object, Result, TypedArray, Value};

use super::realm::Realm;

/// A copy of a view's bytes; `None` when its buffer is detached.
fn copy_view(view: &TypedArray<'_, u8>) -> Option<Bytes> {
    // SAFETY: the slice is copied before JavaScript can run again and resize or detach the buffer.
    #[expect(unsafe_code, reason = "rquickjs lends a view's bytes only so")]
    let bytes = unsafe { view.as_bytes() };
    bytes.map(Bytes::copy_from_slice)
}

/// A copy of the bytes of a buffer, or of any view of one; `None` when it is neither, or detached.
pub(super) fn copy<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> Result<Option<Bytes>> {
    if let Ok(view) = TypedArray::<u8>::from_object(object.clone()) {
        return Ok(copy_view(&view));
    }
    let view = Realm::with(ctx, |realm| realm.captured.view_buffer.clone());
    let view: Value<'js> = view.call((object.clone(),))?;
    Ok(match view.into_object().map(TypedArray::<u8>::from_object) {
        Some(Ok(view)) => copy_view(&view),
        _ => None,
    })
}
