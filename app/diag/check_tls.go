package diag

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/network"
)

// soonExpired is how long before its end a certificate is worth a warning. Even those
// that renew themselves do so weeks before.
const soonExpired = 10 * 24 * time.Hour

// chainFacts describe the authorities behind a server's certificate. The certificate
// cannot tell if an authority in between is the organisation's own device: its name
// can.
func chainFacts(sent []*x509.Certificate, verified [][]*x509.Certificate, now time.Time) []string {
	if len(sent) == 0 {
		return nil
	}
	leaf := sent[0]
	facts := []string{
		"issued by " + authority(leaf.Issuer.CommonName, leaf.Issuer.Organization),
	}
	if len(verified) > 0 {
		chain := verified[0]
		top := chain[len(chain)-1]
		facts = append(facts, fmt.Sprintf("trusted because of %s, over %s", authority(top.Subject.CommonName, top.Subject.Organization), counted(len(chain), "certificate")))
	} else {
		for _, c := range sent[1:] {
			facts = append(facts, fmt.Sprintf("sent along: %s, issued by %s", authority(c.Subject.CommonName, c.Subject.Organization), authority(c.Issuer.CommonName, c.Issuer.Organization)))
		}
	}
	return append(facts,
		fmt.Sprintf("good from %s to %s (%d days left)", day(leaf.NotBefore), day(leaf.NotAfter), int(leaf.NotAfter.Sub(now)/(24*time.Hour))),
		"for "+names(leaf),
	)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func authority(common string, organisation []string) string {
	name := forDisplay(common)
	if len(organisation) > 0 && forDisplay(organisation[0]) != name {
		if name != "" {
			name += ", "
		}
		name += forDisplay(organisation[0])
	}
	if name == "" {
		return "somebody without a name"
	}
	return name
}

func names(c *x509.Certificate) string {
	const most = 4
	var all []string
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	for _, n := range c.DNSNames {
		all = append(all, forDisplay(n))
	}
	text := ""
	for i, n := range all {
		if i == most {
			return text + fmt.Sprintf(" and %d more", len(all)-most)
		}
		if i > 0 {
			text += ", "
		}
		text += n
	}
	return text
}

// faultFacts describe the refused certificate, its fault first.
func faultFacts(f *network.Fault, now time.Time) []string {
	var chain []*x509.Certificate
	var refused *tls.CertificateVerificationError
	if errors.As(f, &refused) {
		chain = refused.UnverifiedCertificates
	}
	var facts []string
	switch {
	case f.Kind == network.CertUnknown:
		facts = append(facts, "vouched for by "+orUnknown(f.Issuer)+", which this computer does not trust")
	case f.Kind == network.CertExpired:
		facts = append(facts, fmt.Sprintf("the certificate is good from %s to %s only", day(f.NotBefore), day(f.NotAfter)))
	case f.Kind == network.CertName && len(chain) > 0:
		facts = append(facts, "the certificate is for "+names(chain[0]))
	}
	facts = append(facts, chainFacts(chain, nil, now)...)
	if f.Proxy != "" {
		facts = append(facts, "through the proxy "+f.Proxy)
	}
	if f.ScriptErr != nil {
		facts = append(facts, f.ScriptErr.Error())
	}
	return facts
}

func orUnknown(issuer string) string {
	if issuer == "" {
		return "somebody without a name"
	}
	return issuer
}

func (x *examination) expiresSoon(h *host, sent []*x509.Certificate) *localapi.Problem {
	if len(sent) == 0 {
		return nil
	}
	left := sent[0].NotAfter.Sub(x.Now())
	whole := sent[0].NotAfter.Sub(sent[0].NotBefore)
	// A certificate for days is renewed within days.
	if left > soonExpired || left > whole/4 {
		return nil
	}
	return x.problem(localapi.CertificateExpiresSoon, nil, "host", h.name(), "days", strconv.Itoa(int(left/(24*time.Hour))))
}

// checkHellos names a device that cannot carry post-quantum handshakes. Everything
// works without them, so this is a warning at most.
func (x *examination) checkHellos() {
	if x.Network == nil {
		return
	}
	at := x.Network.ClassicOnly()
	if at == "" {
		return
	}
	var found *check
	for _, h := range x.hosts {
		switch {
		case h.tls == nil:
		case h.name() == at:
			found = h.tls
		case found == nil && h.tls.Status == localapi.CheckGood:
			found = h.tls // another part of Portico may have met the device
		}
	}
	if found == nil {
		return
	}
	found.Facts = append([]string{"post-quantum handshakes (X25519MLKEM768) get no answer at " + forDisplay(at) + ", others do"}, found.Facts...)
	if found.Status == localapi.CheckGood {
		found.Status, found.Problem = localapi.CheckWarning, x.problem(localapi.PostQuantumBlocked, nil, "host", at)
	}
}
