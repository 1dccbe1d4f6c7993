package store

// schemaVersion is the version of the tables, in the file's user_version.
const schemaVersion = 1

// schema makes the tables of version 1. Times are milliseconds since 1970 in UTC. Rows never
// leave the gateway: others see the column id, which is random.
const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- One epoch a start. A sequence number holds the number of its epoch in its upper bits.
CREATE TABLE epochs (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);

CREATE TABLE heads (
	kind INTEGER NOT NULL, row INTEGER NOT NULL,
	seq INTEGER NOT NULL, stamp INTEGER NOT NULL,
	PRIMARY KEY (kind, row)
) WITHOUT ROWID;
CREATE INDEX heads_by_stamp ON heads (stamp);

-- Where a head stood at the end of an epoch in which it moved.
CREATE TABLE ends (
	kind INTEGER NOT NULL, row INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
	PRIMARY KEY (kind, row, epoch)
) WITHOUT ROWID;

-- What has changed, under the number of the last change.
CREATE TABLE feed (
	kind INTEGER NOT NULL, row INTEGER NOT NULL,
	what INTEGER NOT NULL, item INTEGER NOT NULL,
	seq INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0,
	id TEXT NOT NULL DEFAULT '', into_id TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (kind, row, what, item)
) WITHOUT ROWID;
CREATE INDEX feed_by_seq ON feed (kind, row, seq);
CREATE INDEX feed_of_item ON feed (what, item);

CREATE TABLE organizations (row INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL);

CREATE TABLE people (
	row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
	issuer TEXT NOT NULL, subject TEXT NOT NULL, tenant TEXT NOT NULL DEFAULT '',
	name TEXT NOT NULL DEFAULT '', address TEXT NOT NULL DEFAULT '',
	organization INTEGER REFERENCES organizations (row),
	out_since INTEGER, removed INTEGER, claims TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL, seen INTEGER NOT NULL,
	UNIQUE (issuer, subject)
);
CREATE INDEX people_of_organization ON people (organization, name);
CREATE INDEX people_by_address ON people (address);

-- ID tokens that were taken, by their digest: each is taken once.
CREATE TABLE taken (digest BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX taken_by_until ON taken (until);

CREATE TABLE tickets (
	row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, number TEXT NOT NULL DEFAULT '',
	organization INTEGER, requester INTEGER NOT NULL REFERENCES people (row), behalf INTEGER REFERENCES people (row),
	subject TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT 'text',
	form TEXT NOT NULL DEFAULT '', answers TEXT NOT NULL DEFAULT '', device TEXT NOT NULL DEFAULT '',
	private INTEGER NOT NULL DEFAULT 0,
	label TEXT NOT NULL, category TEXT NOT NULL, priority_label TEXT NOT NULL DEFAULT '', priority INTEGER NOT NULL DEFAULT 0,
	assignee TEXT NOT NULL DEFAULT '', delivery TEXT NOT NULL,
	created INTEGER NOT NULL, updated INTEGER NOT NULL, solved INTEGER, closed INTEGER,
	score INTEGER NOT NULL DEFAULT 0, score_max INTEGER NOT NULL DEFAULT 0, score_comment TEXT NOT NULL DEFAULT '',
	merged INTEGER REFERENCES tickets (row), version INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX tickets_by_number ON tickets (number) WHERE number <> '';
CREATE INDEX tickets_by_updated ON tickets (updated, row);
CREATE INDEX tickets_by_created ON tickets (created, row);
CREATE INDEX tickets_by_category ON tickets (category, updated, row);
CREATE INDEX tickets_of_organization ON tickets (organization, updated, row) WHERE private = 0;
CREATE INDEX tickets_of_organization_created ON tickets (organization, created, row) WHERE private = 0;

-- Who sees a ticket and as what, with the ticket's times for lists in their order.
CREATE TABLE members (
	person INTEGER NOT NULL REFERENCES people (row), ticket INTEGER NOT NULL REFERENCES tickets (row),
	part INTEGER NOT NULL, updated INTEGER NOT NULL, created INTEGER NOT NULL,
	PRIMARY KEY (person, ticket)
) WITHOUT ROWID;
CREATE INDEX members_by_updated ON members (person, part, updated, ticket);
CREATE INDEX members_by_created ON members (person, part, created, ticket);
CREATE INDEX members_of_ticket ON members (ticket);

CREATE VIRTUAL TABLE words USING fts5 (subject, number, content='', contentless_delete=1);

CREATE TABLE entries (
	row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ticket INTEGER NOT NULL REFERENCES tickets (row),
	kind TEXT NOT NULL, author INTEGER REFERENCES people (row), staff TEXT NOT NULL DEFAULT '',
	internal INTEGER NOT NULL DEFAULT 0,
	body TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT 'text',
	delivery TEXT NOT NULL, created INTEGER NOT NULL
);
CREATE INDEX entries_of_ticket ON entries (ticket, row);

CREATE TABLE files (
	row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL REFERENCES people (row),
	name TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL, digest TEXT NOT NULL,
	ticket INTEGER REFERENCES tickets (row), entry INTEGER REFERENCES entries (row),
	created INTEGER NOT NULL
);
CREATE INDEX files_of_ticket ON files (ticket);
CREATE INDEX files_of_entry ON files (entry);
CREATE INDEX files_unused ON files (created) WHERE ticket IS NULL;

CREATE TABLE approvals (
	row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ticket INTEGER REFERENCES tickets (row),
	person INTEGER NOT NULL REFERENCES people (row), asked_by INTEGER REFERENCES people (row), asked_name TEXT NOT NULL DEFAULT '',
	title TEXT NOT NULL, body TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT 'text',
	state TEXT NOT NULL, decided_by INTEGER REFERENCES people (row), comment TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL, updated INTEGER NOT NULL, until INTEGER, version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX approvals_of_person ON approvals (person, updated, row);
CREATE INDEX approvals_of_ticket ON approvals (ticket);

CREATE TABLE announcements (
	row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
	title TEXT NOT NULL, body TEXT NOT NULL DEFAULT '', format TEXT NOT NULL DEFAULT 'text', severity TEXT NOT NULL, url TEXT NOT NULL DEFAULT '',
	starts INTEGER NOT NULL, ends INTEGER, ack_wanted INTEGER NOT NULL DEFAULT 0,
	audience TEXT NOT NULL DEFAULT '', withdrawn INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL
);
CREATE TABLE acks (
	person INTEGER NOT NULL REFERENCES people (row), announcement INTEGER NOT NULL REFERENCES announcements (row), at INTEGER NOT NULL,
	PRIMARY KEY (person, announcement)
) WITHOUT ROWID;

-- The answers to writes, and what came of them.
CREATE TABLE writes (
	row INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (row), key TEXT NOT NULL,
	hash BLOB NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL, etag TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL,
	outcome TEXT NOT NULL DEFAULT '', made TEXT NOT NULL DEFAULT '', problem TEXT NOT NULL DEFAULT '',
	UNIQUE (person, key)
);
CREATE INDEX writes_by_at ON writes (at);
`
