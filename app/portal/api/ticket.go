package api

import (
	"encoding/json"
	"time"
)

// Ticket is a request of a person to the IT team, with the words of helpdesks' customer views.
// People read "request". Lists and syncs leave Description, Answers and Device out where they
// are long; GET /v1/tickets/{id} has all.
type Ticket struct {
	ID string `json:"id"`
	// Number is what people see and say; empty until the helpdesk has given one.
	Number      string `json:"number,omitempty"`
	Subject     string `json:"subject"`
	Description string `json:"description,omitempty"`
	// Format is how Description is to be read.
	Format       Format   `json:"format,omitempty"`
	Requester    Person   `json:"requester"`
	OnBehalfOf   *Person  `json:"on_behalf_of,omitempty"`
	Participants []Person `json:"participants,omitempty"`
	Organization string   `json:"organization,omitempty"`
	// Form is the id of the form it was made with.
	Form     string    `json:"form,omitempty"`
	Status   Status    `json:"status"`
	Priority *Priority `json:"priority,omitempty"`
	Assignee string    `json:"assignee,omitempty"`
	// CreatedAt, UpdatedAt and SolvedAt are the helpdesk's.
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	SolvedAt  *time.Time `json:"solved_at,omitempty"`
	// Delivery says if the helpdesk has it.
	Delivery Delivery `json:"delivery"`
	// Actions are what this person may do with it now: they drive the buttons.
	Actions []Action `json:"actions,omitempty"`
	Links   []Link   `json:"links,omitempty"`
	Files   []File   `json:"files,omitempty"`
	// Feedback is what the requester has said.
	Feedback *Feedback `json:"feedback,omitempty"`
	// Limited: older entries are there; GET /v1/tickets/{id}/entries has them.
	Limited bool `json:"limited,omitempty"`
	// Version is the ETag; a change names the version it goes out from in If-Match.
	Version string `json:"version"`
}

// Status is a ticket's, with the helpdesk's own label.
type Status struct {
	Label    string   `json:"label"`
	Category Category `json:"category"`
}

// Category is what all helpdesks' statuses come down to.
type Category string

// The categories. An unknown one counts as [Open].
const (
	New           Category = "new"
	Open          Category = "open"
	WaitingForYou Category = "waiting_for_you"
	OnHold        Category = "on_hold"
	Solved        Category = "solved"
	Closed        Category = "closed"
)

// Priority is a ticket's, from 1, the most urgent, to 4.
type Priority struct {
	Label string `json:"label"`
	Level int    `json:"level"`
}

// Action is something that a person may do with a ticket.
type Action string

// The actions. A client offers the known ones only.
const (
	ActReply              Action = "reply"
	ActClose              Action = "close"
	ActReopen             Action = "reopen"
	ActWatch              Action = "watch"
	ActUnwatch            Action = "unwatch"
	ActAddParticipants    Action = "add_participants"
	ActRemoveParticipants Action = "remove_participants"
	ActFeedback           Action = "feedback"
)

// Link leads from a ticket to something in the browser.
type Link struct {
	Title string `json:"title"`
	Icon  string `json:"icon,omitempty"`
	URL   string `json:"url"`
}

// Delivery says how far something is on its way to the helpdesk.
type Delivery string

// The stages.
const (
	Sending        Delivery = "sending"
	DeliveryDone   Delivery = "delivered"
	DeliveryFailed Delivery = "failed"
)

// Entry is one line of a ticket's history.
type Entry struct {
	ID       string    `json:"id"`
	TicketID string    `json:"ticket_id"`
	Kind     EntryKind `json:"kind"`
	Author   *Person   `json:"author,omitempty"`
	// Staff: the author is of the IT team.
	Staff     bool      `json:"staff,omitempty"`
	Body      string    `json:"body,omitempty"`
	Format    Format    `json:"format"`
	Files     []File    `json:"files,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Delivery  Delivery  `json:"delivery"`
}

// EntryKind is a kind of entry.
type EntryKind string

// The kinds. An unknown one is shown like [System].
const (
	Message     EntryKind = "message"
	StatusEntry EntryKind = "status"
	FileEntry   EntryKind = "file"
	System      EntryKind = "system"
)

// File is an attachment as a reader sees it; GET /v1/attachments/{id} has its bytes.
type File struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int64  `json:"size"`
	// Type is the media type found in the content by the portal.
	Type string `json:"type"`
}

// Entries is the answer of GET /v1/tickets/{id}/entries, newest first.
type Entries struct {
	Entries []Entry `json:"entries"`
	// Before is the value of the query's before for the next page; "" at the end.
	Before string `json:"before,omitempty"`
}

// TicketList is the answer of GET /v1/tickets.
type TicketList struct {
	Tickets []Ticket `json:"tickets"`
	// Next is the cursor of the next page; "" at the end.
	Next string `json:"next,omitempty"`
}

// Scope is whose tickets a list has.
type Scope string

// The scopes.
const (
	ScopeMine         Scope = "mine"
	ScopeParticipant  Scope = "participant"
	ScopeOrganization Scope = "organization"
	ScopeApprovals    Scope = "approvals"
)

// Sort is the order of a list.
type Sort string

// The orders, each newest first.
const (
	SortUpdated Sort = "updated"
	SortCreated Sort = "created"
)

// TicketQuery selects tickets of a list.
type TicketQuery struct {
	Scope    Scope    // [ScopeMine] if empty
	Category Category // all if empty
	Q        string   // words in subject or number
	Sort     Sort     // [SortUpdated] if empty
	Cursor   string
	Limit    int // of a page; 0 leaves it to the portal
}

// NewTicket is the content of POST /v1/tickets.
type NewTicket struct {
	// Form and FormVersion are those that Answers are for. Without a form, Subject and
	// Description are the request.
	Form        string          `json:"form,omitempty"`
	FormVersion string          `json:"form_version,omitempty"`
	Answers     json.RawMessage `json:"answers,omitempty"`
	Subject     string          `json:"subject,omitempty"`
	Description string          `json:"description,omitempty"`
	// OnBehalfOf and Participants are ids of [People], never addresses.
	OnBehalfOf   string   `json:"on_behalf_of,omitempty"`
	Participants []string `json:"participants,omitempty"`
	// Attachments are ids of files that this person has put there before.
	Attachments []string `json:"attachments,omitempty"`
	// Device are facts about the computer, each seen and allowed by the person.
	Device map[string]string `json:"device,omitempty"`
	// ClientTime is when the person pressed Send.
	ClientTime *time.Time `json:"client_time,omitempty"`
}

// NewEntry is the content of POST /v1/tickets/{id}/entries.
type NewEntry struct {
	Body        string     `json:"body,omitempty"`
	Attachments []string   `json:"attachments,omitempty"`
	ClientTime  *time.Time `json:"client_time,omitempty"`
}

// Created is the answer to a [NewTicket] or a [NewEntry]: 201 if the helpdesk has it, 202 if it
// is on its way. Either way ID takes entries and files at once.
type Created struct {
	ID     string `json:"id"`
	Number string `json:"number,omitempty"`
}

// Act is the content of POST /v1/tickets/{id}/actions. It is one transaction with its comment.
type Act struct {
	Action Action `json:"action"`
	// Participants are ids of [People], for the actions about them.
	Participants []string `json:"participants,omitempty"`
	Comment      string   `json:"comment,omitempty"`
}

// Approval is something on which a person is asked to decide.
type Approval struct {
	ID string `json:"id"`
	// Ticket is the id of the ticket it is about; whoever decides may not be able to read it.
	Ticket  string `json:"ticket,omitempty"`
	Number  string `json:"number,omitempty"`
	Title   string `json:"title"`
	Body    string `json:"body,omitempty"`
	Format  Format `json:"format"`
	AskedBy Person `json:"asked_by"`
	// State is [Pending] until somebody has decided.
	State     ApprovalState `json:"state"`
	DecidedBy *Person       `json:"decided_by,omitempty"`
	Comment   string        `json:"comment,omitempty"`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
	Until     *time.Time    `json:"until,omitempty"`
	// Version is the ETag; a decision names it in If-Match.
	Version string `json:"version"`
}

// ApprovalState is how far an approval is.
type ApprovalState string

// The states.
const (
	Pending   ApprovalState = "pending"
	Approved  ApprovalState = "approved"
	Declined  ApprovalState = "declined"
	Withdrawn ApprovalState = "withdrawn"
)

// Decision is the content of POST /v1/approvals/{id}.
type Decision struct {
	// Decision is [Approved] or [Declined].
	Decision ApprovalState `json:"decision"`
	Comment  string        `json:"comment,omitempty"`
}

// Feedback is the content of PUT /v1/tickets/{id}/feedback.
type Feedback struct {
	// Score is from 1 to Max, and Max from 2 to 10.
	Score   int    `json:"score"`
	Max     int    `json:"max"`
	Comment string `json:"comment,omitempty"`
}
