//! One tenant's schema, as SQL.

use crate::tenants;

/// The tables of the projects API, `$schema` standing for the schema's name.
const TABLES: &str = "
CREATE TABLE $schema.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    active boolean DEFAULT true,
    created_at timestamp DEFAULT now()
);
CREATE TABLE $schema.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL,
    description varchar(1000),
    owner_id uuid REFERENCES $schema.users (id),
    status varchar(50) DEFAULT 'active',
    created_at timestamp DEFAULT now()
);
CREATE TABLE $schema.tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title varchar(255) NOT NULL,
    project_id uuid REFERENCES $schema.projects (id),
    assignee_id uuid REFERENCES $schema.users (id),
    priority integer DEFAULT 0,
    completed boolean DEFAULT false,
    created_at timestamp DEFAULT now()
);
";

/// Two users, the project that is asked for and three others, and two tasks.
const ROWS: &str = "
INSERT INTO $schema.users (email, name)
    VALUES ('alice@$tenant.example', 'Alice of $tenant'), ('bob@$tenant.example', 'Bob of $tenant');
INSERT INTO $schema.projects (id, name, description, owner_id)
    SELECT '$project', '$name', 'Design, copy and launch', id
    FROM $schema.users ORDER BY email LIMIT 1;
INSERT INTO $schema.projects (name)
    VALUES ('Payroll of $tenant'), ('Office move of $tenant'), ('Summer party of $tenant');
INSERT INTO $schema.tasks (title, project_id)
    VALUES ('Draft of $tenant', '$project'), ('Review of $tenant', '$project');
";

/// An empty schema.
pub(super) fn empty(id: &str) -> String {
    format!("CREATE SCHEMA \"{}\";", tenants::schema(id))
}

/// A schema with its tables and rows.
pub(super) fn with_rows(id: &str) -> String {
    let filled = format!("{TABLES}{ROWS}")
        .replace("$schema", &format!("\"{}\"", tenants::schema(id)))
        .replace("$tenant", id)
        .replace("$project", &tenants::PROJECT.to_string())
        .replace("$name", &tenants::project_name(id));
    empty(id) + &filled
}

#[cfg(test)]
mod tests {
    use super::with_rows;

    #[test]
    fn every_placeholder_is_filled() {
        let sql = with_rows("t0042");
        assert!(!sql.contains('$'), "{sql}");
        assert!(sql.contains("'Website of t0042'"));
        assert!(sql.contains("\"tenant_t0042\".tasks"));
    }
}
