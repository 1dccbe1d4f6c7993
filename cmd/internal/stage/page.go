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
)

const (
	// deadline bounds each wait for the browser without a shorter bound.
	deadline = 30 * time.Second
	// glance is how often a page is looked at while something is waited for. DevTools
	// tells of loads and moves, not of what a person would see.
	glance = 20 * time.Millisecond
)

// Page is a page of the desk's browser. Its methods wait for what they need, as long as
// their context allows and 30 seconds at most.
type Page struct{ tab tab }

// tab is what a browser can do with one of its pages.
type tab interface {
	// evaluate asks the page for an immediate answer: the value of a JavaScript
	// expression, as JSON.
	evaluate(ctx context.Context, expression string) (json.RawMessage, error)
	navigate(ctx context.Context, address string) error
	// picture is what the page shows, as a PNG.
	picture(ctx context.Context) ([]byte, error)
	// close closes the page and waits until it is gone.
	close(ctx context.Context) error
	// lost is closed when the browser has let go of the page.
	lost() <-chan struct{}
}

func evaluate[T any](ctx context.Context, p *Page, expression string) (T, error) {
	var result T
	raw, err := p.tab.evaluate(ctx, expression)
	if err != nil {
		return result, err
	}
	return result, json.Unmarshal(raw, &result)
}

// until waits for a condition in JavaScript. While a page gives way to the next there
// is nothing to ask. That is no error.
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
		case <-p.tab.lost():
			return fmt.Errorf("%s: the page was closed", what)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; the page is %s", what, errors.Join(ctx.Err(), err), p.describe())
		}
	}
}

// describe gives the page's address and its text, without the address's parameters, for
// messages.
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

// withElement waits until an element can be seen and does something with it in the same
// moment. It works by the page's own means, not with mouse and keys: a browser drops
// their events before the first paint.
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

// Fill waits until a field can be seen, and puts a text into it in place of what it
// holds.
func (p *Page) Fill(ctx context.Context, selector, text string) error {
	return p.withElement(ctx, "fill in", selector, "element.focus(); element.value = "+quote(text)+";")
}

// URL is where the page is.
func (p *Page) URL(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return evaluate[string](ctx, p, "location.href")
}

// Go leads the page to an address, like a person who types it.
func (p *Page) Go(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if err := p.tab.navigate(ctx, address); err != nil {
		return fmt.Errorf("go to another page: %w", err)
	}
	return nil
}

// WaitBack waits until the page has left the provider for the app's listener on
// loopback, and shows what the app says there.
func (p *Page) WaitBack(ctx context.Context, issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil {
		return err
	}
	return p.until(ctx, "wait for the browser to come back to the app", `
		(location.hostname === '127.0.0.1' || location.hostname === 'localhost') && location.host !== `+quote(u.Host)+`
		&& document.readyState !== 'loading' && document.body.innerText.trim() !== ''`)
}

// WaitOn waits until the page is one that the provider has sent after a time.
func (p *Page) WaitOn(ctx context.Context, issuer string, sent time.Time) error {
	u, err := url.Parse(issuer)
	if err != nil {
		return err
	}
	return p.until(ctx, "wait for the provider's next page", fmt.Sprintf(`
		location.host === %s && document.readyState !== 'loading'
		&& performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseStart > %d`, quote(u.Host), sent.UnixMilli()))
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
	data, err := p.tab.picture(ctx)
	if err != nil {
		return fmt.Errorf("take a picture of the page: %w", err)
	}
	return os.WriteFile(file, data, 0o644)
}

// Close closes the page's tab.
func (p *Page) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if err := p.tab.close(ctx); err != nil {
		return fmt.Errorf("close a page: %w", err)
	}
	return nil
}
