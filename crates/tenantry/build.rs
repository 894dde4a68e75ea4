//! Passes the fault that a test build is to have on to the compiler; see `src/fault.rs`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TENANTRY_FAULT");
    if let Ok(fault) = std::env::var("TENANTRY_FAULT")
        && !fault.is_empty()
    {
        println!("cargo::rustc-cfg=tenantry_fault");
        println!("cargo::rustc-cfg=tenantry_fault=\"{fault}\"");
    }
}
