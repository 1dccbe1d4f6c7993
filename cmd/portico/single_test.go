package main

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

func newPaths(t *testing.T) desktop.Paths {
	t.Helper()
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestOnlyOneWindowAtATime(t *testing.T) {
	paths := newPaths(t)
	first := only(paths, ":1")
	if !first.first {
		t.Fatal("the first window takes itself for the second")
	}
	second := only(paths, ":1")
	if second.first {
		t.Error("the second window takes itself for the first")
	}
	second.release()
	elsewhere := only(paths, ":2")
	if !elsewhere.first {
		t.Error("a window on another display, where nobody sees it, counts")
	}
	elsewhere.release()
	first.release()
	again := only(paths, ":1")
	if !again.first {
		t.Error("a window that was closed still counts")
	}
	again.release()
}

// raisedAgent is an agent whose windows come to the front at the call with this
// number, 0 for never.
type raisedAgent struct {
	localapi.Agent // nil: nothing else is asked
	comes          int
	asked          []localapi.ShowRequest
	before         func(call int)
	err            error
}

func (a *raisedAgent) Show(_ context.Context, req localapi.ShowRequest) (localapi.ShowReport, error) {
	a.asked = append(a.asked, req)
	if a.before != nil {
		a.before(len(a.asked))
	}
	return localapi.ShowReport{Raised: len(a.asked) == a.comes}, a.err
}

func TestSecondWindowRaisesTheFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		agent  raisedAgent
		opens  bool // the first is still opening
		raised bool
		asked  int
	}{
		"it comes":                        {agent: raisedAgent{comes: 1}, raised: true, asked: 1},
		"it is stopped":                   {agent: raisedAgent{}, asked: 1},
		"it is only just opening":         {agent: raisedAgent{comes: 3}, opens: true, raised: true, asked: 3},
		"no agent answers":                {agent: raisedAgent{err: errors.New("gone")}, opens: true, asked: 1},
		"it has opened and does not come": {agent: raisedAgent{}, opens: true, asked: 2},
	} {
		paths := newPaths(t)
		first := only(paths, ":1")
		if !tc.opens {
			first.opened()
		}
		tc.agent.before = func(call int) {
			if call == 2 && !tc.raised {
				first.opened()
			}
		}
		second := only(paths, ":1")
		raised, err := second.raise(t.Context(), &tc.agent, ":1")
		if raised != tc.raised || !errors.Is(err, tc.agent.err) || len(tc.agent.asked) != tc.asked {
			t.Errorf("%s: raised %v, %v, asked %+v", name, raised, err, tc.agent.asked)
		}
		for _, req := range tc.agent.asked {
			if req != (localapi.ShowRequest{Display: ":1", OnlyOpen: true}) {
				t.Errorf("%s: it asks for %+v", name, req)
			}
		}
		second.release()
		first.release()
	}
}

func TestWindowThatEndsWhileItOpensIsToldOf(t *testing.T) {
	paths := newPaths(t)
	first := only(paths, "")
	if n := diag.LastNoWindow(paths); n != nil {
		t.Errorf("one that is just opening counts as failed: %+v", n)
	}
	// As when the driver ends the program: the lock goes with it, the file stays.
	if err := first.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if n := diag.LastNoWindow(paths); n == nil {
		t.Error("nothing is known of it")
	}
	next := only(paths, "")
	if !next.fell {
		t.Error("the next start does not know that it is to be guarded")
	}
	next.opened()
	next.release()
	if n := diag.LastNoWindow(paths); n != nil {
		t.Errorf("after one that did open: %+v", n)
	}
	if _, err := os.Stat(next.file); err != nil {
		t.Error(err)
	}
}
