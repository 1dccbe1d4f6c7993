package session

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func withoutRefreshTokens() authtest.Fault {
	return authtest.TokenAnswer(func(fields map[string]any) { delete(fields, "refresh_token") })
}

// codes are those of the notices.
func (r *running) notices() (codes []localapi.Code) {
	_, notices := r.Snapshot()
	for _, n := range notices {
		codes = append(codes, n.Code)
	}
	return codes
}

func TestASignInWithoutARefreshTokenIsTheProvidersDoing(t *testing.T) {
	for name, tc := range map[string]struct {
		asked     localapi.SignInRequest
		rehearsal bool
		scopes    []string
		field     string
		told      bool
	}{
		"remembered":                {told: true},
		"its scopes ask for none":   {scopes: []string{"openid"}, field: "scopes", told: true},
		"not to be remembered":      {asked: localapi.SignInRequest{MemoryOnly: true}},
		"a rehearsal tells of it":   {rehearsal: true, told: true},
		"a rehearsal, scopes":       {rehearsal: true, scopes: []string{"openid"}, field: "scopes", told: true},
		"a rehearsal that is asked": {rehearsal: true, asked: localapi.SignInRequest{MemoryOnly: true}, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			described := d.work()
			described.Scopes = tc.scopes
			d.described = []auth.Provider{described}
			d.change = func(p *Params) { p.MemoryOnly = tc.rehearsal }
			d.provider.Fault(withoutRefreshTokens())
			r := d.start()
			now := r.signInAs(tc.asked)
			_, notices := r.Snapshot()
			if now.Account.Remembered || (len(notices) == 1) != tc.told {
				t.Fatalf("account %+v, notices %+v", now.Account, notices)
			}
			if !tc.told {
				return
			}
			n := notices[0]
			if n.Code != localapi.NoRefreshToken || n.Params["provider"] != "work" || n.Params["client_id"] != authtest.ClientID || n.Params["field"] != tc.field {
				t.Errorf("notice %+v", n)
			}
		})
	}
}

// There is nothing to renew such a sign-in with: asking for it must not end it, and
// when it is over nobody says that it was never there.
func TestASignInWithoutARefreshTokenLastsUntilItIsDue(t *testing.T) {
	d := newDesk(t)
	heal := d.provider.Fault(withoutRefreshTokens())
	r := d.start()
	r.signIn()
	d.provider.Forget()
	if err := r.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	r.NetworkChanged()
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn || len(d.provider.Requests()) != 0 {
		t.Fatalf("session %+v after %d requests", now, len(d.provider.Requests()))
	}
	r.state.mu.Lock()
	r.state.when.At(time.Now().Add(-time.Second))
	r.state.mu.Unlock()
	r.state.when.poke()
	now := r.await(phase(localapi.NeedsSignIn))
	if now.Problem == nil || now.Problem.Code != localapi.SignInOver || now.Account == nil {
		t.Errorf("problem %+v, account %+v", now.Problem, now.Account)
	}
	if got := len(d.provider.Requests(authtest.Token)); got != 0 {
		t.Errorf("%d requests with nothing in hand", got)
	}
	heal()
	if now := r.signInAs(localapi.SignInRequest{}); !now.Account.Remembered || len(r.notices()) != 0 {
		t.Errorf("account %+v, notices %v", now.Account, r.notices())
	}
}
