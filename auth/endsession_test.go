package auth_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

// endSession opens what a report says in the person's browser.
func (d *desk) endSession(r auth.SignOutReport) *http.Response {
	d.t.Helper()
	if r.EndSession == nil {
		d.t.Fatalf("nothing ends the browser's session: %+v", r)
	}
	to, err := r.EndSession.Address(d.t.Context(), loopback.Page{})
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := d.provider.Browse(d.t.Context(), to)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp
}

func TestIDTokenIsPostedToEndTheSession(t *testing.T) {
	d := newDesk(t, authtest.WithProvenEndOfSession())
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	report := c.SignOut(t.Context(), tokens.Account.ID)
	if resp := d.endSession(report); resp.StatusCode != http.StatusOK || d.provider.BrowserSession() {
		t.Errorf("the browser's session goes on: %s", resp.Status)
	}
	asked := d.provider.Requests(authtest.EndSession)
	if len(asked) != 1 || asked[0].Method != http.MethodPost || len(asked[0].Query) != 0 {
		t.Fatalf("the provider was asked %+v", asked)
	}
	form := url.Values(asked[0].Form)
	if form.Get("id_token_hint") != tokens.IDToken || form.Get("client_id") != authtest.ClientID || form.Get("logout_hint") != tokens.Account.Email {
		t.Errorf("it was told %v", form)
	}
	if got := asked[0].Header.Get("Referer"); got != "" {
		t.Errorf("it learned the address of the page: %s", got)
	}
}

// A refresh need not bring an ID token, and brings a newer one where it does.
func TestNewestIDTokenEndsTheSession(t *testing.T) {
	tests := map[string]struct {
		refresh []authtest.Fault
		older   bool // the one of the sign-in is shown
	}{
		"a refresh with another": {nil, false},
		"a refresh without one":  {[]authtest.Fault{authtest.NoIDToken()}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			d := newDesk(t, authtest.WithProvenEndOfSession(), authtest.WithClock(func() time.Time { return now }))
			d.now = func() time.Time { return now }
			c := d.client()
			first, _, err := d.signIn(c, auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(24 * time.Hour) // what has expired proves as much
			for _, f := range test.refresh {
				defer d.provider.Fault(f)()
			}
			second, err := c.Refresh(t.Context(), first.Account.ID)
			if err != nil {
				t.Fatal(err)
			}
			if resp := d.endSession(c.SignOut(t.Context(), first.Account.ID)); resp.StatusCode != http.StatusOK || d.provider.BrowserSession() {
				t.Errorf("the browser's session goes on: %s", resp.Status)
			}
			shown := d.provider.Requests(authtest.EndSession)[0].Get("id_token_hint")
			if (shown == first.IDToken) != test.older || !test.older && shown != second.IDToken {
				t.Errorf("the older one was shown: %v, want %v", shown == first.IDToken, test.older)
			}
		})
	}
}

func TestWithoutAnIDTokenThePageIsNotOpened(t *testing.T) {
	d := newDesk(t, authtest.WithProvenEndOfSession())
	tokens := d.mustSignIn()
	report := d.client().SignOut(t.Context(), tokens.Account.ID) // of another process
	if !report.EndSessionOffered || report.EndSession != nil || report.LocalErr != nil || report.RevokeErr != nil {
		t.Errorf("report = %+v", report)
	}
	if n := len(d.provider.Requests(authtest.EndSession)); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestSignOutForgetsTheIDToken(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.SignOut(t.Context(), tokens.Account.ID)
	if report := c.SignOut(t.Context(), tokens.Account.ID); report.EndSession != nil {
		t.Error("the ID token is still in memory")
	}
}

func TestEntraEndsASessionWithoutAProof(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{Authority: authtest.EntraTenant}, authtest.WithRedirects("http://localhost", "http://localhost/"))
	signedIn := d.client()
	tokens, _, err := d.signIn(signedIn, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*auth.Client{"with an ID token": signedIn, "without": d.client()} {
		report := c.SignOut(t.Context(), tokens.Account.ID)
		if report.EndSession == nil || report.EndSession.NeedsPage() {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

func TestPageThatNobodyFetchesHoldsNothingUp(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	report := c.SignOut(t.Context(), tokens.Account.ID)
	to, err := report.EndSession.Address(t.Context(), loopback.Page{})
	if err != nil {
		t.Fatal(err)
	}
	c.WithdrawPages()
	ended := make(chan struct{})
	go func() { c.Close(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Fatal("Close waits for a page that was withdrawn")
	}
	if resp, err := http.Get(to); err == nil {
		resp.Body.Close()
		t.Errorf("the page is still there: %s", resp.Status)
	}
}

func TestCloseWaitsForTheBrowserToFetchThePage(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := c.SignOut(t.Context(), tokens.Account.ID).EndSession.Address(t.Context(), loopback.Page{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { c.Close(); close(ended) }()
	if _, err := d.provider.Browse(t.Context(), to); err != nil || d.provider.BrowserSession() {
		t.Errorf("the browser's session goes on (%v)", err)
	}
	<-ended
}

func TestIDTokenIsNowhereButInTheForm(t *testing.T) {
	d := newDesk(t)
	var log bytes.Buffer
	d.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	report := c.SignOut(context.Background(), tokens.Account.ID)
	to, err := report.EndSession.Address(t.Context(), loopback.Page{})
	if err != nil {
		t.Fatal(err)
	}
	d.log.Info("report", "report", report, "end", report.EndSession)
	told := fmt.Sprintf("%s %v %+v %#v %v %s\n", to, report, report, report.EndSession, *report.EndSession, log.String())
	signature := tokens.IDToken[strings.LastIndexByte(tokens.IDToken, '.')+1:]
	if strings.Contains(told, signature) {
		t.Errorf("the ID token is in:\n%s", told)
	}
	resp, err := http.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if page, _ := io.ReadAll(resp.Body); !strings.Contains(string(page), signature) {
		t.Error("the page lacks the ID token: this test shows nothing")
	}
}

// oidc-provider takes no POST there unless it is told to.
func TestProviderThatTakesNoPostIsAskedWithoutTheIDToken(t *testing.T) {
	for name, test := range map[string]struct {
		endpoint func(d *desk) string
		page     bool
	}{
		"no POST":         {func(d *desk) string { return d.provider.URL + "/session/end" }, false}, // 404 for all
		"out of reach":    {func(*desk) string { return "https://127.0.0.1:1/session/end" }, true},
		"of another make": {func(d *desk) string { return d.provider.URL + "/no/such" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["end_session_endpoint"] = test.endpoint(d) }))
			c := d.client()
			tokens, _, err := d.signIn(c, auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			end := c.SignOut(t.Context(), tokens.Account.ID).EndSession
			to, err := end.Address(t.Context(), loopback.Page{})
			c.WithdrawPages()
			if err != nil || end.NeedsPage() != test.page || strings.Contains(to, "id_token") ||
				!test.page && to != test.endpoint(d)+"?client_id="+authtest.ClientID+"&logout_hint="+url.QueryEscape(tokens.Account.Email) {
				t.Errorf("the browser is sent to %s (%v)", to, err)
			}
		})
	}
}
