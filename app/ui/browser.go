package ui

import "context"

// browser opens addresses outside of the window: those of a sign-in, the portal's links,
// and its apps.
type browser struct {
	params   *Params
	jobs     *jobs
	settings *settings
	// missing: the sign-in's page could not be opened.
	missing bool

	refresh func()
	failed  func(url string, err error) // tells of another address that could not be opened
}

// page opens a sign-in's page. If no browser answers, the waiting screen says so.
func (b *browser) page(url string) {
	browser := b.settings.says(keyBrowser)
	b.jobs.call(func(ctx context.Context) error { return b.params.OpenURL(ctx, browser, url) }, func(err error) {
		b.missing = err != nil
		b.refresh()
	})
}

// with opens a sign-in's page in another browser.
func (b *browser) with(browser, url string) {
	b.jobs.call(func(ctx context.Context) error { return b.params.OpenWith(ctx, browser, url) }, func(err error) {
		b.missing = err != nil
		b.refresh()
	})
}

// link opens an address of the portal's.
func (b *browser) link(url string) { b.by(b.params.OpenURL, url) }

// app opens an app of the portal's.
func (b *browser) app(url string) {
	open := b.params.OpenApp
	if open == nil {
		open = b.params.OpenURL
	}
	b.by(open, url)
}

func (b *browser) by(open func(ctx context.Context, browser, url string) error, url string) {
	browser := b.settings.says(keyBrowser)
	b.jobs.call(func(ctx context.Context) error { return open(ctx, browser, url) }, func(err error) {
		if err != nil {
			b.failed(url, err)
		}
	})
}

// opens opens an address when it is called, nil for none.
func (b *browser) opens(address string) func() {
	if address == "" {
		return nil
	}
	return func() { b.link(address) }
}
