// Package desk is the whole portal as one person's: each operation of Portal API 1 with its
// rights and rules, over the store, the content and the attachments; and the technician's
// side of the built-in helpdesk ([Staff]).
//
// It knows no HTTP. What a client has caused comes back as an *api.Problem; any other error
// is the gateway's own, and is for the log alone.
package desk

import (
	"io"
	"slices"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

// Person is the person of a request, by the gateway's own token alone.
type Person struct {
	// Row is the person's row in the store.
	Row int64
	// ID is the id that others see.
	ID string
	// Name and Address are shown to others; Address is "" for a person without an own one.
	Name, Address string
	// Organization is the id of the organization, "" for none. OrganizationRow is its row in
	// the store, 0 for none.
	Organization    string
	OrganizationRow int64
	// Groups are the groups of the sign-in.
	Groups []string
	// Roles are what the settings give this person beyond everybody's; see [Organization]
	// and its neighbours.
	Roles []string
}

// Roles. The same words are the features of GET /v1 and the members of me.may.
const (
	// Organization is seeing the requests of the own organization, but private ones.
	Organization = "organization"
	// OnBehalfOf is asking for a colleague of the own organization.
	OnBehalfOf = "on_behalf_of"
	// Participants is having colleagues of the own organization in copy.
	Participants = "participants"
	// Feedback is saying how it was, once after closing.
	Feedback = "feedback"
	// Approvals is deciding on what one is asked for.
	Approvals = "approvals"
	// Articles is finding articles.
	Articles = "articles"
)

// Has is true if the person has a role.
func (p *Person) Has(role string) bool { return slices.Contains(p.Roles, role) }

// Audience are the person's facts for rules.
func (p *Person) Audience() audience.Person {
	return audience.Person{ID: p.ID, Address: p.Address, Organization: p.Organization, Groups: p.Groups}
}

// Write is what each write has beside its content.
type Write struct {
	// Key is the Idempotency-Key; [uuid.Nil] for a write without one, which only a PUT
	// may be.
	Key uuid.UUID
	// Hash covers method, path, If-Match and body.
	Hash [32]byte
	// IfMatch is the version that a change goes out from, without quotes; "" for none.
	IfMatch string
}

// Answer is the answer to a request.
type Answer struct {
	// Status is an HTTP status of 2xx.
	Status int
	// Body is a type of app/portal/api, or json.RawMessage for the answer of an earlier
	// request with the same key; nil for none.
	Body any
	// ETag is the version, without quotes; "" for none.
	ETag string
}

// File is an attachment to be read. The reader has to close it.
type File struct {
	io.ReadSeekCloser
	ID   string
	Name string
	Size int64
	// Type is the media type found in the content.
	Type string
	// Digest is the Content-Digest (RFC 9530) of the whole.
	Digest string
}
