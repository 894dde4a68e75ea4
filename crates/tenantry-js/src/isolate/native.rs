//! What the built-in scripts need and JavaScript has not: `host.native`.

use rand::Rng as _;
use rquickjs::prelude::Opt;
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};
use url::{Url, quirks};

use super::commonjs;
use super::convert;
use super::digests;
use super::fetching;
use super::json;
use super::realm::Realm;
use super::signatures::{self, Form};
use super::timers;
use super::views;

/// The most random bytes of one call.
const RANDOM: usize = 1 << 20;

/// Makes `host.native`.
pub(super) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set("startTimer", Function::new(ctx.clone(), timers::start)?)?;
    native.set("stopTimer", Function::new(ctx.clone(), timers::stop)?)?;
    native.set("utf8Encode", Function::new(ctx.clone(), utf8_encode)?)?;
    native.set("utf8Decode", Function::new(ctx.clone(), utf8_decode)?)?;
    native.set("parseUrl", Function::new(ctx.clone(), parse_url)?)?;
    native.set("setUrl", Function::new(ctx.clone(), set_url)?)?;
    native.set("randomBytes", Function::new(ctx.clone(), random_bytes)?)?;
    native.set("uuid", Function::new(ctx.clone(), || uuid::Uuid::new_v4().to_string())?)?;
    native.set("hash", Function::new(ctx.clone(), hash)?)?;
    native.set("hmac", Function::new(ctx.clone(), hmac)?)?;
    native.set("timingSafeEqual", Function::new(ctx.clone(), timing_safe_equal)?)?;
    native.set("sign", Function::new(ctx.clone(), sign)?)?;
    native.set("verify", Function::new(ctx.clone(), verify)?)?;
    native.set("keyKind", Function::new(ctx.clone(), |pem: String| signatures::kind(&pem))?)?;
    native.set("fetch", Function::new(ctx.clone(), fetching::start)?)?;
    native.set("isProxy", Function::new(ctx.clone(), |value: Value<'_>| value.is_proxy())?)?;
    native.set("env", Function::new(ctx.clone(), env)?)?;
    native.set("fulfilled", Function::new(ctx.clone(), fulfilled)?)?;
    native.set("plainJson", Function::new(ctx.clone(), plain_json)?)?;
    commonjs::install(ctx, &native)?;
    Ok(native)
}

/// What a promise was fulfilled with, or `otherwise`.
fn fulfilled<'js>(value: Value<'js>, otherwise: Value<'js>) -> Result<Value<'js>> {
    match value.as_promise() {
        Some(promise) if promise.state() == PromiseState::Resolved => {
            promise.result().unwrap_or(Ok(otherwise))
        }
        _ => Ok(otherwise),
    }
}

/// The text of plain data, or `undefined`.
fn plain_json<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Option<String>> {
    json::of_plain(&ctx, &value)
}

fn env<'js>(ctx: Ctx<'js>) -> Result<Object<'js>> {
    let shared = Realm::with(&ctx, |realm| realm.shared.clone());
    let env = Object::new(ctx)?;
    for (name, value) in &shared.env {
        env.set(name.as_str(), value.as_str())?;
    }
    Ok(env)
}

/// Bytes for JavaScript, copied into memory of its own heap: what Rust allocates would not count for its limit.
fn buffer<'js>(ctx: Ctx<'js>, bytes: &[u8]) -> Result<TypedArray<'js, u8>> {
    TypedArray::new_copy(ctx, bytes)
}

fn utf8_encode<'js>(ctx: Ctx<'js>, text: rquickjs::String<'js>) -> Result<TypedArray<'js, u8>> {
    buffer(ctx, convert::text(&text)?.as_bytes())
}

fn utf8_decode<'js>(ctx: Ctx<'js>, view: Value<'js>, fatal: bool) -> Result<String> {
    let bytes = bytes(&ctx, view)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) if fatal => Err(Exception::throw_type(&ctx, "The encoded data was not valid")),
        Err(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The bytes of a view or a buffer.
fn bytes<'js>(ctx: &Ctx<'js>, view: Value<'js>) -> Result<bytes::Bytes> {
    let refused = || Exception::throw_type(ctx, "an ArrayBuffer or a view of one is needed");
    let Some(object) = view.into_object() else { return Err(refused()) };
    views::copy(ctx, &object)?.ok_or_else(refused)
}

fn parse_url(input: String, base: Opt<Option<String>>) -> Option<Vec<String>> {
    let url = match base.0.flatten() {
        Some(base) => Url::parse(&base).ok()?.join(&input).ok()?,
        None => Url::parse(&input).ok()?,
    };
    Some(parts(&url))
}

fn set_url(href: String, part: String, value: String) -> Option<Vec<String>> {
    let mut url = Url::parse(&href).ok()?;
    // A setter that refuses leaves the URL as it is, as the standard says.
    match part.as_str() {
        "href" => return Url::parse(&value).ok().as_ref().map(parts),
        "protocol" => drop(quirks::set_protocol(&mut url, &value)),
        "username" => drop(quirks::set_username(&mut url, &value)),
        "password" => drop(quirks::set_password(&mut url, &value)),
        "host" => drop(quirks::set_host(&mut url, &value)),
        "hostname" => drop(quirks::set_hostname(&mut url, &value)),
        "port" => drop(quirks::set_port(&mut url, &value)),
        "pathname" => quirks::set_pathname(&mut url, &value),
        "search" => quirks::set_search(&mut url, &value),
        "hash" => quirks::set_hash(&mut url, &value),
        _ => {}
    }
    Some(parts(&url))
}

fn parts(url: &Url) -> Vec<String> {
    let parts = [
        quirks::href(url),
        &quirks::origin(url),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    parts.map(str::to_owned).into()
}

fn random_bytes(ctx: Ctx<'_>, size: usize) -> Result<TypedArray<'_, u8>> {
    if size > RANDOM {
        return Err(Exception::throw_range(&ctx, "more than 1048576 random bytes"));
    }
    let mut bytes = vec![0; size];
    rand::rng().fill_bytes(&mut bytes);
    buffer(ctx, &bytes)
}

fn hash<'js>(ctx: Ctx<'js>, name: String, data: Value<'js>) -> Result<TypedArray<'js, u8>> {
    let data = bytes(&ctx, data)?;
    match digests::hash(&name, &data) {
        Some(digest) => buffer(ctx, &digest),
        None => Err(Exception::throw_type(&ctx, "no such digest")),
    }
}

fn hmac<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: Value<'js>,
    data: Value<'js>,
) -> Result<TypedArray<'js, u8>> {
    let (key, data) = (bytes(&ctx, key)?, bytes(&ctx, data)?);
    match digests::hmac(&name, &key, &data) {
        Some(digest) => buffer(ctx, &digest),
        None => Err(Exception::throw_type(&ctx, "no such digest")),
    }
}

fn form(is_fixed: bool) -> Form {
    if is_fixed { Form::Fixed } else { Form::Der }
}

fn sign<'js>(
    ctx: Ctx<'js>,
    digest: String,
    pem: String,
    is_fixed: bool,
    data: Value<'js>,
) -> Result<TypedArray<'js, u8>> {
    let data = bytes(&ctx, data)?;
    match signatures::sign(&digest, &pem, form(is_fixed), &data) {
        Ok(signature) => buffer(ctx, &signature),
        Err(refused) => Err(Exception::throw_type(&ctx, refused)),
    }
}

fn verify<'js>(
    ctx: Ctx<'js>,
    digest: String,
    pem: String,
    is_fixed: bool,
    data: Value<'js>,
    signature: Value<'js>,
) -> Result<bool> {
    let (data, signature) = (bytes(&ctx, data)?, bytes(&ctx, signature)?);
    signatures::verify(&digest, &pem, form(is_fixed), &data, &signature)
        .map_err(|refused| Exception::throw_type(&ctx, refused))
}

fn timing_safe_equal<'js>(ctx: Ctx<'js>, a: Value<'js>, b: Value<'js>) -> Result<bool> {
    let (a, b) = (bytes(&ctx, a)?, bytes(&ctx, b)?);
    Ok(a.len() == b.len() && a.iter().zip(&b[..]).fold(0, |all, (a, b)| all | (a ^ b)) == 0)
}
