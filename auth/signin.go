package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/portico-desktop/portico/auth/loopback"
)

// DefaultTimeout bounds a sign-in when [BeginOptions] does not.
const DefaultTimeout = 5 * time.Minute

// pageGrace is how long the browser may take to fetch the final page.
const pageGrace = 5 * time.Second

// BeginOptions shape one sign-in.
type BeginOptions struct {
	// LoginHint is an address passed on so the person need not type it.
	LoginHint string
	// Prompt is OpenID Connect Core's prompt parameter, "" for the provider's own choice;
	// "select_account" is for signing in with another account. A value unknown to the
	// provider is left out, or replaced by the closest one.
	Prompt string
	// Claims is a claims challenge from a [ProviderError].
	Claims string
	// DomainHint is a domain for passing the provider's choice of accounts, without "@".
	// It is sent in the dialects with a parameter for it, and not together with a
	// LoginHint of another domain.
	DomainHint string
	// Elsewhere: the browser may run on another computer, and cannot come back here. The
	// answer will be in the address it ends at, for [SignIn.Paste]. See also
	// [SignIn.ElsewhereURL].
	Elsewhere bool
	// MemoryOnly keeps the sign-in out of the key store: it ends with the program.
	MemoryOnly bool
	// Timeout bounds the wait for the browser. 0 means DefaultTimeout.
	Timeout time.Duration
	// OnConsent makes Wait go on when an administrator has to consent first. It is called
	// from Wait's goroutine, at first and after every further look without success. Nil
	// makes Wait return the *[ProviderError].
	OnConsent func(ConsentNeeded)
	// OnNewCode is called from the goroutine of [DeviceSignIn.Wait] when the sign-in goes
	// on with another code, because the answer to the first one was lost: the person has
	// to be shown the new one, and told why. Nil means nobody is told.
	OnNewCode func()
	// ConsentTimeout bounds the wait for an administrator. 0 means
	// DefaultConsentTimeout.
	ConsentTimeout time.Duration
	// Page words the browser's page at the end. Nil means plain English.
	Page func(*Tokens, error) loopback.Page
	// Waiting words the browser's page while consent is awaited; the engine decides when
	// it looks again. Nil means plain English.
	Waiting func(ConsentNeeded) loopback.Page
	// Stray words the browser's page when it brings an answer to no sign-in under way.
	// Without a Title it is plain English.
	Stray loopback.Page

	// unbound leaves the proof of possession out.
	unbound bool
}

// SignIn is one sign-in under way. It is bound to its port until it ends.
// Call Wait exactly once; the other methods may be called from any goroutine.
type SignIn struct {
	client   *Client
	meta     *Metadata
	listener *loopback.Listener
	options  BeginOptions
	started  time.Time
	// detour is the state for an administrator's browser to come back with from the
	// consent page.
	detour string

	ctx    context.Context
	cancel context.CancelCauseFunc
	limit  *time.Timer
	end    sync.Once

	mu       sync.Mutex
	url      string
	waiting  bool  // for consent
	pasted   bool  // the last answer; its browser cannot come back
	unpushed error // why the newest request went through the browser; see authorizationURL
	deadline time.Time
	// asked are the newest requests; the last one still waits for its answer. The one
	// before may just be answered.
	asked []request
	// unbound: the provider refuses proofs, and this sign-in goes on without; tried are
	// the reasons it has asked once more for.
	unbound bool
	tried   []string
	// refusedProof is why it goes on without, for the case of not being allowed to.
	refusedProof error
}

// Begin reads the metadata, binds the redirect listener and prepares the
// authorization request (RFC 6749, section 4.1; RFC 7636). The caller opens
// [SignIn.URL] in the system browser and calls Wait. The sign-in ends with ctx.
//
// Errors: those of [Client.Metadata], *[ConfigError] if nobody can check the ID tokens'
// signatures or the provider does not offer a required extension, *[CredentialError],
// *[loopback.PortUsedError], and if the request is pushed (RFC 9126) *[ProviderError].
func (c *Client) Begin(ctx context.Context, o BeginOptions) (*SignIn, error) {
	m, err := c.confirmedMetadata(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.checkAlgorithms(m); err != nil {
		return nil, err
	}
	if err := c.provider.CheckOffer(m); err != nil {
		return nil, err
	}
	if _, err := c.credentials(ctx, m); err != nil {
		return nil, err // a missing secret is told before the browser opens
	}
	if o.Page == nil {
		o.Page = plainPage
	}
	if o.Waiting == nil {
		o.Waiting = plainWaiting
	}
	if o.Stray.Title == "" {
		o.Stray = plainStray()
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.ConsentTimeout <= 0 {
		o.ConsentTimeout = DefaultConsentTimeout
	}
	s := &SignIn{client: c, meta: m, options: o, started: c.now(), detour: loopback.NewState()}
	params := c.provider.listenerParams()
	first := c.newRequest(m, o)
	params.State, params.Stray = first.state, o.Stray
	if s.listener, err = loopback.Listen(params); err != nil {
		return nil, err
	}
	if s.url, err = s.address(ctx, &first); err != nil {
		s.listener.Finish(loopback.Page{})
		_ = s.listener.Close(ctx)
		return nil, err
	}
	s.asked = []request{first}
	s.deadline = s.started.Add(o.Timeout)
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.limit = time.AfterFunc(o.Timeout, func() { s.cancel(ErrTimedOut) })
	c.log.Info("sign-in prepared", "provider", c.provider.ID, "redirect_uri", s.listener.RedirectURI())
	return s, nil
}

// address makes the address of a request, once the port is known.
func (s *SignIn) address(ctx context.Context, r *request) (string, error) {
	r.parameters.Set("redirect_uri", s.listener.RedirectURI())
	address, unpushed, err := s.client.authorizationURL(ctx, s.meta, r.parameters)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unpushed = unpushed
	return address, err
}

// URL is the authorization request to open in the browser. It holds no secret (the
// verifier stays here), but it is this sign-in's own: do not log it. While consent is
// awaited it is an address on this computer, leading to a new request.
func (s *SignIn) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Renew makes a fresh address for the same sign-in, for opening the browser a second
// time: a pushed request may be opened once only, and not for long (RFC 9126, section 4).
// If the provider takes none, it is the former one of [SignIn.URL], and nobody is asked.
// URL returns it from then on.
//
// Errors: as for [Client.Begin]; the former address stays in force.
func (s *SignIn) Renew(ctx context.Context) (string, error) {
	s.mu.Lock()
	r, pending := s.pending()
	same := s.waiting || !pending || s.meta.PAREndpoint == ""
	s.mu.Unlock()
	if same {
		return s.URL(), nil
	}
	address, err := s.address(ctx, &r)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waiting {
		s.url = address
	}
	return address, nil
}

// pending is a copy of the request still without an answer, if there is one. The caller
// holds mu.
func (s *SignIn) pending() (request, bool) {
	if len(s.asked) == 0 {
		return request{}, false
	}
	r := s.asked[len(s.asked)-1]
	r.parameters = maps.Clone(r.parameters)
	return r, true
}

// Started is when the wait for the browser began.
func (s *SignIn) Started() time.Time { return s.started }

// Deadline is when the wait for the browser ends with [ErrTimedOut]. It is
// another one once consent is awaited.
func (s *SignIn) Deadline() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline
}

// Returned is closed when the browser has come back, for the first time.
func (s *SignIn) Returned() <-chan struct{} { return s.listener.Taken() }

// Stranger is closed when a program of another user has come to the redirect port, for the
// first time. It is not heard. If it was the person's browser, the answer is in the
// address the browser ended at, for [SignIn.Paste].
func (s *SignIn) Stranger() <-chan struct{} { return s.listener.Stranger() }

// Cancel ends the sign-in; Wait returns [ErrCancelled].
func (s *SignIn) Cancel() { s.cancel(ErrCancelled) }

// Wait waits for the browser, exchanges the code, checks the ID token and remembers the
// sign-in, in this order. It releases the port before it returns, but for a few seconds
// for the browser to show how it ended; see [Client.Close]. If another request mends the
// failure, the browser is taken to it by itself, once: the answer with the tokens was
// lost, the provider's page was open for too long, or the provider refuses proofs of
// possession (RFC 9449) and they are not required.
//
// Errors: [ErrTimedOut] and [ErrCancelled] (both in an *[UnansweredError] after unfitting
// answers), [ErrInterrupted], *[ProviderError], *[UnavailableError], *[TrustError],
// *[ClockError], *[TenantError], *[DomainError].
func (s *SignIn) Wait() (*Tokens, error) {
	tokens, err := s.complete()
	err = unanswered(s.withUnpushed(err), s.listener.Noise().WrongState)
	s.finish(tokens, err)
	if err != nil {
		s.client.log.Info("sign-in ended", "provider", s.client.provider.ID, "error", err)
	}
	return tokens, err
}

func (s *SignIn) finish(tokens *Tokens, err error) {
	s.end.Do(func() {
		noise := s.listener.Noise()
		if noise.Requests+noise.Sockets+noise.Strangers > 0 {
			s.client.log.Info("ignored on the redirect port", "requests", noise.Requests, "wrong_state", noise.WrongState, "sockets", noise.Sockets, "strangers", noise.Strangers)
		}
		s.listener.Finish(s.options.Page(tokens, err))
		s.limit.Stop()
		s.cancel(nil)
		release := func() {
			ctx, cancel := context.WithTimeout(context.Background(), pageGrace)
			defer cancel()
			_ = s.listener.Close(ctx)
		}
		if s.listener.Owes() {
			s.client.behind.begin(release)
			return
		}
		release()
	})
}

// complete makes use of one response after the other, until one of them decides.
func (s *SignIn) complete() (*Tokens, error) {
	for {
		response, err := s.listener.Response(s.ctx)
		if err != nil {
			return nil, err
		}
		tokens, asked, err := s.redeem(response)
		if err == nil {
			s.learn()
			return tokens, nil
		}
		if s.ctx.Err() != nil || !s.onceMore(asked, err) && !s.awaitConsent(err) {
			if s.refusedProof != nil && refusesProof(err) {
				err = s.refusedProof // it wants a proof, and takes none
			}
			return tokens, s.cause(err)
		}
	}
}

// redeem makes use of a response, and returns the request answered by it.
func (s *SignIn) redeem(response url.Values) (*Tokens, request, error) {
	asked, ok := s.answered(response.Get("state"))
	if !ok {
		return nil, asked, untrusted("state", "the response answers no request of this sign-in")
	}
	sent := append(asked.carried(), response.Get("code"))
	code, err := s.checkResponse(response, sent)
	if err != nil {
		return nil, asked, sent.maskError(err)
	}
	c := s.client
	ahead, end := c.askAhead(s.ctx, s.meta)
	defer end()
	meta, token, answer, err := c.redeem(s.ctx, s.meta, s.listener.RedirectURI(), code, asked)
	if err != nil {
		return nil, asked, err
	}
	sent = append(append(sent, answer.carried...), tokensIn(token)...)
	tokens, err := c.completeSignIn(s.ctx, meta, token, expected{issuer: response.Get("iss"), nonce: asked.nonce, code: code, serverTime: answer.serverTime(), ahead: ahead},
		granted{proof: asked.proof, memoryOnly: s.options.MemoryOnly})
	return tokens, asked, sent.maskError(err)
}

// answered finds the request of a response. Requests before it count no more.
func (s *SignIn) answered(state string) (request, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.asked {
		if r.state == state {
			s.asked = s.asked[i+1:]
			return r, true
		}
	}
	return request{}, false
}

// cause prefers why the wait ended over what it interrupted.
func (s *SignIn) cause(err error) error {
	if err != nil && s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return err
}

// checkResponse returns the code. The issuer is checked before the answer (RFC 9207,
// section 2.4).
func (s *SignIn) checkResponse(v url.Values, sent carried) (string, error) {
	iss := v.Get("iss")
	if iss == "" && s.meta.IssInResponse {
		return "", untrusted("iss", "the response does not say who answers, although this provider always does")
	}
	if iss != "" && !s.meta.issues(s.client.properIssuer(s.meta, iss)) {
		return "", untrusted("iss", "the response comes from %q, not from %q", clean(iss), s.meta.Issuer)
	}
	if code := v.Get("error"); code != "" {
		return "", refusal(s.meta.AuthorizationEndpoint, sent.maskValues(v))
	}
	return v.Get("code"), nil
}

// refusal is an error response (RFC 6749, section 4.1.2.1). Entra's additions without a
// parameter of their own are in the description.
func refusal(endpoint string, v url.Values) error {
	code, description := clean(v.Get("error")), v.Get("error_description")
	refused := &ProviderError{
		Step: "authorization", Code: code, Description: clean(description), URI: shownAddress(v.Get("error_uri")),
		Suberror: clean(v.Get("error_subcode")), Numbers: numbersIn(description), Claims: challenge(v.Get("claims")),
		TraceID: idIn(description, "Trace ID"), CorrelationID: idIn(description, "Correlation ID"),
	}
	// These two stand for statuses a redirect cannot have.
	status := map[string]int{"server_error": http.StatusInternalServerError, "temporarily_unavailable": http.StatusServiceUnavailable}[code]
	if status == 0 || refused.leftOpen() {
		return refused
	}
	return &UnavailableError{Host: hostOf(endpoint), Step: "authorization", Status: status, Err: fmt.Errorf("%s: %s", code, clean(description))}
}

// withUnpushed adds the provider's answer to the pushed request to a wait for nobody: the
// provider may have refused this client there in words, and in the browser with a page
// leading nowhere.
func (s *SignIn) withUnpushed(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var refused *ProviderError
	if errors.Is(err, ErrTimedOut) && errors.As(s.unpushed, &refused) {
		return fmt.Errorf("%w; to the pushed request: %w", err, refused)
	}
	return err
}

// unanswered adds the number of unfitting answers to a wait in vain.
func unanswered(err error, strays int) error {
	if strays > 0 && (errors.Is(err, ErrTimedOut) || errors.Is(err, ErrCancelled)) {
		return &UnansweredError{Strays: strays, Err: err}
	}
	return err
}

// plainPage is the browser's page when the caller has no words of its own.
func plainPage(_ *Tokens, err error) loopback.Page {
	var refused *ProviderError
	switch {
	case err == nil:
		return loopback.Page{Done: true, Title: "You are signed in", Text: "You can close this page."}
	case errors.As(err, &refused):
		return loopback.Page{Title: "You are not signed in", Text: "The sign-in service refused: " + refused.Code + "."}
	}
	return loopback.Page{Title: "You are not signed in", Text: "Go back to the program to see why."}
}

// plainWaiting is the browser's page meanwhile, when the caller has no words of its own.
func plainWaiting(n ConsentNeeded) loopback.Page {
	page := loopback.Page{
		Waiting: true, Title: "Your IT has to approve this program first",
		Text:      "Once an administrator has agreed, the sign-in goes on by itself. Leave this page open.",
		LinkLabel: "Look again now", DetailsTitle: "Link for the administrator",
	}
	if n.NeedsPerson {
		page.Text, page.LinkLabel = "Sign in again once an administrator has agreed.", "Sign in again"
	}
	if n.URL != "" {
		page.Details = []string{n.URL}
	}
	return page
}

// plainStray is the browser's page for an answer to no sign-in, when the caller has no
// words of its own.
func plainStray() loopback.Page {
	return loopback.Page{
		Title: "This answer does not belong to a sign-in that is open here",
		Text:  "It may be of an earlier sign-in. Nothing of it was used.",
		Next:  "Go back to the program and start again.",
	}
}
