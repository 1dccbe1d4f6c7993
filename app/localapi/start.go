package localapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// startTime is how long an agent may take until it listens.
const startTime = 10 * time.Second

// Open returns a client of the agent with the runtime directory dir, and has one to talk
// to: without a running one, a call starts one with start first, and one of another
// version of this contract is replaced. After the agent has gone away the next call looks
// again. [Client.Quit] alone starts none. Nothing happens before the first call.
//
// start begins to start an agent, in a process of its own or in this one. It is called
// again once nobody listens any more, and the agent before may still be ending then.
// ended is closed when an agent has ended, after why it could not start, if it tells; a
// *[Problem] there, or as err, is the end of calls too.
func Open(dir string, start func() (ended <-chan error, err error)) *Client {
	c := newClient(dir, answerTime)
	c.starting = &starting{dir: dir, start: start, again: time.Second, turn: make(chan struct{}, 1)}
	c.starting.turn <- struct{}{}
	return c
}

// starting is how a client comes to have an agent. Nil is for a client that takes the one
// there is.
type starting struct {
	dir   string
	start func() (<-chan error, error)
	// again is how long after its start an ended agent is started again.
	again time.Duration

	turn chan struct{} // holds one token: its holder may look and start
	mu   sync.Mutex    // guards the rest
	run  uint64        // the number of the agent found last
	here bool          // and has not gone since
}

// ready returns when there is an agent for a call of this path, and its number.
func (s *starting) ready(ctx context.Context, path string) (run uint64, err error) {
	if s == nil || path == string(version) {
		return 0, nil
	}
	if path == string(quit) {
		run, here := s.found()
		if !here {
			return 0, &Problem{Code: AgentGone}
		}
		return run, nil
	}
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if run, here := s.found(); here {
		return run, nil
	}
	if err := s.find(ctx); err != nil {
		return 0, s.why(ctx, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run, s.here = s.run+1, true
	return s.run, nil
}

func (s *starting) found() (run uint64, here bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run, s.here
}

// note looks at the end of a call to an agent: a gone one is looked for again at the next
// call, and so is one after the end of its events.
func (s *starting) note(run uint64, path string, err error) {
	var p *Problem
	if s == nil || path != string(events) && !(errors.As(err, &p) && p.Code == AgentGone) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == run {
		s.here = false
	}
}

// why is the error of a call without an agent.
func (s *starting) why(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// A connection may notice the deadline a moment before the context does.
	if end, bounded := ctx.Deadline(); bounded && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	var why *Problem
	switch {
	case errors.As(err, &why):
		return why
	case errors.Is(err, ErrUnsafe):
		return &Problem{Code: RuntimeFolder, Params: map[string]string{"file": s.dir}, Details: &Details{Error: err.Error(), Time: time.Now()}}
	}
	return &Problem{Code: AgentGone, Details: &Details{Error: err.Error(), Time: time.Now()}}
}

// find finds the running agent, or starts one.
func (s *starting) find(ctx context.Context) error {
	err := greet(ctx, s.dir)
	var problem *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problem) && problem.Code == VersionMismatch:
		if here, err := s.retire(ctx); here || err != nil {
			return err
		}
	case !errors.Is(err, ErrNoAgent):
		return err
	}
	ended, err := s.start()
	if err != nil {
		return err
	}
	return s.await(ctx, ended)
}

// greet says whether an agent of this version runs. One that goes while it is greeted is none.
func greet(ctx context.Context, dir string) error {
	client, err := Dial(ctx, dir)
	if err != nil {
		return err
	}
	_, err = client.Handshake(ctx)
	if hasGone(err) {
		err = fmt.Errorf("%w: %w", ErrNoAgent, err)
	}
	return errors.Join(err, client.Close())
}

func hasGone(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == AgentGone
}

// retire asks an agent of another version to end, and waits for its end. Another program
// may do the same: here says whether an agent of this version runs by then.
func (s *starting) retire(ctx context.Context) (here bool, err error) {
	if err := s.end(ctx); err != nil {
		return false, fmt.Errorf("end the agent of another version: %w", err)
	}
	err = poll(ctx, func() (bool, error) {
		err := greet(ctx, s.dir)
		here = err == nil
		return here || errors.Is(err, ErrNoAgent), nil
	})
	return here, err
}

// end asks the agent to end if it is of another version, over the connection of its own
// answer: the next one may be there already, and is left alone.
func (s *starting) end(ctx context.Context) error {
	conn, err := dial(ctx, s.dir)
	if err != nil {
		return nil //nolint:nilerr // it has gone already
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, 2*answerTime)
	defer cancel()
	old := newClient(s.dir, answerTime).over(conn)
	_, err = old.Handshake(ctx)
	var problem *Problem
	if errors.As(err, &problem) && problem.Code == VersionMismatch {
		err = old.Quit(ctx)
	}
	if hasGone(err) {
		err = nil
	}
	return errors.Join(err, old.Close())
}

// await waits for the agent just starting. One that found its predecessor still ending
// has given up by itself and is started again. One that only takes its time is not: an
// equally slow second one may find the first one told to end already, and go on in its
// place.
func (s *starting) await(ctx context.Context, ended <-chan error) error {
	started := time.Now()
	err := poll(ctx, func() (bool, error) {
		err := greet(ctx, s.dir)
		if !errors.Is(err, ErrNoAgent) {
			return true, err
		}
		select {
		case why := <-ended:
			if why != nil {
				return false, why // and would not start the next time
			}
		default:
			return false, nil
		}
		if time.Since(started) < s.again {
			return false, nil
		}
		started = time.Now()
		ended, err = s.start()
		return false, err
	})
	if err != nil {
		return fmt.Errorf("wait for the agent: %w", err)
	}
	return nil
}

// poll asks until the answer is yes: soon at first, because a start takes some
// hundredths of a second, and rarer later.
func poll(ctx context.Context, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}
