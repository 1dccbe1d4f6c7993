package main

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// withTray is the name of an agent that shows a tray icon.
const withTray = "with a tray"

// fakeAgent is an agent that says its name and can be asked to end.
type fakeAgent struct {
	localapi.Agent // nil: nothing else is asked
	name           string
	end            context.CancelFunc
}

func (a *fakeAgent) State(context.Context) (localapi.State, error) {
	return localapi.State{API: localapi.Version, Build: a.name, Tray: a.name == withTray}, nil
}

func (a *fakeAgent) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		if yield(localapi.Event{Type: localapi.EventState, State: &localapi.State{Build: a.name}}, nil) {
			<-ctx.Done()
		}
	}
}

func (a *fakeAgent) Quit(context.Context) error {
	a.end()
	return nil
}

// place is a runtime directory with a name short enough for a socket.
func place(t *testing.T) desktop.Paths {
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
	return desktop.Paths{Runtime: dir}
}

// serve runs an agent on a socket until the test or end ends it. Where another
// one still holds the place it gives up, as the program does.
func serve(t *testing.T, p desktop.Paths, name string, api int) (end func()) {
	t.Helper()
	l, err := localapi.Listen(p.Runtime)
	if errors.Is(err, localapi.ErrRunning) {
		return func() {}
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- localapi.Serve(ctx, l, &fakeAgent{name: name, end: cancel}, localapi.Info{API: api, Build: name})
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
func build(t *testing.T, l *link) string {
	t.Helper()
	s, err := l.State(t.Context())
	if err != nil {
		t.Fatalf("State: %v", err)
	}
	return s.Build
}

func TestAgentThatRunsIsUsed(t *testing.T) {
	p := place(t)
	serve(t, p, "running", localapi.Version)
	l := newLink(p, func() (<-chan error, error) { t.Error("another one is started"); return gone(), nil }, nil)
	if got := build(t, l); got != "running" || !l.apart() {
		t.Errorf("%q answers, apart: %v", got, l.apart())
	}
}

func TestAgentIsStartedWhenNoneRuns(t *testing.T) {
	p := place(t)
	var starts atomic.Int32
	l := newLink(p, func() (<-chan error, error) {
		starts.Add(1)
		serve(t, p, "started", localapi.Version)
		return nil, nil
	}, nil)
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
	p := place(t)
	serve(t, p, "old", localapi.Version+1)
	starts := 0
	l := newLink(p, func() (<-chan error, error) {
		starts++
		serve(t, p, "new", localapi.Version)
		return gone(), nil // where the old one still holds the place
	}, nil)
	l.again = 20 * time.Millisecond
	if got := build(t, l); got != "new" || starts < 1 {
		t.Errorf("%q answers after %d starts", got, starts)
	}
}

func TestAgentThatWentAwayIsStartedAgain(t *testing.T) {
	p := place(t)
	end := serve(t, p, "first", localapi.Version)
	l := newLink(p, func() (<-chan error, error) {
		serve(t, p, "second", localapi.Version)
		return nil, nil
	}, nil)
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
	p := place(t)
	starts := 0
	l := newLink(p, func() (<-chan error, error) {
		if starts++; starts == 2 {
			serve(t, p, "second", localapi.Version)
		}
		return gone(), nil
	}, nil)
	l.again = 20 * time.Millisecond
	if got := build(t, l); got != "second" || starts != 2 {
		t.Errorf("%q answers after %d starts", got, starts)
	}
}

func TestAgentThatTakesItsTimeIsNotStartedTwice(t *testing.T) {
	starts := 0
	l := newLink(place(t), func() (<-chan error, error) { starts++; return nil, nil }, nil)
	l.again = 0
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
	l := newLink(place(t), func() (<-chan error, error) { return nil, nil }, nil)
	if _, err := l.State(tardy{t.Context()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("State: %v", err)
	}
}

func TestWithoutAProgramTheAgentRunsWithin(t *testing.T) {
	stopped := 0
	l := newLink(place(t), func() (<-chan error, error) { return nil, errNoProgram }, func() (localapi.Agent, func()) {
		return &fakeAgent{name: "within"}, func() { stopped++ }
	})
	if got := build(t, l); got != "within" || l.apart() {
		t.Errorf("%q answers, apart: %v", got, l.apart())
	}
	l.close()
	if stopped != 1 {
		t.Errorf("stopped %d times", stopped)
	}
}

func TestAgentThatCannotBeStarted(t *testing.T) {
	broken := errors.New("permission denied")
	l := newLink(place(t), func() (<-chan error, error) { return nil, broken }, nil)
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
	l := newLink(place(t), func() (<-chan error, error) { cancel(); return gone(), nil }, nil)
	if _, err := l.State(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("State: %v", err)
	}
}

func TestAgentThatSaysWhyItCannotStart(t *testing.T) {
	starts := 0
	l := newLink(place(t), func() (<-chan error, error) {
		starts++
		ended := make(chan error, 1)
		ended <- &localapi.Problem{Code: localapi.DataFolder, Params: map[string]string{"file": "/home/ada"}}
		close(ended)
		return ended, nil
	}, nil)
	_, err := l.State(t.Context())
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Code != localapi.DataFolder || problem.Params["file"] != "/home/ada" || starts != 1 {
		t.Errorf("%v after %d starts", err, starts)
	}
}

func TestPlaceThatIsOpenToOthersIsNamed(t *testing.T) {
	p := place(t)
	if err := os.Chmod(p.Runtime, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := newLink(p, func() (<-chan error, error) { return nil, errNoProgram }, nil).State(t.Context())
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Code != localapi.RuntimeFolder || problem.Params["file"] != p.Runtime {
		t.Errorf("got %v", err)
	}
}

// The words have to be those of the console, which looks by itself.
func TestStartedAgentReportsAnUnwritableHome(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "portico-agent")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../portico-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the agent: %v\n%s", err, out)
	}
	file := filepath.Join(dir, "file") // not even root makes a directory in one
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ended, err := startAgent(program, filepath.Join(file, "portico"))
	if err != nil {
		t.Fatal(err)
	}
	var problem *localapi.Problem
	if why := <-ended; !errors.As(why, &problem) || problem.Code != localapi.DataFolder || !strings.HasPrefix(problem.Params["file"], file) {
		t.Errorf("it says %v", why)
	}
	if _, more := <-ended; more {
		t.Error("its end is not told")
	}
}
