package demogateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/app/portal/form"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// demo is a gateway with the demo's own provider.
type demo struct {
	*Server
	t   *testing.T
	idp *demoidp.Server
}

func start(t *testing.T, dir string, idp *demoidp.Server) *demo {
	t.Helper()
	s, err := (Params{Dir: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Providers: []demoportal.Provider{{
		ID: "demo", Title: "Demo account", Authority: idp.Issuer(), ClientID: demoidp.ClientID, Domains: []string{"contoso.example"},
	}}}).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &demo{s, t, idp}
}

func provider(t *testing.T) *demoidp.Server {
	t.Helper()
	idp, err := demoidp.Params{File: filepath.Join(t.TempDir(), "sign-in.json")}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idp.Close(); err != nil {
			t.Error(err)
		}
	})
	return idp
}

// signIn is a person's sign-in: an ID token of the provider's, exchanged at the gateway.
func (d *demo) signIn(subject string) *person {
	d.t.Helper()
	verifier := oauth2.GenerateVerifier()
	back := "http://127.0.0.1:9/"
	c := oauth2.Config{ClientID: demoidp.ClientID, RedirectURL: back, Scopes: []string{"openid", "profile", "email"},
		Endpoint: oauth2.Endpoint{AuthURL: d.idp.Issuer() + "/authorize", TokenURL: d.idp.Issuer() + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams}}
	client := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := client.Get(c.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", "nonce")))
	if err != nil {
		d.t.Fatal(err)
	}
	page.Body.Close()
	answer, err := client.PostForm(d.idp.Issuer()+"/login", url.Values{"request": {page.Request.URL.Query().Get("request")}, "person": {subject}})
	if err != nil {
		d.t.Fatal(err)
	}
	answer.Body.Close()
	location, err := answer.Location()
	if err != nil {
		d.t.Fatalf("status %d at %s: %v", answer.StatusCode, answer.Request.URL, err)
	}
	token, err := c.Exchange(d.t.Context(), location.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		d.t.Fatal(err)
	}
	id, _ := token.Extra("id_token").(string)
	exchanged, err := http.PostForm(d.URL()+"/v1/token", url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":        {id},
		"subject_token_type":   {"urn:ietf:params:oauth:token-type:id_token"},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	defer exchanged.Body.Close()
	raw, _ := io.ReadAll(exchanged.Body)
	var got api.TokenAnswer
	if err := json.Unmarshal(raw, &got); err != nil || got.AccessToken == "" {
		d.t.Fatalf("the exchange: %d %s", exchanged.StatusCode, raw)
	}
	return &person{d, got.AccessToken}
}

type person struct {
	*demo
	token string
}

// get reads an answer of the gateway's.
func (p *person) get(path string, into any) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.URL()+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Prefer", "wait=1") // counts for /v1/sync
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNoContent {
		return // nothing new
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %s %v", path, answer.StatusCode, raw, err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
}

// all is everything that a person has there, until there is no more.
func (p *person) all() (whole api.Sync) {
	p.t.Helper()
	for more := true; more; {
		var s api.Sync
		path := "/v1/sync"
		if whole.Cursor != "" {
			path += "?cursor=" + url.QueryEscape(whole.Cursor)
		}
		p.get(path, &s)
		whole.Tickets, whole.Entries = append(whole.Tickets, s.Tickets...), append(whole.Entries, s.Entries...)
		whole.Approvals, whole.Announcements = append(whole.Approvals, s.Approvals...), append(whole.Announcements, s.Announcements...)
		if s.Me != nil {
			whole.Me = s.Me
		}
		whole.Cursor, more = s.Cursor, s.More
	}
	return whole
}

// Ada and Grace find their requests, what waits for Grace's decision, the news, apps and
// forms; and a second start finds them again.
func TestContosoIsThere(t *testing.T) {
	idp, dir := provider(t), t.TempDir()
	d := start(t, dir, idp)
	ada, grace := d.signIn("demo-ada"), d.signIn("demo-grace")
	hers := ada.all()
	if hers.Me == nil || hers.Me.Name != "Ada Lovelace" || hers.Me.Address != "ada@contoso.example" {
		t.Errorf("me: %+v", hers.Me)
	}
	states := map[api.Category]int{}
	for _, ticket := range hers.Tickets {
		states[ticket.Status.Category]++
	}
	// Her request of a month ago is closed; its copy is kept for 90 days.
	if len(hers.Tickets) != 4 || states[api.OnHold] != 1 || states[api.WaitingForYou] != 1 || states[api.Solved] != 1 || states[api.Closed] != 1 {
		t.Errorf("Ada's requests: %v", states)
	}
	if len(hers.Announcements) != 4 || len(hers.Entries) == 0 {
		t.Errorf("Ada has %d news and %d entries", len(hers.Announcements), len(hers.Entries))
	}
	for _, e := range hers.Entries {
		if strings.Contains(e.Body, "fuser") {
			t.Errorf("Ada reads a note of IT's: %s", e.Body)
		}
	}
	if got := grace.all(); len(got.Tickets) < 3 || len(got.Approvals) != 2 {
		t.Errorf("Grace has %d requests and %d approvals", len(got.Tickets), len(got.Approvals))
	}
	var menus api.Menus
	ada.get("/v1/menus", &menus)
	groups := map[string]bool{}
	for _, m := range menus.Menus {
		groups[m.Group] = true
	}
	if len(menus.Menus) < 12 || len(groups) < 4 {
		t.Errorf("%d apps in %d groups", len(menus.Menus), len(groups))
	}
	var forms api.Forms
	grace.get("/v1/forms", &forms)
	for _, f := range forms.Forms {
		if _, err := (form.Document{ID: f.ID, Title: f.Title, Version: f.Version, Schema: f.Schema, UI: f.UI}).Compile(); err != nil {
			t.Error(err)
		}
	}
	if len(forms.Forms) < 6 {
		t.Errorf("%d forms", len(forms.Forms))
	}
	var options api.Options
	ada.get("/v1/forms/new-laptop/options/room?q=&answers="+url.QueryEscape(`{"site": "munich"}`), &options)
	if len(options.Options) != 2 {
		t.Errorf("rooms in Munich: %v", options)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = start(t, dir, idp)
	defer d.Close()
	if again := d.signIn("demo-ada").all(); len(again.Tickets) != len(hers.Tickets) || again.Tickets[0].ID != hers.Tickets[0].ID {
		t.Errorf("after a second start Ada has %d requests", len(again.Tickets))
	}
}

// An outage that another process switches on reaches who waits; so does its end.
func TestAnOutageReachesWhoWaits(t *testing.T) {
	idp, dir := provider(t), t.TempDir()
	if err := Outage(t.Context(), dir, false); !errors.Is(err, ErrNoDemo) {
		t.Errorf("without a demo: %v", err)
	}
	d := start(t, dir, idp)
	defer d.Close()
	ada := d.signIn("demo-ada")
	cursor := ada.all().Cursor
	for _, r := range []struct {
		over bool
		want api.Severity
	}{{false, api.Outage}, {false, api.Outage}, {true, api.Resolved}} {
		told := make(chan error, 1)
		go func() { told <- Outage(context.Background(), dir, r.over) }()
		began, shown := time.Now(), api.Severity("")
		for shown != r.want {
			s := api.Sync{Cursor: cursor}
			ada.get("/v1/sync?cursor="+url.QueryEscape(cursor), &s)
			cursor = s.Cursor
			for _, n := range s.Announcements {
				shown = n.Severity
			}
			if time.Since(began) > time.Minute {
				t.Fatalf("the news do not come; the last is %q", shown)
			}
		}
		if err := <-told; err != nil {
			t.Fatal(err)
		}
	}
	severities := map[api.Severity]int{}
	for _, n := range ada.all().Announcements {
		severities[n.Severity]++
	}
	if severities[api.Outage] != 0 || severities[api.Resolved] != 2 {
		t.Errorf("at the end there are %v", severities)
	}
	if err := Outage(t.Context(), dir, true); err != nil {
		t.Errorf("over again: %v", err)
	}
}

// A start that was killed while it filled the store begins anew.
func TestAHalfFilledStoreIsMadeAnew(t *testing.T) {
	idp, dir := provider(t), t.TempDir()
	half := filepath.Join(dir, "filling", storeFile)
	if err := errors.Join(os.MkdirAll(filepath.Dir(half), 0o700), os.WriteFile(half, []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	d := start(t, dir, idp)
	defer d.Close()
	if got := d.signIn("demo-grace").all(); len(got.Approvals) != 2 {
		t.Errorf("%d approvals", len(got.Approvals))
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	if s, err := (Params{Dir: t.TempDir(), Addr: "0.0.0.0:0"}).Start(t.Context()); err == nil {
		_ = s.Close()
		t.Error("the demo listens to the world")
	}
}
