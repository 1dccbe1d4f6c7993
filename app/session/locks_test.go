package session

import (
	"context"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/loopback"
)

// holdNothing has every function that a session is given ask for its state, as the
// agent does under a lock of its own. A session that held its lock meanwhile would wait
// for itself here, and for the agent on a desk.
func (r *running) holdNothing(p *Params) {
	ask := func(who string) {
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			r.Snapshot()
		}()
		limit := time.NewTimer(5 * time.Second)
		defer limit.Stop()
		select {
		case <-asked:
		case <-limit.C:
			r.d.t.Errorf("%s is called while the session holds its lock", who)
		}
	}
	if f := p.Renew; f != nil {
		p.Renew = func(ctx context.Context) { ask("Renew"); f(ctx) }
	}
	if f := p.Page; f != nil {
		p.Page = func(e Ending) loopback.Page { ask("Page"); return f(e) }
	}
	if f := p.ConsentPage; f != nil {
		p.ConsentPage = func(c localapi.Consent, title string) loopback.Page { ask("ConsentPage"); return f(c, title) }
	}
	if f := p.SignOutPage; f != nil {
		p.SignOutPage = func(title string) loopback.Page { ask("SignOutPage"); return f(title) }
	}
	if f := p.StrayPage; f != nil {
		p.StrayPage = func() loopback.Page { ask("StrayPage"); return f() }
	}
	if f := p.ConsentMail; f != nil {
		p.ConsentMail = func(c ConsentRequest) string { ask("ConsentMail"); return f(c) }
	}
	if f := p.Audit; f != nil {
		p.Audit = func(a Audit) { ask("Audit"); f(a) }
	}
	if f := p.Changed; f != nil {
		p.Changed = func() { ask("Changed"); f() }
	}
}

func TestPagesAreWordedWhileTheStateIsAskedFor(t *testing.T) {
	d := newDesk(t)
	words := make(map[string]bool)
	d.change = func(p *Params) {
		p.StrayPage = func() loopback.Page { words["stray"] = true; return loopback.Page{} }
		p.SignOutPage = func(string) loopback.Page { words["sign-out"] = true; return loopback.Page{} }
		p.Page = func(Ending) loopback.Page { return loopback.Page{} }
	}
	r := d.start()
	r.signIn()
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true}); err != nil {
		t.Fatal(err)
	}
	r.WithdrawPages()
	if !words["stray"] || !words["sign-out"] {
		t.Errorf("worded were %v", words)
	}
}
