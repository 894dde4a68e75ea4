//! Code with something in front of a file's first line.

use std::ffi::CString;

use rquickjs::{Ctx, Error, Result, Value, qjs};

/// Evaluates a script, not in strict mode, whose third line is the first one of the file. (QuickJS takes line 0 for
/// line 1.)
pub(super) fn two_lines_before<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    mut code: String,
) -> Result<Value<'js>> {
    let file = CString::new(name)?;
    let length = code.len();
    // QuickJS reads up to it, and counts on finding it.
    code.push('\0');
    let version = i32::try_from(qjs::JS_EVAL_OPTIONS_VERSION).unwrap_or_default();
    let eval_flags = i32::try_from(qjs::JS_EVAL_TYPE_GLOBAL).unwrap_or_default();
    let mut options =
        qjs::JSEvalOptions { version, eval_flags, filename: file.as_ptr(), line_num: -1 };
    // SAFETY: the context is live and locked by whoever has a `Ctx`; the code ends with a NUL beyond its length, as
    // the function wants, and code, name and options outlive the call. Its value is owned by whoever asked.
    #[expect(unsafe_code, reason = "rquickjs does not say on which line a script begins")]
    let value = unsafe {
        let raw = ctx.as_raw().as_ptr();
        let value = qjs::JS_Eval2(raw, code.as_ptr().cast(), length as _, &raw mut options);
        if qjs::JS_IsException(value) {
            return Err(Error::Exception);
        }
        Value::from_raw(ctx.clone(), value)
    };
    Ok(value)
}
