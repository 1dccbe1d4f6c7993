package session

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// pages are the pages for the browser. Their words come from outside: each function is
// the one of Params, nil for the engine's own words. None is called with a lock of the
// state.
type pages struct {
	ending  func(Ending) loopback.Page
	consent func(consent localapi.Consent, title string) loopback.Page
	signOut func(title string) loopback.Page
	stray   func() loopback.Page
	explain func(err error, c *auth.Client) *localapi.Problem
}

// final words the last page of a sign-in.
func (p *pages) final(client *auth.Client, memoryOnly bool) func(*auth.Tokens, error) loopback.Page {
	if p.ending == nil {
		return nil
	}
	return func(t *auth.Tokens, err error) loopback.Page {
		if err != nil {
			return p.ending(Ending{Problem: p.explain(err, client), MemoryOnly: memoryOnly})
		}
		who := localAccount(t.Account, t.Remembered())
		end := Ending{Account: &who, MemoryOnly: memoryOnly}
		if !memoryOnly {
			end.Unkept = markUnsaved(p.explain(t.SaveErr, client))
		}
		return p.ending(end)
	}
}
