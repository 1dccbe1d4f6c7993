package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

// accounts are the people that this computer remembers, as the agent last said.
type accounts struct {
	list []localapi.Account
	// former are those whose sign-in is from before the portal changed. They can be
	// signed out, and nothing else.
	former []localapi.Account
	known  bool
}

// askAccounts asks the agent who is remembered. A failure counts as nobody: the
// ways to sign in are there without.
func (w *window) askAccounts() {
	var list []localapi.Account
	w.call(func(ctx context.Context) error {
		var err error
		list, err = w.Agent.Accounts(ctx)
		return err
	}, func(err error) {
		if err != nil {
			list = nil
		}
		said := accounts{known: true}
		for _, a := range list {
			switch {
			case !a.Former:
				said.list = append(said.list, a)
			case a.Remembered:
				said.former = append(said.former, a)
			}
		}
		if w.accounts.known && slices.Equal(w.accounts.list, said.list) && slices.Equal(w.accounts.former, said.former) {
			return
		}
		w.accounts = said
		w.refresh()
	})
}

// others are the remembered accounts that the session is not about.
func (w *window) others() []localapi.Account {
	present := ""
	if a := w.state.Session.Account; a != nil {
		present = a.ID
	}
	var others []localapi.Account
	for _, a := range w.accounts.list {
		if a.ID != present {
			others = append(others, a)
		}
	}
	return others
}

// useAccount goes on as somebody who is remembered.
func (w *window) useAccount(id string) {
	w.tried = nil
	name := id
	for _, a := range w.accounts.list {
		if a.ID == id {
			name = cmp.Or(accountName(&a), id)
		}
	}
	w.act(func(ctx context.Context) error {
		err := w.Agent.UseAccount(ctx, localapi.AccountRequest{Account: id})
		var p *localapi.Problem
		if errors.As(err, &p) && p.Code == localapi.UnknownAccount {
			w.hop.post(w.askAccounts) // it is offered no more
			named := *p
			named.Params = map[string]string{"account": name}
			return &named
		}
		return err
	}, nil)
}

// anotherAccount signs in somebody else: at the provider if there is only one,
// after choosing the way in if there are several.
func (w *window) anotherAccount() {
	if p := w.state.Portal; p != nil && len(p.Providers) == 1 && !p.AddressFirst {
		w.signIn(localapi.SignInRequest{Provider: p.Providers[0].ID, Another: true})
		return
	}
	w.adding = true
	w.refresh()
}

// personLine is what tells a remembered account from others: whether it is a
// guest's, its address and its provider.
func (w *window) personLine(a localapi.Account) string {
	var parts []string
	if a.Guest {
		parts = append(parts, w.Words.Text("window.account.guest"))
	}
	if a.Email != "" && a.Email != a.Name {
		parts = append(parts, a.Email)
	}
	if title := w.providerTitle(a.Provider); title != "" {
		parts = append(parts, title)
	}
	return strings.Join(parts, " · ")
}

// formers are the accounts that can only be signed out, as lines to press.
func (w *window) formers() []*kit.Person {
	var lines []*kit.Person
	for _, a := range w.accounts.former {
		then := w.Words.Text("window.account.former")
		if a.Email != "" && a.Email != a.Name {
			then = a.Email + " · " + then
		}
		lines = append(lines, kit.NewPerson(kit.Initials(a.Name, a.Email), fullName(&a), then, func() {
			w.popup.Close()
			w.askSignOutOf(a)
		}).InMenu())
	}
	return lines
}

// fullName is what to call an account where there is room.
func fullName(a *localapi.Account) string {
	if a != nil && a.Name != "" {
		return a.Name
	}
	return accountName(a)
}
