//! Strategies that fail, panic, or never answer.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tenantry_server::{
    MultiTenantServer, ServerError,
    loading::{LoadOptions, Loaded, LoadingError, LoadingStrategy, Source},
};

use super::{Gives, Shelf, project, with_initech};
use crate::admin::{TOKEN, listed};
use crate::support::{Answer, get};

/// That acme is served, and initech is kept out without a word on why. Gives what the operator is told.
async fn is_kept_out(server: &MultiTenantServer) -> String {
    let refused = get(server, "initech", "/").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "TENANT_BROKEN"));
    assert!(!refused.text.contains("shelf"), "a client learns nothing of it: {refused:?}");
    assert_eq!(get(server, "acme", "/").await.text, "acme");
    let error = server.init_tenant("initech").await.unwrap_err();
    assert!(matches!(error, ServerError::TenantBroken { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn what_a_strategy_cannot_give_keeps_its_tenant_out_and_nobody_else() {
    let project = project();
    let shelf = Shelf::default();
    let server = with_initech(&project, &shelf).build().unwrap();
    server.ready().await.unwrap();
    let missing = is_kept_out(&server).await;
    assert!(missing.contains("\"code\" is not there: looked in the shelf"), "{missing}");
    shelf.put("code", Gives::Error("a board is loose"));
    let failed = is_kept_out(&server).await;
    assert!(failed.contains("\"code\" cannot be loaded: a board is loose"), "{failed}");

    shelf.put_folder("code", &project, "shelf/one");
    server.init_tenant("initech").await.unwrap();
    assert_eq!(get(&server, "initech", "/").await.text, "one", "it is mended");
}

#[tokio::test]
async fn the_operator_is_told_which_strategy_failed_and_for_which_key() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put("code", Gives::Error("a board is loose"));
    let server = project
        .builder()
        .strategy("releases", shelf)
        .tenant_from("initech", Source::new("releases", "code"))
        .build()
        .unwrap();
    let told = server.init_tenant("initech").await.unwrap_err().to_string();
    for word in ["initech", "releases", "code", "a board is loose"] {
        assert!(told.contains(word), "no {word:?} in {told}");
    }
    let stats = server.tenant_stats();
    let initech = stats.tenants.iter().find(|tenant| tenant.id == "initech").unwrap();
    assert_eq!(initech.error.as_ref().unwrap().message, told);
}

#[tokio::test]
async fn a_strategy_that_panics_keeps_its_tenant_out_and_nobody_else() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put("code", Gives::Panic);
    let server = with_initech(&project, &shelf).build().unwrap();
    server.ready().await.unwrap();
    is_kept_out(&server).await;
    shelf.put_folder("code", &project, "shelf/one");
    server.init_tenant("initech").await.unwrap();
    assert_eq!(get(&server, "initech", "/").await.text, "one");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_strategy_that_never_answers_is_given_up_after_the_time_for_loading() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put("code", Gives::Nothing);
    let server = with_initech(&project, &shelf)
        .set("limits.load", "2s")
        .set("tenants.auto_load", false)
        .build()
        .unwrap();
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { get(&server, "initech", "/").await }
    });
    assert_eq!(get(&server, "acme", "/").await.text, "acme", "nobody else waits for it");
    let late = waiting.await.unwrap();
    assert_eq!((late.status.as_u16(), late.code().as_str()), (503, "TENANT_BROKEN"));
    let told = is_kept_out(&server).await;
    assert!(told.contains("had not answered when the 2s for loading were over"), "{told}");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_server_with_a_strategy_that_never_answers_starts_all_the_same() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put("code", Gives::Nothing);
    let server = with_initech(&project, &shelf).set("limits.load", "2s").build().unwrap();
    server.start().await.unwrap();
    let stats = server.tenant_stats();
    assert_eq!((stats.total, stats.loaded, stats.inactive), (2, 1, 1), "{stats:?}");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_reload_that_fails_leaves_what_the_strategy_gave_before() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put_folder("code", &project, "shelf/one");
    let server = with_initech(&project, &shelf).set("limits.load", "2s").build().unwrap();
    server.ready().await.unwrap();
    for gives in [Gives::Error("a board is loose"), Gives::Nothing, Gives::Panic] {
        shelf.put("code", gives);
        let error = server.reload_tenant("initech").await.unwrap_err();
        assert_eq!(get(&server, "initech", "/").await.text, "one", "after {error}");
        assert_eq!(error.code(), "TENANT_BROKEN", "{error}");
    }
    shelf.put_folder("code", &project, "shelf/two");
    server.reload_tenant("initech").await.unwrap();
    assert_eq!(get(&server, "initech", "/").await.text, "two");
}

#[tokio::test]
async fn a_plugin_that_cannot_be_had_keeps_a_server_from_starting_and_a_new_version_from_coming() {
    let project = project();
    let shelf = Shelf::default();
    let server = || {
        let builder = project.builder().strategy("shelf", shelf.clone());
        builder.plugin_from("greeting", Source::new("shelf", "greeting")).build().unwrap()
    };
    shelf.put("greeting", Gives::Error("a board is loose"));
    let error = server().start().await.unwrap_err();
    assert_eq!(error.code(), "CONFIG_INVALID");
    assert!(error.to_string().contains("\"greeting\" cannot be loaded: a board is loose"));

    shelf.put_folder("greeting", &project, "shelf/greeting-one");
    let server = server();
    server.ready().await.unwrap();
    shelf.put("greeting", Gives::Error("a board is loose"));
    let error = server.reload_tenant("acme").await.unwrap_err();
    assert_eq!(error.code(), "TENANT_BROKEN");
    assert!(error.to_string().contains("\"greeting\" cannot be loaded: a board is loose"));
    assert_eq!(get(&server, "acme", "/").await.text, "acme");
}

/// A store whose doors are shut.
struct Shut;

impl LoadingStrategy for Shut {
    fn load<'a>(
        &'a self,
        key: &'a str,
        _options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        Box::pin(async move { Err(LoadingError::custom(key, "the doors are shut")) })
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        Box::pin(async { Err(LoadingError::custom("", "the doors are shut")) })
    }
}

#[tokio::test]
async fn a_strategy_that_cannot_tell_its_keys_is_told_by_its_name_and_the_others_are_served() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put_folder("initech-app", &project, "shelf/one");
    let server = project
        .builder()
        .strategy("shelf", shelf)
        .strategy("store", Shut)
        .tenants_from("store")
        .tenants_from("shelf")
        .build()
        .unwrap();
    server.ready().await.unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "acme");
    assert_eq!(get(&server, "initech", "/").await.text, "one");
    let stats = server.tenant_stats();
    assert!(stats.refused["store"].contains("the doors are shut"), "{stats:?}");
    is_unknown(&get(&server, "globex", "/").await);
    let error = server.init_tenant("globex").await.unwrap_err();
    assert_eq!(error.code(), "TENANTS_UNAVAILABLE");
    for word in ["\"globex\"", "store", "the doors are shut"] {
        assert!(error.to_string().contains(word), "no {word} in {error}");
    }
}

/// Whether there is such a tenant, nobody knows now.
#[track_caller]
fn is_unknown(answer: &Answer) {
    let told = (answer.status.as_u16(), answer.code());
    assert_eq!(told, (503, "TENANTS_UNAVAILABLE".to_owned()), "{answer:?}");
    assert_eq!(answer.response.headers()["retry-after"], "1");
    assert!(!answer.text.contains("store"), "a client learns nothing of stores: {answer:?}");
}

/// A shelf whose keys nobody is told before it opens.
struct Silent(Shelf, Arc<AtomicBool>);

impl LoadingStrategy for Silent {
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        self.0.load(key, options)
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        if self.1.load(SeqCst) { self.0.keys() } else { Box::pin(pending()) }
    }
}

#[tokio::test]
async fn a_strategy_that_never_tells_its_keys_holds_nobody_up_and_its_tenants_are_found_later() {
    let project = project();
    let (shelf, is_open) = (Shelf::default(), Arc::new(AtomicBool::new(false)));
    shelf.put_folder("initech", &project, "shelf/one");
    let server = project
        .builder()
        .set("limits.load", "2s")
        .set("admin.token", TOKEN)
        .strategy("store", Silent(shelf, Arc::clone(&is_open)))
        .tenants_from("store")
        .build()
        .unwrap();
    server.start().await.unwrap();
    assert_eq!(get(&server, "acme", "/").await.text, "acme");
    let stats = server.tenant_stats();
    assert_eq!((stats.total, stats.loaded), (1, 1), "{stats:?}");
    let late = "had not answered when the 2s for loading were over";
    assert!(stats.refused["store"].contains(late), "{stats:?}");
    is_unknown(&get(&server, "initech", "/").await);

    // Longer than what is known of it counts.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        assert_eq!(listed(&server).await, ["acme"]);
        assert!(asked.elapsed() < Duration::from_secs(1), "the list waits for the store");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    is_open.store(true, SeqCst);
    let start = Instant::now();
    while listed(&server).await != ["acme", "initech"] {
        assert!(start.elapsed() < Duration::from_secs(10), "nobody asks for its keys again");
        tokio::task::yield_now().await;
    }
    assert!(server.tenant_stats().refused.is_empty());
    assert_eq!(get(&server, "initech", "/").await.text, "one");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_plugin_that_never_comes_keeps_a_server_from_starting_and_not_for_ever() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put("greeting", Gives::Nothing);
    let server = project
        .builder()
        .set("limits.load", "1s")
        .strategy("store", shelf)
        .plugin_from("hello", Source::new("store", "greeting"))
        .build()
        .unwrap();
    let error = server.start().await.unwrap_err();
    assert!(matches!(error, ServerError::Setup(_)), "{error:?}");
    let told = error.to_string();
    let late = "had not answered when the 1s for loading were over";
    for word in ["\"hello\"", "\"store\"", "\"greeting\"", late] {
        assert!(told.contains(word), "no {word} in {told}");
    }
}

/// A shelf that takes its time before it gives anything.
struct Slow(Shelf, Duration);

impl LoadingStrategy for Slow {
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        Box::pin(async move {
            tokio::time::sleep(self.1).await;
            self.0.load(key, options).await
        })
    }
}

#[tokio::test]
async fn who_has_not_answered_when_the_time_is_over_is_named_whoever_took_most_of_it() {
    let project = project();
    let (code, plugins) = (Shelf::default(), Shelf::default());
    code.put_folder("code", &project, "shelf/one");
    plugins.put_folder("greeting", &project, "shelf/greeting-one");
    let server = project
        .builder()
        .set("limits.load", "2s")
        .set("tenants.auto_load", false)
        .strategy("slow", Slow(code, Duration::from_millis(1200)))
        .strategy("store", plugins.clone())
        .tenant_from("initech", Source::new("slow", "code"))
        .plugin_from("hello", Source::new("store", "greeting"))
        .build()
        .unwrap();
    server.ready().await.unwrap();
    plugins.put("greeting", Gives::Nothing);
    let told = server.init_tenant("initech").await.unwrap_err().to_string();
    let late = "had not answered when the 2s for loading were over";
    for word in ["\"hello\"", "\"store\"", "\"greeting\"", late] {
        assert!(told.contains(word), "no {word} in {told}");
    }
    assert!(!told.contains("slow"), "that one has answered: {told}");
}

#[tokio::test]
async fn a_strategy_that_panics_where_the_server_asks_it_ends_no_more_than_one_that_fails() {
    let project = project();
    let shelf = Shelf::default();
    shelf.put("code", Gives::Panic);
    let server = with_initech(&project, &shelf).build().unwrap();
    let told = is_kept_out(&server).await;
    for word in ["\"shelf\"", "\"code\"", "there was a panic", "the shelf falls down"] {
        assert!(told.contains(word), "no {word} in {told}");
    }
    let stats = server.tenant_stats();
    let initech = stats.tenants.iter().find(|tenant| tenant.id == "initech").unwrap();
    assert_eq!(initech.error.as_ref().unwrap().message, told);
    assert_eq!((stats.active, stats.inactive), (1, 1), "{stats:?}");

    let server = project
        .builder()
        .strategy("shelf", shelf)
        .plugin_from("greeting", Source::new("shelf", "code"))
        .build()
        .unwrap();
    let error = server.start().await.unwrap_err().to_string();
    assert!(error.contains("there was a panic in what loads it: the shelf falls down"), "{error}");
}
