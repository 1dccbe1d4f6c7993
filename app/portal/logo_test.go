package portal

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

const (
	goodLogo    = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>`
	hostileLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><g id="a"><use href="#a"/></g></defs><use href="#a"/></svg>`
)

// drawn checks a logo in this process.
func drawn(_ context.Context, raw []byte) ([]byte, error) { return drawing.Check(raw) }

// studio is a portal whose logo a test can change, and a reader that counts how often
// one is examined.
type studio struct {
	*site
	logo     string
	examined atomic.Int32
	params   Params
}

func newStudio(t *testing.T) *studio {
	s := &studio{site: newSite(t), logo: goodLogo}
	s.answer("/logo.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=86400")
		fmt.Fprint(w, s.logo)
	})
	s.params = Params{HTTP: s.Client(), CacheDir: t.TempDir(), Pictures: func(ctx context.Context, raw []byte) ([]byte, error) {
		s.examined.Add(1)
		return drawn(ctx, raw)
	}}
	return s
}

func (s *studio) renewed(t *testing.T) *Published {
	t.Helper()
	p, err := New(s.params).Renew(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHostileLogoIsNotUsedAndItIsSaidWhy(t *testing.T) {
	s := newStudio(t)
	s.logo = hostileLogo
	p := s.renewed(t)
	if p.Light != "" || len(p.Pictures) != 0 || p.Manifest.Name == "" {
		t.Errorf("%+v", p)
	}
	if len(p.UnusedLogos) != 1 || p.UnusedLogos[0].Field != "logo.light" || !strings.Contains(p.UnusedLogos[0].Reason, "uses something itself") {
		t.Fatalf("unused = %+v", p.UnusedLogos)
	}
	problem := UnusedProblem(p.UnusedLogos[0])
	if problem.Code != localapi.ManifestUnused || problem.Params["field"] != "logo.light" || problem.Params["reason"] != p.UnusedLogos[0].Reason {
		t.Errorf("problem = %+v", problem)
	}
	// A start without a network says the same, and neither examines it again.
	cached, ok := New(s.params).Cached(s.URL)
	if !ok || cached.Light != "" || cached.Unexamined || len(cached.UnusedLogos) != 1 || s.examined.Load() != 1 {
		t.Errorf("copy = %+v, %v after %d examinations", cached, ok, s.examined.Load())
	}
	if s.renewed(t); s.examined.Load() != 1 {
		t.Errorf("the same logo was examined %d times", s.examined.Load())
	}
	// It is not fresh either: whoever mends it sees that at once.
	s.logo = goodLogo
	if p = s.renewed(t); p.Light == "" || len(p.UnusedLogos) != 0 {
		t.Errorf("mended: %+v", p)
	}
}

// An earlier version kept logos that it had not examined. They stand on disk at the
// first start of this one, perhaps without a network.
func TestLogoOfAnEarlierVersionIsExaminedAfterTheStart(t *testing.T) {
	for logo, good := range map[string]bool{goodLogo: true, hostileLogo: false} {
		s := newStudio(t)
		s.logo = logo
		r := New(s.params)
		for _, path := range []string{manifest.Path, "/logo.svg"} {
			d, err := r.logos.Renew(t.Context(), s.URL+path)
			if err == nil {
				err = r.logos.Keep(d)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		cached, ok := r.Cached(s.URL)
		if !ok || !cached.Unexamined || cached.Light != "" || s.examined.Load() != 0 {
			t.Fatalf("copy = %+v, %v after %d examinations", cached, ok, s.examined.Load())
		}
		p := r.ExamineCached(t.Context(), cached)
		if (p.Light != "") != good || (len(p.UnusedLogos) == 0) != good || p.Unexamined {
			t.Errorf("good %v: %+v", good, p)
		}
		if again, _ := r.Cached(s.URL); again.Unexamined || again.Light != p.Light || s.examined.Load() != 1 {
			t.Errorf("the next start: %+v after %d examinations", again, s.examined.Load())
		}
	}
}

// A computer may have been too busy or too hot, and the logo is good.
func TestRefusalForTheTimeThatALogoTakesLapses(t *testing.T) {
	s := newStudio(t)
	now := time.Now()
	s.params.Now = func() time.Time { return now }
	slow, check := true, s.params.Pictures
	s.params.Pictures = func(ctx context.Context, raw []byte) ([]byte, error) {
		good, err := check(ctx, raw)
		if slow {
			return nil, &picture.Refused{Reason: "takes long", Passing: true}
		}
		return good, err
	}
	if p := s.renewed(t); p.Light != "" || len(p.UnusedLogos) != 1 {
		t.Fatalf("%+v", p)
	}
	slow = false
	now = now.Add(23 * time.Hour)
	if p, _ := New(s.params).Cached(s.URL); p.Light != "" || p.Unexamined || len(p.UnusedLogos) != 1 {
		t.Errorf("on the same day: %+v", p)
	}
	now = now.Add(2 * time.Hour)
	if p, _ := New(s.params).Cached(s.URL); !p.Unexamined || len(p.UnusedLogos) != 0 {
		t.Errorf("a day later, before it is examined: %+v", p)
	}
	if (examined{}).lapsed(now) || !(examined{Passing: now.Add(time.Hour)}).lapsed(now) {
		t.Error("a clock that is set back counts wrongly")
	}
	if p := s.renewed(t); p.Light == "" || len(p.UnusedLogos) != 0 || s.examined.Load() != 2 {
		t.Errorf("a day later: %+v after %d examinations", p, s.examined.Load())
	}
}

func TestLogoThatWasGoodGoesOnWithoutTheNetwork(t *testing.T) {
	s := newStudio(t)
	now := time.Now()
	s.params.Now = func() time.Time { return now }
	first := s.renewed(t)
	now = now.Add(48 * time.Hour)
	s.answer("/logo.svg", http.NotFound)
	if p := s.renewed(t); p.Light != first.Light || len(p.UnusedLogos) != 0 {
		t.Errorf("%+v, want the logo of before", p)
	}
}

func TestLogoThatIsNotThereIsSaid(t *testing.T) {
	s := newStudio(t)
	s.answer("/logo.svg", http.NotFound)
	if p := s.renewed(t); p.Light != "" || len(p.UnusedLogos) != 1 || !strings.Contains(p.UnusedLogos[0].Reason, "404") {
		t.Errorf("%+v", p.UnusedLogos)
	}
}
