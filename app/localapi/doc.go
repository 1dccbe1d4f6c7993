// Package localapi is the contract between Portico's three programs: the
// background agent, the window and the console.
//
// It holds the types that cross the local socket, the client that the window
// and the console use, which may start an agent where none runs, and the transport (a
// Unix socket or a Windows named pipe). It knows nothing about signing in, portals or
// screens, imports no other room of this module, and never carries a credential: the
// agent alone holds tokens.
//
// The protocol is HTTP/1.1 with JSON bodies. GET /v1/state answers a whole
// [State]; GET /v1/events streams [Event] values, one JSON document a line,
// beginning with the present state; every command is a POST. What is long, such as a
// picture, goes as a [Content]. A command that fails answers with an RFC 9457 problem
// document, whose "problem" member is a [Problem]; the client returns it as an error of
// type *Problem.
//
// A subject is a file: what the agent does for it (an interface), its types, and its calls,
// each a constant that client and server share (call.go says which kinds there are).
package localapi
