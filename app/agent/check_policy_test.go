package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
)

func TestPoliciesThatAreInTheWayAreNamedFirst(t *testing.T) {
	for name, b := range map[string]broken{
		"a policy with a wrong value, and therefore no portal": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.params.Start.Portal = ""
				p.policies(`{"settings":{"PortalURL":"ftp://portal.example.com"}}`)
			},
			want: finding{cause: "policy", code: localapi.PolicyWrong, skipped: []string{"portal-address", "manifest", "provider"}},
		},
		"a policy file that is cut off": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.params.Start.Portal = ""
				p.policies(`{"settings":{"PortalURL":"https://portal`)
			},
			want: finding{cause: "policy", code: localapi.PolicyUnreadable, skipped: []string{"portal-address", "manifest", "provider"}},
		},
		"a policy with a misspelt key": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.policies(`{"settings":{"PortalUrl2":"x"}}`) },
			want:    finding{cause: "policy", code: localapi.PolicyUnknownKey, warned: true},
		},
		"a policy with a colour that there is not": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.policies(`{"settings":{"Theme":"pink"}}`) },
			want:    finding{cause: "policy", code: localapi.PolicyWrong, warned: true},
		},
		"IT has turned signing in off": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.policies(`{"settings":{"SignInEnabled":false}}`) },
			want:    finding{cause: "policy", code: localapi.SignInTurnedOff},
		},
		"a policy with a browser that is not there": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.policies(`{"settings":{"Browser":"netscape"}}`) },
			want:    finding{cause: "browser", code: localapi.SettingWrong, warned: true},
		},
		"a policy with a port that is used": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.policies(fmt.Sprintf(`{"settings":{"RedirectPorts":"%d"}}`, usedPort(t)))
			},
			want: finding{cause: "redirect", code: localapi.RedirectPortUsed},
		},
		"a policy with a wrong list of providers, and therefore nobody to sign in with": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.params.Start.Portal = ""
				p.policies(`{"settings":{"Providers":[{"id":"work"}]}}`)
			},
			want: finding{cause: "policy", code: localapi.PolicyWrong, skipped: []string{"portal-address", "manifest", "provider"}},
		},
		"a proxy by policy that is not there": {
			options: []authtest.Option{authtest.WithHost(providerName)},
			prepare: func(t *testing.T, p *practice) {
				p.byName()
				p.params.Network.Proxy = ""
				p.policies(`{"settings":{"Proxy":"http://` + closedPort(t) + `"}}`)
			},
			want: finding{cause: "proxy", code: localapi.ProxyUnreachable, skipped: onTheWay()},
		},
		"a file of authorities that cannot be read": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.params.Network.ExtraCAFile = "/nowhere/extra.pem" },
			want:    finding{cause: "authorities", code: localapi.ExtraCAFile, skipped: onTheWay()},
		},
	} {
		b.run(t, name)
	}
}

func (p *practice) policies(file string) {
	p.params.Start.Policies = func() *policy.Policies { return policy.Check([]byte(file), "/etc/portico/policy.json") }
}

// With providers from a policy there need be no portal.
func TestNoPortalIsNeededWhereAPolicyNamesTheProviders(t *testing.T) {
	p := newPractice(t)
	p.direct()
	p.params.Start.Portal = ""
	providers, err := json.Marshal([]any{p.work()})
	if err != nil {
		t.Fatal(err)
	}
	p.policies(`{"settings":{"Providers":` + string(providers) + `}}`)
	r := p.examine()
	for id, want := range map[string]localapi.CheckStatus{"portal-address": localapi.CheckSkipped, "manifest": localapi.CheckSkipped, "tls": localapi.CheckGood, "provider": localapi.CheckGood} {
		if got := result(r, id); got == nil || got.Status != want {
			t.Errorf("%s is %+v, want %s", id, got, want)
		}
	}
	if r.Cause != "" {
		t.Errorf("the cause is %s", r.Cause)
	}
}

// What does not work comes before what somebody should look at.
func TestOfSeveralPoliciesTheWorstComesFirst(t *testing.T) {
	p := newPractice(t)
	p.direct()
	p.params.Start.Portal = ""
	p.policies(`{"settings":{"Theme":"pink","PortalUrl":"x","PortalURL":"ftp://portal.example.com"}}`)
	r := p.examine()
	var got []string
	for _, c := range r.Checks {
		if c.ID == "policy" {
			got = append(got, c.Subject+" "+string(c.Status))
		}
	}
	if want := []string{"PortalURL bad", "Theme warning", "PortalUrl warning"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if first := r.First(); first == nil || first.Subject != "PortalURL" || len(first.Facts) == 0 {
		t.Errorf("%+v", first)
	}
}

// Nobody asks IT about what stands in a person's own environment.
func TestAuthoritiesOfTheEnvironmentAreNotITs(t *testing.T) {
	for name, tc := range map[string]struct{ byIT, byEnv, want string }{
		"by the environment": {"", "/nowhere/extra.pem", "PORTICO_EXTRA_CA_FILE"},
		"by IT":              {"/nowhere/it.pem", "", "ExtraCAFile"},
		"by both":            {"/nowhere/it.pem", "/nowhere/extra.pem", "ExtraCAFile"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			p.direct()
			p.params.Network.ExtraCAFile = tc.byEnv
			if tc.byIT != "" {
				p.policies(fmt.Sprintf(`{"settings":{"ExtraCAFile":%q}}`, tc.byIT))
			}
			r := p.examine()
			if got := result(r, "authorities"); got == nil || got.Subject != tc.want || got.Status != localapi.CheckBad {
				t.Errorf("%+v", got)
			}
			if got := result(r, "policy"); got == nil || got.Status != localapi.CheckGood {
				t.Errorf("what IT has set: %+v", got)
			}
		})
	}
}
