package front

import (
	"context"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
)

// Desk is the portal as one person's. An *[api.Problem] is for the client; of any other
// error the client learns nothing.
type Desk interface {
	Reads
	Writes
	Files
	// Sync answers with everything new since a cursor; nil for nothing.
	Sync(ctx context.Context, who *desk.Person, cursor string, limit int) (*api.Sync, error)
	// Ahead says from memory alone if Sync has an answer for a cursor: something new, or
	// that the cursor is no good.
	Ahead(who *desk.Person, cursor string) bool
}

// Files are streamed.
type Files interface {
	// Attach takes a file, or a part of one, in.
	Attach(ctx context.Context, who *desk.Person, id uuid.UUID, name string, u attachments.Upload) (desk.Answer, error)
	// File opens an attachment.
	File(ctx context.Context, who *desk.Person, id string) (*desk.File, error)
}

// Reads are the desk's answers that change nothing.
type Reads interface {
	Menus(ctx context.Context, who *desk.Person) (desk.Answer, error)
	Forms(ctx context.Context, who *desk.Person) (desk.Answer, error)
	Options(ctx context.Context, who *desk.Person, form, field, q, answers string) (desk.Answer, error)
	People(ctx context.Context, who *desk.Person, q string) (desk.Answer, error)
	Articles(ctx context.Context, who *desk.Person, q string) (desk.Answer, error)
	Tickets(ctx context.Context, who *desk.Person, q api.TicketQuery) (desk.Answer, error)
	Ticket(ctx context.Context, who *desk.Person, id string) (desk.Answer, error)
	Entries(ctx context.Context, who *desk.Person, ticket, before string) (desk.Answer, error)
}

// Writes are the desk's changes. Each happens once for its key.
type Writes interface {
	Create(ctx context.Context, who *desk.Person, w desk.Write, t api.NewTicket) (desk.Answer, error)
	Reply(ctx context.Context, who *desk.Person, w desk.Write, ticket string, e api.NewEntry) (desk.Answer, error)
	Act(ctx context.Context, who *desk.Person, w desk.Write, ticket string, a api.Act) (desk.Answer, error)
	Decide(ctx context.Context, who *desk.Person, w desk.Write, approval string, d api.Decision) (desk.Answer, error)
	Feedback(ctx context.Context, who *desk.Person, w desk.Write, ticket string, b api.Feedback) (desk.Answer, error)
	Acknowledge(ctx context.Context, who *desk.Person, w desk.Write, announcement string) (desk.Answer, error)
}

// Tokens checks bearer tokens, without SQL: each request has one.
type Tokens interface {
	// Check returns the person of a token; an error for any that does not count.
	Check(ctx context.Context, token string) (*desk.Person, error)
}
