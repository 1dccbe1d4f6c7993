package network

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/windows/registry"
)

// serveScript serves a script, and says where.
func serveScript(t *testing.T, script string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/proxy.pac" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
		_, _ = w.Write([]byte(script))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/proxy.pac"
}

// Windows' own WinHTTP, or Wine's, runs a script.
func TestWinHTTPRunsAScript(t *testing.T) {
	script := serveScript(t, `function FindProxyForURL(url, host) {
  if (host == "throws.test") throw "no such office";
  if (host == "list.test") return "PROXY one.test:1; PROXY two.test:2";
  if (dnsDomainIs(host, ".inside.test")) return "DIRECT";
  return "PROXY proxy.test:3128";
}`)
	evaluate := newEvaluator(scriptFetcher{})
	ask := func(script, host string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), scriptLimit)
		defer cancel()
		found, err := evaluate(ctx, system{}, script, &url.URL{Scheme: "https", Host: host, Path: "/"})
		var ways []string
		for _, u := range found.ways {
			ways = append(ways, wayString(u))
		}
		return strings.Join(ways, " "), err
	}
	for host, want := range map[string]string{"login.test": "http://proxy.test:3128", "a.inside.test": "direct://"} {
		if got, err := ask(script, host); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", host, got, err, want)
		}
	}
	// Wine gives the first entry only.
	if got, err := ask(script, "list.test"); err != nil || !strings.HasPrefix(got, "http://one.test:1") {
		t.Errorf("a list: %s, %v", got, err)
	}
	if got, err := ask(script, "throws.test"); err == nil && got != "direct://" {
		t.Errorf("a script that throws: %s, %v", got, err)
	} else {
		t.Logf("a script that throws: %s, %v", got, err)
	}
	if got, err := ask(strings.TrimSuffix(script, ".pac"), "login.test"); err == nil || !strings.Contains(err.Error(), "cannot be fetched") {
		t.Errorf("a script that is not there: %s, %v", got, err)
	}
	begun := time.Now()
	got, err := ask("", "login.test")
	t.Logf("automatic detection: %s, %v after %s", got, err, time.Since(begun))
	if err != nil && !errors.Is(err, errNoScript) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("automatic detection: %v", err)
	}
}

// blob is the value DefaultConnectionSettings: a version, a counter, the flags, and the
// texts with their lengths before them.
func blob(flags uint32, proxy, around, script string) []byte {
	out := binary.LittleEndian.AppendUint32(nil, 0x46)
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint32(out, flags)
	for _, text := range []string{proxy, around, script} {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
		out = append(out, text...)
	}
	return append(out, make([]byte, 32)...)
}

// This person's settings as WinHTTP sees them, with their switches. The test puts back
// what was there.
func TestSwitchesOfWindows(t *testing.T) {
	noProxies(t)
	key, _, err := registry.CreateKey(registry.CURRENT_USER, settingsKey+`\Connections`, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	const name = "DefaultConnectionSettings"
	before, _, missing := key.GetBinaryValue(name)
	t.Cleanup(func() {
		if missing != nil {
			_ = key.DeleteValue(name)
		} else {
			_ = key.SetBinaryValue(name, before)
		}
		key.Close()
	})
	script := serveScript(t, `function FindProxyForURL(url, host) { return "PROXY proxy.test:3128"; }`)
	for what, test := range map[string]struct {
		flags uint32
		want  Settings
	}{
		"the script on":  {1 | 4, Settings{PAC: script, Source: SourceWindows}},
		"the script off": {1, Settings{}},
		"a proxy":        {1 | 2, Settings{HTTP: "http://manual.test:8080", HTTPS: "http://manual.test:8080", Bypass: []string{"*.inside.test", "<local>"}, Source: SourceWindows}},
		"everything": {15, Settings{
			HTTP: "http://manual.test:8080", HTTPS: "http://manual.test:8080", Bypass: []string{"*.inside.test", "<local>"}, PAC: script, AutoDetect: true, Source: SourceWindows,
		}},
	} {
		t.Run(what, func(t *testing.T) {
			if err := key.SetBinaryValue(name, blob(test.flags, "manual.test:8080", "*.inside.test;<local>", script)); err != nil {
				t.Fatal(err)
			}
			tr := newTransport(t, Options{})
			if diff := cmp.Diff(test.want, tr.Settings()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
			if what != "the script on" {
				return
			}
			want := Answer{Ways: []string{"http://proxy.test:3128"}, Source: SourceWindows, Script: script}
			if diff := cmp.Diff(want, askOf(t, tr, "https://login.test/")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}
