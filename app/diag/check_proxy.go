package diag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// checkProxy names the way of requests and who set it, and any effect of a proxy on them.
func (x *examination) checkProxy(ctx context.Context) {
	const id = "proxy"
	if x.Network == nil {
		*x.proxy = *skipped(id, groupWay, "", "the program brings its own way out")
		return
	}
	s := x.Network.Settings()
	for _, h := range x.hosts {
		if h.proxyBad != nil {
			c := *h.proxyBad
			c.Facts = x.proxyFacts(ctx, s)
			*x.proxy = c
			return
		}
	}
	*x.proxy = *x.proxyOf(ctx, s)
}

// proxyOf is the check if no request has failed for a proxy. A script that cannot be
// asked explains a host not reached directly.
func (x *examination) proxyOf(ctx context.Context, s network.Settings) *check {
	const id = "proxy"
	facts := x.proxyFacts(ctx, s)
	subject := s.HTTPS
	if subject == "" {
		subject = s.HTTP
	}
	for _, h := range x.hosts {
		if len(h.way.Ways) > 0 && h.proxyURL != "" {
			subject = h.proxyURL
			break
		}
	}
	var unasked error
	astray := false
	for _, h := range x.hosts {
		if h.way.Err == nil {
			continue
		}
		unasked = h.way.Err
		if lost := h.lost(); lost != nil && h.proxyURL == "" {
			lost.because, astray = x.proxy, true
		}
	}
	if unasked == nil {
		return good(id, groupWay, subject, facts...)
	}
	script, install := network.Unasked(unasked)
	p := x.problem(localapi.ProxyScript, unasked, "script", script, "install", install)
	if astray {
		return bad(id, groupWay, script, p, facts...)
	}
	return warning(id, groupWay, script, p, facts...)
}

// lost is the check of a host without any way to it, nil if it was reached or something
// else is wrong.
func (h *host) lost() *check {
	switch {
	case h.dns != nil && h.dns.Status == localapi.CheckBad:
		return h.dns
	case h.tls != nil && h.tls.Status == localapi.CheckBad && h.fault != nil && h.fault.Kind == network.NoRoute:
		return h.tls
	}
	return nil
}

// proxyFacts are the settings and, for each host, the way and the log-on that its proxy
// accepted or missed.
func (x *examination) proxyFacts(ctx context.Context, s network.Settings) []string {
	facts := settingsFacts(s)
	if s.Source == network.SourceNone {
		return facts
	}
	// Hosts may be the same, and most are behind the same proxy.
	tell := func(more []string) {
		for _, fact := range more {
			if !slices.Contains(facts, fact) {
				facts = append(facts, fact)
			}
		}
	}
	for _, h := range x.hosts {
		tell(wayFacts(h.name(), h.way))
	}
	for _, h := range x.hosts {
		tell(x.logOnFacts(ctx, h))
	}
	return facts
}

// logOnFacts tells how the proxy on the way to a host asks who is there, and how it was
// answered. Nothing is said of a proxy that did not ask.
func (x *examination) logOnFacts(ctx context.Context, h *host) []string {
	var refused *proxyauth.RefusedError
	switch {
	case h.fault != nil && errors.As(h.fault, &refused):
		facts := []string{"the proxy " + h.fault.Proxy + " asks for: " + orNobody(strings.Join(h.fault.Wants, ", "))}
		for _, m := range refused.Missing {
			fact := fmt.Sprintf("%s was not answered: %s", m.Scheme, m.Lack)
			if m.Err != nil {
				fact += ": " + m.Err.Error()
			}
			facts = append(facts, fact)
		}
		return facts
	case h.fault != nil || h.proxyURL == "" || x.Network == nil:
		return nil
	}
	k := x.Network.KnownOf(ctx, h.proxyURL)
	if k.Used == "" {
		return nil
	}
	fact := "the proxy " + h.proxyURL + " lets requests through by " + string(k.Used)
	if len(k.Offered) > 1 {
		var offered []string
		for _, s := range k.Offered {
			offered = append(offered, string(s))
		}
		fact += ", of " + strings.Join(offered, ", ")
	}
	return []string{fact}
}

// wayFacts tells the way of requests to a host, and who set it.
func wayFacts(name string, a network.Answer) []string {
	if len(a.Ways) == 0 {
		return nil
	}
	who := "as it is set"
	switch {
	case a.Script != "":
		who = "says the script " + a.Script
	case a.Detected:
		who = "says the script that this network offers"
	}
	if !a.Kept.IsZero() {
		who += ", last asked " + a.Kept.Format(time.RFC3339)
	}
	fact := fmt.Sprintf("to %s: %s (%s)", name, strings.Join(a.Ways, ", then "), who)
	if a.Err != nil {
		return []string{fact, a.Err.Error()}
	}
	return []string{fact}
}

// whoSet names who has set the proxies, in people's words.
func whoSet(source network.Source) string {
	words := map[network.Source]string{
		network.SourceNone: "nobody", network.SourceOptions: "the policy Proxy",
		network.SourceEnvironment: "the environment (HTTPS_PROXY, HTTP_PROXY)",
		network.SourceWindows:     "Windows", network.SourcePolicy: "Windows, for everybody on this computer",
		network.SourceMac: "macOS", network.SourceDesktop: "the desktop (org.gnome.system.proxy)", network.SourceKDE: "KDE (kioslaverc)",
	}
	return cmp.Or(words[source], string(source))
}

func settingsFacts(s network.Settings) []string {
	facts := []string{"none: requests go out directly"}
	if s.HTTP+s.HTTPS+s.PAC != "" || s.AutoDetect {
		facts = []string{"set by " + whoSet(s.Source)}
	}
	if s.HTTP+s.HTTPS != "" {
		facts = append(facts, "for https: "+orNobody(s.HTTPS), "for http: "+orNobody(s.HTTP))
	}
	if len(s.Bypass) > 0 {
		facts = append(facts, "not for: "+strings.Join(s.Bypass, ", "))
	}
	if s.PAC != "" {
		facts = append(facts, "proxy script: "+s.PAC)
	}
	if s.AutoDetect {
		facts = append(facts, "automatic detection (WPAD): on")
	}
	if s.Err != nil {
		facts = append(facts, "the system's settings could not be read: "+s.Err.Error())
	}
	return facts
}

func orNobody(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
