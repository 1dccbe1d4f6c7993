package portal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// ReadLogos reads the logos of a manifest for looking at it only, with the reasons against
// using one. A logo without a whole address lies beside the manifest's file. If it does
// not, it is looked for only once the manifest is published.
func (r *Reader) ReadLogos(ctx context.Context, p *Published) {
	if strings.Contains(p.Address, "://") {
		r.readLogos(ctx, p)
		return
	}
	p.forgetLogos()
	r.takeLogos(p, func(_, ref string) (string, error) { return r.beside(p.Address, ref) }, func(place string) ([]byte, error) {
		if strings.Contains(place, "://") {
			return r.readLogo(ctx, place)
		}
		info, err := os.Stat(place)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, errNoCopy
		case err == nil && info.Size() > picture.MaxBytes:
			return nil, &picture.Refused{Reason: fmt.Sprintf("is larger than %d bytes", picture.MaxBytes)}
		}
		body, err := fetch.ReadFile(place)
		if err != nil {
			return nil, err
		}
		return r.pictures(ctx, body)
	})
}

// beside is where something that a manifest in a file refers to is: a whole address, or a
// file in the folder that would be the site's.
func (r *Reader) beside(manifest, ref string) (string, error) {
	named, err := url.Parse(ref)
	if err != nil {
		return "", fmt.Errorf("%q is not an address", plain.Text(ref, maxText))
	}
	if named.IsAbs() || named.Host != "" {
		named.Fragment, named.RawFragment = "", ""
		_, err := fetch.CheckURL(named.String())
		return named.String(), err
	}
	folder := filepath.Dir(manifest)
	if filepath.Base(folder) == ".well-known" && strings.HasPrefix(named.Path, "/") {
		folder = filepath.Dir(folder)
	}
	return filepath.Join(folder, filepath.FromSlash(named.Path)), nil
}
