-- The tables of openaddresses/batch that an import reads, after its public migrations. Their polygons are a type of
-- PostGIS, whose text is that of extended well-known binary: here a domain with that text stands for it.
CREATE DOMAIN geometry AS text;
CREATE TABLE users (
    id bigserial PRIMARY KEY, created timestamp DEFAULT now(), level text NOT NULL DEFAULT 'basic', access text NOT NULL,
    flags jsonb NOT NULL, username text UNIQUE NOT NULL, email text UNIQUE NOT NULL, password text NOT NULL,
    validated boolean NOT NULL DEFAULT false
);
CREATE TABLE users_tokens (id bigserial, name text, token text PRIMARY KEY, created timestamp, uid bigint);
CREATE TABLE runs (
    id bigserial PRIMARY KEY, live boolean, created timestamp DEFAULT now(), github jsonb DEFAULT '{}',
    closed boolean DEFAULT false
);
CREATE TABLE job (
    id bigserial PRIMARY KEY, size bigint, license text DEFAULT 'false', run bigint, map bigint,
    created timestamp DEFAULT now(), source text, source_name text, layer text, name text, output jsonb, loglink text,
    status text DEFAULT 'Pending', stats jsonb DEFAULT '{}', count bigint, bounds geometry, version text
);
CREATE INDEX ON job (source_name, layer, name);
CREATE TABLE job_errors (job bigint NOT NULL, message text NOT NULL);
CREATE TABLE results (
    id bigserial, fabric boolean DEFAULT false, source text, updated timestamp, layer text, name text,
    job bigint REFERENCES job
);
CREATE TABLE collections (
    id bigserial, size bigint, name text UNIQUE NOT NULL, sources jsonb, created timestamp, human text,
    processed_size bigint
);
CREATE TABLE exports (
    id bigserial PRIMARY KEY, uid bigint NOT NULL, job_id bigint NOT NULL, format text NOT NULL,
    created timestamp NOT NULL DEFAULT now(), expiry timestamp NOT NULL DEFAULT now() + interval '1 week', size bigint,
    status text NOT NULL DEFAULT 'Pending', loglink text
);
CREATE TABLE level_override (
    id bigserial, created timestamp DEFAULT now(), updated timestamp DEFAULT now(), level text NOT NULL,
    pattern text NOT NULL
);
CREATE TABLE map (id bigserial, name text, code text, geom geometry);
