package kerberos

import (
	"bytes"
	"context"
	"encoding/asn1"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

func TestElementsAreInDER(t *testing.T) {
	for _, n := range []int64{0, 1, 127, 128, 255, 256, 32768, 1<<31 - 1, -1, -128, -129, -138} {
		want, err := asn1.Marshal(n)
		if got := integer(n); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d is %x, want %x (%v)", n, got, want, err)
		}
	}
	for _, n := range []int{0, 127, 128, 255, 256, 70000} {
		content := make([]byte, n)
		want, err := asn1.Marshal(content)
		if got := der(octets, content); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes begin with %x, want %x (%v)", n, got[:min(8, len(got))], want[:min(8, len(want))], err)
		}
	}
	name := principalName{Type: 3, Parts: []string{"HTTP", "proxy.example"}}
	var read principalName
	if rest, err := asn1.Unmarshal(name.der(), &read); err != nil || len(rest) > 0 || read.Type != 3 || !read.equal(name) {
		t.Errorf("%v, %v", read, err)
	}
}

// Each kind of key that keyTypes lists is one that a realm gives and that squid reads.
func TestEveryKindOfKey(t *testing.T) {
	realm := squid.StartRealm(t)
	_, ask := behind(t, realm, "negotiate")
	for name, id := range map[string]int32{
		"aes256-cts-hmac-sha1-96": etypeID.AES256_CTS_HMAC_SHA1_96, "aes128-cts-hmac-sha1-96": etypeID.AES128_CTS_HMAC_SHA1_96,
		"aes256-cts-hmac-sha384-192": etypeID.AES256_CTS_HMAC_SHA384_192, "aes128-cts-hmac-sha256-128": etypeID.AES128_CTS_HMAC_SHA256_128,
		"arcfour-hmac": etypeID.RC4_HMAC,
	} {
		t.Run(name, func(t *testing.T) {
			// The person's key, the realm's, the service's, and those of their tickets.
			user := "user-" + name
			realm.Admin(t, "addprinc -pw "+squid.Password+" -e "+name+":normal "+user,
				"setstr krbtgt/PORTICO.TEST session_enctypes "+name, "setstr "+realm.Service+" session_enctypes "+name)
			cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
			realm.LogOn(t, cache, user, squid.Password)
			l := at(realm, cache)
			if err := ask(l); err != nil {
				t.Fatal(err)
			}
			c, err := l.cache(context.Background(), l.config())
			if err != nil {
				t.Fatal(err)
			}
			s := &session{config: l.config(), cache: c, now: l.now}
			got, err := s.service(context.Background(), "localhost")
			if err != nil || got.key.Type != id || got.server.String() != realm.Service+"@PORTICO.TEST" || !s.good(got) {
				t.Errorf("a ticket for %s with a key of type %d until %v, want %d (%v)", got.server, got.key.Type, got.end, id, err)
			}
		})
	}
}

// The proxy of another realm: krb5.conf knows which, or the person's realm does.
func TestAnotherRealmsProxy(t *testing.T) {
	realm := squid.StartRealm(t, "BRANCH.TEST")
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	realm.LogOn(t, cache, squid.Name, squid.Password)
	conf, err := os.ReadFile(realm.Config)
	if err != nil {
		t.Fatal(err)
	}
	known, _, ok := strings.Cut(string(conf), "[domain_realm]")
	if !ok {
		t.Fatal("no [domain_realm]")
	}
	ignorant := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(ignorant, []byte(known), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, config := range map[string]string{"known here": realm.Config, "referred to": ignorant} {
		l := at(&squid.Realm{Config: config}, cache)
		c, err := l.cache(context.Background(), l.config())
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&session{config: l.config(), cache: c, now: l.now}).service(context.Background(), "proxy.branch.test")
		if err != nil || got.server.String() != "HTTP/proxy.branch.test@BRANCH.TEST" {
			t.Errorf("%s: a ticket for %s (%v)", what, got.server, err)
		}
		if _, err := l.Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "other.branch.test"}); lackIn(err) != proxyauth.NoService {
			t.Errorf("%s: a proxy that neither knows: %v", what, err)
		}
	}
}

// A realm that the person's own has no agreement with is reached through one in between.
func TestARealmInBetween(t *testing.T) {
	realm := squid.StartRealm(t, "BRANCH.TEST", "DEEP.BRANCH.TEST")
	trust := "addprinc -pw between krbtgt/DEEP.BRANCH.TEST@BRANCH.TEST"
	realm.Admin(t, "delprinc -force krbtgt/DEEP.BRANCH.TEST@PORTICO.TEST")
	realm.AdminOf(t, "BRANCH.TEST", trust)
	realm.AdminOf(t, "DEEP.BRANCH.TEST", trust)
	cache := "FILE:" + filepath.Join(t.TempDir(), "cc")
	realm.LogOn(t, cache, squid.Name, squid.Password)
	l := at(realm, cache)
	c, err := l.cache(context.Background(), l.config())
	if err != nil {
		t.Fatal(err)
	}
	got, err := (&session{config: l.config(), cache: c, now: l.now}).service(context.Background(), "proxy.deep.branch.test")
	if err != nil || got.server.String() != "HTTP/proxy.deep.branch.test@DEEP.BRANCH.TEST" {
		t.Errorf("a ticket for %s (%v)", got.server, err)
	}
}

// Whatever a realm's server answers, reading it ends, and nothing but its own key makes a ticket.
func FuzzAnswer(f *testing.F) {
	client := principal{realm: "R", name: principalName{Type: 1, Parts: []string{"a"}}}
	f.Add([]byte{}, etypeID.RC4_HMAC)
	f.Add(application(tagError, field(0, integer(version)), field(1, integer(30)), field(4, der(moment, []byte("20260101000000Z"))), field(5, integer(0)), field(6, integer(7))), int32(0))
	f.Add(application(tagTGSReply, field(0, integer(version)), field(1, integer(13)), field(3, text("R")), field(4, client.name.der()),
		field(5, der(sequence)), field(6, der(sequence, field(0, integer(23)), field(2, der(octets, []byte{1}))))), etypeID.RC4_HMAC)
	f.Fuzz(func(t *testing.T, raw []byte, kind int32) {
		asError(raw)
		defer func() { _ = recover() }() // as in LogOn.token: what decrypts does not look how long it is
		if got, err := tgsAnswer(raw, ticket{key: key{Type: kind, Value: bytes.Repeat([]byte{7}, 32)}}, client, 1); err == nil {
			t.Errorf("a ticket for %s", got.server)
		}
	})
}
