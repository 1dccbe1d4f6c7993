package localapi_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// named is an agent that says its name and can be asked to end.
type named struct {
	localapi.Parts // nothing else is asked
	name           string
	end            context.CancelFunc
}

func (a *named) State(context.Context) (localapi.State, error) {
	return localapi.State{API: localapi.Version, Build: a.name}, nil
}

func (a *named) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		if yield(localapi.Event{Type: localapi.EventState, State: &localapi.State{Build: a.name}}, nil) {
			<-ctx.Done()
		}
	}
}

func (a *named) Quit(context.Context) error {
	a.end()
	return nil
}

// place is a runtime directory with a name short enough for a socket.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "portico")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// startNamed runs an agent on a socket until the test or end ends it. Where another
// one still holds the place it gives up, as the program does.
func startNamed(t *testing.T, dir, name string, api int) (end func()) {
	t.Helper()
	l, err := localapi.Listen(dir)
	if errors.Is(err, localapi.ErrRunning) {
		return func() {}
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- localapi.Server{Agent: &named{name: name, end: cancel}, Info: localapi.Info{API: api, Build: name}}.Serve(ctx, l)
	}()
	ended := false
	end = func() {
		cancel()
		if !ended {
			ended = true
			if err := <-done; err != nil {
				t.Errorf("serving %s: %v", name, err)
			}
		}
	}
	t.Cleanup(end)
	return end
}

// gone is what start answers for a program that has given up at once.
func gone() <-chan error {
	ended := make(chan error)
	close(ended)
	return ended
}

// build asks who answers.
func build(t *testing.T, l *localapi.Client) string {
	t.Helper()
	s, err := l.State(t.Context())
	if err != nil {
		t.Fatalf("State: %v", err)
	}
	return s.Build
}

func TestAgentThatRunsIsUsed(t *testing.T) {
	dir := place(t)
	startNamed(t, dir, "running", localapi.Version)
	l := localapi.Open(dir, func() (<-chan error, error) { t.Error("another one is started"); return gone(), nil })
	if got := build(t, l); got != "running" {
		t.Errorf("%q answers", got)
	}
}

func TestAgentIsStartedWhenNoneRuns(t *testing.T) {
	dir := place(t)
	var starts atomic.Int32
	l := localapi.Open(dir, func() (<-chan error, error) {
		starts.Add(1)
		startNamed(t, dir, "started", localapi.Version)
		return nil, nil
	})
	answers := make(chan string, 8)
	for range cap(answers) {
		go func() {
			s, err := l.State(t.Context())
			answers <- s.Build
			if err != nil {
				t.Error(err)
			}
		}()
	}
	for range cap(answers) {
		if got := <-answers; got != "started" {
			t.Errorf("%q answers", got)
		}
	}
	if n := starts.Load(); n != 1 {
		t.Errorf("started %d times", n)
	}
}

func TestAgentOfAnotherVersionIsReplaced(t *testing.T) {
	dir := place(t)
	startNamed(t, dir, "old", localapi.Version+1)
	starts := 0
	l := localapi.Open(dir, func() (<-chan error, error) {
		starts++
		startNamed(t, dir, "new", localapi.Version)
		return gone(), nil // where the old one still holds the place
	})
	l.StartAgain(20 * time.Millisecond)
	if got := build(t, l); got != "new" || starts < 1 {
		t.Errorf("%q answers after %d starts", got, starts)
	}
}

func TestAgentThatWentAwayIsStartedAgain(t *testing.T) {
	dir := place(t)
	end := startNamed(t, dir, "first", localapi.Version)
	l := localapi.Open(dir, func() (<-chan error, error) {
		startNamed(t, dir, "second", localapi.Version)
		return nil, nil
	})
	events, ended := 0, make(chan struct{})
	for event, err := range l.Watch(t.Context()) {
		if err != nil {
			var problem *localapi.Problem
			if !errors.As(err, &problem) || problem.Code != localapi.AgentGone {
				t.Errorf("the stream ended with %v", err)
			}
			break
		}
		events++
		if event.State.Build != "first" {
			t.Errorf("%q answers", event.State.Build)
		}
		go func() {
			end()
			close(ended)
		}()
	}
	<-ended
	if events != 1 {
		t.Errorf("%d events", events)
	}
	if got := build(t, l); got != "second" {
		t.Errorf("%q answers", got)
	}
}

func TestAgentThatFoundAnotherOneEndingIsStartedAgain(t *testing.T) {
	dir := place(t)
	starts := 0
	l := localapi.Open(dir, func() (<-chan error, error) {
		if starts++; starts == 2 {
			startNamed(t, dir, "second", localapi.Version)
		}
		return gone(), nil
	})
	l.StartAgain(20 * time.Millisecond)
	if got := build(t, l); got != "second" || starts != 2 {
		t.Errorf("%q answers after %d starts", got, starts)
	}
}

func TestAgentThatTakesItsTimeIsNotStartedTwice(t *testing.T) {
	starts := 0
	l := localapi.Open(place(t), func() (<-chan error, error) { starts++; return nil, nil })
	l.StartAgain(0)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := l.State(ctx); !errors.Is(err, context.DeadlineExceeded) || starts != 1 {
		t.Errorf("%d starts, %v", starts, err)
	}
}

// tardy is a context whose deadline is over, which it does not know yet.
type tardy struct{ context.Context }

func (tardy) Deadline() (time.Time, bool) { return time.Unix(1, 0), true }

func TestCallThatRunsOutOfTimeDoesNotCallTheAgentGone(t *testing.T) {
	l := localapi.Open(place(t), func() (<-chan error, error) { return nil, nil })
	if _, err := l.State(tardy{t.Context()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("State: %v", err)
	}
}

func TestAgentThatCannotBeStarted(t *testing.T) {
	broken := errors.New("permission denied")
	l := localapi.Open(place(t), func() (<-chan error, error) { return nil, broken })
	_, err := l.State(t.Context())
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Code != localapi.AgentGone || problem.Details.Error != broken.Error() {
		t.Errorf("State: %v", err)
	}
	if err := l.Quit(t.Context()); !errors.As(err, &problem) || problem.Code != localapi.AgentGone {
		t.Errorf("Quit: %v", err)
	}
}

func TestGivingUpTheWaitForAnAgent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := localapi.Open(place(t), func() (<-chan error, error) { cancel(); return gone(), nil })
	if _, err := l.State(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("State: %v", err)
	}
}

func TestAgentThatSaysWhyItCannotStart(t *testing.T) {
	starts := 0
	l := localapi.Open(place(t), func() (<-chan error, error) {
		starts++
		ended := make(chan error, 1)
		ended <- &localapi.Problem{Code: localapi.DataFolder, Params: map[string]string{"file": "/home/ada"}}
		close(ended)
		return ended, nil
	})
	_, err := l.State(t.Context())
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Code != localapi.DataFolder || problem.Params["file"] != "/home/ada" || starts != 1 {
		t.Errorf("%v after %d starts", err, starts)
	}
}

func TestPlaceThatIsOpenToOthersIsNamed(t *testing.T) {
	dir := place(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := localapi.Open(dir, func() (<-chan error, error) { return nil, errors.New("there is no program") }).State(t.Context())
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Code != localapi.RuntimeFolder || problem.Params["file"] != dir {
		t.Errorf("got %v", err)
	}
}

// Whatever somebody asks for, there is an agent to ask; only to end one none is started.
func TestEveryCallButQuitStartsAnAgent(t *testing.T) {
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			dir, starts := place(t), 0
			start := func() (<-chan error, error) {
				starts++
				l, err := localapi.Listen(dir)
				must(t, err)
				run(t, l, newAgent(), localapi.Info{})
				return nil, nil
			}
			_, err := c.do(t.Context(), localapi.Open(dir, start))
			switch quit := c.name == "Quit"; {
			case quit && (starts != 0 || !isProblem(err, localapi.AgentGone)):
				t.Errorf("%d agents are started, %v", starts, err)
			case !quit && (starts != 1 || err != nil):
				t.Errorf("%d agents are started, %v", starts, err)
			}
		})
	}
}

// Where an agent has gone, the call that finds that out says so, and the next one has another.
func TestEveryCallNoticesThatTheAgentHasGone(t *testing.T) {
	for _, c := range calls() {
		if c.name == "Quit" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			dir := place(t)
			var stop func() error
			l := localapi.Open(dir, func() (<-chan error, error) {
				l, err := localapi.Listen(dir)
				must(t, err)
				stop = run(t, l, newAgent(), localapi.Info{})
				return nil, nil
			})
			_, err := l.State(t.Context())
			must(t, err)
			must(t, stop())
			if _, err := c.do(t.Context(), l); !isProblem(err, localapi.AgentGone) {
				t.Errorf("got %v", err)
			}
			if _, err := c.do(t.Context(), l); err != nil {
				t.Errorf("then %v", err)
			}
			if err := l.Quit(t.Context()); err != nil {
				t.Errorf("the one that runs is not told to end: %v", err)
			}
		})
	}
}
