package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scripted is a door with a script, in the place of a network: in synctest's time there is none. Each line is one
// answer.
type scripted struct {
	t     *testing.T
	began time.Time

	mu     sync.Mutex
	script []line
	asked  []string
}

// next is the next line; over says that there is none.
func (s *scripted) next(asked string) (l line, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked)
	if len(s.script) == 0 {
		return line{}, true
	}
	l, s.script = s.script[0], s.script[1:]
	return l, false
}

func (s *scripted) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.script) == 0
}

func (s *scripted) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

type line struct {
	after time.Duration
	// answer is a status, with headers as "Name: value" behind it; a JSON body begins with {. "cut" is a
	// broken connection, "hold" one that lasts until it is given up.
	answer string
}

// Do implements [Door].
func (s *scripted) Do(req *http.Request) (*http.Response, error) {
	at := time.Since(s.began).Round(time.Second)
	next, over := s.next(at.String() + " " + req.URL.Query().Get("cursor") + " " + req.Header.Get("Prefer"))
	if over {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}
	select {
	case <-time.After(next.after):
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	switch next.answer {
	case "cut":
		return nil, io.ErrUnexpectedEOF
	case "hold":
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}
	return answerOf(next.answer), nil
}

func answerOf(text string) *http.Response {
	res := &http.Response{Header: http.Header{}, Body: http.NoBody}
	for i, part := range strings.Split(text, "; ") {
		name, value, _ := strings.Cut(part, ": ")
		switch {
		case i == 0:
			res.StatusCode, _ = strconv.Atoi(part)
		case strings.HasPrefix(part, "{"):
			res.Body = io.NopCloser(strings.NewReader(part))
			res.Header.Set("Content-Type", "application/json")
			if res.StatusCode >= 400 {
				res.Header.Set("Content-Type", ProblemType)
			}
		default:
			res.Header.Set(name, value)
		}
	}
	return res
}

func syncOf(cursor string, more bool) string {
	raw, _ := json.Marshal(Sync{Cursor: cursor, More: more, Poll: Poll{Wait: 55}})
	return "200; " + string(raw)
}

// followed runs a script until its end and says what was asked when, and how it ended. Its jitter is the
// greatest of all chances.
func followed(t *testing.T, f Follow, wake func(), script ...line) (asked []string, ended error) {
	t.Helper()
	s := &scripted{t: t, began: time.Now(), script: script}
	c, err := NewClient(Params{URL: "https://portal.example/", Door: s, Jitter: func(limit time.Duration) time.Duration { return limit }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if f.Take == nil {
		f.Take = func(context.Context, Step) error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- c.Follow(ctx, f) }()
	if wake != nil {
		wake()
	}
	for range 100 {
		synctest.Wait()
		if s.over() {
			break
		}
		select {
		case err := <-done:
			return s.all(), err
		case <-time.After(time.Minute):
		}
	}
	select {
	case err := <-done:
		return s.all(), err
	case <-time.After(20 * time.Minute):
	}
	cancel()
	ended = <-done
	return s.all(), ended
}

func wantAsked(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		t.Error(diff)
	}
}

func TestFollowBeginsAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps []Step
		take := func(_ context.Context, s Step) error {
			s.Sync = &Sync{Cursor: s.Cursor}
			steps = append(steps, s)
			return nil
		}
		asked, _ := followed(t, Follow{Take: take}, nil,
			line{0, syncOf("a", true)}, line{0, syncOf("b", false)}, line{10 * time.Second, syncOf("c", false)}, line{0, `410; {"code":"cursor-expired"}`}, line{0, syncOf("d", false)})
		wantAsked(t, asked, "0s  wait=55", "0s a ", "0s b wait=55", "10s c wait=55", "10s  wait=55", "10s d wait=55")
		want := []Step{
			{Sync: &Sync{Cursor: "a"}, Bootstrap: true, First: true}, {Sync: &Sync{Cursor: "b"}, Bootstrap: true, Last: true}, {Sync: &Sync{Cursor: "c"}},
			{Sync: &Sync{Cursor: "d"}, Bootstrap: true, First: true, Last: true},
		}
		if diff := cmp.Diff(want, steps); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFollowComesBackWhenThePortalSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, _ := followed(t, Follow{Cursor: "a"}, nil, line{0, "503; Retry-After: 20"}, line{0, "429; Retry-After: 600"}, line{55 * time.Second, "204"})
		// The most chance: a tenth and a second more.
		wantAsked(t, asked, "0s a wait=55", "23s a wait=55", "11m24s a wait=55", "12m19s a wait=55")
	})
}

func TestFollowBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var script []line
		for range 12 {
			script = append(script, line{0, "500"})
		}
		var told []string
		stands := func(err error, next time.Time) {
			told = append(told, time.Until(next).Round(time.Second).String())
		}
		followed(t, Follow{Cursor: "a", Stands: stands}, nil, append(script, line{0, syncOf("b", false)})...)
		if diff := cmp.Diff(strings.Fields("1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 5m0s 5m0s 5m0s"), told[:12]); diff != "" {
			t.Error(diff)
		}
		if len(told) < 13 {
			t.Error("it was not told that the portal answers again")
		}
	})
}

func TestACutClientWaitsShorter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var script []line
		for range 12 {
			script = append(script, line{14 * time.Second, "cut"})
		}
		var waits []time.Duration
		asked, _ := followed(t, Follow{Cursor: "a", Shortened: func(d time.Duration) { waits = append(waits, d) }}, nil, script...)
		if diff := cmp.Diff([]time.Duration{27 * time.Second, 15 * time.Second}, waits); diff != "" {
			t.Error(diff)
		}
		// A cut is no failure to reach the portal: it is asked again within a second.
		wantAsked(t, asked, "0s a wait=55", "15s a wait=55", "30s a wait=55", "45s a wait=27", "1m0s a wait=27", "1m15s a wait=27", "1m30s a wait=15")
	})
}

func TestAWholeWaitForgivesCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := line{20 * time.Second, "cut"}
		_, _ = followed(t, Follow{Cursor: "a", Shortened: func(time.Duration) { t.Error("shortened") }}, nil, cut, cut, line{55 * time.Second, "204"}, cut, cut, line{0, "503; Retry-After: 7200"})
	})
}

func TestAStalledRequestIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, _ := followed(t, Follow{Cursor: "a", Wait: 15 * time.Second}, nil, line{0, "hold"})
		wantAsked(t, asked, "0s a wait=15", "46s a wait=15")
	})
}

func TestWakingAsksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		asked, _ := followed(t, Follow{Cursor: "a", Wake: wake}, func() {
			for range 2 { // once while a request waits, once in the pause after a failure
				time.Sleep(5 * time.Second)
				wake <- struct{}{}
			}
		}, line{0, "hold"}, line{4 * time.Second, "404"})
		wantAsked(t, asked, "0s a wait=55", "5s a wait=55", "10s a wait=55")
	})
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		asked, _ := followed(t, Follow{Cursor: "a", Wake: wake}, func() {
			time.Sleep(5 * time.Second)
			wake <- struct{}{}
		}, line{0, "503; Retry-After: 20"})
		wantAsked(t, asked, "0s a wait=55", "23s a wait=55") // what the portal wants goes first
	})
}

func TestAPortalThatDoesNotHoldIsNotAskedAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, _ := followed(t, Follow{Cursor: "a"}, nil, line{0, "204"}, line{time.Second, syncOf("a", false)})
		wantAsked(t, asked, "0s a wait=55", "55s a wait=55", "1m50s a wait=55")
	})
}

func TestFollowEnds(t *testing.T) {
	kept := errors.New("the disk is full")
	for name, c := range map[string]struct {
		follow Follow
		answer string
		want   func(error) bool
	}{
		"no access":  {Follow{}, `403; {"code":"no-access"}`, func(err error) bool { p := (*Problem)(nil); return errors.As(err, &p) && p.Code == NoAccess }},
		"a token":    {Follow{}, `401; {"code":"unauthorized"}`, func(err error) bool { p := (*Problem)(nil); return errors.As(err, &p) && p.Status == 401 }},
		"the keeper": {Follow{Take: func(context.Context, Step) error { return kept }}, syncOf("b", false), func(err error) bool { return errors.Is(err, kept) }},
		"the person": {Follow{Ends: func(error) bool { return true }}, "cut", func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
	} {
		synctest.Test(t, func(t *testing.T) {
			if _, err := followed(t, c.follow, nil, line{0, c.answer}); !c.want(err) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestOneFollowsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClient(Params{URL: "https://portal.example", Door: &scripted{t: t, began: time.Now()}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Follow(ctx, Follow{}) }()
		synctest.Wait()
		if err := c.Follow(ctx, Follow{}); !errors.Is(err, ErrFollowing) {
			t.Error(err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
