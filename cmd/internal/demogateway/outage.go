package demogateway

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/demoportal/contoso"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// ErrNoDemo: nobody has started the demo in this folder yet.
var ErrNoDemo = errors.New("there is no demo here yet; start portico-demo first")

// Outage tells everybody of an outage at Contoso, or that it is over. The demo may run
// meanwhile: it sees the news at once. Without an outage there is nothing to be
// over.
//
// Errors: [ErrNoDemo].
func Outage(ctx context.Context, dir string, over bool) (err error) {
	s, err := store.Open(ctx, store.Params{File: filepath.Join(dir, storeFile), Beside: true})
	var wrong *store.Error
	switch {
	case errors.As(err, &wrong) && wrong.Kind == store.Missing:
		return ErrNoDemo
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	staff := desk.Staff{Store: s, Name: technician}
	n, err := contoso.Outage(time.Now())
	if err != nil {
		return err
	}
	before, err := staff.News(ctx)
	if err != nil {
		return err
	}
	was := false
	for _, old := range before {
		if old.Title != n.Title {
			continue
		}
		was = was || old.Severity == api.Outage
		if err := staff.Withdraw(ctx, old.ID); err != nil {
			return err
		}
	}
	if over {
		if !was {
			return nil
		}
		n.Severity, n.Body = string(api.Resolved), "**Files** answers in Berlin again. Thank you for your patience."
	}
	_, err = staff.Announce(ctx, announcement(n))
	return err
}
