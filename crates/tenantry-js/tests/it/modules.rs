//! Modules: what `import` and `require` find, and what they refuse.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::support::{config, eval, load, with_modules};
use tenantry_js::{Data, Folder, Isolate, JsErrorKind, Memory, ModuleKind};

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn over(root: &Path) -> (tenantry_js::Engine, Isolate) {
    let engine = crate::support::engine();
    let mut config = config();
    config.modules = Arc::new(Folder::new(root).unwrap());
    let isolate = engine.isolate(config).await.unwrap();
    (engine, isolate)
}

#[tokio::test]
async fn modules_import_each_other_statically_and_dynamically() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with(
            "index.mjs",
            "import { a } from './lib/a.mjs'; export default a + (await import('./lib/b.mjs')).b;",
        )
        .with("lib/a.mjs", "export const a = 'a';")
        .with("lib/b.mjs", "import { a } from './a.mjs'; export const b = a + 'b';");
    let isolate = with_modules(&engine, modules).await;
    assert_eq!(load(&isolate, "./index.mjs").await, Ok("aab".into()));
}

#[tokio::test]
async fn top_level_await_waits_for_timers() {
    let engine = crate::support::engine();
    let modules = Memory::new().with(
        "a.mjs",
        "const x = await new Promise((done) => setTimeout(done, 2, 'timer')); export default x;",
    );
    let isolate = with_modules(&engine, modules).await;
    assert_eq!(load(&isolate, "a.mjs").await, Ok("timer".into()));
}

#[tokio::test]
async fn json_and_commonjs_are_imported_and_required() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with("index.mjs", "import data, { n } from './data.json'; import cjs, { named } from './lib.cjs'; export default [data.n, n, cjs.named, named, cjs.dir];")
        .with("data.json", r#"{"n": 7}"#)
        .with("lib.cjs", "exports.named = require('./other.js')(); exports.dir = [__filename, __dirname, typeof require('./data.json').n];")
        .with("other.js", "module.exports = () => 'other';");
    let isolate = with_modules(&engine, modules).await;
    let answer = load(&isolate, "index.mjs").await.unwrap();
    let number = Data::Number(7.0);
    let dir = Data::List(vec!["lib.cjs".into(), ".".into(), "number".into()]);
    let expected = Data::List(vec![number.clone(), number, "other".into(), "other".into(), dir]);
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn node_modules_are_there_by_both_names_and_the_rest_is_refused_by_name() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with("a.mjs", "import { createHash } from 'node:crypto'; import path from 'path'; import { Buffer } from 'buffer'; export default [createHash('sha256').update('abc').digest('hex'), path.join('a', '..', 'b'), Buffer.from('hi').toString('base64')];")
        .with("b.cjs", "const { createHmac } = require('crypto'); const E = require('node:events'); let got; new E().on('x', (v) => { got = v; }).emit('x', 5); module.exports = [createHmac('sha256', 'k').update('d').digest('base64url').length, got];")
        .with("fs.mjs", "import 'node:fs';")
        .with("net.cjs", "module.exports = 1; require('net');");
    let isolate = with_modules(&engine, modules).await;
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let expected = Data::List(vec![hash.into(), "b".into(), "aGk=".into()]);
    assert_eq!(load(&isolate, "a.mjs").await, Ok(expected));
    let expected = Data::List(vec![Data::Number(43.0), Data::Number(5.0)]);
    assert_eq!(load(&isolate, "b.cjs").await, Ok(expected));
    for (name, module) in [("fs.mjs", "node:fs"), ("net.cjs", "net")] {
        let error = load(&isolate, name).await.unwrap_err();
        assert_eq!(error.kind, JsErrorKind::Module, "{error}");
        assert!(error.message.contains(module), "{error}");
    }
}

#[tokio::test]
async fn a_module_of_nodes_is_one_however_it_is_asked_for() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with(
            "a.mjs",
            "const { Buffer: imported } = await import('node:buffer'); \
             const { required } = await import('./b.cjs'); \
             const { Buffer: built } = process.getBuiltinModule('buffer'); \
             import { createHash } from 'node:crypto'; \
             const made = createHash('sha256').digest(); \
             export default [imported === required, required === built, built === Buffer, \
               made instanceof Buffer, Buffer.isBuffer(required.from('x')), \
               process.getBuiltinModule('fs') === undefined, process.getBuiltinModule('nothing') === undefined];",
        )
        .with("b.cjs", "exports.required = require('buffer').Buffer;")
        .with("own.mjs", "globalThis.Buffer = 7; export default Buffer;");
    let isolate = with_modules(&engine, modules).await;
    let all = Data::List(vec![true.into(); 7]);
    assert_eq!(load(&isolate, "a.mjs").await, Ok(all));
    assert_eq!(load(&isolate, "own.mjs").await, Ok(Data::Number(7.0)));
}

#[tokio::test]
async fn packages_are_found_by_exports_module_and_main() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "index.mjs",
        "import a from 'a'; import { x } from '@s/b/x'; import c from 'c'; export default [a, x, c];",
    );
    write(root, "node_modules/a/package.json", r#"{"main": "lib/main"}"#);
    write(root, "node_modules/a/lib/main.js", "module.exports = 'a via ' + require('c');");
    write(
        root,
        "node_modules/@s/b/package.json",
        r#"{"type": "module", "exports": {"./x": {"import": "./x.js"}}}"#,
    );
    write(root, "node_modules/@s/b/x.js", "export const x = 'x';");
    write(root, "node_modules/c/index.js", "module.exports = 'c';");
    let (_engine, isolate) = over(root).await;
    let expected = Data::List(vec!["a via c".into(), "x".into(), "c".into()]);
    assert_eq!(load(&isolate, "./index.mjs").await, Ok(expected));
    let error = eval(&isolate, "import('@s/b')").await.unwrap_err();
    assert_eq!(error.kind, JsErrorKind::Module);
}

#[tokio::test]
async fn import_and_require_get_each_the_file_of_a_package_that_is_theirs() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "index.mjs",
        "import dual from 'dual'; import first from 'first'; import old from 'old'; \
         import required from './required.cjs'; export default [dual, first, old, ...required];",
    );
    write(
        root,
        "required.cjs",
        "module.exports = [require('dual'), require('first'), require('old'), require.resolve('dual')];",
    );
    for (package, manifest) in [
        ("dual", r#"{"exports": {"require": "./c.cjs", "import": "./m.mjs"}}"#),
        ("first", r#"{"exports": {".": {"import": "./m.mjs", "default": "./c.cjs"}}}"#),
        ("old", r#"{"main": "./c.cjs", "module": "./m.mjs"}"#),
    ] {
        write(root, &format!("node_modules/{package}/package.json"), manifest);
        write(root, &format!("node_modules/{package}/m.mjs"), "export default 'esm';");
        write(root, &format!("node_modules/{package}/c.cjs"), "module.exports = 'cjs';");
    }
    let (_engine, isolate) = over(root).await;
    let expected = ["esm", "esm", "esm", "cjs", "cjs", "cjs", "node_modules/dual/c.cjs"];
    let expected = Data::List(expected.map(Data::from).to_vec());
    assert_eq!(load(&isolate, "./index.mjs").await, Ok(expected));
}

#[tokio::test]
async fn nothing_leads_out_of_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let tenant = root.path().join("acme");
    write(root.path(), "other/secret.mjs", "export default 'secret';");
    write(root.path(), "secret.json", r#""secret""#);
    write(&tenant, "index.mjs", "export default 1;");
    write(&tenant, "node_modules/bad/package.json", r#"{"exports": "../../../secret.json"}"#);
    write(&tenant, "node_modules/worse/package.json", r#"{"main": "../../../other/secret.mjs"}"#);
    std::os::unix::fs::symlink(root.path().join("other"), tenant.join("link")).unwrap();
    std::os::unix::fs::symlink(root.path().join("secret.json"), tenant.join("s.json")).unwrap();
    let (_engine, isolate) = over(&tenant).await;
    for specifier in [
        "../other/secret.mjs",
        "./../other/secret.mjs",
        "../secret.json",
        "/etc/passwd",
        "file:///etc/passwd",
        "data:text/javascript,export default 1",
        "http://127.0.0.1/x.mjs",
        "https://example.com/x.mjs",
        "./link/secret.mjs",
        "./s.json",
        "bad",
        "worse",
        "./%2e%2e/secret.json",
        ".\\\\..\\\\secret.json",
        "prelude:host",
        "prelude:test",
        "made:tools",
        "bad/../../../secret.json",
    ] {
        for code in [
            format!("import('{specifier}')"),
            format!("import('./index.mjs').then(() => import('{specifier}'))"),
        ] {
            let error = eval(&isolate, &code).await.unwrap_err();
            assert_eq!(error.kind, JsErrorKind::Module, "{specifier}: {error}");
        }
    }
    assert_eq!(load(&isolate, "index.mjs").await, Ok(Data::Number(1.0)));
}

#[tokio::test]
async fn syntax_errors_name_file_line_and_column() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with("bad.mjs", "export const a = 1;\nexport const = 2;\n")
        .with("bad.cjs", "const a = 1;\nif (a {\n}")
        .with("bad.json", "{\n  \"a\": ,\n}")
        .with("imports.mjs", "import './bad.mjs';");
    let isolate = with_modules(&engine, modules).await;
    for (name, file, line) in [
        ("bad.mjs", "bad.mjs", 2),
        ("bad.cjs", "bad.cjs", 2),
        ("bad.json", "bad.json", 2),
        ("imports.mjs", "bad.mjs", 2),
    ] {
        let error = load(&isolate, name).await.unwrap_err();
        assert_eq!(error.kind, JsErrorKind::Syntax, "{name}: {error:?}");
        let location = error.location.clone().unwrap_or_else(|| panic!("{name}: {error:?}"));
        assert_eq!((location.file.as_str(), location.line), (file, line), "{error:?}");
        assert!(location.column > 0, "{error:?}");
    }
}

/// What stands around it does not count.
#[tokio::test]
async fn places_in_commonjs_are_those_in_the_file() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with("syntax.cjs", "const x = {;")
        .with("first.cjs", "module.exports = { a: zork }")
        .with("second.cjs", "'x';\n  throw new Error('no');")
        .with("inside.cjs", "module.exports = () => {\n  throw new Error('no');\n};\n")
        .with("calls.mjs", "import inside from './inside.cjs';\ninside();");
    let isolate = with_modules(&engine, modules).await;
    for (name, file, line, column) in [
        ("syntax.cjs", "syntax.cjs", 1, 12),
        ("first.cjs", "first.cjs", 1, 23),
        ("second.cjs", "second.cjs", 2, 13),
        ("calls.mjs", "inside.cjs", 2, 13),
    ] {
        let error = load(&isolate, name).await.unwrap_err();
        let place = error.location.clone().unwrap_or_else(|| panic!("{name}: {error:?}"));
        assert_eq!((&*place.file, place.line, place.column), (file, line, column), "{error:?}");
    }
}

#[tokio::test]
async fn thrown_errors_name_file_line_and_column() {
    let engine = crate::support::engine();
    let modules = Memory::new()
        .with("a.mjs", "import { fail } from './lib.mjs';\nexport default () => fail();\n")
        .with("lib.mjs", "export function fail() {\n  throw new TypeError('no');\n}\n");
    let isolate = with_modules(&engine, modules).await;
    let error = isolate.run("call", vec!["a.mjs".into()], Arc::new(())).await.unwrap_err();
    assert_eq!(error.to_string(), "TypeError: no (lib.mjs:2:13)");
    assert!(error.stack.contains("a.mjs:2"), "{}", error.stack);
}

#[tokio::test]
async fn a_functions_text_is_the_same_when_its_module_is_not_compiled_again() {
    let engine = crate::support::engine();
    let text = "class Told { a() {} }; export default String(Told);";
    for _ in 0..2 {
        let isolate = with_modules(&engine, Memory::new().with("told.mjs", text)).await;
        assert_eq!(load(&isolate, "./told.mjs").await, Ok("class Told { a() {} }".into()));
    }
}

/// The second isolate has its modules from bytecode.
#[tokio::test]
async fn the_programs_own_modules_keep_no_text_in_isolates_and_tenants_keep_theirs() {
    let engine = crate::support::engine();
    let shown = async || {
        let modules = Memory::new()
            .with_kind(
                "own.mjs",
                "export function own() { throw new Error('secret'); }",
                ModuleKind::Own,
            )
            .with("theirs.mjs", "export function theirs() { throw new Error('open'); }")
            .with(
                "a.mjs",
                "import { own } from './own.mjs'; import { theirs } from './theirs.mjs';\n\
                 const stack = (f) => { try { f(); } catch (error) { return error.stack; } };\n\
                 export default [String(own), stack(own), String(theirs), stack(theirs)];",
            );
        let isolate = with_modules(&engine, modules).await;
        match load(&isolate, "a.mjs").await.unwrap() {
            Data::List(shown) => shown.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    shown().await;
    let [own, own_stack, theirs, theirs_stack] = &shown().await[..] else { panic!("four") };
    assert!(!own.contains("secret"), "{own}");
    assert!(!own_stack.contains("own.mjs") && own_stack.contains("a.mjs:2"), "{own_stack}");
    assert!(theirs.contains("open"), "{theirs}");
    assert!(theirs_stack.contains("theirs.mjs:1"), "{theirs_stack}");
}
