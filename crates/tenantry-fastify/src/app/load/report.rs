//! What an isolate tells of what was loaded in it. A tenant's code may have made it up, all of it: as long as an answer
//! may be, and about any file.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use tenantry_js::{Data, JsError, JsErrorKind, ModuleSource};

use super::json_file::{Places, is_json};
use crate::app::table::{NotFound, Route};
use crate::{LoadError, PartError};

/// How many errors are kept. Of the others it is told how many there are.
const KEPT: usize = 1000;
/// For how many of these the place is looked for in their file.
const PLACED: usize = 100;

/// What the bootstrap answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) router: usize,
    pub(super) active: bool,
    pub(super) name: String,
    pub(super) config: Value,
    pub(super) services: Vec<String>,
    pub(super) plugins: Vec<String>,
    pub(super) schemas: Vec<Option<String>>,
    errors: Errors,
    pub(super) targets: Vec<Route>,
    pub(super) not_found: Vec<NotFound>,
}

/// Reads it, and which parts are broken where. It takes as long as the tenant likes, within the bounds here and in
/// [`Places`], on a thread where that keeps nobody from anything.
pub(super) async fn read(
    answer: Data,
    modules: Arc<dyn ModuleSource>,
) -> Result<(Report, Vec<PartError>), LoadError> {
    let reading = tokio::task::spawn_blocking(move || parse(&answer, &*modules));
    match reading.await.map_err(|error| error.try_into_panic()) {
        Ok(read) => read,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => Err(unread("the runtime is ending")),
    }
}

fn parse(answer: &Data, modules: &dyn ModuleSource) -> Result<(Report, Vec<PartError>), LoadError> {
    let text = answer.as_text().unwrap_or_default();
    let mut report: Report = serde_json::from_str(text).map_err(unread)?;
    let broken = std::mem::take(&mut report.errors).placed(modules);
    Ok((report, broken))
}

fn unread(why: impl fmt::Display) -> LoadError {
    LoadError::from(JsError {
        kind: JsErrorKind::Result,
        message: format!("the application was not loaded: {why}"),
        name: String::new(),
        stack: String::new(),
        location: None,
        code: None,
        status: None,
    })
}

/// Broken parts.
#[derive(Default)]
struct Errors {
    first: Vec<Told>,
    /// How many there are beside these.
    more: usize,
}

/// A broken part as the application tells of it.
#[derive(Deserialize)]
struct Told {
    #[serde(flatten)]
    error: PartError,
    /// The `$id` of the schema that is wrong, where it is one of a file.
    schema: Option<String>,
    /// A JSON pointer in that schema.
    #[serde(default)]
    pointer: String,
}

impl Errors {
    /// With their places, where JavaScript knows none since it has never seen the file.
    fn placed(self, modules: &dyn ModuleSource) -> Vec<PartError> {
        let (mut places, mut left) = (Places::new(modules), PLACED);
        let mut broken = Vec::new();
        for Told { mut error, schema, pointer } in self.first {
            if let Some(schema) = schema
                && error.line.is_none()
                && is_json(&error.file)
                && left > 0
            {
                left -= 1;
                (error.line, error.column) = places.find(&error.file, &schema, &pointer).unzip();
            }
            broken.push(error);
        }
        if self.more > 0 {
            broken.push(PartError {
                part: "application".to_owned(),
                file: String::new(),
                line: None,
                column: None,
                message: format!("{} more errors are not told", self.more),
            });
        }
        broken
    }
}

impl<'de> Deserialize<'de> for Errors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Errors;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of broken parts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Errors, A::Error> {
                let mut errors = Errors::default();
                while errors.first.len() < KEPT {
                    match list.next_element()? {
                        Some(told) => errors.first.push(told),
                        None => return Ok(errors),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    errors.more += 1;
                }
                Ok(errors)
            }
        }

        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use serde_json::json;
    use tenantry_js::{Memory, ModuleError, ModuleText};

    use super::*;

    /// Files, and how often one was read.
    struct Counted(Memory, AtomicUsize);

    impl ModuleSource for Counted {
        fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
            self.0.resolve(specifier, from)
        }

        fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
            self.1.fetch_add(1, Relaxed);
            self.0.load(name)
        }
    }

    async fn told(errors: Value, modules: &Arc<Counted>) -> Vec<PartError> {
        let report = json!({
            "router": 0, "active": true, "name": "", "config": {}, "services": [], "plugins": [], "schemas": [],
            "errors": errors, "targets": [], "notFound": [],
        });
        let modules = Arc::clone(modules);
        read(Data::Text(report.to_string()), modules).await.expect("it can be read").1
    }

    fn error(file: &str) -> Value {
        json!({
            "part": "schema user", "file": file, "line": null, "column": null, "message": "wrong",
            "schema": "user", "pointer": "/type",
        })
    }

    #[tokio::test]
    async fn of_many_errors_the_first_have_their_places_and_the_last_are_counted() {
        let files = Memory::new().with("user.json", "{\"$id\": \"user\",\n\"type\": 1}");
        let modules = Arc::new(Counted(files, AtomicUsize::new(0)));
        let broken = told(Value::from(vec![error("user.json"); 3000]), &modules).await;
        assert_eq!(broken.len(), KEPT + 1);
        let is_placed = |error: &&PartError| (error.line, error.column) == (Some(2), Some(9));
        assert_eq!(broken.iter().take_while(is_placed).count(), PLACED);
        let mut rest = broken.iter().skip(PLACED).take(KEPT - PLACED);
        assert!(rest.all(|error| error.file == "user.json" && error.line.is_none()));
        let last = broken.last().map(ToString::to_string);
        assert_eq!(last.as_deref(), Some("application (): 2000 more errors are not told"));
        assert_eq!(modules.1.load(Relaxed), 1, "the file is read once");
    }

    #[tokio::test]
    async fn what_cannot_be_found_is_told_without_a_place() {
        let modules = Arc::new(Counted(Memory::new(), AtomicUsize::new(0)));
        let broken = told(json!([error("gone.json"), error("gone.json")]), &modules).await;
        assert!(broken.iter().all(|error| (error.line, error.column) == (None, None)));
        assert_eq!((broken.len(), modules.1.load(Relaxed)), (2, 1));
    }
}
