CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    active boolean DEFAULT true,
    created_at timestamp DEFAULT now()
);

CREATE INDEX users_name_idx ON users (name);
