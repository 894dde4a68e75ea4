//! Loops in C that neither ask whether to go on nor need memory: each is done in time, refused, or ended
//! by the limit of CPU time. And what stands in their place does what they do.

use std::time::{Duration, Instant};

use crate::support::{engine, eval, isolate, tight};
use tenantry_js::Data;

/// Where an answer takes longer, nobody was asked.
const PATIENCE: Duration = Duration::from_secs(5);

async fn all_answer(before: &str, cases: &[&str]) {
    let engine = engine();
    let other = isolate(&engine).await;
    for case in cases {
        let mut config = tight();
        config.limits.memory = 64 << 20;
        let isolate = engine.isolate(config).await.unwrap();
        let began = Instant::now();
        let answer = eval(&isolate, &format!("{before}; {case}")).await;
        let took = began.elapsed();
        assert!(took < PATIENCE, "{case}: took {took:?}, {answer:?}");
        if !isolate.stats().condemned {
            assert_eq!(eval(&isolate, "6 * 7").await, Ok(Data::Number(42.0)), "after {case}");
        }
        assert_eq!(eval(&other, "6 * 7").await, Ok(Data::Number(42.0)), "beside {case}");
    }
}

#[tokio::test]
async fn looking_for_a_text_in_a_text_ends() {
    all_answer(
        "const a = 'a'.repeat(2 ** 24), b = 'a'.repeat(2 ** 23) + 'b'",
        &[
            "a.indexOf(b)",
            "a.lastIndexOf(b)",
            "a.lastIndexOf('b' + b.slice(0, -1))",
            "a.includes(b)",
            "a.split(b)",
            "a.split([b])",
            "a.split({ toString: () => b })",
            "a.replace(b, '')",
            "a.replaceAll(b, '')",
            "a.replaceAll(new String(b), '')",
            "new String(a).indexOf(b)",
            "for (;;) a.indexOf('b')",
        ],
    )
    .await;
}

#[tokio::test]
async fn looking_for_an_item_ends() {
    all_answer(
        "const x = 'a'.repeat(2 ** 23), A = x + 'a', B = x + 'b', list = new Array(1e6).fill(A)",
        &[
            "list.indexOf(B)",
            "list.includes(B)",
            "list.lastIndexOf(B)",
            "Array.prototype.indexOf.call({ length: 1e9, 0: A, 1: A }, B)",
            "for (;;) list.includes(1)",
            "for (;;) list.reverse()",
        ],
    )
    .await;
}

#[tokio::test]
async fn sorting_texts_that_begin_alike_ends() {
    all_answer(
        "const x = 'a'.repeat(2 ** 22), A = x + 'a', B = x + 'b', list = new Array(1e5); \
         for (let i = 0; i < 1e5; i++) list[i] = i % 3 ? A : B",
        &[
            "list.sort()",
            "list.toSorted()",
            "const one = { toString: () => A }, two = { toString: () => B }; \
             for (let i = 0; i < 1e5; i++) list[i] = i % 3 ? one : two; list.sort()",
        ],
    )
    .await;
}

#[tokio::test]
async fn lists_of_names_marks_and_iterators_end() {
    all_answer(
        "0",
        &[
            "JSON.stringify({}, new Array(2 ** 32 - 1))",
            "JSON.stringify({}, Array.from({ length: 20000 }, (_, i) => `name${i}`))",
            "'\\u0301\\u0316'.repeat(1e5).normalize('NFD')",
            "'a'.localeCompare('\\u0301\\u0316'.repeat(1e5))",
            "Iterator.prototype.every.call({ next: Array.prototype.at.bind([{}], 0) }, Boolean.bind(null, true))",
            "Iterator.prototype.toArray.call({ next: Array.prototype.at.bind([{}], 0) })",
            "new Set({ [Symbol.iterator]: Object.bind(null, { next: Array.prototype.at.bind([{}], 0) }) })",
            "new Uint8Array({ length: 6e7 })",
        ],
    )
    .await;
}

/// Runs code that gives a list of what differs.
async fn nothing_differs(code: &str) {
    let engine = engine();
    let mut config = tight();
    config.limits.memory = 64 << 20;
    config.limits.cpu = Duration::from_secs(60);
    config.limits.wall = Duration::from_secs(120);
    let isolate = engine.isolate(config).await.unwrap();
    let code = format!(
        "(() => {{ const bad = []; \
         const same = (name, a, b) => {{ if (JSON.stringify(a) !== JSON.stringify(b)) bad.push(`${{name}}: ${{JSON.stringify(a)}} ${{JSON.stringify(b)}}`.slice(0, 300)); }}; \
         let seed = 7; const random = (n) => {{ seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 65536) % n; }}; \
         const word = (n) => {{ let s = ''; for (let i = random(n); i > 0; i--) s += ['a', 'b', '\\ud800', '\\udc00', '$'][random(5)]; return s; }}; \
         {code}; return bad.slice(0, 5).join('\\n'); }})()"
    );
    assert_eq!(eval(&isolate, &code).await, Ok("".into()));
}

#[tokio::test]
async fn a_long_search_finds_what_a_short_one_does() {
    nothing_differs(
        r#"
        const naive = (t, s, from) => { for (let i = from; i + s.length <= t.length; i++) if (t.slice(i, i + s.length) === s) return i; return -1; };
        const pad = 'ab'.repeat(9000);
        for (let round = 0; round < 40; round++) {
          for (const around of ['', pad]) {
            const needle = word(4);
            const t = around + word(30) + around;
            const s = around ? 'ab'.repeat(random(3) ? 20 : 700) + needle : needle;
            const from = [0, 1, -1, t.length, t.length + 9, NaN, Infinity, -Infinity, t.length >> 1][random(9)];
            const at = Math.min(Math.max(Math.trunc(from) || 0, 0), t.length);
            same('indexOf', t.indexOf(s, from), naive(t, s, at));
            same('includes', t.includes(s, from), naive(t, s, at) >= 0);
            const places = [];
            for (let i = naive(t, s, 0); i >= 0; i = naive(t, s, i + 1)) places.push(i);
            const till = Number.isNaN(from) ? t.length : at;
            same('lastIndexOf', t.lastIndexOf(s, from), places.filter((i) => i <= till).pop() ?? -1);
            if (!s) continue;
            const parts = [];
            let began = 0;
            for (let i = naive(t, s, 0); i >= 0; i = naive(t, s, began)) { parts.push(t.slice(began, i)); began = i + s.length; }
            parts.push(t.slice(began));
            same('split', t.split(s), parts);
            same('limit', t.split(s, 2), parts.slice(0, 2));
            same('replaceAll', t.replaceAll(s, () => '<>'), parts.join('<>'));
            same('dollars', t.replaceAll(s, '[$$$1$0$<x>$]'), parts.join('[$$1$0$<x>$]'));
            const first = naive(t, s, 0);
            const rest = t.slice(first + s.length);
            same('replace', t.replace(s, "($&|$`|$')"), first < 0 ? t : `${t.slice(0, first)}(${s}|${t.slice(0, first)}|${rest})${rest}`);
            same('function', t.replace(s, (m, p, w) => m + p + (w === t)), first < 0 ? t : t.slice(0, first) + s + first + true + rest);
          }
        }
        same('empty', ['aaa'.replaceAll('', '-'), 'abc'.split(''), ''.split(''), ''.split('x'), 'abc'.indexOf('', 9), 'abc'.lastIndexOf('')], ['-a-a-a-', ['a', 'b', 'c'], [], [''], 3, 3])"#,
    )
    .await;
}

#[tokio::test]
async fn a_long_sort_and_a_long_look_up_are_as_short_ones() {
    nothing_differs(
        r#"
        const big = 'x'.repeat(3e5);
        const some = [];
        for (let i = 0; i < 40; i++) some.push([big + word(4), word(3), undefined, random(50), null, true, [random(9)], -1.5][random(8)]);
        const less = (a, b) => { if (a === undefined) return b === undefined ? 0 : 1; if (b === undefined) return -1; const x = String(a), y = String(b); return x < y ? -1 : x > y ? 1 : 0; };
        const shown = (list) => list.map((v) => v === undefined ? 'none' : String(v).length + String(v).slice(-5));
        same('toSorted', shown(some.toSorted()), shown(some.slice().sort(less)));
        same('sort', shown(some.slice().sort()), shown(some.slice().sort(less)));
        const holes = some.slice();
        delete holes[3]; delete holes[20]; holes.length = 45;
        same('itself', holes.sort() === holes, true);
        same('length', [holes.length, Object.keys(holes).length], [45, 38]);
        same('holes', shown(holes.slice(0, 38)), shown(some.filter((_, i) => i !== 3 && i !== 20).sort(less)));
        same('like', Array.prototype.sort.call({ length: 3, 0: 'c', 1: 'a', 2: 'b' }), { 0: 'a', 1: 'b', 2: 'c', length: 3 });
        const A = big + 'a', B = big + 'b', list = new Array(300).fill(A);
        list[200] = big.slice() + 'b';
        same('indexOf', [list.indexOf(B), list.indexOf(B, 201), list.indexOf(B, -100)], [200, -1, 200]);
        same('includes', [list.includes(B), list.includes(B, -99), [NaN].includes(NaN), [,].includes(undefined)], [true, false, true, true]);
        same('lastIndexOf', [list.lastIndexOf(B), list.lastIndexOf(B, 199), list.lastIndexOf(B, -100), list.lastIndexOf(A, undefined), [1, 2, 1].lastIndexOf(1)], [200, -1, 200, 0, 2]);
        same('json', JSON.stringify({ a: 1, b: { c: 2, a: 3 }, 1: 4 }, ['a', 'b', 1, new String('c'), {}]), '{"a":1,"b":{"a":3,"c":2},"1":4}')"#,
    )
    .await;
}

#[tokio::test]
async fn arguments_become_texts_once_and_in_order() {
    nothing_differs(
        r#"
        const log = [];
        const noted = (name, value) => ({ toString() { log.push(name); return value; }, valueOf() { log.push(name + 'v'); return value; } });
        for (const [name, last] of [['indexOf', 1], ['lastIndexOf', 2], ['includes', 0], ['split', 5], ['replace', 'x'], ['replaceAll', 'x']]) {
          String.prototype[name].call(noted('t', 'abc'), noted('s', 'b'), noted('a', last));
        }
        same('order', log.join(), 't,s,av,t,s,av,t,s,av,t,av,s,t,s,a,t,s,a');
        const thrown = (run) => { try { run(); return 'nothing'; } catch (error) { return error.name; } };
        same('errors', [() => 'a'.includes(/a/), () => 'a'.startsWith(/a/), () => 'a'.replaceAll(/a/, ''), () => String.prototype.indexOf.call(null, 'a'), () => 'a'.indexOf(Symbol()), () => String.prototype.split.call(undefined, 'a'), () => new String.prototype.indexOf('a'), () => new Array.prototype.sort()].map(thrown), new Array(8).fill('TypeError'));
        same('patterns', ['a1b2'.replace(/\d/g, (d) => d * 2), 'a1b2'.split(/\d/), 'a1b2'.replaceAll(/\d/g, '-')], ['a2b4', ['a', 'b', ''], 'a-b-'])"#,
    )
    .await;
}

#[tokio::test]
async fn what_stands_in_their_place_looks_like_them() {
    nothing_differs(
        r#"
        const lengths = [
          [String.prototype, { indexOf: 1, lastIndexOf: 1, includes: 1, split: 2, replace: 2, replaceAll: 2, normalize: 0, localeCompare: 1 }],
          [Array.prototype, { indexOf: 1, lastIndexOf: 1, includes: 1, sort: 1, toSorted: 1 }],
          [JSON, { stringify: 3 }],
        ];
        for (const [target, names] of lengths) {
          for (const [name, length] of Object.entries(names)) {
            const { value, ...flags } = Object.getOwnPropertyDescriptor(target, name);
            same(name, [value.name, value.length, 'prototype' in value, flags], [name, length, false, { writable: true, enumerable: false, configurable: true }]);
          }
        }
        same('proposals', [Iterator.prototype.includes, Iterator.prototype.join], [undefined, undefined])"#,
    )
    .await;
}
