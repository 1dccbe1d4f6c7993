package portal

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/address"
)

const (
	// soonLimit bounds a read with the last manifest at hand, and signInLimit the read
	// before a sign-in.
	soonLimit   = 10 * time.Second
	signInLimit = 5 * time.Second
)

// Alone runs f while nobody reads the portal.
func (k *Keeper) Alone(f func() error) error {
	k.reading <- struct{}{}
	defer func() { <-k.reading }()
	return f()
}

// UseCopy takes the copy on disk into use, and returns it. There may be none.
func (k *Keeper) UseCopy() (*Published, bool) {
	cached, ok := k.reader.Cached(k.Address())
	if ok {
		k.Publish(cached)
	}
	return cached, ok
}

// ExamineLogos examines the logos in a copy of an earlier version, and shows them unless
// the portal has been read meanwhile.
func (k *Keeper) ExamineLogos(ctx context.Context, cached *Published) {
	shown, err := k.display.replace(cached, k.reader.ExamineCached(ctx, cached))
	switch {
	case err != nil:
		k.Fault(cached.Address, err)
	case shown:
		k.p.Changed()
	}
}

// Try takes a manifest from a person's hands into use, under its name.
func (k *Keeper) Try(name string, raw []byte) error {
	p, err := k.reader.FromBytes(name, raw)
	if err != nil {
		k.Fault(name, err)
		return err
	}
	k.Take(name)
	k.Publish(p)
	return nil
}

// Take makes the address of a portal its own, just after reading it. [Keeper.Publish] lets
// people see it. The caller is in [Keeper.Alone].
func (k *Keeper) Take(address string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.address, k.answered = address, true
}

// Publish takes a reading into use. If that is impossible it becomes the portal's problem.
func (k *Keeper) Publish(read *Published) {
	if err := k.display.show(read, read.Address); err != nil {
		k.Fault(read.Address, err)
		return
	}
	k.mu.Lock()
	k.problem, k.checked = nil, read.Checked
	k.again.stop()
	k.mu.Unlock()
	k.p.Changed()
}

// ShowAgain lets people see the last reading with the additions of now.
func (k *Keeper) ShowAgain() {
	read, err := k.display.again(k.Address())
	if err == nil {
		return
	}
	at := ""
	if read != nil {
		at = read.Address
	}
	k.Fault(at, err)
}

// Renew reads the portal again. A failure keeps the reading before. An unreachable portal
// is asked again later.
func (k *Keeper) Renew(ctx context.Context) error {
	return k.Alone(func() error { return k.renew(ctx) })
}

// renew is Renew for callers in Alone.
func (k *Keeper) renew(ctx context.Context) error {
	from := k.Address()
	if from == "" || k.p.Rehearsal {
		return nil
	}
	if _, err := Normalise(from); err != nil {
		return err // it is told already
	}
	read, err := k.reader.Renew(ctx, from)
	if k.Address() != from {
		return nil // another address counts by now, and is read next
	}
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			k.Fault(from, err)
		}
		return err
	}
	k.mu.Lock()
	k.answered = true
	k.mu.Unlock()
	k.p.Answered()
	k.Publish(read)
	k.p.Renewed(ctx)
	return nil
}

// RenewSoon is Renew for a person with more to wait for than the portal.
func (k *Keeper) RenewSoon(ctx context.Context) error {
	ctx, cancel := k.within(ctx, soonLimit)
	defer cancel()
	return k.Renew(ctx)
}

// RenewForSignIn reads the portal again before somebody signs in: its copy may be fresh
// and IT may just have corrected it. Nobody waits long for the answer: the sign-in uses
// the manifest at hand then, and a late answer comes into use all the same.
func (k *Keeper) RenewForSignIn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, signInLimit)
	defer cancel()
	read := make(chan struct{})
	k.p.Begin(func(life context.Context) {
		defer close(read)
		_ = k.Alone(func() error {
			// From here on, because a read before this one may have taken long.
			ctx, cancel := k.within(life, signInLimit)
			defer cancel()
			return k.renew(ctx) // a failure is in the state
		})
	})
	select {
	case <-read:
	case <-ctx.Done():
	}
}

// within limits how long the portal may take.
func (k *Keeper) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	from := k.Address()
	return context.WithTimeoutCause(ctx, limit, &localapi.Problem{
		Code: localapi.PortalUnreachable, Params: map[string]string{"host": address.Host(from), "address": from},
		Details: &localapi.Details{Error: "no answer within " + limit.String()},
	})
}

// Fault notes the reason for a failure to read the portal at an address. An unreachable one
// is asked again later.
func (k *Keeper) Fault(from string, err error) {
	p, decided := k.p.Explain(err), k.p.FromIT()
	k.mu.Lock()
	if read, _ := k.display.now(); read != nil || decided {
		p = inUse(p)
	}
	level := slog.LevelWarn
	if k.problem != nil && k.problem.Code == p.Code {
		level = slog.LevelDebug // a computer may be offline for days
	}
	k.address, k.problem = from, p
	if p.Exit() == localapi.ExitUnreachable {
		k.again.later(p)
	}
	k.mu.Unlock()
	k.reader.log.Log(context.Background(), level, "the portal could not be read", "address", from, "error", err)
	k.p.Changed()
}

// inUse is a problem with an address not just typed by a person, so nobody looks for a
// slip in it.
func inUse(p *localapi.Problem) *localapi.Problem {
	if p.Code != localapi.PortalUnreachable {
		return p
	}
	known := *p
	known.Params = map[string]string{"in_use": "yes"}
	maps.Copy(known.Params, p.Params)
	return &known
}

// askAgain reads the portal after a failure.
func (k *Keeper) askAgain() {
	k.p.Begin(func(life context.Context) {
		if k.Renew(life) == nil {
			k.p.Returned(life)
		}
	})
}

// NetworkChanged asks again at once after any failure, a strange answer too: a network
// with a log-on page answers for every portal.
func (k *Keeper) NetworkChanged() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.problem != nil {
		k.again.atOnce()
	}
}
