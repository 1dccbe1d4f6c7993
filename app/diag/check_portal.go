package diag

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
)

const manifestPath = manifest.Path

// checkManifest reads the portal's description, and returns it, or the last good copy,
// nil for none.
func (x *examination) checkManifest(ctx context.Context, door *host) *portal.Published {
	const id = "manifest"
	switch {
	case door == nil && x.address.Status == localapi.CheckBad:
		*x.manifest = *after(x.address, id, groupPortal, "")
		return x.Known
	case door == nil:
		*x.manifest = *skipped(id, groupPortal, "", "there is no portal")
		return x.Known
	}
	subject := door.name()
	if door.tls.Status != localapi.CheckGood && door.tls.Status != localapi.CheckWarning {
		*x.manifest = *after(door.tls, id, groupPortal, subject)
		x.manifest.Facts = x.copyFacts()
		return x.Known
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, readLimit, errLate)
	defer cancel()
	published, err := x.Manifest(ctx)
	if err != nil {
		*x.manifest = *bad(id, groupPortal, subject, x.portalProblem(err), x.copyFacts()...)
		x.manifest.Took = time.Since(begun)
		return x.Known
	}
	m := &published.Manifest
	*x.manifest = *good(id, groupPortal, subject,
		fmt.Sprintf("%q, with %s and %s", forDisplay(m.Name), counted(len(m.Providers), "provider"), counted(len(m.Menus), "app")),
		"read just now; good until "+day(published.Expires))
	x.manifest.Took = time.Since(begun)
	x.ignored = x.ignoredMembers(m)
	return published
}

// counted is a number of things in English, as facts are.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// portalProblem is a reader's error. Its own kind says most.
func (x *examination) portalProblem(err error) *localapi.Problem {
	var p *localapi.Problem
	if errors.As(err, &p) {
		return p
	}
	return session.Explain(err, session.About{}, x.Now())
}

func (x *examination) copyFacts() []string {
	if x.Known == nil {
		return []string{"there is no copy from before"}
	}
	return []string{"a copy from " + day(x.Known.Checked) + " is in use"}
}

// ignoredMembers are the members of the description that mean nothing.
func (x *examination) ignoredMembers(m *manifest.Manifest) []*check {
	var found []*check
	for _, u := range m.Unknown {
		found = append(found, x.ignoredMember(u))
	}
	for _, p := range m.Providers {
		for _, u := range p.Unknown {
			found = append(found, x.ignoredMember(u))
		}
	}
	return found
}

func (x *examination) ignoredMember(u manifest.Unknown) *check {
	return warning("manifest", groupPortal, u.Path, x.problem(localapi.ManifestUnknownKey, nil, "field", u.Path, "suggestion", u.Nearest))
}
