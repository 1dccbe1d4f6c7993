package localapi

// Version is the version of this contract. Programs of different versions do
// not talk to each other: see [Client.Handshake].
const Version = 5

// Agent is what the background agent does for windows and consoles, subject by
// subject. [Client] reaches a running agent over its socket; app/agent implements it in
// process, for a console that finds no agent running and for a checkout without an agent
// program.
//
// Every method may be called from several goroutines, ends when its context
// does, and reports a failure as a *[Problem].
type Agent interface {
	States
	Portals
	Sessions
	Registrations
	ProxyPasswords
	Settings
	Diagnostics
	Windows
}

// Parts is an [Agent] made of one implementation a subject. A subject that is left out
// must not be called, which is how a test's agent has only what it is asked.
type Parts struct {
	States
	Portals
	Sessions
	Registrations
	ProxyPasswords
	Settings
	Diagnostics
	Windows
}

var _ Agent = Parts{}

// Info is the answer of the version handshake.
type Info struct {
	API   int    `json:"api"`
	Build string `json:"build"`
	PID   int    `json:"pid"`
}
