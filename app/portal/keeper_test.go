package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

const home = "https://portal.contoso.example"

// answer is what a portal says to a request.
type answer func(*http.Request) (*http.Response, error)

// household is a keeper with a portal that a test can change. The portal answers without
// a network, so that time can be the test's.
type household struct {
	*Keeper
	t     *testing.T
	life  context.Context
	end   context.CancelFunc
	work  sync.WaitGroup
	begun time.Time
	// answer is the portal's.
	answer                               func(*http.Request) (*http.Response, error)
	mu                                   sync.Mutex
	asked                                []time.Duration // since the beginning
	changes, returned, answered, renewed atomic.Int32

	add    func(*Published) *Published
	use    func(*Published) error
	fromIT bool
	clock  time.Duration // ahead of time
}

func (h *household) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.asked = append(h.asked, time.Since(h.begun))
	answer := h.answer
	h.mu.Unlock()
	return answer(r)
}

// answers has the portal answer otherwise.
func (h *household) answers(now answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = now
}

// requests is when the portal was asked.
func (h *household) requests() []time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

func says(status int, body string, header ...string) answer {
	return func(r *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
		for i := 0; i+1 < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

// well is a portal with a name, without a logo.
func well(name string) answer {
	raw := strings.NewReplacer("Contoso IT", name, "/logo.svg", "").Replace(good)
	return says(http.StatusOK, raw, "Cache-Control", "max-age=600")
}

func newHousehold(t *testing.T, change ...func(*KeeperParams)) *household {
	h := &household{t: t, begun: time.Now(), answer: well("Contoso IT")}
	h.life, h.end = context.WithCancel(t.Context())
	h.add = func(read *Published) *Published { return read }
	h.use = func(*Published) error { return nil }
	p := KeeperParams{
		Params:  Params{HTTP: &http.Client{Transport: h, Timeout: time.Minute}, Now: func() time.Time { return time.Now().Add(h.clock) }},
		Add:     func(read *Published) *Published { return h.add(read) },
		Use:     func(seen *Published) error { return h.use(seen) },
		Explain: problemOf,
		FromIT:  func() bool { return h.fromIT },
		Begin: func(f func(context.Context)) {
			if h.life.Err() == nil {
				h.work.Go(func() { f(h.life) })
			}
		},
		Answered: func() { h.answered.Add(1) }, Renewed: func(context.Context) { h.renewed.Add(1) },
		Returned: func(context.Context) { h.returned.Add(1) }, Changed: func() { h.changes.Add(1) },
	}
	for _, f := range change {
		f(&p)
	}
	h.Keeper = NewKeeper(p)
	t.Cleanup(h.stop)
	return h
}

func (h *household) stop() {
	h.end()
	h.Close()
	h.work.Wait()
}

// problemOf is as much of what the session says as these tests need.
func problemOf(err error) *localapi.Problem {
	var p *localapi.Problem
	if !errors.As(err, &p) {
		p = &localapi.Problem{Code: localapi.ProviderConfig, Details: &localapi.Details{Error: err.Error()}}
	}
	return p
}

func (h *household) is(want Stage, name string) {
	h.t.Helper()
	s := h.Snapshot()
	got := ""
	if s.Seen != nil {
		got = s.Seen.Manifest.Name
	}
	if s.Stage != want || got != name || (s.Problem != nil) != (want == Failing) {
		h.t.Errorf("%s with %q and %v, want %s with %q", s.Stage, got, s.Problem, want, name)
	}
}

func TestKeeperGoesThroughItsStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := t.TempDir()
		kept := func(p *KeeperParams) { p.CacheDir = cache }
		h := newHousehold(t, kept)
		renew := func(good bool) {
			t.Helper()
			if err := h.Renew(t.Context()); (err == nil) != good {
				t.Error(err)
			}
		}
		h.is(Nowhere, "")
		renew(true)
		if h.Move(""); !h.Move(home) || h.Move(home) {
			t.Error("only another address moves it")
		}
		h.is(Unread, "")
		if _, ok := h.UseCopy(); ok {
			t.Error("there is a copy of what was never read")
		}
		renew(true)
		h.is(Fresh, "Contoso IT")
		if before := h.changes.Load(); before != 1 || h.answered.Load() != 1 || h.renewed.Load() != 1 || h.returned.Load() != 0 {
			t.Errorf("%d changes, %d answers, %d renewals", before, h.answered.Load(), h.renewed.Load())
		}
		h.clock += time.Hour
		h.is(Stale, "Contoso IT")
		h.answers(says(http.StatusNotFound, ""))
		renew(false)
		h.is(Failing, "Contoso IT")
		h.answers(says(http.StatusOK, `{"version":1,"name":""}`))
		renew(false)
		h.is(Failing, "Contoso IT")
		h.answers(well("Fabrikam"))
		renew(true)
		h.is(Fresh, "Fabrikam")
		h.stop()
		h = newHousehold(t, kept)
		h.clock = time.Hour
		h.Move(home)
		if _, ok := h.UseCopy(); !ok || len(h.requests()) != 0 {
			t.Errorf("no copy, and %d requests", len(h.requests()))
		}
		h.is(Copied, "Fabrikam")
		renew(true)
		h.is(Fresh, "Contoso IT")
		h.Move("https://portal.fabrikam.example")
		h.is(Unread, "")
		renew(true)
		h.Forget(h.Address())
		h.is(Unread, "")
		h.Forget("")
		h.is(Nowhere, "")
	})
}

// A portal that is away is asked again, after longer and longer, until it is back, and
// then not any more.
func TestPortalThatIsAwayIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.answers(says(http.StatusServiceUnavailable, ""))
		h.Move(home)
		if h.Renew(t.Context()) == nil {
			t.Fatal("no error")
		}
		time.Sleep(time.Hour)
		asked := h.requests()
		for i := 1; i < len(asked); i++ {
			wait, about := asked[i]-asked[i-1], min(firstRetry<<(i-1), lastRetry)
			if wait < about*3/4 || wait > about*5/4 {
				t.Errorf("wait %d is %v, want about %v", i, wait, about)
			}
		}
		if n := len(asked); n < 12 || n > 30 {
			t.Errorf("%d requests within an hour", n)
		}
		h.answers(well("Contoso IT"))
		time.Sleep(lastRetry * 5 / 4)
		h.is(Fresh, "Contoso IT")
		before := len(h.requests())
		time.Sleep(24 * time.Hour)
		if n := len(h.requests()); n != before || h.returned.Load() != 1 {
			t.Errorf("%d more requests, and it has returned %d times", n-before, h.returned.Load())
		}
		// The next outage begins with a short wait.
		h.answers(says(http.StatusServiceUnavailable, ""))
		_ = h.Renew(t.Context())
		time.Sleep(firstRetry * 5 / 4)
		if n := len(h.requests()) - before; n != 2 {
			t.Errorf("%d requests", n)
		}
		h.Close()
		time.Sleep(time.Hour)
		if n := len(h.requests()) - before; n != 2 {
			t.Errorf("%d requests after the end", n)
		}
		_ = h.Renew(t.Context())
		h.NetworkChanged()
		time.Sleep(time.Hour)
		if n := len(h.requests()) - before; n != 3 {
			t.Errorf("%d requests after a failure at the end", n)
		}
	})
}

func TestNetworkThatChangesHasAPortalWithAProblemAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		asks := func(when string, want int) {
			t.Helper()
			before := len(h.requests())
			h.NetworkChanged()
			synctest.Wait()
			if n := len(h.requests()) - before; n != want {
				t.Errorf("%s: %d requests", when, n)
			}
		}
		asks("without a portal", 0)
		h.Move(home)
		h.answers(says(http.StatusOK, "<html>")) // which is not asked for again by itself
		_ = h.Renew(t.Context())
		time.Sleep(time.Hour)
		if n := len(h.requests()); n != 1 {
			t.Errorf("%d requests to what is no portal", n)
		}
		asks("what is no portal", 1)
		h.answers(says(http.StatusServiceUnavailable, "", "Retry-After", "600"))
		asks("a portal that wants a pause afterwards", 1)
		asks("a portal that wants a pause", 0)
		h.answers(well("Contoso IT"))
		time.Sleep(10*time.Minute - time.Second)
		h.is(Failing, "")
		time.Sleep(2 * time.Minute)
		h.is(Fresh, "Contoso IT")
		asks("a portal that is well", 0)
	})
}

// Whoever signs in does not wait for a portal; what it says later counts all the same.
func TestPortalThatIsSlowKeepsNobodyFromSigningIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.Move(home)
		_ = h.Renew(t.Context())
		h.answers(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(3 * time.Second):
				return well("Fabrikam")(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		// Another read takes long.
		h.work.Go(func() { _ = h.Alone(func() error { time.Sleep(4 * time.Second); return nil }) })
		synctest.Wait()
		began := time.Now()
		h.RenewForSignIn(t.Context())
		if took := time.Since(began); took != signInLimit {
			t.Errorf("waited %v", took)
		}
		h.is(Fresh, "Contoso IT")
		time.Sleep(3 * time.Second)
		h.is(Fresh, "Fabrikam")
	})
}

// Nobody who waits for more than the portal waits for long, and it is said why.
func TestPortalThatHangsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.Move(home)
		_ = h.Renew(t.Context())
		h.answers(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		began := time.Now()
		err := h.RenewSoon(t.Context())
		var p *localapi.Problem
		if took := time.Since(began); took != soonLimit || !errors.As(err, &p) || p.Code != localapi.PortalUnreachable || p.Params["host"] != "portal.contoso.example" {
			t.Errorf("%v after %v", err, took)
		}
		h.is(Failing, "Contoso IT")
		if now := h.Snapshot().Problem; now.Params["in_use"] != "yes" {
			t.Errorf("%+v", now)
		}
		// Who gives up says nothing about the portal.
		h.Forget(home)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := h.Renew(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		h.is(Unread, "")
	})
}

func TestAnswerOfAnAddressThatHasChangedIsNotShown(t *testing.T) {
	h := newHousehold(t)
	h.Move(home)
	for name, answer := range map[string]answer{"good": well("Contoso IT"), "bad": says(http.StatusNotFound, "")} {
		h.Forget(home)
		h.answers(func(r *http.Request) (*http.Response, error) {
			h.Move("https://portal.fabrikam.example")
			return answer(r)
		})
		if err := h.Renew(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		h.is(Unread, "")
	}
}

// Whether IT has given the address or it was good before: nobody looks for a slip in it.
func TestOnlyAnAddressThatSomebodyHasTypedIsLookedAtForASlip(t *testing.T) {
	for _, fromIT := range []bool{false, true} {
		h := newHousehold(t)
		h.fromIT = fromIT
		h.answers(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") })
		h.Move(home)
		_ = h.Renew(t.Context())
		if p := h.Snapshot().Problem; p == nil || p.Code != localapi.PortalUnreachable || (p.Params["in_use"] == "yes") != fromIT {
			t.Errorf("by IT: %v: %+v", fromIT, p)
		}
	}
}

func TestWhatITAddsIsSeen(t *testing.T) {
	h := newHousehold(t)
	own := ""
	h.add = func(read *Published) *Published {
		if own == "" {
			return read
		}
		out := Published{Manifest: manifest.Manifest{Name: own}}
		if read != nil {
			out.Address = read.Address
		}
		return &out
	}
	h.Move(home)
	own = "IT's own"
	h.ShowAgain()
	if s := h.Snapshot(); s.Seen == nil || s.Seen.Address != home || s.Read != nil || s.Stage != Unread {
		t.Errorf("%+v", s)
	}
	if m, err := h.Manifest(); err != nil || m.Name != own {
		t.Errorf("%+v, %v", m, err)
	}
	_ = h.Renew(t.Context())
	h.is(Fresh, "IT's own")
	own = ""
	h.ShowAgain()
	h.is(Fresh, "Contoso IT")
	// What cannot be used keeps what was seen before.
	h.use = func(*Published) error { return errors.New("no good") }
	h.answers(well("Fabrikam"))
	if err := h.Renew(t.Context()); err != nil {
		t.Error(err)
	}
	h.is(Failing, "Contoso IT")
	if p := h.Snapshot().Problem; p.Code != localapi.ProviderConfig {
		t.Errorf("%+v", p)
	}
}

func TestManifestInARehearsalIsTakenAsItIs(t *testing.T) {
	h := newHousehold(t, func(p *KeeperParams) { p.Rehearsal = true })
	if _, err := h.Manifest(); problemOf(err).Code != localapi.NoPortal {
		t.Error(err)
	}
	if err := h.Try("portico.json", []byte(`{"version":1,"name":"X"}`)); problemOf(err).Code != localapi.NoProviders {
		t.Error(err)
	}
	h.is(Failing, "")
	if _, err := h.Manifest(); problemOf(err).Code != localapi.NoProviders {
		t.Error(err)
	}
	if err := h.Try("portico.json", []byte(good)); err != nil {
		t.Error(err)
	}
	h.is(Fresh, "Contoso IT")
	if err := h.Renew(t.Context()); err != nil || len(h.requests()) != 0 {
		t.Errorf("%v after %d requests", err, len(h.requests()))
	}
}
