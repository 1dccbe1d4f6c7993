package agent

import (
	"context"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
)

// ManifestCheck is the result of [Agent.CheckManifest].
type ManifestCheck struct {
	// Address is the portal's, or the name of the file.
	Address string
	Name    string
	// Providers and Apps count them.
	Providers, Apps int
	// Problems are the ignored parts, and those not used as they stand.
	Problems []localapi.Problem
}

// CheckManifest looks at the manifest of a rehearsal: the one in a file, or without a
// file the portal's at the address. It asks no provider, keeps nothing, and need not Run.
//
// Errors: as [portal.Reader.FromBytes] and [portal.Reader.Check], if there is no manifest
// to use.
func (a *Agent) CheckManifest(ctx context.Context) (ManifestCheck, error) {
	p, err := a.portals.look(ctx, *a.p.Rehearse)
	if err != nil {
		return ManifestCheck{}, err
	}
	a.keeper.Reader().ReadLogos(ctx, p)
	m := &p.Manifest
	check := ManifestCheck{Address: p.Address, Name: m.Name, Providers: len(m.Providers), Apps: len(m.Menus), Problems: unusedParts(p)}
	for i := range m.Providers {
		check.Problems = append(check.Problems, ignored(m, i)...)
	}
	return check, nil
}

// unusedParts are the published parts that are not used as they stand.
func unusedParts(p *portal.Published) (out []localapi.Problem) {
	for _, u := range slices.Concat(p.Manifest.Unused, p.UnusedLogos) {
		out = append(out, *portal.UnusedProblem(u))
	}
	return out
}
