//! Bytes out of JavaScript's buffers.

use bytes::Bytes;
use rquickjs::{ArrayBuffer, TypedArray};

/// A copy of a buffer's bytes; `None` when it is detached.
pub(super) fn copy_buffer(buffer: &ArrayBuffer<'_>) -> Option<Bytes> {
    // SAFETY: the slice is copied before JavaScript can run again and resize or detach the buffer.
    #[expect(unsafe_code, reason = "rquickjs lends a buffer's bytes only so")]
    let bytes = unsafe { buffer.as_bytes() };
    bytes.map(Bytes::copy_from_slice)
}

/// A copy of a view's bytes; `None` when its buffer is detached.
pub(super) fn copy_view(view: &TypedArray<'_, u8>) -> Option<Bytes> {
    // SAFETY: the slice is copied before JavaScript can run again and resize or detach the buffer.
    #[expect(unsafe_code, reason = "rquickjs lends a view's bytes only so")]
    let bytes = unsafe { view.as_bytes() };
    bytes.map(Bytes::copy_from_slice)
}
