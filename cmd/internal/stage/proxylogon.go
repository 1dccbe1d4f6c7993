//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
)

// LogOnToProxy is for a browser that needs a name and a password for a proxy. A person
// would type them. A headless browser cannot ask, so it has failed for want of them, and is
// told them now. It knows them from then on. Only Chromium can be told.
func (p *Page) LogOnToProxy(ctx context.Context, name, password string) error {
	t, ok := p.tab.(*devToolsTab)
	if !ok {
		return errors.New("only Chromium can be told a proxy's password")
	}
	const failed = "location.protocol === 'chrome-error:'"
	if err := p.until(ctx, "wait until the proxy has asked", failed); err != nil {
		return err
	}
	var answering sync.WaitGroup
	defer answering.Wait()
	asking, stop := context.WithCancel(ctx)
	defer stop()
	paused, asked := cdp.Events(asking, t.conn, fetch.RequestPaused), cdp.Events(asking, t.conn, fetch.AuthRequired)
	answering.Go(func() {
		for r, err := range paused {
			if err == nil {
				_, _ = cdp.Call(asking, t.conn, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: r.RequestID})
			}
		}
	})
	answering.Go(func() {
		for r, err := range asked {
			if err == nil {
				_, _ = cdp.Call(asking, t.conn, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{
					RequestID: r.RequestID, AuthChallengeResponse: &fetch.AuthChallengeResponse{
						Response: fetch.AuthChallengeResponseResponseProvideCredentials, Username: name, Password: password,
					},
				})
			}
		}
	})
	if _, err := cdp.Call(ctx, t.conn, fetch.Enable, fetch.EnableParams{HandleAuthRequests: new(true)}); err != nil {
		return fmt.Errorf("answer the proxy: %w", err)
	}
	if _, err := cdp.Call(ctx, t.conn, page.Reload, page.ReloadParams{}); err != nil {
		return fmt.Errorf("answer the proxy: %w", err)
	}
	err := p.until(ctx, "wait until the proxy lets the page through", "!("+failed+") && document.readyState === 'complete'")
	_, disabled := cdp.Call(ctx, t.conn, fetch.Disable, cdp.Empty{})
	return errors.Join(err, disabled)
}
