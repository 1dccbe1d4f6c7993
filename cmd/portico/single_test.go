package main

import (
	"context"
	"iter"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

func TestOnlyOneWindowAtATime(t *testing.T) {
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	release, first := only(paths)
	if !first {
		t.Fatal("the first window takes itself for the second")
	}
	if again, second := only(paths); second {
		t.Error("the second window takes itself for the first")
	} else {
		again()
	}
	release()
	release, first = only(paths)
	if !first {
		t.Error("a window that was closed still counts")
	}
	release()
}

// raisedAgent is an agent that tells everybody who watches to show themselves
// once somebody asks for it.
type raisedAgent struct {
	localapi.Agent // nil: nothing else is asked
	show           chan struct{}
}

func (a *raisedAgent) Show(context.Context) error { close(a.show); return nil }

func (a *raisedAgent) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		if !yield(localapi.Event{Type: localapi.EventState, State: &localapi.State{}}, nil) {
			return
		}
		select {
		case <-a.show:
			yield(localapi.Event{Type: localapi.EventShow}, nil)
		case <-ctx.Done():
			yield(localapi.Event{}, ctx.Err())
		}
	}
}

func TestSecondWindowRaisesTheFirst(t *testing.T) {
	agent := &raisedAgent{show: make(chan struct{})}
	if err := raise(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	select {
	case <-agent.show:
	default:
		t.Error("the agent was not asked to show the window")
	}
}
