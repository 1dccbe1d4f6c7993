//go:build linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const (
	proxyHost  = "proxy.contoso.test"
	loginHost  = "login.contoso.test"
	portalHost = "portal.contoso.test"
	scriptHost = "scripts.contoso.test"
	annasLogOn = squid.Name + "@PORTICO.TEST"
)

// office is a desk in a company's network: it reaches a proxy and the servers of a Kerberos
// realm, and nothing else. Only the proxy knows where portal and provider are.
type office struct {
	*desk
	network   *stage.Network
	authority *stage.Authority
	proxy     *squid.Proxy
	realm     *squid.Realm
	cache     string // of the person's tickets, as KRB5CCNAME has it
	files     *demoportal.Server
	// asksFirst: nothing can be said to the proxy before it has asked, as by Digest.
	asksFirst bool
	settled   int // counts settle's requests
}

// newOffice sets up an office whose proxy asks by these schemes, Portico and the browser alike.
func newOffice(t *testing.T, ctx context.Context, wants ...string) *office {
	t.Helper()
	return newOfficeWith(t, ctx, stage.Params{}, wants...)
}

// newOfficeWith is newOffice with more on the desk.
func newOfficeWith(t *testing.T, ctx context.Context, more stage.Params, wants ...string) *office {
	t.Helper()
	network, err := stage.NewNetwork(ctx, proxyHost, scriptHost)
	var lacking *stage.Missing
	var refused *stage.NoNetworkError
	if errors.As(err, &lacking) || errors.As(err, &refused) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { must(t, network.Close()) })
	o := &office{desk: &desk{t: t, ctx: ctx}, network: network, asksFirst: slices.Equal(wants, []string{"digest"})}
	o.authority, err = stage.NewAuthority(t.TempDir(), loginHost, portalHost, scriptHost)
	must(t, err)
	if slices.Contains(wants, "negotiate") {
		o.realm = squid.RealmOptions{Address: network.Gate, Proxy: proxyHost}.Start(t)
		o.cache = "FILE:" + filepath.Join(t.TempDir(), "cc")
	}
	o.proxy = squid.Start(t, squid.Options{
		Wants: wants, Realm: o.realm, Address: network.Gate,
		Hosts: map[string]string{loginHost: "127.0.0.1", portalHost: "127.0.0.1"},
		// Nothing that a browser asks for by itself leaves this computer.
		Lines: []string{"acl company dstdomain .contoso.test", "http_access deny !company"},
	})
	o.provider, err = stage.OIDCProviderWith(ctx, logOf(t), stage.ProviderOptions{TLS: o.authority, Host: loginHost})
	must(t, err)
	t.Cleanup(func() { o.provider.Close() })
	o.startPortal()
	more.Network, more.TrustAll, more.BrowserProxy = network, true, "http://"+o.proxyName()
	o.Stage = newStage(t, ctx, more)
	o.env = []string{"HTTPS_PROXY=http://" + o.proxyName(), "PORTICO_EXTRA_CA_FILE=" + o.authority.File}
	if o.realm != nil {
		o.env = append(o.env, "KRB5_CONFIG="+o.realm.Config, "KRB5CCNAME="+o.cache)
	}
	return o
}

func (o *office) proxyName() string { return net.JoinHostPort(proxyHost, o.proxy.Port) }

func (o *office) startPortal() {
	o.t.Helper()
	secure, err := o.authority.Server()
	must(o.t, err)
	o.files, err = demoportal.Params{TLS: secure, Providers: []demoportal.Provider{{
		ID: "work", Title: "Contoso Login", Authority: o.provider.Issuer(), ClientID: "portico", Domains: []string{"contoso.example"},
	}}}.Start(o.ctx)
	must(o.t, err)
	o.t.Cleanup(func() { must(o.t, o.files.Close()) })
	u, err := url.Parse(o.files.URL())
	must(o.t, err)
	o.portal = "https://" + net.JoinHostPort(portalHost, u.Port())
}

// login is desk's, with a browser that asks for the proxy's password where there is no ticket.
func (o *office) login() answer {
	o.t.Helper()
	p, page := o.begin("login")
	if o.realm == nil {
		must(o.t, page.LogOnToProxy(o.ctx, squid.Name, squid.Password))
	}
	must(o.t, o.provider.SignIn(o.ctx, page, "ada"))
	must(o.t, page.WaitBack(o.ctx, o.provider.Issuer()))
	return o.finish(p, "login")
}

// agent starts the agent and waits until it answers.
func (o *office) agent() *stage.Process {
	o.t.Helper()
	p, err := o.Start(stage.Command{Name: programs.Path("portico-agent"), Env: o.command().Env})
	must(o.t, err)
	_, _, err = o.Agent(o.ctx)
	must(o.t, err)
	return p
}

// noted are the lines about a host that the proxy writes from f's start on, until it has
// noted n tunnels there: it notes a tunnel at its end. A browser's end when the browser likes.
func (o *office) noted(host string, n int, f func()) []squid.Line {
	o.t.Helper()
	lines := func() []squid.Line {
		return slices.DeleteFunc(o.proxy.Log(o.t), func(l squid.Line) bool { return l.Asked != "CONNECT "+host || l.Browser })
	}
	o.settle()
	before := len(lines())
	f()
	tunnels := func() (n int) {
		for _, line := range lines()[before:] {
			if line.Status == http.StatusOK {
				n++
			}
		}
		return n
	}
	o.proxy.LogUntil(o.t, func(squid.Line) bool { return tunnels() >= n })
	o.settle()
	return lines()[before:]
}

// settle waits until the proxy has noted what has ended by now: it does one thing after the
// other, and this request comes last.
func (o *office) settle() {
	o.t.Helper()
	o.settled++
	through := &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: net.JoinHostPort(o.network.Gate, o.proxy.Port)})}
	address := fmt.Sprintf("http://settled.test/%d", o.settled)
	r, err := (&http.Client{Transport: through}).Get(address)
	must(o.t, err)
	r.Body.Close()
	o.proxy.LogUntil(o.t, func(l squid.Line) bool { return l.Asked == "GET "+address })
}

// unreachable checks that only the proxy leads out of the network.
func (o *office) unreachable() {
	o.t.Helper()
	login, err := url.Parse(o.provider.Issuer())
	must(o.t, err)
	for _, address := range []string{o.portal, login.String(), "https://127.0.0.1:" + login.Port(), "https://" + net.JoinHostPort(o.network.Gate, login.Port()), "http://192.0.2.1"} {
		r, err := o.Run(o.ctx, stage.Command{Name: "curl", Args: []string{"--insecure", "--noproxy", "*", "--silent", "--show-error", "--max-time", "5", address}})
		must(o.t, err)
		if r.Code != 6 && r.Code != 7 { // no such name, or no way there
			o.t.Fatalf("%s can be reached without the proxy, or not be tried: exit %d, %s", address, r.Code, r.Tail)
		}
	}
}
