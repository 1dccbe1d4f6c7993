package agent

import (
	"context"
	"log/slog"
	"runtime"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// endsWhen is a log that ends an agent at the line of a phase, as a command does that
// has seen it, and goes on once no more work is taken on.
type endsWhen struct {
	slog.Handler
	phase localapi.Phase
	agent func() *Agent
}

func (h *endsWhen) Enabled(context.Context, slog.Level) bool { return true }

func (h *endsWhen) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h *endsWhen) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(attr slog.Attr) bool {
		if attr.Key != "phase" || attr.Value.String() != string(h.phase) {
			return true
		}
		a := h.agent()
		a.life.end()
		for closing := false; !closing; runtime.Gosched() {
			a.life.mu.Lock()
			closing = a.life.closing
			a.life.mu.Unlock()
		}
		return false
	})
	return nil
}

// A command ends its agent as soon as it sees that somebody is signed in. That they
// are back after a sign-out is kept all the same, and the next start renews them.
func TestSignInAfterASignOutIsKeptByAnAgentThatEndsAtOnce(t *testing.T) {
	o := newOffice(t)
	o.change = func(p *Params) { p.Start.Portal = o.portal.URL }
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	if _, err := a.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	a.stop()
	if out := o.kept()["signed_out"]; out != true {
		t.Fatalf("signed_out = %v: this test shows nothing", out)
	}

	var short *running
	o.log = slog.New(&endsWhen{Handler: slog.DiscardHandler, phase: localapi.SignedIn, agent: func() *Agent { return short.Agent }})
	short = o.start()
	short.await(hasPhase(localapi.SignedOut))
	if _, err := short.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	<-short.life.ctx.Done()
	short.stop()

	o.log = nil
	if out := o.kept()["signed_out"]; out != nil {
		t.Errorf("signed_out = %v after a sign-in", out)
	}
	o.start().await(hasPhase(localapi.SignedIn))
}
