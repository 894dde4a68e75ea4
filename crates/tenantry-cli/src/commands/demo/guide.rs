use std::fmt::Write as _;

use tenantry::{TenantId, TenantManager};

use super::Ready;
use crate::failure::Result;

/// What was done, where it listens, and what to try.
pub(super) async fn text(ready: &Ready, manager: &TenantManager) -> Result<String> {
    let url = &ready.listening;
    let (project, task) = something_of(manager, &TenantId::parse("acme")?).await?;
    let mut text = String::new();
    if let Some(data_dir) = &ready.data_dir {
        let _ = writeln!(text, "PostgreSQL: a private one, its data in {data_dir}");
    } else {
        text.push_str("PostgreSQL: the configured one\n");
    }
    for tenant in &ready.tenants {
        let applied = match tenant.applied.as_slice() {
            [] => "as it was".to_owned(),
            applied => format!("applied {}, loaded sample data", applied.join(", ")),
        };
        let _ = writeln!(text, "Tenant {}, in schema {}: {applied}", tenant.id, tenant.schema);
    }
    let program = std::env::args().next().unwrap_or_else(|| "tenantry".to_owned());
    let _ = write!(
        text,
        r#"listening on {url}

Try it:

# Create a user
curl -X POST {url}/users \
  -H "Content-Type: application/json" \
  -H "X-Tenant-ID: acme" \
  -d '{{"email": "alice@acme.com", "name": "Alice"}}'

# Create a project
curl -X POST {url}/projects \
  -H "Content-Type: application/json" \
  -H "X-Tenant-ID: acme" \
  -d '{{"name": "Website Redesign", "description": "Q1 project"}}'

# List projects; those of globex are others
curl {url}/projects -H "X-Tenant-ID: acme"
curl {url}/projects -H "X-Tenant-ID: globex"

# Create a task
curl -X POST {url}/projects/{project}/tasks \
  -H "Content-Type: application/json" \
  -H "X-Tenant-ID: acme" \
  -d '{{"title": "Design mockups", "priority": 1}}'

# List tasks for project
curl {url}/projects/{project}/tasks -H "X-Tenant-ID: acme"

# Update task status
curl -X PATCH {url}/tasks/{task} \
  -H "Content-Type: application/json" \
  -H "X-Tenant-ID: acme" \
  -d '{{"completed": true}}'

# Health check
curl {url}/health

# What is applied to whom
{program} --config {config} status

Ctrl-C stops it; the data stays.
"#,
        config = ready.config,
    );
    Ok(text)
}

/// The ids of a project and of a task in it, so that the commands work as they are.
async fn something_of(manager: &TenantManager, id: &TenantId) -> Result<(String, String)> {
    let sql = "SELECT p.id::text, t.id::text FROM projects p JOIN tasks t ON t.project_id = p.id \
               ORDER BY p.created_at, t.created_at, t.id LIMIT 1";
    let found = manager.db(id)?.query_opt(sql, &[]).await?;
    Ok(found.map_or_else(
        || ("{projectId}".to_owned(), "{id}".to_owned()),
        |row| (row.get(0), row.get(1)),
    ))
}
