package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func TestChallengeMethodInOtherLettersIsTheSame(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain", "s256"} }))
	if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); err != nil {
		t.Error(err)
	}
}

// An authority may be the address of the metadata; it is compared with what they say as
// any other, and the words give the address to write.
func TestMetadataAddressWrittenOtherwiseIsNamed(t *testing.T) {
	const wellKnown = "/.well-known/openid-configuration"
	d := newDesk(t)
	d.described(func(p *auth.Provider) { p.Authority = strings.Replace(d.provider.URL, "https", "HTTPS", 1) + wellKnown })
	_, _, err := d.signIn(d.client(), auth.BeginOptions{})
	var config *auth.ConfigError
	if !errors.As(err, &config) || config.Key != "authority" || !strings.Contains(err.Error(), d.provider.URL+`"`) || !strings.Contains(err.Error(), wellKnown) {
		t.Errorf("err = %v", err)
	}
	d = newDesk(t)
	d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["issuer"] = "https://evil.example" }))
	d.described(func(p *auth.Provider) { p.Authority = d.provider.URL + wellKnown })
	var untrusted *auth.TrustError
	if _, _, err := d.signIn(d.client(), auth.BeginOptions{}); !errors.As(err, &untrusted) {
		t.Errorf("another issuer: err = %v", err)
	}
}
