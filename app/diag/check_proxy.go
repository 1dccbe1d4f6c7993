package diag

import (
	"fmt"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/network"
)

// checkProxy says which way requests leave, who says so, and what a proxy did to them.
func (x *examination) checkProxy() {
	const id = "proxy"
	if x.Network == nil {
		*x.proxy = *skipped(id, groupWay, "", "the program brings its own way out")
		return
	}
	s := x.Network.Settings()
	for _, h := range x.hosts {
		if h.proxyBad != nil {
			c := *h.proxyBad
			c.Facts = x.proxyFacts(s)
			*x.proxy = c
			return
		}
	}
	*x.proxy = *x.proxyOf(s)
}

// proxyOf is the check where no request has failed for a proxy. A script that cannot be
// asked explains a host that is not reached directly.
func (x *examination) proxyOf(s network.Settings) *check {
	const id = "proxy"
	facts := x.proxyFacts(s)
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

// lost is the check of a host that nobody leads to, nil where it was reached or where
// something else is wrong.
func (h *host) lost() *check {
	switch {
	case h.dns != nil && h.dns.Status == localapi.CheckBad:
		return h.dns
	case h.tls != nil && h.tls.Status == localapi.CheckBad && h.fault != nil && h.fault.Kind == network.NoRoute:
		return h.tls
	}
	return nil
}

// proxyFacts are the settings, and what came of them for each host.
func (x *examination) proxyFacts(s network.Settings) []string {
	facts := settingsFacts(s)
	if s.Source == network.SourceNone {
		return facts
	}
	for _, h := range x.hosts {
		facts = append(facts, wayFacts(h.name(), h.way)...)
	}
	return facts
}

// wayFacts says how requests to a host leave, and who has said so.
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
	fact := fmt.Sprintf("to %s: %s (%s)", name, strings.Join(a.Ways, ", then "), who)
	if !a.Kept.IsZero() {
		fact = fmt.Sprintf("to %s: %s (%s, last asked %s)", name, strings.Join(a.Ways, ", then "), who, a.Kept.Format(time.RFC3339))
	}
	if a.Err != nil {
		return []string{fact, a.Err.Error()}
	}
	return []string{fact}
}

func settingsFacts(s network.Settings) []string {
	source := string(s.Source)
	switch s.Source {
	case network.SourceNone:
		source = "nobody"
	case network.SourceOptions:
		source = "the policy Proxy"
	case network.SourceDesktop:
		source = "the desktop (org.gnome.system.proxy)"
	case network.SourceKDE:
		source = "KDE (kioslaverc)"
	}
	facts := []string{"none: requests go out directly"}
	if s.HTTP+s.HTTPS+s.PAC != "" || s.AutoDetect {
		facts = []string{"set by " + source}
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
