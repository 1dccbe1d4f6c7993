package session

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/loopback"
)

// A provider that refuses on a page of its own sends nobody back; the person brings
// the page's text.
func TestPastedErrorPageEndsTheSignInAsIfItHadComeBack(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		code  localapi.Code
		phase localapi.Phase
	}{
		"a redirect URI that is not registered": {"error:invalid_request\nerror_description:The specified 'redirect_uri' is not valid for this client application.", localapi.RedirectNotRegistered, localapi.Blocked},
		"a scope that nobody knows":             {"error=invalid_scope&error_description=no", localapi.ScopeRefused, localapi.Blocked},
		"somebody who may not":                  {"AADSTS50105: not assigned", localapi.NotAssigned, localapi.Blocked},
		"a page that was left open":             {`{"error":"temporarily_unavailable","error_description":"authentication_expired"}`, localapi.SignInInterrupted, localapi.SignedOut},
	} {
		t.Run(name, func(t *testing.T) {
			r := newDesk(t).start()
			if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
				t.Fatal(err)
			}
			for _, unknown := range []string{"It does not work.", "error: something", "http://127.0.0.1/?error=access_denied&state=x"} {
				if err := r.Paste(unknown); code(err) != localapi.NotThisSignIn {
					t.Errorf("%q: %v", unknown, err)
				}
			}
			if now, _ := r.Snapshot(); now.Phase != localapi.SigningIn {
				t.Fatalf("session = %+v: an unknown text ended the sign-in", now)
			}
			if err := r.Paste(test.text); err != nil {
				t.Fatal(err)
			}
			now := r.await(phase(test.phase))
			if now.Problem == nil || now.Problem.Code != test.code || now.Problem.Details == nil {
				t.Errorf("problem = %+v, want %s", now.Problem, test.code)
			}
		})
	}
}

// Whoever is signed in stays so, whatever they paste.
func TestPastedErrorPageSignsNobodyOut(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	before := d.keyStore.Changes()
	for _, text := range []string{"error=invalid_grant", "error=login_required", "AADSTS50173: revoked", "error: invalid_client"} {
		if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
			t.Fatal(err)
		}
		if err := r.Paste(text); err != nil {
			t.Fatal(err)
		}
		now := r.await(func(s localapi.Session) bool { return s.Phase != localapi.SigningIn })
		if now.Phase != localapi.SignedIn || now.Problem == nil {
			t.Errorf("%s: session = %+v", text, now)
		}
	}
	if after := d.keyStore.Changes(); after != before {
		t.Errorf("%d changes of the key store before, %d after", before, after)
	}
}

func TestStrayAnswersAreCountedInTheEnd(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := url.Parse(in.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		resp, err := http.Get(strings.TrimSuffix(asked.Query().Get("redirect_uri"), "/") + "/?error=access_denied")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Problem == nil || now.Problem.Code != localapi.Cancelled || now.Problem.Params["strays"] != "2" {
		t.Errorf("problem = %+v", now.Problem)
	}
}

func TestStrayPageIsInTheProgramsWords(t *testing.T) {
	s := New(Params{StrayPage: func() loopback.Page { return loopback.Page{Title: "Gehört nicht hierher"} }})
	d := newDesk(t)
	client := d.start().state.providers.clients["work"]
	if o := s.signIns.options(&attempt{client: client}); o.Stray.Title != "Gehört nicht hierher" {
		t.Errorf("stray page = %+v", o.Stray)
	}
}
