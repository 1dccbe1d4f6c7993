//go:build linux

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// Chromium ends a second run over the same profile with an error when it is headless,
// so the script hands a second address to the first run. It resolves no names: nothing
// leaves this computer, and no page waits for anything outside.
const chromiumScript = `#!/bin/sh
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

func chromium(p Params) engine {
	script := chromiumScript
	if p.TrustAll {
		script = strings.Replace(script, " --headless=new ", " --headless=new --ignore-certificate-errors ", 1)
	}
	if u, err := url.Parse(p.BrowserProxy); err == nil && p.BrowserProxy != "" {
		script = strings.Replace(script, "EXCLUDE localhost'", "EXCLUDE localhost, EXCLUDE "+u.Hostname()+"' --proxy-server='"+p.BrowserProxy+"'", 1)
	}
	return engine{
		programs: []string{"chromium", "curl"},
		script:   script,
		prepare:  func(profile string) error { return os.Mkdir(profile, 0o700) },
		connect: func(ctx context.Context, _, line string) (wire, bool, error) {
			address, ok := strings.CutPrefix(line, "DevTools listening on ")
			if !ok {
				return nil, false, nil
			}
			u, err := url.Parse(address)
			if err != nil {
				return nil, true, fmt.Errorf("the browser listens on: %w", err)
			}
			if p.Network != nil {
				if u.Host, err = p.Network.relay(u.Host); err != nil {
					return nil, true, err
				}
			}
			return &devToolsWire{ctx: ctx, address: u.String(), port: u.Port()}, true, nil
		},
	}
}

// devToolsWire is Chromium's DevTools port.
type devToolsWire struct {
	ctx     context.Context // the browser's life
	address string
	port    string
}

// first waits for the first page of a browser: it may exist a moment later than the
// browser's port.
func (w *devToolsWire) first() (tab, error) {
	ctx, cancel := context.WithTimeout(w.ctx, deadline)
	defer cancel()
	conn, err := devTools(ctx, w.address)
	if err != nil {
		return nil, err
	}
	created := cdp.Events(ctx, conn, target.TargetCreated)
	// From now on, and for those there already.
	if _, err := cdp.Call(ctx, conn, target.SetDiscoverTargets, target.SetDiscoverTargetsParams{Discover: true}); err != nil {
		return nil, fmt.Errorf("list the browser's pages: %w", err)
	}
	for t, err := range created {
		if err != nil {
			return nil, fmt.Errorf("wait for the browser's page: %w", err)
		}
		if t.TargetInfo.Type == "page" {
			return w.tab(t.TargetInfo.TargetID)
		}
	}
	return nil, fmt.Errorf("wait for the browser's page: %w", ctx.Err())
}

// another finds the page named in the answer of /json/new.
func (w *devToolsWire) another(answer string) (tab, error) {
	var t struct{ ID target.ID }
	if err := json.Unmarshal([]byte(answer), &t); err != nil {
		return nil, fmt.Errorf("the browser's answer to another page: %w", err)
	}
	return w.tab(t.ID)
}

func (w *devToolsWire) tab(id target.ID) (tab, error) {
	conn, err := devTools(w.ctx, "ws://127.0.0.1:"+w.port+"/devtools/page/"+string(id))
	if err != nil {
		return nil, err
	}
	return &devToolsTab{conn: conn}, nil
}

// devTools is a connection to the browser, or to one of its pages. It ends with ctx. It
// is chromedp's, without its model of the page: with the model it is not safe to attach
// to a page while it loads.
func devTools(ctx context.Context, address string) (*chromedp.Browser, error) {
	conn, err := remote.DialContext(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect to the browser: %w", err)
	}
	return chromedp.NewBrowserTransport(ctx, conn)
}

// devToolsTab is a page of Chromium.
type devToolsTab struct{ conn *chromedp.Browser }

func (t *devToolsTab) lost() <-chan struct{} { return t.conn.LostConnection }

func (t *devToolsTab) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	r, err := cdp.Call(ctx, t.conn, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ReturnByValue: new(true)})
	switch {
	case err != nil:
		return nil, err
	case r.ExceptionDetails != nil:
		return nil, errors.New(r.ExceptionDetails.Text)
	case r.Result == nil || len(r.Result.Value) == 0:
		return nil, errors.New("the page gave no answer")
	}
	return json.RawMessage(r.Result.Value), nil
}

func (t *devToolsTab) navigate(ctx context.Context, address string) error {
	r, err := cdp.Call(ctx, t.conn, page.Navigate, page.NavigateParams{URL: address})
	if err == nil && r.ErrorText != "" {
		err = errors.New(r.ErrorText)
	}
	return err
}

func (t *devToolsTab) picture(ctx context.Context) ([]byte, error) {
	r, err := cdp.Call(ctx, t.conn, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		return nil, err
	}
	return r.Data, nil
}

func (t *devToolsTab) close(ctx context.Context) error {
	if _, err := cdp.Call(ctx, t.conn, page.Close, cdp.Empty{}); err != nil {
		return err
	}
	select {
	case <-t.conn.LostConnection:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
