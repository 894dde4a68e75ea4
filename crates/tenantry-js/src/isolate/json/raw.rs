//! Values looked at without running anything: what rquickjs does not have.
//!
//! Every value that is given is one of the context's, and live: an owner of it is on the stack. What is asked here of
//! QuickJS runs no code of a tenant's for objects that are neither proxies nor of another exotic kind, which the caller has
//! made sure of by their class.
#![expect(unsafe_code, reason = "rquickjs reads properties by running getters only")]

use std::mem::MaybeUninit;
use std::{ptr, slice, str};

use rquickjs::atom::PredefinedAtom;
use rquickjs::{Ctx, qjs};

/// What a value is, as far as JSON tells values apart.
pub(super) enum Kind {
    /// `undefined`, a symbol.
    Absent,
    Null,
    Bool(bool),
    Int(i32),
    Float(f64),
    Text,
    Object,
    Other,
}

pub(super) fn kind(value: qjs::JSValue) -> Kind {
    // SAFETY: each reads the part of the value that its tag says is there.
    unsafe {
        match qjs::JS_VALUE_GET_NORM_TAG(value) {
            qjs::JS_TAG_UNDEFINED | qjs::JS_TAG_SYMBOL => Kind::Absent,
            qjs::JS_TAG_NULL => Kind::Null,
            qjs::JS_TAG_BOOL => Kind::Bool(qjs::JS_VALUE_GET_BOOL(value)),
            qjs::JS_TAG_INT => Kind::Int(qjs::JS_VALUE_GET_INT(value)),
            qjs::JS_TAG_FLOAT64 => Kind::Float(qjs::JS_VALUE_GET_FLOAT64(value)),
            qjs::JS_TAG_STRING | qjs::JS_TAG_STRING_ROPE => Kind::Text,
            qjs::JS_TAG_OBJECT => Kind::Object,
            _ => Kind::Other,
        }
    }
}

/// The class of an object.
pub(super) fn class(object: qjs::JSValue) -> qjs::JSClassID {
    // SAFETY: it reads a field.
    unsafe { qjs::JS_GetClassID(object) }
}

/// Whether an object's prototype is this one.
pub(super) fn has_prototype(ctx: &Ctx<'_>, object: qjs::JSValue, prototype: qjs::JSValue) -> bool {
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: what is owned is freed; pointers are compared only.
    unsafe {
        let found = qjs::JS_GetPrototype(raw, object);
        let is_same = qjs::JS_VALUE_GET_TAG(found) == qjs::JS_TAG_OBJECT
            && qjs::JS_VALUE_GET_PTR(found) == qjs::JS_VALUE_GET_PTR(prototype);
        qjs::JS_FreeValue(raw, found);
        is_same
    }
}

/// Whether an object has a property of its own by this name.
pub(super) fn has_own(ctx: &Ctx<'_>, object: qjs::JSValue, name: PredefinedAtom) -> bool {
    let atom = name as qjs::JSAtom;
    // SAFETY: without a place for it nothing is given.
    unsafe { qjs::JS_GetOwnProperty(ctx.as_raw().as_ptr(), ptr::null_mut(), object, atom) != 0 }
}

/// The length of an array or a text.
pub(super) fn length(ctx: &Ctx<'_>, value: qjs::JSValue) -> Option<i64> {
    let mut length = 0;
    // SAFETY: the place for it outlives the call.
    let failed = unsafe { qjs::JS_GetLength(ctx.as_raw().as_ptr(), value, &raw mut length) };
    (failed == 0).then_some(length)
}

/// What an object has of its own by a name.
pub(super) enum Own<'a, 'js> {
    Value(Owned<'a, 'js>),
    /// Nothing, or a getter.
    Other,
    /// An exception is pending.
    Thrown,
}

/// A value that is freed when it is dropped.
pub(super) struct Owned<'a, 'js> {
    ctx: &'a Ctx<'js>,
    value: qjs::JSValue,
}

impl Owned<'_, '_> {
    pub(super) fn raw(&self) -> qjs::JSValue {
        self.value
    }
}

impl Drop for Owned<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: it is owned here.
        unsafe { qjs::JS_FreeValue(self.ctx.as_raw().as_ptr(), self.value) }
    }
}

/// The item of an array at an index.
pub(super) fn item<'a, 'js>(ctx: &'a Ctx<'js>, array: qjs::JSValue, at: u32) -> Own<'a, 'js> {
    // An index below 2^31 is an atom by itself (`__JS_AtomFromUInt32`), and nothing is to be freed.
    property(ctx, array, at | INDEX)
}

/// What marks an atom that is an index (`JS_ATOM_TAG_INT`).
const INDEX: qjs::JSAtom = 1 << 31;

/// An object's own property by a name.
pub(super) fn property<'a, 'js>(
    ctx: &'a Ctx<'js>,
    object: qjs::JSValue,
    name: qjs::JSAtom,
) -> Own<'a, 'js> {
    let raw = ctx.as_raw().as_ptr();
    let mut found = MaybeUninit::<qjs::JSPropertyDescriptor>::uninit();
    // SAFETY: it fills all of the descriptor where it gives 1, and owns nothing of it afterwards.
    unsafe {
        match qjs::JS_GetOwnProperty(raw, found.as_mut_ptr(), object, name) {
            1 => {
                let found = found.assume_init();
                let value = Owned { ctx, value: found.value };
                if found.flags & (qjs::JS_PROP_GETSET as i32) == 0 {
                    return Own::Value(value);
                }
                qjs::JS_FreeValue(raw, found.getter);
                qjs::JS_FreeValue(raw, found.setter);
                Own::Other
            }
            0 => Own::Other,
            _ => Own::Thrown,
        }
    }
}

/// The names of an object's own properties that can be enumerated, in their order, without symbols.
pub(super) struct Names<'a, 'js> {
    ctx: &'a Ctx<'js>,
    first: *mut qjs::JSPropertyEnum,
    count: u32,
}

impl<'a, 'js> Names<'a, 'js> {
    pub(super) fn of(ctx: &'a Ctx<'js>, object: qjs::JSValue) -> Option<Self> {
        let (mut first, mut count) = (ptr::null_mut(), 0);
        let which = (qjs::JS_GPN_STRING_MASK | qjs::JS_GPN_ENUM_ONLY) as i32;
        let raw = ctx.as_raw().as_ptr();
        // SAFETY: the places for it outlive the call; what it gives is freed with this.
        let failed = unsafe {
            qjs::JS_GetOwnPropertyNames(raw, &raw mut first, &raw mut count, object, which)
        };
        (failed == 0).then_some(Self { ctx, first, count })
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = qjs::JSAtom> + '_ {
        let names: &[qjs::JSPropertyEnum] = match self.count {
            0 => &[],
            // SAFETY: there are so many, and they are there until this is dropped.
            count => unsafe { slice::from_raw_parts(self.first, count as usize) },
        };
        names.iter().map(|name| name.atom)
    }
}

impl Drop for Names<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: it is owned here, with so many names.
        unsafe { qjs::JS_FreePropertyEnum(self.ctx.as_raw().as_ptr(), self.first, self.count) }
    }
}

/// A text of QuickJS's, as long as this lives.
pub(super) struct Text<'a, 'js> {
    ctx: &'a Ctx<'js>,
    first: *const core::ffi::c_char,
    length: usize,
}

impl Text<'_, '_> {
    /// Nothing where it has a surrogate without the other one.
    pub(super) fn as_str(&self) -> Option<&str> {
        // SAFETY: so many bytes are there until this is dropped.
        let bytes = unsafe { slice::from_raw_parts(self.first.cast::<u8>(), self.length) };
        str::from_utf8(bytes).ok()
    }
}

impl Drop for Text<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: it is owned here.
        unsafe { qjs::JS_FreeCString(self.ctx.as_raw().as_ptr(), self.first) }
    }
}

/// The text of a primitive value; nothing where there is no memory for it.
pub(super) fn text<'a, 'js>(ctx: &'a Ctx<'js>, value: qjs::JSValue) -> Option<Text<'a, 'js>> {
    let mut length = 0;
    // SAFETY: the place for it outlives the call.
    let first = unsafe { qjs::JS_ToCStringLen(ctx.as_raw().as_ptr(), &raw mut length, value) };
    (!first.is_null()).then_some(Text { ctx, first, length })
}

/// A name as a text; nothing where there is no memory for it.
pub(super) fn name<'a, 'js>(ctx: &'a Ctx<'js>, name: qjs::JSAtom) -> Option<Owned<'a, 'js>> {
    // SAFETY: it is a name of the context's; what is given is owned.
    unsafe {
        let value = qjs::JS_AtomToString(ctx.as_raw().as_ptr(), name);
        (!qjs::JS_IsException(value)).then_some(Owned { ctx, value })
    }
}
