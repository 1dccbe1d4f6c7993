package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/vault"
)

// opening is a client that opens the person's browser by itself.
func (d *desk) opening(open func(context.Context, string) error) *auth.Client {
	d.t.Helper()
	web := d.provider.Client()
	web.Timeout = 10 * time.Second
	c, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID, Redirect: d.redirect},
		Accounts: d.accounts(), CacheDir: d.dir, HTTP: web, Open: open, Log: d.log,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Close)
	return c
}

func TestBrowserThatCannotBeOpenedEndsTheSignInAndFreesThePort(t *testing.T) {
	d := newDesk(t)
	broken := errors.New("no browser")
	var opened string
	_, err := d.opening(func(_ context.Context, address string) error { opened = address; return broken }).SignIn(t.Context(), auth.BeginOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
	asked, _ := url.Parse(opened)
	redirect, _ := url.Parse(asked.Query().Get("redirect_uri"))
	if c, err := net.Dial("tcp", redirect.Host); err == nil {
		c.Close()
		t.Error("the port is still bound")
	}
	var config *auth.ConfigError
	if _, err := d.opening(nil).SignIn(t.Context(), auth.BeginOptions{}); !errors.As(err, &config) || config.Key != "Params.Open" {
		t.Errorf("without Open: err = %v", err)
	}
	d.provider.Fault(authtest.Status(authtest.Discovery, 503))
	d.dir = t.TempDir()
	var passing *auth.UnavailableError
	if _, err := d.opening(nil).Begin(t.Context(), auth.BeginOptions{}); !errors.As(err, &passing) {
		t.Errorf("provider away: err = %v", err)
	}
}

func TestPortOfAnotherProgramIsNamedBeforeTheBrowserOpens(t *testing.T) {
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	d := newDesk(t)
	d.redirect.Port = other.Addr().(*net.TCPAddr).Port
	var used *loopback.PortUsedError
	if _, err := d.client().Begin(t.Context(), auth.BeginOptions{}); !errors.As(err, &used) || used.Port != d.redirect.Port {
		t.Errorf("err = %v, want the port to be named", err)
	}
}

// A disk that takes nothing costs requests, and nobody's sign-in.
func TestFolderThatCannotBeWrittenCostsNoSignIn(t *testing.T) {
	d := newDesk(t)
	log := &transcript{}
	file := filepath.Join(d.dir, "cache")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID},
		Accounts: d.accounts(), CacheDir: file, HTTP: d.provider.Client(), Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, _, err := d.signIn(c, auth.BeginOptions{}); err != nil {
		t.Error(err)
	}
	for _, said := range []string{"metadata not kept", "keys not kept"} {
		if !strings.Contains(log.String(), said) {
			t.Errorf("the log does not say %q: %s", said, log)
		}
	}
}

// Without the folder for locks two processes could spend one refresh token, so
// that nothing is kept at all.
func TestFolderOfLocksThatCannotBeMadeKeepsNothing(t *testing.T) {
	d := newDesk(t)
	file := filepath.Join(d.dir, "locks")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID},
		Accounts: auth.NewAccounts(d.store(), filepath.Join(file, "in")), HTTP: d.provider.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil || tokens.Remembered() || vault.KindOf(tokens.SaveErr) != vault.Failing {
		t.Errorf("err = %v, SaveErr = %v", err, tokens.SaveErr)
	}
	if _, err := c.Refresh(t.Context(), tokens.Account.ID); vault.KindOf(err) != vault.Failing {
		t.Errorf("refresh: err = %v", err)
	}
	if report := c.SignOut(t.Context(), tokens.Account.ID); vault.KindOf(report.LocalErr) != vault.Failing {
		t.Errorf("sign-out: %+v", report)
	}
	if n := len(d.keyStore.Entries("test")); n != 0 {
		t.Errorf("%d entries are kept", n)
	}
}

func TestMetadataAddressMustBelongToItsIssuer(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*authtest.Provider) string
		fault  func(*authtest.Provider) authtest.Fault
		check  string
	}{
		"the issuer's own": {func(p *authtest.Provider) string { return p.URL + "/.well-known/openid-configuration" }, nil, ""},
		"with a query":     {func(p *authtest.Provider) string { return p.URL + "/.well-known/openid-configuration?appid=1" }, nil, ""},
		"another issuer's": {func(p *authtest.Provider) string { return p.URL + "/.well-known/openid-configuration" },
			func(p *authtest.Provider) authtest.Fault { return authtest.OtherIssuer() }, "issuer"},
		"of an issuer further down": {func(p *authtest.Provider) string { return p.URL + "/.well-known/openid-configuration" },
			func(p *authtest.Provider) authtest.Fault {
				return authtest.Metadata(func(m map[string]any) { m["issuer"] = p.URL + "/realms/staff" })
			}, "issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if test.fault != nil {
				d.provider.Fault(test.fault(d.provider))
			}
			c, err := auth.New(auth.Params{
				Provider: auth.Provider{ID: "work", Authority: test.change(d.provider), ClientID: authtest.ClientID},
				Accounts: d.accounts(), HTTP: d.provider.Client(),
			})
			if err != nil {
				t.Fatal(err)
			}
			m, err := c.Metadata(t.Context())
			var trust *auth.TrustError
			switch {
			case test.check == "" && (err != nil || m.Issuer != d.provider.URL):
				t.Errorf("%+v, %v", m, err)
			case test.check != "" && (!errors.As(err, &trust) || trust.Check != test.check):
				t.Errorf("err = %v, want check %s", err, test.check)
			}
		})
	}
}

// A dead token that cannot be removed is dead all the same.
func TestEndedGrantIsReportedEvenIfTheKeyStoreCannotForgetIt(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Revoke()
	d.keyStore.FailChange(2, false) // the first one writes back what is there
	_, err := d.client().Refresh(t.Context(), account.ID)
	var refused *auth.ProviderError
	if !errors.Is(err, auth.ErrNoSignIn) || !errors.As(err, &refused) {
		t.Errorf("err = %v", err)
	}
}

func TestForgetGoesOnPastWhatItCannotRead(t *testing.T) {
	d := newDesk(t)
	d.mustSignIn()
	d.keyStore.Damage("test", func(entries map[string]string) {
		value := headOf(t, entries["accounts"])
		entries["accounts"] = value
	})
	if n, err := d.accounts().Forget(t.Context()); err != nil {
		t.Errorf("a damaged list: %d, %v", n, err)
	}
	if _, ok := d.keyStore.Entries("test")["accounts"]; ok {
		t.Error("the damaged list is still there")
	}
	d.mustSignIn()
	d.keyStore.Fail(vault.Locked)
	if n, err := d.accounts().Forget(t.Context()); n != 0 || vault.KindOf(err) != vault.Locked {
		t.Errorf("a locked key store: %d, %v", n, err)
	}
	if known, err := d.accounts().All(t.Context()); len(known) != 0 || vault.KindOf(err) != vault.Locked {
		t.Errorf("a locked key store: %v, %v", known, err)
	}
	d.keyStore.Heal()
	d.keyStore.FailChange(1, false)
	if n, err := d.accounts().Forget(t.Context()); n != 0 || vault.KindOf(err) != vault.Failing {
		t.Errorf("a record that stays: %d, %v", n, err)
	}
	if n, err := d.accounts().Forget(t.Context()); n != 1 || err != nil || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("the second time: %d, %v, left %v", n, err, d.keyStore.Entries("test"))
	}
}

// headOf changes a character of the data within a value of the vault.
func headOf(t *testing.T, entry string) string {
	t.Helper()
	var head map[string]any
	if err := json.Unmarshal([]byte(entry), &head); err != nil {
		t.Fatal(err)
	}
	head["sha256"] = "AAAA" + head["sha256"].(string)[4:]
	changed, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

// The index is written first, so that it may name somebody who is not there.
func TestAccountWhoseRecordIsMissingIsNotListed(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.keyStore.Damage("test", func(entries map[string]string) { delete(entries, "account."+account.ID) })
	if known, err := d.accounts().All(t.Context()); len(known) != 0 || err != nil {
		t.Errorf("known = %v, %v", known, err)
	}
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want ErrNoSignIn", err)
	}
	if err := d.accounts().Remove(t.Context(), account.ID); err != nil || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("removing it: %v, left %v", err, d.keyStore.Entries("test"))
	}
}

func TestSignOutWithoutMetadataSaysWhatItCouldNotDo(t *testing.T) {
	d := newDesk(t)
	tokens := d.mustSignIn()
	d.dir = t.TempDir() // a cache that was cleared
	d.provider.Fault(authtest.Status(authtest.Discovery, 503))
	report := d.client().SignOut(t.Context(), tokens.Account.ID)
	var passing *auth.UnavailableError
	if report.LocalErr != nil || !report.RevokeOffered || !errors.As(report.RevokeErr, &passing) || report.EndSessionOffered || report.EndSession != nil {
		t.Errorf("report = %+v", report)
	}
	if n := len(d.keyStore.Entries("test")); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

func TestDeviceCodeSaysWhereAndHowLong(t *testing.T) {
	d := newDesk(t, authtest.WithDevice(time.Second, 0))
	d.provider.Behave(authtest.Leaves)
	in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(in.URL(), "?user_code="+in.UserCode()) || in.URL() == in.VerificationURL() {
		t.Errorf("the QR code leads to %s", in.URL())
	}
	if left := in.Deadline().Sub(in.Started()); left < 59*time.Second || left > 61*time.Second {
		t.Errorf("it ends after %v", left)
	}
	in.Cancel()
	if _, err := in.Wait(); !errors.Is(err, auth.ErrCancelled) {
		t.Errorf("err = %v", err)
	}
}

// Userinfo that cannot be had is no reason to refuse anybody.
func TestUserinfoThatIsAwayCostsNoSignIn(t *testing.T) {
	for name, fault := range map[string]authtest.Fault{
		"dropped": authtest.Drop(authtest.UserInfo), "500": authtest.Status(authtest.UserInfo, 500), "web page": authtest.HTML(authtest.UserInfo),
	} {
		d := newDesk(t)
		d.provider.Fault(fault, authtest.Claim("name", nil))
		if tokens := d.mustSignIn(); tokens.Account.Name != "" || !tokens.Remembered() {
			t.Errorf("%s: %+v", name, tokens.Account)
		}
		if n := len(d.provider.Requests(authtest.UserInfo)); n == 0 {
			t.Errorf("%s: userinfo was not asked", name)
		}
	}
}

func TestMetadataThatCannotBeConfirmedCostNoRefresh(t *testing.T) {
	d := newDesk(t, authtest.WithMaxAge(0))
	account := d.mustSignIn().Account
	d.provider.Fault(authtest.Status(authtest.Discovery, 503))
	d.provider.Forget()
	c := d.client()
	if _, err := c.Refresh(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if n := len(d.provider.Requests(authtest.Discovery)); n != 1 {
		t.Errorf("the metadata were asked for %d times", n)
	}
}

func TestRefreshOfSomebodyWhoLeavesEndsWithThem(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	gone, leave := context.WithCancelCause(t.Context())
	reason := errors.New("the window was closed")
	leave(reason)
	if _, err := d.client().Refresh(gone, account.ID); !errors.Is(err, reason) && !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Whoever has no proof of possession must not get at what is bound, and an API
// that is not this one gets nothing.
func TestAccessTokensAreSentNowhereWithoutEncryption(t *testing.T) {
	d := newDesk(t)
	tokens := d.mustSignIn()
	c := d.client()
	for _, address := range []string{"http://evil.example/api", "ftp://evil.example/", "https://user:word@evil.example/"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Authorize(req, tokens); err == nil || req.Header.Get("Authorization") != "" {
			t.Errorf("%s gets the token (%v)", address, err)
		}
	}
	odd := *tokens
	odd.TokenType = "mac\x1b"
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, d.provider.URL, nil)
	if err := c.Authorize(req, &odd); err == nil || strings.Contains(err.Error(), "\x1b") || req.Header.Get("Authorization") != "" {
		t.Errorf("a type that nobody knows: %v", err)
	}
}
