package agent

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
)

// After an upgrade there is a logo on disk that nobody has examined, and perhaps no
// network. The start does not wait for it, and it comes.
func TestLogoOfAnEarlierVersionComesAfterTheStart(t *testing.T) {
	for name, tc := range map[string]struct {
		logo string
		good bool
	}{
		"good":    {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>`, true},
		"hostile": {`<svg viewBox="0 0 9 9"><defs><g id="a"><use href="#a"/></g></defs><use href="#a"/></svg>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.logo = tc.logo
			begun, goOn := make(chan struct{}, 1), make(chan struct{})
			o.change = func(p *Params) {
				p.Pictures = func(_ context.Context, raw []byte) ([]byte, error) { return drawing.Check(raw) }
			}
			o.signedIn().stop()
			kept, err := filepath.Glob(filepath.Join(o.paths.Cache, "portal", "*.logo"))
			if err != nil || len(kept) != 1 || os.Remove(kept[0]) != nil {
				t.Fatalf("%v, %v", kept, err)
			}
			o.down.Store(true)
			o.change = func(p *Params) {
				p.Pictures = func(_ context.Context, raw []byte) ([]byte, error) {
					begun <- struct{}{}
					<-goOn
					return drawing.Check(raw)
				}
			}
			r := o.start()
			r.await(func(s localapi.State) bool { return s.Portal != nil && s.Session.Phase != localapi.Starting })
			<-begun // it is examined while the agent goes on
			if now, _ := r.State(t.Context()); now.Portal.LogoLight != "" {
				t.Error("the logo is shown before it was examined")
			}
			close(goOn)
			if tc.good {
				now := r.await(func(s localapi.State) bool { return s.Portal.LogoLight != "" })
				if logo, err := r.Logo(t.Context(), now.Portal.LogoLight); err != nil || len(logo) == 0 {
					t.Errorf("%s, %v", logo, err)
				}
			}
			r.stop()
			if kept, err := filepath.Glob(filepath.Join(o.paths.Cache, "portal", "*.logo")); err != nil || len(kept) != 1 {
				t.Errorf("what came of it is not kept: %v, %v", kept, err)
			}
		})
	}
}
