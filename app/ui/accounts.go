package ui

import (
	"context"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
)

// accounts are the people remembered on this computer, by the agent's last answer.
type accounts struct {
	list []localapi.Account
	// former are accounts with a sign-in from before the portal changed. They can be
	// signed out, and nothing else.
	former []localapi.Account
	known  bool

	agent   *agent
	jobs    *jobs
	refresh func()
}

// ask asks the agent for the remembered accounts. A failure counts as nobody: the ways to
// sign in are there without.
func (p *accounts) ask() {
	var list []localapi.Account
	p.jobs.call(func(ctx context.Context) error {
		var err error
		list, err = p.agent.api.Accounts(ctx)
		return err
	}, func(err error) {
		if err != nil {
			list = nil
		}
		var said accounts
		for _, a := range list {
			switch {
			case !a.Former:
				said.list = append(said.list, a)
			case a.Remembered:
				said.former = append(said.former, a)
			}
		}
		if p.known && slices.Equal(p.list, said.list) && slices.Equal(p.former, said.former) {
			return
		}
		p.list, p.former, p.known = said.list, said.former, true
		p.refresh()
	})
}

// others are the remembered accounts except the session's.
func (p *accounts) others() []localapi.Account {
	present := ""
	if a := p.agent.state.Session.Account; a != nil {
		present = a.ID
	}
	var others []localapi.Account
	for _, a := range p.list {
		if a.ID != present {
			others = append(others, a)
		}
	}
	return others
}

// fullName is an account's name for a place with enough room.
func fullName(a *localapi.Account) string {
	if a != nil && a.Name != "" {
		return a.Name
	}
	return accountName(a)
}
