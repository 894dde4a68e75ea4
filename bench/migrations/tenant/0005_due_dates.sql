ALTER TABLE tasks ADD COLUMN due_on date;

CREATE INDEX tasks_due_idx ON tasks (due_on);
