package auth_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestSilentStartCostsOneRequest(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Forget()
	tokens, err := d.client().Refresh(t.Context(), account.ID)
	if err != nil {
		t.Fatal(err)
	}
	if all := d.provider.Requests(); len(all) != 1 {
		t.Errorf("a silent start made %d requests: %+v", len(all), all)
	}
	if tokens.Account.Name != authtest.Ada().Name || tokens.AccessToken == "" {
		t.Errorf("tokens = %+v", tokens)
	}
}

func TestStaleMetadataAreConfirmedAfterTheRefresh(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	later := time.Now().Add(25 * time.Hour)
	d.now = func() time.Time { return later }
	d.provider.Fault(authtest.ClockSkew(25 * time.Hour))
	d.provider.Forget()
	c := d.client()
	if _, err := c.Refresh(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	c.Close()
	var order []authtest.Endpoint
	for _, r := range d.provider.Requests() {
		order = append(order, r.Endpoint)
	}
	if len(order) != 2 || order[0] != authtest.Token || order[1] != authtest.Discovery {
		t.Errorf("requests = %v, want the refresh first and then the metadata", order)
	}
}

func TestMetadataThatHangDoNotHoldUpASilentStart(t *testing.T) {
	d := newDesk(t, authtest.WithMaxAge(0))
	account := d.mustSignIn().Account
	d.provider.Forget()
	lift := d.provider.Fault(authtest.Hang(authtest.Discovery))
	defer lift()
	c, refreshed := d.client(), make(chan error, 1)
	go func() { _, err := c.Refresh(t.Context(), account.ID); refreshed <- err }()
	if err := d.provider.Await(t.Context(), 1, authtest.Discovery); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-refreshed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second): // the request itself gives up after 10
		t.Error("the refresh waits for the metadata")
	}
}

func TestRotatedKeyIsFetchedWhenItTurnsUp(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Rotate()
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("after the provider's key changed: %v", err)
	}
}

func TestRefreshTokenIsSavedBeforeItIsUsed(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	for range 5 {
		if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEndedGrantDropsTheTokenAndKeepsTheAccount(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Revoke()
	_, err := d.client().Refresh(t.Context(), account.ID)
	var refused *auth.ProviderError
	if !errors.Is(err, auth.ErrNoSignIn) || !errors.As(err, &refused) {
		t.Errorf("err = %v, want ErrNoSignIn with the provider's word", err)
	}
	known := d.remembered()
	if len(known) != 1 || known[0].Remembered || known[0].Email != account.Email {
		t.Errorf("known = %+v, want the account without a sign-in", known)
	}
	d.provider.Forget()
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("second time: err = %v", err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("a dead token was sent %d more times", n)
	}
}

func TestRefusalsThatKeepTheToken(t *testing.T) {
	tests := map[string]struct {
		fault authtest.Fault
		check func(*auth.ProviderError) bool
	}{
		"interaction required": {authtest.EntraError(authtest.Entra{Error: "interaction_required", Code: 50076, Claims: `{"access_token":{}}`}),
			func(e *auth.ProviderError) bool {
				return e.NeedsPerson() && e.Claims == `{"access_token":{}}` && e.Numbers[0] == "AADSTS50076" && e.CorrelationID == authtest.EntraCorrelationID
			}},
		"invalid client":      {authtest.TokenError("invalid_client", nil), (*auth.ProviderError).ClientRefused},
		"unauthorized client": {authtest.TokenError("unauthorized_client", nil), (*auth.ProviderError).ClientRefused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			lift := d.provider.Fault(test.fault)
			_, err := d.client().Refresh(t.Context(), account.ID)
			var refused *auth.ProviderError
			if !errors.As(err, &refused) || !test.check(refused) || errors.Is(err, auth.ErrNoSignIn) {
				t.Errorf("err = %v", err)
			}
			lift()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("after the refusal was lifted: %v", err)
			}
		})
	}
}

func TestUntrustedRefreshesAreRefusedAndTheSignInIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		fault authtest.Fault
		check string
	}{
		"somebody else":  {authtest.OtherSubject(), "sub"},
		"wrong issuer":   {authtest.WrongIssuer(), "iss"},
		"wrong audience": {authtest.WrongAudience(), "aud"},
		"unknown key":    {authtest.UnknownKey(), "signature"},
		"no signature":   {authtest.AlgNone(), "alg"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithoutRotation())
			account := d.mustSignIn().Account
			lift := d.provider.Fault(test.fault)
			_, err := d.client().Refresh(t.Context(), account.ID)
			var trust *auth.TrustError
			if !errors.As(err, &trust) || trust.Check != test.check {
				t.Errorf("err = %v, want check %s", err, test.check)
			}
			lift()
			again, err := d.client().Refresh(t.Context(), account.ID)
			if err != nil || again.Account != account {
				t.Errorf("afterwards: %v, %+v", err, again)
			}
		})
	}
}

// Nothing but the program's memory has it, and a refusal must not cost it.
func TestRotatedTokenInMemorySurvivesARefusedAnswer(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		lift := d.provider.Fault(authtest.WrongAccessTokenHash())
		if _, err := c.Refresh(t.Context(), tokens.Account.ID); auth.ReasonOf(err) != auth.ReasonUntrusted {
			t.Fatalf("err = %v", err)
		}
		lift()
	}
	if _, err := c.Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Errorf("when all is well: %v", err)
	}
}

// The rotated token of an answer about somebody else is not theirs to keep here,
// whether the rest of the answer can be read or not.
func TestRotatedTokenOfSomebodyElseIsNotKept(t *testing.T) {
	for name, faults := range map[string][]authtest.Fault{
		"somebody else":                    {authtest.OtherSubject()},
		"another issuer":                   {authtest.WrongIssuer()},
		"another client":                   {authtest.WrongAudience()},
		"somebody else, unreadable answer": {authtest.OtherSubject(), answers("token_type", []string{"Bearer"})},
		"a refusal beside it":              {answers("error", "invalid_grant_of_another_kind")},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithoutRotation())
			account := d.mustSignIn().Account
			lift := d.provider.Fault(append(faults, answers("refresh_token", "of-somebody-else"))...)
			if _, err := d.client().Refresh(t.Context(), account.ID); err == nil {
				t.Error("it was taken")
			}
			lift()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("with the token that was kept before: %v", err)
			}
		})
	}
}

// Keys that cannot be fetched at that moment must not cost the rotated token.
func TestRotatedTokenSurvivesAnUnreachableKeySet(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Rotate()
	lift := d.provider.Fault(authtest.Status(authtest.Keys, 503))
	var passing *auth.UnavailableError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &passing) {
		t.Fatalf("err = %v, want the keys to be unavailable", err)
	}
	lift()
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTokenThatCannotBeSavedIsUsedFromMemory(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	c := d.client()
	d.provider.OnToken(func() { d.keyStore.DieAtChange(1, false) })
	tokens, err := c.Refresh(t.Context(), account.ID)
	if err != nil || tokens.Remembered() {
		t.Fatalf("err = %v, remembered = %v; want a warning only", err, tokens.Remembered())
	}
	d.provider.OnToken(nil)
	d.keyStore.Heal()
	again, err := c.Refresh(t.Context(), account.ID)
	if err != nil || !again.Remembered() {
		t.Errorf("from memory: %v", err)
	}
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("a new start: %v", err)
	}
}

// Rotation with reuse detection is what makes this hard: whoever sends an old
// token signs the person out.
func TestManyClientsRefreshingAtOnceSignNobodyOut(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for range 8 {
		c := d.client()
		all.Go(func() {
			_, err := c.Refresh(t.Context(), account.ID)
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// The answer is lost after the provider has rotated: nothing can save the token,
// but the account is kept, and the state is one that the person can leave.
func TestProcessKilledBetweenAnswerAndSaveAsksForASignInAndKeepsTheAccount(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	// To the key store a killed process looks like this: no change arrives any more.
	d.provider.OnToken(func() { d.keyStore.DieAtChange(1, false) })
	_, _ = d.client().Refresh(t.Context(), account.ID)
	d.provider.OnToken(nil)
	d.keyStore.Heal()
	_, err := d.client().Refresh(t.Context(), account.ID)
	if !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want ErrNoSignIn", err)
	}
	if known := d.remembered(); len(known) != 1 || known[0].Email != account.Email {
		t.Errorf("known = %+v, want the account", known)
	}
	d.mustSignIn()
}

func TestSignOutDeletesRevokesAndOffersTheBrowser(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	report := c.SignOut(t.Context(), tokens.Account.ID)
	if report.LocalErr != nil || !report.RevokeOffered || report.RevokeErr != nil || report.EndSession == nil {
		t.Errorf("report = %+v", report)
	}
	if len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("the key store still has %d entries", len(d.keyStore.Entries("test")))
	}
	if d.provider.Alive(tokens.RefreshToken) {
		t.Error("the refresh token still lives at the provider")
	}
	to, err := report.EndSession.Address(t.Context(), loopback.Page{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.provider.Browse(t.Context(), to); err != nil || d.provider.BrowserSession() {
		t.Errorf("the browser's session goes on (%v)", err)
	}
}

func TestSignOutWorksWithoutANetwork(t *testing.T) {
	d := newDesk(t)
	tokens := d.mustSignIn()
	d.provider.Fault(authtest.Drop(authtest.Revocation))
	report := d.client().SignOut(t.Context(), tokens.Account.ID)
	if report.LocalErr != nil || report.RevokeErr == nil {
		t.Errorf("report = %+v, want the local step done and the other reported", report)
	}
	if len(d.keyStore.Entries("test")) != 0 {
		t.Error("the key store is not empty")
	}
}

func TestProviderWithoutRevocationSaysSo(t *testing.T) {
	d := newDesk(t, authtest.Without(authtest.Revocation, authtest.EndSession))
	tokens := d.mustSignIn()
	report := d.client().SignOut(t.Context(), tokens.Account.ID)
	if report.RevokeOffered || report.RevokeErr != nil || report.EndSessionOffered || report.EndSession != nil || report.LocalErr != nil {
		t.Errorf("report = %+v", report)
	}
}

// While the key store does not take anything, the newest token is the one in
// memory, and what lies in the key store was used up long ago.
func TestTokenInMemorySurvivesAKeyStoreThatStaysBroken(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	c := d.client()
	var tokens *auth.Tokens
	d.provider.OnToken(func() { d.keyStore.TakeNothing(vault.Failing) })
	for n := range 4 {
		var err error
		if tokens, err = c.Refresh(t.Context(), account.ID); err != nil || tokens.Remembered() {
			t.Fatalf("refresh %d: %v, %+v", n, err, tokens)
		}
	}
	d.provider.OnToken(nil)
	d.keyStore.Heal()
	tokens, err := c.Refresh(t.Context(), account.ID)
	if err != nil || !tokens.Remembered() {
		t.Fatalf("after it was mended: %v", err)
	}
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("a new start: %v", err)
	}
}

// Whoever asked may leave (a window that closes, an agent that ends) just when
// the provider has rotated.
func TestRefreshThatIsGivenUpKeepsTheRotatedToken(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	ctx, leave := context.WithCancel(t.Context())
	d.provider.OnToken(leave)
	if _, err := d.client().Refresh(ctx, account.ID); err != nil {
		t.Errorf("given up: %v", err)
	}
	d.provider.OnToken(nil)
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// The old token is spent: an odd clock on either side must not cost the new one.
func TestRotatedTokenSurvivesTimesThatAreOff(t *testing.T) {
	for name, fault := range map[string]authtest.Fault{
		"expired":     authtest.Expired(6 * time.Minute),
		"not yet":     authtest.NotYetValid(6 * time.Minute),
		"from later":  authtest.IssuedIn(6 * time.Minute),
		"wrong clock": authtest.ClockSkew(3 * time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			lift := d.provider.Fault(fault)
			if _, err := d.client().Refresh(t.Context(), account.ID); err == nil {
				t.Fatal("it was accepted")
			}
			lift()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestLockThatAnotherProcessKeepsIsTheKeyStoresTrouble(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	c := d.client()
	path := filepath.Join(d.dir, account.ID+".lock")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // a lock that cannot be had
		t.Fatal(err)
	}
	_, err := c.Refresh(t.Context(), account.ID)
	if vault.KindOf(err) != vault.Failing {
		t.Errorf("err = %v, want the vault's", err)
	}
}

func TestDamagedKeyStoreIsForgottenAndReplaced(t *testing.T) {
	d := newDesk(t)
	first := d.mustSignIn().Account
	d.provider.SetPerson(authtest.Person{Subject: "sub-grace", Name: "Grace"})
	second := d.mustSignIn().Account
	d.keyStore.Damage("test", func(entries map[string]string) { entries["account."+second.ID] = "damaged" })
	if known, err := d.accounts().All(t.Context()); vault.KindOf(err) != vault.Damaged || len(known) != 1 || known[0].ID != first.ID {
		t.Errorf("accounts = %+v, %v", known, err)
	}
	if n, err := d.accounts().Forget(t.Context()); n != 2 || err != nil || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("forgotten: %d, %v; left: %v", n, err, d.keyStore.Entries("test"))
	}
	d.mustSignIn()
	d.keyStore.Damage("test", func(entries map[string]string) { entries["accounts"] = "damaged" })
	if tokens := d.mustSignIn(); !tokens.Remembered() || len(d.remembered()) != 1 {
		t.Errorf("after the list was damaged: %v, %+v", tokens.SaveErr, d.remembered())
	}
}

// Two realms of one server share their host; what one gave the other must not
// get.
func TestTokenIsNeverSentToAnotherIssuer(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	other := newDesk(t)
	other.keyStore, other.dir = d.keyStore, d.dir
	_, err := other.client().Refresh(t.Context(), account.ID)
	if !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want ErrNoSignIn", err)
	}
	if n := len(other.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("the other issuer was sent %d token requests", n)
	}
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("afterwards, at the right one: %v", err)
	}
}
