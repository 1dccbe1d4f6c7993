package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func using(par, dpop auth.Extension) func(*auth.Provider) {
	return func(p *auth.Provider) { p.PAR, p.DPoP = par, dpop }
}

func TestExtensionsAreUsedAsTheDescriptionSays(t *testing.T) {
	t.Parallel()
	const offered, off, on, required = auth.ExtensionOffered, auth.ExtensionOff, auth.ExtensionOn, auth.ExtensionRequired
	both := []authtest.Option{authtest.WithPAR(false), authtest.WithDPoP(false)}
	for name, test := range map[string]struct {
		options   []authtest.Option
		par, dpop auth.Extension
		pushed    bool
		bound     bool
		refused   string // the key of a ConfigError
	}{
		"as offered":                    {options: both, pushed: true, bound: true},
		"on":                            {options: both, par: on, dpop: on, pushed: true, bound: true},
		"required":                      {options: both, par: required, dpop: required, pushed: true, bound: true},
		"no pushing":                    {options: both, par: off, bound: true},
		"no proofs":                     {options: both, dpop: off, pushed: true},
		"on, and not offered":           {par: on, dpop: on},
		"off, and not offered":          {par: off, dpop: off},
		"pushing required, not offered": {par: required, refused: "par"},
		"proofs required, not offered":  {dpop: required, refused: "dpop"},
		"proofs required, others only":  {options: []authtest.Option{authtest.WithPAR(false)}, dpop: required, refused: "dpop"},
		"no pushing, but wanted":        {options: []authtest.Option{authtest.WithPAR(true)}, par: off, refused: "par"},
		"anything, and nothing offered": {par: offered, dpop: offered},
	} {
		for _, device := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t, append(test.options, authtest.WithDevice(time.Second, 0))...)
				d.describe = using(test.par, test.dpop)
				tokens, err := d.bySomeWay(device)
				var config *auth.ConfigError
				switch {
				case test.refused != "":
					if !errors.As(err, &config) || config.Key != test.refused || auth.ReasonOf(err) != auth.ReasonConfig || !strings.Contains(config.Reason, `"on"`) {
						t.Errorf("err = %v, want that %s is named, and what to write instead", err, test.refused)
					}
					if n := len(d.provider.Requests(authtest.Authorize, authtest.Token, authtest.DeviceAuthorization, authtest.PushedAuthorization)); n != 0 {
						t.Errorf("%d requests", n)
					}
					return
				case err != nil:
					t.Fatal(err)
				}
				if pushed := len(d.provider.Requests(authtest.PushedAuthorization)) > 0; !device && pushed != test.pushed {
					t.Errorf("pushed: %v", pushed)
				}
				if bound := d.provider.BoundTo(tokens.RefreshToken) != ""; bound != test.bound {
					t.Errorf("bound: %v", bound)
				}
			})
		}
	}
}

// bySomeWay signs in with the browser, or with a device code.
func (d *desk) bySomeWay(device bool) (*auth.Tokens, error) {
	if !device {
		tokens, _, err := d.signIn(d.client(), auth.BeginOptions{})
		return tokens, err
	}
	in, err := d.client().BeginDevice(d.t.Context(), auth.BeginOptions{})
	if err != nil {
		return nil, err
	}
	return in.Wait()
}

func TestExtensionsThatNobodyKnowsAreRefused(t *testing.T) {
	t.Parallel()
	for _, value := range []auth.Extension{"Required", "yes", "true", " on"} {
		for key, change := range map[string]func(*auth.Provider){"par": using(value, ""), "dpop": using("", value)} {
			p := auth.Provider{ID: "work", Authority: "https://login.example.com", ClientID: "portico"}
			change(&p)
			var config *auth.ConfigError
			if err := p.Check(); !errors.As(err, &config) || config.Key != key {
				t.Errorf("%s %q: %v", key, value, err)
			}
		}
	}
}

func TestSwitchingProofsOffOrOnKeepsSignIns(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(false))
	bound := d.mustSignIn().Account
	d.describe = using("", auth.ExtensionOff)
	if _, err := d.client().Refresh(t.Context(), bound.ID); err != nil {
		t.Errorf("bound, and switched off: %v", err)
	}
	d.mustSignIn()
	d.describe = using("", auth.ExtensionOn)
	tokens, err := d.client().Refresh(t.Context(), bound.ID)
	if err != nil || tokens.TokenType != "Bearer" {
		t.Errorf("bound to nothing, and switched on: %v, %v", tokens, err)
	}
	d.describe = using("", auth.ExtensionRequired)
	d.provider.Forget()
	if _, err := d.client().Refresh(t.Context(), bound.ID); !errors.Is(err, auth.ErrNoSignIn) || auth.ReasonOf(err) != auth.ReasonNoSignIn {
		t.Errorf("bound to nothing, and required: %v", err)
	}
	if n, _ := d.tokenRequests(); n != 0 || !d.remembered()[0].Remembered {
		t.Errorf("%d requests; kept: %+v", n, d.remembered())
	}
	if tokens := d.mustSignIn(); tokens.TokenType != "DPoP" {
		t.Errorf("signed in again with a token of type %s", tokens.TokenType)
	}
}

// What was learnt while nobody required anything does not count any more.
func TestRequiredProofsAreShownWhateverWasLearnt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithDPoP(false))
	lift := d.provider.Fault(refusesProofs().Times(1))
	if tokens := d.mustSignIn(); tokens.TokenType != "Bearer" {
		t.Fatalf("a token of type %s; this test shows nothing", tokens.TokenType)
	}
	lift()
	d.describe = using("", auth.ExtensionRequired)
	if tokens := d.mustSignIn(); tokens.TokenType != "DPoP" {
		t.Errorf("a token of type %s", tokens.TokenType)
	}
}
