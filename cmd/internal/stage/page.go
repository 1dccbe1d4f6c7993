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
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

const (
	// deadline bounds each wait for the browser that has no shorter one.
	deadline = 30 * time.Second
	// glance is how often a page is looked at while something is waited for.
	// DevTools tells of loads and moves, not of what a person would see.
	glance = 20 * time.Millisecond
)

// devTools is a connection to the browser, or to one of its pages, that ends
// with ctx. It is chromedp's, without the model of the page that chromedp
// keeps: that one is not safe to attach to a page while it loads.
func devTools(ctx context.Context, address string) (*chromedp.Browser, error) {
	conn, err := remote.DialContext(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect to the browser: %w", err)
	}
	return chromedp.NewBrowserTransport(ctx, conn)
}

// Page is a page of the desk's browser. Its methods wait for what they need,
// for as long as their context says and 30 seconds at most.
type Page struct{ conn *chromedp.Browser }

// evaluate asks the page something that it can answer at once.
func evaluate[T any](ctx context.Context, p *Page, script string) (T, error) {
	var result T
	r, err := cdp.Call(ctx, p.conn, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ReturnByValue: new(true)})
	switch {
	case err != nil:
		return result, err
	case r.ExceptionDetails != nil:
		return result, errors.New(r.ExceptionDetails.Text)
	case r.Result == nil || len(r.Result.Value) == 0:
		return result, errors.New("the page gave no answer")
	}
	return result, json.Unmarshal(r.Result.Value, &result)
}

// until waits for a condition in JavaScript. While a page gives way to the
// next there is nothing to ask, which is not an error.
func (p *Page) until(ctx context.Context, what, condition string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		holds, err := evaluate[bool](ctx, p, condition)
		if holds && err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.conn.LostConnection:
			return fmt.Errorf("%s: the page was closed", what)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; the page is %s", what, errors.Join(ctx.Err(), err), p.describe())
		}
	}
}

// describe says where the page is and what it shows, without the address's
// parameters, for messages.
func (p *Page) describe() string {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	text, err := evaluate[string](ctx, p, "location.origin + location.pathname + '\\n' + document.body.innerText")
	if err != nil {
		return err.Error()
	}
	return text
}

// quote makes a JavaScript string.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

// withElement waits until an element can be seen and does something with it
// in the same moment. It works by the page's own means, not with mouse and
// keys: a browser drops what those do before the first paint.
func (p *Page) withElement(ctx context.Context, what, selector, action string) error {
	return p.until(ctx, what+" "+selector, `(() => {
		const element = document.querySelector(`+quote(selector)+`);
		if (element === null || element.getClientRects().length === 0) return false;
		`+action+`
		return true;
	})()`)
}

// See waits until an element can be seen.
func (p *Page) See(ctx context.Context, selector string) error {
	return p.withElement(ctx, "see", selector, "")
}

// Click waits until an element can be seen, and clicks it.
func (p *Page) Click(ctx context.Context, selector string) error {
	return p.withElement(ctx, "click", selector, "element.click();")
}

// Fill waits until a field can be seen, and puts a text into it in place of
// what it holds.
func (p *Page) Fill(ctx context.Context, selector, text string) error {
	return p.withElement(ctx, "fill in", selector, "element.focus(); element.value = "+quote(text)+";")
}

// URL is where the page is.
func (p *Page) URL(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return evaluate[string](ctx, p, "location.href")
}

// Go leads the page to an address, as a person does who types it.
func (p *Page) Go(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	r, err := cdp.Call(ctx, p.conn, page.Navigate, page.NavigateParams{URL: address})
	if err == nil && r.ErrorText != "" {
		err = errors.New(r.ErrorText)
	}
	if err != nil {
		return fmt.Errorf("go to another page: %w", err)
	}
	return nil
}

// WaitBack waits until the page has left the provider for the loopback address
// on which the app listens, and shows what the app says there.
func (p *Page) WaitBack(ctx context.Context, issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil {
		return err
	}
	return p.until(ctx, "wait for the browser to come back to the app", `
		(location.hostname === '127.0.0.1' || location.hostname === 'localhost') && location.host !== `+quote(u.Host)+`
		&& document.readyState !== 'loading' && document.body.innerText.trim() !== ''`)
}

// WaitText waits until the page shows this text.
func (p *Page) WaitText(ctx context.Context, text string) error {
	return p.until(ctx, "wait for the text "+text, "document.body.innerText.includes("+quote(text)+")")
}

// Text is what a person reads on the page.
func (p *Page) Text(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	text, err := evaluate[string](ctx, p, "document.body.innerText")
	return strings.TrimSpace(text), err
}

// Picture writes what the page shows to a PNG file.
func (p *Page) Picture(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	r, err := cdp.Call(ctx, p.conn, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		return fmt.Errorf("take a picture of the page: %w", err)
	}
	return os.WriteFile(file, r.Data, 0o644)
}

// Close closes the page's tab.
func (p *Page) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if _, err := cdp.Call(ctx, p.conn, page.Close, cdp.Empty{}); err != nil {
		return fmt.Errorf("close a page: %w", err)
	}
	select {
	case <-p.conn.LostConnection:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close a page: %w", ctx.Err())
	}
}
