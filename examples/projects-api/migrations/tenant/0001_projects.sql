-- Times are UTC: a column without a time zone holds no other.

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    active boolean DEFAULT true,
    created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE TABLE projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL,
    description varchar(1000),
    owner_id uuid REFERENCES users (id),
    status varchar(50) DEFAULT 'active',
    created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title varchar(255) NOT NULL,
    project_id uuid REFERENCES projects (id),
    assignee_id uuid REFERENCES users (id),
    priority integer DEFAULT 0,
    completed boolean DEFAULT false,
    created_at timestamp DEFAULT (now() AT TIME ZONE 'UTC')
);

CREATE INDEX projects_owner_id_idx ON projects (owner_id);
CREATE INDEX tasks_assignee_id_idx ON tasks (assignee_id);

-- Lists come in the order of creation.
CREATE INDEX users_created_at_idx ON users (created_at, id);
CREATE INDEX projects_created_at_idx ON projects (created_at, id);
CREATE INDEX tasks_created_at_idx ON tasks (created_at, id);
CREATE INDEX tasks_project_id_idx ON tasks (project_id, created_at, id);
