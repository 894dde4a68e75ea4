//! `host.native.plainJson`: what `JSON.stringify` gives where nothing of a tenant's has a say in it, and nothing elsewhere.

use tenantry_js::{Data, Isolate, Script};

use crate::support::{engine, eval};

async fn isolate() -> Isolate {
    let mut config = crate::support::config();
    let prelude = "globalThis.plain = host.native.plainJson;";
    config.prelude.push(Script::new("plain", prelude));
    engine().isolate(config).await.unwrap()
}

#[tokio::test]
async fn plain_data_has_the_text_of_stringify() {
    let isolate = isolate().await;
    let values = [
        "{}",
        "[]",
        "{ success: true, data: { hello: 'world', id: 42, tags: ['a', 'b'] } }",
        "[null, true, false, undefined, Symbol('x'), 'text', 0, -0, 1, -1, 2147483647, -2147483648]",
        "[NaN, Infinity, -Infinity, 0.1, -0.5, 1e21, 1e-7, 123456789012345680000, 5e-324, 1.7976931348623157e308, 2 ** 53]",
        "{ a: undefined, b: 1, c: Symbol('x'), d: 2, e: undefined }",
        "{ a: undefined }",
        "{ 2: 'b', 1: 'a', z: 1, a: 2, [Symbol('s')]: 3, '': 4, '01': 5, 4294967295: 6 }",
        "{ __proto__: Object.prototype, ['__proto__']: 1 }",
        r#"{ 'a"b\\c\n': 'quotes " and \\, \b\f\n\r\t, \u0000\u0001\u001f\u007f, / and \u2028' }"#,
        "['é', 'ÿ', '€', '😀', '\\u{10ffff}', '日本', 'a'.repeat(1000), '']",
        "{ é: 1, '😀': 2 }",
        "'a rope '.repeat(300) + Math.max(1, 2) + '!'.repeat(300) && ['x'.repeat(500) + 'y'.repeat(500) + 1]",
        "Object.defineProperty({ a: 1 }, 'hidden', { value: 2, enumerable: false })",
        "Object.freeze({ a: Object.seal({ b: 1 }) })",
        "Object.assign([1, 2], { more: 3 })",
        "(() => { const shared = { a: 1 }; return [shared, shared, { shared }]; })()",
        "JSON.parse('{\"a\":[1,{\"b\":null}],\"__proto__\":2}')",
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
        "Array.from({ length: 1000 }, (_, at) => ({ at, text: `t${at}` }))",
        "'a b'.match(/b/).slice()",
        "({ length: 3, 0: 'a' })",
    ];
    for value in values {
        let code = format!(
            "(() => {{ const value = ({value}); const text = plain(value); \
             return text === JSON.stringify(value) ? true : `${{text}} is not ${{JSON.stringify(value)}}`; }})()"
        );
        assert_eq!(eval(&isolate, &code).await, Ok(Data::Bool(true)), "{value}");
    }
}

#[tokio::test]
async fn nothing_else_has_a_text_and_nothing_of_it_runs() {
    let isolate = isolate().await;
    let values = [
        "null",
        "undefined",
        "1",
        "'text'",
        "Symbol('x')",
        "10n",
        "[10n]",
        "() => ran()",
        "{ a() { ran(); } }",
        "{ get a() { return ran(); } }",
        "Object.defineProperty([1, 2], 1, { get: ran, enumerable: true })",
        "{ toJSON: ran }",
        "{ a: { toJSON: ran } }",
        "Object.assign([], { toJSON: ran })",
        "Object.defineProperty({}, 'toJSON', { get: ran })",
        "Object.defineProperty({}, 'toJSON', { value: ran, enumerable: false })",
        "Object.create({ toJSON: ran })",
        "Object.setPrototypeOf([], { toJSON: ran })",
        "Object.create(null)",
        "new (class Money { toJSON() { return ran(); } })",
        "new (class Plain {})",
        "new (class List extends Array {})",
        "new Proxy({}, { get: ran, ownKeys: ran, getPrototypeOf: ran, getOwnPropertyDescriptor: ran })",
        "[new Proxy([], { get: ran, ownKeys: ran, getPrototypeOf: ran, getOwnPropertyDescriptor: ran })]",
        "Object.create(new Proxy({}, { get: ran, has: ran, getPrototypeOf: ran, getOwnPropertyDescriptor: ran }))",
        "{ when: new Date(0) }",
        "[new String('x'), new Number(1), new Boolean(true), Object(1n)]",
        "[new Map(), new Set(), /x/, new Error('x'), Promise.resolve()]",
        "[new Uint8Array(2), new ArrayBuffer(2)]",
        "[, 1]",
        "Array(3)",
        "['\\ud800']",
        "{ '\\udfff': 1 }",
        "(() => { const self = {}; self.self = self; return self; })()",
        "(() => { const self = []; self.push([self]); return self; })()",
        "Array.from({ length: 100 }).reduce((inner) => [inner], 1)",
        "Array(100000).fill(1)",
        "Object.fromEntries(Array.from({ length: 10000 }, (_, at) => [at, undefined]))",
        "['x'.repeat(70000), 1]",
        "{ ['x'.repeat(70000)]: undefined }",
        "Array(2000).fill({ ['a'.repeat(65000)]: undefined })",
        "[Array(3000).fill(1), Array(3000).fill(1)]",
        "(() => { let two = []; for (let at = 0; at < 30; at += 1) two = [two, two]; return two; })()",
        "{ async *[Symbol.asyncIterator]() { ran(); } }",
        "(function () { return arguments; })(1, 2)",
        "globalThis",
    ];
    for value in values {
        let code = format!(
            "(() => {{ let runs = 0; const ran = () => {{ runs += 1; }}; const value = ({value}); \
             return [plain(value), runs]; }})()"
        );
        let nothing = Data::List(vec![Data::Undefined, Data::from(0)]);
        assert_eq!(eval(&isolate, &code).await, Ok(nothing), "{value}");
    }
}

/// What all objects inherit may be a tenant's.
#[tokio::test]
async fn prototypes_with_a_say_in_it_are_asked() {
    let changes = [
        "Object.prototype.toJSON = () => 1",
        "Array.prototype.toJSON = () => 1",
        "Object.setPrototypeOf(Array.prototype, { toJSON: () => 1 })",
        "Object.setPrototypeOf(Array.prototype, null)",
        "Object.defineProperty(Object.prototype, 'toJSON', { get: () => () => 1 })",
    ];
    for change in changes {
        let isolate = isolate().await;
        let code = format!("{change}; [plain({{}}), plain([])]");
        let nothing = Data::List(vec![Data::Undefined, Data::Undefined]);
        assert_eq!(eval(&isolate, &code).await, Ok(nothing), "{change}");
    }
}

/// Neither time nor memory goes into what is far too much.
#[tokio::test]
async fn a_text_of_any_length_costs_nothing() {
    let isolate = isolate().await;
    let texts = "const all = ['\\u0001'.repeat(4e6), '\\u20ac'.repeat(4e6), 'a'.repeat(4e6)];
        const names = all.map((text) => ({ [text]: undefined })); let found = 0;
        for (let at = 0; at < 2000; at += 1) for (const one of [...all, ...names]) if (plain([one]) !== undefined) found += 1; found";
    let before = isolate.stats().memory;
    let began = std::time::Instant::now();
    assert_eq!(eval(&isolate, texts).await, Ok(Data::from(0)));
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    let after = isolate.stats().memory;
    assert!(after < before + (64 << 20), "{before} bytes, then {after}");
}

/// Whatever it refuses it has let go of: the heap is as it was.
#[tokio::test]
async fn nothing_is_left_behind() {
    let isolate = isolate().await;
    let run = "for (let at = 0; at < 2000; at += 1) { \
               plain({ a: [1, 'text', { b: at / 3 }] }); plain({ a: [1, { b: [new Date(), at] }] }); \
               plain({ x: 'é', get y() { return 1; } }); plain(['\\ud800']); }";
    eval(&isolate, run).await.unwrap();
    let before = isolate.stats().memory;
    for _ in 0..5 {
        eval(&isolate, run).await.unwrap();
    }
    let after = isolate.stats().memory;
    assert!(after < before + 10_000, "{before} bytes, then {after}");
}
