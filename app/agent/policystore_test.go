package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// filing is an office whose IT has sign-ins kept in files, on a computer that has a key
// store too.
func filing(t *testing.T) (*office, *voice) {
	t.Helper()
	o := newOffice(t)
	o.change = func(p *Params) {
		p.Store = nil
		p.keyStore = vault.New(vault.Params{Service: "test", Backend: o.keyStore, Timeout: time.Second})
	}
	it := o.voice()
	it.says(`,"TokenStore":"file"`)
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	a.awaitKept()
	a.stop()
	return o, it
}

// A policy that cannot be read does not say that sign-ins are to leave their files.
func TestABrokenPolicyLeavesSignInsInTheirFiles(t *testing.T) {
	for name, test := range map[string]struct {
		known bool
		phase localapi.Phase
	}{
		"what it said is known":     {true, localapi.SignedIn},
		"what it said is not known": {false, localapi.Blocked},
	} {
		t.Run(name, func(t *testing.T) {
			o, it := filing(t)
			if !test.known {
				if err := newStores(nil, o.paths).files.Delete(t.Context(), keptName); err != nil {
					t.Fatal(err)
				}
			}
			it.breaks("")
			a := o.start()
			a.await(hasPhase(test.phase))
			if all, err := a.Accounts(t.Context()); err != nil || len(all) != 1 || !all[0].Remembered {
				t.Errorf("accounts = %+v, %v", all, err)
			}
			if a.stores.kind != "file" || test.known && a.decisions.Now().Text(policy.TokenStore) != "file" {
				t.Errorf("sign-ins are kept in %q", a.stores.kind)
			}
			a.stop()
			if _, err := os.Lstat(filepath.Join(o.paths.Data, "sign-ins")); err != nil {
				t.Error(err)
			}
			if n := o.keyStore.Calls(); n != 0 {
				t.Errorf("the key store was asked %d times, and holds %v", n, o.entries())
			}
			o.provider.Forget()
			it.says(`,"TokenStore":"file"`)
			a = o.start()
			a.await(hasPhase(localapi.SignedIn))
			if n := len(o.provider.Requests(authtest.Authorize)); n != 0 {
				t.Errorf("the browser was opened %d times", n)
			}
		})
	}
}

// A key store that takes nothing is not asked again and again, and holds up no end: it
// may be showing a dialog.
func TestWhatCannotBeKeptIsTriedOnce(t *testing.T) {
	o := newOffice(t)
	it := o.voice()
	it.says("")
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	a.awaitKept()
	o.keyStore.TakeNothing(vault.Locked)
	keep := func(domain string) int {
		before := o.keyStore.Calls()
		it.says(`,"AllowedDomains":["` + domain + `"]`)
		a.decisions.Decide()
		a.decisions.Keep()
		return o.keyStore.Calls() - before
	}
	if first, second := keep("fabrikam.example"), keep("contoso.example"); first == 0 || second > 0 {
		t.Errorf("it was asked %d times, and then %d times", first, second)
	}
	a.stop()
	o.keyStore.Heal()
	a = o.start() // where it is tried again
	a.await(hasPhase(localapi.SignedIn))
	a.awaitKept()
}
