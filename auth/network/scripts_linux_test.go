package network

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// byHost answers for each host in another way, and for some as scripts should not.
const byHost = `
function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, ".inside.test")) return "DIRECT";
  switch (host) {
  case "throws.test": throw new Error("no such office");
  case "nothing.test": return;
  case "null.test": return null;
  case "empty.test": return "";
  case "socks.test": return "SOCKS5 socks.test:1080";
  case "list.test": return "PROXY one.test:1; HTTPS two.test; SOCKS three.test:3; DIRECT";
  case "old.test": return "SOCKS4 old.test:1";
  case "long.test": for (var s = "PROXY a.test:1", i = 0; i < 40; i++) s += "; PROXY another-proxy-" + i + ".test:8080"; return s;
  case "path.test": return "PROXY " + (url == "https://path.test/" ? "host" : "more") + ":1";
  }
  return "PROXY proxy.test:3128; DIRECT";
}
`

func TestScriptOfADesktop(t *testing.T) {
	d := newDesktop(t, true)
	file := filepath.Join(d.home, "by host.pac")
	d.write(file, byHost)
	address := (&url.URL{Scheme: "file", Path: file}).String()
	d.set("mode", "auto", "autoconfig-url", address)
	for host, want := range map[string][]string{
		"login.test":    {"http://proxy.test:3128", Direct},
		"a.inside.test": {Direct},
		"intranet":      {Direct},
		"127.0.0.1":     {Direct},
		"nothing.test":  {Direct},
		"null.test":     {Direct},
		"empty.test":    {Direct},
		"socks.test":    {"socks5://socks.test:1080"},
		"list.test":     {"http://one.test:1", "https://two.test:443", "socks5://three.test:3", Direct},
		"path.test":     {"http://host:1"},
	} {
		t.Run(host, func(t *testing.T) {
			want := Answer{Ways: want, Source: SourceDesktop, Script: address}
			if host == "127.0.0.1" {
				want.Script = "" // nobody is asked
			}
			if diff := cmp.Diff(want, d.ask("https://"+host+"/cb?code=s3cret")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
	if got := d.ask("https://long.test/"); len(got.Ways) != 41 || got.Ways[40] != "http://another-proxy-39.test:8080" {
		t.Errorf("a long list: %v", got)
	}
	for host, want := range map[string]string{"throws.test": "no such office", "old.test": errNoKind.Error()} {
		got := d.ask("https://" + host + "/")
		if got.Err == nil || !strings.Contains(got.Err.Error(), want) || !cmp.Equal(got.Ways, []string{Direct}) {
			t.Errorf("%s: %v, %v; want direct, because of: %s", host, got.Ways, got.Err, want)
		}
	}
}

// pacServer serves scripts as a company's server does, and as it should not.
func pacServer(t *testing.T, secure *tls.Config) (s *httptest.Server, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	gone := make(chan struct{})
	answer := func(proxy string) string {
		return `function FindProxyForURL(url, host) { return "PROXY ` + proxy + `"; }`
	}
	mux := http.NewServeMux()
	say := func(path, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
	}
	say("/proxy.pac", answer("served.test:1"))
	say("/large.pac", "// "+strings.Repeat("x", maxScript/2)+"\n"+answer("large.test:1"))
	say("/huge.pac", "// "+strings.Repeat("x", 2<<20)+"\n"+answer("huge.test:1"))
	say("/page.pac", "<!DOCTYPE html><title>Sign in</title>")
	say("/other.pac", "var nothing = 1;")
	say("/empty.pac", "\n")
	say("/loops.pac", "function FindProxyForURL(url, host) { for (;;) {} }")
	mux.HandleFunc("/failing.pac", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/moved.pac", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/proxy.pac", http.StatusFound) })
	mux.HandleFunc("/circle.pac", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle.pac", http.StatusFound) })
	mux.HandleFunc("/hangs.pac", func(http.ResponseWriter, *http.Request) { <-gone })
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		mux.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if s.TLS = secure; secure != nil {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(gone) })
	return s, asked
}

func TestScriptsThatAreServed(t *testing.T) {
	d := newDesktop(t, true)
	server, _ := pacServer(t, nil)
	d.set("mode", "auto")
	for path, want := range map[string]struct{ way, err string }{
		"/proxy.pac":   {way: "http://served.test:1"},
		"/moved.pac":   {way: "http://served.test:1"},
		"/large.pac":   {way: "http://large.test:1"},
		"/huge.pac":    {err: "larger than 1024 KiB"},
		"/page.pac":    {err: "no JavaScript"},
		"/other.pac":   {err: "no function FindProxyForURL"},
		"/empty.pac":   {err: "it is empty"},
		"/failing.pac": {err: "status 502"},
		"/missing.pac": {err: "status 404"},
		"/circle.pac":  {err: "moved again and again"},
	} {
		t.Run(path, func(t *testing.T) {
			d.set("autoconfig-url", server.URL+path)
			got := d.ask("https://login.test/")
			switch {
			case want.err == "":
				if diff := cmp.Diff(Answer{Ways: []string{want.way}, Source: SourceDesktop, Script: server.URL + path}, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
			case got.Err == nil || !strings.Contains(got.Err.Error(), want.err) || !strings.Contains(got.Err.Error(), path) || !cmp.Equal(got.Ways, []string{Direct}):
				t.Errorf("%v, %v; want direct, because of: %s", got.Ways, got.Err, want.err)
			}
		})
	}
	for address, want := range map[string]string{
		"http://" + closedPort(t) + "/proxy.pac":      "refused",
		"http://behind-the-proxy.invalid/proxy.pac":   "lookup behind-the-proxy.invalid", // only the proxy that it names knows it
		"http://169.254.169.254/proxy.pac":            ErrOffLimits.Error(),
		"ftp://files.test/proxy.pac":                  "begins with ftp:",
		"file://" + d.home:                            "is not a file",
		"file://" + filepath.Join(d.home, "none.pac"): "no such file",
		"http://%zz/proxy.pac":                        "cannot be read",
	} {
		d.set("autoconfig-url", address)
		if got := d.ask("https://login.test/"); got.Err == nil || !strings.Contains(got.Err.Error(), want) {
			t.Errorf("%s: %v; want %s", address, got.Err, want)
		}
	}
}

// What anybody on the way can change is known for it, and a certificate counts.
func TestScriptsOverHTTPS(t *testing.T) {
	d := newDesktop(t, true)
	ca := newAuthority(t, "Contoso Root CA")
	server, _ := pacServer(t, &tls.Config{Certificates: []tls.Certificate{ca.issue("127.0.0.1", nil)}})
	plainServer, _ := pacServer(t, nil)
	d.set("mode", "auto")
	named := func(address string, trusting bool) (origin, error) {
		t.Helper()
		d.set("autoconfig-url", address)
		o := Options{}
		if trusting {
			o.ExtraCAFile = ca.file()
		}
		found, err := newTransport(t, o).wayTo(t.Context(), &url.URL{Scheme: "https", Host: "login.test"})
		if err != nil {
			t.Fatal(err)
		}
		return found.ways[0].named, found.err
	}
	if got, err := named(server.URL+"/proxy.pac", true); got != byScript || err != nil {
		t.Errorf("over https: %d, %v", got, err)
	}
	if got, err := named(plainServer.URL+"/proxy.pac", true); got != byPlainScript || err != nil {
		t.Errorf("over http: %d, %v", got, err)
	}
	if _, err := named(server.URL+"/proxy.pac", false); err == nil {
		t.Error("a script is taken from a server that nobody vouches for")
	}
	away := httptest.NewServer(http.RedirectHandler(server.URL+"/proxy.pac", http.StatusFound))
	t.Cleanup(away.Close)
	if got, err := named(away.URL, true); got != byPlainScript || err != nil {
		t.Errorf("moved from http to https: %d, %v", got, err)
	}
	down := httptest.NewUnstartedServer(http.RedirectHandler(plainServer.URL+"/proxy.pac", http.StatusFound))
	down.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue("127.0.0.1", nil)}}
	down.StartTLS()
	t.Cleanup(down.Close)
	if got, err := named(down.URL, true); got != byPlainScript || err != nil {
		t.Errorf("moved from https to http: %d, %v", got, err)
	}
}

// A script that hangs holds nobody longer than the limit, and the desktop's other
// programs not at all. One that loops holds PACRunner, which has no limit of its own.
func TestAScriptThatHangsOnADesktop(t *testing.T) {
	for _, path := range []string{"/hangs.pac", "/loops.pac"} {
		t.Run(path, func(t *testing.T) {
			d := newDesktop(t, true)
			server, _ := pacServer(t, nil)
			d.set("mode", "auto", "autoconfig-url", server.URL+"/proxy.pac")
			tr := newTransport(t, Options{})
			tr.answers.whole, tr.answers.instant = 2*time.Second, 300*time.Millisecond
			if got := askOf(t, tr, "https://known.test/"); got.Err != nil {
				t.Fatal(got.Err)
			}
			d.set("autoconfig-url", server.URL+path)
			tr.Renew()
			begun := time.Now()
			known := askOf(t, tr, "https://known.test/")
			first := time.Since(begun)
			others := []Answer{askOf(t, tr, "https://login.test/"), askOf(t, tr, "https://portal.test/")}
			if all := time.Since(begun); first > time.Second || all > 3*time.Second {
				t.Errorf("held for %s, %s in all", first, all)
			}
			if known.Err == nil || known.Kept.IsZero() || !cmp.Equal(known.Ways, []string{"http://served.test:1"}) {
				t.Errorf("the last answer does not count: %+v", known)
			}
			for _, got := range others {
				if got.Err == nil || !strings.Contains(got.Err.Error(), "has not answered") || !cmp.Equal(got.Ways, []string{Direct}) {
					t.Errorf("an unknown host: %+v", got)
				}
			}
		})
	}
}

// In another network the same address has another script.
func TestTheNetworkChangesBetweenTwoScripts(t *testing.T) {
	d := newDesktop(t, true)
	file := filepath.Join(d.home, "proxy.pac")
	d.set("mode", "auto", "autoconfig-url", "file://"+file)
	tr := newTransport(t, Options{AnswersFile: filepath.Join(d.home, "cache", "answers.json")})
	network := func(answer string) {
		d.write(file, `function FindProxyForURL(url, host) { return "`+answer+`"; }`)
	}
	ask := func(what string, want ...string) {
		t.Helper()
		if got := askOf(t, tr, "https://login.test/"); !cmp.Equal(got.Ways, want) || got.Err != nil {
			t.Errorf("%s: %v, %v; want %v", what, got.Ways, got.Err, want)
		}
	}
	network("PROXY office.test:1")
	ask("in the office", "http://office.test:1")
	network("PROXY branch.test:1; DIRECT")
	ask("before anybody has said so", "http://office.test:1")
	tr.Reset()
	ask("in the branch", "http://branch.test:1", Direct)
	d.set("mode", "none")
	tr.Reset()
	ask("without a proxy", Direct)
	d.set("mode", "auto")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	tr.Reset()
	if got := askOf(t, tr, "https://login.test/"); got.Err == nil || !got.Kept.IsZero() || !cmp.Equal(got.Ways, []string{Direct}) {
		t.Errorf("another network's answer counts: %+v", got)
	}
}

// Who runs no scripts is told what to install.
func TestADesktopWithoutAnEvaluator(t *testing.T) {
	check := func(t *testing.T, d *desktop) {
		t.Helper()
		file := filepath.Join(d.home, "proxy.pac")
		d.write(file, byHost)
		d.set("mode", "auto", "autoconfig-url", "file://"+file)
		got := d.ask("https://login.test/")
		var missing *EvaluatorError
		if !errors.As(got.Err, &missing) || !cmp.Equal(got.Ways, []string{Direct}) {
			t.Fatalf("%+v", got)
		}
		t.Log(missing)
	}
	t.Run("libproxy without JavaScript", func(t *testing.T) {
		check(t, newDesktop(t, true, "PX_MODULE_PATH="+t.TempDir()))
	})
	t.Run("no PACRunner", func(t *testing.T) {
		d := newDesktop(t, false)
		// dconf's service is what gsettings writes with.
		d.startService("ca.desrt.dconf", "/usr/libexec/dconf-service")
		check(t, d)
	})
	t.Run("no session bus", func(t *testing.T) {
		d := newDesktop(t, true)
		d.write(filepath.Join(d.home, "proxy.pac"), byHost)
		d.set("mode", "auto", "autoconfig-url", "file://"+filepath.Join(d.home, "proxy.pac"))
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(d.home, "nobody"))
		if got := d.ask("https://login.test/"); got.Err == nil || !strings.Contains(got.Err.Error(), "session bus") {
			t.Errorf("%+v", got)
		}
	})
}
