package api

import "encoding/json"

// ProblemType is the media type of a [Problem].
const ProblemType = "application/problem+json"

// Problem is a refusal (RFC 9457).
type Problem struct {
	// Type is a URI; "about:blank" for a plain HTTP status.
	Type  string `json:"type,omitempty"`
	Title string `json:"title"`
	// Status is the HTTP status.
	Status int `json:"status"`
	// Detail says what to do, in English, for people who look into it.
	Detail string `json:"detail,omitempty"`
	// Code is for programs.
	Code Code `json:"code"`
	// RequestID names the request in the portal's log.
	RequestID string `json:"request_id,omitempty"`
	// Errors are the answers refused, for [AnswersInvalid], or the members refused, for
	// [BadRequest].
	Errors []FieldError `json:"errors,omitempty"`
	// Current is the thing as it is now, for [Changed] and [DecidedAlready].
	Current json.RawMessage `json:"current,omitempty"`
	// IDs are the missing attachments, for [AttachmentMissing].
	IDs []string `json:"ids,omitempty"`
	// Offset is the number of bytes the portal has, for [Incomplete].
	Offset *int64 `json:"offset,omitempty"`
	// RetryAfter is the pause in seconds of the header Retry-After, 0 for none. It is not
	// part of the document.
	RetryAfter int `json:"-"`
}

func (p *Problem) Error() string {
	said := p.Title
	if p.Detail != "" {
		said += ": " + p.Detail
	}
	if p.Code != "" {
		said += " (" + string(p.Code) + ")"
	}
	return said
}

// FieldError is one thing that is wrong with what was sent.
type FieldError struct {
	// Pointer is its place, a JSON Pointer (RFC 6901), or the name of a parameter or header.
	Pointer string `json:"pointer"`
	// Code is the keyword that refuses it, as in "required" or "maxLength".
	Code string `json:"code"`
	// Detail says what is wrong and what to write instead.
	Detail string `json:"detail,omitempty"`
}

// Code is the kind of a problem.
type Code string

// The codes, with their HTTP statuses. Unknown ones are to be read by the status alone.
const (
	BadRequest         Code = "bad-request"         // 400
	Unauthorized       Code = "unauthorized"        // 401: renew the token, once
	NoAccess           Code = "no-access"           // 403: the person has no access any more
	NotPermitted       Code = "not-permitted"       // 403: not this person, or not in this way
	NotFound           Code = "not-found"           // 404: unknown, and foreign all the same
	MethodNotAllowed   Code = "method-not-allowed"  // 405
	InProgress         Code = "in-progress"         // 409: the same key is being worked on
	TicketClosed       Code = "ticket-closed"       // 409
	FormChanged        Code = "form-changed"        // 409: fetch the forms, check the answers again
	DecidedAlready     Code = "decided-already"     // 409
	ClosedTooLongAgo   Code = "closed-too-long-ago" // 409
	AttachmentMissing  Code = "attachment-missing"  // 409: send the files named again
	AttachmentConflict Code = "attachment-conflict" // 409: the id has another digest
	CursorExpired      Code = "cursor-expired"      // 410: begin again without a cursor
	LengthRequired     Code = "length-required"     // 411
	Changed            Code = "changed"             // 412: look at what it is now
	TooLarge           Code = "too-large"           // 413
	WrongType          Code = "wrong-type"          // 415
	WrongRange         Code = "wrong-range"         // 416
	AnswersInvalid     Code = "answers-invalid"     // 422
	NotAllowed         Code = "not-allowed"         // 422: this action is not possible now
	KeyReused          Code = "key-reused"          // 422: the key came with something else
	Digest             Code = "digest"              // 422: the content has another digest
	Incomplete         Code = "incomplete"          // 409: go on from offset
	MatchRequired      Code = "match-required"      // 428: If-Match is missing
	TooMany            Code = "too-many"            // 429: with Retry-After
	Internal           Code = "internal"            // 500
	Unavailable        Code = "unavailable"         // 503: with Retry-After
)
