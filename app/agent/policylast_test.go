package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/vault"
)

const policyPlace = "/etc/portico/policy.json"

// keptName is the key store's name for what policies restrict. It must never change.
const keptName = "policy"

// voice is IT, which says something else while an agent runs.
type voice struct {
	o   *office
	now atomic.Pointer[policy.Policies]
}

func (o *office) voice() *voice {
	v := &voice{o: o}
	o.policies = v.now.Load
	v.says("")
	return v
}

// file is what IT writes into the policy file.
func (v *voice) file(text string) { v.now.Store(policy.Check([]byte(text), policyPlace)) }

func (v *voice) says(settings string) {
	v.file(`{"settings":{"PortalURL":"` + v.o.portal.URL + `","ManagedByName":"Contoso IT"` + settings + `}}`)
}

// breaks leaves out the last bracket.
func (v *voice) breaks(settings string) {
	v.file(`{"settings":{"PortalURL":"` + v.o.portal.URL + `"` + settings + `}`)
}

func (v *voice) fallsSilent() { v.now.Store(policytest.None()) }

// policyNotices are those of a state that are about policies.
func policyNotices(s localapi.State) (found []localapi.Problem) {
	for _, n := range s.Notices {
		if n.Code == localapi.PolicyUnreadable || n.Code == localapi.PolicyUnsafe {
			found = append(found, n)
		}
	}
	return found
}

// A running agent lets nobody in and locks nothing open because somebody has left a
// bracket out. It says nothing of a file that may be half written, except to whoever asks.
func TestARunningAgentGoesOnWithTheLastGoodPolicy(t *testing.T) {
	o := newOffice(t)
	it := o.voice()
	it.says(`,"AllowedDomains":["contoso.example"],"Theme":"dark"`)
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	before := a.decisions.Now()

	it.breaks("")
	a.decisions.Reconsider()
	now, _ := a.State(t.Context())
	if changed := a.decisions.Now().Differences(before); len(changed) > 0 || len(policyNotices(now)) > 0 || now.Session.Phase != localapi.SignedIn {
		t.Errorf("%v, %+v, %s", changed, policyNotices(now), now.Session.Phase)
	}
	report, err := a.Policy(t.Context())
	if err != nil || len(report.Problems) != 1 || report.Problems[0].Code != localapi.PolicyUnreadable || report.Problems[0].Params["instead"] != "all" {
		t.Errorf("report: %+v, %v", report.Problems, err)
	}
	if row := report.Settings[slices.IndexFunc(report.Settings, func(s localapi.PolicySetting) bool { return s.Key == "AllowedDomains" })]; string(row.Value) != `["contoso.example"]` {
		t.Errorf("it is reported as %s", row.Value)
	}
	check, err := a.Check(t.Context())
	if err != nil || !slices.ContainsFunc(check.Checks, func(c localapi.CheckResult) bool {
		return c.ID == "policy" && c.Problem != nil && c.Problem.Code == localapi.PolicyUnreadable && c.Problem.Params["instead"] == "all"
	}) {
		t.Errorf("check: %v", err)
	}
	if p := a.decisions.Refused(policy.PortalURL); p == nil || p.Code != localapi.SettingManaged {
		t.Errorf("the portal may be changed: %+v", p)
	}

	// Mended in the second step, as editors do.
	it.says(`,"AllowedDomains":["contoso.example"],"Theme":"light"`)
	a.decisions.Reconsider()
	if now, _ := a.State(t.Context()); len(policyNotices(now)) > 0 || a.decisions.Now().Text(policy.Theme) != "light" {
		t.Errorf("%+v, %s", policyNotices(now), a.decisions.Now().Text(policy.Theme))
	}

	// Broken for good: told after a while, without anybody asking.
	o.waits.Store(&settings.Waits{Believe: 50 * time.Millisecond, Recall: 30 * time.Second})
	it.breaks(`,"AllowedDomains":["contoso.example"]`)
	a.decisions.Reconsider()
	told := a.await(func(s localapi.State) bool { return len(policyNotices(s)) == 1 })
	if told.Session.Phase != localapi.SignedIn || a.decisions.Now().Text(policy.Theme) != "light" || told.Managed == nil || told.Managed.Name != "Contoso IT" {
		t.Errorf("%+v, %+v", told.Session, told.Managed)
	}
	for _, language := range []string{"en", "de"} {
		e := words.New(language).Problem(&policyNotices(told)[0])
		if want := words.New(language).Text("policy.instead.all"); !strings.Contains(e.Text, policyPlace) || !strings.HasSuffix(e.Text, want) || !strings.Contains(e.IT, policyPlace) {
			t.Errorf("%+v", e)
		}
	}

	// No file is no policy.
	it.fallsSilent()
	a.decisions.Reconsider()
	if now, _ := a.State(t.Context()); len(policyNotices(now)) > 0 || now.Managed != nil || a.decisions.Now().List(policy.AllowedDomains) != nil {
		t.Errorf("%+v", now)
	}
	// And one that is broken when it comes is what it was before it went.
	it.breaks("")
	a.decisions.Reconsider()
	a.await(func(s localapi.State) bool { return len(policyNotices(s)) == 1 })
	if !slices.Equal(a.decisions.Now().List(policy.AllowedDomains), []string{"contoso.example"}) {
		t.Errorf("%v may come in", a.decisions.Now().List(policy.AllowedDomains))
	}
}

// The first policy of a computer, with a slip in it: nobody knows whom it was to keep out.
func TestAPolicyThatComesBrokenLetsNobodyIn(t *testing.T) {
	o := newOffice(t)
	it := o.voice()
	it.fallsSilent()
	o.remembered()
	a := o.start()
	a.await(hasPhase(localapi.SignedIn))
	o.waits.Store(&settings.Waits{Believe: 50 * time.Millisecond, Recall: 30 * time.Second})
	it.breaks("")
	a.decisions.Reconsider()
	if now, _ := a.State(t.Context()); now.Session.Phase != localapi.SignedIn {
		t.Errorf("it is believed at once: %s", now.Session.Phase)
	}
	shut := a.await(hasPhase(localapi.Blocked))
	if p := shut.Session.Problem; p.Code != localapi.PolicyUnclear || shut.Session.Account == nil {
		t.Errorf("%+v, %+v", p, shut.Session.Account)
	}
	it.fallsSilent()
	a.decisions.Reconsider()
	a.await(hasPhase(localapi.SignedIn))
}

// At a start what a policy last restricted is known to the key store, and nothing else of it
// counts.
func TestAStartWithABrokenPolicyKeepsItsRestrictions(t *testing.T) {
	for name, test := range map[string]struct {
		last  string
		phase localapi.Phase
		code  localapi.Code
	}{
		"they may come in":      {`,"AllowedDomains":["contoso.example"]`, localapi.SignedIn, ""},
		"they may not any more": {`,"AllowedDomains":["fabrikam.example"]`, localapi.Blocked, localapi.DomainNotAllowed},
		"nobody may":            {`,"SignInEnabled":false`, localapi.Blocked, localapi.SignInTurnedOff},
		"it was not clear who":  {`,"AllowedDomains":"contoso.example"`, localapi.Blocked, localapi.PolicyUnclear},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			it := o.voice()
			it.says(`,"AllowedDomains":["contoso.example"]`)
			first := o.start()
			first.await(hasPhase(localapi.SignedOut))
			first.signedIn(localapi.SignInRequest{})
			it.says(test.last + `,"Browser":"/usr/bin/other","Theme":"dark"`)
			first.decisions.Reconsider()
			first.awaitKept()
			first.stop()

			it.breaks("")
			a := o.start()
			now := a.await(hasPhase(test.phase))
			if test.code != "" && now.Session.Problem.Code != test.code {
				t.Errorf("problem = %+v", now.Session.Problem)
			}
			s := a.decisions.Now()
			if s.Text(policy.Browser) != "" || s.Text(policy.Theme) != "system" || s.Text(policy.PortalURL) != o.portal.URL || !s.Get(policy.PortalURL).Locked {
				t.Errorf("browser %q, theme %q, portal %+v", s.Text(policy.Browser), s.Text(policy.Theme), s.Get(policy.PortalURL))
			}
			report, err := a.Policy(t.Context())
			if err != nil || !slices.ContainsFunc(report.Problems, func(p localapi.Problem) bool {
				return p.Code == localapi.PolicyUnreadable && p.Params["instead"] == "restrictions"
			}) {
				t.Errorf("report: %+v, %v", report.Problems, err)
			}
			if notices := policyNotices(now); len(notices) != 1 || notices[0].Params["instead"] != "restrictions" {
				t.Errorf("notices: %+v", notices)
			}
			// What it says when it is mended counts at once.
			it.says("")
			a.decisions.Reconsider()
			a.await(hasPhase(localapi.SignedIn))
		})
	}
}

// Where nothing is known of it, nobody gets in, and nobody loses what they have.
func TestAStartWithABrokenPolicyThatNobodyKnowsLetsNobodyIn(t *testing.T) {
	for name, lose := range map[string]func(o *office){
		"never kept": func(o *office) {
			if err := vault.New(vault.Params{Service: "test", Backend: o.keyStore}).Delete(o.t.Context(), keptName); err != nil {
				o.t.Fatal(err)
			}
		},
		"a key store that does not answer": func(o *office) { o.keyStore.Fail(vault.Silent) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			it := o.voice()
			it.says("")
			first := o.start()
			first.await(hasPhase(localapi.SignedOut))
			first.signedIn(localapi.SignInRequest{})
			first.awaitKept()
			first.stop()
			lose(o)
			o.provider.Forget()
			it.breaks("")
			a := o.start()
			shut := a.await(func(s localapi.State) bool { return s.Session.Phase == localapi.Blocked })
			if p := shut.Session.Problem; p.Code != localapi.PolicyUnclear || p.Params["where"] != policyPlace || p.Params["key"] != "" {
				t.Errorf("problem = %+v", p)
			}
			for _, language := range []string{"en", "de"} {
				if e := words.New(language).Problem(shut.Session.Problem); !strings.Contains(e.Text, policyPlace) || !strings.Contains(e.IT, policyPlace) || strings.Contains(e.Text+e.IT, "<no value>") {
					t.Errorf("%+v", e)
				}
			}
			for what, err := range map[string]error{
				"a sign-in": second(a.SignIn(t.Context(), localapi.SignInRequest{})),
				"a portal":  a.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}),
			} {
				if problemCode(err) != localapi.PolicyUnclear {
					t.Errorf("%s: %v", what, err)
				}
			}
			if n := len(o.provider.Requests()); n > 0 {
				t.Errorf("the provider was asked %d times", n)
			}
			report, err := a.Policy(t.Context())
			if err != nil || len(report.Problems) != 1 || report.Problems[0].Code != localapi.PolicyUnreadable || report.Problems[0].Params["instead"] != "closed" ||
				report.Settings[0].Key != "PortalURL" || report.Settings[0].Overridable || !setting(shut, policy.PortalURL).Locked {
				t.Errorf("report: %+v, %+v, %v", report.Problems, report.Settings[0], err)
			}
			a.stop()
			o.keyStore.Heal()
			it.says("")
			a = o.start()
			a.await(hasPhase(localapi.SignedIn))
			a.awaitKept()
			if !slices.Contains(o.entries(), keptName) {
				t.Error("it is not kept anew")
			}
		})
	}
}

// The key store is late at log-on, and tells what counts when it comes.
func TestAKeyStoreThatIsLateOpensWhatABrokenPolicyAllows(t *testing.T) {
	o := newOffice(t)
	it := o.voice()
	it.says("")
	first := o.start()
	first.await(hasPhase(localapi.SignedOut))
	first.signedIn(localapi.SignInRequest{})
	first.awaitKept()
	first.stop()
	it.breaks("")
	o.keyStore.Fail(vault.Missing)
	a := o.start()
	a.await(hasPhase(localapi.Blocked))
	o.keyStore.Heal()
	o.waits.Store(&settings.Waits{Believe: 10 * time.Second}) // half a minute later
	a.decisions.Reconsider()
	a.await(hasPhase(localapi.SignedIn))
}

// A start asks the key store nothing for the sake of a policy that can be read, and it is
// written when what is restricted has changed, and at no other time.
func TestAGoodPolicyCostsTheKeyStoreNothing(t *testing.T) {
	calls := func(o *office) (asked, changed int) {
		before, changes := o.keyStore.Calls(), o.keyStore.Changes()
		a := o.start()
		a.await(hasPhase(localapi.SignedIn))
		a.awaitKept()
		a.stop()
		return o.keyStore.Calls() - before, o.keyStore.Changes() - changes
	}
	free := newOffice(t)
	free.remembered()
	calls(free) // the first one after a sign-in
	want, changes := calls(free)

	o := newOffice(t)
	it := o.voice()
	it.says(`,"AllowedDomains":["contoso.example"]`)
	first := o.start()
	first.await(hasPhase(localapi.SignedOut))
	first.signedIn(localapi.SignInRequest{})
	first.awaitKept()
	first.stop()
	calls(o)
	if asked, changed := calls(o); asked != want || changed != changes {
		t.Errorf("a start with a policy asks the key store %d times and changes it %d times, one without %d and %d", asked, changed, want, changes)
	}
	it.says(`,"AllowedDomains":["contoso.example"],"Theme":"dark"`)
	if asked, _ := calls(o); asked != want {
		t.Errorf("a policy that restricts the same has it asked %d times, want %d", asked, want)
	}
	it.says(`,"AllowedDomains":["contoso.example","fabrikam.example"]`)
	if _, changed := calls(o); changed <= changes {
		t.Error("what is restricted now was not kept")
	}
	it.fallsSilent()
	a := o.start()
	a.await(hasPhase(localapi.Unconfigured))
	a.awaitKept()
	a.stop()
	if _, err := os.Lstat(o.mark()); err == nil || slices.Contains(o.entries(), keptName) {
		t.Errorf("policies that are gone are still kept: %v", o.entries())
	}
}

// What is kept goes with the last sign-in, and with everything else.
func TestWhatAPolicyRestrictsGoesWithWhoIsRemembered(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, a *running){
		"sign out": func(t *testing.T, a *running) {
			if _, err := a.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
				t.Error(err)
			}
		},
		"forget": func(t *testing.T, a *running) {
			if report, err := a.Forget(t.Context()); err != nil || len(report.Problems) > 0 {
				t.Errorf("%+v, %v", report, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			it := o.voice()
			it.says("")
			a := o.start()
			a.await(hasPhase(localapi.SignedOut))
			a.signedIn(localapi.SignInRequest{})
			a.awaitKept()
			a.stop()
			if _, err := os.Lstat(o.mark()); err != nil || !slices.Contains(o.entries(), keptName) {
				t.Fatalf("nothing was kept: %v, %v", err, o.entries())
			}
			a = o.start()
			a.await(hasPhase(localapi.SignedIn))
			leave(t, a)
			a.decisions.Reconsider()
			a.stop()
			if _, err := os.Lstat(o.mark()); err == nil || len(o.entries()) > 0 {
				t.Errorf("left: %v, %v", err, o.entries())
			}
		})
	}
}

// awaitKept waits until what the policies restrict is kept, or nothing where they say
// nothing.
func (r *running) awaitKept() {
	r.o.t.Helper()
	want := ""
	if kept := r.o.policies().Kept(); kept != nil {
		if r.stores != nil && r.stores.kind == "file" {
			kept = append(slices.Clone(kept), "file"...)
		}
		sum := sha256.Sum256(kept)
		want = hex.EncodeToString(sum[:])
	}
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); runtime.Gosched() {
		if got, err := os.ReadFile(r.o.mark()); string(got) == want && (err == nil || want == "") {
			return
		}
	}
	r.o.t.Fatal("it is not kept")
}

// mark is the file that says what of the policies is kept.
func (o *office) mark() string { return filepath.Join(o.paths.Data, "policy.kept") }

func (o *office) entries() (names []string) {
	for name := range o.keyStore.Entries("test") {
		names = append(names, name)
	}
	return names
}
