package authtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
)

func TestClientWithASecretHasToShowIt(t *testing.T) {
	c := newClient(t, authtest.New(t, authtest.WithClient("desk", "a-secret")))
	c.config.ClientID = "desk"
	if _, err := c.exchange(c.authorize().Get("code")); oauthCode(err) != "invalid_client" {
		t.Errorf("without the secret: %v", err)
	}
	c.config.ClientSecret = "a-secret"
	if _, err := c.exchange(c.authorize().Get("code")); err != nil {
		t.Errorf("with the secret: %v", err)
	}
}

func TestOnlyTheRegisteredRedirectsAreGood(t *testing.T) {
	p := authtest.New(t, authtest.WithRedirects("http://127.0.0.1/callback"))
	c := newClient(t, p)
	r, err := p.Browse(c.ctx(), c.url())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusBadRequest || len(c.redirect) != 0 {
		t.Errorf("another path than the registered one: %s", r.Status)
	}
	c.config.RedirectURL += "callback"
	c.signIn()
}

func TestSomebodyElseSignsIn(t *testing.T) {
	c := newClient(t, authtest.New(t, authtest.WithPerson(authtest.Person{Subject: "sub-grace"})))
	if err := c.verify(c.signIn(), c.nonce); err == nil || err.Error() != "other sub" {
		t.Errorf("the check that fails: %v, want that it is not Ada", err)
	}
}

func TestTokensAreDatedByTheProvidersOwnClock(t *testing.T) {
	c := newClient(t, authtest.New(t, authtest.WithClock(func() time.Time { return time.Now().Add(-2 * time.Hour) })))
	if err := c.verify(c.signIn(), c.nonce); err == nil || err.Error() != "exp" {
		t.Errorf("the check that fails: %v, want exp", err)
	}
}

func TestTokensLiveAsLongAsTheyAreToldTo(t *testing.T) {
	c := newClient(t, authtest.New(t, authtest.WithLifetime(10*time.Second)))
	if token := c.signIn(); token.ExpiresIn != 10 {
		t.Errorf("expires_in = %d", token.ExpiresIn)
	}
}
