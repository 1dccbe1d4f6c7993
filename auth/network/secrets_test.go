package network

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A proxy's password is in no error and in nothing that is shown, however the
// proxy fails.
func TestProxyPasswordsAreNowhere(t *testing.T) {
	o := newOffice(t)
	o.proxy.User = "somebody:else"
	const canary = "canary-9f31"
	encoded := "YWRhOmNhbmFyeS05ZjMx" // of "ada:canary-9f31", as Basic has it
	proxies := map[string]string{
		"407":           "http://ada:" + canary + "@" + o.proxy.Address(),
		"refused":       "http://ada:" + canary + "@" + closedPort(t),
		"reset":         "http://ada:" + canary + "@" + listen(t, reset),
		"silent":        "http://ada:" + canary + "@" + listen(t, silent),
		"socks":         "socks5://ada:" + canary + "@" + listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); c.Write([]byte{5, 2}); silent(c) }),
		"socks refuses": "socks5://ada:" + canary + "@" + listen(t, func(c net.Conn) { c.Read(make([]byte, 9)); c.Write([]byte{5, 0xff}); c.Close() }),
		"an echo": "http://ada:" + canary + "@" + listen(t, func(c net.Conn) {
			message := make([]byte, 1000)
			n, _ := c.Read(message)
			fmt.Fprintf(c, "HTTP/1.1 407 %s\r\nProxy-Authenticate: %s\r\n\r\n", strings.ReplaceAll(string(message[:n]), "\r\n", " "), encoded)
			c.Close()
		}),
		"an echo in no order": "http://ada:" + canary + "@" + listen(t, func(c net.Conn) {
			message := make([]byte, 1000)
			n, _ := c.Read(message)
			fmt.Fprintln(c, strings.ReplaceAll(string(message[:n]), "\r\n", " "))
			silent(c)
		}),
		"no name": "http://ada:" + canary + "@proxy.contoso.invalid:8080",
		"no TLS":  "https://ada:" + canary + "@" + o.proxy.Address(),
	}
	for _, from := range []string{"option", "environment", "system"} {
		for name, proxy := range proxies {
			t.Run(from+", "+name, func(t *testing.T) {
				options := Options{}
				u, err := url.Parse(proxy)
				if err != nil {
					t.Fatal(err)
				}
				switch from {
				case "option":
					options.Proxy = proxy
				case "environment":
					t.Setenv("HTTPS_PROXY", proxy)
					t.Setenv("HTTP_PROXY", proxy)
				}
				tr := newTransport(t, options)
				tr.answerIn = 300 * time.Millisecond
				tr.dialer.Resolver = nameServer(t, rcodeNameError)
				tr.readSystem = func() (system, error) { return system{http: u, https: u, source: SourceMac}, nil }
				for _, address := range []string{o.url, "http://intranet.contoso.test/"} {
					_, err := get(t, tr, address)
					for e := err; e != nil; e = errors.Unwrap(e) {
						for _, printed := range []string{e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
							if strings.Contains(printed, canary) || strings.Contains(printed, encoded) {
								t.Errorf("%s: an error holds the password: %s", address, printed)
							}
						}
					}
				}
				if shown := fmt.Sprintf("%+v", tr.Settings()); strings.Contains(shown, canary) {
					t.Errorf("the settings hold the password: %s", shown)
				}
			})
		}
	}
}
