package localapi

import "context"

// Windows is about the agent's life and its windows. See [Agent].
type Windows interface {
	// Show asks for a window in front: an open one is raised. If none reports within two
	// seconds ([Windows.Shown]), the agent starts one.
	Show(ctx context.Context, req ShowRequest) (ShowReport, error)
	// Shown is a window's report of its coming to the front, after [EventShow].
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

// ShowRequest asks for a window in front, or reports one.
type ShowRequest struct {
	// Display is the display of the window (desktop.Display). "" means any.
	Display string `json:"display,omitempty"`
	// OnlyOpen starts no window if none comes.
	OnlyOpen bool `json:"only_open,omitempty"`
}

// ShowReport is the result of a [ShowRequest].
type ShowReport struct {
	// Raised: an open window has reported that it is in front.
	Raised bool `json:"raised"`
}
