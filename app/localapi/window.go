package localapi

import "context"

// Windows is about the agent's life and the windows that show it. See [Agent].
type Windows interface {
	// Show asks for a window in front: one that is open is raised, and where none says
	// within two seconds that it has come ([Windows.Shown]) the agent starts one.
	Show(ctx context.Context, req ShowRequest) (ShowReport, error)
	// Shown is how a window says that it has come to the front, after [EventShow].
	Shown(ctx context.Context, req ShowRequest) error
	// Quit ends the agent; sign-ins stay remembered.
	Quit(ctx context.Context) error
}

const (
	show  post[ShowRequest, ShowReport] = "/v1/show"
	shown tell[ShowRequest]             = "/v1/shown"
	quit  order                         = "/v1/quit"
)

// Show implements [Agent].
func (c *Client) Show(ctx context.Context, req ShowRequest) (ShowReport, error) {
	return show.do(ctx, c, req)
}

// Shown implements [Agent].
func (c *Client) Shown(ctx context.Context, req ShowRequest) error { return shown.do(ctx, c, req) }

// Quit implements [Agent]. An agent of any version understands it.
func (c *Client) Quit(ctx context.Context) error { return quit.do(ctx, c) }

func serveWindows(a Windows) []route {
	return []route{
		show.serve(a.Show).glance(),
		shown.serve(a.Shown).glance(),
		quit.serve(a.Quit).glance(),
	}
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
