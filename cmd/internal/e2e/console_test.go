//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// The story of a person who has nothing but the console: no agent runs.
func TestConsoleStory(t *testing.T) {
	for name, provider := range providers() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, within(t, 2*time.Minute), stage.Params{}, provider)

			if a := d.expect(localapi.ExitSignInNeeded, "status"); a.why() != localapi.SignInNeeded {
				t.Errorf("before the first sign-in: %q", a.why())
			}

			p, page := d.begin("login")
			must(t, d.provider.SignIn(d.ctx, page, "ada"))
			must(t, page.WaitBack(d.ctx, d.provider.Issuer()))
			text, err := page.Text(d.ctx)
			must(t, err)
			if !strings.Contains(text, "Ada") || !strings.Contains(text, "signed in") {
				t.Errorf("the browser ends on a page that says %q", text)
			}
			if address, err := page.URL(d.ctx); err != nil || strings.ContainsAny(address, "?#") {
				t.Errorf("the browser ends at %s, with what came back in sight (%v)", address, err)
			}
			a := d.finish(p, "login")
			d.signedIn("login", a)
			if !a.Account.Remembered || !a.Account.EmailVerified || a.Account.GivenName != "Ada" || a.Account.Issuer != d.provider.Issuer() {
				t.Errorf("the account is %+v", a.Account)
			}
			d.alive("after signing in", stage.Alive{Grants: 1, Sessions: 1})
			first := d.onlyRefreshToken()

			opened := d.Browser.Openings()
			asked := d.asked(func() { d.signedIn("the next start", d.ctl("status")) })
			if diff := cmp.Diff(map[string]int{d.provider.TokenPath(): 1}, asked); diff != "" {
				t.Errorf("a silent start asks the provider (-want +got):\n%s", diff)
			}
			second := d.onlyRefreshToken()
			if second == first {
				t.Error("the provider replaced the refresh token and Portico kept the old one")
			}

			must(t, d.provider.RotateKeys(d.ctx))
			d.signedIn("after the provider has changed its keys", d.ctl("status", "--refresh"))
			if n := d.Browser.Openings(); n != opened {
				t.Errorf("silent starts opened the browser %d times", n-opened)
			}
			if a := d.expect(localapi.ExitDone, "accounts"); len(a.Accounts) != 1 || a.Accounts[0].Email != "ada@contoso.example" {
				t.Errorf("accounts: %+v", a.Accounts)
			}

			last := d.onlyRefreshToken()
			p, page = d.begin("logout", "--browser")
			must(t, d.provider.FinishSignOut(d.ctx, page))
			if a = d.finish(p, "logout"); a.exit != localapi.ExitDone || a.Local != localapi.StepDone || a.Revoked != localapi.StepDone || a.Browser != localapi.StepInBrowser {
				t.Errorf("logout: exit %d, %s, %s, %s\n%s", a.exit, a.Local, a.Revoked, a.Browser, a.tail)
			}
			d.alive("after signing out", stage.Alive{})
			d.keyStoreIsEmpty()
			d.dead(last)
			asked = d.asked(func() { d.expect(localapi.ExitSignInNeeded, "status") })
			if len(asked) != 0 {
				t.Errorf("with nobody signed in the provider is asked %v", asked)
			}
		})
	}
}
