//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// Programs is a folder with Portico's programs. They find each other by being
// neighbours.
type Programs struct {
	Dir  string
	made bool
}

// FindPrograms returns the programs in the folder PORTICO_BIN_DIR. Without it they are
// built; [Programs.Remove] undoes that.
func FindPrograms(ctx context.Context, log io.Writer) (*Programs, error) {
	if dir := os.Getenv("PORTICO_BIN_DIR"); dir != "" {
		return ProgramsIn(dir)
	}
	root, err := ModuleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "portico-programs")
	if err != nil {
		return nil, err
	}
	p := &Programs{Dir: dir, made: true}
	for _, build := range []Command{
		{Name: "go", Args: []string{"build", "-o", dir + "/", "./cmd/portico-agent", "./cmd/porticoctl"}, Env: []string{"CGO_ENABLED=0"}},
		{Name: "go", Args: []string{"build", "-tags", "migrated_fynedo", "-o", dir + "/", "./cmd/portico", "./cmd/portico-demo"}},
	} {
		if err := runHere(ctx, build, root, log); err != nil {
			return nil, errors.Join(fmt.Errorf("build Portico: %w", err), p.Remove())
		}
	}
	return p, nil
}

// ProgramsIn returns the programs in a folder.
func ProgramsIn(dir string) (*Programs, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	p := &Programs{Dir: dir}
	for _, name := range []string{"portico", "portico-agent", "porticoctl", "portico-demo"} {
		if _, err := os.Stat(p.Path(name)); err != nil {
			return nil, fmt.Errorf("the programs in %s: %w; \"make build\" makes them", dir, err)
		}
	}
	return p, nil
}

// runHere runs a program with the environment of this process.
func runHere(ctx context.Context, c Command, dir string, log io.Writer) error {
	p, err := start(c, os.Environ(), dir, &lockedWriter{w: log})
	if err != nil {
		return err
	}
	code, err := p.Wait(ctx)
	if err != nil {
		p.Stop()
		return err
	}
	if code != 0 {
		return fmt.Errorf("%s: exit %d: %s", c, code, p.Tail())
	}
	return nil
}

// Path is where a program is.
func (p *Programs) Path(name string) string { return filepath.Join(p.Dir, name) }

// Remove removes the programs built by FindPrograms.
func (p *Programs) Remove() error {
	if !p.made {
		return nil
	}
	return os.RemoveAll(p.Dir)
}

// Runtime is the folder with the socket of this desk's agent.
func (s *Stage) Runtime() string { return filepath.Join(s.Dir, "run", "portico") }

// Agent connects to the agent on this desk, and waits for one to come up.
func (s *Stage) Agent(ctx context.Context) (*localapi.Client, localapi.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		client, err := localapi.Dial(ctx, s.Runtime())
		if err == nil {
			info, err := client.Handshake(ctx)
			if err == nil {
				return client, info, nil
			}
		} else if !errors.Is(err, localapi.ErrNoAgent) {
			return nil, localapi.Info{}, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, localapi.Info{}, fmt.Errorf("wait for an agent: %w", ctx.Err())
		}
	}
}

// KillAgent ends the agent on this desk as a crash would, and waits until it is
// gone.
func (s *Stage) KillAgent(ctx context.Context) error {
	_, info, err := s.Agent(ctx)
	if err != nil {
		return err
	}
	end(info.PID)
	return nil
}

// WaitState waits until the agent on this desk is in a state that match accepts. what
// names the state, for messages.
func (s *Stage) WaitState(ctx context.Context, what string, match func(localapi.State) bool) (localapi.State, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	var last localapi.State
	for {
		client, _, err := s.Agent(ctx)
		if err != nil {
			return last, fmt.Errorf("wait until %s: %w", what, err)
		}
		for event, err := range client.Watch(ctx) {
			if err != nil {
				break // the agent has ended; another may follow
			}
			if event.State == nil {
				continue
			}
			if last = *event.State; match(last) {
				return last, nil
			}
		}
		if ctx.Err() != nil {
			return last, fmt.Errorf("wait until %s: %w; the session is %+v", what, ctx.Err(), last.Session)
		}
	}
}

// WaitPhase waits until the session on this desk stands in this phase.
func (s *Stage) WaitPhase(ctx context.Context, phase localapi.Phase) (localapi.State, error) {
	return s.WaitState(ctx, "the session is "+string(phase), func(state localapi.State) bool {
		return state.Session.Phase == phase
	})
}
