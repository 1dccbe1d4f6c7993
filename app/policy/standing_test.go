package policy

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const etc = "/etc/portico/policy.json"

// strict is a policy with every kind of key that is kept, and one that is not.
const strict = `{"settings":{"PortalURL":"https://portal.example.com","AllowedDomains":["example.com"],"AllowedTenants":["00000000-0000-0000-0000-000000000000"],` +
	`"KioskMode":true,"SignInEnabled":true,"PAR":"required","TokenStore":"file","Browser":"/usr/bin/other","Proxy":"http://proxy.example.com:8080","Theme":"dark"},"defaults":{"DPoP":"required","Language":"de"}}`

const slip = `{"settings":{"AllowedDomains":["example.com"]`

func TestABrokenSourceLeavesWhatItSaidBefore(t *testing.T) {
	good, broken := Check([]byte(strict), etc), Check([]byte(slip), etc)
	if good.Broken() != nil || broken.Broken() == nil || broken.Broken().Kind != Malformed || (&Policies{}).Broken() != nil {
		t.Fatalf("%+v, %+v", good.Broken(), broken.Broken())
	}
	if good.State() != "" || broken.State() == "" || broken.State() == Check([]byte(slip+"}"), etc).State() || broken.State() != Check([]byte(slip), etc).State() {
		t.Errorf("states %q, %q", good.State(), broken.State())
	}
	before := good.Resolve(Layers{})
	all := broken.Standing(good).Resolve(Layers{})
	if changed := all.Differences(before); len(changed) > 0 || all.Unclear() != nil {
		t.Errorf("all: %v, %+v", changed, all.Unclear())
	}
	some := broken.Recalled(good.Kept()).Resolve(Layers{Personal: map[Name]any{PortalURL: "https://elsewhere.example.com"}})
	if some.Unclear() != nil || some.Text(PortalURL) != "https://portal.example.com" || !some.Get(PortalURL).Locked || !slices.Equal(some.List(AllowedDomains), []string{"example.com"}) {
		t.Errorf("restrictions: %+v, portal %+v", some.Unclear(), some.Get(PortalURL))
	}
	for _, k := range Keys() {
		kept := k.Restricts || k.Name == PortalURL || k.Name == TokenStore
		if said := slices.Contains([]SourceKind{Machine, Defaults}, some.Get(k.Name).Source.Kind); said && !kept && k.Name != RememberMe {
			t.Errorf("%s is %v, and was kept", k.Name, some.Get(k.Name).Value)
		}
		if kept && cmp.Diff(before.Get(k.Name).Value, some.Get(k.Name).Value) != "" {
			t.Errorf("%s is %v, was %v", k.Name, some.Get(k.Name).Value, before.Get(k.Name).Value)
		}
	}
	for how, s := range map[Instead]Settings{All: all, Restrictions: some} {
		problems := s.Problems()
		if len(problems) != 1 || problems[0].Instead != how || problems[0].Closes || problems[0].Line == 0 {
			t.Errorf("%s: %+v", how, problems)
		}
	}
}

func TestWhatIsNotKnownOfABrokenSourceCloses(t *testing.T) {
	broken := Check([]byte(slip), etc)
	for name, p := range map[string]*Policies{
		"nothing kept": broken.Shut(), "kept is no JSON": broken.Recalled([]byte("{")), "nothing": broken.Recalled(nil),
		"of another source":      broken.Recalled(Check([]byte(strict), "/elsewhere").Kept()),
		"with a wrong value":     broken.Recalled([]byte(`[{"kind":"machine-policy","where":"` + etc + `","values":{"AllowedDomains":"example.com"}}]`)),
		"unclear when last read": broken.Recalled(Check([]byte(`{"settings":{"AllowedDomains":"example.com"}}`), etc).Kept()),
	} {
		s := p.Resolve(Layers{})
		if why := s.Unclear(); why == nil || !why.Closes || why.Source.Where != etc {
			t.Errorf("%s: %+v", name, why)
		}
	}
	if s := broken.Recalled(Check([]byte(`{"settings":{"Theme":"dark"}}`), etc).Kept()).Resolve(Layers{}); s.Unclear() != nil || s.Text(Theme) != "system" {
		t.Errorf("a source that restricted nothing: %+v, %s", s.Unclear(), s.Text(Theme))
	}
	if s := (&Policies{}).Recalled(Check([]byte(strict), etc).Kept()).Resolve(Layers{}); s.Unclear() != nil || s.List(AllowedDomains) != nil {
		t.Error("a source that is not there counts as broken")
	}
	if (&Policies{}).Kept() != nil {
		t.Error("something is kept of nothing")
	}
}

// The registry's places are sources of their own: one that is broken says nothing
// about the others.
func TestOnlyBrokenSourcesAreReplaced(t *testing.T) {
	machine, user := Source{Machine, `HKLM\Software\Policies\Portico`}, Source{User, `HKCU\Software\Policies\Portico`}
	say := func(s Source, domain string) reading {
		return reading{source: s, registry: true, entries: []entry{{key: "AllowedDomains", value: []string{domain}, kind: "REG_MULTI_SZ"}}}
	}
	good := gathered([]reading{say(machine, "machine.example"), say(user, "user.example")})
	lost := reading{source: machine, problems: []Problem{{Kind: Unreadable, Source: machine}}}
	now := gathered([]reading{lost, say(user, "other.example")})
	for _, p := range []*Policies{now.Standing(good), now.Recalled(good.Kept())} {
		row := p.Resolve(Layers{}).Get(AllowedDomains)
		if !slices.Equal(row.Value.([]string), []string{"machine.example"}) || len(row.Others) != 1 || !slices.Equal(row.Others[0].Value.([]string), []string{"other.example"}) {
			t.Errorf("%+v, others %+v", row.Value, row.Others)
		}
	}
}
