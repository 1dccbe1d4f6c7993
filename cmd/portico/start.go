package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// errNoProgram: there is no background program to start.
var errNoProgram = errors.New("there is no portico-agent beside this program")

// starter starts an agent for the window: the background program, to outlive it, or if
// there is none, as in a checkout, one within this process. It is made to be used by one
// goroutine at a time; apart and close may be called by others.
type starter struct {
	program func() (<-chan error, error)
	// serve runs an agent until ctx ends. It says why the agent could not start, nil if
	// it could, or if another one runs.
	serve func(ctx context.Context) error

	mu      sync.Mutex // guards what follows
	life    context.Context
	end     context.CancelFunc // of life, with which every agent within ends
	within  int                // how many there are: one may still be ending when the next begins
	serving sync.WaitGroup
}

// errClosed says that the window no longer has an agent within started.
var errClosed = errors.New("the window is closing")

// start is for [localapi.Open].
func (s *starter) start() (<-chan error, error) {
	ended, err := s.program()
	if !errors.Is(err, errNoProgram) {
		return ended, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	if s.life.Err() != nil {
		return nil, errClosed
	}
	told, life := make(chan error, 1), s.life
	s.within++
	s.serving.Go(func() {
		defer close(told)
		defer s.ended()
		if why := s.serve(life); why != nil {
			told <- why
		}
	})
	return told, nil
}

// begin has the life that agents within share. The caller holds mu.
func (s *starter) begin() {
	if s.life == nil {
		s.life, s.end = context.WithCancel(context.Background())
	}
}

func (s *starter) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.within--
}

// apart reports if the agent is a program of its own.
func (s *starter) apart() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.within == 0
}

// close ends the agent within, if there is one, and waits for it. No other begins.
func (s *starter) close() {
	s.mu.Lock()
	s.begin()
	s.end()
	s.mu.Unlock()
	s.serving.Wait()
}

// beside starts the background program beside this one's file, and tells of its end, with
// the reason if it reports one for not starting. It outlives the window.
func beside(dataDir string) func() (<-chan error, error) {
	return func() (<-chan error, error) {
		program, err := desktop.Neighbour("portico-agent")
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
			return nil, errNoProgram
		}
		return startAgent(program, dataDir)
	}
}

// startAgent starts the background program.
func startAgent(program, dataDir string) (<-chan error, error) {
	cmd := exec.Command(program, "--report")
	if dataDir != "" {
		dataDir, err := filepath.Abs(dataDir)
		if err != nil {
			return nil, fmt.Errorf("find the data directory: %w", err)
		}
		cmd.Args = append(cmd.Args, "--data-dir", dataDir)
	}
	cmd.SysProcAttr = detached()
	report, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("hear %s: %w", program, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		var why localapi.Problem
		told := json.NewDecoder(io.LimitReader(report, reportLimit)).Decode(&why) == nil && why.Code != ""
		_ = cmd.Wait()
		if told {
			ended <- &why
		}
	}()
	return ended, nil
}

// reportLimit bounds the reading of the background program's report, in bytes.
const reportLimit = 64 << 10
