CREATE SCHEMA IF NOT EXISTS tenantry;

CREATE TABLE IF NOT EXISTS tenantry.runs (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state       text        NOT NULL DEFAULT 'running'
                            CHECK (state IN ('running', 'succeeded', 'failed', 'stopped')),
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When its process gave its last sign of life.
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    started_by  text        NOT NULL,
    host        text        NOT NULL,
    pid         integer     NOT NULL,
    version     text        NOT NULL,
    -- What was asked for, to go on with it.
    request     jsonb       NOT NULL,
    files       text[]      NOT NULL,
    tenants     integer     NOT NULL
);

CREATE TABLE IF NOT EXISTS tenantry.run_tenants (
    run         bigint      NOT NULL REFERENCES tenantry.runs ON DELETE CASCADE,
    tenant      text        NOT NULL,
    status      text        NOT NULL,
    applied     text[]      NOT NULL,
    error       jsonb,
    duration_ms bigint      NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run, tenant)
);
