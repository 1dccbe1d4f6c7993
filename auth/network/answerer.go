package network

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// ProxyStore keeps the knowledge of proxies, and a person's passwords for them, for all
// programs of that person. Proxies go by [ProxyName]. It is safe for concurrent use.
type ProxyStore interface {
	// Known is the knowledge of a proxy. Unreadable notes count as none.
	Known(ctx context.Context, proxy string) proxyauth.Known
	// Learn keeps it.
	Learn(ctx context.Context, proxy string, k proxyauth.Known)
	// Password gives the right to try the proxy's name and password. It fails with a
	// [proxyauth.LackError]. Until the attempt is done nobody else gets it, so a wrong
	// password is tried once.
	Password(ctx context.Context, proxy string) (*proxyauth.Attempt, error)
}

// ProxyName is how a [Fault] and a [ProxyStore] name a proxy: "proxy.example:8080".
func ProxyName(proxy *url.URL) string { return strings.ToLower(hostPort(proxy)) }

// ParseProxyName is [ProxyName] of a typed text: "proxy.example:8080", or the address of a
// proxy. An address with a name and a password is none, and neither is SOCKS: it asks in
// another way.
func ParseProxyName(typed string) (string, error) {
	u, err := parseProxy(typed)
	if err != nil || u.User != nil || strings.HasPrefix(u.Scheme, "socks") {
		return "", errors.New("it is not a proxy's host and port, such as proxy.example:8080")
	}
	return ProxyName(u), nil
}

// DefaultProxyAuth are the schemes for answering proxies while Options.ProxyAuth is nil.
// NTLM is among them only on Windows: it needs no password there.
func DefaultProxyAuth() []proxyauth.Scheme {
	return slices.DeleteFunc(proxyauth.AllSchemes(), func(s proxyauth.Scheme) bool {
		return s == proxyauth.NTLM && runtime.GOOS != "windows"
	})
}

// answerer says how the proxy of a candidate may be answered.
func (t *Transport) answerer(ctx context.Context, via candidate) *proxyauth.Answerer {
	name := ProxyName(via.proxy)
	a := &proxyauth.Answerer{
		Host: via.proxy.Hostname(), Allowed: t.options.ProxyAuth, LogOn: t.options.LogOn,
		NotVouched: !via.named.vouched() && t.options.ProxyAuth == nil, Before: t.proxies.Known(ctx, name),
	}
	if t.options.ProxyAuth == nil {
		a.Allowed = DefaultProxyAuth()
	}
	if a.LogOn == nil {
		a.LogOn = ownLogOn()
	}
	a.Password = func(ctx context.Context) (*proxyauth.Attempt, error) { return t.proxies.Password(ctx, name) }
	if u := via.proxy.User; u.String() != "" {
		a.Password = func(context.Context) (*proxyauth.Attempt, error) { return t.ofAddress.attempt(name, u) }
	}
	return a
}

// ofAddress are the names and passwords in proxies' addresses. A refused one is not tried
// again by this transport, because accounts are locked after some tries.
type ofAddress struct {
	mu      sync.Mutex
	refused map[string]bool
}

func (o *ofAddress) attempt(proxy string, user *url.Userinfo) (*proxyauth.Attempt, error) {
	key := user.String() + "@" + proxy
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refused[key] {
		return nil, &proxyauth.LackError{Lack: proxyauth.PasswordRefused, Err: errors.New("that of the proxy's address")}
	}
	password, _ := user.Password()
	return &proxyauth.Attempt{Name: user.Username(), Password: password, Done: func(outcome proxyauth.Outcome) {
		if outcome == proxyauth.Refused {
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.refused == nil {
				o.refused = make(map[string]bool)
			}
			o.refused[key] = true
		}
	}}, nil
}

// forgetful is the ProxyStore of a program without one: it knows everything seen by
// this transport, and no password.
type forgetful struct {
	mu    sync.Mutex
	known map[string]proxyauth.Known
}

func (f *forgetful) Known(_ context.Context, proxy string) proxyauth.Known {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[proxy]
}

func (f *forgetful) Learn(_ context.Context, proxy string, k proxyauth.Known) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = make(map[string]proxyauth.Known)
	}
	f.known[proxy] = k
}

func (f *forgetful) Password(context.Context, string) (*proxyauth.Attempt, error) {
	return nil, &proxyauth.LackError{Lack: proxyauth.NoPassword}
}
