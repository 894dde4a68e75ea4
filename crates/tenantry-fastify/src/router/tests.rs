use super::{Lookup, Router, RouterOptions};

fn router(paths: &[&str]) -> Router {
    let mut router = Router::new(RouterOptions::default());
    for (target, path) in (0..).zip(paths) {
        router.add("GET", path, target).unwrap();
    }
    router
}

fn found(router: &Router, path: &str) -> Option<(u32, Vec<String>)> {
    match router.find("GET", path) {
        Lookup::Found { target, params } => Some((target, params)),
        _ => None,
    }
}

fn values(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn text_comes_before_parameters_and_those_before_the_wildcard() {
    let router = router(&["/a/b", "/a/:x", "/a/*", "/:y/b"]);
    assert_eq!(found(&router, "/a/b"), Some((0, vec![])));
    assert_eq!(found(&router, "/a/c"), Some((1, values(&["c"]))));
    assert_eq!(found(&router, "/a/c/d"), Some((2, values(&["c/d"]))));
    assert_eq!(found(&router, "/z/b"), Some((3, values(&["z"]))));
    assert_eq!(found(&router, "/z/c"), None);
}

#[test]
fn parameters_are_taken_apart() {
    let router = router(&[
        "/range/:from-:to",
        "/at/:hour(^\\d+)h:minute(^\\d+)m",
        "/img/:name.png",
        "/id/:id(^\\d+$)",
        "/id/:id",
    ]);
    assert_eq!(found(&router, "/range/10-20"), Some((0, values(&["10", "20"]))));
    assert_eq!(found(&router, "/range/10"), None);
    assert_eq!(found(&router, "/at/12h30m"), Some((1, values(&["12", "30"]))));
    assert_eq!(found(&router, "/img/cat.png"), Some((2, values(&["cat"]))));
    assert_eq!(found(&router, "/id/12"), Some((3, values(&["12"]))));
    assert_eq!(found(&router, "/id/ab"), Some((4, values(&["ab"]))));
}

#[test]
fn a_last_parameter_may_be_optional() {
    let router = router(&["/opt/:maybe?"]);
    assert_eq!(found(&router, "/opt"), Some((0, vec![])));
    assert_eq!(found(&router, "/opt/x"), Some((0, values(&["x"]))));
}

#[test]
fn escapes_stand_for_text_but_not_for_slashes() {
    let router = router(&["/a/:x", "/caf\u{e9}", "/::x"]);
    assert_eq!(found(&router, "/%61/%2Fb%20c"), Some((0, values(&["/b c"]))));
    assert_eq!(found(&router, "/a/100%25"), Some((0, values(&["100%"]))));
    assert_eq!(found(&router, "/caf%C3%A9"), Some((1, vec![])));
    assert_eq!(found(&router, "/:x"), Some((2, vec![])));
    assert_eq!(router.find("GET", "/a/%zz"), Lookup::BadUrl);
    assert_eq!(router.find("GET", "/a/%ff"), Lookup::BadUrl);
}

#[test]
fn a_parameter_has_a_longest_length() {
    let router = router(&["/a/:x"]);
    assert!(found(&router, &format!("/a/{}", "x".repeat(100))).is_some());
    assert_eq!(router.find("GET", &format!("/a/{}", "x".repeat(101))), Lookup::TooLong);
}

#[test]
fn two_that_cannot_be_told_apart_are_refused() {
    let mut router = router(&["/a/:x"]);
    assert!(router.add("GET", "/a/:y", 9).is_err());
    assert!(router.add("POST", "/a/:y", 9).is_ok());
    assert!(router.add("GET", "/a*b", 9).is_err());
    assert!(router.add("GET", "a", 9).is_err());
    assert!(router.has("GET", "/a/:other"));
    assert!(!router.has("GET", "/b"));
}

#[test]
fn slashes_and_case_are_ignored_where_that_is_asked_for() {
    let mut router = Router::new(RouterOptions {
        case_sensitive: false,
        ignore_trailing_slash: true,
        ignore_duplicate_slashes: true,
        ..RouterOptions::default()
    });
    router.add("GET", "/Users/:Id/", 1).unwrap();
    assert_eq!(found(&router, "/USERS//ABC"), Some((1, values(&["ABC"]))));
}

/// What a route is, piece by piece: text, a parameter, or the rest.
fn pieces() -> impl proptest::strategy::Strategy<Value = Vec<&'static str>> {
    use proptest::prelude::*;
    let piece = prop::sample::select(vec!["a", "b", "ab", ":p"]);
    (prop::collection::vec(piece, 1..4), any::<bool>()).prop_map(|(mut pieces, rest)| {
        if rest {
            pieces.push("*");
        }
        pieces
    })
}

/// The plainest way to say which route it is: piece by piece, text first, then a parameter, then the rest, each tried to its end.
fn reference(routes: &[(u32, &[&'static str])], path: &[&str]) -> Option<u32> {
    let Some((first, rest)) = path.split_first() else {
        return routes.iter().find(|(_, pieces)| pieces.is_empty()).map(|(target, _)| *target);
    };
    let with = |wanted: &str| -> Vec<(u32, &[&'static str])> {
        let fits = routes.iter().filter(|(_, pieces)| pieces.first() == Some(&wanted));
        fits.map(|(target, pieces)| (*target, &pieces[1..])).collect()
    };
    reference(&with(first), rest)
        .or_else(|| reference(&with(":p"), rest))
        .or_else(|| with("*").first().map(|(target, _)| *target))
}

proptest::proptest! {
    #[test]
    fn finds_what_the_plainest_search_finds(
        routes in proptest::collection::btree_set(pieces(), 1..12),
        path in proptest::collection::vec(proptest::sample::select(vec!["a", "b", "ab", "c", "abc"]), 1..5),
    ) {
        let mut router = Router::new(RouterOptions::default());
        let mut known: Vec<(u32, &[&'static str])> = Vec::new();
        for (target, pieces) in (0..).zip(&routes) {
            router.add("GET", &format!("/{}", pieces.join("/")), target).unwrap();
            known.push((target, pieces));
        }
        let url = format!("/{}", path.join("/"));
        let found = found(&router, &url).map(|(target, _)| target);
        proptest::prop_assert_eq!(found, reference(&known, &path), "{:?} {}", routes, url);
    }
}
