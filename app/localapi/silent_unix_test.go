//go:build linux || darwin

package localapi_test

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// thinking is an agent that never comes to an end of a Refresh.
type thinking struct{ *agent }

func (thinking) Refresh(ctx context.Context) (localapi.State, error) {
	<-ctx.Done()
	return localapi.State{}, ctx.Err()
}

// silent says whether err is that process pid is there and does not answer.
func silent(err error, pid int) bool {
	var p *localapi.Problem
	return errors.As(err, &p) && p.Code == localapi.AgentSilent && p.Params["pid"] == strconv.Itoa(pid)
}

// halt stops a process, and returns when it stands still.
func halt(t *testing.T, process *exec.Cmd) {
	t.Helper()
	must(t, process.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(process.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the process does not stop: %v, %v", status, err)
	}
}

func TestStoppedAgentIsNotWaitedForForEver(t *testing.T) {
	const patience = 50 * time.Millisecond
	dir := filepath.Join(t.TempDir(), "run")
	stopped := startAgent(t, dir, answersEnv+"=1")
	client, err := localapi.Dial(t.Context(), dir)
	must(t, err)
	if _, err := client.Handshake(t.Context()); err != nil {
		t.Fatalf("before it is stopped: %v", err)
	}
	halt(t, stopped)
	for _, c := range append(calls(), call{name: "Handshake", do: func(ctx context.Context, a localapi.Agent) (any, error) {
		return a.(*localapi.Client).Handshake(ctx)
	}}) {
		t.Run(c.name, func(t *testing.T) {
			client, err := localapi.DialWithin(t.Context(), dir, patience)
			must(t, err)
			if _, err := c.do(t.Context(), client); !silent(err, stopped.Process.Pid) {
				t.Errorf("got %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Handshake(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller has given up: %v", err)
	}
}

// An agent that thinks for longer than anybody waits for a sign of life is left alone,
// until it gives none.
func TestAgentStoppedDuringACall(t *testing.T) {
	const patience = 500 * time.Millisecond
	dir := filepath.Join(t.TempDir(), "run")
	agent := startAgent(t, dir, answersEnv+"=1")
	client, err := localapi.DialWithin(t.Context(), dir, patience)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	if _, err := client.Refresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it thinks: got %v", err)
	}
	ended := make(chan error)
	go func() {
		_, err := client.Refresh(t.Context())
		ended <- err
	}()
	halt(t, agent)
	if err := <-ended; !silent(err, agent.Process.Pid) {
		t.Errorf("stopped while it thinks: got %v", err)
	}
}

// Logo is more than all buffers on the way hold.
func (thinking) Logo(context.Context, string) ([]byte, error) { return make([]byte, fileSize), nil }

func TestAgentStoppedInTheMiddleOfAContent(t *testing.T) {
	const patience = 500 * time.Millisecond
	dir := filepath.Join(t.TempDir(), "run")
	agent := startAgent(t, dir, answersEnv+"=1")
	client, err := localapi.DialWithin(t.Context(), dir, patience)
	must(t, err)
	picture, err := client.OpenLogo(t.Context(), "abc")
	must(t, err)
	_, err = io.CopyN(io.Discard, picture.Body, fileSize/4)
	must(t, err)
	halt(t, agent)
	if _, err := io.Copy(io.Discard, picture.Body); !silent(err, agent.Process.Pid) {
		t.Errorf("got %v", err)
	}
	must(t, picture.Body.Close())
}
