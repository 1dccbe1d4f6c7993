package main

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
)

// overruledPortal is the address of PORTICO_PORTAL or --portal if IT has decided on another
// portal. by is IT's name (policy ManagedByName), "" if they have not given one. ok is false if
// the variable counts or is not set.
func (p *program) overruledPortal() (address, by string, ok bool) {
	address = p.address()
	if address == "" {
		return "", "", false
	}
	paths, err := p.paths()
	if err != nil {
		return "", "", false // connecting tells their fault
	}
	decided := p.find(paths).Policies().Resolve(policy.Layers{})
	set := decided.Get(policy.PortalURL)
	if !set.Locked {
		return "", "", false
	}
	asked, err := portal.Normalise(address)
	counts, wrong := portal.Normalise(decided.Text(policy.PortalURL))
	if err == nil && wrong == nil && asked == counts {
		return "", "", false
	}
	return address, decided.Text(policy.ManagedByName), true
}

// sayOverruled says so if PORTICO_PORTAL is without effect: nobody would know otherwise.
func (p *program) sayOverruled() {
	address, by, ok := p.overruledPortal()
	if !ok {
		return
	}
	if by == "" {
		by = p.words.Text("fallback.by")
	}
	variable := "PORTICO_PORTAL"
	if p.portal != "" {
		variable = "--portal"
	}
	p.say("console.portal.overruled", "Variable", variable, "Address", address, "Name", by)
}

// isPortalOf reports if a running agent has the portal of PORTICO_PORTAL. With the
// variable unset or overruled, every portal will do.
func (p *program) isPortalOf(s localapi.State) bool {
	address := p.address()
	if address == "" {
		return true
	}
	if _, _, overruled := p.overruledPortal(); overruled {
		return true
	}
	asked, err := portal.Normalise(address)
	return err == nil && asked == s.PortalAddress
}
