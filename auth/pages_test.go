package auth

import (
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/loopback"
)

func TestPageThatSignsOutIsGoneAfterAMinute(t *testing.T) {
	c, err := New(Params{Provider: Provider{ID: "work", Authority: "https://id.example", ClientID: "x"}, Accounts: NewAccounts(nil, t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var limit time.Duration
	var end func()
	c.pages.after = func(d time.Duration, f func()) *time.Timer {
		limit, end = d, f
		return time.NewTimer(time.Hour)
	}
	e := &EndSession{client: c, endpoint: "https://id.example/end", parameters: url.Values{"id_token_hint": {"x.y.z"}}}
	address, err := e.Address(t.Context(), loopback.Page{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(address)
	if err != nil || limit != time.Minute {
		t.Fatalf("%s is there for %s, %v", address, limit, err)
	}
	reach := func() bool {
		conn, err := net.DialTimeout("tcp", to.Host, time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	}
	if !reach() {
		t.Error("nobody is there; this test shows nothing")
	}
	end()
	c.behind.wait()
	if reach() {
		t.Error("it is still there")
	}
}
