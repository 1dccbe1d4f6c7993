// Package api is the contract between a portal and its clients, Portal API 1: its types, the
// codes of its problems, and its client. The file assets/schema/portal.openapi.yaml says the
// same for other languages.
//
// Both sides read and write these types, so that neither can drift. A client ignores unknown
// members, statuses, kinds and codes: a later gateway may send some. Times are RFC 3339 in UTC.
// Ids and cursors are opaque, of at most [MaxID] bytes. Ids of attachments and idempotency
// keys are the client's own: UUIDs (RFC 9562).
//
// The package imports nothing of Portico. The gateway shares it.
package api

// Version is the version of the contract: the first segment of each path.
const Version = "v1"

// MaxID is the length of the longest id or cursor, in bytes.
const MaxID = 256

// Header fields of the contract beyond those of HTTP.
const (
	// HeaderIdempotencyKey holds the key of a write, a UUID of version 7: the same again
	// gets the stored answer.
	HeaderIdempotencyKey = "Idempotency-Key"
	// HeaderRequestID names a request in the logs of both sides; the answer repeats it.
	HeaderRequestID = "Request-Id"
	// HeaderClient names the program, its version and its system, as in
	// "portico/0.2 windows".
	HeaderClient = "Portico-Client"
)
