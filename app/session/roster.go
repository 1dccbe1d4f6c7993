package session

import (
	"slices"

	"github.com/portico-desktop/portico/auth"
)

// storeList is the key store's answer. It is held, because a window may ask often, and
// every question may make a locked key store ask the person.
type storeList struct {
	known []auth.Known
	err   error
}

// roster holds the accounts known to this device beside the person's. It has no lock of
// its own: the state's mu guards it.
type roster struct {
	// aside are the sign-ins of other accounts held in no key store, by account; they
	// last as long as the session.
	aside map[string]*auth.Tokens
	// list is the key store's last answer, nil when it has to be asked; edition counts
	// the events that may have changed it.
	list    *storeList
	edition int
}

// unlist lets the key store be asked again.
func (r *roster) unlist() {
	r.list = nil
	r.edition++
}

// take returns an account's sign-in put aside, nil for none, and holds it no more.
func (r *roster) take(account string) *auth.Tokens {
	tokens := r.aside[account]
	delete(r.aside, account)
	return tokens
}

// putAside holds a person's sign-in outside the key store, to be used again for as long
// as the session lasts.
func (r *roster) putAside(w *who) {
	if w.account != nil && !w.kept && w.onlyHere() {
		r.aside[w.account.ID] = w.tokens
	}
}

// signedIn forgets older knowledge of an account just signed in. A list still true stays.
func (r *roster) signedIn(account auth.Account, kept bool) {
	for id, other := range r.aside {
		// One sign-in a person and entry: without the key store it may have another name.
		if a := other.Account; id == account.ID || a.Provider == account.Provider && a.Issuer == account.Issuer && a.Subject == account.Subject {
			delete(r.aside, id)
		}
	}
	if r.list == nil || !slices.Contains(r.list.known, auth.Known{Account: account, Remembered: kept}) {
		r.unlist()
	}
}

// with adds to known accounts the person's, and those put aside.
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
