package session

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// options tell the provider of the expected person.
func (s *signIns) options(a *attempt) auth.BeginOptions {
	s.state.mu.Lock()
	o, title := s.expected(a)
	s.state.mu.Unlock()
	// The maker of the pages has locks of its own, and asks for the session's state while
	// holding them.
	if s.pages.stray != nil {
		o.Stray = s.pages.stray()
	}
	hint := o.LoginHint
	o.OnConsent = func(need auth.ConsentNeeded) { s.following.consentNeeded(a, need, hint) }
	if s.pages.consent != nil {
		o.Waiting = func(need auth.ConsentNeeded) loopback.Page {
			return s.pages.consent(s.consents.awaited(a.client, need, hint), title)
		}
	}
	return o
}

// expected are the options by the session's state, and the provider's title. The caller
// holds the state's mu.
func (s *signIns) expected(a *attempt) (o auth.BeginOptions, title string) {
	provider := s.state.providers.description(a.client)
	o = auth.BeginOptions{
		LoginHint: strings.TrimSpace(a.asked.Account), Timeout: a.asked.Timeout, Elsewhere: a.asked.Elsewhere,
		MemoryOnly: s.state.rules.inMemory(a.asked.MemoryOnly),
	}
	if o.Timeout == 0 {
		o.Timeout = s.state.rules.Timeout
	}
	o.Page = s.pages.final(a.client, o.MemoryOnly)
	switch {
	case a.asked.Another:
		o.Prompt = "select_account"
	case s.state.who.account != nil && s.state.who.account.Provider == provider.ID && (o.LoginHint == "" || strings.EqualFold(o.LoginHint, s.state.who.account.Email)):
		o.LoginHint, o.Claims = s.state.who.account.Email, s.state.who.claims
	}
	if domain := domainOf(o.LoginHint); named(provider.Domains, domain) {
		o.DomainHint = domain
	}
	if o.LoginHint == "" && !a.asked.Another {
		o.DomainHint = s.state.rules.DomainHint
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

// begin asks the provider for a sign-in in the browser, or with a code. The channel tells
// of the browser's return, and is nil with a code.
func (s *signIns) begin(life context.Context, o auth.BeginOptions, a *attempt) (waiter, <-chan struct{}, error) {
	id := a.client.Provider().ID
	if a.asked.Device {
		var d *auth.DeviceSignIn
		o.OnNewCode = func() { s.following.newCode(a, d) }
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

// choose finds the provider of a request: the one named in it, the only one there is, the
// one for the mail address, or the known person's.
func (s *signIns) choose(a *attempt) error {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	client, err := s.state.providers.chosen(a.asked, s.state.who.account)
	a.client = client
	return err
}

// isPasteable says whether the answer to a request certainly comes in an address. A
// pushed request (RFC 9126) does not show it.
func isPasteable(request string) bool {
	u, err := url.Parse(request)
	if err != nil {
		return false
	}
	q := u.Query()
	return !q.Has("request_uri") && q.Get("response_mode") != "form_post"
}
