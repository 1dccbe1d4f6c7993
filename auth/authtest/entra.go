package authtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Identifiers of the scripted directory and its content. GUIDs of this form are nobody's.
const (
	EntraTenant   = "11111111-aaaa-4000-8000-000000000001" // contoso.example
	EntraOther    = "22222222-bbbb-4000-8000-000000000002" // fabrikam.example
	EntraPersonal = "9188040d-6c67-4c5b-b112-36a304b66dad" // Microsoft's own, for personal accounts
	EntraObject   = "33333333-cccc-4000-8000-000000000003" // Ada, in contoso.example
)

// EntraOptions shape a provider with the dialect of Microsoft Entra ID. The zero value is the
// authority "organizations" with Ada of [EntraTenant] in front of it.
type EntraOptions struct {
	// Authority is the directory in [Provider.URL]: "organizations" (the default), "common",
	// "consumers", a GUID or a domain. The metadata of all of them are served.
	Authority string
	// KeyIssuer is the member "issuer" of the published keys, "{tenantid}" included; "" is the
	// template of all directories, "-" leaves it out.
	KeyIssuer string
	// NoClientInfo leaves client_info out of the token answers.
	NoClientInfo bool
}

// WithEntra lets the provider speak Entra's dialect: metadata with the {tenantid} issuer, tid and oid in
// the ID tokens and no email_verified, an issuer with every key, errors with AADSTS numbers and trace
// ids, consent (see [Provider.NeedConsent]), form_post, http://localhost on any port for a redirect,
// and neither a revocation endpoint nor iss in the response. The addresses of the endpoints are not
// Entra's.
func WithEntra(o EntraOptions) Option {
	if o.Authority == "" {
		o.Authority = "organizations"
	}
	return func(c *config) {
		c.entra = &o
		c.path = "/" + o.Authority + "/v2.0"
		c.redirects = []string{"http://localhost"}
		c.noIss, c.formPost = true, true
		c.without = append(c.without, Revocation)
	}
}

// AdminConsent is the page for an administrator to consent for a directory, in Entra's dialect
// only.
const AdminConsent Endpoint = "adminconsent"

// ReturnLink is the address behind "Return to the application without granting consent".
const ReturnLink Endpoint = "return"

// Consent is what stands between the person and the program, in Entra's dialect.
type Consent int

const (
	// ConsentGiven: nothing. It is the default.
	ConsentGiven Consent = iota
	// ConsentOfPerson: the person has not agreed yet, and does so when they see the page.
	ConsentOfPerson
	// ConsentOfAdmin: an administrator has to agree. The page "Need admin approval" stays until the
	// person follows its link (see [Provider.Return]).
	ConsentOfAdmin
	// ConsentAsked: as ConsentOfAdmin, and the person asks for it on that page.
	ConsentAsked
)

// NeedConsent changes the missing consent. [AdminConsent] changes it back.
func (p *Provider) NeedConsent(c Consent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.consent = c
}

// SignOutBrowser ends the browser's session, as Entra does after a while.
func (p *Provider) SignOutBrowser() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = false
}

var returnLink = regexp.MustCompile(`<a id="return" href="([^"]*)">`)

// ReturnAddress finds the link by which a page like "Need admin approval" lets the person go back,
// "" without one.
func ReturnAddress(page string) string {
	found := returnLink.FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// entraPerson fills in the attributes of a person in the directory that a test's [Person] may
// leave out.
func entraPerson(person Person) Person {
	if person.Tenant == "" {
		person.Tenant = EntraTenant
	}
	if person.Object == "" {
		person.Object = EntraObject
	}
	if person.Home == "" {
		person.Home = person.Tenant
	}
	return person
}

// issuer is the one in tokens for a person.
func (p *Provider) issuer(person Person) string {
	if p.config.entra == nil {
		return p.URL
	}
	return p.server.URL + "/" + entraPerson(person).Tenant + "/v2.0"
}

// metadataIssuer is the one in the metadata at a path.
func (p *Provider) metadataIssuer(path string) string {
	if p.config.entra == nil {
		return p.URL
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case tenant == "organizations" || tenant == "common":
		tenant = "{tenantid}"
	case tenant == "consumers":
		tenant = EntraPersonal
	case strings.Contains(tenant, "."):
		tenant = EntraTenant
	}
	return p.server.URL + "/" + tenant + "/v2.0"
}

func (p *Provider) routeEntra(mux *http.ServeMux) {
	if p.config.entra == nil {
		return
	}
	mux.HandleFunc("/{tenant}/v2.0/.well-known/openid-configuration", p.at(Discovery, p.serveMetadata))
	mux.HandleFunc("/{tenant}/v2.0/adminconsent", p.at(AdminConsent, p.serveAdminConsent))
	mux.HandleFunc("/"+string(ReturnLink), p.at(ReturnLink, p.serveReturn))
}

// entraClaims turns claims into those of Entra.
func (p *Provider) entraClaims(person Person, claims map[string]any) {
	if p.config.entra == nil {
		return
	}
	person = entraPerson(person)
	claims["ver"], claims["tid"], claims["oid"] = "2.0", person.Tenant, person.Object
	delete(claims, "email_verified")
	if claims["email"] == "" {
		delete(claims, "email")
	}
}

// clientInfo is the token answer's client_info.
func (p *Provider) clientInfo(person Person, fields map[string]any) {
	if p.config.entra == nil || p.config.entra.NoClientInfo {
		return
	}
	person = entraPerson(person)
	raw, _ := json.Marshal(map[string]string{"uid": person.Object, "utid": person.Home})
	fields["client_info"] = base64.RawURLEncoding.EncodeToString(raw)
}

// withIssuers adds the member that Entra publishes with each key.
func (p *Provider) withIssuers(set jose.JSONWebKeySet) any {
	e := p.config.entra
	if e == nil || e.KeyIssuer == "-" {
		return set
	}
	issuer := e.KeyIssuer
	if issuer == "" {
		issuer = p.server.URL + "/{tenantid}/v2.0"
	}
	var keys []map[string]any
	for _, k := range set.Keys {
		raw, _ := json.Marshal(k)
		fields := map[string]any{}
		_ = json.Unmarshal(raw, &fields)
		fields["issuer"] = issuer
		keys = append(keys, fields)
	}
	return map[string]any{"keys": keys}
}

// entraStops is what Entra has against a request that is otherwise good. With a number the browser
// goes back with it; stays means that a page has been shown instead.
func (p *Provider) entraStops(w http.ResponseWriter, q url.Values, signedIn bool) (number int, stays bool) {
	if p.config.entra == nil {
		return 0, false
	}
	quiet := q.Get("prompt") == "none"
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case quiet && !signedIn:
		return 50058, false
	case q.Get("prompt") == "select_account" && q.Get("login_hint") != "":
		return 90023, false
	case p.consent == ConsentGiven:
		return 0, false
	case quiet:
		return 65001, false
	case p.consent == ConsentOfPerson:
		p.consent = ConsentGiven
		return 0, false
	}
	p.session = true // the person has signed in, only the program may not go on
	title, back := "Need admin approval", 90094
	if p.consent == ConsentAsked {
		title, back = "Request sent", 90095
	}
	to := p.Endpoint(ReturnLink) + "?" + url.Values{
		"number": {fmt.Sprint(back)}, "redirect_uri": q["redirect_uri"], "state": q["state"], "response_mode": q["response_mode"],
	}.Encode()
	_, _ = fmt.Fprintf(w, `<!doctype html><title>%s</title><h1>%s</h1><p><a id="return" href="%s">Return to the application without granting consent</a>`,
		title, title, html.EscapeString(to))
	return 0, true
}

// serveReturn takes the person back from a page of refusal by Entra.
func (p *Provider) serveReturn(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !p.registered(q.Get("redirect_uri")) {
		http.Error(w, "the redirect URI is not registered", http.StatusBadRequest)
		return
	}
	var number int
	_, _ = fmt.Sscan(q.Get("number"), &number)
	answer := entraResponse(number)
	answer.Set("state", q.Get("state"))
	p.respond(w, q, answer)
}

// serveAdminConsent is the page with the scripted person as an administrator.
func (p *Provider) serveAdminConsent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	tenant := r.PathValue("tenant")
	if q.Get("client_id") != p.config.clientID || !p.registered(q.Get("redirect_uri")) || q.Get("scope") == "" || tenant == "common" {
		http.Error(w, "AADSTS90013: Invalid input received from the user.", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	manner := p.manner
	if manner == Agrees {
		p.consent, p.session = ConsentGiven, true
	}
	p.mu.Unlock()
	answer := url.Values{"admin_consent": {"True"}, "tenant": {EntraTenant}, "scope": {q.Get("scope")}}
	switch manner {
	case Denies:
		answer = entraResponse(65004)
	case Leaves:
		_, _ = fmt.Fprint(w, "<!doctype html><title>Permissions requested</title><p>Review for your organization")
		return
	}
	if state := q.Get("state"); state != "" {
		answer.Set("state", state)
	}
	w.Header().Set("Location", withQuery(q.Get("redirect_uri"), answer))
	w.WriteHeader(http.StatusSeeOther)
}

// wording is how Entra words a number, as far as is known: error in the authorization response, error
// and suberror at the token endpoint. "page" instead of an error means that Entra shows it and does
// not come back.
type wording struct{ authorize, token, suberror, text string }

// entraWordings has the numbers that the design depends on.
func entraWordings() map[int]wording {
	return map[int]wording{
		50011:   {"page", "invalid_client", "", "The redirect URI specified in the request does not match the redirect URIs configured for the application."},
		9002327: {"invalid_request", "invalid_request", "", "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."},
		50194:   {"page", "invalid_request", "", "Application is not configured as a multi-tenant application."},
		700016:  {"page", "unauthorized_client", "", "Application was not found in the directory."},
		700011:  {"page", "unauthorized_client", "", "Application was not found in the directory."},
		90002:   {"page", "invalid_request", "", "Tenant not found."},
		700025:  {"invalid_request", "invalid_client", "", "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."},
		7000218: {"invalid_request", "invalid_client", "", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
		7000215: {"invalid_request", "invalid_client", "", "Invalid client secret provided."},
		7000222: {"invalid_request", "invalid_client", "", "The provided client secret keys are expired."},
		65001:   {"interaction_required", "invalid_grant", "consent_required", "The user or administrator has not consented to use the application."},
		65004:   {"access_denied", "access_denied", "", "User declined to consent to access the app."},
		90094:   {"access_denied", "invalid_grant", "consent_required", "The grant requires admin permission."},
		90095:   {"access_denied", "invalid_grant", "consent_required", "Admin consent is required; a request was sent."},
		90099:   {"access_denied", "unauthorized_client", "", "The application has not been authorized in the tenant."},
		50105:   {"access_denied", "invalid_grant", "", "The signed in user is not assigned to a role for the application."},
		50020:   {"access_denied", "invalid_grant", "", "User account from identity provider does not exist in tenant."},
		50034:   {"access_denied", "invalid_grant", "", "The user account does not exist in the directory."},
		50053:   {"access_denied", "invalid_grant", "", "The account is locked."},
		50055:   {"interaction_required", "invalid_grant", "user_password_expired", "The password is expired."},
		50057:   {"access_denied", "invalid_grant", "", "The user account is disabled."},
		50058:   {"login_required", "interaction_required", "", "A silent sign-in request was sent but no user is signed in."},
		50076:   {"interaction_required", "interaction_required", "basic_action", "Due to a configuration change made by your administrator, you must use multi-factor authentication."},
		50078:   {"interaction_required", "invalid_grant", "basic_action", "Presented multi-factor authentication has expired."},
		50079:   {"interaction_required", "interaction_required", "basic_action", "You must enroll in multi-factor authentication."},
		50097:   {"interaction_required", "interaction_required", "message_only", "Device authentication is required."},
		53000:   {"access_denied", "invalid_grant", "message_only", "Device is not in required device state: compliant."},
		53003:   {"access_denied", "invalid_grant", "message_only", "Access has been blocked by Conditional Access policies."},
		500021:  {"access_denied", "invalid_grant", "", "Access to the tenant is denied."},
		500212:  {"access_denied", "invalid_grant", "", "The user's administrator has set an outbound access policy."},
		500213:  {"access_denied", "invalid_grant", "", "The resource tenant's cross-tenant access policy does not allow this user."},
		50173:   {"interaction_required", "invalid_grant", "bad_token", "The provided grant has expired due to it being revoked."},
		70000:   {"invalid_request", "invalid_grant", "bad_token", "Provided grant is invalid or malformed."},
		70008:   {"invalid_request", "invalid_grant", "", "The provided authorization code or refresh token has expired due to inactivity."},
		700082:  {"invalid_request", "invalid_grant", "token_expired", "The refresh token has expired due to inactivity."},
		70043:   {"interaction_required", "invalid_grant", "token_expired", "The refresh token has expired or is invalid due to sign-in frequency checks."},
		54005:   {"invalid_request", "invalid_grant", "", "OAuth2 Authorization code was already redeemed."},
		50196:   {"access_denied", "invalid_grant", "", "The server terminated an operation because it encountered a client request loop."},
		90033:   {"temporarily_unavailable", "temporarily_unavailable", "", "A transient error has occurred. Please try again."},
		90023:   {"invalid_request", "invalid_request", "", "Invalid STS request."},
	}
}

func entraWording(number int) wording {
	if w, ok := entraWordings()[number]; ok {
		return w
	}
	return wording{"access_denied", "invalid_grant", "", "As the test wishes."}
}

func entraDescription(number int, text string) string {
	return fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
		number, text, EntraTraceID, EntraCorrelationID, time.Now().UTC().Format("2006-01-02 15:04:05Z"))
}

// entraResponse is an authorization error response. The number stands in the description only.
func entraResponse(number int) url.Values {
	w := entraWording(number)
	v := url.Values{"error": {w.authorize}, "error_description": {entraDescription(number, w.text)}}
	if number == 65004 {
		v.Set("error_subcode", "cancel")
	}
	return v
}

// Refuse lets Entra refuse with an AADSTS number: at [Authorize], or at [Token] with the body of its
// token endpoint. If Entra does not come back with it, it is shown on a page.
func Refuse(number int, where Endpoint) Fault {
	w := entraWording(number)
	switch {
	case where == Token:
		return EntraError(Entra{Error: w.token, Code: number, Suberror: w.suberror, Description: w.text})
	case w.authorize == "page":
		return instead(where, func(rw http.ResponseWriter, _ *http.Request) {
			http.Error(rw, entraDescription(number, w.text), http.StatusBadRequest)
		})
	}
	return AuthorizationResponse(func(v url.Values) {
		v.Del("code")
		for name, values := range entraResponse(number) {
			v[name] = values
		}
	})
}
