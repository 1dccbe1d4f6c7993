//go:build linux

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
)

// Browser is the desk's browser: a headless Chromium that nobody starts but
// the programs on the desk, as they would open any browser. It can be watched
// and driven over its DevTools port.
type Browser struct {
	// Script is the program that opens an address, what BROWSER names.
	Script string

	profile string
	events  *os.File // the script and Chromium write to it
	reading chan struct{}
	opened  chan opening

	// ctx is the life of all connections to it.
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	running  *chromium
	openings int
}

// chromium is one run of the browser.
type chromium struct {
	pid  int
	port string // of DevTools
}

// opening is one call of the script.
type opening struct {
	page target.ID
	err  error
}

// Chromium ends a second run over the same profile with an error when it is
// headless, so the script hands a second address to the first run. It resolves
// no names: nothing leaves this computer, and no page waits for what does.
const browserScript = `#!/bin/sh
# Opens an address in the stage's browser.
profile='%[1]s'
events='%[2]s'
if port=$(head -n 1 "$profile/DevToolsActivePort" 2>/dev/null) && [ -n "$port" ]; then
	answer=$(curl -fsS --max-time 10 -G -X PUT --data-urlencode "=$1" "http://127.0.0.1:$port/json/new") && {
		printf 'stage: tab %%s\n' "$(printf %%s "$answer" | tr -d '\n')" >"$events"
		exit 0
	}
	rm -f "$profile/DevToolsActivePort"
fi
printf 'stage: start %%s\n' "$$" >"$events"
exec chromium --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
	--disable-component-update --disable-sync --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost' --password-store=basic --window-size=1100,760 --hide-scrollbars \
	--user-data-dir="$profile" --remote-debugging-port=0 "$1" >"$events" 2>&1 </dev/null
`

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

func (s *Stage) setUpBrowser(xdgOpen bool) error {
	if err := Require("chromium", "curl"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Browser{
		ctx:     ctx,
		cancel:  cancel,
		Script:  filepath.Join(s.Dir, "browser"),
		profile: filepath.Join(s.Dir, "profile"),
		reading: make(chan struct{}),
		opened:  make(chan opening, 64),
	}
	fifo := filepath.Join(s.Dir, "browser.events")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		return fmt.Errorf("make a pipe for the browser: %w", err)
	}
	// Open for writing too, so that it does not end between two writers.
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
	if err := os.WriteFile(b.Script, fmt.Appendf(nil, browserScript, b.profile, fifo), 0o700); err != nil {
		return err
	}
	if !xdgOpen {
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

// event is one line of the script's or of Chromium's.
func (b *Browser) event(line string, log *lockedWriter) {
	if !strings.Contains(line, "ERROR:dbus/") { // it misses a system bus, many times
		fmt.Fprintf(log, "[browser] %s\n", line)
	}
	if pid, ok := strings.CutPrefix(line, "stage: start "); ok {
		n, _ := strconv.Atoi(pid)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.openings++
		b.running = &chromium{pid: n}
		return
	}
	if answer, ok := strings.CutPrefix(line, "stage: tab "); ok {
		var t struct{ ID target.ID }
		err := json.Unmarshal([]byte(answer), &t)
		b.mu.Lock()
		b.openings++
		b.mu.Unlock()
		b.opened <- opening{page: t.ID, err: err}
		return
	}
	if address, ok := strings.CutPrefix(line, "DevTools listening on "); ok {
		page, err := b.started(address)
		b.opened <- opening{page: page, err: err}
	}
}

// started connects to a browser that has just come up and finds its page.
func (b *Browser) started(address string) (target.ID, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil {
		return "", errors.New("the browser came up without its script")
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("the browser listens on: %w", err)
	}
	b.running.port = u.Port()
	return b.firstPage(address)
}

// firstPage waits for the page that a browser comes up with: it may exist a
// moment later than the browser's port.
func (b *Browser) firstPage(address string) (target.ID, error) {
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	conn, err := devTools(ctx, address)
	if err != nil {
		return "", err
	}
	created := cdp.Events(ctx, conn, target.TargetCreated)
	// From now on, and for those that are there already.
	if _, err := cdp.Call(ctx, conn, target.SetDiscoverTargets, target.SetDiscoverTargetsParams{Discover: true}); err != nil {
		return "", fmt.Errorf("list the browser's pages: %w", err)
	}
	for t, err := range created {
		if err != nil {
			return "", fmt.Errorf("wait for the browser's page: %w", err)
		}
		if t.TargetInfo.Type == "page" {
			return t.TargetInfo.TargetID, nil
		}
	}
	return "", fmt.Errorf("wait for the browser's page: %w", ctx.Err())
}

// Openings counts how often the browser was asked to open an address.
func (b *Browser) Openings() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.openings
}

// Opened waits for the next address that a program on the desk opens, and
// returns its page. Each opening is returned once.
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
	b.mu.Lock()
	r := b.running
	b.mu.Unlock()
	if r == nil {
		return nil, errors.New("the browser is closed")
	}
	conn, err := devTools(b.ctx, "ws://127.0.0.1:"+r.port+"/devtools/page/"+string(o.page))
	if err != nil {
		return nil, err
	}
	return &Page{conn: conn}, nil
}

// Quit closes the browser as a person does who closes its window.
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
