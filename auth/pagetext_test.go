package auth_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

const entraPage = `Sign in
Sorry, but we’re having trouble signing you in.

AADSTS50011: The redirect URI 'http://localhost' specified in the request does not match the redirect URIs configured for the application '11111111-aaaa-4000-8000-000000000001'.

Troubleshooting details
If you contact your administrator, send this info to them.
Request Id: 00000000-c0de-4000-8000-000000000001
Correlation Id: 00000000-c0de-4000-8000-000000000002
Timestamp: 2030-01-02T03:04:05Z
Message: AADSTS50011: The redirect URI 'http://localhost' specified in the request does not match.
`

const openIddictPage = "error:invalid_request\nerror_description:The specified 'redirect_uri' is not valid for this client application.\nerror_uri:https://documentation.openiddict.com/errors/ID2043\n"

// Pages of providers that send nobody back, as a person copies them.
func TestTextOfAnErrorPageIsUnderstood(t *testing.T) {
	authorization := func(e auth.ProviderError) auth.ProviderError { e.Step = "authorization"; return e }
	entra := authorization(auth.ProviderError{
		Numbers: []string{"AADSTS50011"}, Parameter: "redirect_uri",
		Description: "AADSTS50011: The redirect URI 'http://localhost' specified in the request does not match the redirect URIs configured for the application '11111111-aaaa-4000-8000-000000000001'.",
		TraceID:     "00000000-c0de-4000-8000-000000000001", CorrelationID: "00000000-c0de-4000-8000-000000000002",
	})
	openIddict := authorization(auth.ProviderError{
		Code: "invalid_request", Description: "The specified 'redirect_uri' is not valid for this client application.",
		URI: "https://documentation.openiddict.com/errors/ID2043", Numbers: []string{"ID2043"}, Parameter: "redirect_uri",
	})
	said := func(code, description, parameter string) auth.ProviderError {
		return authorization(auth.ProviderError{Code: code, Description: description, Parameter: parameter})
	}
	for name, test := range map[string]struct {
		text   string
		want   auth.ProviderError
		reason auth.Reason
	}{
		"Entra":                             {entraPage, entra, auth.ReasonRedirect},
		"OpenIddict":                        {openIddictPage, openIddict, auth.ReasonRedirect},
		"OpenIddict, in one line":           {strings.ReplaceAll(openIddictPage, "\n", " "), openIddict, auth.ReasonRedirect},
		"OpenIddict, from Windows":          {strings.ReplaceAll(openIddictPage, "\n", "\r\n"), openIddict, auth.ReasonRedirect},
		"OpenIddict, unknown scope":         {"error: invalid_scope\nerror_description: The specified 'scope' is invalid.", said("invalid_scope", "The specified 'scope' is invalid.", "scope"), auth.ReasonScope},
		"OpenIddict, no refresh tokens":     {"error:invalid_request\nerror_description:The 'offline_access' scope is not allowed.", said("invalid_request", "The 'offline_access' scope is not allowed.", "scope"), auth.ReasonScope},
		"a number alone":                    {"AADSTS50105", authorization(auth.ProviderError{Numbers: []string{"AADSTS50105"}, Description: "AADSTS50105"}), auth.ReasonNotAssigned},
		"a number that is not in the table": {"AADSTS1234567: New.", authorization(auth.ProviderError{Numbers: []string{"AADSTS1234567"}, Description: "AADSTS1234567: New."}), auth.ReasonRefused},
		"OpenIddict's number alone":         {"ID2052", authorization(auth.ProviderError{Code: "invalid_request", Numbers: []string{"ID2052"}}), auth.ReasonRequestRejected},
		"JSON": {`{"error":"invalid_client","error_description":"The requested OAuth 2.0 Client does not exist.","error_uri":""}`,
			said("invalid_client", "The requested OAuth 2.0 Client does not exist.", ""), auth.ReasonClient},
		"JSON among words": {"HTTP 400\n{\n  \"error\": \"invalid_scope\",\n  \"error_description\": \"no such scope\"\n}\n", said("invalid_scope", "no such scope", " scope"[1:]), auth.ReasonScope},
		"parameters":       {"error=invalid_scope&error_description=no+such+scope", said("invalid_scope", "no such scope", "scope"), auth.ReasonScope},
		"JSON in JSON":     {`{"error":{"code":"invalid_request"}}`, said("invalid_request", "", ""), auth.ReasonRequestRejected},
		"an error alone":   {"error: invalid_request", said("invalid_request", "", ""), auth.ReasonRequestRejected},
		"Okta": {"400 Bad Request\nYour request resulted in an error.\nError Code: invalid_request\nDescription: The 'redirect_uri' parameter must be a Login redirect URI in the client app settings",
			said("invalid_request", "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings", "redirect_uri"), auth.ReasonRedirect},
		"Okta in German": {"Fehlercode: access_denied Beschreibung: User is not assigned to the client application.",
			said("access_denied", "User is not assigned to the client application.", ""), auth.ReasonDeclined},
		"Google":                 {"Access blocked: This app’s request is invalid\n\nError 400: redirect_uri_mismatch", said("redirect_uri_mismatch", "", ""), auth.ReasonRedirect},
		"Google, internal app":   {"Zugriff blockiert: Portico kann nur intern verwendet werden\nFehler 403: org_internal", said("org_internal", "", ""), auth.ReasonWrongAccount},
		"Google, administrator":  {"Error 400: admin_policy_enforced", said("admin_policy_enforced", "", ""), auth.ReasonPolicy},
		"Google, deleted client": {"The OAuth client was deleted.\nError 401: deleted_client", said("deleted_client", "", ""), auth.ReasonClient},
		"IdentityServer":         {"Error\nSorry, there was an error : unauthorized_client\nRequest Id: 0HM8", said("unauthorized_client", "", ""), auth.ReasonClient},
		"Microsoft, personal": {"We're unable to complete your request\ninvalid_request: The provided value for the input parameter 'redirect_uri' is not valid.",
			said("invalid_request", "The provided value for the input parameter 'redirect_uri' is not valid.", "redirect_uri"), auth.ReasonRedirect},
		"Keycloak, redirect URI":      {"We are sorry...\nInvalid parameter: redirect_uri\n« Back to Application", said("invalid_redirect_uri", "Invalid parameter: redirect_uri", "redirect_uri"), auth.ReasonRedirect},
		"Keycloak, realm":             {"We are sorry...\nRealm not enabled", said("realm_not_enabled", "Realm not enabled", ""), auth.ReasonRefused},
		"Keycloak, page too old":      {"Page has expired\nTo restart the login process Click here.", said("authentication_expired", "Page has expired", ""), auth.ReasonInterrupted},
		"Keycloak, cookie":            {"We are sorry...\nRestart login cookie not found. It may have expired; it may have been deleted or cookies are disabled in your browser.", said("authentication_expired", "cookie not found. It may have expired; it may have been deleted or cookies are disabled in your browser.", ""), auth.ReasonInterrupted},
		"Keycloak, client":            {"We are sorry...\nClient not found.", said("invalid_client", "Client not found.", ""), auth.ReasonClient},
		"a page that was left open":   {"error=temporarily_unavailable&error_description=authentication_expired", said("temporarily_unavailable", "authentication_expired", ""), auth.ReasonInterrupted},
		"a provider in trouble":       {"Error: server_error", said("server_error", "", ""), auth.ReasonFailing},
		"an error of its own":         {"error: no_such_tenant\nerror_description: Nobody knows it.", said("no_such_tenant", "Nobody knows it.", ""), auth.ReasonRefused},
		"capitals and quotes":         {`ERROR: "Invalid_Scope"`, said("invalid_scope", "", ""), auth.ReasonScope},
		"an administrator has to act": {"Need admin approval\nAADSTS90094: The grant requires admin permission.", authorization(auth.ProviderError{Numbers: []string{"AADSTS90094"}, Description: "AADSTS90094: The grant requires admin permission."}), auth.ReasonConsent},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := auth.ErrorPage(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r := auth.ReasonOf(got); r != test.reason {
				t.Errorf("reason %s, want %s", r, test.reason)
			}
		})
	}
}

// unknownTexts are what people paste that says nothing of the kind.
func unknownTexts() []string {
	return []string{
		"", " \n ", "?", "nonsense", "Sign in with your work account", "Error", "error:", "Error: something went wrong", "An error occurred. Please try again.",
		"error: no_such_thing", "Sorry, but we’re having trouble signing you in.", "400 Bad Request", "AADSTS", "AADSTS12", "XAADSTS50011X", "ID2", "ID20431",
		"my_invalid_request_handler", "{}", `["invalid", "request"]`, "\x00\xff\xfe", "invalid request", "access denied",
		"https://wrong.example/", "http://127.0.0.1/?error=access_denied", "  <http://127.0.0.1/?error=access_denied>\n", "?error=access_denied", "http://127.0.0.1/?error=access_\r\ndenied",
		"https://login.example/authorize?client_id=x&response_type=code&scope=openid", strings.Repeat("x", 1<<20), "error: invalid_request" + strings.Repeat(" ", 64<<10) + "x",
	}
}

func TestUnknownTextIsNoErrorPage(t *testing.T) {
	for _, text := range unknownTexts() {
		if got, err := auth.ErrorPage(text); !errors.Is(err, auth.ErrNotThisSignIn) {
			t.Errorf("%.60q is understood as %+v, %v", text, got, err)
		}
	}
}

func TestPastedErrorPageEndsTheSignIn(t *testing.T) {
	d := newDesk(t)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := in.Wait(); ended <- err }()
	redirect := redirectOf(t, in.URL())
	for _, wrong := range append(unknownTexts(),
		"error=access_denied&state=another", redirect+"?error=access_denied&state=another", redirect+"?error=access_denied", "error: access_denied state=another",
		redirect+"?error=access_denied&sta\nte=another", `{"error":"access_denied","state":"another"}`, "https://evil.example/?error=access_denied",
		d.provider.Endpoint(authtest.Authorize)+"?error=access_denied&state=another", "code=x&error=access_denied&state=another") {
		if err := in.Paste(wrong); !errors.Is(err, auth.ErrNotThisSignIn) {
			t.Errorf("%.60q: %v, want ErrNotThisSignIn", wrong, err)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("an unknown text ended the sign-in: %v", err)
	default:
	}
	if err := in.Paste(openIddictPage); err != nil {
		t.Fatal(err)
	}
	var refused *auth.ProviderError
	if err := <-ended; !errors.As(err, &refused) || refused.Step != "authorization" || auth.ReasonOf(err) != auth.ReasonRedirect {
		t.Errorf("err = %v", err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("%d token requests", n)
	}
	_ = in.Paste(openIddictPage) // too late, and without effect
}

func redirectOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("redirect_uri")
}

// Some have the error in the address of their own page.
func TestPastedAddressOfTheProvidersErrorPageEndsTheSignIn(t *testing.T) {
	d := newDesk(t)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Cancel)
	page := d.provider.URL + "/oauth2/fallbacks/error?error=invalid_scope&error_description=no+such+scope&state=" + stateOf(t, in.URL())
	if err := in.Paste(page); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Wait(); auth.ReasonOf(err) != auth.ReasonScope {
		t.Errorf("err = %v", err)
	}
}

// A browser that is back decides.
func TestErrorPageThatIsPastedAfterTheBrowserCameBackChangesNothing(t *testing.T) {
	d := newDesk(t)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Paste(endsOn(t, d, in.URL())); err != nil {
		t.Fatal(err)
	}
	if err := in.Paste(openIddictPage); !errors.Is(err, auth.ErrNotThisSignIn) {
		t.Errorf("err = %v, want ErrNotThisSignIn", err)
	}
	if _, err := in.Wait(); err != nil {
		t.Error(err)
	}
}

func TestErrorPagePastedWhileConsentIsAwaited(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
	if err := v.in.Paste("AADSTS90094: The grant requires admin permission."); err != nil {
		t.Errorf("what is known already: %v", err)
	}
	if err := v.in.Paste("AADSTS50105: Not assigned."); err != nil {
		t.Fatal(err)
	}
	if err := v.end(); auth.ReasonOf(err) != auth.ReasonNotAssigned {
		t.Errorf("err = %v: the wait goes on after what is known, and ends with what is new", err)
	}
}

func FuzzErrorPage(f *testing.F) {
	f.Add(entraPage)
	f.Add(openIddictPage)
	f.Add(`{"error":"invalid_request","error_description":"\u202e\u009b31m"}`)
	f.Add("error=invalid_scope&error_description=%1b%5b2J")
	for _, text := range unknownTexts() {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := auth.ErrorPage(text)
		if err != nil {
			if !errors.Is(err, auth.ErrNotThisSignIn) || got != nil {
				t.Errorf("%q: %v, %v", text, got, err)
			}
			return
		}
		if got.Step != "authorization" || got.Code == "" && len(got.Numbers) == 0 || len(got.Numbers) > 4 || got.Claims != "" || got.GrantEnded() {
			t.Errorf("%q is understood as %+v", text, got)
		}
		for _, s := range append([]string{got.Code, got.Description, got.URI, got.TraceID, got.CorrelationID, got.Error()}, got.Numbers...) {
			if !utf8.ValidString(s) || len([]rune(s)) > 600 || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' }) {
				t.Errorf("%q gives %q", text, s)
			}
		}
	})
}

func TestAnswersThatDidNotFitAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		visits []string
		cancel bool
		strays int
	}{
		"none, timed out":    {nil, false, 0},
		"none, cancelled":    {nil, true, 0},
		"junk":               {[]string{"/favicon.ico", "/", "/?q=x"}, false, 0},
		"without a state":    {[]string{"/?error=access_denied", "/?code=x"}, false, 2},
		"of another sign-in": {[]string{"/?code=x&state=another"}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			ctx, end := context.WithCancelCause(t.Context())
			in, err := d.client().Begin(ctx, auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range test.visits {
				resp, err := d.provider.Client().Get(strings.TrimSuffix(redirectOf(t, in.URL()), "/") + path)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			want := auth.ErrTimedOut
			if test.cancel {
				want = auth.ErrCancelled
				in.Cancel()
			}
			end(auth.ErrTimedOut)
			_, err = in.Wait()
			var unanswered *auth.UnansweredError
			strays := 0
			if errors.As(err, &unanswered) {
				strays = unanswered.Strays
			}
			if !errors.Is(err, want) || strays != test.strays {
				t.Errorf("err = %v with %d strays, want %v with %d", err, strays, want, test.strays)
			}
		})
	}
}
