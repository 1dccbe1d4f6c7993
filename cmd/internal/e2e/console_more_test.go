//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A person on a server without a browser enters a code on another computer.
func TestSignInByCode(t *testing.T) {
	d := newDesk(t, within(t, time.Minute), stage.Params{}, providers()["zitadel"])
	c := d.command("login", "--device")
	p, err := d.Start(stage.Command{Name: "sh", Args: append([]string{"-c", `exec "$@" 2>&1`, "sh", c.Name}, c.Args...), Env: c.Env})
	must(t, err)
	address, err := p.WaitLine(d.ctx, func(line string) bool { return strings.HasPrefix(line, d.provider.Issuer()) })
	must(t, err)
	said := p.Output()
	if n := d.Browser.Openings(); n != 0 {
		t.Errorf("a browser was opened here, %d times", n)
	}

	// The other computer.
	_, err = d.Start(stage.Command{Name: d.Browser.Script, Args: []string{address}})
	must(t, err)
	page, err := d.Browser.Opened(d.ctx)
	must(t, err)
	must(t, page.Fill(d.ctx, "input[name=user_code]", userCode(t, said)))
	must(t, d.provider.SignIn(d.ctx, page, "ada"))
	must(t, page.WaitText(d.ctx, "The other device is signed in"))

	code, err := p.Wait(d.ctx)
	must(t, err)
	if code != localapi.ExitDone {
		t.Fatalf("exit %d: %s", code, p.Tail())
	}
	d.signedIn("the next start", d.ctl("status"))
}

// userCode finds the code to type in what a person reads.
func userCode(t *testing.T, said string) string {
	t.Helper()
	for _, word := range strings.Fields(said) {
		word = strings.Trim(word, ".,:;")
		if len(word) == len("XXXX-XXXX") && word[4] == '-' && strings.ToUpper(word) == word {
			return word
		}
	}
	t.Fatalf("no code in %q", said)
	return ""
}

func TestForgetLeavesNoTrace(t *testing.T) {
	d := newDesk(t, within(t, time.Minute), stage.Params{}, providers()["zitadel"])
	d.signedIn("login", d.login())
	d.expect(localapi.ExitUsage, "forget") // nobody is there to say yes
	d.signedIn("after a forget that was not confirmed", d.ctl("status"))
	r, err := d.Run(d.ctx, d.command("forget", "--yes")) // whose document is like no other's
	must(t, err)
	if r.Code != localapi.ExitDone {
		t.Fatalf("forget --yes: exit %d: %s", r.Code, r.Tail)
	}
	d.keyStoreIsEmpty()
	d.alive("after forgetting", stage.Alive{Sessions: 1})
	if a := d.expect(localapi.ExitSignInNeeded, "status"); a.Account != nil {
		t.Errorf("status remembers %+v", a.Account)
	}
}
