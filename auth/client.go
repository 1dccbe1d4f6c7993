package auth

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
)

// Store keeps secrets by name; auth/vault is the real one. Get of an unknown name returns
// an error wrapping vault.ErrNotFound. One with a method SetUp, as [vault.Vault]'s, is
// set up by it during a sign-in if it says vault.NotSetUp.
type Store interface {
	Get(ctx context.Context, name string) ([]byte, error)
	Put(ctx context.Context, name string, value []byte) error
	Delete(ctx context.Context, name string) error
}

// Params make a [Client].
type Params struct {
	Provider Provider
	// Accounts keep the sign-ins; see [NewAccounts]. Nil is for a client only looking at
	// its provider.
	Accounts *Accounts
	// CacheDir is for copies of the provider's public metadata and keys. "" keeps none,
	// at the cost of two more requests at every start.
	CacheDir string
	// HTTP makes the requests; nil means NewHTTPClient's. Redirects are not followed: no
	// endpoint may redirect. Metadata may, within their origin. Over a network.Transport
	// they carry its User-Agent; firewalls refuse the one of other transports. Requests
	// to APIs ([Client.Do]) go the same way, and over a network.Transport in connections
	// held open; see network.Kept.
	HTTP *http.Client
	// Open opens an address in the person's browser, for [Client.SignIn] alone.
	// github.com/pkg/browser's OpenURL fits.
	Open func(ctx context.Context, address string) error
	// Saved is called, from any goroutine and without locks, when an account's sign-in
	// has been saved after it could not be saved at first. Nil means nobody wants to
	// know.
	Saved func(accountID string)
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is told the events, without secrets. Nil means silence.
	Log *slog.Logger
}

// Client signs people in with one provider. Its methods are safe for concurrent
// use, by several processes over one key store and folder of locks as well.
type Client struct {
	// made are the Params it was made of, for clients of other registrations.
	made     Params
	provider Provider
	dialect  Dialect
	accounts *Accounts
	store    Store // the accounts'
	locks    locks
	http     *http.Client
	apis     *http.Client  // http for requests to APIs: they are many
	docs     *fetch.Getter // of keys, and of all copies
	// metadataDocs gets the metadata: they may redirect within their origin, and nothing
	// else may.
	metadataDocs *fetch.Getter
	open         func(ctx context.Context, address string) error
	saved        func(accountID string)
	now          func() time.Time
	log          *slog.Logger

	refreshing sync.Mutex    // one token request at a time in this process
	holdIn     time.Duration // holdLimit
	nonces     nonces
	taken      takenForms
	clocks     clocks
	saving     saving
	// behind is the work left after an answer: listeners still owing the browser a page,
	// metadata being confirmed, sign-ins not saved yet.
	behind background
	pages  pages // waiting for a browser
	// tokens are the living ones, for requests to APIs.
	tokens liveTokens
}

// New checks the provider's description and returns a client. It makes no
// request.
func New(p Params) (*Client, error) {
	if err := p.Provider.Check(); err != nil {
		return nil, err
	}
	if p.Accounts == nil {
		p.Accounts = NewAccounts(nil, "")
	}
	c := &Client{made: p, provider: p.Provider, dialect: p.Provider.RecognisedDialect(), accounts: p.Accounts, store: p.Accounts.store, open: p.Open, saved: p.Saved, now: p.Now, log: p.Log}
	c.locks.dir = p.Accounts.lockDir
	c.holdIn = holdLimit
	c.saving.begin()
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	base := p.HTTP
	if base == nil {
		base = NewHTTPClient()
	}
	strict := *base
	strict.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http, c.apis = &strict, keptBy(&strict)
	dir := ""
	if p.CacheDir != "" {
		dir = filepath.Join(p.CacheDir, "provider")
	}
	if dir != "" {
		c.taken.path = filepath.Join(dir, c.credentialsName()+".json")
	}
	c.docs = &fetch.Getter{HTTP: c.http, Dir: dir, Now: c.now, Answered: c.keepClock}
	c.metadataDocs = &fetch.Getter{HTTP: c.http, Dir: dir, Now: c.now, Answered: c.keepClock, Redirects: maxRedirects}
	return c, nil
}

// keptBy is the client with connections kept between its requests, if its transport can.
func keptBy(h *http.Client) *http.Client {
	t, ok := h.Transport.(*network.Transport)
	if !ok {
		return h
	}
	kept := *h
	kept.Transport = t.Kept()
	return &kept
}

// Provider returns the description the client was made with.
func (c *Client) Provider() Provider { return c.provider }

// Close waits until the browser has been shown the end of the last sign-in, for a few
// seconds at the most, and until it has fetched the page for signing out, for 15 seconds
// at the most. It also waits for the work left by the last Refresh, and this ends with
// the Refresh's context. Sign-ins still to be saved are tried once more; later failures
// to save are not.
func (c *Client) Close() {
	c.pages.limit(closingGrace)
	c.saving.end()
	c.behind.wait()
}

// background counts goroutines. Unlike a sync.WaitGroup it may be waited for
// while others still start something.
type background struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed when the last one ends
}

func (b *background) begin(f func()) {
	b.mu.Lock()
	if b.running == 0 {
		b.idle = make(chan struct{})
	}
	b.running++
	b.mu.Unlock()
	go func() {
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.running--; b.running == 0 {
				close(b.idle)
			}
		}()
		f()
	}()
}

// wait returns when everything begun before has ended.
func (b *background) wait() {
	b.mu.Lock()
	running, idle := b.running, b.idle
	b.mu.Unlock()
	if running > 0 {
		<-idle
	}
}

// NewHTTPClient returns the default client, described in auth/network: the proxies of the
// environment or the operating system, its authorities, TLS 1.2 or later, limits on every
// phase, and no connection kept for later, but those to APIs for 90 s. To see or set any
// of this, make a network.Transport yourself.
func NewHTTPClient() *http.Client {
	t, _ := network.New(network.Options{}) // fails over options only
	return t.Client()
}
