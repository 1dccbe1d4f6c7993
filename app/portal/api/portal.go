package api

import (
	"encoding/json"
	"time"
)

// Portal is the answer of GET /v1: what the portal is and can do. It takes no sign-in.
type Portal struct {
	// Name is shown to people.
	Name string `json:"name"`
	// MinClient is the oldest version of Portico served by the portal, as in "0.2"; empty
	// means any.
	MinClient string `json:"min_client,omitempty"`
	Limits    Limits `json:"limits"`
	// Features are the [Feature] parts that this portal has. What one person may do is in
	// [Me].May.
	Features []Feature `json:"features"`
}

// Limits are the portal's, for all people.
type Limits struct {
	// AttachmentBytes is the size of the largest attachment in bytes; 0 means that none is
	// taken.
	AttachmentBytes int64 `json:"attachment_bytes"`
	// Types are the media types of attachments, as in "application/pdf" or "image/*". Empty
	// takes everything but programs.
	Types []string `json:"types,omitempty"`
	// Wait is the longest time in seconds for which a sync may wait.
	Wait int `json:"wait"`
}

// Feature is a part of the contract that a portal may leave out, or may give to some people
// only.
type Feature string

// The features.
const (
	// ApprovalsFeature: people decide on requests of others.
	ApprovalsFeature Feature = "approvals"
	// FeedbackFeature: a person says how it was, once, after closing.
	FeedbackFeature Feature = "feedback"
	// ParticipantsFeature: people in copy, who then see the request too.
	ParticipantsFeature Feature = "participants"
	// OnBehalfOfFeature: a request for a colleague.
	OnBehalfOfFeature Feature = "on_behalf_of"
	// ArticlesFeature: articles that may answer already, while a subject is typed.
	ArticlesFeature Feature = "articles"
	// OrganizationFeature: the requests of the own organization may be read.
	OrganizationFeature Feature = "organization"
)

// Menu is one app, as in the manifest, for this person.
type Menu struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Icon     string   `json:"icon,omitempty"`
	URL      string   `json:"url"`
	Group    string   `json:"group,omitempty"`
	Keywords []string `json:"keywords,omitempty"`
}

// Menus is the answer of GET /v1/menus.
type Menus struct {
	Menus []Menu `json:"menus"`
}

// Form is what people fill in for a request.
type Form struct {
	ID       string   `json:"id"`
	Group    string   `json:"group,omitempty"`
	Title    string   `json:"title"`
	Icon     string   `json:"icon,omitempty"`
	Keywords []string `json:"keywords,omitempty"`
	// Version changes with each change of the form.
	Version string `json:"version"`
	// Schema is a JSON Schema and UI a UI schema of JSON Forms, in the subset of the
	// package form. Without UI, the fields are shown in the schema's order.
	Schema json.RawMessage `json:"schema"`
	UI     json.RawMessage `json:"ui,omitempty"`
}

// Forms is the answer of GET /v1/forms.
type Forms struct {
	Forms []Form `json:"forms"`
}

// Options is the answer of GET /v1/forms/{id}/options/{field}, of at most [MaxOptions].
type Options struct {
	Options []Option `json:"options"`
}

// MaxOptions is the number of options in one answer.
const MaxOptions = 30

// Option is one value of a field with values looked up by the portal.
type Option struct {
	Value string `json:"value"`
	Title string `json:"title"`
}

// Person is somebody as others see them.
type Person struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
}

// People is the answer of GET /v1/people: people of the own organization.
type People struct {
	People []Person `json:"people"`
}

// Articles is the answer of GET /v1/articles, of at most [MaxArticles].
type Articles struct {
	Articles []Article `json:"articles"`
}

// MaxArticles is the number of articles in one answer.
const MaxArticles = 5

// Article may answer a question already. It opens in the browser.
type Article struct {
	Title   string `json:"title"`
	Snippet string `json:"snippet,omitempty"`
	URL     string `json:"url"`
}

// Announcement is a piece of news.
type Announcement struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Body is text or Markdown, as Format says.
	Body     string   `json:"body,omitempty"`
	Format   Format   `json:"format"`
	Severity Severity `json:"severity"`
	// From and Until bound the time in which it is shown; without Until it stays.
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"`
	// URL leads further, in the browser; https.
	URL string `json:"url,omitempty"`
	// AckWanted: the person is asked to say that it was read. Acked: they have.
	AckWanted bool      `json:"ack_wanted,omitempty"`
	Acked     bool      `json:"acked,omitempty"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Severity is the weight of an announcement.
type Severity string

// The severities. An unknown one counts as [Info].
const (
	Info        Severity = "info"
	Warning     Severity = "warning"
	Maintenance Severity = "maintenance"
	Outage      Severity = "outage"
	// Resolved: an outage that is over.
	Resolved Severity = "resolved"
)

// Format is how a text is to be read.
type Format string

// The formats. An unknown one counts as [Text].
const (
	Text     Format = "text"
	Markdown Format = "markdown"
)
