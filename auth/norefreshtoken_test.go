package auth_test

import (
	"errors"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// withoutRefreshTokens: the registration may not have any.
func withoutRefreshTokens() authtest.Fault {
	return authtest.TokenAnswer(func(fields map[string]any) { delete(fields, "refresh_token") })
}

func TestASignInWithoutARefreshTokenSaysSo(t *testing.T) {
	for name, tc := range map[string]struct {
		scopes     []string
		memoryOnly bool
		asked      bool
	}{
		"the default scopes":   {nil, false, true},
		"its own, with it":     {[]string{"openid", "offline_access"}, false, true},
		"its own, without":     {[]string{"openid", "email"}, false, false},
		"none":                 {[]string{}, false, false},
		"in memory, as wanted": {nil, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.oneProgram()
			d.describe = func(p *auth.Provider) { p.Scopes = tc.scopes }
			d.provider.Fault(withoutRefreshTokens())
			tokens, _, err := d.signIn(d.client(), auth.BeginOptions{MemoryOnly: tc.memoryOnly})
			if err != nil {
				t.Fatal(err)
			}
			var none *auth.NoRefreshTokenError
			if !errors.As(tokens.SaveErr, &none) || none.Asked != tc.asked || none.Provider != "Work account" || auth.ReasonOf(tokens.SaveErr) != auth.ReasonNoRefreshToken {
				t.Errorf("SaveErr = %#v", tokens.SaveErr)
			}
			if tokens.Remembered() || len(d.remembered()) != 0 {
				t.Errorf("remembered: %v", d.remembered())
			}
			if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); !errors.Is(err, auth.ErrNoSignIn) {
				t.Errorf("refresh: %v", err)
			}
		})
	}
}

// What was kept of an earlier sign-in is still good.
func TestASignInWithoutARefreshTokenLeavesTheEarlierOne(t *testing.T) {
	d := newDesk(t)
	d.oneProgram()
	d.mustSignIn()
	heal := d.provider.Fault(withoutRefreshTokens())
	tokens := d.mustSignIn()
	heal()
	again, err := d.client().Refresh(t.Context(), tokens.Account.ID)
	if err != nil || !again.Remembered() || again.SaveErr != nil {
		t.Errorf("refresh: %v, SaveErr %v", err, again)
	}
}
