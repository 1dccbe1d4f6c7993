package network

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeScripts stands for a system's own evaluator, which cannot be had to hang and fail
// at the right moment. It counts what it is asked.
type fakeScripts struct {
	answers map[string]string // script → answer, as scripts give them
	errs    map[string]error
	hangs   map[string]time.Duration // by host
	// meanwhile happens while the first question is under way.
	meanwhile func()

	mu    sync.Mutex
	asked []string
}

func (f *fakeScripts) evaluate(ctx context.Context, _ system, script string, u *url.URL) (evaluated, error) {
	f.mu.Lock()
	f.asked = append(f.asked, script+" "+u.String())
	first := len(f.asked) == 1
	hang, hangs := f.hangs[u.Hostname()]
	f.mu.Unlock()
	if first && f.meanwhile != nil {
		f.meanwhile()
		return evaluated{ways: []*url.URL{{Scheme: "http", Host: "there.test:1"}}}, nil
	}
	if hangs {
		select {
		case <-time.After(hang):
		case <-ctx.Done():
			return evaluated{}, ctx.Err()
		}
	}
	if err := f.errs[script]; err != nil {
		return evaluated{}, err
	}
	ways, err := parsePAC(f.answers[script])
	return evaluated{ways: ways}, err
}

// hang has the scripts hang for these hosts alone.
func (f *fakeScripts) hang(limit time.Duration, hosts ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hangs = map[string]time.Duration{}
	for _, host := range hosts {
		f.hangs[host] = limit
	}
}

const (
	thePAC   = "https://wpad.contoso.test/proxy.pac"
	plainPAC = "http://wpad.contoso.test/proxy.pac"
)

// newAsked makes a question about one host after the other.
func newAsked(f *fakeScripts, s system, file string) (*answers, func(host string) (answer, time.Duration)) {
	a := newAnswers(time.Now, f.evaluate, file)
	r := systemRules(s)
	return a, func(host string) (answer, time.Duration) {
		begun := time.Now()
		found := a.of(context.Background(), func() *rules { return r }, &url.URL{Scheme: "https", Host: host, Path: "/token", RawQuery: "code=s3cret"})
		return found, time.Since(begun)
	}
}

func list(found answer) string {
	var ways []string
	for _, c := range found.ways {
		ways = append(ways, wayString(c.proxy))
	}
	return strings.Join(ways, " ")
}

// The order is Windows': what is found by itself, the script that is set, the proxies
// that are set.
func TestOrderOfScripts(t *testing.T) {
	manual := &url.URL{Scheme: "http", Host: "manual.test:8080"}
	failed := errors.New("status 404")
	tests := map[string]struct {
		system system
		errs   map[string]error
		ways   string
		named  origin
		failed bool
		asked  int
	}{
		"found by itself":                   {system: system{autoDetect: true, pac: thePAC, https: manual}, ways: "http://found.test:1", named: byDetection, asked: 1},
		"none is found":                     {system: system{autoDetect: true, pac: thePAC, https: manual}, errs: map[string]error{"": errNoScript}, ways: "http://set.test:1 direct://", named: byScript, asked: 2},
		"fetched in plain":                  {system: system{pac: plainPAC}, ways: "http://plain.test:1", named: byPlainScript, asked: 1},
		"none at all":                       {system: system{autoDetect: true}, errs: map[string]error{"": errNoScript}, ways: "direct://", asked: 1},
		"none is found, a proxy is set":     {system: system{autoDetect: true, https: manual}, errs: map[string]error{"": errNoScript}, ways: "http://manual.test:8080", named: bySetting, asked: 1},
		"it cannot be had":                  {system: system{pac: thePAC}, errs: map[string]error{thePAC: failed}, ways: "direct://", failed: true, asked: 1},
		"it cannot be had, a proxy is set":  {system: system{pac: thePAC, https: manual}, errs: map[string]error{thePAC: failed}, ways: "http://manual.test:8080", named: bySetting, failed: true, asked: 1},
		"detection fails, the script works": {system: system{autoDetect: true, pac: thePAC}, errs: map[string]error{"": failed}, ways: "http://set.test:1 direct://", named: byScript, asked: 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fakeScripts{answers: map[string]string{"": "PROXY found.test:1", thePAC: "PROXY set.test:1; DIRECT", plainPAC: "PROXY plain.test:1"}, errs: test.errs}
			_, ask := newAsked(f, test.system, "")
			got, _ := ask("login.test")
			if list(got) != test.ways || got.ways[0].named != test.named || (got.err != nil) != test.failed || len(f.asked) != test.asked {
				t.Errorf("got %s, named by %d, %v after asking %q; want %s, %d, failed %v, %d", list(got), got.ways[0].named, got.err, f.asked, test.ways, test.named, test.failed, test.asked)
			}
			var about *ScriptError
			if test.failed && (!errors.As(got.err, &about) || !errors.Is(got.err, failed) || about.Script != thePAC) {
				t.Errorf("the reason is %v", got.err)
			}
		})
	}
}

func TestWhoStandsBehindAProxy(t *testing.T) {
	for named, want := range map[origin]bool{byOptions: true, byEnvironment: true, bySetting: true, byScript: true, byPlainScript: false, byDetection: false} {
		if named.vouched() != want {
			t.Errorf("origin %d: %v", named, !want)
		}
	}
	// A script that is moved from https to http is anybody's.
	if got := originOf(thePAC, evaluated{plain: true}); got != byPlainScript {
		t.Errorf("a script that came in plain is %d", got)
	}
}

func TestAnswersAreKeptByHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeScripts{answers: map[string]string{thePAC: "PROXY one.test:1"}}
		a, ask := newAsked(f, system{pac: thePAC}, "")
		step := func(what, host, want string, asked int) {
			t.Helper()
			got, _ := ask(host)
			if list(got) != want || len(f.asked) != asked {
				t.Errorf("%s: %s after %d questions, want %s after %d", what, list(got), len(f.asked), want, asked)
			}
		}
		step("the first", "login.test", "http://one.test:1", 1)
		f.answers[thePAC] = "PROXY two.test:2"
		step("again", "LOGIN.test", "http://one.test:1", 1)
		step("another host", "other.test", "http://two.test:2", 2)
		time.Sleep(settingsAge + time.Second)
		step("after some minutes", "login.test", "http://two.test:2", 3)
		f.answers[thePAC] = "PROXY three.test:3"
		a.forget()
		step("in another network", "login.test", "http://three.test:3", 4)
		f.errs = map[string]error{thePAC: errors.New("no server")}
		a.renew()
		step("asked again without an answer", "login.test", "http://three.test:3", 5)
		step("and left alone", "login.test", "http://three.test:3", 5)
		a.forget()
		step("in a network without the script", "login.test", "direct://", 6)
		f.errs = nil
		time.Sleep(failureAge + time.Second)
		step("when it is back", "login.test", "http://three.test:3", 7)
		if want := thePAC + " https://login.test/"; f.asked[0] != want {
			t.Errorf("the script was asked %q, want %q", f.asked[0], want)
		}
	})
}

// A script that hangs holds nobody longer than 10 s, and 2 s where its last answer is
// known, however many hosts are asked about.
func TestAScriptThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeScripts{answers: map[string]string{thePAC: "PROXY one.test:1"}}
		a, ask := newAsked(f, system{pac: thePAC}, "")
		if got, took := ask("known.test"); list(got) != "http://one.test:1" || took != 0 {
			t.Fatalf("%s in %s", list(got), took)
		}
		f.hang(time.Hour, "known.test", "login.test", "portal.test", "third.test")
		a.renew()
		check := func(host, want string, limit time.Duration) {
			t.Helper()
			got, took := ask(host)
			synctest.Wait() // the question is under way
			if list(got) != want || took != limit || got.err == nil {
				t.Errorf("%s: %s in %s (%v), want %s in %s, and why", host, list(got), took, got.err, want, limit)
			}
		}
		check("known.test", "http://one.test:1", 2*time.Second)
		check("login.test", "direct://", 8*time.Second) // which makes ten
		check("portal.test", "direct://", 0)
		check("known.test", "http://one.test:1", 0)
		time.Sleep(time.Minute)
		check("third.test", "direct://", 0)

		// It comes back, which those see that ask next.
		f.hang(time.Second, "login.test")
		if got, took := ask("login.test"); list(got) != "direct://" || took != 0 {
			t.Errorf("while it may still hang: %s in %s", list(got), took)
		}
		time.Sleep(2 * time.Second)
		if got, took := ask("login.test"); list(got) != "http://one.test:1" || took != 0 || got.err != nil {
			t.Errorf("after it has answered: %s in %s (%v)", list(got), took, got.err)
		}
		f.hang(3*time.Second, "slow.test")
		if got, took := ask("slow.test"); list(got) != "http://one.test:1" || took != 3*time.Second {
			t.Errorf("a slow one: %s in %s", list(got), took)
		}
		time.Sleep(scriptLimit) // until nobody asks any more
	})
}

func TestWhoeverGivesUpDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeScripts{hangs: map[string]time.Duration{"login.test": 5 * time.Second}, answers: map[string]string{thePAC: "PROXY one.test:1"}}
		a := newAnswers(time.Now, f.evaluate, "")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		got := a.of(ctx, func() *rules { return systemRules(system{pac: thePAC}) }, &url.URL{Scheme: "https", Host: "login.test"})
		if took := time.Since(begun); took != time.Second || !errors.Is(got.err, context.DeadlineExceeded) {
			t.Errorf("waited %s: %v", took, got.err)
		}
		time.Sleep(scriptLimit)
	})
}

// An answer that comes when the network is another one counts for nobody.
func TestTheNetworkChangesWhileAScriptIsAsked(t *testing.T) {
	f := &fakeScripts{answers: map[string]string{thePAC: "PROXY here.test:1"}}
	a, ask := newAsked(f, system{pac: thePAC}, "")
	f.meanwhile = a.forget
	if got, _ := ask("login.test"); list(got) != "http://here.test:1" || len(f.asked) != 2 {
		t.Errorf("got %s after %q", list(got), f.asked)
	}
}

// Whoever waits for an answer that is worthless by the time it can take it asks again.
func TestSettingsChangeWhileAScriptAnswers(t *testing.T) {
	f := &fakeScripts{answers: map[string]string{thePAC: "PROXY here.test:1"}}
	a, ask := newAsked(f, system{pac: thePAC}, "")
	var renewing sync.WaitGroup
	defer renewing.Wait()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range 4 {
		renewing.Go(func() {
			for ctx.Err() == nil {
				a.renew()
			}
		})
	}
	for range 2000 {
		if got, _ := ask("login.test"); list(got) != "http://here.test:1" {
			t.Fatalf("got %s: %v", list(got), got.err)
		}
	}
}

// An answer of settings that are others by now counts for nobody, and nobody waits for it.
func TestTheScriptIsAnotherOneWhileTheFirstIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeScripts{answers: map[string]string{thePAC: "PROXY one.test:1", plainPAC: "PROXY two.test:1"}}
		f.hang(5*time.Second, "login.test")
		a := newAnswers(time.Now, f.evaluate, "")
		var set atomic.Pointer[rules]
		set.Store(systemRules(system{pac: thePAC}))
		ask := func() (string, time.Duration) {
			begun := time.Now()
			return list(a.of(t.Context(), set.Load, &url.URL{Scheme: "https", Host: "login.test"})), time.Since(begun)
		}
		time.AfterFunc(time.Second, func() {
			f.hang(0)
			set.Store(systemRules(system{pac: plainPAC}))
			a.renew()
		})
		for _, want := range []time.Duration{time.Second, 0} {
			if got, took := ask(); got != "http://two.test:1" || took != want {
				t.Errorf("%s in %s, want that of the second script in %s", got, took, want)
			}
			time.Sleep(scriptLimit) // until the first one has answered
		}
	})
}

// What a script has said before helps the next start.
func TestAnswersOutliveTheProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cache", "proxies.json")
	synctest.Test(t, func(t *testing.T) {
		works := &fakeScripts{answers: map[string]string{thePAC: "PROXY one.test:1; DIRECT", plainPAC: "PROXY plain.test:1", "": "PROXY found.test:1"}}
		hangs := &fakeScripts{hangs: map[string]time.Duration{"login.test": time.Hour}}
		next := func(s system, f *fakeScripts) (answer, time.Duration) {
			_, ask := newAsked(f, s, file)
			return ask("login.test")
		}
		set := system{pac: thePAC}
		next(set, works)
		if got, took := next(set, hangs); list(got) != "http://one.test:1 direct://" || took != instantLimit || !got.kept || got.ways[0].named != byScript {
			t.Errorf("the next start: %+v in %s", got, took)
		}
		if got, _ := next(system{pac: plainPAC}, hangs); list(got) != "direct://" {
			t.Errorf("another script has the first one's answer: %+v", got)
		}
		next(system{pac: plainPAC}, works)
		if got, _ := next(system{pac: plainPAC}, hangs); list(got) != "http://plain.test:1" || got.ways[0].named != byPlainScript {
			t.Errorf("a script that came in plain: %+v", got)
		}
		a, _ := newAsked(hangs, set, file)
		a.forget()
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("another network has left the file: %v", err)
		}
		detected := system{autoDetect: true}
		next(detected, works)
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a proxy that a network has offered is kept: %v", err)
		}
		works.errs = map[string]error{"": errNoScript}
		next(detected, works)
		if got, took := next(detected, hangs); list(got) != "direct://" || took != instantLimit || !got.kept {
			t.Errorf("that a network offers nothing is not kept: %+v in %s", got, took)
		}
		for _, broken := range []string{"", "{", `{"scripts":"` + thePAC + `","hosts":{"https://login.test/":{"ways":["ftp://x"]}}}`, strings.Repeat(" ", maxKept+1)} {
			if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, _ := next(set, hangs); list(got) != "direct://" {
				t.Errorf("a broken file: %+v", got)
			}
		}
		time.Sleep(scriptLimit)
	})
}

func TestHostsAreBounded(t *testing.T) {
	f := &fakeScripts{answers: map[string]string{thePAC: "DIRECT"}}
	a, ask := newAsked(f, system{pac: thePAC}, filepath.Join(t.TempDir(), "proxies.json"))
	for i := range 3 * maxHosts {
		ask(fmt.Sprintf("host%d.test", i))
	}
	if len(a.hosts) > maxHosts || len(a.keep.kept.Hosts) > maxHosts {
		t.Errorf("%d hosts are kept, %d in the file", len(a.hosts), len(a.keep.kept.Hosts))
	}
}

func TestPACAnswers(t *testing.T) {
	for answer, want := range map[string][]string{
		"DIRECT":                                {"direct://"},
		"":                                      {"direct://"},
		" ; ":                                   {"direct://"},
		"PROXY a:1; PROXY b:2; DIRECT":          {"http://a:1", "http://b:2", "direct://"},
		"proxy a:1;direct":                      {"http://a:1", "direct://"},
		"HTTP a":                                {"http://a:80"},
		"HTTPS a":                               {"https://a:443"},
		"SOCKS a; SOCKS5 b:1":                   {"socks5://a:1080", "socks5://b:1"},
		"SOCKS4 a:1; PROXY b:2":                 {"http://b:2"},
		"PROXY [fd00::1]:8080":                  {"http://[fd00::1]:8080"},
		"PROXY ada:s3cret@a:1":                  {"http://a:1"},
		"PROXY   a:1  ;  PROXY\tb":              {"http://a:1"},
		"SOCKS4 a:1":                            nil,
		"PROXY ":                                nil,
		"PROXY http://%zz":                      nil,
		"return 'DIRECT'":                       nil,
		"PROXY a:1" + strings.Repeat(";X", 999): {"http://a:1"},
	} {
		ways, err := parsePAC(answer)
		var got []string
		for _, u := range ways {
			got = append(got, wayString(u))
			if u != nil && u.User != nil {
				t.Errorf("%q: a password is taken from a script", answer)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || (err != nil) != (want == nil) {
			t.Errorf("%q (-want +got):\n%s\n%v", answer, diff, err)
		}
	}
}
