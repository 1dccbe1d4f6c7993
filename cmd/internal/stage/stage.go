//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Params says what the desk has. The zero value has a key store and a browser, and no
// display.
type Params struct {
	// Display asks for a screen with a window manager.
	Display bool
	// Screen is its size as WIDTHxHEIGHT, 1280x800 when empty.
	Screen string
	// Framebuffer lets [Display.Framebuffer] read the screen.
	Framebuffer bool
	// KeyStore is what the session bus offers, [KeyStoreUnlocked] by default.
	KeyStore KeyStore
	// Browser is [Chromium] by default.
	Browser BrowserKind
	// TrustAll lets the browser trust every certificate, for providers over TLS.
	TrustAll bool
	// XDGOpen makes the browser the desktop's default one, found by xdg-open,
	// instead of naming it in BROWSER. It needs a Display: without one xdg-open
	// looks for browsers in the terminal only.
	XDGOpen bool
	// Env is added to the environment of every program on the desk.
	Env []string
	// Network is where everything on the desk runs; nil is this computer's own. Whoever
	// made it closes it, after the stage.
	Network *Network
	// BrowserProxy is the proxy that the browser is set to, as in "http://proxy.test:8080".
	BrowserProxy string
	// Log gets the output of every process; nil discards it.
	Log io.Writer
}

// Stage is a desk. Its methods may be called from several goroutines, except
// Close.
type Stage struct {
	// Dir holds all files of the desk. It is removed by Close.
	Dir     string
	Browser *Browser // nil for [NoBrowser]
	Display *Display // nil unless asked for

	log     *lockedWriter
	env     []string
	bus     *bus
	network *Network

	mu        sync.Mutex
	processes []*Process
}

// marker is in the environment of every process on a stage, so Close finds those
// outside of their process group.
const marker = "PORTICO_STAGE"

// New sets up a desk. It is ready when New returns.
func New(ctx context.Context, p Params) (*Stage, error) {
	// A short path: a Unix socket's has at most 107 bytes.
	dir, err := os.MkdirTemp("", "stage")
	if err != nil {
		return nil, err
	}
	log := p.Log
	if log == nil {
		log = io.Discard
	}
	s := &Stage{Dir: dir, log: &lockedWriter{w: log}, network: p.Network}
	if err := s.setUp(ctx, p); err != nil {
		return nil, errors.Join(fmt.Errorf("set the stage: %w", err), s.Close())
	}
	return s, nil
}

func (s *Stage) setUp(ctx context.Context, p Params) error {
	for _, name := range []string{"home", "run", "config", "data", "cache", "state", "tmp"} {
		if err := os.Mkdir(filepath.Join(s.Dir, name), 0o700); err != nil {
			return err
		}
	}
	s.env = append(s.baseEnv(), p.Env...)
	if p.Display {
		if err := s.startDisplay(ctx, p.Screen, p.Framebuffer); err != nil {
			return err
		}
	}
	if err := s.startBus(ctx, p.KeyStore); err != nil {
		return err
	}
	return s.setUpBrowser(p)
}

// baseEnv is an environment with nothing of the person's desktop.
func (s *Stage) baseEnv() []string {
	env := []string{
		marker + "=" + s.Dir,
		"HOME=" + filepath.Join(s.Dir, "home"),
		"TMPDIR=" + filepath.Join(s.Dir, "tmp"),
		"XDG_RUNTIME_DIR=" + filepath.Join(s.Dir, "run"),
		"XDG_CONFIG_HOME=" + filepath.Join(s.Dir, "config"),
		"XDG_DATA_HOME=" + filepath.Join(s.Dir, "data"),
		"XDG_CACHE_HOME=" + filepath.Join(s.Dir, "cache"),
		"XDG_STATE_HOME=" + filepath.Join(s.Dir, "state"),
		"LANG=C.UTF-8",
		"TZ=UTC",
		// Windows need OpenGL, and the display has only the software kind.
		"LIBGL_ALWAYS_SOFTWARE=1",
		// Accessibility would start one more bus.
		"NO_AT_BRIDGE=1",
	}
	for _, name := range []string{"PATH", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// Env is the environment of the processes on this desk.
func (s *Stage) Env() []string { return append([]string(nil), s.env...) }

// Start runs a program on this desk. [Stage.Close] ends it.
func (s *Stage) Start(c Command) (*Process, error) {
	p, err := s.start(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.processes = append(s.processes, p)
	return p, nil
}

func (s *Stage) start(c Command) (*Process, error) {
	if s.network != nil {
		var err error
		if c, err = s.network.inside(c); err != nil {
			return nil, err
		}
	}
	return start(c, s.env, filepath.Join(s.Dir, "home"), s.log)
}

// Result is how a program ended.
type Result struct {
	Code   int
	Stdout string
	// Tail is the end of both outputs, for messages.
	Tail string
	// CPU is its use of the processor's time, with its own children.
	CPU time.Duration
}

// Run runs a program on this desk and waits for it.
func (s *Stage) Run(ctx context.Context, c Command) (Result, error) {
	p, err := s.start(c)
	if err != nil {
		return Result{}, err
	}
	code, err := p.Wait(ctx)
	if err != nil {
		p.Stop()
	}
	result := Result{Code: code, Stdout: p.Output(), Tail: p.Tail()}
	if ended := p.cmd.ProcessState; err == nil {
		result.CPU = ended.UserTime() + ended.SystemTime()
	}
	return result, err
}

// Close ends every process on this desk, the ones it was not told of as well,
// and removes its files.
func (s *Stage) Close() error {
	if s.Browser != nil {
		s.Browser.close()
	}
	if s.bus != nil {
		s.bus.conn.Close()
	}
	for i := len(s.processes) - 1; i >= 0; i-- {
		s.processes[i].Stop()
	}
	err := s.sweep()
	return errors.Join(err, os.RemoveAll(s.Dir))
}

// sweep ends whatever was started on this desk and left its process group, such as an
// agent started by a window.
func (s *Stage) sweep() error {
	return s.EndAll(marker + "=" + s.Dir)
}

// EndAll ends every process with this variable in its environment, as a crash would,
// and waits until they are gone.
func (s *Stage) EndAll(variable string) error {
	for range 10 {
		pids, err := processesWith(variable)
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			// Those before it took their time to end, and its number may be another's by now.
			if hasVariable(pid, variable) {
				endTree(pid)
			}
		}
	}
	return errors.New("processes of the stage do not end")
}

// lockedWriter lets several processes write one log.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
