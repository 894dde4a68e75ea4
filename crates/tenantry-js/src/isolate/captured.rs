//! Intrinsics as they were before any tenant's code ran.

use std::sync::LazyLock;

use rquickjs::function::Constructor;
use rquickjs::{Ctx, Function, Object, Result};

use super::bytecode;
use super::json::Plain;
use crate::Script;

/// What the program calls in an isolate, whatever a tenant's code has made of the globals.
pub(super) struct Captured<'js> {
    pub(super) to_well_formed: Function<'js>,
    pub(super) big_int: Function<'js>,
    pub(super) date: Constructor<'js>,
    pub(super) date_prototype: Object<'js>,
    pub(super) date_value: Function<'js>,
    pub(super) object_prototype: Object<'js>,
    pub(super) view_buffer: Function<'js>,
    pub(super) plain: Plain<'js>,
}

impl<'js> Captured<'js> {
    /// Of a fresh context.
    pub(super) fn new(ctx: &Ctx<'js>) -> Result<Self> {
        static SCRIPT: LazyLock<Script> =
            LazyLock::new(|| Script::new("captured", include_str!("../../js/captured.js")));
        let script = bytecode::plain_script(ctx, "prelude:captured", &SCRIPT)?;
        let (module, promise) = script.eval()?;
        promise.finish::<()>()?;
        let functions = module.namespace()?;
        let globals = ctx.globals();
        let date: Constructor<'js> = globals.get("Date")?;
        let object: Object<'js> = globals.get("Object")?;
        Ok(Self {
            to_well_formed: functions.get("toWellFormed")?,
            big_int: globals.get("BigInt")?,
            date_prototype: date.get("prototype")?,
            date,
            date_value: functions.get("dateValue")?,
            object_prototype: object.get("prototype")?,
            view_buffer: functions.get("bytesOf")?,
            plain: Plain::new(ctx)?,
        })
    }
}
