package agent

import (
	"context"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
)

// portals is trying an address, and making it the person's, for windows and consoles. It
// implements [localapi.Portals].
type portals struct {
	keeper    *portal.Keeper
	decisions *settings.Decisions
	outs      *signOuts
	rehearsal bool
	// given is the address from the program's start, for this run only.
	given string
	// offered are the providers of a manifest as windows offer them.
	offered func(*manifest.Manifest) []localapi.Provider
	// phase is the session's, and resume signs in silently.
	phase  func() localapi.Phase
	resume func(ctx context.Context)
	// started hears of a portal just set.
	started func()
}

// CheckPortal reads the manifest at an address; see [localapi.Agent].
func (p *portals) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	read, err := p.look(ctx, req)
	if err != nil {
		return localapi.PortalCheck{}, err
	}
	return localapi.PortalCheck{Address: read.Address, Name: read.Manifest.Name, Accent: read.Manifest.Accent, Providers: p.offered(&read.Manifest)}, nil
}

// look reads a manifest handed over, or the one at an address, and keeps nothing.
func (p *portals) look(ctx context.Context, req localapi.PortalRequest) (*portal.Published, error) {
	if req.Manifest != nil {
		return p.keeper.Reader().FromBytes(req.Address, req.Manifest)
	}
	address, err := portal.Normalise(req.Address)
	if err != nil {
		return nil, err
	}
	return p.keeper.Reader().Check(ctx, address)
}

// SetPortal makes an address this person's portal; see [localapi.Agent]. A manifest to
// try out belongs in a rehearsal (Params.Rehearse): there it disturbs nobody's sign-in.
func (p *portals) SetPortal(ctx context.Context, req localapi.PortalRequest) error {
	if req.Manifest != nil || p.rehearsal {
		return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a manifest is tried in a rehearsal, and a rehearsal sets no portal"}}
	}
	if why := p.decisions.Refused(policy.PortalURL); why != nil {
		return why
	}
	if req.ForRun && req.Address == "" {
		p.decisions.SetForRun(p.given)
		p.decisions.Reconsider()
		return nil
	}
	return p.keeper.Alone(func() error { return p.set(ctx, req.Address, req.ForRun) })
}

// set is SetPortal for an address, while nobody else reads the portal.
func (p *portals) set(ctx context.Context, typed string, onlyRun bool) error {
	address, err := portal.Normalise(typed)
	if err != nil {
		return err
	}
	read, err := p.keeper.Reader().Renew(ctx, address)
	if err != nil {
		return err
	}
	phase, same := p.phase(), p.keeper.Address() == read.Address
	rest := p.outs.rest() && same
	forRun := read.Address
	if !onlyRun {
		forRun = ""
		if err := p.decisions.Edit(func(s *settings.Person) { s.Portal, s.SignedOut = read.Address, rest }); err != nil {
			return session.Explain(err, session.About{}, time.Now())
		}
	}
	// Decided before it is taken: whoever asks meanwhile what is decided would take the
	// portal before.
	p.decisions.SetForRun(forRun)
	p.decisions.Decide()
	p.keeper.Take(read.Address)
	p.outs.set(rest)
	p.keeper.Publish(read)
	if !same || phase != localapi.SignedIn {
		p.resume(ctx)
	}
	p.started()
	return nil
}

// Logo returns a logo by its digest; see [localapi.Agent].
func (p *portals) Logo(_ context.Context, digest string) ([]byte, error) {
	if seen := p.keeper.Seen(); seen != nil {
		if body, ok := seen.Pictures[digest]; ok {
			return body, nil
		}
	}
	return nil, &localapi.Problem{Code: localapi.Unexpected, Details: &localapi.Details{Error: "there is no logo with this digest"}}
}
