//! `node:crypto`: what Node itself answers to the same code.

use tenantry_js::{Data, Memory};

use crate::support::{load, with_modules};

async fn texts(cases: &[(&str, &str)]) {
    let engine = crate::support::engine();
    let mut modules = Memory::new();
    for (at, (code, _)) in cases.iter().enumerate() {
        let module = format!(
            "import crypto, {{ createHash, createHmac }} from 'node:crypto'; import {{ Buffer }} from 'node:buffer';
             export default String(await (async () => {code})());"
        );
        modules = modules.with(format!("{at}.mjs"), module);
    }
    let isolate = with_modules(&engine, modules).await;
    for (at, (code, expected)) in cases.iter().enumerate() {
        let answer = load(&isolate, &format!("{at}.mjs")).await;
        assert_eq!(answer, Ok(Data::from(*expected)), "{code}");
    }
}

#[tokio::test]
async fn digests_are_nodes() {
    texts(&[
        ("createHash('md5').update('abc').digest('hex')", "900150983cd24fb0d6963f7d28e17f72"),
        ("createHash('sha1').update('abc').digest('hex')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("createHash('SHA-1').update('a').update(Buffer.from('bc')).digest('base64')", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        ("createHash('sha224').update('abc').digest('hex').slice(0, 8)", "23097d22"),
        ("createHmac('sha1', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex')", "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"),
        ("createHmac('md5', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex')", "80070713463e7749b90c2dc24911e275"),
        ("createHmac('sha256', Buffer.from('6b6579', 'hex')).update('x').digest('base64url').length", "43"),
        ("{ const one = createHash('sha256').update('a'); const two = one.copy().update('b'); return [one.digest('hex').slice(0, 6), two.digest('hex').slice(0, 6)] }", "ca9781,fb8e20"),
        ("{ const one = createHash('sha256'); one.digest(); try { one.update('x') } catch (error) { return error.code } }", "ERR_CRYPTO_HASH_FINALIZED"),
        ("{ try { createHash('sha3-1') } catch (error) { return error.message } }", "Digest method not supported"),
        ("crypto.hash('sha1', 'abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("new Uint8Array(await crypto.webcrypto.subtle.digest('SHA-1', Buffer.from('abc'))).toHex().slice(0, 8)", "a9993e36"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_drawn_by_lot_is_as_long_as_asked_for_and_not_the_same_twice() {
    texts(&[
        ("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "true"),
        ("crypto.randomBytes(32).length", "32"),
        ("crypto.randomBytes(16).equals(crypto.randomBytes(16))", "false"),
        ("new Promise((done) => crypto.randomBytes(8, (error, bytes) => done([error, bytes.length])))", ",8"),
        ("{ const view = crypto.randomFillSync(new Uint8Array(64), 32); return [view.subarray(0, 32).some(Boolean), view.subarray(32).some(Boolean)] }", "false,true"),
        ("new Promise((done) => crypto.randomFill(new Uint32Array(8), (error, view) => done([error, view.some(Boolean)])))", ",true"),
        ("Array.from({ length: 200 }, () => crypto.randomInt(3)).every((n) => n === 0 || n === 1 || n === 2)", "true"),
        ("new Promise((done) => crypto.randomInt(5, 6, (error, n) => done([error, n])))", ",5"),
        ("crypto.timingSafeEqual(Buffer.from('abc'), Buffer.from('abc'))", "true"),
        ("crypto.timingSafeEqual(Buffer.from('abc'), Buffer.from('abd'))", "false"),
        ("{ try { crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('ab')) } catch (error) { return error.code } }", "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH"),
    ])
    .await;
}
