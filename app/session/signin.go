package session

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// errRedescribed ends an attempt whose provider is described otherwise by now, or is
// gone.
var errRedescribed = errors.New("the provider is described otherwise than when the sign-in began")

// SignIn prepares a sign-in; see [localapi.Agent]. Preparing ends when ctx does, or
// with CancelSignIn, and begins again where the provider is described otherwise
// meanwhile; what has been prepared lives as long as the session.
func (s *Session) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	renew := s.p.Renew
	for {
		in, err := s.prepareOnce(ctx, req, renew)
		renew = nil // what is described otherwise has just been read
		if !errors.Is(err, errRedescribed) {
			return in, err
		}
	}
}

// prepareOnce is SignIn by the providers as they are described now, and ends with
// errRedescribed when that is no longer so.
func (s *Session) prepareOnce(ctx context.Context, req localapi.SignInRequest, renew func(context.Context)) (localapi.SignIn, error) {
	if p := s.turnedOff(); p != nil {
		return localapi.SignIn{}, p
	}
	a := s.newAttempt(req)
	stay := context.AfterFunc(ctx, func() { a.stop(context.Cause(ctx)) })
	defer stay()
	defer s.unlessUnderWay(a)
	if !s.starting.take(a.life) {
		return localapi.SignIn{}, s.whyStopped(ctx, a)
	}
	defer s.starting.give()
	if renew != nil {
		renew(a.life)
	}
	if a.life.Err() != nil {
		return localapi.SignIn{}, s.whyStopped(ctx, a)
	}
	if err := s.choose(a); err != nil {
		return localapi.SignIn{}, err
	}
	if same := s.underWay(a); same != nil {
		info := s.again(a.life, same, req)
		if a.life.Err() != nil {
			return localapi.SignIn{}, s.whyStopped(ctx, a)
		}
		return info, nil
	}
	options := s.options(a)
	former := s.replaceAttempt()
	w, returned, err := s.begin(a.life, options, a)
	if err == nil && !stay() {
		letGo(w)
		err = context.Cause(ctx)
	}
	if err == nil {
		a.offer = s.offer(a.client, options.LoginHint)
		if info, ok := s.goOn(a, w, returned, options.LoginHint); ok {
			s.changed()
			return info, nil
		}
		letGo(w)
	}
	return localapi.SignIn{}, s.cameToNothing(ctx, a, former, err, options.LoginHint)
}

// whyStopped is why an attempt has ended that had not begun anything yet.
func (s *Session) whyStopped(ctx context.Context, a *attempt) error {
	switch {
	case ctx.Err() != nil && !a.isCancelled():
		return context.Cause(ctx)
	case errors.Is(context.Cause(a.life), errRedescribed):
		return errRedescribed
	}
	return s.explain(context.Cause(a.life), a.client)
}

// unlessUnderWay ends an attempt that has not become a sign-in under way.
func (s *Session) unlessUnderWay(a *attempt) {
	s.mu.Lock()
	preparing := s.attempts.prepared(a)
	s.mu.Unlock()
	if preparing {
		a.stop(nil)
		close(a.ended)
	}
}

// goOn makes the attempt the sign-in under way, unless its provider or the session
// is no more.
func (s *Session) goOn(a *attempt, w waiter, returned <-chan struct{}, hint string) (info localapi.SignIn, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.providers.use(a.client) || !s.life.begin(func(context.Context) { s.finish(a, w, hint) }) {
		return localapi.SignIn{}, false
	}
	s.attempts.goOn(a)
	s.prepare(a.client)
	if returned != nil {
		s.life.begin(func(context.Context) { s.exchanging(a, returned) })
		s.life.begin(func(context.Context) { s.lingering(a, returned) })
		s.life.begin(func(context.Context) { s.estranged(a, a.browser.Stranger(), returned) })
	}
	if s.p.CacheDir != "" {
		s.life.begin(func(run context.Context) { s.learnCodes(run, a.client) })
	}
	return a.info, true
}

// cameToNothing is why there is no sign-in, and shows it, except to people who
// have not asked for it: when only the caller has gone, nothing has happened.
func (s *Session) cameToNothing(ctx context.Context, a, former *attempt, err error, hint string) error {
	s.drop(former)
	s.mu.Lock()
	gone, over := !s.providers.use(a.client), s.life.isOver()
	s.mu.Unlock()
	switch {
	case over:
		return &localapi.Problem{Code: localapi.AgentGone}
	case a.isCancelled():
		err = auth.ErrCancelled
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case gone:
		return errRedescribed
	}
	s.ended(a, err, hint)
	return s.explain(err, a.client)
}

// options say what the provider is told about whom we expect.
func (s *Session) options(a *attempt) auth.BeginOptions {
	s.mu.Lock()
	o, title := s.expected(a)
	s.mu.Unlock()
	// Whoever words the pages has locks of their own, and asks for the session's state
	// while holding them.
	if s.p.StrayPage != nil {
		o.Stray = s.p.StrayPage()
	}
	hint := o.LoginHint
	o.OnConsent = func(need auth.ConsentNeeded) { s.consentNeeded(a, need, hint) }
	if s.p.ConsentPage != nil {
		o.Waiting = func(need auth.ConsentNeeded) loopback.Page {
			return s.p.ConsentPage(s.awaited(a.client, need, hint), title)
		}
	}
	return o
}

// expected are the options that follow from the session's state, and how the provider
// is called. The caller holds mu.
func (s *Session) expected(a *attempt) (o auth.BeginOptions, title string) {
	provider := s.providers.description(a.client)
	o = auth.BeginOptions{
		LoginHint: strings.TrimSpace(a.asked.Account), Timeout: a.asked.Timeout, Elsewhere: a.asked.Elsewhere,
		MemoryOnly: s.inMemory(a.asked.MemoryOnly),
	}
	if o.Timeout == 0 {
		o.Timeout = s.rules.Timeout
	}
	o.Page = s.page(a.client, o.MemoryOnly)
	switch {
	case a.asked.Another:
		o.Prompt = "select_account"
	case s.who.account != nil && s.who.account.Provider == provider.ID && (o.LoginHint == "" || strings.EqualFold(o.LoginHint, s.who.account.Email)):
		o.LoginHint, o.Claims = s.who.account.Email, s.who.claims
	}
	if domain := domainOf(o.LoginHint); named(provider.Domains, domain) {
		o.DomainHint = domain
	}
	if o.LoginHint == "" && !a.asked.Another {
		o.DomainHint = s.rules.DomainHint
	}
	return o, provider.Name()
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

func named(domains []string, domain string) bool {
	return domain != "" && slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(strings.TrimPrefix(d, "@"), domain) })
}

func (s *Session) begin(life context.Context, o auth.BeginOptions, a *attempt) (waiter, <-chan struct{}, error) {
	id := a.client.Provider().ID
	if a.asked.Device {
		var d *auth.DeviceSignIn
		o.OnNewCode = func() { s.newCode(a, d) }
		var err error
		if d, err = a.client.BeginDevice(life, o); err != nil {
			return nil, nil, err
		}
		a.info = localapi.SignIn{Provider: id, Stage: localapi.StageDevice, MemoryOnly: o.MemoryOnly}
		a.show(d)
		return d, nil, nil
	}
	in, err := a.client.Begin(life, o)
	if err != nil {
		return nil, nil, err
	}
	a.browser = in
	a.info = localapi.SignIn{Provider: id, Stage: localapi.StageBrowser, MemoryOnly: o.MemoryOnly, URL: in.URL(),
		Pasteable: o.Elsewhere || isPasteable(in.URL()), Started: in.Started(), Deadline: in.Deadline()}
	return in, in.Returned(), nil
}

// choose finds the provider that a request means: the one it names, the only one
// there is, the one that the address belongs to, or the known person's.
func (s *Session) choose(a *attempt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	client, err := s.providers.chosen(a.asked, s.who.account)
	a.client = client
	return err
}

// isPasteable says whether the answer to a request certainly comes in an address.
// One that was pushed (RFC 9126) does not show that.
func isPasteable(request string) bool {
	u, err := url.Parse(request)
	if err != nil {
		return false
	}
	q := u.Query()
	return !q.Has("request_uri") && q.Get("response_mode") != "form_post"
}

// underWay is the present attempt, if it is what is asked for once more, nil
// otherwise. One that waits for an administrator is not: asking again is how the
// person goes back to the browser.
func (s *Session) underWay(wanted *attempt) *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, req := s.attempts.active, wanted.asked
	if a == nil || a.client != wanted.client || a.consent != nil || a.asked.Device != req.Device || a.asked.Another != req.Another ||
		a.asked.MemoryOnly != req.MemoryOnly || a.asked.Account != req.Account {
		return nil
	}
	return a
}

// again is the attempt for another look at the browser: some requests may be
// opened once only, and a browser elsewhere needs another one.
func (s *Session) again(ctx context.Context, a *attempt, req localapi.SignInRequest) localapi.SignIn {
	address, err := "", error(nil)
	switch {
	case a.browser == nil:
	case req.Elsewhere && !a.info.Pasteable:
		address, err = a.browser.ElsewhereURL(ctx)
	default:
		address, err = a.browser.Renew(ctx)
	}
	if err != nil {
		s.log.Warn("no fresh address for the browser", "provider", a.info.Provider, "error", err)
	}
	s.mu.Lock()
	if err == nil && address != "" {
		a.info.URL = address
		a.info.Pasteable = a.info.Pasteable || req.Elsewhere
	}
	info := a.info
	s.mu.Unlock()
	s.changed()
	return info
}

// Paste completes or ends a sign-in under way by hand; see [localapi.Agent].
func (s *Session) Paste(text string) error {
	s.mu.Lock()
	a := s.attempts.active
	s.mu.Unlock()
	notThis := &localapi.Problem{Code: localapi.NotThisSignIn}
	if a == nil || a.browser == nil {
		return notThis
	}
	s.mu.Lock()
	a.pasted = true // it may be over before Paste returns
	s.mu.Unlock()
	err := a.browser.Paste(text)
	if err != nil {
		s.mu.Lock()
		a.pasted = false
		s.mu.Unlock()
	}
	if errors.Is(err, auth.ErrNotThisSignIn) {
		return notThis // what was pasted may hold a code, and is not repeated
	}
	if err != nil {
		return s.explain(err, a.client)
	}
	return nil
}

func (s *Session) page(client *auth.Client, memoryOnly bool) func(*auth.Tokens, error) loopback.Page {
	if s.p.Page == nil {
		return nil
	}
	return func(t *auth.Tokens, err error) loopback.Page {
		if err != nil {
			return s.p.Page(Ending{Problem: s.explain(err, client), MemoryOnly: memoryOnly})
		}
		who := localAccount(t.Account, t.Remembered())
		end := Ending{Account: &who, MemoryOnly: memoryOnly}
		if !memoryOnly {
			end.Unkept = markUnsaved(s.explain(t.SaveErr, client))
		}
		return s.p.Page(end)
	}
}

// MayGiveCodes says whether a device sign-in may be offered with a provider. Until
// its metadata have been read that is a guess, and yes.
func (s *Session) MayGiveCodes(provider string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.providers.mayGiveCodes(provider)
}

// learnCodes remembers what the metadata say, which have just been read and lie on
// disk.
func (s *Session) learnCodes(ctx context.Context, client *auth.Client) {
	m, err := client.Metadata(ctx)
	if err != nil {
		return
	}
	id, gives := client.Provider().ID, m.DeviceEndpoint != ""
	s.mu.Lock()
	news := s.providers.learnt(id, gives)
	s.mu.Unlock()
	if news {
		s.changed()
	}
}
