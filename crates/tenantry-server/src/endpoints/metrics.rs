//! The statistics as Prometheus reads them.

use std::fmt::{Display, Write as _};

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::stats::{ServerStats, TenantStats};

pub(super) fn answer(stats: &ServerStats) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text(stats)).into_response()
}

/// What is told of each tenant: a name, its type, what it is, its value.
type OfTenant = (&'static str, &'static str, &'static str, fn(&TenantStats) -> f64);

const OF_TENANTS: [OfTenant; 8] = [
    ("requests_total", "counter", "Requests since the start.", |it| it.requests as f64),
    ("request_errors_total", "counter", "Those answered with 500 or more.", |it| it.errors as f64),
    ("refusals_total", "counter", "What its code has asked for that leads out.", |it| {
        it.refusals as f64
    }),
    ("loads_total", "counter", "How often it was loaded.", |it| it.loads as f64),
    ("cpu_seconds_total", "counter", "CPU time of its code.", |it| it.cpu_time / 1000.0),
    ("requests_open", "gauge", "Requests under way.", |it| it.open as f64),
    ("isolates", "gauge", "Its isolates.", |it| it.isolates as f64),
    ("isolate_memory_bytes", "gauge", "Memory of its isolates.", |it| it.memory as f64),
];

fn text(stats: &ServerStats) -> String {
    let mut text = String::new();
    head(&mut text, "tenants", "gauge", "Tenants, by how they stand.");
    for (state, count) in
        [("active", stats.active), ("inactive", stats.inactive), ("loaded", stats.loaded)]
    {
        line(&mut text, "tenants", &[("state", state)], count);
    }
    head(&mut text, "tenants_by_type", "gauge", "Tenants, by where their code comes from.");
    for (kind, count) in &stats.by_type {
        line(&mut text, "tenants_by_type", &[("type", kind)], count);
    }
    head(&mut text, "services", "gauge", "Services of tenants that are loaded.");
    line(&mut text, "services", &[], stats.services);
    for (name, kind, what, value) in OF_TENANTS {
        let name = format!("tenant_{name}");
        head(&mut text, &name, kind, what);
        for tenant in &stats.tenants {
            line(&mut text, &name, &[("tenant", &tenant.id)], value(tenant));
        }
    }
    text
}

// Writing to a String does not fail.

fn head(text: &mut String, name: &str, kind: &str, what: &str) {
    let _ = writeln!(text, "# HELP tenantry_{name} {what}\n# TYPE tenantry_{name} {kind}");
}

/// Labels are ids, states and names of strategies: none has a quote or a backslash in it.
fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    let labels: Vec<String> =
        labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
    let _ = match labels.as_slice() {
        [] => writeln!(text, "tenantry_{name} {value}"),
        labels => writeln!(text, "tenantry_{name}{{{}}} {value}", labels.join(",")),
    };
}
