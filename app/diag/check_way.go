package diag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
)

// The limits of one step on the way out. A portal takes two of them one after the
// other, a provider three more, and all have to fit into checkLimit.
const (
	nameLimit  = 4 * time.Second
	reachLimit = 7 * time.Second
	readLimit  = 6 * time.Second
	// maxDrain bounds the reading of an unwanted answer.
	maxDrain = 64 << 10
)

// errLate is a step that took too long.
var errLate = errors.New("no answer in time")

// host is a server that has to be reached, and the results.
type host struct {
	address *url.URL
	// about is the provider of this server; portal: it is the portal's.
	about  session.About
	portal bool
	// way says how its requests leave; proxyURL is the proxy on the way, "" for none.
	way      network.Answer
	proxyURL string

	proxyBad *check // the proxy's part, if it failed
	dns, tls *check
	// fault is the reason why the request did not get there, nil for none.
	fault *network.Fault
	// With dated, ahead is how far this computer's clock is ahead of the server's.
	ahead time.Duration
	dated bool
	// elsewhere is the host it sends everybody to, "" for none.
	elsewhere string
}

func (h *host) name() string { return h.address.Host }

// checkWay goes out to the portal, reads its description, and goes on to every
// provider. It closes described as soon as the providers are known.
func (x *examination) checkWay(ctx context.Context, described chan<- struct{}) {
	door := x.reachPortal(ctx)
	published := x.checkManifest(ctx, door)
	x.setOffered(published)
	close(described)
	x.checkProviders(ctx)
	x.checkDoorAgain(door)
	x.checkHellos()
	x.checkClock()
	x.checkProxy(ctx)
}

// reachPortal is nil without a portal.
func (x *examination) reachPortal(ctx context.Context) *host {
	u, err := url.Parse(x.Portal)
	if x.Portal == "" || x.address.Status != localapi.CheckGood || err != nil {
		return nil
	}
	h := &host{address: u, portal: true, about: session.About{Host: fetch.Host(u)}}
	x.mu.Lock()
	x.hosts = append(x.hosts, h)
	x.mu.Unlock()
	x.reach(ctx, h, manifestPath)
	return h
}

// reach looks a host up and makes one request to it. Nothing but the way is looked
// at: any answer will do.
func (x *examination) reach(ctx context.Context, h *host, path string) {
	begun := time.Now()
	h.dns = x.lookUp(ctx, h)
	h.dns.Took = time.Since(begun)
	begun = time.Now()
	if h.dns.Status == localapi.CheckBad {
		h.tls = after(h.dns, "tls", groupWay, h.name())
		return
	}
	h.tls = x.connect(ctx, h, path)
	h.tls.Took = time.Since(begun)
}

func (x *examination) lookUp(ctx context.Context, h *host) *check {
	const id = "dns"
	name := h.address.Hostname()
	if x.Network != nil {
		// An unusable way shows in the request.
		if h.way, _ = x.Network.Ask(ctx, h.address); len(h.way.Ways) > 0 && h.way.Ways[0] != network.Direct {
			h.proxyURL = h.way.Ways[0]
		}
	}
	if h.proxyURL != "" {
		return skipped(id, groupWay, name, "the proxy looks it up")
	}
	if net.ParseIP(name) != nil {
		return skipped(id, groupWay, name, "it is an address, which needs no looking up")
	}
	ctx, cancel := context.WithTimeout(ctx, nameLimit)
	defer cancel()
	found, err := x.Resolver.LookupHost(ctx, name)
	if err == nil {
		return good(id, groupWay, name, "found at "+strings.Join(found, ", "))
	}
	code := localapi.NoNetwork
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		code = localapi.NameNotFound
	}
	return bad(id, groupWay, name, x.problem(code, err, "host", name, "title", h.about.Title, "provider", h.about.Provider))
}

// connect makes the request, and follows no redirect.
func (x *examination) connect(ctx context.Context, h *host, path string) *check {
	const id = "tls"
	ctx, cancel := context.WithTimeoutCause(ctx, reachLimit, errLate)
	defer cancel()
	resp, err := x.ask(ctx, h.address.JoinPath(path).String())
	if err != nil {
		return x.unreached(h, err)
	}
	drain(resp)
	if to, err := resp.Location(); err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 && !strings.EqualFold(to.Hostname(), h.address.Hostname()) {
		h.elsewhere = (&url.URL{Host: fetch.Host(to)}).Hostname()
	}
	if resp.StatusCode == http.StatusNetworkAuthenticationRequired {
		return x.signInFirst(h, fmt.Errorf("status %d", resp.StatusCode))
	}
	h.noteDate(resp, x.Now())
	if resp.TLS == nil {
		return good(id, groupWay, h.name(), "not encrypted, because it is on this computer itself")
	}
	facts := chainFacts(resp.TLS.PeerCertificates, resp.TLS.VerifiedChains, x.Now())
	c := good(id, groupWay, h.name(), facts...)
	if soon := x.expiresSoon(h, resp.TLS.PeerCertificates); soon != nil {
		c.Status, c.Problem = localapi.CheckWarning, soon
	}
	return c
}

func (x *examination) ask(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := *x.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client.Do(req)
}

func drain(resp *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDrain))
	_ = resp.Body.Close()
}

// noteDate compares the clocks. A copy from a cache is as old as it says (RFC 9111,
// section 5.1).
func (h *host) noteDate(resp *http.Response, now time.Time) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	if age, err := strconv.Atoi(resp.Header.Get("Age")); err == nil && age > 0 {
		date = date.Add(time.Duration(age) * time.Second)
	}
	h.ahead, h.dated = now.Sub(date), true
}

// unreached names who is at fault for an unreached host.
func (x *examination) unreached(h *host, err error) *check {
	const id = "tls"
	f := network.Classify(err, h.name())
	if f == nil {
		f = &network.Fault{Kind: network.NoRoute, Host: h.name(), Err: withoutAddress(err)}
	}
	h.fault = f
	p := x.explained(h, f)
	facts := faultFacts(f, x.Now())
	switch f.Kind {
	case network.ProxyAuth, network.ProxyDown:
		h.proxyBad = bad("proxy", groupWay, f.Proxy, p)
		return after(x.proxy, id, groupWay, h.name())
	case network.NameNotFound:
		h.dns = bad("dns", groupWay, h.address.Hostname(), p)
		return after(h.dns, id, groupWay, h.name())
	case network.CertExpired:
		c := bad(id, groupWay, h.name(), p, facts...)
		if f.NotYet {
			c.because = x.clock // bad for it; see checkClock
		}
		return c
	}
	return bad(id, groupWay, h.name(), p, facts...)
}

// explained is a fault in the words of every other problem.
func (x *examination) explained(h *host, f *network.Fault) *localapi.Problem {
	about := h.about
	if about.Title == "" {
		about.Title = h.name()
	}
	p := session.Explain(&auth.UnavailableError{Host: h.name(), Step: "connection", Err: f}, about, x.Now())
	if h.portal && p.Code == localapi.ProviderUnreachable {
		p.Code = localapi.PortalUnreachable
		if x.Known != nil || x.PortalDecided {
			if p.Params == nil {
				p.Params = map[string]string{}
			}
			p.Params["in_use"] = "yes"
		}
	}
	return p
}

// signInFirst is a network that answers in everybody's place.
func (x *examination) signInFirst(h *host, err error) *check {
	f := &network.Fault{Kind: network.SignInFirst, Host: h.name(), Err: err}
	h.fault = f
	return bad("tls", groupWay, h.name(), x.explained(h, f))
}

// checkDoorAgain recognises a network that wants a log-on by its treatment of
// everybody: a portal known to be good now sends its visitors elsewhere, and so do the
// providers.
func (x *examination) checkDoorAgain(door *host) {
	if door == nil || door.elsewhere == "" || x.manifest.Problem == nil {
		return
	}
	// A redirect to a page without https is not followed.
	if code := x.manifest.Problem.Code; code != localapi.NotAPortal && code != localapi.PortalNotHTTPS {
		return
	}
	together := x.Known != nil
	for _, h := range x.hosts {
		together = together || h != door && h.elsewhere == door.elsewhere
	}
	if !together {
		x.manifest.Facts = append(x.manifest.Facts, "the portal redirects to "+door.elsewhere)
		return
	}
	door.tls = x.signInFirst(door, errors.New("a redirect to "+door.elsewhere))
	door.dated = false
	x.manifest.because = door.tls
	for _, c := range x.providers {
		c.because = door.tls
	}
	for _, h := range x.hosts {
		if h != door && h.elsewhere == door.elsewhere {
			h.tls, h.dated = after(door.tls, "tls", groupWay, h.name()), false
		}
	}
}

// way lists the results of the way out, host by host.
func (x *examination) way() []*check {
	out := []*check{x.proxy}
	for _, h := range x.hosts {
		if h.dns != nil {
			out = append(out, h.dns, h.tls)
		}
	}
	return append(out, x.clock)
}

// sideBySide runs f for every host at once.
func sideBySide(hosts []*host, f func(*host)) {
	var parts sync.WaitGroup
	for _, h := range hosts {
		parts.Go(func() { f(h) })
	}
	parts.Wait()
}

// withoutAddress is a client's error without the requested address.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// withoutQuery is an address to show: without names and without anything after a
// question mark.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(an address that cannot be read)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: fetch.Host(u), Path: u.Path, Opaque: u.Opaque}).String()
}
