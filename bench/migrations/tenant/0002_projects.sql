CREATE TABLE projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL,
    description varchar(1000),
    owner_id uuid REFERENCES users (id),
    status varchar(50) DEFAULT 'active',
    created_at timestamp DEFAULT now()
);

CREATE INDEX projects_owner_idx ON projects (owner_id);
