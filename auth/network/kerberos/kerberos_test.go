package kerberos

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// at is a log-on in another environment.
func at(realm *squid.Realm, cache string) *LogOn {
	env := map[string]string{"KRB5_CONFIG": realm.Config, "KRB5CCNAME": cache}
	return &LogOn{env: func(name string) string { return env[name] }, now: time.Now}
}

// behind is a host that only squid knows, and a way to ask for it with a log-on.
func behind(t *testing.T, realm *squid.Realm, wants ...string) (*squid.Proxy, func(*LogOn) error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := squid.Start(t, squid.Options{Wants: wants, Realm: realm, Hosts: map[string]string{"intranet.contoso.test": "127.0.0.1"}})
	return proxy, func(l *LogOn) error {
		tr, err := network.New(network.Options{Proxy: "http://localhost:" + proxy.Port, LogOn: l})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.Client().Get("http://intranet.contoso.test:" + u.Port())
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
}

func lackIn(err error) proxyauth.Lack {
	var refused *proxyauth.RefusedError
	if errors.As(err, &refused) {
		for _, m := range refused.Missing {
			if m.Scheme == proxyauth.Negotiate {
				return m.Lack
			}
		}
	}
	var l *proxyauth.LackError
	if errors.As(err, &l) {
		return l.Lack
	}
	return ""
}

func TestTicketsOfARealRealm(t *testing.T) {
	realm := squid.StartRealm(t)
	proxy, ask := behind(t, realm, "negotiate")
	dir := t.TempDir()
	name := func(file string) string { return "FILE:" + filepath.Join(dir, file) }
	realm.LogOn(t, name("cc"), squid.Name, squid.Password)

	l := at(realm, name("cc"))
	if err := ask(l); err != nil {
		t.Fatal(err)
	}
	proxy.LogUntil(t, func(l squid.Line) bool { return l.Name == squid.Name+"@PORTICO.TEST" && l.Status == http.StatusOK })

	for what, cache := range map[string]string{
		"a path without a kind": filepath.Join(dir, "cc"), "a folder": "DIR:" + dirCache(t, realm), "a file of a folder": "DIR::" + filepath.Join(dir, "cc"),
	} {
		if err := ask(at(realm, cache)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}

	later := at(realm, name("cc"))
	later.now = func() time.Time { return time.Now().Add(11 * time.Hour) }
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte{5, 4, 0, 99, 1}, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		logOn *LogOn
		want  proxyauth.Lack
		says  string
	}{
		"no ticket":          {at(realm, name("nobody")), proxyauth.NoTicket, name("nobody")},
		"an empty folder":    {at(realm, "DIR:"+t.TempDir()), proxyauth.NoTicket, "DIR:"},
		"a ticket that ends": {later, proxyauth.TicketEnded, squid.Name + "@PORTICO.TEST"},
		"a cache of macOS":   {at(realm, "API:1234"), proxyauth.NotHere, "API:1234"},
		"a damaged cache":    {at(realm, damaged), proxyauth.Failing, "form"},
	} {
		if err := ask(test.logOn); lackIn(err) != test.want || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %s", what, err, test.want)
		}
	}

	// The ticket comes late: no new transport, no new log-on.
	late := at(realm, name("late"))
	if err := ask(late); lackIn(err) != proxyauth.NoTicket {
		t.Errorf("before the log-on: %v", err)
	}
	realm.LogOn(t, name("late"), squid.Name, squid.Password)
	if err := ask(late); err != nil {
		t.Errorf("after the log-on: %v", err)
	}

	// Another person's cache in the same place counts from then on.
	realm.Admin(t, "addprinc -pw other berta")
	realm.LogOn(t, name("late"), "berta", "other")
	if err := ask(late); err != nil {
		t.Errorf("as somebody else: %v", err)
	}
	proxy.LogUntil(t, func(l squid.Line) bool { return l.Name == "berta@PORTICO.TEST" && l.Status == http.StatusOK })

	if _, err := at(realm, name("cc")).Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "unknown.contoso.test"}); lackIn(err) != proxyauth.NoService {
		t.Errorf("a proxy that the realm does not know: %v", err)
	}
	if _, err := l.Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.NTLM, Host: "localhost"}); lackIn(err) != proxyauth.NotHere {
		t.Errorf("NTLM: %v", err)
	}

	realm.Stop()
	if err := ask(l); lackIn(err) != proxyauth.KDCSilent {
		t.Errorf("without the realm's server: %v", err)
	}
}

// dirCache is a collection whose primary cache has a ticket.
func dirCache(t *testing.T, realm *squid.Realm) string {
	t.Helper()
	dir := t.TempDir()
	realm.LogOn(t, "DIR:"+dir, squid.Name, squid.Password)
	return dir
}

// A ticket of the proxy's that the cache has already needs no server of the realm.
func TestAServiceTicketIsTakenFromTheCache(t *testing.T) {
	realm := squid.StartRealm(t)
	_, ask := behind(t, realm, "negotiate")
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	realm.LogOn(t, cache, squid.Name, squid.Password, "-S", "HTTP/localhost")
	realm.Stop()
	if err := ask(at(realm, cache)); err != nil {
		t.Error(err)
	}
}

// Where there is no ticket, the next scheme is taken.
func TestWithoutATicketTheNextSchemeCounts(t *testing.T) {
	realm := squid.StartRealm(t)
	proxy, _ := behind(t, realm, "negotiate", "digest", "basic")
	tr, err := network.New(network.Options{
		Proxy: "http://" + squid.Name + ":" + squid.Password + "@localhost:" + proxy.Port, LogOn: at(realm, "FILE:/nobody's"),
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.Client().Get("http://nowhere.contoso.test/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	proxy.LogUntil(t, func(l squid.Line) bool { return l.Name == squid.Name })
}

// A token is SPNEGO's, for Kerberos, and asks for nothing more: no delegation.
func TestTheToken(t *testing.T) {
	realm := squid.StartRealm(t)
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	realm.LogOn(t, cache, squid.Name, squid.Password, "-f") // one that could be forwarded
	x, err := at(realm, cache).Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "LOCALHOST."})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	token, err := x.Next(context.Background(), nil)
	if err != nil || !bytes.HasPrefix(token[1:], append([]byte{0x82}, token[2:4]...)) || !bytes.Contains(token[:20], oidSPNEGO()) || !bytes.Contains(token, oidKerberos()) {
		t.Errorf("%v: %s", err, base64.StdEncoding.EncodeToString(token))
	}
	// What the proxy finds in it with the key of the ticket.
	l := at(realm, cache)
	c, err := l.cache(context.Background(), l.config())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := (&session{config: l.config(), cache: c, now: l.now}).service(context.Background(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	token, err = negTokenInit(c.client, shown, l.now())
	if err != nil {
		t.Fatal(err)
	}
	authenticator := opened(t, token, shown.key)
	none := append(binary.LittleEndian.AppendUint32(nil, 16), make([]byte, 20)...) // no channel, no flag
	if !bytes.Contains(authenticator, der(octets, none)) {
		t.Errorf("the authenticator asks for more: %x", authenticator)
	}
	if _, err := x.Next(context.Background(), []byte("more")); lackIn(err) != proxyauth.Failing {
		t.Errorf("a second round: %v", err)
	}
}

// opened is the authenticator of an AP-REQ somewhere in a token.
func opened(t *testing.T, token []byte, k key) []byte {
	t.Helper()
	var request struct {
		Version       int            `asn1:"explicit,tag:0"`
		Type          int            `asn1:"explicit,tag:1"`
		Options       asn1.BitString `asn1:"explicit,tag:2"`
		Ticket        asn1.RawValue  `asn1:"explicit,tag:3"`
		Authenticator encryptedData  `asn1:"explicit,tag:4"`
	}
	_, rest, _ := bytes.Cut(token, append(oidKerberos(), 1, 0))
	if err := parse(rest, &request, tagAPRequest); err != nil {
		t.Fatal(err)
	}
	if request.Type != tagAPRequest || !bytes.Equal(request.Options.Bytes, make([]byte, 4)) {
		t.Errorf("%+v", request)
	}
	e, err := crypto.GetEtype(k.Type)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := e.DecryptMessage(k.Value, request.Authenticator.Cipher, 11)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// A realm's server that says nothing, or too much, ends.
func TestServersThatMisbehave(t *testing.T) {
	realm := squid.StartRealm(t)
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	realm.LogOn(t, cache, squid.Name, squid.Password)
	for what, says := range map[string][]byte{
		"nothing": nil, "no message": []byte("hello"), "4 GB": {0xff, 0xff, 0xff, 0xff}, "a short one": {0, 0, 0, 3, 1, 2, 3},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Write(says)
				_ = c.Close()
			}
		}()
		conf := filepath.Join(t.TempDir(), "krb5.conf")
		content := "[realms]\n PORTICO.TEST = {\n kdc = " + l.Addr().String() + "\n }\n"
		if err := os.WriteFile(conf, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		logOn := at(&squid.Realm{Config: conf}, cache)
		_, err = logOn.Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "localhost"})
		if got := lackIn(err); got != proxyauth.KDCSilent && got != proxyauth.Failing {
			t.Errorf("%s: %v", what, err)
		}
		_ = l.Close()
		<-done
	}
}
