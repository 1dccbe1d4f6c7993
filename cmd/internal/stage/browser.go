//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// BrowserKind says which browser a desk has.
type BrowserKind int

const (
	// Chromium is Debian's, the default.
	Chromium BrowserKind = iota
	// Firefox is Debian's firefox-esr.
	Firefox
	// FirefoxHTTPSOnly is Firefox in HTTPS-only mode.
	FirefoxHTTPSOnly
	// NoBrowser: none is there, for desks on which nothing opens one.
	NoBrowser
)

// Browser is the desk's browser: a headless one, started only by the programs on the
// desk, as they would open any browser. It can be watched and driven over its port for
// developers.
type Browser struct {
	// Script is the program that opens an address, the value of BROWSER.
	Script string

	engine  engine
	profile string
	events  *os.File // the script and Chromium write to it
	reading chan struct{}
	opened  chan opening

	// ctx is the life of all connections to it.
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	running  *browserRun
	openings int
}

// browserRun is one run of the browser.
type browserRun struct {
	pid  int
	wire wire // nil until it has come up
}

// wire is a connection to a running browser.
type wire interface {
	// first is the page that the browser came up with.
	first() (tab, error)
	// another is a page asked for by the script, in the script's words.
	another(words string) (tab, error)
}

// engine is what differs between browsers.
type engine struct {
	programs []string
	// script opens an address: %[1]s is the profile, %[2]s the place for events.
	script string
	// prepare writes the files for the profile's first run.
	prepare func(profile string) error
	// connect is given each line printed by the browser, and connects when the line
	// means that it can.
	connect func(ctx context.Context, profile, line string) (w wire, ready bool, err error)
}

// opening is one call of the script.
type opening struct {
	page tab
	err  error
}

const desktopEntry = `[Desktop Entry]
Type=Application
Name=The stage's browser
Exec=%s %%u
MimeType=x-scheme-handler/http;x-scheme-handler/https;
`

const defaultApps = `[Default Applications]
x-scheme-handler/http=stage-browser.desktop
x-scheme-handler/https=stage-browser.desktop
`

func (s *Stage) setUpBrowser(p Params) error {
	if p.Browser == NoBrowser {
		return nil
	}
	engine := chromium(p)
	if p.Browser != Chromium {
		engine = firefox(p.Browser == FirefoxHTTPSOnly, p.TrustAll)
	}
	if err := Require(engine.programs...); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Browser{
		ctx:     ctx,
		cancel:  cancel,
		engine:  engine,
		Script:  filepath.Join(s.Dir, "browser"),
		profile: filepath.Join(s.Dir, "profile"),
		reading: make(chan struct{}),
		opened:  make(chan opening, 64),
	}
	fifo := filepath.Join(s.Dir, "browser.events")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		return fmt.Errorf("make a pipe for the browser: %w", err)
	}
	// Open for writing too, so it does not end between two writers.
	events, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b.events = events
	s.Browser = b
	go func() {
		defer close(b.reading)
		scanLines(events, func(line string) { b.event(line, s.log) })
	}()
	if err := engine.prepare(b.profile); err != nil {
		return err
	}
	if err := os.WriteFile(b.Script, fmt.Appendf(nil, engine.script, b.profile, fifo), 0o700); err != nil {
		return err
	}
	if !p.XDGOpen {
		s.env = append(s.env, "BROWSER="+b.Script)
		return nil
	}
	if err := Require("xdg-open"); err != nil {
		return err
	}
	apps := filepath.Join(s.Dir, "data", "applications")
	if err := os.Mkdir(apps, 0o700); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(apps, "stage-browser.desktop"), fmt.Appendf(nil, desktopEntry, b.Script), 0o600),
		os.WriteFile(filepath.Join(s.Dir, "config", "mimeapps.list"), []byte(defaultApps), 0o600),
	)
}

// event is one line of the script's or of the browser's.
func (b *Browser) event(line string, log *lockedWriter) {
	if !strings.Contains(line, "ERROR:dbus/") { // it misses a system bus, many times
		fmt.Fprintf(log, "[browser] %s\n", line)
	}
	if pid, ok := strings.CutPrefix(line, "stage: start "); ok {
		n, _ := strconv.Atoi(pid)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.openings++
		b.running = &browserRun{pid: n}
		return
	}
	if words, ok := strings.CutPrefix(line, "stage: tab "); ok {
		b.mu.Lock()
		b.openings++
		r := b.running
		b.mu.Unlock()
		if r == nil || r.wire == nil {
			b.opened <- opening{err: errors.New("the browser is not there for another page")}
			return
		}
		page, err := r.wire.another(words)
		b.opened <- opening{page: page, err: err}
		return
	}
	if w, ready, err := b.engine.connect(b.ctx, b.profile, line); ready {
		page, err := b.started(w, err)
		b.opened <- opening{page: page, err: err}
	}
}

// started finds the page of a browser that has just come up.
func (b *Browser) started(w wire, err error) (tab, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case b.running == nil:
		return nil, errors.New("the browser came up without its script")
	}
	b.running.wire = w
	return w.first()
}

// Openings counts how often the browser was asked to open an address.
func (b *Browser) Openings() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.openings
}

// Opened waits for the next address that a program on the desk opens, and returns its
// page. Each opening is returned once.
func (b *Browser) Opened(ctx context.Context) (*Page, error) {
	var o opening
	select {
	case o = <-b.opened:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a program to open the browser: %w", ctx.Err())
	}
	if o.err != nil {
		return nil, o.err
	}
	return &Page{tab: o.page}, nil
}

// Quit closes the browser like a person who closes its window.
func (b *Browser) Quit() error {
	b.mu.Lock()
	r := b.running
	b.running = nil
	b.mu.Unlock()
	if r == nil {
		return errors.New("the browser does not run")
	}
	fd, err := pidfdOpen(r.pid)
	if err != nil {
		return fmt.Errorf("watch the browser: %w", err)
	}
	defer syscall.Close(fd)
	// A headless one has no window to close; this ends it in the same order.
	if err := syscall.Kill(r.pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("close the browser: %w", err)
	}
	waitPidfd(fd, grace)
	endTree(r.pid)
	// What the script goes by when it cannot ask the browser itself.
	_ = os.Remove(filepath.Join(b.profile, "pid"))
	return nil
}

func (b *Browser) close() {
	b.cancel()
	b.mu.Lock()
	r := b.running
	b.mu.Unlock()
	if r != nil {
		endTree(r.pid)
	}
	b.events.Close()
	<-b.reading
}
