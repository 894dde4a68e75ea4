//! Passes the fault that a test build is to have on to the compiler; see `src/fault.rs`. And, for
//! `bench/pool.sh hold`, that connections are never held: TENANTRY_HOLD=never.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TENANTRY_FAULT");
    println!("cargo::rerun-if-env-changed=TENANTRY_HOLD");
    if std::env::var("TENANTRY_HOLD").is_ok_and(|hold| hold == "never") {
        println!("cargo::rustc-cfg=tenantry_never_held");
    }
    if let Ok(fault) = std::env::var("TENANTRY_FAULT")
        && !fault.is_empty()
    {
        println!("cargo::rustc-cfg=tenantry_fault");
        println!("cargo::rustc-cfg=tenantry_fault=\"{fault}\"");
    }
}
