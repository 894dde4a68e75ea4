-- Two users, two projects and three tasks for the tenant $1, unless it has them already.
WITH people AS (
    INSERT INTO users (email, name)
    VALUES ('ada@' || $1::text || '.example', 'Ada Byron'),
           ('grace@' || $1 || '.example', 'Grace Hopper')
    ON CONFLICT (email) DO NOTHING
    RETURNING id, name
), launch AS (
    INSERT INTO projects (name, description, owner_id)
    SELECT 'Launch of ' || $1, 'Everything until the first customer', id
    FROM people WHERE name = 'Ada Byron'
    RETURNING id
), move AS (
    INSERT INTO projects (name, owner_id)
    SELECT 'Office move', id FROM people WHERE name = 'Grace Hopper'
)
INSERT INTO tasks (title, project_id, assignee_id, priority)
SELECT task.title, launch.id, people.id, task.priority
FROM launch, people JOIN (VALUES
    ('Write the announcement', 'Ada Byron', 2),
    ('Invite the first users', 'Grace Hopper', 1),
    ('Order a cake', 'Grace Hopper', 0)
) AS task (title, assignee, priority) ON task.assignee = people.name
