package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/fetch"
)

// maxTokenAnswer bounds an answer of the token endpoint. Entra's longest, with
// hundreds of groups, are well under 100 KiB.
const maxTokenAnswer = 512 << 10

// question is one request to an endpoint with authentication of the client: token, device
// authorization, pushed authorization request, revocation.
type question struct {
	meta           *Metadata
	step, endpoint string
	// more is added to the form: functions of the oauth2 package do not all take
	// parameters.
	more url.Values
	// proof binds the grant to a key (RFC 9449), nil without.
	proof *proofKey
	// waits is the trial the form waits for, nil for none.
	waits *storeTrial
	// send makes the request with its context's HTTP client, as the oauth2 package does.
	// It may be called several times.
	send func(context.Context) error
}

// ask sends a question with the client's credentials and turns its outcome into this
// package's errors.
//
// A provider that refuses the client is asked again with the next of the attempts, each
// of them once: the other forms of an assertion, and a second key if there is one. The
// attempt it takes comes first from then on, so one request is enough. This cannot spend
// a code or a refresh token twice: the client is authenticated before the grant is looked
// at (RFC 6749, sections 4.1.3 and 6).
func (c *Client) ask(ctx context.Context, q question) (*answer, error) {
	credentials, err := c.credentials(ctx, q.meta)
	if err != nil {
		return nil, err
	}
	var refusals []refusedAttempt
	e := &elsewhere{client: c, q: q}
	for _, with := range c.attempts(q, credentials) {
		a, err := c.askAs(ctx, q, with)
		r := refusedAttempt{with: with, answer: a, err: c.blameClock(a, err)}
		if !r.mayBeClients(len(credentials) > 1) || r.mayBeForms() && r.doubted(ctx, e) {
			if provesClient(err) || with.trusted && heardFromProvider(err) {
				c.keepTaken(ctx, q.meta, credentials, with)
			}
			return a, r.err
		}
		c.log.Info("the provider refuses the client", "provider", c.provider.ID, "step", q.step, "form", with.form.name, "error", err)
		refusals = append(refusals, r)
	}
	return c.allRefused(ctx, q, credentials, refusals, e)
}

// askAs repeats a question if the provider finds fault with the proof's nonce (RFC 9449,
// section 8) or, for all anybody knows, with its time: once for each. It has looked at
// nothing else by then, so neither a code nor a refresh token is spent by it (RFC 9449,
// section 5).
func (c *Client) askAs(ctx context.Context, q question, with credential) (*answer, error) {
	host := hostOf(q.endpoint)
	for nonces, times := 1, 1; ; {
		nonce, ahead := c.nonces.newest(q.endpoint), c.clocks.ahead(host)
		a, err := c.askOnce(ctx, q, with)
		switch {
		case err == nil || q.proof == nil:
			return a, err
		case nonces > 0 && c.wantsAnotherNonce(q.endpoint, nonce, a, err):
			nonces--
		case times > 0 && mayBeLate(err) && c.clocks.correct(host, ahead):
			times--
		default:
			return a, err
		}
	}
}

func (c *Client) askOnce(ctx context.Context, q question, with credential) (*answer, error) {
	a := &answer{ctx: ctx, base: c.http.Transport, waits: q.waits}
	if a.base == nil {
		a.base = http.DefaultTransport
	}
	a.prepare = func(req *http.Request) error {
		form, err := readForm(req)
		if err != nil {
			return err
		}
		maps.Copy(form, q.more)
		if err := c.authenticate(req, form, q.meta, with); err != nil {
			return err
		}
		setForm(req, form)
		err = c.prove(req, q.proof, "")
		a.carried = carriedBy(form, req.Header, with)
		return err
	}
	seen := &witness{base: a.base, answered: c.keepClock}
	a.base = seen
	client := *c.http
	client.Transport = a
	err := q.send(context.WithValue(ctx, oauth2.HTTPClient, &client))
	c.nonces.keep(q.endpoint, a.header)
	if err == nil {
		return a, nil
	}
	return a, seen.testify(a.carried.maskError(c.explain(ctx, q, a, err)))
}

// post sends a form to an endpoint unknown to the oauth2 package, and reads the JSON of
// its answer. A nil into wants no answer.
func (c *Client) post(ctx context.Context, m *Metadata, step, endpoint string, form url.Values, into any) (*answer, error) {
	return c.ask(ctx, question{meta: m, step: step, endpoint: endpoint, send: func(ctx context.Context) error {
		return sendForm(ctx, endpoint, form, into)
	}})
}

// sendForm is a question's send for post.
func sendForm(ctx context.Context, endpoint string, form url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := ctx.Value(oauth2.HTTPClient).(*http.Client).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return retrieveError(resp, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// retrieveError reads a refusal as the oauth2 package does (RFC 6749, section
// 5.2).
func retrieveError(resp *http.Response, body []byte) error {
	e := &oauth2.RetrieveError{Response: resp, Body: body}
	var refusal struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
		URI         string `json:"error_uri"`
	}
	if json.Unmarshal(body, &refusal) == nil {
		e.ErrorCode, e.ErrorDescription, e.ErrorURI = refusal.Code, refusal.Description, refusal.URI
	}
	return e
}

// answer is the transport of one request. It completes the request, and records the facts
// missing from the oauth2 package's reports: the status, the provider's clock, and a
// failure of the connection itself.
type answer struct {
	// ctx ends the request. Not every function of the oauth2 package gives its requests
	// the context of its caller.
	ctx  context.Context
	base http.RoundTripper
	// prepare authenticates the client and adds the proof.
	prepare func(*http.Request) error
	// waits is the trial the request waits for, nil for none.
	waits   *storeTrial
	carried carried // by the request, once it is prepared

	status  int
	header  http.Header
	fields  tokenFields // of an answer without a refusal
	code    string      // of a refusal in the standard's form
	unsent  error       // why prepare failed
	netErr  error
	tooMuch bool
}

func (a *answer) RoundTrip(req *http.Request) (*http.Response, error) {
	a.status, a.header, a.unsent, a.netErr, a.tooMuch, a.fields, a.code = 0, nil, nil, nil, false, tokenFields{}, ""
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	req = req.Clone(ctx) // a RoundTripper must not change its request
	if a.unsent = a.prepare(req); a.unsent != nil {
		return nil, a.unsent
	}
	// Some providers answer in another form to whoever does not say this.
	req.Header.Set("Accept", "application/json")
	resp, err := a.base.RoundTrip(a.waits.hold(req))
	if err != nil {
		a.netErr = err
		return nil, err
	}
	a.status, a.header = resp.StatusCode, resp.Header
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxTokenAnswer, answer: a}
	body, err := regular(resp)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 {
		a.fields = fieldsOf(body)
	}
	return resp, nil
}

type boundedBody struct {
	io.ReadCloser
	left   int64
	answer *answer
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.answer.tooMuch = true
		return 0, fmt.Errorf("the answer is larger than %d bytes", maxTokenAnswer)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.answer.netErr = err
	}
	return n, err
}

// serverTime is the provider's clock, zero if it did not say.
func (a *answer) serverTime() time.Time {
	t, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

func (c *Client) explain(ctx context.Context, q question, a *answer, err error) error {
	unavailable := &UnavailableError{Host: hostOf(q.endpoint), Step: q.step, Status: a.status}
	if a.header != nil {
		unavailable.RetryAfter = fetch.RetryAfter(a.header, c.now())
	}
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) {
		a.carried.maskRefusal(retrieve)
		if namesNoError(retrieve.ErrorCode) && !namesClient(retrieve.ErrorCode) || isGoneStatus(a.status) && !isStandardCode(retrieve.ErrorCode) {
			retrieve.ErrorCode = "" // a web server's own words
		}
		a.code = retrieve.ErrorCode
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", q.step, context.Cause(ctx))
	case a.unsent != nil:
		return a.unsent
	case a.tooMuch:
		unavailable.Err = fmt.Errorf("the answer is larger than %d bytes", maxTokenAnswer)
	case a.netErr != nil:
		unavailable.Err = unreached(unavailable.Host, a.netErr)
	case errors.As(err, &retrieve) && isProviderError(retrieve, a.status):
		return providerError(q.step, a.status, retrieve)
	case errors.As(err, &retrieve):
		// A status without the standard's error: a proxy, a firewall, a fault.
		// Its body is not repeated: it can be anything.
		unavailable.Err = signInFirst(unavailable.Host, a.status, redirectHost(a.header))
	case a.status == 0:
		unavailable.Err = unreached(unavailable.Host, err)
	case a.fields.lackAccessToken():
		return c.noAccessToken()
	default:
		unavailable.Err = errors.New("the answer is not what the standard describes")
	}
	return unavailable
}

// isProviderError tells the provider's own refusals from passing faults: some report
// those in the same form (RFC 6749, section 4.1.2.1).
func isProviderError(e *oauth2.RetrieveError, status int) bool {
	switch {
	case e.ErrorCode == "", status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return false
	case e.ErrorCode == "temporarily_unavailable", e.ErrorCode == "server_error":
		return false
	}
	return true
}

// namesNoError is about web servers and frameworks with a sentence, or HTTP's own reason
// phrase, in the place of the standard's error code: "Not Found", "unauthorized".
func namesNoError(code string) bool {
	if namesClient(code) {
		return false
	}
	if strings.ContainsAny(code, " \t") {
		return true
	}
	for status := 400; status < 600; status++ {
		phrase := http.StatusText(status)
		if phrase != "" && (strings.EqualFold(code, phrase) || strings.EqualFold(code, strings.ReplaceAll(phrase, " ", "_"))) {
			return true
		}
	}
	return false
}

// isStandardCode knows the error codes of token, device, pushed request and revocation
// endpoints (RFC 6749, section 5.2; RFC 7009, 2.2.1; RFC 8628, 3.5; RFC 8707, 2; RFC
// 9126, 2.3; RFC 9449, 5; RFC 9470, 3; OpenID Connect Core 1.0, 3.1.2.6).
func isStandardCode(code string) bool {
	switch code {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target",
		"unsupported_token_type", "access_denied", "authorization_pending", "slow_down", "expired_token", "invalid_dpop_proof", "use_dpop_nonce",
		"invalid_redirect_uri", "invalid_request_uri", "invalid_request_object", "unsupported_response_type",
		"insufficient_user_authentication", "unmet_authentication_requirements",
		"interaction_required", "login_required", "account_selection_required", "consent_required",
		"server_error", "temporarily_unavailable":
		return true
	}
	return false
}

// isCode reports if err is the provider's refusal with a code.
func isCode(err error, code string) bool {
	var refused *ProviderError
	return errors.As(err, &refused) && refused.Code == code
}

// heardFromProvider reports if the provider has dealt with a question, in whichever way.
func heardFromProvider(err error) bool {
	var refused *ProviderError
	return err == nil || errors.As(err, &refused)
}

// blameClock finds a wrong clock behind a refused assertion or proof: an assertion is
// valid for minutes, a proof for seconds. Either side may be wrong.
func (c *Client) blameClock(a *answer, err error) error {
	most := clockSkew
	switch {
	case refusesClient(err) && c.provider.ClientAuth.Method == AuthPrivateKey:
	case mayBeLate(err) && namesAnother(err):
	case mayBeLate(err):
		most = proofSkew
	default:
		return err
	}
	if a.serverTime().IsZero() {
		if blamesTime(err) {
			return &ClockError{Err: err} // Keycloak does not tell its time
		}
		return err
	}
	if ahead := c.now().Sub(a.serverTime()); ahead.Abs() > most {
		return &ClockError{Ahead: ahead, Err: err}
	}
	return err
}
