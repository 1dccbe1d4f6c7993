package localapi_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestChangesAreHeardOnceEach(t *testing.T) {
	var changes localapi.Changes
	changes.Tell("requests") // before anybody listens
	f := changes.Follow()
	changed, more := f.Next()
	if len(changed) != 0 {
		t.Errorf("heard at once: %q", changed)
	}
	select {
	case <-more:
		t.Error("there is more to hear, and nothing has changed")
	default:
	}
	for range 3 {
		changes.Tell("news")
		changes.Tell("requests")
	}
	changes.Tell("news")
	<-more
	changed, more = f.Next()
	if diff := cmp.Diff([]localapi.Subject{"requests", "news"}, changed); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	changes.Tell("news")
	<-more
	if changed, _ := f.Next(); !slices.Equal(changed, []localapi.Subject{"news"}) {
		t.Errorf("heard %q", changed)
	}
	if changed, _ := changes.Follow().Next(); len(changed) != 0 {
		t.Errorf("whoever comes later hears %q", changed)
	}
}

// A reader that is slow misses repeats, and never a change: the last one of each subject
// comes after it has happened.
func TestSlowReaderMissesNoChange(t *testing.T) {
	const rounds = 5000
	a := newAgent()
	// Large states fill the socket's buffers, so that the agent has to wait.
	a.state.PortalAddress = string(bytes.Repeat([]byte("x"), 64<<10))
	s := serve(t, a, localapi.Info{})
	begun, heard := false, map[localapi.Subject]int{}
	for event, err := range s.client.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !begun {
			begun = true
			for i := range uint64(rounds) {
				a.set(i + 1)
				a.lists.Tell("requests")
				a.lists.Tell("news")
			}
			a.lists.Tell("last")
			continue
		}
		if event.Type != localapi.EventChanged {
			continue
		}
		if event.State != nil {
			t.Error("it brings a state as well")
		}
		if heard[event.What]++; event.What == "last" {
			break // it is the last of the order, too
		}
	}
	if heard["requests"] == 0 || heard["news"] == 0 {
		t.Errorf("heard %v", heard)
	}
	if heard["requests"] >= rounds {
		t.Errorf("heard %v: the reader was not slow, the test shows nothing", heard)
	}
}
