package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth/plain"
)

// errNoAnswer is a header that did not come in time.
var errNoAnswer error = noAnswer{}

// errNotProxy does not repeat the answer: it may be an echo of the request.
var errNotProxy = errors.New("what answers there is not a proxy")

type noAnswer struct{}

func (noAnswer) Error() string   { return "no answer in time" }
func (noAnswer) Timeout() bool   { return true }
func (noAnswer) Temporary() bool { return true }

// refusedByProxy is the proxy's answer in place of the host's.
type refusedByProxy struct {
	status int
	wants  []string
	why    error // nil, or why it was not answered
}

func (e *refusedByProxy) Unwrap() error { return e.why }

func (e *refusedByProxy) Error() string {
	if e.why != nil {
		return fmt.Sprintf("the proxy answers with status %d: %v", e.status, e.why)
	}
	return fmt.Sprintf("the proxy answers with status %d", e.status)
}

// proxySchemes are the schemes named to people (IANA's registry of HTTP authentication
// schemes). Any other word of a proxy may be an echo of its request.
func proxySchemes() []string {
	return []string{"Basic", "Digest", "Negotiate", "NTLM", "Kerberos", "Bearer"}
}

// refusal reads a proxy's refusal (RFC 9110, sections 11.7.1 and 15.5.8).
func refusal(resp *http.Response) *refusedByProxy {
	e := &refusedByProxy{status: resp.StatusCode}
	for _, known := range proxySchemes() {
		for _, challenge := range resp.Header.Values("Proxy-Authenticate") {
			scheme, _, _ := strings.Cut(strings.TrimSpace(challenge), " ")
			if strings.EqualFold(scheme, known) {
				e.wants = append(e.wants, known)
				break
			}
		}
	}
	return e
}

// refusalFor is a refusal that could not be answered.
func refusalFor(resp *http.Response, why error) *refusedByProxy {
	e := refusal(resp)
	e.why = why
	return e
}

func (e *refusedByProxy) kind() Kind {
	switch {
	// 401 is the host's to say, but to a CONNECT only the proxy can have said it;
	// tinyproxy does, to a wrong password.
	case e.status == http.StatusProxyAuthRequired, e.status == http.StatusUnauthorized:
		return ProxyAuth
	case e.status >= 500:
		return NoRoute // the proxy is there and did not reach the host either
	}
	return ProxyDown
}

// Classify turns an HTTP client's error into a fault, nil if the network has nothing to
// do with it or if the request was cancelled. It is for clients without a [Transport]:
// with one, the error is a fault already, and Classify finds it. host is the host they
// wanted to reach.
func Classify(err error, host string) *Fault {
	var fault *Fault
	if err == nil || errors.As(err, &fault) {
		return fault
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the address may hold things that are nobody's business
	}
	f := &Fault{Host: host, Err: err}
	var refused *refusedByProxy
	var op *net.OpError
	switch {
	case errors.As(err, &refused):
		f.Kind, f.Status, f.Wants = refused.kind(), refused.status, refused.wants
	case errors.As(err, &op) && op.Op == "proxyconnect": // net/http's word
		f.Kind = ProxyDown
	case f.certificate(err):
	case isHandshake(err):
		f.Kind = CertOther
	case isUnreachable(err):
		f.Kind = unreachable(err)
		if isTimeout(err) && !errors.Is(err, errNoAnswer) {
			f.Err = fmt.Errorf("no answer in time (%w)", err)
		}
	default:
		return nil
	}
	return f
}

// certificate fills in the fault of the other side's certificate, and returns true if
// the error is about that. crypto/x509 gives the same types for its own verifier and
// for those of Windows and macOS, as far as these say more than no.
func (f *Fault) certificate(err error) bool {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var failed *tls.CertificateVerificationError
	verified := errors.As(err, &failed)
	switch {
	case errors.As(err, &unknown):
		f.Kind, f.Issuer = CertUnknown, issuerOf(unknown.Cert, failed)
	case errors.As(err, &name):
		f.Kind = CertName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		f.Kind, f.NotBefore, f.NotAfter = CertExpired, invalid.Cert.NotBefore, invalid.Cert.NotAfter
		f.NotYet = time.Now().Before(f.NotBefore)
	case errors.As(err, &invalid) && (invalid.Reason == x509.NotAuthorizedToSign || invalid.Reason == x509.TooManyIntermediates):
		f.Kind, f.Issuer = CertUnknown, issuerOf(invalid.Cert, failed)
	case verified, errors.As(err, &invalid):
		f.Kind = CertOther
	default:
		return false
	}
	return true
}

// issuerOf follows the other side's certificates up to the missing authority, and names
// it.
func issuerOf(certificate *x509.Certificate, e *tls.CertificateVerificationError) string {
	var sent []*x509.Certificate
	if e != nil {
		sent = e.UnverifiedCertificates
	}
	if len(sent) > 0 {
		certificate = sent[0]
	}
	if certificate == nil {
		return ""
	}
	for range sent {
		up := parent(certificate, sent)
		if up == nil {
			break
		}
		certificate = up
	}
	issuer := certificate.Issuer
	for _, name := range append([]string{issuer.CommonName}, append(issuer.Organization, issuer.OrganizationalUnit...)...) {
		if name = forDisplay(name); name != "" {
			return name
		}
	}
	return ""
}

// parent finds the issuer of a certificate among others, nil for none.
func parent(of *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, c := range among {
		if c != of && string(c.RawSubject) == string(of.RawIssuer) {
			return c
		}
	}
	return nil
}

// forDisplay bounds the other side's words and takes out signs that could disturb a
// line of text.
func forDisplay(s string) string {
	const longest = 100
	return strings.TrimSpace(plain.Text(s, longest))
}

// isHandshake is true if TLS has failed, in a way that shows: an alert, by these words
// of crypto/tls, or an answer without TLS.
func isHandshake(err error) bool {
	var op *net.OpError
	var notTLS tls.RecordHeaderError
	return errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") || errors.As(err, &notTLS)
}

func isUnreachable(err error) bool {
	var e net.Error // of the operating system's errors too
	return errors.As(err, &e) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// unreachable tells a name that does not exist from a resolver that cannot be asked.
// Without any network it looks like the second.
func unreachable(err error) Kind {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return NameNotFound
	}
	return NoRoute
}

// explain makes the fault of a request that came this far.
func (w *way) explain(asked context.Context, err error) error {
	switch {
	case errors.Is(context.Cause(w.ctx), errNoAnswer):
		err = errNoAnswer
	case errors.Is(asked.Err(), context.Canceled):
		return context.Cause(asked)
	case asked.Err() != nil:
		err = asked.Err() // and not the closing of its connection
	}
	f := Classify(err, w.host)
	switch {
	case f != nil:
	case w.proxyTalks():
		f = &Fault{Kind: ProxyDown, Host: w.host, Err: errNotProxy}
	case w.handshake.Load():
		f = &Fault{Kind: CertOther, Host: w.host, Err: err} // without a type of its own
	case w.shared.Load() && !w.unread.Load():
		f = &Fault{Kind: NoRoute, Host: w.host, Err: err} // net/http and HTTP/2 have words of their own for its end
	default:
		return err
	}
	if w.via.proxy == nil {
		f.ScriptErr = w.unasked
		return f
	}
	f.Proxy = ProxyName(w.via.proxy)
	if !w.passed.Load() && (f.Kind == NoRoute || f.Kind == NameNotFound) && f.Status == 0 {
		f.Kind = ProxyDown
	}
	return f
}

// proxyTalks is true if an answer without sense was the proxy's own.
func (w *way) proxyTalks() bool {
	return w.via.proxy != nil && w.connected.Load() && (w.plain || !w.passed.Load())
}

// proxyAbsent is true if the proxy was not there.
func (w *way) proxyAbsent(err error) bool {
	var f *Fault
	return errors.As(err, &f) && f.Kind == ProxyDown && f.Status == 0
}

// nobodyThere is true if the next candidate may be tried: nothing of the request was
// sent, and neither its limit nor its caller has ended this try.
func (w *way) nobodyThere(err error) bool {
	return w.proxyAbsent(err) && !w.ready.Load() && errors.Is(context.Cause(w.ctx), context.Canceled)
}

// astray is true if this may not be the way to the host at all; as with nobodyThere,
// another one may be tried.
func (w *way) astray(err error) bool {
	var f *Fault
	return errors.As(err, &f) && (f.Kind == ProxyDown || f.Kind == NoRoute || f.Kind == NameNotFound) &&
		!w.ready.Load() && errors.Is(context.Cause(w.ctx), context.Canceled)
}
