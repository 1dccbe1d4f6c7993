//go:build linux

package stage

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// grace is how long a process may take to end after it was asked to.
const grace = 5 * time.Second

// Command is a program to run.
type Command struct {
	// Name is the program: a path, or a name to look for in PATH.
	Name string
	Args []string
	// Env is added to the stage's own environment, and wins.
	Env []string
	// Stdin is fed to the process. Nil: [Process.Stdin] writes to it when
	// Interactive is set, otherwise it reads nothing.
	Stdin       io.Reader
	Interactive bool
	// Files become file descriptors 3 and up.
	Files []*os.File

	shown string // its name, if Name is what starts it
}

func (c Command) String() string { return cmp.Or(c.shown, filepath.Base(c.Name)) }

// Process is a running program in a process group of its own.
type Process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{}

	mu    sync.Mutex
	lines []string // of its standard output
	other []string // of its standard error
	tail  []string // of both outputs, for error messages
	ended bool     // no more lines will come
	more  chan struct{}
}

// tailLines is how much of a process's output goes into an error.
const tailLines = 20

// start runs a command; log gets all of its output.
func start(c Command, env []string, dir string, log io.Writer) (*Process, error) {
	path, err := exec.LookPath(c.Name)
	if err != nil {
		return nil, missing(c.Name)
	}
	p := &Process{name: c.String(), done: make(chan struct{}), more: make(chan struct{})}
	p.cmd = exec.Command(path, c.Args...)
	p.cmd.Env = append(env[:len(env):len(env)], c.Env...)
	p.cmd.Dir = dir
	p.cmd.Stdin = c.Stdin
	p.cmd.ExtraFiles = c.Files
	// The kernel ends the process if this one dies without a chance to.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.Interactive {
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	stdout, stderr := &lineWriter{p: p, log: log, keep: true}, &lineWriter{p: p, log: log}
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	// A grandchild may hold the outputs open; it is not waited for.
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // ProcessState says how it ended
		stdout.flush()
		stderr.flush()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended = true
		close(p.more)
	}()
	return p, nil
}

// lineWriter hands a process's output on, line by line.
type lineWriter struct {
	p    *Process
	log  io.Writer
	keep bool
	part bytes.Buffer
}

func (w *lineWriter) Write(b []byte) (int, error) {
	n := len(b)
	for {
		line, rest, found := bytes.Cut(b, []byte{'\n'})
		w.part.Write(line)
		if !found {
			return n, nil
		}
		w.flush()
		b = rest
	}
}

func (w *lineWriter) flush() {
	if w.part.Len() > 0 {
		w.p.add(w.part.String(), w.keep, w.log)
		w.part.Reset()
	}
}

func (p *Process) add(line string, keep bool, log io.Writer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(log, "[%s %d] %s\n", p.name, p.cmd.Process.Pid, line)
	p.tail = append(p.tail, line)
	if len(p.tail) > tailLines {
		p.tail = p.tail[1:]
	}
	if keep {
		p.lines = append(p.lines, line)
	} else {
		p.other = append(p.other, line)
	}
	close(p.more)
	p.more = make(chan struct{})
}

// WaitLine returns the first line of standard output that match accepts, looking from
// the first line on.
func (p *Process) WaitLine(ctx context.Context, match func(line string) bool) (string, error) {
	return p.wait(ctx, &p.lines, match)
}

// WaitError is WaitLine for standard error.
func (p *Process) WaitError(ctx context.Context, match func(line string) bool) (string, error) {
	return p.wait(ctx, &p.other, match)
}

func (p *Process) wait(ctx context.Context, from *[]string, match func(line string) bool) (string, error) {
	seen := 0
	for {
		p.mu.Lock()
		lines, more, ended := (*from)[seen:], p.more, p.ended
		p.mu.Unlock()
		for _, line := range lines {
			if match(line) {
				return line, nil
			}
		}
		seen += len(lines)
		if ended {
			return "", fmt.Errorf("%s ended before it was ready: %s", p.name, p.outcome())
		}
		select {
		case <-more:
		case <-ctx.Done():
			return "", fmt.Errorf("wait for %s to be ready: %w; it said: %s", p.name, ctx.Err(), p.Tail())
		}
	}
}

// Output is its standard output so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		return ""
	}
	return strings.Join(p.lines, "\n") + "\n"
}

// Tail is the end of both outputs, for messages.
func (p *Process) Tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, "\n")
}

func (p *Process) outcome() string {
	return fmt.Sprintf("%v; it said: %s", p.cmd.ProcessState, p.Tail())
}

// Stdin writes to an interactive process.
func (p *Process) Stdin() io.WriteCloser { return p.stdin }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait returns the exit code, -1 for a signal.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for %s to end: %w; it said: %s", p.name, ctx.Err(), p.Tail())
	}
}

// Kill ends this one process at once, as a crash would: not its children, and
// without a chance to tidy up.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p.name, err)
	}
	<-p.done
	return nil
}

// Stop ends the process and its group: politely first, then not.
func (p *Process) Stop() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM) // ESRCH: ended already
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.done
}

// scanLines calls f for each line until r ends.
func scanLines(r io.Reader, f func(line string)) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		f(s.Text())
	}
}
