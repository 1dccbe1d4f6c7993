package agent

import (
	"context"
	"errors"
	"slices"
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
