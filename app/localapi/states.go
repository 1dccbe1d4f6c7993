package localapi

import (
	"context"
	"iter"
	"time"
)

// States is what the agent knows, at one moment and from then on. See [Agent].
type States interface {
	// State answers at once with what is known; it makes no request.
	State(ctx context.Context) (State, error)
	// Watch yields the present state first, then every change until the
	// context ends or the agent goes away, which yields one error. A slow
	// reader misses intermediate states, never the latest. What does not travel in
	// the state is told of with [EventChanged], from the first event on: what was read
	// before that may be old.
	Watch(ctx context.Context) iter.Seq2[Event, error]
}

const (
	state  get[State] = "/v1/state"
	events stream     = "/v1/events"
)

// State implements [Agent].
func (c *Client) State(ctx context.Context) (State, error) { return state.do(ctx, c) }

// Watch implements [Agent]. When the context ends, its error is the last thing
// yielded; when the agent goes away, an [AgentGone] problem is.
func (c *Client) Watch(ctx context.Context) iter.Seq2[Event, error] { return events.do(ctx, c) }

func serveStates(a States) []route {
	return []route{
		state.serve(a.State).glance(),
		events.serve(a.Watch).glance(),
	}
}

// State is everything a window or a console shows, at one moment. It is a
// value: receivers may keep it, and must not write to what it points to.
type State struct {
	// API is the [Version] the agent speaks.
	API int `json:"api"`
	// Build is the agent's program version, as in "0.1.0".
	Build string `json:"build"`
	// Revision rises with each change within one run of the agent.
	Revision uint64 `json:"revision"`
	// PortalAddress is the address the person or IT gave, normalised to
	// https://HOST[:PORT], or "" while there is none.
	PortalAddress string `json:"portal_address,omitempty"`
	// Portal is what the manifest says, nil while none has been read.
	Portal *Portal `json:"portal,omitempty"`
	// PortalProblem says why the manifest could not be read or renewed. With a
	// non-nil Portal the last good copy is still in use.
	PortalProblem *Problem `json:"portal_problem,omitempty"`
	// PortalChecked is when the manifest was last confirmed, zero for never.
	PortalChecked time.Time `json:"portal_checked,omitzero"`
	Session       Session   `json:"session"`
	// Notices are warnings that do not stop anything, such as a sign-in that
	// cannot be remembered because the key store is missing, or because the provider
	// gives no refresh token.
	Notices []Problem `json:"notices,omitempty"`
	// Tray says whether the agent shows a tray icon, so that a window may close
	// without ending Portico.
	Tray bool `json:"tray"`
	// Settings are what the person may decide, and what counts now, in the order in
	// which people see them. [Settings.Set] changes one.
	Settings []Setting `json:"settings,omitempty"`
	// Managed says who has decided the locked ones, nil where nobody manages this
	// computer.
	Managed *Managed `json:"managed,omitempty"`
	// Network is how requests leave, nil where nobody has set a proxy or where none has
	// been made yet.
	Network *Network `json:"network,omitempty"`
	// Kiosk: people use this computer in turn. Settings cannot be changed and no
	// account is remembered.
	Kiosk bool `json:"kiosk,omitempty"`
}

// EventType says what an [Event] carries.
type EventType string

const (
	// EventState: State is the new state.
	EventState EventType = "state"
	// EventShow: the window should come to the front, if it is on Display, and say so
	// ([Windows.Shown]).
	EventShow EventType = "show"
	// EventChanged: What has changed, and whoever shows it asks for it again. One who
	// reads events late is told once of several changes of the same.
	EventChanged EventType = "changed"
	// EventQuit: the agent is about to end; windows close.
	EventQuit EventType = "quit"
)

// Event is one line of GET /v1/events.
type Event struct {
	Type  EventType `json:"type"`
	State *State    `json:"state,omitempty"`
	// What is set with EventChanged.
	What Subject `json:"what,omitempty"`
	// Display is whose windows are meant, as in [ShowRequest].
	Display string `json:"display,omitempty"`
}
