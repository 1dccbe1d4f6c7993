package localapi

import "context"

// Windows is about the agent's life and the windows that show it. See [Agent].
type Windows interface {
	// Show asks for a window in front: one that is open is raised, and where none says
	// within two seconds that it has come ([Agent.Shown]) the agent starts one.
	Show(ctx context.Context, req ShowRequest) (ShowReport, error)
	// Shown is how a window says that it has come to the front, after [EventShow].
	Shown(ctx context.Context, req ShowRequest) error
	// Quit ends the agent; sign-ins stay remembered.
	Quit(ctx context.Context) error
}

// ShowRequest asks for a window in front, or says that one has come.
type ShowRequest struct {
	// Display is where the window is to be, or is (desktop.Display). "" means any.
	Display string `json:"display,omitempty"`
	// OnlyOpen starts no window where none comes.
	OnlyOpen bool `json:"only_open,omitempty"`
}

// ShowReport says what has become of a [ShowRequest].
type ShowReport struct {
	// Raised: a window that was open has said that it is in front.
	Raised bool `json:"raised"`
}
