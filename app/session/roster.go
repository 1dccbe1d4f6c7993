package session

import (
	"slices"

	"github.com/portico-desktop/portico/auth"
)

// storeList is what the key store said. It is kept, because a window may ask
// often, and every question may make a locked key store ask the person.
type storeList struct {
	known []auth.Known
	err   error
}

// roster is whom this device knows beside the person. It has no lock of its own: the
// state's mu guards it.
type roster struct {
	// aside are the sign-ins of other accounts that no key store holds, by
	// account; they last as long as the session.
	aside map[string]*auth.Tokens
	// list is what the key store said last, nil when it has to be asked; edition
	// counts what may have changed it.
	list    *storeList
	edition int
}

// unlist lets the key store be asked again.
func (r *roster) unlist() {
	r.list = nil
	r.edition++
}

// take returns the sign-in that was put aside of an account, nil for none, and holds it no
// more.
func (r *roster) take(account string) *auth.Tokens {
	tokens := r.aside[account]
	delete(r.aside, account)
	return tokens
}

// putAside keeps a person's sign-in that no key store holds, so that it can be used again
// for as long as the session lasts.
func (r *roster) putAside(w *who) {
	if w.account != nil && !w.kept && w.onlyHere() {
		r.aside[w.account.ID] = w.tokens
	}
}

// signedIn forgets what was known of an account that has just been signed in. A list that
// still says the truth stays.
func (r *roster) signedIn(account auth.Account, kept bool) {
	for id, other := range r.aside {
		// One sign-in a person and entry: what is not kept may have another name.
		if a := other.Account; id == account.ID || a.Provider == account.Provider && a.Issuer == account.Issuer && a.Subject == account.Subject {
			delete(r.aside, id)
		}
	}
	if r.list == nil || !slices.Contains(r.list.known, auth.Known{Account: account, Remembered: kept}) {
		r.unlist()
	}
}

// with adds to known accounts the person's, and those that were put aside.
func (r *roster) with(w *who, known []auth.Known) []auth.Known {
	add := func(a auth.Account, remembered bool) {
		if !slices.ContainsFunc(known, func(k auth.Known) bool { return k.ID == a.ID }) {
			known = append(known, auth.Known{Account: a, Remembered: remembered})
		}
	}
	if w.account != nil {
		add(*w.account, w.kept)
	}
	for _, t := range r.aside {
		add(t.Account, false)
	}
	return known
}
