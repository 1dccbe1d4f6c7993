package agent

import (
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
)

// protected is an office whose provider offers what is optional.
func protected(t *testing.T, manifest map[string]any) *office {
	o := newOffice(t, authtest.WithPAR(false), authtest.WithDPoP(false))
	provider := map[string]any{"id": "work", "authority": o.provider.URL, "client_id": authtest.ClientID}
	for key, value := range manifest {
		provider[key] = value
	}
	o.providers = []any{provider}
	return o
}

func pushingCounts(t *testing.T) { extensionCounts(t, policy.PAR, "par") }

func proofsCount(t *testing.T) { extensionCounts(t, policy.DPoP, "dpop") }

func extensionCounts(t *testing.T, key policy.Name, field string) {
	for name, test := range map[string]struct {
		manifest, policy any
		used             bool
	}{
		"nobody says anything":          {used: true},
		"the manifest switches it off":  {manifest: "off"},
		"IT switches it off":            {manifest: "required", policy: "off"},
		"IT switches it on":             {manifest: "off", policy: "on", used: true},
		"IT requires it":                {manifest: "off", policy: "required", used: true},
		"IT leaves it to the manifest":  {manifest: "off", policy: "manifest"},
		"IT leaves it, and nobody says": {policy: "manifest", used: true},
	} {
		t.Run(name, func(t *testing.T) {
			manifest, decided := map[string]any{}, said{}
			if test.manifest != nil {
				manifest[field] = test.manifest
			}
			o := protected(t, manifest)
			decided[policy.PortalURL] = o.portal.URL
			if test.policy != nil {
				decided[key] = test.policy
			}
			o.decided(decided)
			a := o.start()
			a.await(hasPhase(localapi.SignedOut))
			a.signedIn(localapi.SignInRequest{})
			used := len(o.provider.Requests(authtest.PushedAuthorization)) > 0
			if key == policy.DPoP {
				used = o.provider.Requests(authtest.Token)[0].Header.Get("DPoP") != ""
			}
			if used != test.used {
				t.Errorf("used: %v, want %v", used, test.used)
			}
		})
	}
	t.Run("required, and not offered", func(t *testing.T) {
		o := newOffice(t)
		o.decided(said{policy.PortalURL: o.portal.URL, key: "required"})
		a := o.start()
		a.await(hasPhase(localapi.SignedOut))
		_, err := a.SignIn(t.Context(), localapi.SignInRequest{})
		if p, ok := err.(*localapi.Problem); !ok || p.Code != localapi.ProviderConfig || p.Params["key"] != field {
			t.Errorf("signing in: %v", err)
		}
		setups, err := a.Providers(t.Context())
		if err != nil || len(setups) != 1 || len(setups[0].Problems) != 1 || setups[0].Problems[0].Params["key"] != field {
			t.Errorf("the description: %+v, %v", setups, err)
		}
	})
}

// A kept sign-in whose proofs are refused is the person's to mend, not IT's.
func TestSignInWhoseProofsAreRefusedIsSignedInAgain(t *testing.T) {
	o := protected(t, nil)
	o.decided(said{policy.PortalURL: o.portal.URL})
	first := o.start()
	first.await(hasPhase(localapi.SignedOut))
	first.signedIn(localapi.SignInRequest{})
	first.stop()
	refused := authtest.Answer(authtest.Token, 400, map[string]string{"Content-Type": "application/json"},
		`{"error":"invalid_request","error_description":"DPoP HTTP URL mismatch"}`)
	lift := o.provider.Fault(refused.ForGrant("refresh_token"), refused.ForGrant("authorization_code").Times(1))
	a := o.start()
	now := a.await(hasPhase(localapi.NeedsSignIn))
	if now.Session.Problem == nil || now.Session.Problem.Code != localapi.SignInAgain {
		t.Errorf("problem = %+v", now.Session.Problem)
	}
	if accounts, err := a.Accounts(t.Context()); err != nil || len(accounts) != 1 || !accounts[0].Remembered {
		t.Errorf("the sign-in is not kept: %+v, %v", accounts, err)
	}
	a.signedIn(localapi.SignInRequest{})
	lift()
	report, err := a.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !saysOfProviders(report, "DPoP: offered, and not used since ") {
		t.Errorf("doctor does not say that proofs are not used: %+v", report)
	}
}

// saysOfProviders says whether a fact about a provider begins so.
func saysOfProviders(report localapi.CheckReport, fact string) bool {
	return slices.ContainsFunc(report.Checks, func(c localapi.CheckResult) bool {
		return c.ID == "provider" && slices.ContainsFunc(c.Facts, func(f string) bool { return strings.HasPrefix(f, fact) })
	})
}
