//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

func TestPersonWhoDoesNotSignIn(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	s := newScene(t, ctx, stage.Params{})
	for name, tc := range map[string]struct {
		args []string
		do   func(t *testing.T, s *scene, r *running, page *stage.Page)
		code localapi.Code
	}{
		"closes the browser": {[]string{"--timeout", "3s"}, func(t *testing.T, s *scene, _ *running, page *stage.Page) {
			must(t, page.See(s.ctx, "input[name=login]"))
			must(t, s.Browser.Quit())
		}, localapi.TimedOut},
		"says no": {nil, func(t *testing.T, s *scene, _ *running, page *stage.Page) {
			must(t, s.provider.Deny(s.ctx, page))
			must(t, page.WaitBack(s.ctx, s.front.issuer))
			if text, err := page.Text(s.ctx); err != nil || !strings.Contains(text, "did not let you in") {
				t.Errorf("the browser says %q (%v)", text, err)
			}
		}, localapi.Declined},
		"presses Ctrl-C": {nil, func(_ *testing.T, _ *scene, r *running, _ *stage.Page) {
			r.interrupt()
		}, localapi.Cancelled},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				s := s.with(t, s.portal)
				r, page := s.opens(append(append([]string{"login"}, tc.args...), more...)...)
				tc.do(t, s, r, page)
				e := r.end()
				if form == "json" {
					e.wants(t, "login", tc.code)
				} else if want := localapi.Codes()[tc.code].Exit; e.exit != want || e.stdout != "" {
					t.Errorf("exit %d, want %d, and on standard output %q", e.exit, want, e.stdout)
				}
				s.keyStoreIsEmpty()
				s.json("status").wants(t, "status afterwards", localapi.SignInNeeded)
			})
		}
	}
}

// Ctrl-C calls the sign-in off in a running agent, too.
func TestCtrlCEndsTheSignInOfTheAgent(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.agent()
	r, page := s.opens("login", "--json")
	must(t, page.See(ctx, "input[name=login]"))
	if state, err := s.WaitPhase(ctx, localapi.SigningIn); err != nil || state.Session.SignIn == nil {
		t.Fatalf("%+v, %v", state.Session, err)
	}
	r.interrupt()
	r.end().wants(t, "login", localapi.Cancelled)
	state, err := s.WaitPhase(ctx, localapi.SignedOut)
	must(t, err)
	if p := state.Session.Problem; p == nil || p.Code != localapi.Cancelled {
		t.Errorf("the agent says %+v", p)
	}
	s.keyStoreIsEmpty()
}

func TestAddressToOpenByHand(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	for name, more := range map[string][]string{"text": nil, "json": {"--json"}} {
		t.Run(name, func(t *testing.T) {
			s := s.with(t, s.portal)
			opened := s.Browser.Openings()
			r := s.start(append([]string{"login", "--no-browser"}, more...)...)
			link := r.addressToOpen()
			if !strings.HasPrefix(link, s.front.issuer+"/auth?") || strings.ContainsAny(link, " \t") {
				t.Errorf("the address is %q", link)
			}
			if n := s.Browser.Openings(); n != opened {
				t.Error("the browser was opened all the same")
			}
			s.agrees(s.byHand(link))
			e := r.end()
			if e.exit != 0 {
				t.Fatalf("exit %d\n%s", e.exit, e.stderr)
			}
			if more != nil {
				s.isIn("login", e)
			} else if !strings.Contains(e.stdout, "Signed in as Ada Lovelace") {
				t.Errorf("standard output says %q", e.stdout)
			}
			s.isIn("the next start", s.json("status"))
		})
	}
	s.noSecretOnDisk()
}

// byHand opens an address in the desk's browser, as a person does.
func (s *scene) byHand(link string) *stage.Page {
	s.t.Helper()
	_, err := s.Start(stage.Command{Name: s.Browser.Script, Args: []string{link}})
	must(s.t, err)
	page, err := s.Browser.Opened(s.ctx)
	must(s.t, err)
	return page
}
