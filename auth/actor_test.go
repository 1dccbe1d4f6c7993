package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func TestWhoActsAsThePersonIsKnown(t *testing.T) {
	tests := map[string]struct {
		act  any
		want string
	}{
		"nobody":            {nil, ""},
		"by name":           {map[string]any{"sub": "s", "name": "Grace Example", "email": "grace@contoso.example"}, "Grace Example"},
		"by address":        {map[string]any{"sub": "s", "email": "grace@contoso.example", "preferred_username": "grace"}, "grace@contoso.example"},
		"by user name":      {map[string]any{"sub": "s", "preferred_username": "grace"}, "grace"},
		"by subject":        {map[string]any{"sub": "sub-grace"}, "sub-grace"},
		"a chain of actors": {map[string]any{"sub": "sub-grace", "act": map[string]any{"sub": "sub-heidi"}}, "sub-grace"},
		"a text":            {"sub-grace", "sub-grace"},
		"without a name":    {map[string]any{}, "?"},
		"of an odd kind":    {[]any{1, 2}, "?"},
		"with an odd name":  {map[string]any{"name": 7, "sub": "sub-grace"}, "?"},
		"with a line break": {map[string]any{"name": "Grace\nAda"}, "Grace Ada"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			lift := d.provider.Fault(authtest.IDToken(func(c map[string]any) {
				if test.act != nil {
					c["act"] = test.act
				}
			}))
			account := d.mustSignIn().Account
			if account.Actor != test.want {
				t.Fatalf("actor = %q, want %q", account.Actor, test.want)
			}
			if known := d.remembered(); known[0].Actor != test.want {
				t.Errorf("kept: %q", known[0].Actor)
			}
			lift()
			// The session is somebody else's for as long as it lasts.
			if again, err := d.client().Refresh(t.Context(), account.ID); err != nil || again.Account.Actor != test.want {
				t.Errorf("after a refresh that does not say so: %+v, %v", again, err)
			}
			if own := d.mustSignIn().Account; own.Actor != "" {
				t.Errorf("after the person's own sign-in: %q", own.Actor)
			}
		})
	}
}

func TestActorOfUserinfo(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.IDToken(func(c map[string]any) { delete(c, "email"); delete(c, "preferred_username") }),
		authtest.UserInfoClaims(func(c map[string]any) { c["act"] = map[string]any{"name": "Grace"} }))
	if a := d.mustSignIn().Account; a.Actor != "Grace" || a.Email != authtest.Ada().Email {
		t.Errorf("account = %+v", a)
	}
}

func TestUserinfoAboutSomebodyElseEndsTheSignIn(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.IDToken(func(c map[string]any) { delete(c, "email"); delete(c, "preferred_username") }),
		authtest.UserInfoClaims(func(c map[string]any) { c["sub"] = "sub-mallory" }))
	_, page, err := d.signIn(d.client(), auth.BeginOptions{})
	var trust *auth.TrustError
	if !errors.As(err, &trust) || trust.Check != "userinfo_sub" {
		t.Errorf("err = %v", err)
	}
	if len(d.remembered()) != 0 || strings.Contains(page, "You are signed in") {
		t.Error("the sign-in counts all the same")
	}
}

// What names nobody is not used, and what is no JSON is not read; nobody is kept out
// for either.
func TestUserinfoThatNamesNobodyIsNotUsed(t *testing.T) {
	silent := authtest.IDToken(func(c map[string]any) {
		for _, name := range []string{"name", "email", "preferred_username"} {
			delete(c, name)
		}
	})
	for name, fault := range map[string]authtest.Fault{
		"without sub":   authtest.UserInfoClaims(func(c map[string]any) { delete(c, "sub"); c["act"] = map[string]any{"name": "Grace"} }),
		"with null":     authtest.UserInfoClaims(func(c map[string]any) { c["sub"] = nil }),
		"with an empty": authtest.UserInfoClaims(func(c map[string]any) { c["sub"] = "" }),
		"as a JWT":      authtest.Body(authtest.UserInfo, "application/jwt", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzdWItYWRhIiwibmFtZSI6IkFkYSJ9.c2ln"),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(silent, fault)
			tokens := d.mustSignIn()
			if a := tokens.Account; a.Name+a.Email+a.Actor != "" || a.Subject != authtest.Ada().Subject || !tokens.Remembered() {
				t.Errorf("account = %+v", a)
			}
			if n := len(d.provider.Requests(authtest.UserInfo)); n != 1 {
				t.Errorf("userinfo was asked %d times", n)
			}
		})
	}
}
