package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/app/portal/feed"
	"github.com/portico-desktop/portico/app/portal/form"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/plain"
)

// ManifestCheck is the result of [Agent.CheckManifest].
type ManifestCheck struct {
	// Address is the portal's, or the name of the file.
	Address string
	Name    string
	// Providers, Apps and Forms count them.
	Providers, Apps, Forms int
	// Findings are the parts that are wrong, ignored, or not used as they stand.
	Findings []Finding
}

// Finding is a problem with one part of a manifest.
type Finding struct {
	// Path is the part's place, as in "providers[0].authority" or "forms[1].ui.elements[0]".
	Path    string
	Problem localapi.Problem
}

// maxReason bounds the reasons in findings.
const maxReason = 450

// CheckManifest looks at the manifest of a rehearsal: the one in a file, or without a
// file the portal's at the address. It asks everybody the manifest names: providers for
// their metadata, hosts of logos and news, the portal's API. Nobody signs in, nothing is
// kept, and the agent need not Run.
//
// Errors: as [portal.Reader.FromBytes] and [portal.Reader.Check], if there is no manifest
// to use.
func (a *Agent) CheckManifest(ctx context.Context) (ManifestCheck, error) {
	p, err := a.portals.look(ctx, *a.p.Rehearse)
	if err != nil {
		return ManifestCheck{}, err
	}
	m := &p.Manifest
	check := ManifestCheck{Address: p.Address, Name: m.Name, Providers: len(m.Providers), Apps: len(m.Menus), Forms: len(m.Forms)}
	asking, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	look := lookout{reader: a.keeper.Reader(), p: p}
	var asked []func() []Finding
	asked = append(asked, func() []Finding { return look.logos(asking) })
	for i := range m.Providers {
		asked = append(asked, func() []Finding {
			problem := a.registrations.kept.Offer(asking, described(m.Providers[i]))
			if problem == nil {
				return nil
			}
			return []Finding{{fmt.Sprintf("providers[%d]", i), *problem}}
		})
	}
	asked = append(asked,
		func() []Finding { return look.api(asking) },
		func() []Finding { return look.feed(asking, "announcements_url", m.AnnouncementsURL) },
		func() []Finding { return look.feed(asking, "status.url", m.Status.URL) },
	)
	check.Findings = append(stated(p), atOnce(asked)...)
	if err := context.Cause(ctx); err != nil {
		return ManifestCheck{}, err
	}
	for _, f := range m.Forms {
		check.Findings = append(check.Findings, unusable(f)...)
	}
	return check, nil
}

// atOnce calls some of these at the same time, and returns their findings in order.
func atOnce(asked []func() []Finding) (out []Finding) {
	found := make([][]Finding, len(asked))
	var parts sync.WaitGroup
	free := make(chan struct{}, lookedAtOnce)
	for i, ask := range asked {
		parts.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			found[i] = ask()
		})
	}
	parts.Wait()
	for _, f := range found {
		out = append(out, f...)
	}
	return out
}

// stated are the findings of the manifest by itself.
func stated(p *portal.Published) (out []Finding) {
	m := &p.Manifest
	for _, u := range m.Unused {
		out = append(out, Finding{u.Field, *portal.UnusedProblem(u)})
	}
	for i := range m.Providers {
		for _, problem := range ignored(m, i) {
			out = append(out, Finding{problem.Params["field"], problem})
		}
	}
	return out
}

// lookout asks for what a manifest refers to.
type lookout struct {
	reader *portal.Reader
	p      *portal.Published
}

func (l lookout) logos(ctx context.Context) (out []Finding) {
	l.reader.ReadLogos(ctx, l.p)
	for _, u := range l.p.UnusedLogos {
		ref := l.p.Manifest.Logo.Light
		if u.Field == "logo.dark" {
			ref = l.p.Manifest.Logo.Dark
		}
		if u.Err != nil {
			out = append(out, l.unread(u.Field, ref, u.Err)...)
			continue
		}
		out = append(out, Finding{u.Field, *portal.UnusedProblem(u)})
	}
	return out
}

// unread is the finding for something that could not be fetched.
func (l lookout) unread(field, ref string, err error) []Finding {
	if problem := portal.Unreached(l.p, ref, err); problem != nil {
		return []Finding{{field, *problem}}
	}
	return wrong(field, "cannot be read: %v; put it there, or correct the address", err)
}

// wrong is the finding for a part that cannot be used.
func wrong(field, format string, args ...any) []Finding {
	reason := plain.Text(fmt.Sprintf(format, args...), maxReason)
	return []Finding{{field, *portal.UnusedProblem(manifest.Unused{Field: field, Reason: reason})}}
}

// feed looks at a document of news, if there is one.
func (l lookout) feed(ctx context.Context, field, ref string) []Finding {
	if ref == "" {
		return nil
	}
	raw, err := l.reader.Refer(ctx, l.p, ref)
	switch {
	case err != nil:
		return l.unread(field, ref, err)
	case raw == nil:
		return nil // it comes with the publication
	}
	if _, err := feed.Parse(raw); err != nil {
		return wrong(field, "leads to a document that %v", err)
	}
	return nil
}

// api looks if there is a Portal API 1 at the manifest's address for it.
func (l lookout) api(ctx context.Context) []Finding {
	base := l.p.Manifest.API.URL
	if base == "" {
		return nil
	}
	raw, err := l.reader.Refer(ctx, l.p, base+"/v1")
	if err != nil {
		return l.unread("api.url", base+"/v1", err)
	}
	var answer api.Portal
	if err := json.Unmarshal(raw, &answer); err != nil || strings.TrimSpace(answer.Name) == "" {
		return wrong("api.url", "has something else than Portal API 1: GET %s/v1 answers no name of a portal", base)
	}
	return nil
}

// unusable are the faults of a form, each at its place.
func unusable(f manifest.Form) (out []Finding) {
	at := fmt.Sprintf("forms[%d]", f.At)
	_, err := form.Compile(f.Document)
	var faults *form.Error
	if !errors.As(err, &faults) {
		return nil
	}
	for _, fault := range faults.Faults {
		reason := strings.TrimSpace(fault.Name + " " + fault.Reason)
		if fault.Instead != "" {
			reason += ": " + fault.Instead
		}
		// The words begin with the place.
		out = append(out, wrong(at+path(fault.Pointer), "is not used, and the form is offered in the browser only: %s", reason)...)
	}
	if faults.More > 0 {
		out = append(out, wrong(at, "has %d more faults", faults.More)...)
	}
	return out
}

// path is a JSON pointer (RFC 6901) as the paths of manifests are written.
func path(pointer string) string {
	var b strings.Builder
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch {
		case step == "":
		case strings.Trim(step, "0123456789") == "":
			b.WriteString("[" + step + "]")
		case strings.ContainsAny(step, `.[]" `):
			fmt.Fprintf(&b, ".%q", step)
		default:
			b.WriteString("." + step)
		}
	}
	return b.String()
}

// unusedParts are the published parts that are not used as they stand.
func unusedParts(p *portal.Published) (out []localapi.Problem) {
	for _, u := range slices.Concat(p.Manifest.Unused, p.UnusedLogos) {
		out = append(out, *portal.UnusedProblem(u))
	}
	return out
}
