//! What a person sees when the server listens.

use std::fmt::Write as _;

use serde::Serialize;
use tenantry_server::{MultiTenantServer, Running, ServerStats, TenantStats};

use crate::table::{align_right, count, table};

/// More tenants than this are not listed.
const MOST: usize = 40;

/// What listens, and for whom.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ready {
    listening: String,
    watching: bool,
    /// Where the tenants' folder is.
    tenants_dir: String,
    /// Where the admin's endpoints are, if there is a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin: Option<String>,
    database: bool,
    /// The header that names a tenant, if that is how tenants are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    stats: ServerStats,
}

impl Ready {
    pub(super) fn of(server: &MultiTenantServer, running: Running, watching: bool) -> Self {
        let config = server.config();
        let listening = format!("http://{}", running.local_addr());
        let admin =
            config.admin.token.as_ref().map(|_| format!("{listening}{}", config.admin.path));
        let named = &config.identification;
        let by_header = named.strategy.iter().any(|way| way == "header");
        Self {
            header: by_header.then(|| named.header.clone()),
            watching,
            tenants_dir: config.tenants.dir.display().to_string(),
            admin,
            database: server.has_database(),
            stats: server.tenant_stats(),
            listening,
        }
    }

    /// How the first tenant that is served is asked, where a header names it.
    fn ask(&self) -> Option<String> {
        let Self { listening, header, stats, .. } = self;
        let header = header.as_deref()?;
        let tenant = stats.tenants.iter().find(|tenant| tenant.active)?;
        Some(format!("ask one: curl {listening}/ -H '{header}: {}'", tenant.id))
    }

    pub(super) fn text(&self) -> String {
        let Self { listening, stats, .. } = self;
        let mut text = format!("Tenantry serves {} on {listening}\n", count(stats.total, "tenant"));
        if stats.tenants.is_empty() {
            let _ =
                writeln!(text, "\nno tenants yet: make a folder for one in {}", self.tenants_dir);
        } else {
            let mut rows = table(["Tenant", "Name", "State", "Routes", "Services", "Errors"]);
            for tenant in stats.tenants.iter().take(MOST) {
                rows.add_row(row(tenant));
            }
            align_right(&mut rows, 3);
            let _ = writeln!(text, "\n{rows}");
            if stats.tenants.len() > MOST {
                let _ = writeln!(text, "and {} more", stats.tenants.len() - MOST);
            }
        }
        for tenant in &stats.tenants {
            for part in &tenant.broken {
                let _ = writeln!(text, "❌ {}: {part}", tenant.id);
            }
            if let Some(error) = &tenant.error
                && tenant.broken.is_empty()
            {
                let _ = writeln!(text, "❌ {}", error.message);
            }
        }
        for (folder, why) in &stats.refused {
            let _ = writeln!(text, "⚠️ {folder}: {why}");
        }
        if let Some(first) = self.ask() {
            let _ = writeln!(text, "\n{first}");
        }
        if !self.database {
            text.push_str("\nno database: DATABASE_URL names one\n");
        }
        if self.watching {
            let _ = writeln!(text, "watching {}", self.tenants_dir);
        }
        text.push_str("Ctrl-C stops\n");
        text
    }
}

fn row(tenant: &TenantStats) -> [String; 6] {
    let state = match (&tenant.error, tenant.loaded) {
        (Some(error), _) if error.code == "TENANT_INACTIVE" => "⏸ inactive",
        (Some(_), _) => "❌ broken",
        (None, true) => "✅ loaded",
        (None, false) => "💤 on first request",
    };
    let is_known = tenant.name.is_some();
    let known = |text: String| if is_known { text } else { "–".to_owned() };
    [
        tenant.id.clone(),
        tenant.name.clone().filter(|name| *name != tenant.id).unwrap_or_default(),
        state.to_owned(),
        known(tenant.routes.to_string()),
        known(tenant.services.join(", ")),
        match tenant.broken.len() {
            0 => String::new(),
            broken => broken.to_string(),
        },
    ]
}
