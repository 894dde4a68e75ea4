use crate::support::{run, tenantry};

macro_rules! help {
    ($($name:ident: $line:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            insta::assert_snapshot!(run(tenantry($line)).await.done());
        }
    )*};
}

help! {
    the_short_help_fits_a_screen: "-h";
    the_long_help_has_exit_status_and_examples: "--help";
    help_of_demo: "demo --help";
    help_of_lint: "lint --help";
    help_of_migrate: "migrate --help";
    help_of_status: "status --help";
    help_of_tenant: "tenant --help";
    help_of_tenant_create: "tenant create --help";
    help_of_tenant_list: "tenant list -h";
    help_of_tenant_show: "tenant show -h";
    help_of_tenant_drop: "tenant drop --help";
    help_of_health: "health --help";
    help_of_completion: "completion --help";
    help_of_adopt: "adopt --help";
    help_of_seed: "seed --help";
    help_of_serve: "serve --help";
}

#[tokio::test]
async fn without_a_verb_the_help_is_shown_and_it_is_a_usage_error() {
    let ran = run(tenantry("")).await;
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("Usage: tenantry"));
}

#[tokio::test]
async fn the_version_is_told() {
    let version = run(tenantry("--version")).await.done();
    assert_eq!(version, format!("tenantry {}\n", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn colors_are_used_when_they_are_wanted() {
    let plain = run(tenantry("-h --color never")).await.done();
    assert!(!plain.contains('\x1b'));
    let colored = run(tenantry("-h --color=always")).await.done();
    assert!(colored.contains('\x1b'));
}
