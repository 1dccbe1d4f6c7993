//go:build linux

package stage

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A desk without a browser says so to nobody, and gives every program what was asked for.
func TestDeskWithoutABrowserAndWithAnEnvironmentOfItsOwn(t *testing.T) {
	ctx := within(t, time.Minute)
	s := newStage(t, ctx, Params{KeyStore: NoSessionBus, Browser: NoBrowser, Env: []string{"SSL_CERT_FILE=/somewhere"}})
	r, err := s.Run(ctx, Command{Name: "env"})
	if err != nil || r.Code != 0 {
		t.Fatal(r, err)
	}
	if !strings.Contains(r.Stdout, "SSL_CERT_FILE=/somewhere\n") || strings.Contains(r.Stdout, "BROWSER=") {
		t.Errorf("the environment is\n%s", r.Stdout)
	}
}

func TestEndAllEndsThoseWithTheVariableOnly(t *testing.T) {
	ctx := within(t, time.Minute)
	s := newStage(t, ctx, Params{KeyStore: NoSessionBus, Browser: NoBrowser})
	started := func(variable string) *Process {
		// Its child is in a session of its own, as a window's agent is.
		p, err := s.Start(Command{Name: "sh", Args: []string{"-c", "setsid sleep 100 & echo started; wait"}, Env: []string{variable}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.WaitLine(ctx, func(line string) bool { return line == "started" }); err != nil {
			t.Fatal(err)
		}
		return p
	}
	one, other := started("DESK="+s.Dir+"/1"), started("DESK="+s.Dir+"/11")
	if below := Descent(one.PID()); len(below) < 2 || below[0] != one.PID() {
		t.Errorf("descend from it: %v", below)
	}
	if err := s.EndAll("DESK=" + s.Dir + "/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Wait(ctx); err != nil {
		t.Error(err)
	}
	if left, err := processesWith("DESK=" + s.Dir + "/1"); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if left, err := processesWith("DESK=" + s.Dir + "/11"); err != nil || !slices.Contains(left, other.PID()) {
		t.Errorf("the other one is gone: %v, %v", left, err)
	}
}

// What the bench asks of the provider: to be slow, and to know a client with a secret.
func TestProviderFarAwayWithASecondClient(t *testing.T) {
	ctx := within(t, 2*time.Minute)
	p, err := OIDCProviderWith(ctx, t.Output(), ProviderOptions{Second: &SecondClient{ID: "second", Secret: "its secret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	asks := func(secret string) (code int, took time.Duration) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Issuer()+p.TokenPath(),
			strings.NewReader(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"unknown"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth("second", secret)
		started := time.Now()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, time.Since(started)
	}
	// 401: who is that? 400: known, but the token is not.
	for secret, want := range map[string]int{"its secret": http.StatusBadRequest, "another": http.StatusUnauthorized} {
		if code, _ := asks(secret); code != want {
			t.Errorf("%s: %d, want %d", secret, code, want)
		}
	}
	const delay = 200 * time.Millisecond
	if err := p.(DelaysTokens).DelayTokens(ctx, delay); err != nil {
		t.Fatal(err)
	}
	if _, took := asks("its secret"); took < delay {
		t.Errorf("a token request took %v", took)
	}
	before, err := p.Requests(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Where Entra has it.
	resp, err := http.Get(fmt.Sprint(p.Issuer(), "/tenant/v2.0/.well-known/openid-configuration"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || before[p.TokenPath()] != 3 {
		t.Errorf("metadata for Entra's clients: %s; %v", resp.Status, before)
	}
}
