//! Tenants and plugins from a loading strategy of Rust's, named by code and by the configuration.

mod faults;

use std::{
    collections::BTreeMap,
    future::pending,
    path::PathBuf,
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tenantry_server::{
    MultiTenantServerBuilder, ServerError,
    loading::{LoadOptions, Loaded, LoadingError, LoadingStrategy, Revision, Source},
};

use crate::support::{Project, get};

/// A store of the test's own, which gives what it is told to for each key. What is in it with the key
/// `ID-app` is the tenant `ID`'s.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<String, Gives>>>);

#[derive(Clone)]
enum Gives {
    /// A folder, or, with the option `release`, the folder of that name in it. It has to stay for as long
    /// as there are others who have the token.
    Folder(PathBuf, Arc<()>),
    Error(&'static str),
    Panic,
    /// It never answers.
    Nothing,
}

impl Shelf {
    fn put(&self, key: &str, gives: Gives) {
        self.0.lock().unwrap().insert(key.to_owned(), gives);
    }

    /// Puts a folder of the project's there; the token tells whether anybody has it.
    fn put_folder(&self, key: &str, project: &Project, folder: &str) -> Weak<()> {
        let token = Arc::new(());
        let weak = Arc::downgrade(&token);
        self.put(key, Gives::Folder(project.path(folder), token));
        weak
    }
}

impl LoadingStrategy for Shelf {
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        Box::pin(async move {
            let gives = self.0.lock().unwrap().get(key).cloned();
            match gives {
                Some(Gives::Folder(root, token)) => {
                    let release = options.text("release").unwrap_or_default();
                    let revision = Revision::new(format!("{} {release}", root.display()));
                    Ok(Loaded::new(key, root.join(release), revision).keeping(token))
                }
                Some(Gives::Error(cause)) => Err(LoadingError::custom(key, cause)),
                Some(Gives::Panic) => panic!("the shelf falls down"),
                Some(Gives::Nothing) => pending().await,
                None => {
                    let (key, place) = (key.to_owned(), "the shelf".to_owned());
                    Err(LoadingError::NotFound { key, place })
                }
            }
        })
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        Box::pin(async { Ok(self.0.lock().unwrap().keys().cloned().collect()) })
    }

    fn tenant_of<'k>(&self, key: &'k str) -> &'k str {
        key.strip_suffix("-app").unwrap_or(key)
    }
}

/// Routes that answer with this word.
fn says(word: &str) -> String {
    format!("export default async (fastify) => {{ fastify.get('/', async () => '{word}') }}")
}

/// A plugin by which every tenant has this word as `greeting`.
fn greets(word: &str) -> String {
    format!(
        "import fp from 'fastify-plugin'
         export default fp(async (fastify) => {{ fastify.decorate('greeting', '{word}') }})"
    )
}

/// A folder of tenants with `acme`, and what is on the shelf: `initech`'s code in two releases.
fn project() -> Project {
    Project::new(&[
        ("tenants/acme/routes/index.mjs", &says("acme")),
        ("shelf/one/routes/index.mjs", &says("one")),
        ("shelf/two/routes/index.mjs", &says("two")),
        ("shelf/greeting-one/index.mjs", &greets("hello")),
        ("shelf/greeting-two/index.mjs", &greets("good day")),
    ])
}

/// `initech` from the key `code` of a shelf.
fn with_initech(project: &Project, shelf: &Shelf) -> MultiTenantServerBuilder {
    project
        .builder()
        .strategy("shelf", shelf.clone())
        .tenant_from("initech", Source::new("shelf", "code"))
}

/// The same sources by the configuration's keys.
fn configured(
    builder: MultiTenantServerBuilder,
    section: &str,
    source: &[(&str, &str)],
) -> MultiTenantServerBuilder {
    source
        .iter()
        .fold(builder, |builder, (key, value)| builder.set(&format!("{section}.{key}"), *value))
}

#[tokio::test]
async fn every_key_of_a_strategy_is_a_tenant_beside_those_in_the_folder() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put_folder("initech-app", &project, "shelf/one");
    shelf.put_folder("No Body-app", &project, "shelf/one");
    // The folder's own comes first.
    shelf.put_folder("acme-app", &project, "shelf/one");
    let builder = || project.builder().strategy("shelf", shelf.clone());
    for builder in [builder().tenants_from("shelf"), builder().set("tenants.from", ["shelf"])] {
        let server = builder.build().unwrap();
        server.ready().await.unwrap();
        assert_eq!(get(&server, "initech", "/").await.text, "one");
        assert_eq!(get(&server, "acme", "/").await.text, "acme");
        let stats = server.tenant_stats();
        assert_eq!((stats.total, stats.loaded), (2, 2), "{stats:?}");
        assert_eq!((stats.by_type["folder"], stats.by_type["shelf"]), (1, 1));
        assert!(stats.refused["No Body"].contains("'N' at position 1"), "{stats:?}");
        let unknown = get(&server, "initech-app", "/").await;
        assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "TENANT_NOT_FOUND"));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_tenant_has_a_source_of_its_own_with_options_by_code_or_by_the_configuration() {
    let project = project();
    // A source counts before a folder of that name.
    project.write("tenants/initech/routes/index.mjs", &says("folder"));
    let shelf = Shelf::default();
    shelf.put_folder("code", &project, "shelf");
    let builder = || project.builder().strategy("shelf", shelf.clone());
    let by_code = |builder: MultiTenantServerBuilder, release: &str| {
        builder.tenant_from("initech", Source::new("shelf", "code").with("release", release))
    };
    let by_configuration = |release: &str| {
        let source = [("strategy", "shelf"), ("key", "code"), ("release", release)];
        configured(builder(), "tenants.sources.initech", &source)
    };
    for (builder, said) in [
        (by_code(builder(), "one"), "one"),
        (by_configuration("two"), "two"),
        // Code counts before the configuration.
        (by_code(by_configuration("two"), "one"), "one"),
    ] {
        let server = builder.build().unwrap();
        assert_eq!(get(&server, "initech", "/").await.text, said);
        assert_eq!(get(&server, "acme", "/").await.text, "acme");
        let stats = server.tenant_stats();
        assert_eq!((stats.by_type["folder"], stats.by_type["shelf"]), (1, 1), "{stats:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_reload_takes_what_the_strategy_gives_now_and_lets_go_of_what_it_gave() {
    let project = project();
    let shelf = Shelf::default();
    let first = shelf.put_folder("code", &project, "shelf/one");
    let server = with_initech(&project, &shelf).build().unwrap();
    server.ready().await.unwrap();
    let second = shelf.put_folder("code", &project, "shelf/two");
    assert_eq!(get(&server, "initech", "/").await.text, "one", "nobody has asked for another");
    assert!(first.strong_count() > 0, "it is in use");

    server.reload_tenant("initech").await.unwrap();
    assert_eq!(get(&server, "initech", "/").await.text, "two");
    let start = Instant::now();
    while first.strong_count() > 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "the first folder is never let go of");
        tokio::task::yield_now().await;
    }
    assert!(second.strong_count() > 1, "the server has it, and the shelf");
    assert_eq!(get(&server, "initech", "/").await.text, "two");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_tenant_that_was_unloaded_comes_from_its_strategy_again() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put_folder("code", &project, "shelf/one");
    let server = with_initech(&project, &shelf).build().unwrap();
    assert_eq!(get(&server, "initech", "/").await.text, "one");
    shelf.put_folder("code", &project, "shelf/two");
    assert!(server.unload_tenant("initech").await.unwrap());
    assert_eq!(get(&server, "initech", "/").await.text, "two");
}

#[tokio::test]
async fn a_plugin_for_all_comes_from_a_source_by_code_or_by_the_configuration() {
    let project = Project::with_routes(
        "export default async (fastify) => { fastify.get('/', async () => fastify.greeting) }",
    );
    project.write("shelf/greeting-one/index.mjs", &greets("hello"));
    project.write("shelf/greeting-two/index.mjs", &greets("good day"));
    let shelf = Shelf::default();
    let builder = || project.builder().strategy("shelf", shelf.clone());
    let source = [("strategy", "shelf"), ("key", "greeting")];
    for builder in [
        builder().plugin_from("greeting", Source::new("shelf", "greeting")),
        configured(builder(), "plugins.sources.greeting", &source),
        configured(builder(), "plugins.sources.greeting", &source)
            .set("plugins.coreOrder", ["greeting", "exception"]),
    ] {
        shelf.put_folder("greeting", &project, "shelf/greeting-one");
        let server = builder.build().unwrap();
        assert_eq!(get(&server, "acme", "/").await.text, "hello");
        shelf.put_folder("greeting", &project, "shelf/greeting-two");
        assert_eq!(get(&server, "acme", "/").await.text, "hello", "nobody has asked for another");
        server.reload_tenant("acme").await.unwrap();
        assert_eq!(get(&server, "acme", "/").await.text, "good day");
        server.stop().await;
    }
}

#[test]
fn a_strategy_of_the_configuration_that_nobody_has_added_is_told_when_the_server_is_built() {
    let project = project();
    let builder = || project.builder().strategy("shelf", Shelf::default());
    let nowhere = [("strategy", "nowhere"), ("key", "code")];
    for builder in [
        configured(builder(), "tenants.sources.initech", &nowhere),
        configured(builder(), "plugins.sources.greeting", &nowhere),
        builder().set("tenants.from", ["nowhere"]),
    ] {
        is_unknown(&builder.build().unwrap_err());
    }
}

#[test]
fn a_strategy_that_code_names_and_nobody_has_added_is_told_when_the_server_is_built() {
    let project = project();
    let builder = || project.builder().strategy("shelf", Shelf::default());
    let nowhere = || Source::new("nowhere", "code");
    for builder in [
        builder().tenant_from("initech", nowhere()),
        builder().plugin_from("greeting", nowhere()),
        builder().tenants_from("nowhere"),
    ] {
        is_unknown(&builder.build().unwrap_err());
    }
    // What it names may be added after it.
    let after = project.builder().tenants_from("shelf").strategy("shelf", Shelf::default());
    after.build().unwrap();
}

#[track_caller]
fn is_unknown(error: &ServerError) {
    assert_eq!(error.code(), "CONFIG_INVALID");
    let told = error.to_string();
    assert!(told.contains("there is no loading strategy \"nowhere\": there is shelf"), "{told}");
}

#[test]
fn names_and_ids_that_cannot_be_are_told_when_the_server_is_built() {
    let project = project();
    let builder = || project.builder().strategy("shelf", Shelf::default());
    let told = |builder: MultiTenantServerBuilder| builder.build().unwrap_err().to_string();
    let twice = told(builder().strategy("shelf", Shelf::default()));
    assert_eq!(twice, "a loading strategy \"shelf\" is there already");
    let id = told(builder().tenant_from("No Body", Source::new("shelf", "code")));
    assert!(id.contains("'N' at position 1"), "{id}");
    let half = [("strategy", "shelf")];
    for section in ["tenants.sources.initech", "plugins.sources.greeting"] {
        let half = told(configured(builder(), section, &half));
        assert!(half.contains(&format!("{section}.key")), "{half}");
    }
}
