package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/plain"
)

// Whatever an error repeats, the problem that people and programs are shown has
// nothing unseen in it.
func TestProblemsHoldNothingUnseen(t *testing.T) {
	for _, r := range []rune{0x1b, 0x85, 0x9b, 0x200b, 0x200f, 0x2028, 0x202e, 0x2066, 0xfeff} {
		bad := "a" + string(r) + "b"
		inner := errors.New(bad)
		for _, err := range []error{
			&auth.UnavailableError{Host: bad, Step: "token", Err: &network.Fault{Kind: network.CertUnknown, Host: bad, Issuer: bad, Proxy: bad, Wants: []string{bad}, ScriptErr: &network.ScriptError{Script: bad, Err: &network.EvaluatorError{Install: bad}}, Err: inner}},
			&auth.NotProviderError{Provider: bad, Host: bad, Err: inner},
			&auth.ConfigError{Provider: bad, Key: bad, Reason: bad, Err: inner},
			&auth.DomainError{Domain: bad, Allowed: []string{bad}},
			&auth.TenantError{Tenant: bad},
			&auth.TrustError{Check: "iss", Err: inner},
			errors.Join(inner, inner),
		} {
			p := Explain(err, About{Title: "Work"}, time.Now())
			if told := fmt.Sprint(p.Params, strings.ReplaceAll(p.Details.Error, "\n", "")); strings.ContainsFunc(told, plain.Hidden) {
				t.Errorf("%U in %T: %q", r, err, told)
			}
		}
	}
	if p := Explain(errors.Join(errors.New("one"), errors.New("two")), About{}, time.Now()); p.Code != localapi.Unexpected || p.Details.Error != "one\ntwo" {
		t.Errorf("%+v", p.Details)
	}
}
