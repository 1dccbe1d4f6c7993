package auth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/auth/loopback"
)

// ErrNotThisSignIn: a pasted address does not answer this sign-in, or a pasted text names
// no known error.
var ErrNotThisSignIn = errors.New("this is not the address at which the browser ended for this sign-in, and no error that is known")

// ElsewhereURL is an address for a browser on another computer: that one ends at an
// address with the answer in it, for [SignIn.Paste]. A posted form leaves nothing to
// paste, so the answer to [SignIn.URL] need not do. Both stay good, and the first answer
// counts. While consent is awaited the address is good until the browser here looks
// again, if one still does.
//
// Errors: as for [Client.Begin], when the request has to be pushed (RFC 9126).
func (s *SignIn) ElsewhereURL(ctx context.Context) (string, error) {
	if s.isWaiting() {
		o := s.options
		o.Elsewhere = true
		address, state, err := s.askAgain(ctx, o)
		if err == nil {
			s.listener.Expect(state)
		}
		return address, err
	}
	s.mu.Lock()
	r, pending := s.pending()
	s.mu.Unlock()
	if !pending {
		return s.URL(), nil // it has been answered
	}
	if mode := s.meta.responseMode(true); mode != "" {
		r.parameters.Set("response_mode", mode)
	}
	return s.address(ctx, &r)
}

// Paste completes a sign-in with the address the browser ended at, for browsers unable to
// come back by themselves. Blanks and quotes around it do no harm, and the part after "?"
// alone does as well.
//
// It also takes the text of a page with an error, see [ErrorPage], of a provider sending
// nobody back with it: the sign-in ends with its refusal as if it had come. Only the
// person signing in can paste, and at worst a false text ends their sign-in with the
// wrong words. While consent is awaited, a page about it is nothing new, and the wait
// goes on.
//
// Errors: [ErrNotThisSignIn] when the address does not answer this sign-in, or when
// nothing in the text is known; the sign-in goes on.
func (s *SignIn) Paste(text string) error {
	if len(text) > maxPasted {
		return ErrNotThisSignIn
	}
	query, onPage := s.pageQuery(text)
	if values, ok := pasted(text); ok && !onPage {
		before := s.setPasted(true)
		if s.listener.Offer(values) {
			return nil
		}
		s.setPasted(before)
	}
	if onPage {
		text = query
	}
	return s.pastePage(text)
}

// pastePage ends the sign-in with the refusal in a text.
func (s *SignIn) pastePage(text string) error {
	if !s.ownStates(text) || !s.ownStates(unbroken(text)) {
		return ErrNotThisSignIn // it answers another sign-in
	}
	refused, err := ErrorPage(text)
	waiting := s.isWaiting()
	switch {
	case err != nil:
		return err
	case waiting && needsConsent(refused):
		return nil
	case !waiting && s.hasReturned():
		return ErrNotThisSignIn // the browser is back, and the sign-in about to end
	}
	s.mu.Lock()
	for _, r := range s.asked {
		_ = r.carried().maskError(refused)
	}
	s.mu.Unlock()
	s.setPasted(true)
	s.cancel(refused)
	return nil
}

func (s *SignIn) hasReturned() bool {
	select {
	case <-s.Returned():
		return true
	default:
		return false
	}
}

var statePattern = pattern(`(?i)(?:\bstate=|"state"\s*:\s*")([^&\s"'<>]*)`)

// ownStates reports if every state in a text is one of this sign-in's.
func (s *SignIn) ownStates(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, found := range statePattern().FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(s.asked, func(r request) bool { return r.state == found[1] }) {
			return false
		}
	}
	return true
}

// pageQuery is the query of a page's own address, if this is the provider's: some have
// the error in it.
func (s *SignIn) pageQuery(text string) (query string, ok bool) {
	text = unbroken(text)
	if !isAddress(text) || hostOf(text) != hostOf(s.meta.AuthorizationEndpoint) {
		return "", false
	}
	_, query, _ = strings.Cut(text, "?")
	query, _, _ = strings.Cut(query, "#")
	return query, loopback.ParseForm(query).Has("error")
}

func (s *SignIn) setPasted(pasted bool) (before bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.pasted = s.pasted, pasted
	return before
}

// maxPasted is far above the few KiB of a real answer.
const maxPasted = 64 << 10

// pasted reads the parameters of a pasted text. Mail programs and terminals put line
// breaks into long addresses; they are taken out: none can be part of one.
func pasted(text string) (url.Values, bool) {
	text = unbroken(text)
	if _, query, found := strings.Cut(text, "?"); found {
		text = query
	}
	text, _, _ = strings.Cut(text, "#") // some add "#" without a fragment
	values := loopback.ParseForm(text)
	return values, len(values) > 0
}

// unbroken is a text without the quotes and blanks around an address, and without line breaks.
func unbroken(text string) string {
	text = strings.Trim(text, "\"'<>`“”„»«‚‘’ \t\r\n\ufeff")
	return strings.NewReplacer("\r", "", "\n", "").Replace(text)
}
