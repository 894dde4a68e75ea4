//! TypeScript, with its feature and without.

use crate::support::{load, with_modules};
use tenantry_js::{Data, JsErrorKind, Memory};

fn modules() -> Memory {
    Memory::new()
        .with(
            "a.ts",
            "import { double } from './b.ts';\n\
             interface User { id: number }\n\
             enum Level { Low = 1, High }\n\
             class Box<T> { constructor(private readonly value: T) {} get(): T { return this.value; } }\n\
             const user: User = { id: 7 } as User;\n\
             export default [double(user.id), Level.High, new Box<string>('x').get()!];\n",
        )
        .with("b.ts", "export const double = (n: number): number => n * 2;")
        .with("bad.ts", "const a: number = 1;\nconst b: = 2;\n")
}

#[cfg(feature = "typescript")]
#[tokio::test]
async fn types_are_stripped_and_enums_made() {
    let engine = crate::support::engine();
    let isolate = with_modules(&engine, modules()).await;
    let expected = Data::List(vec![Data::Number(14.0), Data::Number(2.0), "x".into()]);
    assert_eq!(load(&isolate, "a.ts").await, Ok(expected));
    let error = load(&isolate, "bad.ts").await.unwrap_err();
    assert_eq!(error.kind, JsErrorKind::Syntax, "{error:?}");
    let location = error.location.unwrap();
    assert_eq!((location.file.as_str(), location.line), ("bad.ts", 2));
}

#[cfg(not(feature = "typescript"))]
#[tokio::test]
async fn without_the_feature_it_is_refused_by_name() {
    let engine = crate::support::engine();
    let isolate = with_modules(&engine, modules()).await;
    let error = load(&isolate, "a.ts").await.unwrap_err();
    assert_eq!(error.kind, JsErrorKind::Syntax, "{error:?}");
    assert!(error.message.contains("typescript"), "{error:?}");
    assert_ne!(load(&isolate, "b.ts").await, Ok(Data::Undefined));
}
