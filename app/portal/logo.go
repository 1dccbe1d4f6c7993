package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/fetch"
)

// examined is the result for a logo, kept on disk for examining it only once.
type examined struct {
	// Rules and Digest name the rules and the bytes of the examination.
	Rules   int    `json:"rules"`
	Digest  string `json:"digest"`
	Picture []byte `json:"picture,omitempty"`
	Refused string `json:"refused,omitempty"`
	// Passing is the time of a refusal with a passing reason, zero for none.
	Passing time.Time `json:"passing,omitzero"`
}

// passing is how long such a refusal counts.
const passing = 24 * time.Hour

// lapsed says whether the logo has to be examined again.
func (e examined) lapsed(now time.Time) bool {
	if e.Passing.IsZero() {
		return false
	}
	age := now.Sub(e.Passing)
	return age < 0 || age >= passing // the clock may have been set back
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// examinedFile keeps the result for the logo at an address.
func (r *Reader) examinedFile(full string) string {
	return filepath.Join(r.logos.Dir, digestOf([]byte(full))[:32]+".logo")
}

// keptExamination is an earlier result for these bytes, without examining them.
func (r *Reader) keptExamination(full string, body []byte) (examined, bool) {
	if r.logos.Dir == "" {
		return examined{}, false
	}
	raw, err := fetch.ReadFile(r.examinedFile(full))
	if err != nil {
		return examined{}, false
	}
	var e examined
	if json.Unmarshal(raw, &e) != nil || e.Rules != picture.Rules || e.Digest != digestOf(body) || e.lapsed(r.now()) {
		return examined{}, false
	}
	return e, true
}

// examine finds out if bytes are a picture to be shown, and keeps the answer.
//
// Errors: *[picture.Refused], and others for no answer.
func (r *Reader) examine(ctx context.Context, full string, body []byte) ([]byte, error) {
	e, ok := r.keptExamination(full, body)
	if !ok {
		checked, err := r.pictures(ctx, body)
		var refused *picture.Refused
		if err != nil && !errors.As(err, &refused) {
			return nil, err
		}
		e = examined{Rules: picture.Rules, Digest: digestOf(body), Picture: checked}
		if refused != nil {
			e.Picture, e.Refused = nil, refused.Reason
			if refused.Passing {
				e.Passing = r.now()
			}
		}
		r.keepExamination(full, e)
	}
	if e.Refused != "" {
		return nil, &picture.Refused{Reason: e.Refused}
	}
	return e.Picture, nil
}

func (r *Reader) keepExamination(full string, e examined) {
	if r.logos.Dir == "" {
		return
	}
	raw, err := json.Marshal(e)
	if err == nil {
		err = fetch.WriteFile(r.examinedFile(full), raw)
	}
	if err != nil {
		r.log.Warn("what came of the portal's logo was not kept", "error", err)
	}
}

// logoField is one of a manifest's logos.
type logoField struct{ name, ref string }

func logosOf(m *manifest.Manifest) []logoField {
	return []logoField{{"logo.light", m.Logo.Light}, {"logo.dark", m.Logo.Dark}}
}

// takeLogos gives p the logos that read finds where resolve says, and says why others are
// not used.
func (r *Reader) takeLogos(p *Published, resolve func(address, ref string) (string, error), read func(full string) ([]byte, error)) {
	for _, logo := range logosOf(&p.Manifest) {
		if logo.ref == "" {
			continue
		}
		full, err := resolve(p.Address, logo.ref)
		var body []byte
		if err == nil {
			body, err = read(full)
		}
		var refused *picture.Refused
		switch {
		case err == nil && logo.name == "logo.light":
			p.Light = p.picture(body)
		case err == nil:
			p.Dark = p.picture(body)
		case errors.Is(err, errNoCopy):
		case errors.Is(err, errUnexamined):
			p.Unexamined = true
		case errors.As(err, &refused):
			p.UnusedLogos = append(p.UnusedLogos, manifest.Unused{Field: logo.name, Reason: refused.Reason})
		default:
			p.UnusedLogos = append(p.UnusedLogos, manifest.Unused{Field: logo.name, Reason: "cannot be read: " + err.Error(), Err: err})
		}
	}
}

// What is known of a logo from before without examining it.
var (
	errNoCopy     = errors.New("there is no copy of the logo")
	errUnexamined = errors.New("the logo has not been examined yet")
)

// cachedLogo is a logo from before. Only examine takes time.
func (r *Reader) cachedLogo(full string, examine func(body []byte) ([]byte, error)) ([]byte, error) {
	d, ok := r.logos.Cached(full)
	if !ok {
		return nil, errNoCopy
	}
	return examine(d.Body)
}

// ExamineCached gives a copy of p the logos of a copy on disk, left behind unexamined by
// an earlier version. It takes as long as the examination.
func (r *Reader) ExamineCached(ctx context.Context, p *Published) *Published {
	out := *p
	out.forgetLogos()
	r.takeLogos(&out, manifest.Resolve, func(full string) ([]byte, error) {
		return r.cachedLogo(full, func(body []byte) ([]byte, error) { return r.examine(ctx, full, body) })
	})
	return &out
}

// readLogos reads the logos of p, from the network where the copies are old.
func (r *Reader) readLogos(ctx context.Context, p *Published) {
	p.forgetLogos()
	r.takeLogos(p, manifest.Resolve, func(full string) ([]byte, error) {
		body, err := r.readLogo(ctx, full)
		if err != nil {
			r.log.Warn("the portal's logo is not used", "address", full, "error", err)
		}
		return body, err
	})
}

func (r *Reader) readLogo(ctx context.Context, full string) ([]byte, error) {
	// A refused logo is not fresh: it may just have been mended.
	good := func(body []byte) bool { e, ok := r.keptExamination(full, body); return !ok || e.Refused == "" }
	d, err := r.logos.GetUsable(ctx, full, good)
	if err != nil {
		// What was good before goes on. What was refused is told as such.
		if body, old := r.cachedLogo(full, func(body []byte) ([]byte, error) { return r.examine(ctx, full, body) }); old == nil {
			return body, nil
		}
		return nil, err
	}
	if err := r.logos.Keep(d); err != nil {
		r.log.Warn("the portal's logo was not kept", "error", err)
	}
	return r.examine(ctx, full, d.Body)
}

func (p *Published) forgetLogos() {
	p.Light, p.Dark, p.Pictures, p.Unexamined, p.UnusedLogos = "", "", nil, false, nil
}

func (p *Published) picture(body []byte) string {
	digest := digestOf(body)[:24]
	if p.Pictures == nil {
		p.Pictures = make(map[string][]byte)
	}
	p.Pictures[digest] = body
	return digest
}
