//go:build linux

// Tour runs Portico's story as a person lives it, with the real programs, a real window
// and a real browser on a screen that nobody sees, and leaves numbered pictures of it.
// It is for the README, and for whoever has no screen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := flag.String("out", "dist/tour", "leave the pictures in this `directory`")
	programs := flag.String("bin", "bin", "the `directory` with the built programs")
	verbose := flag.Bool("verbose", false, "show what the programs print")
	flag.Parse()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	log := io.Discard
	if *verbose {
		log = os.Stderr
	}
	if err := run(ctx, *out, *programs, log); err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

// tour is one run.
type tour struct {
	programs *stage.Programs
	stage    *stage.Stage
	provider stage.Provider
	portal   *demoportal.Server
	album    *album
	log      io.Writer
}

func run(ctx context.Context, out, programs string, log io.Writer) error {
	found, err := stage.ProgramsIn(programs)
	if err != nil {
		return err
	}
	album, err := newAlbum(out)
	if err != nil {
		return err
	}
	t := &tour{programs: found, album: album, log: log}
	if err := t.firstDay(ctx); err != nil {
		return err
	}
	if err := t.walls(ctx); err != nil {
		return err
	}
	return t.managed(ctx)
}

// firstDay tells the story with the demo's own provider and portal.
func (t *tour) firstDay(ctx context.Context) (err error) {
	if t.provider, err = stage.DemoProvider(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.provider.Close()) }()
	if t.portal, err = t.startPortal(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.portal.Close()) }()
	if t.stage, err = stage.New(ctx, stage.Params{Display: true, Log: t.log}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stage.Close()) }()
	return t.story(ctx)
}

// startPortal takes portico-demo's address, so the pictures look the same as a person's
// screen, and any other if it is taken.
func (t *tour) startPortal(ctx context.Context) (*demoportal.Server, error) {
	p := demoportal.Params{Addr: "127.0.0.1:8974", Providers: []demoportal.Provider{{
		ID: "demo", Title: "Demo account", Description: "Made-up people, no passwords",
		Authority: t.provider.Issuer(), ClientID: demoidp.ClientID, Domains: []string{"contoso.example"},
	}}}
	s, err := p.Start(ctx)
	if errors.Is(err, syscall.EADDRINUSE) {
		p.Addr = ""
		s, err = p.Start(ctx)
	}
	return s, err
}

// album numbers the pictures.
type album struct {
	dir string
	n   int
}

func newAlbum(dir string) (*album, error) {
	old, err := filepath.Glob(filepath.Join(dir, "[0-9][0-9]-*.png"))
	if err != nil {
		return nil, err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return nil, err
		}
	}
	return &album{dir: dir}, os.MkdirAll(dir, 0o755)
}

// add takes the next picture.
func (a *album) add(ctx context.Context, name string, picture func(ctx context.Context, file string) error) error {
	a.n++
	file := filepath.Join(a.dir, fmt.Sprintf("%02d-%s.png", a.n, name))
	if err := picture(ctx, file); err != nil {
		return fmt.Errorf("picture %q: %w", name, err)
	}
	fmt.Println(file)
	return nil
}
