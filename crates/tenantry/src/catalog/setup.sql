CREATE SCHEMA IF NOT EXISTS tenantry;

-- Versions order the changes of rows: a slow read never puts an old row back.
CREATE SEQUENCE IF NOT EXISTS tenantry.tenants_version;

CREATE TABLE IF NOT EXISTS tenantry.tenants (
    id          text        NOT NULL PRIMARY KEY CHECK (id <> ''),
    status      text        NOT NULL DEFAULT 'active'
                            CHECK (status IN ('active', 'suspended', 'archived')),
    cluster     text        NOT NULL DEFAULT 'default',
    schema      text        NOT NULL CHECK (octet_length(schema) BETWEEN 1 AND 63),
    -- Changes whenever the placement is made anew.
    generation  bigint      NOT NULL DEFAULT nextval('tenantry.tenants_version'),
    plan        text,
    metadata    jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     bigint      NOT NULL DEFAULT nextval('tenantry.tenants_version'),
    CONSTRAINT tenants_placement_key UNIQUE (cluster, schema)
);

CREATE TABLE IF NOT EXISTS tenantry.domains (
    domain      text        NOT NULL PRIMARY KEY CHECK (domain = lower(domain) AND domain <> ''),
    tenant      text        NOT NULL REFERENCES tenantry.tenants (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS domains_tenant_idx ON tenantry.domains (tenant);

CREATE OR REPLACE FUNCTION tenantry.touch_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := nextval('tenantry.tenants_version');
    NEW.updated_at := now();
    IF (NEW.cluster, NEW.schema) IS DISTINCT FROM (OLD.cluster, OLD.schema)
       AND NEW.generation = OLD.generation THEN
        NEW.generation := NEW.version;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION tenantry.tell_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tenantry_tenants', coalesce(NEW.id, OLD.id));
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        PERFORM pg_notify('tenantry_tenants', OLD.id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tenantry.touch_domain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenantry.tenants SET updated_at = now()
        WHERE id IN (coalesce(NEW.tenant, OLD.tenant), coalesce(OLD.tenant, NEW.tenant));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER touch_tenant BEFORE UPDATE ON tenantry.tenants
    FOR EACH ROW EXECUTE FUNCTION tenantry.touch_tenant();
CREATE OR REPLACE TRIGGER tell_tenant AFTER INSERT OR UPDATE OR DELETE ON tenantry.tenants
    FOR EACH ROW EXECUTE FUNCTION tenantry.tell_tenant();
CREATE OR REPLACE TRIGGER touch_domain AFTER INSERT OR UPDATE OR DELETE ON tenantry.domains
    FOR EACH ROW EXECUTE FUNCTION tenantry.touch_domain();

CREATE TABLE IF NOT EXISTS tenantry.catalog_format (
    single      boolean     NOT NULL DEFAULT true PRIMARY KEY CHECK (single),
    format      integer     NOT NULL
);

INSERT INTO tenantry.catalog_format (format) VALUES (1) ON CONFLICT (single) DO NOTHING;
