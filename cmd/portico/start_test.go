package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// withTray is the name of an agent that shows a tray icon.
const withTray = "with a tray"

// fakeAgent is an agent that says its name and can be asked to end.
type fakeAgent struct {
	localapi.Parts // nothing else is asked
	name           string
	end            context.CancelFunc
}

func (a *fakeAgent) State(context.Context) (localapi.State, error) {
	return localapi.State{API: localapi.Version, Build: a.name, Tray: a.name == withTray}, nil
}

func (a *fakeAgent) Quit(context.Context) error {
	a.end()
	return nil
}

// serve is an agent of this name, which runs until ctx ends or it is asked to end.
func serve(p desktop.Paths, name string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		l, err := localapi.Listen(p.Runtime)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return localapi.Server{Agent: &fakeAgent{name: name, end: cancel}, Info: localapi.Info{Build: name}}.Serve(ctx, l)
	}
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

func none() (<-chan error, error) { return nil, errNoProgram }

// A window whose agent is in its own process talks to it over the socket, too.
func TestWithoutAProgramTheAgentRunsWithin(t *testing.T) {
	p := place(t)
	s := &starter{program: none, serve: serve(p, "within")}
	l := localapi.Open(p.Runtime, s.start)
	state, err := l.State(t.Context())
	if err != nil || state.Build != "within" || s.apart() {
		t.Errorf("%q answers, %v; apart: %v", state.Build, err, s.apart())
	}
	s.close()
	if _, err := localapi.Dial(t.Context(), p.Runtime); !errors.Is(err, localapi.ErrNoAgent) {
		t.Errorf("after it was closed: %v", err)
	}
}

func TestAgentWithinIsStartedAgain(t *testing.T) {
	p := place(t)
	s := &starter{program: none, serve: serve(p, "within")}
	defer s.close()
	l := localapi.Open(p.Runtime, s.start)
	for range 3 {
		state, err := l.State(t.Context())
		var gone *localapi.Problem
		if errors.As(err, &gone) && gone.Code == localapi.AgentGone {
			state, err = l.State(t.Context()) // found out while it ended
		}
		if err != nil || state.Build != "within" {
			t.Fatalf("%q answers, %v", state.Build, err)
		}
		if err := l.Quit(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.serving.Wait()
	}
}

// An agent that nobody reaches any longer may still be ending when the next one begins, and
// does not take that one along.
func TestAgentWithinThatIsStillEndingLeavesTheNextOneAlone(t *testing.T) {
	p := place(t)
	gone, rest := make(chan struct{}), make(chan struct{})
	names := make(chan string, 2)
	names <- "first"
	names <- "second"
	s := &starter{program: none, serve: func(ctx context.Context) error {
		name := <-names
		err := serve(p, name)(ctx)
		if name == "first" {
			close(gone)
			<-rest
		}
		return err
	}}
	defer s.close()
	var ended []<-chan error
	l := localapi.Open(p.Runtime, func() (<-chan error, error) {
		end, err := s.start()
		ended = append(ended, end)
		return end, err
	})
	answers := func(want string) {
		t.Helper()
		if state, err := l.State(t.Context()); err != nil || state.Build != want || s.apart() {
			t.Fatalf("%q answers, %v; apart: %v", state.Build, err, s.apart())
		}
	}
	answers("first")
	if err := l.Quit(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-gone
	if _, err := l.State(t.Context()); err == nil {
		t.Fatal("the first still answers")
	}
	answers("second")
	close(rest)
	<-ended[0]
	answers("second")
	s.close()
	<-ended[1]
	if _, err := s.start(); !errors.Is(err, errClosed) || len(ended) != 2 {
		t.Errorf("after it was closed: %v; %d started", err, len(ended))
	}
}

// The agent that ends because another one runs is not the one that answers.
func TestAgentThatRunsIsApart(t *testing.T) {
	p := place(t)
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan error)
	s := &starter{program: none, serve: func(context.Context) error {
		go func() { running <- serve(p, "another")(ctx) }()
		return nil
	}}
	defer s.close()
	state, err := localapi.Open(p.Runtime, s.start).State(t.Context())
	s.serving.Wait()
	if err != nil || state.Build != "another" || !s.apart() {
		t.Errorf("%q answers, %v; apart: %v", state.Build, err, s.apart())
	}
	cancel()
	if err := <-running; err != nil {
		t.Error(err)
	}
}

func TestAgentWithinSaysWhyItCannotStart(t *testing.T) {
	s := &starter{program: none, serve: func(context.Context) error { return &localapi.Problem{Code: localapi.DataFolder} }}
	defer s.close()
	_, err := localapi.Open(place(t).Runtime, s.start).State(t.Context())
	var problem *localapi.Problem
	if !errors.As(err, &problem) || problem.Code != localapi.DataFolder {
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
