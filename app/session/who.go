package session

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// who is the person signed in or known, with everything held of them. Its zero value is
// nobody. It has no lock of its own: the state's mu guards it.
type who struct {
	account *auth.Account
	// tokens are held in memory, nil for none.
	tokens *auth.Tokens
	// kept: the key store holds the account's sign-in.
	kept bool
	// unkept is why a sign-in is not remembered. Without any key store it is set for
	// nobody in particular.
	unkept *localapi.Problem
	// claims is the challenge to answer at the next sign-in.
	claims string
}

// reset lets go of the person, and of everything held of them.
func (w *who) reset() { *w = who{} }

// become sets the person signed in or known. The trouble with remembering them stays as
// it is.
func (w *who) become(account auth.Account, tokens *auth.Tokens, kept bool) {
	*w = who{account: &account, tokens: tokens, kept: kept, unkept: w.unkept}
}

// lapsed: the person's sign-in is no more, and they stay known.
func (w *who) lapsed() { w.tokens, w.kept = nil, false }

// is says whether it is the account with this id.
func (w *who) is(account string) bool { return w.account != nil && w.account.ID == account }

// holds says whether nobody has signed out or in meanwhile, not even as the same person:
// beside other tokens, the outcome for these does not count.
func (w *who) holds(account string, tokens *auth.Tokens) bool {
	return w.is(account) && w.tokens == tokens
}

// canRenew says whether there is anything to renew.
func (w *who) canRenew() bool {
	return w.account != nil && (w.kept || w.onlyHere())
}

// onlyHere says whether the sign-in is held in memory and can be renewed from there.
func (w *who) onlyHere() bool { return w.tokens != nil && w.tokens.RefreshToken != "" }
