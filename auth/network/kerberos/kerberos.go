// Package kerberos shows proxies the person's Kerberos tickets on Linux and macOS (RFC
// 4120, RFC 4559). It is a [proxyauth.LogOn]:
//
//	t, err := network.New(network.Options{LogOn: kerberos.New()})
//
// Tickets are looked for at each connection, in the cache of KRB5CCNAME or of krb5.conf's
// default_ccache_name: FILE, DIR, and on Linux KEYRING and KCM. They are never changed, kept
// or delegated, and no ticket is asked for with a password.
//
// Package network does without it, because it adds about 0.3 MB to a program.
package kerberos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// limit bounds the whole of a log-on: reading the cache, and asking the realm's servers.
const limit = 8 * time.Second

// LogOn is the person's log-on with Kerberos. It is safe for concurrent use.
type LogOn struct {
	env func(string) string
	now func() time.Time
}

// New is the log-on of this process's person. It touches nothing yet.
func New() *LogOn { return &LogOn{env: os.Getenv, now: time.Now} }

// Begin finds a ticket for the proxy's service, from the cache or from the realm.
func (l *LogOn) Begin(ctx context.Context, ask proxyauth.Ask) (proxyauth.Exchange, error) {
	if ask.Scheme != proxyauth.Negotiate {
		return nil, lack(proxyauth.NotHere, errors.New("there is no log-on for it on this system"))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	token, err := l.token(ctx, strings.ToLower(strings.TrimSuffix(ask.Host, ".")))
	if err != nil {
		return nil, err
	}
	return &exchange{token: token}, nil
}

func (l *LogOn) token(ctx context.Context, host string) (token []byte, err error) {
	// A realm's server sends any length, and gokrb5 decrypts it without a look at the length.
	defer func() {
		if p := recover(); p != nil {
			err = lack(proxyauth.Failing, fmt.Errorf("reading a ticket: %v", p))
		}
	}()
	c := l.config()
	cache, err := l.cache(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &session{config: c, cache: cache, now: l.now}
	ticket, err := s.service(ctx, host)
	if err != nil {
		return nil, err
	}
	return negTokenInit(cache.client, ticket, l.now())
}

// exchange is a log-on's only message.
type exchange struct{ token []byte }

func (e *exchange) Next(_ context.Context, from []byte) ([]byte, error) {
	if from != nil || e.token == nil {
		return nil, lack(proxyauth.Failing, errors.New("the proxy goes on after the ticket"))
	}
	token := e.token
	e.token = nil
	return token, nil
}

func (e *exchange) Close() {}

func lack(l proxyauth.Lack, err error) error {
	return &proxyauth.LackError{Scheme: proxyauth.Negotiate, Lack: l, Err: err}
}
