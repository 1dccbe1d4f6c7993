package agent

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func code(err error) localapi.Code {
	var p *localapi.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// signedIn is a running agent with the portal set and Ada signed in.
func (o *office) signedIn() *running {
	o.t.Helper()
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(o.t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		o.t.Fatal(err)
	}
	if _, err := r.SignIn(o.t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		o.t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
	return r
}

// files lists what lies in a directory, locks apart.
func files(t *testing.T, dir string) (found []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) != ".lock" {
			found = append(found, path)
		}
		return nil
	})
	return found
}

func TestManifestIsTriedInARehearsalThatLeavesNoTrace(t *testing.T) {
	o := newOffice(t)
	real := o.signedIn()
	entries := o.keyStore.Changes()
	settings := files(t, o.paths.Data)
	raw, err := json.Marshal(o.manifest())
	if err != nil {
		t.Fatal(err)
	}
	if err := real.SetPortal(t.Context(), localapi.PortalRequest{Address: "manifest.json", Manifest: raw}); code(err) != localapi.Usage {
		t.Errorf("an agent that is no rehearsal: %v", err)
	}

	o.change = func(p *Params) { p.Rehearse = &localapi.PortalRequest{Address: "manifest.json", Manifest: raw} }
	r := o.start()
	out := r.await(phase(localapi.SignedOut))
	if out.PortalAddress != "manifest.json" || out.Portal == nil || out.Portal.Name != "Contoso IT" {
		t.Errorf("state = %+v", out)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	in := r.await(phase(localapi.SignedIn))
	if in.Session.Account.Remembered || len(in.Notices) != 0 {
		t.Errorf("account = %+v, notices = %+v", in.Session.Account, in.Notices)
	}
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := r.Forget(t.Context()); code(err) != localapi.Usage {
		t.Errorf("forget: %v", err)
	}
	r.stop()
	if o.keyStore.Changes() != entries {
		t.Error("the key store was changed")
	}
	if now := files(t, o.paths.Data); len(now) != len(settings) {
		t.Errorf("files %q, before %q", now, settings)
	}
	if now, err := real.Refresh(t.Context()); err != nil || now.Session.Phase != localapi.SignedIn {
		t.Errorf("the real session: %+v, %v", now.Session, err)
	}
}

func TestRehearsalOfAWrongManifestSaysWhatIsWrong(t *testing.T) {
	o := newOffice(t)
	o.change = func(p *Params) {
		p.Rehearse = &localapi.PortalRequest{Address: "manifest.json", Manifest: []byte(`{"version":1,"name":""}`)}
	}
	r := o.start()
	now := r.await(phase(localapi.SignedOut))
	if now.PortalProblem == nil || now.PortalProblem.Code != localapi.ManifestInvalid || now.Portal != nil {
		t.Errorf("state = %+v", now)
	}
	if _, err := r.Providers(t.Context()); code(err) != localapi.ManifestInvalid {
		t.Errorf("providers: %v", err)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); code(err) != localapi.ManifestInvalid {
		t.Errorf("sign-in: %v", err)
	}
}

func TestPassiveAgentReadsThePortalWhenItIsNeeded(t *testing.T) {
	o := newOffice(t)
	o.providers = append(o.work(), map[string]any{"id": "off", "authority": o.provider.URL, "client_id": "x", "enabled": false})
	o.signedIn().stop()
	o.change = func(p *Params) { p.Passive = true }
	r := o.start()
	got, err := r.Providers(t.Context())
	if err != nil || len(got) != 2 || got[0].ID != "work" || !got[0].Enabled || got[1].ID != "off" || got[1].Enabled {
		t.Fatalf("%+v, %v", got, err)
	}
	if now, _ := r.State(t.Context()); now.PortalAddress != o.portal.URL || now.Portal == nil || len(now.Portal.Providers) != 1 || now.Session.Account != nil {
		t.Errorf("state = %+v", now)
	}
	if err := r.SetSecret(t.Context(), localapi.SecretRequest{Provider: "nope", Value: "x"}); code(err) != localapi.UnknownProvider {
		t.Errorf("err = %v", err)
	}

	nowhere := newOffice(t)
	nowhere.change = o.change
	if _, err := nowhere.start().Providers(t.Context()); code(err) != localapi.NoPortal {
		t.Errorf("without a portal: %v", err)
	}
}

func TestMembersThatAreIgnoredAreToldToWhoeverSetsUp(t *testing.T) {
	o := newOffice(t)
	raw := []byte(`{"version":1,"name":"x","acent":"#000000","providers":[
		{"id":"a","authority":"` + o.provider.URL + `","client_id":"x","tenents":["t"]},
		{"id":"b","authority":"` + o.provider.URL + `","client_id":"x","later":1}]}`)
	o.change = func(p *Params) { p.Rehearse = &localapi.PortalRequest{Address: "manifest.json", Manifest: raw} }
	r := o.start()
	r.await(phase(localapi.SignedOut))
	got, err := r.Providers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	problem := func(params map[string]string) localapi.Problem {
		return localapi.Problem{Code: localapi.ManifestUnknownKey, Params: params}
	}
	for i, want := range [][]localapi.Problem{
		{problem(map[string]string{"field": "acent", "suggestion": "accent"}), problem(map[string]string{"field": "providers[0].tenents", "suggestion": "tenants"})},
		{problem(map[string]string{"field": "providers[1].later"})},
	} {
		if diff := cmp.Diff(want, got[i].Problems); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSecretThatExpiresSoonIsANotice(t *testing.T) {
	o := newOffice(t, authtest.WithClientAuth("client_secret_post"))
	o.provider.SetSecret("hunter2")
	tomorrow := time.Now().AddDate(0, 0, 1).Format("2006-01-02")
	o.providers = o.work()
	o.providers[0].(map[string]any)["client_auth"] = map[string]any{"method": "client_secret_post", "secret_expires": tomorrow}
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.State(t.Context()); len(now.Notices) != 0 {
		t.Errorf("notices = %+v", now.Notices)
	}
	if err := r.SetSecret(t.Context(), localapi.SecretRequest{Provider: "work", Value: "hunter2"}); err != nil {
		t.Fatal(err)
	}
	now := r.await(func(s localapi.State) bool { return len(s.Notices) == 1 })
	if n := now.Notices[0]; n.Code != localapi.SecretExpiresSoon || n.Params["days"] != "1" || n.Params["provider"] != "work" || n.Params["title"] != "Work account" {
		t.Errorf("notice = %+v", n)
	}
	r.stop()
	o.start().await(func(s localapi.State) bool { return len(s.Notices) == 1 })
}

func TestPortalAsksForTheAddressFirst(t *testing.T) {
	o := newOffice(t)
	school := map[string]any{"id": "school", "title": "School", "description": "For students", "authority": o.provider.URL, "client_id": "x", "domains": []string{"uni.example"}}
	for name, test := range map[string]struct {
		providers []any
		want      bool
	}{
		"one":                   {o.work(), false},
		"one with domains":      {[]any{school}, false},
		"two, one with domains": {append(o.work(), school), true},
		"two, one switched off": {append(o.work(), map[string]any{"id": "off", "authority": o.provider.URL, "client_id": "x", "domains": []string{"a.example"}, "enabled": false}), false},
	} {
		t.Run(name, func(t *testing.T) {
			o.providers = test.providers
			r := o.start()
			if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
				t.Fatal(err)
			}
			now := r.await(phase(localapi.SignedOut))
			if now.Portal.AddressFirst != test.want {
				t.Errorf("address first: %v", now.Portal.AddressFirst)
			}
			r.stop()
			if _, err := empty(o.paths.Data); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Whoever has signed out is not signed in at the next start because somebody else
// is remembered.
func TestSignedOutStaysSoOverTheNextStart(t *testing.T) {
	o := newOffice(t)
	r := o.signedIn()
	o.provider.SetPerson(authtest.Person{Subject: "grace", Name: "Grace Hopper"})
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true, Another: true}); err != nil {
		t.Fatal(err)
	}
	r.await(func(s localapi.State) bool {
		return s.Session.Account != nil && s.Session.Account.Name == "Grace Hopper"
	})
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	r.stop()
	again := o.start()
	again.await(phase(localapi.SignedOut))
	known, err := again.Accounts(t.Context())
	if err != nil || len(known) != 1 || !known[0].Remembered {
		t.Fatalf("%+v, %v", known, err)
	}
	if err := again.UseAccount(t.Context(), localapi.AccountRequest{Account: known[0].ID}); err != nil {
		t.Fatal(err)
	}
	again.await(phase(localapi.SignedIn))
	again.stop()
	o.start().await(phase(localapi.SignedIn))
}

func TestRequestToAnAdministratorIsAMailInWords(t *testing.T) {
	o := newOffice(t)
	for _, language := range []string{"en", "de"} {
		o.change = func(p *Params) { p.Start.Words = words.New(language) }
		r := o.start()
		r.await(phase(localapi.Unconfigured))
		if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
			t.Fatal(err)
		}
		link := "https://login.microsoftonline.com/11111111-aaaa-4000-8000-000000000001/v2.0/adminconsent?client_id=6f1c1a2b-0000-4000-8000-000000000000&redirect_uri=http%3A%2F%2Flocalhost&scope=openid+email+profile+offline_access&state=consent"
		mail := r.pages.consentMail(session.ConsentRequest{
			Provider: auth.Provider{ID: "m365", Title: "Microsoft 365", ClientID: "6f1c1a2b-0000-4000-8000-000000000000", Scopes: []string{"openid", "https://graph.microsoft.com/User.Read", "api://x/odd"}},
			URL:      link, Person: "ada+work@contoso.example",
		})
		u, err := url.Parse(mail)
		if err != nil || u.Scheme != "mailto" || u.Opaque != "help@contoso.example" {
			t.Fatalf("%s: %v", mail, err)
		}
		body := u.Query().Get("body")
		for _, want := range []string{link, "ada+work@contoso.example", "Contoso IT", "Microsoft 365", "User.Read: ", "odd: "} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the mail lacks %q:\n%s", language, want, body)
			}
		}
		if strings.Contains(body, "mail.consent") || strings.Contains(mail, "+") || u.Query().Get("subject") == "" {
			t.Errorf("%s: %s", language, mail)
		}
		// Windows passes no more than 2,048 characters to a mail program.
		if len(mail) > 2000 {
			t.Errorf("%s: %d characters are too many for some mail programs", language, len(mail))
		}
		r.stop()
		if _, err := empty(o.paths.Data); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPagesOfTheBrowserSayWhatIsTrue(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	ada := &localapi.Account{GivenName: "Ada"}
	remembered := r.pages.final(session.Ending{Account: &localapi.Account{GivenName: "Ada", Remembered: true}})
	lost := r.pages.final(session.Ending{Account: ada})
	wanted := r.pages.final(session.Ending{Account: ada, MemoryOnly: true})
	rehearsal := *r.pages
	rehearsal.rehearsal = true
	if tried := rehearsal.final(session.Ending{Account: ada, MemoryOnly: true}); tried.Text == wanted.Text || !strings.Contains(tried.Text, "rehearsal") || !tried.Done {
		t.Errorf("%+v", tried)
	}
	if remembered.Text == lost.Text || lost.Text == wanted.Text || wanted.Text == remembered.Text || !wanted.Done {
		t.Errorf("%q, %q, %q", remembered.Text, lost.Text, wanted.Text)
	}
	unkept := r.pages.final(session.Ending{Account: ada, Unkept: &localapi.Problem{Code: localapi.NoRefreshToken, Params: map[string]string{"title": "Keycloak"}}})
	if !unkept.Done || !strings.HasPrefix(unkept.Text, "Keycloak gave Portico nothing") {
		t.Errorf("%+v", unkept)
	}
	waiting := r.pages.consent(localapi.Consent{URL: "https://login.example/adminconsent", NextLook: time.Now()}, "Microsoft 365")
	person := r.pages.consent(localapi.Consent{}, "Microsoft 365")
	if !waiting.Waiting || waiting.Done || waiting.LinkLabel == "" || !strings.Contains(waiting.Text, "Microsoft 365") || len(waiting.Details) != 1 || waiting.Next == person.Next || person.Details != nil {
		t.Errorf("%+v, %+v", waiting, person)
	}
	if stray := r.pages.stray(); stray.Done || stray.Waiting || stray.Brand != "Portico" || stray.LinkLabel != "" || !strings.HasPrefix(stray.Title, "This answer does not belong") || stray.Next == "" {
		t.Errorf("%+v", stray)
	}
}
