// Package portal keeps one person's portal. A [Reader] reads its manifest and its logos,
// and keeps copies on disk for the time without a network. A [Keeper] holds its address
// and its last reading, and plans the next one.
//
// It knows neither how people sign in nor how anything is shown, and runs
// nothing sent by a portal. Its errors are problems of the local contract, because each
// fault is told to a person.
package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

const (
	// largest is in words what a manifest may have, [fetch.DefaultMaxBytes].
	largest = "1 MiB"

	defaultFresh = time.Hour
	maxRedirects = 5

	maxText  = 500
	maxError = 2000
)

// Params make a [Reader].
type Params struct {
	// HTTP makes the requests and is required to have a time limit. Its
	// redirects are followed as far as [fetch.CheckFrom] lets them lead.
	HTTP *http.Client
	// CacheDir keeps the last good copies.
	CacheDir string
	// Pictures checks a logo, as [picture.Examiner] does in a process of its own. Nil
	// means [picture.OnlyPixels].
	Pictures func(ctx context.Context, raw []byte) ([]byte, error)
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is told what happens; nil means silence.
	Log *slog.Logger
}

// Reader reads portals. It is safe for concurrent use.
type Reader struct {
	docs     *fetch.Getter
	logos    *fetch.Getter
	pictures func(ctx context.Context, raw []byte) ([]byte, error)
	now      func() time.Time
	log      *slog.Logger
}

// Published is a portal as it was last read.
type Published struct {
	// Address is the portal's, normalised.
	Address  string
	Manifest manifest.Manifest
	// Checked is when the manifest was last confirmed.
	Checked time.Time
	// Expires is when it has to be asked for again; until then it is fresh.
	Expires time.Time
	// Light and Dark are digests of the logos, "" for none, and Pictures the
	// pictures by digest.
	Light, Dark string
	Pictures    map[string][]byte
	// UnusedLogos are those that are not used, besides what the manifest knows itself.
	UnusedLogos []manifest.Unused
	// Unexamined: there is a logo from before that has to be examined before it is
	// shown; see [Reader.ExamineCached].
	Unexamined bool
}

// New returns a reader.
func New(p Params) *Reader {
	follow := *p.HTTP
	follow.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		_, err := fetch.CheckFrom(via[len(via)-1].URL.String(), req.URL.String())
		return err
	}
	r := &Reader{pictures: p.Pictures, now: p.Now, log: p.Log}
	if r.pictures == nil {
		r.pictures = picture.OnlyPixels
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	dir := ""
	if p.CacheDir != "" {
		dir = p.CacheDir + "/portal"
	}
	r.docs = &fetch.Getter{HTTP: &follow, Dir: dir, Fresh: defaultFresh, Now: r.now}
	r.logos = &fetch.Getter{HTTP: &follow, Dir: dir, MaxBytes: picture.MaxBytes, Now: r.now}
	return r
}

// Cached returns the last good copy, without any request and without examining
// anything: it stands at the beginning of every start.
func (r *Reader) Cached(address string) (*Published, bool) {
	d, ok := r.docs.Cached(address + manifest.Path)
	if !ok {
		return nil, false
	}
	m, err := manifest.ParseServed(d.Body, address)
	if err != nil {
		return nil, false
	}
	p := r.published(address, m, d)
	r.takeLogos(p, manifest.Resolve, func(full string) ([]byte, error) {
		return r.cachedLogo(full, func(body []byte) ([]byte, error) {
			e, ok := r.keptExamination(full, body)
			switch {
			case !ok:
				return nil, errUnexamined
			case e.Refused != "":
				return nil, &picture.Refused{Reason: e.Refused}
			}
			return e.Picture, nil
		})
	})
	return p, true
}

// Check reads the manifest and keeps nothing.
func (r *Reader) Check(ctx context.Context, address string) (*Published, error) {
	d, m, err := r.read(ctx, address)
	if err != nil {
		return nil, err
	}
	return r.published(address, m, d), nil
}

// Renew reads the manifest, conditionally when there is a copy, and keeps it
// when it is good. A failure to read a logo is only logged.
func (r *Reader) Renew(ctx context.Context, address string) (*Published, error) {
	d, m, err := r.read(ctx, address)
	if err != nil {
		return nil, err
	}
	if err := r.docs.Keep(d); err != nil {
		r.log.Warn("the portal's manifest was not kept", "error", err)
	}
	p := r.published(address, m, d)
	r.readLogos(ctx, p)
	return p, nil
}

// FromBytes reads a manifest from a person's hands, for trying one before it is
// published. It has no logos; see [Reader.ReadLogos].
func (r *Reader) FromBytes(name string, raw []byte) (*Published, error) {
	if len(raw) > fetch.DefaultMaxBytes {
		return nil, &localapi.Problem{
			Code: localapi.ManifestTooLarge, Params: map[string]string{"host": plain.Text(name, maxText), "limit": largest},
			Details: &localapi.Details{Error: plain.Text(fmt.Sprintf("%s has %d bytes", name, len(raw)), maxError), Time: time.Now()},
		}
	}
	m, err := manifest.Parse(raw, name)
	if err != nil {
		return nil, ManifestProblem(err)
	}
	return &Published{Address: name, Manifest: *m, Checked: r.now(), Expires: r.now().Add(defaultFresh)}, nil
}

func (r *Reader) published(address string, m *manifest.Manifest, d *fetch.Document) *Published {
	return &Published{Address: address, Manifest: *m, Checked: d.Fetched, Expires: d.Expires}
}

func (r *Reader) read(ctx context.Context, address string) (*fetch.Document, *manifest.Manifest, error) {
	// A copy that an earlier version found good may lack what this one wants.
	d, err := r.docs.RenewUsable(ctx, address+manifest.Path, func(body []byte) bool {
		_, err := manifest.ParseServed(body, address)
		return err == nil
	})
	if err != nil {
		return nil, nil, explain(ctx, address, err)
	}
	m, err := manifest.ParseServed(d.Body, address)
	if err != nil {
		return nil, nil, ManifestProblem(err)
	}
	return d, m, nil
}
