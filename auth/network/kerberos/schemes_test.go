package kerberos

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// A proxy that offers everything gets the strongest that can be answered: by the ticket, and
// without one by the password, by NTLM only where a policy says so.
func TestTheStrongestThatCanBeAnswered(t *testing.T) {
	realm := squid.StartRealm(t)
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	realm.LogOn(t, cache, squid.Name, squid.Password)
	ended := "FILE:" + filepath.Join(t.TempDir(), "ended")
	realm.LogOn(t, ended, squid.Name, squid.Password, "-l", "2s") // too short to be worth showing
	proxy := squid.Start(t, squid.Options{Wants: []string{"negotiate", "ntlm", "digest", "basic"}, Realm: realm})
	password := url.UserPassword(squid.Name, squid.Password)
	for name, test := range map[string]struct {
		user    *url.Userinfo
		cache   string
		allowed []proxyauth.Scheme
		want    proxyauth.Scheme // "" for none
		lacks   proxyauth.Lack
	}{
		"a ticket":                            {user: password, cache: cache, want: proxyauth.Negotiate},
		"a ticket, and nothing else":          {cache: cache, want: proxyauth.Negotiate},
		"no ticket":                           {user: password, cache: "FILE:/nobody's", want: proxyauth.Digest},
		"a ticket that has ended":             {user: password, cache: ended, want: proxyauth.Digest},
		"no ticket, and NTLM is allowed":      {user: password, cache: "FILE:/nobody's", allowed: proxyauth.AllSchemes(), want: proxyauth.NTLM},
		"a ticket that a policy leaves out":   {user: password, cache: cache, allowed: []proxyauth.Scheme{proxyauth.Basic}, want: proxyauth.Basic},
		"neither a ticket nor a password":     {cache: "FILE:/nobody's", lacks: proxyauth.NoTicket},
		"an ended ticket, and no password":    {cache: ended, lacks: proxyauth.TicketEnded},
		"a password that a policy leaves out": {user: password, cache: "FILE:/nobody's", allowed: []proxyauth.Scheme{proxyauth.Negotiate}, lacks: proxyauth.NoTicket},
	} {
		t.Run(name, func(t *testing.T) {
			learnt := &learnt{}
			tr, err := network.New(network.Options{
				Proxy: (&url.URL{Scheme: "http", User: test.user, Host: "localhost:" + proxy.Port}).String(),
				LogOn: at(realm, test.cache), ProxyAuth: test.allowed, Proxies: learnt,
			})
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.Client().Get("http://nowhere.contoso.test/") // which squid says itself
			if test.want == "" {
				if lackIn(err) != test.lacks || learnt.last.Used != "" {
					t.Errorf("%v, and %q was used; want %s", err, learnt.last.Used, test.lacks)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if learnt.last.Used != test.want || !slices.Equal(learnt.last.Offered, proxyauth.AllSchemes()) {
				t.Errorf("it took %s of %v, want %s", learnt.last.Used, learnt.last.Offered, test.want)
			}
		})
	}
}

// learnt remembers what a proxy took, for the test alone.
type learnt struct{ last proxyauth.Known }

func (*learnt) Known(context.Context, string) proxyauth.Known { return proxyauth.Known{} }

func (l *learnt) Learn(_ context.Context, _ string, k proxyauth.Known) { l.last = k }

func (*learnt) Password(context.Context, string) (*proxyauth.Attempt, error) {
	return nil, &proxyauth.LackError{Lack: proxyauth.NoPassword}
}
