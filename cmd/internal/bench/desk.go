//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// desk is the environment of a data directory of its own, with somebody signed
// in. Each build has its own: what one has written the other may not know.
func (b *bench) desk(ctx context.Context, of build, name string) ([]string, error) {
	if of.other {
		name += "-other"
	}
	env := b.env(name)
	if err, known := b.desks[name]; known {
		return env, err
	}
	err := b.signIn(ctx, of, env)
	b.desks[name] = err
	return env, err
}

// env is the environment of a data directory in which nobody is signed in yet.
func (b *bench) env(name string) []string {
	return append([]string{
		"PORTICO_DATA_DIR=" + filepath.Join(b.stage.Dir, "desk-"+name),
		"PORTICO_PORTAL=" + b.portal.URL(),
		"PORTICO_EXTRA_CA_FILE=" + b.authority.File,
	}, b.more...)
}

// signIn signs in through the console and the browser.
func (b *bench) signIn(ctx context.Context, of build, desk []string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	login, err := b.stage.Start(stage.Command{Name: of.program("porticoctl"), Args: []string{"login", "--timeout", "90s"}, Env: desk})
	if err != nil {
		return err
	}
	defer login.Stop()
	page, err := b.opened(ctx, login)
	if err != nil {
		return err
	}
	if err := b.atTheProvider(ctx, page); err != nil {
		return errors.Join(err, b.stage.Browser.Quit())
	}
	code, err := login.Wait(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("porticoctl login ended with %d: %s", code, login.Tail())
	}
	return errors.Join(err, b.stage.Browser.Quit())
}

// opened waits for the page that a sign-in opens, and no longer than the sign-in
// lives.
func (b *bench) opened(ctx context.Context, login *stage.Process) (*stage.Page, error) {
	ctx, stop := whileAlive(ctx, login)
	defer stop()
	page, err := b.stage.Browser.Opened(ctx)
	if err != nil {
		return nil, fmt.Errorf("porticoctl login: %w: %s", context.Cause(ctx), login.Tail())
	}
	return page, nil
}

var errEnded = errors.New("the program has ended")

// whileAlive is a context that ends with a process, by errEnded. Call stop when it
// is not needed any more.
func whileAlive(ctx context.Context, p *stage.Process) (alive context.Context, stop func()) {
	alive, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-p.Done():
			cancel(errEnded)
		case <-alive.Done():
		}
	}()
	return alive, func() {
		cancel(nil)
		<-watched
	}
}

// atTheProvider does what the page asks for: the browser may or may not have
// kept an earlier session when it was closed.
func (b *bench) atTheProvider(ctx context.Context, page *stage.Page) error {
	if err := page.See(ctx, "form"); err != nil {
		return err
	}
	text, err := page.Text(ctx)
	if err != nil {
		return err
	}
	if strings.Contains(text, "previously given authorization") {
		return b.provider.SignInAgain(ctx, page)
	}
	return b.provider.SignIn(ctx, page, "ada")
}

// trustedBySystem writes the authorities that programs on this computer trust,
// with ours added, and says how many there are. Portico adds ours to the system's;
// curl is given one file, and would read only a single authority otherwise.
func trustedBySystem(dir string, ours *stage.Authority) (file string, count int, err error) {
	added, err := os.ReadFile(ours.File)
	if err != nil {
		return "", 0, err
	}
	// Where Debian, Fedora and Alpine keep them, in this order.
	for _, name := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"} {
		system, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", 0, err
		}
		added = append(append(system, '\n'), added...)
		break
	}
	file = filepath.Join(dir, "trusted.pem")
	return file, bytes.Count(added, []byte("-----BEGIN CERTIFICATE-----")), os.WriteFile(file, added, 0o600)
}
