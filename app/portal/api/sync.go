package api

// Sync is the answer of GET /v1/sync: what has changed for this person since the cursor.
//
// Without a cursor it is the beginning of a bootstrap: open tickets, closed ones of 90 days, of
// each the newest 20 entries, and each [Done] of the last 14 days. While More is true the
// client asks again at once. A client writes a Sync and its cursor in one transaction.
type Sync struct {
	Cursor string `json:"cursor"`
	More   bool   `json:"more"`
	// Me is there when it has changed, and in each bootstrap.
	Me            *Me            `json:"me,omitempty"`
	Tickets       []Ticket       `json:"tickets,omitempty"`
	Entries       []Entry        `json:"entries,omitempty"`
	Approvals     []Approval     `json:"approvals,omitempty"`
	Announcements []Announcement `json:"announcements,omitempty"`
	Gone          []Gone         `json:"gone,omitempty"`
	Done          []Done         `json:"done,omitempty"`
	// Versions change with what GET /v1/menus and GET /v1/forms answer this person.
	Versions Versions `json:"versions"`
	Poll     Poll     `json:"poll"`
}

// Me is the person who is signed in, as the portal knows them.
type Me struct {
	Person
	// Organization is the name of the organization, for display.
	Organization string `json:"organization,omitempty"`
	// May are the features that this person may use.
	May []Feature `json:"may"`
}

// Gone names what this person no longer has.
type Gone struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	// Into is the ticket that a merged one lives on in.
	Into string `json:"into,omitempty"`
}

// Kind is a kind of thing that can go.
type Kind string

// The kinds.
const (
	KindTicket       Kind = "ticket"
	KindEntry        Kind = "entry"
	KindApproval     Kind = "approval"
	KindAnnouncement Kind = "announcement"
)

// Done says what came of a write: the helpdesk has it and it was read back, or it was refused
// for good. Until then a client keeps what it has sent.
type Done struct {
	// Key is the write's Idempotency-Key.
	Key     string  `json:"key"`
	Outcome Outcome `json:"outcome"`
	// ID is what the write has made or changed.
	ID string `json:"id,omitempty"`
	// Problem says why, for [Failed].
	Problem *Problem `json:"problem,omitempty"`
}

// Outcome is what came of a write.
type Outcome string

// The outcomes.
const (
	// Delivered: the helpdesk has it.
	Delivered Outcome = "delivered"
	// Failed: it was refused for good.
	Failed Outcome = "failed"
)

// Versions are opaque.
type Versions struct {
	Menus string `json:"menus"`
	Forms string `json:"forms"`
}

// Poll is how the portal wants to be asked.
type Poll struct {
	// Wait is the longest wait in seconds.
	Wait int `json:"wait"`
	// Spread is the time in seconds over which clients spread their next request at
	// random; 0 means at once.
	Spread int `json:"spread,omitempty"`
}
