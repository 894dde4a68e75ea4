CREATE TABLE labels (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(100) NOT NULL UNIQUE
);

CREATE TABLE task_labels (
    task_id uuid REFERENCES tasks (id),
    label_id uuid REFERENCES labels (id),
    PRIMARY KEY (task_id, label_id)
);
