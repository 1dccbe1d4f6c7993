package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/loopback"
)

// DefaultTimeout bounds a sign-in when [BeginOptions] does not.
const DefaultTimeout = 5 * time.Minute

// pageGrace is how long the browser may take to fetch the final page.
const pageGrace = 5 * time.Second

// BeginOptions shape one sign-in.
type BeginOptions struct {
	// LoginHint is an address passed on so that the person need not type it.
	LoginHint string
	// Prompt is OpenID Connect Core's prompt parameter, "" for the provider's
	// own choice.
	Prompt string
	// Claims is a claims challenge from a [ProviderError].
	Claims string
	// DomainHint is a domain that leads past the provider's choice of accounts,
	// without "@". It is sent in the dialects that know it.
	DomainHint string
	// MemoryOnly keeps the sign-in out of the key store: it ends with the program.
	MemoryOnly bool
	// Timeout bounds the wait for the browser. 0 means DefaultTimeout.
	Timeout time.Duration
	// OnConsent makes Wait go on when an administrator has to consent first. It is
	// called from Wait's goroutine, at first and whenever that was looked into
	// again without success. Nil makes Wait return the *[ProviderError].
	OnConsent func(ConsentNeeded)
	// ConsentTimeout bounds the wait for an administrator. 0 means
	// DefaultConsentTimeout.
	ConsentTimeout time.Duration
	// Page words what the browser shows at the end. Nil means plain English.
	Page func(*Tokens, error) loopback.Page
}

// SignIn is one sign-in under way. It is bound to its port until it ends.
// Call Wait exactly once; Cancel may come from any goroutine.
type SignIn struct {
	client   *Client
	meta     *Metadata
	listener *loopback.Listener
	url      string
	state    string
	nonce    string
	verifier string
	started  time.Time
	deadline time.Time
	page     func(*Tokens, error) loopback.Page

	ctx    context.Context
	cancel context.CancelCauseFunc
	stop   context.CancelFunc
	end    sync.Once
}

// Begin reads the metadata, binds the redirect listener and prepares the
// authorization request (RFC 6749, section 4.1; RFC 7636). The caller opens
// [SignIn.URL] in the system browser and calls Wait. The sign-in ends with ctx.
//
// Errors: those of [Client.Metadata], *[loopback.PortUsedError].
func (c *Client) Begin(ctx context.Context, o BeginOptions) (*SignIn, error) {
	m, err := c.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	s := &SignIn{
		client: c, meta: m, page: o.Page, started: c.now(),
		state: loopback.NewState(), nonce: rand.Text() + rand.Text(), verifier: oauth2.GenerateVerifier(),
	}
	if s.page == nil {
		s.page = plainPage
	}
	s.listener, err = loopback.Listen(loopback.Params{
		Host: c.provider.Redirect.Host, Port: c.provider.Redirect.Port, Path: c.provider.Redirect.Path, State: s.state,
	})
	if err != nil {
		return nil, err
	}
	s.url = c.oauthConfig(m, s.listener.RedirectURI()).AuthCodeURL(s.state, s.parameters(o)...)

	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	s.deadline = s.started.Add(timeout)
	cancelled, cancel := context.WithCancelCause(ctx)
	s.cancel = cancel
	s.ctx, s.stop = context.WithTimeoutCause(cancelled, timeout, ErrTimedOut)
	c.log.Info("sign-in prepared", "provider", c.provider.ID, "redirect_uri", s.listener.RedirectURI())
	return s, nil
}

func (s *SignIn) parameters(o BeginOptions) []oauth2.AuthCodeOption {
	params := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(s.verifier),
		oauth2.SetAuthURLParam("nonce", s.nonce),
	}
	set := func(name, value string) {
		if value != "" {
			params = append(params, oauth2.SetAuthURLParam(name, value))
		}
	}
	set("login_hint", o.LoginHint)
	set("claims", o.Claims)
	prompt := o.Prompt
	if prompt == "" && slices.Contains(s.client.provider.scopes(), "offline_access") && slices.Contains(s.meta.Scopes, "offline_access") && !isEntra(s.meta) {
		// OpenID Connect Core 1.0, section 11: a strict provider ignores
		// offline_access without it. Entra would ask everybody to consent anew.
		prompt = "consent"
	}
	set("prompt", prompt)
	if slices.Contains(s.meta.ResponseModes, "form_post") {
		// The code then stays out of history, logs and extensions.
		set("response_mode", "form_post")
	}
	return params
}

// isEntra recognises Microsoft's directories, in all of their clouds.
func isEntra(m *Metadata) bool {
	switch hostOf(m.Issuer) {
	case "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net":
		return true
	}
	return false
}

// URL is the authorization request to open in the browser. It holds no secret
// (the verifier stays here), but it is this sign-in's own: do not log it.
func (s *SignIn) URL() string { return s.url }

// Started is when the wait for the browser began.
func (s *SignIn) Started() time.Time { return s.started }

// Deadline is when the wait for the browser ends with [ErrTimedOut].
func (s *SignIn) Deadline() time.Time { return s.deadline }

// Returned is closed when the browser has come back.
func (s *SignIn) Returned() <-chan struct{} { return s.listener.Taken() }

// Cancel ends the sign-in; Wait returns [ErrCancelled].
func (s *SignIn) Cancel() { s.cancel(ErrCancelled) }

// Wait waits for the browser, exchanges the code, checks the ID token and
// remembers the sign-in, in this order. It releases the port before it returns,
// except that the browser gets a few seconds to show how it ended; see
// [Client.Close].
//
// Errors: [ErrTimedOut], [ErrCancelled], *[ProviderError], *[UnavailableError],
// *[TrustError], *[ClockError].
func (s *SignIn) Wait() (*Tokens, error) {
	tokens, err := s.complete()
	s.finish(tokens, err)
	if err != nil {
		s.client.log.Info("sign-in ended", "provider", s.client.provider.ID, "error", err)
	}
	return tokens, err
}

func (s *SignIn) finish(tokens *Tokens, err error) {
	s.end.Do(func() {
		noise := s.listener.Noise()
		if noise.Requests > 0 {
			s.client.log.Info("ignored on the redirect port", "requests", noise.Requests, "wrong_state", noise.WrongState)
		}
		s.listener.Finish(s.page(tokens, err))
		s.cancel(nil)
		s.stop()
		s.client.behind.begin(func() {
			ctx, cancel := context.WithTimeout(context.Background(), pageGrace)
			defer cancel()
			_ = s.listener.Close(ctx)
		})
	})
}

func (s *SignIn) complete() (*Tokens, error) {
	response, err := s.listener.Response(s.ctx)
	if err != nil {
		return nil, err
	}
	code, err := s.checkResponse(response)
	if err != nil {
		return nil, err
	}
	config := s.client.oauthConfig(s.meta, s.listener.RedirectURI())
	var token *oauth2.Token
	answer, err := s.client.ask(s.ctx, "token", s.meta.TokenEndpoint, func(ctx context.Context) (err error) {
		token, err = config.Exchange(ctx, code, oauth2.VerifierOption(s.verifier))
		return err
	})
	if err != nil {
		return nil, s.cause(err)
	}
	tokens, err := s.client.completeSignIn(s.ctx, s.meta, token, expected{nonce: s.nonce, code: code, serverTime: answer.serverTime()})
	return tokens, s.cause(err)
}

// cause prefers why the wait ended over what it interrupted.
func (s *SignIn) cause(err error) error {
	if err != nil && s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return err
}

// checkResponse returns the code. Who answers is checked before what is
// answered (RFC 9207, section 2.4).
func (s *SignIn) checkResponse(v url.Values) (string, error) {
	iss := v.Get("iss")
	if iss == "" && s.meta.IssInResponse {
		return "", untrusted("iss", "the response does not say who answers, although this provider always does")
	}
	if iss != "" && subtle.ConstantTimeCompare([]byte(iss), []byte(s.meta.Issuer)) != 1 {
		return "", untrusted("iss", "the response comes from %q, not from %q", clean(iss), s.meta.Issuer)
	}
	if code := v.Get("error"); code != "" {
		// These two stand for statuses that a redirect cannot have (RFC 6749,
		// section 4.1.2.1).
		status := map[string]int{"server_error": http.StatusInternalServerError, "temporarily_unavailable": http.StatusServiceUnavailable}[code]
		if status != 0 {
			return "", &UnavailableError{Host: hostOf(s.meta.AuthorizationEndpoint), Step: "authorization", Status: status,
				Err: fmt.Errorf("%s: %s", clean(code), clean(v.Get("error_description")))}
		}
		return "", &ProviderError{
			Step: "authorization", Code: clean(code), Description: clean(v.Get("error_description")), URI: clean(v.Get("error_uri")),
			Suberror: clean(v.Get("error_subcode")), Numbers: numbersIn(v.Get("error_description")), Claims: v.Get("claims"),
		}
	}
	return v.Get("code"), nil
}

// plainPage is what the browser shows when the caller has no words of its own.
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
