package agent

import (
	"context"
	"iter"
	"sync"

	"github.com/portico-desktop/portico/app/localapi"
)

// states tells the agent's state, and tells all watchers of every change. It implements
// [localapi.States].
type states struct {
	life *life
	// compose is the state but for its revision, from the knowledge of all pieces of the
	// agent.
	compose func() localapi.State
	// looked hears of a new watcher.
	looked func()
	// shows are the displays of the requests for a window after one request, and the
	// number of the last one.
	shows func(after uint64) (displays []string, last uint64)
	// told hears of every change, before anybody can ask for it.
	told func(localapi.State)
	// lists are the subjects outside the state.
	lists localapi.Changes

	mu       sync.Mutex // guards the rest
	revision uint64
	news     chan struct{} // closed and replaced at every change
	watchers int
}

// State is the present state; see [localapi.Agent].
func (s *states) State(context.Context) (localapi.State, error) {
	state, _ := s.now()
	return state, nil
}

// now is the present state, and a channel closed by the next one.
func (s *states) now() (localapi.State, <-chan struct{}) {
	s.mu.Lock()
	revision, news := s.revision, s.news
	s.mu.Unlock()
	// Later changes close news.
	state := s.compose()
	state.Revision = revision
	return state, news
}

// next is closed at the next change.
func (s *states) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

// changed wakes all watchers.
func (s *states) changed() {
	s.mu.Lock()
	s.revision++
	close(s.news)
	s.news = make(chan struct{})
	s.mu.Unlock()
	state, _ := s.now()
	s.told(state)
	s.life.stir()
}

// watched says whether somebody watches.
func (s *states) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watchers > 0
}

func (s *states) watch(more int) {
	s.mu.Lock()
	s.watchers += more
	s.mu.Unlock()
}

// Watch yields the state and its changes; see [localapi.Agent].
func (s *states) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		var asked uint64 // the last passed-on request for a window
		s.watch(1)
		defer s.watch(-1)
		s.looked()
		lists := s.lists.Follow()
		for {
			state, news := s.now()
			shows, last := s.shows(asked)
			asked = last
			if !yield(localapi.Event{Type: localapi.EventState, State: &state}, nil) {
				return
			}
			for _, display := range shows {
				if !yield(localapi.Event{Type: localapi.EventShow, Display: display}, nil) {
					return
				}
			}
			if !s.tellChanges(ctx, lists, news, yield) {
				return
			}
			select {
			case <-news:
			case <-s.life.ctx.Done():
			case <-ctx.Done():
				yield(localapi.Event{}, context.Cause(ctx))
				return
			}
			if s.life.ctx.Err() != nil {
				// Windows stay for a successor, and find it when they ask again.
				if s.life.hasSuccessor() || yield(localapi.Event{Type: localapi.EventQuit}, nil) {
					yield(localapi.Event{}, &localapi.Problem{Code: localapi.AgentGone})
				}
				return
			}
		}
	}
}

// tellChanges tells changes beside the state until there is something else to tell, and
// says whether somebody still listens.
func (s *states) tellChanges(ctx context.Context, lists *localapi.Follower, news <-chan struct{}, yield func(localapi.Event, error) bool) bool {
	for {
		changed, more := lists.Next()
		for _, what := range changed {
			if !yield(localapi.Event{Type: localapi.EventChanged, What: what}, nil) {
				return false
			}
		}
		select {
		case <-more:
		case <-news:
			return true
		case <-s.life.ctx.Done():
			return true
		case <-ctx.Done():
			return true
		}
	}
}
