package agent

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// What changes beside the state is told without it, and no state without a change of it.
func TestWatchTellsWhatChangesBesideTheState(t *testing.T) {
	s := &states{
		life: newLife(), compose: func() localapi.State { return localapi.State{} }, looked: func() {},
		shows: func(uint64) ([]string, uint64) { return nil, 0 }, told: func(localapi.State) {}, news: make(chan struct{}),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.lists.Tell("before")
	var heard []string
	for event, err := range s.Watch(ctx) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
			break
		}
		heard = append(heard, string(event.Type)+" "+string(event.What))
		switch len(heard) {
		case 1:
			s.lists.Tell("requests")
			s.lists.Tell("news")
			s.lists.Tell("requests")
		case 3:
			s.lists.Tell("news")
		case 4:
			s.changed()
		case 5:
			cancel()
		}
	}
	if want := []string{"state ", "changed news", "changed requests", "changed news", "state "}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

// A change that comes while the state is being composed is told all the same.
func TestNoChangeIsMissedWhileTheStateIsComposed(t *testing.T) {
	var s *states
	var address atomic.Value
	address.Store("first")
	composed := 0
	s = &states{life: newLife(), news: make(chan struct{}), looked: func() {}, told: func(localapi.State) {},
		shows: func(after uint64) ([]string, uint64) { return nil, after },
		compose: func() localapi.State {
			state := localapi.State{PortalAddress: address.Load().(string)}
			if composed++; composed == 1 {
				address.Store("second")
				s.changed()
			}
			return state
		},
	}
	var seen []string
	for e, err := range s.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, e.State.PortalAddress); len(seen) == 2 {
			break
		}
	}
	if !slices.Equal(seen, []string{"first", "second"}) {
		t.Errorf("seen %v", seen)
	}
	if s.watched() {
		t.Error("nobody watches any more")
	}
}

// Each request for a window is passed on once to each who watches.
func TestARequestForAWindowIsPassedOnOnce(t *testing.T) {
	l := newLife()
	s := &states{life: l, news: make(chan struct{}), looked: func() {}, told: func(localapi.State) {}, compose: func() localapi.State { return localapi.State{} }}
	w := &windows{life: l, watched: s.watched, changed: s.changed, looked: func() {}}
	s.shows = w.since
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	raised := make(chan bool, 1)
	shows := 0
	for e, err := range s.Watch(ctx) {
		if err != nil {
			break
		}
		switch {
		case e.Type == localapi.EventShow:
			shows++
			s.changed() // it is not answered yet, and not passed on again
		case e.State.Revision == 0:
			go func() {
				report, err := w.Show(context.WithoutCancel(ctx), localapi.ShowRequest{OnlyOpen: true})
				raised <- report.Raised && err == nil
			}()
		case shows == 1 && e.State.Revision > 1:
			if err := w.Shown(ctx, localapi.ShowRequest{}); err != nil {
				t.Error(err)
			}
			if !<-raised {
				t.Error("whoever has asked does not hear of it")
			}
			cancel()
		}
	}
	if shows != 1 {
		t.Errorf("passed on %d times", shows)
	}
}
