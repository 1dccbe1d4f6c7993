package portal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
)

// Refer reads a document named by a manifest, for looking at the manifest only. One
// beside a manifest's file is nil without an error as long as it is not there: it comes
// with the publication. Nothing is kept.
func (r *Reader) Refer(ctx context.Context, p *Published, ref string) ([]byte, error) {
	find := manifest.Resolve
	if !strings.Contains(p.Address, "://") {
		find = r.beside
	}
	place, err := find(p.Address, ref)
	if err != nil {
		return nil, err
	}
	if strings.Contains(place, "://") {
		d, err := r.docs.Renew(ctx, place)
		if err != nil {
			return nil, err
		}
		return d.Body, nil
	}
	info, err := os.Stat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && info.Size() > fetch.DefaultMaxBytes:
		return nil, fmt.Errorf("%s is larger than %d bytes", place, fetch.DefaultMaxBytes)
	}
	return fetch.ReadFile(place)
}

// Unreached is the problem for an error of reading ref, if nobody is there to ask or to
// answer now. Anything else is a fault in what was asked for, and gives nil.
func Unreached(p *Published, ref string, err error) *localapi.Problem {
	full, wrong := ref, error(nil)
	if strings.Contains(p.Address, "://") {
		full, wrong = manifest.Resolve(p.Address, ref)
	} else {
		_, wrong = fetch.CheckURL(ref) // a file is there or not
	}
	var problem *localapi.Problem
	if wrong != nil || errors.Is(err, network.ErrOffLimits) ||
		!errors.As(explain(context.Background(), full, err), &problem) || problem.Exit() != localapi.ExitUnreachable {
		return nil
	}
	return problem
}
