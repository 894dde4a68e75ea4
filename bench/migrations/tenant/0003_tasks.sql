CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title varchar(255) NOT NULL,
    project_id uuid REFERENCES projects (id),
    assignee_id uuid REFERENCES users (id),
    priority integer DEFAULT 0,
    completed boolean DEFAULT false,
    created_at timestamp DEFAULT now()
);

CREATE INDEX tasks_project_idx ON tasks (project_id);

CREATE INDEX tasks_assignee_idx ON tasks (assignee_id);
