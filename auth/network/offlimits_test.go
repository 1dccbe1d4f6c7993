package network

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOffLimits(t *testing.T) {
	for host, want := range map[string]bool{
		"169.254.169.254": true, "169.254.0.1": true, "[fe80::1]": true, "fe80::1%eth0": true, "febf::1": true, "fd00:ec2::254": true,
		"::ffff:169.254.169.254": true, "64:ff9b::a9fe:a9fe": true, "168.63.129.16": true, "fd20:ce::254": true,
		"metadata.google.internal": true, "Metadata.Google.Internal.": true,
		"169.253.0.1": false, "169.255.0.1": false, "10.0.0.1": false, "192.168.1.1": false, "100.100.100.200": false, "127.0.0.1": false,
		"fd00::1": false, "fec0::1": false, "::1": false, "64:ff9b::7f00:1": false, "localhost": false, "portal.example": false, "": false,
	} {
		if got := OffLimits(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

// namesAt is a resolver for which every name has one address.
func namesAt(t *testing.T, at netip.Addr) *net.Resolver {
	t.Helper()
	return namesBy(t, func(question []byte) []byte {
		var m dnsmessage.Message
		if m.Unpack(question) != nil || len(m.Questions) != 1 {
			return nil
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: at.As4()}}}
		}
		answer, err := m.Pack()
		if err != nil {
			return nil
		}
		return answer
	})
}

// A name is looked up when it is asked, and may lead anywhere by then.
func TestNameThatLeadsOffLimitsIsNotAsked(t *testing.T) {
	transport, err := New(Options{Proxy: Direct})
	if err != nil {
		t.Fatal(err)
	}
	transport.dialer.Resolver = namesAt(t, netip.MustParseAddr("169.254.169.254"))
	_, err = transport.Client().Get("http://portal.example/latest/meta-data/")
	var fault *Fault
	if !errors.As(err, &fault) || fault.Kind != NoRoute || !errors.Is(err, ErrOffLimits) {
		t.Errorf("err = %v", err)
	}
	// The same way leads to where it may.
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport.dialer.Resolver = namesAt(t, netip.MustParseAddr("127.0.0.1"))
	resp, err := transport.Client().Get("http://portal.example:" + at.Port())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// Through a proxy it is the proxy that connects, which might.
func TestAddressOffLimitsIsAskedOfNoProxyEither(t *testing.T) {
	asked := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer proxy.Close()
	transport, err := New(Options{Proxy: proxy.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"http://169.254.169.254/", "http://metadata.google.internal/", "http://[fd00:ec2::254]/"} {
		if _, err := transport.Client().Get(address); !errors.Is(err, ErrOffLimits) || asked {
			t.Errorf("%s: %v, and the proxy was asked: %v", address, err, asked)
		}
	}
}

// The proxy itself is this computer's choice: hosts of virtual machines have theirs on
// the link.
func TestProxyMayBeOnTheLink(t *testing.T) {
	w := &way{target: target{ctx: t.Context(), via: candidate{proxy: &url.URL{Scheme: "http", Host: "169.254.1.1:3128"}}}}
	if err := checkReached(w.follow(), "tcp4", "169.254.1.1:3128", nil); err != nil {
		t.Error(err)
	}
	w.via.proxy = nil
	if err := checkReached(w.follow(), "tcp4", "169.254.1.1:3128", nil); !errors.Is(err, ErrOffLimits) {
		t.Errorf("without a proxy: %v", err)
	}
}
