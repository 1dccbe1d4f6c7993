// Package localapi is the contract between Portico's three programs: the background
// agent, the window and the console.
//
// It holds the types that cross the local socket, the client of the window and the
// console, which may start an agent if none runs, and the transport (a Unix socket or a
// Windows named pipe). It knows nothing about signing in, portals or screens, imports no
// other room of this module, and never carries a credential: the agent alone holds
// tokens.
//
// The protocol is HTTP/1.1 with JSON bodies. GET /v1/state answers a whole [State]; GET
// /v1/events streams [Event] values, one JSON document a line, beginning with the present
// state; every command is a POST. Long things, such as a picture, go as a [Content]. A
// failed command answers with an RFC 9457 problem document with a [Problem] as its
// "problem" member; the client returns it as an error of type *Problem.
//
// A subject is a file: the agent's side of it (an interface), its types, and its calls,
// each a constant shared by client and server (call.go lists their kinds).
package localapi
