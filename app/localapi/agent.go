package localapi

// Version is the version of this contract. Programs of different versions do
// not talk to each other: see [Client.Handshake].
const Version = 5

// Agent is the background agent for windows and consoles, subject by subject. [Client]
// reaches a running agent over its socket; app/agent implements it in process, for a
// console without a running agent and for a checkout without an agent program.
//
// Every method may be called from several goroutines, ends when its context does, and
// reports a failure as a *[Problem].
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

// Parts is an [Agent] made of one implementation a subject. A subject left out must not
// be called: a test's agent needs only the subjects of its test.
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
