package network

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/plain"
)

// maxPage bounds the page of a 407. It is read, so its connection can be used again.
const maxPage = 64 << 10

var errKeptNot = errors.New("the proxy does not keep the connection that the log-on goes on in")

// tunnelled says whether the transport itself has the proxy connect to the host. With
// SOCKS, and for requests in plain, net/http speaks to the proxy.
func (to target) tunnelled() bool { return !to.plain && to.answers() }

// answers is true with a proxy able to ask who we are.
func (to target) answers() bool {
	return to.via.proxy != nil && (to.via.proxy.Scheme == "http" || to.via.proxy.Scheme == "https")
}

// tunnel has a proxy connect to an address (RFC 9110, section 9.3.6), and tells it who we
// are if it asks. The messages of one log-on stay in one connection; everything else
// begins in a new one, because many proxies end the connection with a 407.
func (t *Transport) tunnel(w *way, address string) (net.Conn, error) {
	talk := t.answerer(w.ctx, w.via).Begin(http.MethodConnect, address)
	defer talk.Close()
	header := talk.Unasked(w.ctx)
	for {
		conn, err := t.toProxy(w)
		if err != nil {
			return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err} // net/http's word
		}
		asker := &asker{Conn: conn, agent: t.options.UserAgent}
		through, err := asker.askOn(w.ctx, talk, address, &header)
		if err == nil && through != nil {
			w.passed.Store(true)
			t.taken(w.target, talk)
			return through, nil
		}
		_ = conn.Close()
		if err != nil {
			t.settle(w.target, talk, err)
			return nil, err
		}
		w.hello.again()
	}
}

// toProxy is a connection to the proxy, over TLS if the proxy wants it.
func (t *Transport) toProxy(w *way) (net.Conn, error) {
	proxy := w.via.proxy
	address, err := plain.HostPort(hostPort(proxy))
	if err != nil {
		return nil, err
	}
	conn, err := t.connect(w, "tcp", address)
	if err != nil || proxy.Scheme != "https" {
		return conn, err
	}
	config := t.carry.Load().of(w.classic).TLSClientConfig.Clone()
	config.ServerName, _, _ = net.SplitHostPort(address)
	ctx, cancel := context.WithTimeout(w.ctx, handshakeLimit)
	defer cancel()
	secure := tls.Client(conn, config)
	w.hello.begin()
	err = secure.HandshakeContext(ctx)
	w.handshake.Store(err != nil)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// asker is one connection to a proxy.
type asker struct {
	net.Conn
	agent   string
	limited io.LimitedReader
	read    *bufio.Reader
}

// askOn asks for the address until the proxy has connected, or until the conversation goes
// on in another connection: then it returns neither. header is what is sent next.
func (a *asker) askOn(ctx context.Context, talk *proxyauth.Conversation, address string, header *string) (net.Conn, error) {
	for {
		midway := talk.Midway()
		resp, err := a.ask(ctx, address, *header)
		switch {
		case err != nil && midway && ctx.Err() == nil:
			return nil, &refusedByProxy{status: http.StatusProxyAuthRequired, why: talk.BrokenOff(errKeptNot)}
		case err != nil:
			return nil, err
		case resp.StatusCode == http.StatusOK:
			return a.through(), nil
		case resp.StatusCode != http.StatusProxyAuthRequired:
			return nil, refusal(resp)
		}
		*header, err = talk.Answer(ctx, resp.Header.Values("Proxy-Authenticate"))
		if err != nil {
			return nil, refusalFor(resp, err)
		}
		if !talk.Midway() {
			return nil, nil
		}
		if !a.keeps(resp) {
			return nil, refusalFor(resp, talk.BrokenOff(errKeptNot))
		}
	}
}

// ask makes one request.
func (a *asker) ask(ctx context.Context, address, header string) (*http.Response, error) {
	req := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address,
		Header: http.Header{"User-Agent": {a.agent}},
	}
	if header != "" {
		req.Header.Set("Proxy-Authorization", header)
		req.Header.Set("Proxy-Connection", "Keep-Alive") // which some wait for before they keep it
	}
	if err := req.WithContext(ctx).Write(a.Conn); err != nil {
		return nil, err
	}
	if a.read == nil {
		a.limited.R = a.Conn
		a.read = bufio.NewReader(&a.limited)
	}
	a.limited.N = maxHeader
	resp, err := http.ReadResponse(a.read, req)
	if err != nil && a.limited.N <= 0 {
		return nil, errNotProxy // and no end in sight
	}
	return resp, err
}

// keeps reads the rest of an answer and says whether the proxy keeps the connection.
func (a *asker) keeps(resp *http.Response) bool {
	if !keptOpen(resp) {
		return false
	}
	a.limited.N = maxPage
	_, err := io.Copy(io.Discard, resp.Body)
	return err == nil && a.limited.N > 0
}

// keptOpen also takes the word of proxies from before HTTP/1.1.
func keptOpen(resp *http.Response) bool {
	said := strings.ToLower(resp.Header.Get("Proxy-Connection"))
	if said == "close" || resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 {
		return false
	}
	return !resp.Close || resp.ProtoMinor == 0 && said == "keep-alive"
}

// through is the connection to the host, with what has come from there.
func (a *asker) through() net.Conn {
	n := a.read.Buffered()
	if n == 0 {
		return a.Conn
	}
	early, _ := a.read.Peek(n)
	return &earlyConn{Conn: a.Conn, read: io.MultiReader(bytes.NewReader(early), a.Conn)}
}

type earlyConn struct {
	net.Conn
	read io.Reader
}

func (c *earlyConn) Read(p []byte) (int, error) { return c.read.Read(p) }

// taken keeps what is known of a proxy that has let a request through.
func (t *Transport) taken(to target, talk *proxyauth.Conversation) {
	if k, asked := talk.Taken(); asked {
		t.proxies.Learn(to.ctx, ProxyName(to.via.proxy), k)
	}
}

// settle tells a conversation what another status than 407 means for it.
func (t *Transport) settle(to target, talk *proxyauth.Conversation, err error) {
	var refused *refusedByProxy
	switch {
	case !errors.As(err, &refused):
	case refused.status == http.StatusUnauthorized:
		talk.Refused() // tinyproxy's word for a wrong password
	case refused.status >= 500:
		t.taken(to, talk) // and did not reach the host
	}
}
