package auth

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// ErrNotThisSignIn means that a pasted address does not answer this sign-in.
var ErrNotThisSignIn = errors.New("this is not the address at which the browser ended for this sign-in")

// ElsewhereURL is an address for a browser on another computer: where that one
// ends is an address with the answer in it, for [SignIn.Paste]. A posted form
// leaves nothing to paste, so the answer to [SignIn.URL] need not do. Both stay
// good, and the first answer counts. While consent is awaited the address is good
// until the browser here looks again, if one still does.
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

// Paste completes a sign-in with the address at which the browser ended, for
// browsers that cannot come back by themselves. Blanks and quotes around it do no
// harm, and the part after "?" alone does as well.
//
// Errors: [ErrNotThisSignIn] when the address does not answer this sign-in; the
// sign-in goes on.
func (s *SignIn) Paste(address string) error {
	values, ok := pasted(address)
	if !ok {
		return ErrNotThisSignIn
	}
	before := s.setPasted(true)
	if !s.listener.Offer(values) {
		s.setPasted(before)
		return ErrNotThisSignIn
	}
	return nil
}

func (s *SignIn) setPasted(pasted bool) (before bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.pasted = s.pasted, pasted
	return before
}

// maxPasted is far above the few KiB of a real answer.
const maxPasted = 64 << 10

// pasted reads the parameters of what somebody pasted. Line breaks, which mail
// programs and terminals put into long addresses, are taken out: none can be part
// of one.
func pasted(text string) (url.Values, bool) {
	if len(text) > maxPasted {
		return nil, false
	}
	text = strings.Trim(text, "\"'<>`“”„»«‚‘’ \t\r\n")
	text = strings.NewReplacer("\r", "", "\n", "").Replace(text)
	if _, query, found := strings.Cut(text, "?"); found {
		text = query
	}
	text, _, _ = strings.Cut(text, "#") // some add "#" to what has no fragment
	values, err := url.ParseQuery(text)
	return values, err == nil && len(values) > 0
}
