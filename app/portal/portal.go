// Package portal reads what a portal publishes: today its manifest and its
// logos, kept on disk for the time without a network.
//
// It knows neither how people sign in nor how anything is shown, and runs
// nothing that a portal sends. Its errors are problems of the local contract,
// because what it finds wrong is always told to a person.
package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/diag/redact"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/portal/address"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/plain"
)

const (
	// ManifestPath is where a portal's manifest lies (RFC 8615).
	ManifestPath = "/.well-known/portico.json"

	// largest is in words what a manifest may have, [fetch.DefaultMaxBytes].
	largest = "1 MiB"

	defaultFresh = time.Hour
	maxRedirects = 5
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
	Manifest Manifest
	// Checked is when the manifest was last confirmed.
	Checked time.Time
	// Expires is when it has to be asked for again; until then it is fresh.
	Expires time.Time
	// Light and Dark are digests of the logos, "" for none, and Pictures the
	// pictures by digest.
	Light, Dark string
	Pictures    map[string][]byte
	// UnusedLogos are those that are not used, besides what the manifest knows itself.
	UnusedLogos []Unused
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

// Normalise is [address.Normalise] with errors for people: portal-address,
// portal-not-https.
func Normalise(typed string) (string, error) {
	normal, err := address.Normalise(typed)
	if err == nil {
		_, err = fetch.CheckURL(normal) // which knows the addresses that are off limits
	}
	if err == nil {
		return normal, nil
	}
	wrong := &localapi.Problem{Code: localapi.PortalAddress, Params: map[string]string{"address": plain.Text(strings.TrimSpace(typed), maxText)}}
	if errors.Is(err, address.ErrNotHTTPS) {
		wrong.Code = localapi.PortalNotHTTPS
	}
	return "", wrong
}

// Cached returns the last good copy, without any request and without examining
// anything: it stands at the beginning of every start.
func (r *Reader) Cached(address string) (*Published, bool) {
	d, ok := r.docs.Cached(address + ManifestPath)
	if !ok {
		return nil, false
	}
	m, err := parseFrom(d.Body, address)
	if err != nil {
		return nil, false
	}
	p := r.published(address, m, d)
	r.takeLogos(p, resolve, func(full string) ([]byte, error) {
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
// when it is good. A logo that cannot be read is only logged.
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

// FromBytes reads a manifest that was handed over, for trying one before it is
// published. It has no logos; see [Reader.ReadLogos].
func (r *Reader) FromBytes(name string, raw []byte) (*Published, error) {
	if len(raw) > fetch.DefaultMaxBytes {
		return nil, problem(localapi.ManifestTooLarge, fmt.Errorf("%s has %d bytes", name, len(raw)), "host", plain.Text(name, maxText), "limit", largest)
	}
	m, err := Parse(raw, name)
	if err != nil {
		return nil, err
	}
	return &Published{Address: name, Manifest: *m, Checked: r.now(), Expires: r.now().Add(defaultFresh)}, nil
}

func (r *Reader) published(address string, m *Manifest, d *fetch.Document) *Published {
	return &Published{Address: address, Manifest: *m, Checked: d.Fetched, Expires: d.Expires}
}

func (r *Reader) read(ctx context.Context, address string) (*fetch.Document, *Manifest, error) {
	// A copy that an earlier version found good may lack what this one wants.
	d, err := r.docs.RenewUsable(ctx, address+ManifestPath, func(body []byte) bool {
		_, err := parseFrom(body, address)
		return err == nil
	})
	if err != nil {
		return nil, nil, explain(ctx, address, err)
	}
	m, err := parseFrom(d.Body, address)
	if err != nil {
		return nil, nil, err
	}
	return d, m, nil
}

// parseFrom is Parse for a manifest that a portal serves. A provider with an authority
// where no portal may lead is not used; the others are, so that nobody who signs in with
// them is shut out for it.
//
// Errors: as Parse; manifest-invalid as well where no provider is left to sign in with.
func parseFrom(raw []byte, address string) (*Manifest, error) {
	m, err := Parse(raw, hostOf(address))
	if err != nil {
		return nil, err
	}
	var kept []Provider
	var wrong error
	for i, p := range m.Providers {
		described, err := p.Auth()
		if err == nil {
			_, err = fetch.CheckFrom(address, described.Authority)
		}
		if err == nil {
			kept = append(kept, p)
			continue
		}
		field := fmt.Sprintf("providers[%d].authority", i)
		m.unused(field, "is no good: %v; nobody can sign in with it", err)
		if wrong == nil && p.IsEnabled() {
			wrong = invalid(hostOf(address), field, "is no good: %v", err)
		}
	}
	if m.Providers = kept; wrong != nil && len(m.Offered()) == 0 {
		return nil, wrong
	}
	return m, nil
}

func explain(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	host := hostOf(address)
	problem := func(code localapi.Code, params ...string) error {
		p := &localapi.Problem{Code: code, Params: map[string]string{"host": host, "address": address},
			Details: &localapi.Details{Error: redact.Text(plain.Text(err.Error(), maxError)), Time: time.Now()}}
		for i := 0; i+1 < len(params); i += 2 {
			if params[i+1] != "" {
				p.Params[params[i]] = redact.Text(plain.Text(params[i+1], maxText))
			}
		}
		return p
	}
	var status *fetch.StatusError
	var large *fetch.TooLargeError
	switch {
	case errors.As(err, &status) && status.Status == http.StatusNetworkAuthenticationRequired:
		return problem(localapi.NetworkSignIn)
	case errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusGone):
		return problem(localapi.PortalNotFound)
	case errors.As(err, &status) && (status.Status >= 500 || status.Status == http.StatusTooManyRequests):
		return problem(localapi.PortalFailing, "status", strconv.Itoa(status.Status), "retry_after", seconds(status.RetryAfter))
	case errors.As(err, &large) && beginsLikeManifest(large.Beginning):
		return problem(localapi.ManifestTooLarge, "limit", largest)
	case errors.As(err, &status), errors.As(err, &large):
		return problem(localapi.NotAPortal)
	case errors.Is(err, fetch.ErrInsecure):
		return problem(localapi.PortalNotHTTPS)
	}
	if fault := network.Classify(err, host); fault != nil {
		code, params := wayProblem(fault)
		return problem(code, params...)
	}
	return problem(localapi.PortalUnreachable)
}

// seconds is a wait that a server asks for, "" for none.
func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.Itoa(int(d.Round(time.Second) / time.Second))
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return fetch.Host(u)
	}
	return plain.Text(address, maxText)
}
