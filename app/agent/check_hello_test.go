package agent

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Sign-ins work without post-quantum handshakes, so that only IT needs to know.
func TestADeviceThatCannotCarryPostQuantumHandshakesIsNamed(t *testing.T) {
	for name, prepare := range map[string]func(*practice){
		"direct": func(p *practice) {
			p.direct()
			p.params.Start.Portal = "https://" + authtest.NewMiddlebox(t, p.portal.Listener.Addr().String(), authtest.Resets, authtest.LongestHello).Address()
		},
		"through a proxy": func(p *practice) {
			p.byName()
			p.proxy.Hosts[portalName+":443"] = authtest.NewMiddlebox(t, p.portal.Listener.Addr().String(), authtest.Resets, authtest.LongestHello).Address()
		},
		"only at the provider": func(p *practice) {
			p.byName()
			p.proxy.Hosts[providerName+":443"] = authtest.NewMiddlebox(t, p.provider.Address(), authtest.Closes, authtest.LongestHello).Address()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var options []authtest.Option
			if name != "direct" {
				options = append(options, authtest.WithHost(providerName))
			}
			p := newPractice(t, options...)
			prepare(p)
			r := p.examine()
			finding{cause: "tls", code: localapi.PostQuantumBlocked, warned: true}.holds(t, r)
			host := strings.TrimPrefix(p.params.Start.Portal, "https://")
			if name == "only at the provider" {
				host = providerName
			}
			first := r.First()
			if first == nil || first.Subject != host || first.Problem.Params["host"] != host || first.Problem.Who() != localapi.YourIT {
				t.Fatalf("the first to hear of is %+v", first)
			}
			warned := 0
			for _, c := range r.Checks {
				if c.Problem != nil && c.Problem.Code == localapi.PostQuantumBlocked {
					warned++
				}
			}
			if warned != 1 {
				t.Errorf("it is said %d times", warned)
			}
			var text strings.Builder
			diag.Text{Words: words.New("en")}.Write(&text, r)
			for _, says := range []string{"cannot carry modern (post-quantum) handshakes", "Update its software", "post-quantum handshakes (X25519MLKEM768) get no answer at " + host} {
				if !strings.Contains(text.String(), says) {
					t.Errorf("%q is missing in\n%s", says, &text)
				}
			}
		})
	}
}
