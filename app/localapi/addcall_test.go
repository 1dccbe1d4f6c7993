package localapi

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// What follows is what CONTRIBUTING ("Add a call") shows, where it can be compiled and tried.

// diagnosticsAndUptime is Diagnostics with the example.
type diagnosticsAndUptime interface {
	Diagnostics
	// Uptime says how long the agent has run.
	Uptime(ctx context.Context, req UptimeRequest) (Uptime, error)
}

// UptimeRequest says how exactly it is to be known.
type UptimeRequest struct {
	Round time.Duration `json:"round,omitempty"`
}

// Uptime is how long the agent has run.
type Uptime struct {
	Running time.Duration `json:"running"`
}

const (
	uptime post[UptimeRequest, Uptime] = "/v1/uptime"
)

// Uptime implements [Agent].
func (c *Client) Uptime(ctx context.Context, req UptimeRequest) (Uptime, error) {
	return uptime.do(ctx, c, req)
}

func serveDiagnosticsAndUptime(a diagnosticsAndUptime) []route {
	return append(serveDiagnostics(a),
		uptime.serve(a.Uptime),
	)
}

// support stands for the piece of app/agent.
type support struct {
	Diagnostics
	began time.Time
}

// Uptime says how long the agent has run; see [localapi.Diagnostics].
func (s *support) Uptime(_ context.Context, req UptimeRequest) (Uptime, error) {
	return Uptime{Running: time.Since(s.began).Round(req.Round)}, nil
}

// The example is a call like any other, over the socket.
func TestAddedCallIsACallLikeAnyOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		s := Server{Info: Info{API: Version}}
		served <- s.serve(ctx, l, serveDiagnosticsAndUptime(&support{began: time.Now().Add(-time.Hour)}))
	}()
	client, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.Uptime(t.Context(), UptimeRequest{Round: time.Hour}); err != nil || got.Running != time.Hour {
		t.Errorf("%+v, %v", got, err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
