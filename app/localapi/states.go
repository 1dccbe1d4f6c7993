package localapi

import (
	"context"
	"iter"
	"time"
)

// States is the agent's knowledge, at one moment and from then on. See [Agent].
type States interface {
	// State answers at once from memory; it makes no request.
	State(ctx context.Context) (State, error)
	// Watch yields the present state first, then every change until the context ends or
	// the agent goes away: that yields one error. A slow reader misses intermediate
	// states, never the latest. A change outside the state comes as an [EventChanged],
	// from the first event on: an earlier reading may be old.
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

// State is everything on a window or a console, at one moment. It is a value: receivers
// may keep it, and must not write through its pointers.
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
	// Portal is the manifest, nil while none has been read.
	Portal *Portal `json:"portal,omitempty"`
	// PortalProblem says why the manifest could not be read or renewed. With a
	// non-nil Portal the last good copy is still in use.
	PortalProblem *Problem `json:"portal_problem,omitempty"`
	// PortalChecked is when the manifest was last confirmed, zero for never.
	PortalChecked time.Time `json:"portal_checked,omitzero"`
	Session       Session   `json:"session"`
	// Notices are warnings that do not stop anything, such as a sign-in that cannot be
	// remembered because the key store is missing, or because the provider gives no
	// refresh token.
	Notices []Problem `json:"notices,omitempty"`
	// Tray: the agent shows a tray icon, and a window may close without ending Portico.
	Tray bool `json:"tray"`
	// Settings are the decisions open to the person, with the values in force, in the
	// order for people. [Settings.Set] changes one.
	Settings []Setting `json:"settings,omitempty"`
	// Managed names the decider of the locked ones, nil if nobody manages this computer.
	Managed *Managed `json:"managed,omitempty"`
	// Network is how requests leave, nil if nobody has set a proxy or none has left yet.
	Network *Network `json:"network,omitempty"`
	// Kiosk: people use this computer in turn. Settings cannot be changed and no
	// account is remembered.
	Kiosk bool `json:"kiosk,omitempty"`
}

// EventType is the content of an [Event].
type EventType string

const (
	// EventState: State is the new state.
	EventState EventType = "state"
	// EventShow: the window should come to the front, if it is on Display, and say so
	// ([Windows.Shown]).
	EventShow EventType = "show"
	// EventChanged: the subject What has changed, and its readers ask for it again. A
	// late reader is told once of several changes of one subject.
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
	// Display is the display of the windows meant, as in [ShowRequest].
	Display string `json:"display,omitempty"`
}
