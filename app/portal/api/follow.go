package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// LongestWait is the wait of a client that nobody has cut, and ShortestWait that of the client cut most.
	LongestWait, ShortestWait = 55 * time.Second, 15 * time.Second
	// cutsBefore is how often a client is cut before it halves its wait.
	cutsBefore = 3
	// settled is the age from which a broken request counts as cut. One broken earlier has failed to reach the
	// portal.
	settled = 5 * time.Second
)

// Follow is how a person's content is followed.
type Follow struct {
	// Cursor is that of the last answer kept; "" begins with everything.
	Cursor string
	// Bootstrap: the last answer kept was in the middle of a bootstrap.
	Bootstrap bool
	// Wait is the wait remembered for this network; 0 for none.
	Wait time.Duration
	// Take keeps an answer and its cursor, in one transaction. Its error ends everything. Required.
	Take func(context.Context, Step) error
	// Shortened is told of a wait to be remembered for this network.
	Shortened func(time.Duration)
	// Stands is told of each failure with the time of the next try, and of nil when the portal answers again.
	Stands func(err error, next time.Time)
	// Wake asks at once: the computer has woken up, or its network has changed. What was remembered of the
	// former network's cuts does not count any more.
	Wake <-chan struct{}
	// Ends says of a door's error that only the person can mend it. Such an error ends everything. Default:
	// none.
	Ends func(error) bool
}

// Step is one answer.
type Step struct {
	*Sync
	// Bootstrap: the answer is of a bootstrap. First is its first answer. With Last the bootstrap is
	// whole: content not named since First goes, but never drafts or an outbox.
	Bootstrap, First, Last bool
}

// ErrFollowing is for a second Follow of one client.
var ErrFollowing = errors.New("the portal is followed already")

// Follow asks for everything new, one request at a time, until the context ends. A refused cursor (410) begins a
// bootstrap. Failures are tried again: when the portal says so, otherwise after 1 s to 5 min with full jitter.
//
// Errors: a *[Problem] with [NoAccess], upon which content goes and drafts stay as text, or with [Unauthorized],
// when another token did not help; those of [Follow].Take; those of the door, as [Follow].Ends says; [ErrFollowing];
// the context's.
func (c *Client) Follow(ctx context.Context, f Follow) error {
	if !c.following.TryLock() {
		return ErrFollowing
	}
	defer c.following.Unlock()
	l := &following{Client: c, Follow: f, pauses: pauses{jitter: c.Jitter}, most: LongestWait}
	if l.Wait < ShortestWait || l.Wait > LongestWait {
		l.Wait = LongestWait
	}
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := l.turn(ctx); err != nil {
			return err
		}
	}
}

// following is a Follow under way.
type following struct {
	*Client
	Follow
	pauses
	// most is the longest wait of the portal.
	most   time.Duration
	cuts   int
	more   bool
	failed bool
}

// turn is one request and the pause after it.
func (l *following) turn(ctx context.Context) error {
	began := time.Now()
	s, woken, err := l.once(ctx)
	switch took := time.Since(began); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case woken:
		return nil
	case err != nil:
		return l.mend(ctx, err, took)
	case s == nil || s.Cursor == l.Cursor && !s.More:
		l.works()
		if took >= min(l.Wait, l.most) {
			l.cuts = 0
		}
		// A portal that does not hold requests is not asked oftener for that.
		return l.rest(ctx, l.jitter(min(l.Wait, l.most)-took), false)
	default:
		l.works()
		return l.take(ctx, s)
	}
}

// once sends one request; woken says that it was given up for a better one. nil is for nothing new.
func (l *following) once(ctx context.Context) (s *Sync, woken bool, err error) {
	wait := min(l.Wait, l.most)
	ctx, cancel := context.WithTimeout(ctx, wait+patience)
	defer cancel()
	a := ask{method: http.MethodGet, path: []string{"sync"}, query: about("cursor", l.Cursor)}
	if !l.more && wait > 0 {
		a.header = http.Header{"Prefer": {"wait=" + strconv.Itoa(int(wait/time.Second))}}
	}
	req, err := l.request(ctx, a)
	if err != nil {
		return nil, false, err
	}
	type result struct {
		s   *Sync
		err error
	}
	done := make(chan result, 1)
	go func() {
		res, err := l.send(req, false)
		if err != nil {
			done <- result{nil, err}
			return
		}
		if res.StatusCode == http.StatusNoContent {
			done <- result{nil, read(res, nil)}
			return
		}
		s := &Sync{}
		done <- result{s, read(res, s)}
	}()
	select {
	case r := <-done:
		return r.s, false, r.err
	case <-l.Wake:
		cancel()
		r := <-done
		l.cuts, l.tries = 0, 0
		// An answer that was there already counts.
		return r.s, r.err != nil, r.err
	}
}

// take hands an answer over.
func (l *following) take(ctx context.Context, s *Sync) error {
	step := Step{Sync: s, First: l.Cursor == ""}
	step.Bootstrap = l.Bootstrap || step.First
	step.Last = step.Bootstrap && !s.More
	if s.Cursor == "" || len(s.Cursor) > MaxID {
		return l.mend(ctx, fmt.Errorf("%w: its cursor has %d bytes", ErrNotPortal, len(s.Cursor)), 0)
	}
	if err := l.Take(ctx, step); err != nil {
		return err
	}
	l.Cursor, l.Bootstrap, l.more = s.Cursor, step.Bootstrap && s.More, s.More
	if s.Poll.Wait > 0 {
		l.most = min(time.Duration(s.Poll.Wait)*time.Second, LongestWait)
	}
	if s.More {
		return nil
	}
	return l.rest(ctx, l.jitter(time.Duration(s.Poll.Spread)*time.Second), false)
}

// works notes that the portal answers.
func (l *following) works() {
	l.tries = 0
	if l.failed && l.Stands != nil {
		l.Stands(nil, time.Time{})
	}
	l.failed = false
}

// mend makes of a failure what is to be done.
func (l *following) mend(ctx context.Context, err error, took time.Duration) error {
	var told *Problem
	refused := errors.As(err, &told)
	switch {
	case refused && told.Code == CursorExpired && l.Cursor != "":
		l.works()
		l.Cursor, l.Bootstrap, l.more = "", true, false
		return nil
	case refused && told.Code == NoAccess, refused && told.Status == http.StatusUnauthorized:
		return err
	case !refused && l.Ends != nil && l.Ends(err):
		return err
	case took >= settled && (!refused || told.Status == http.StatusBadGateway || told.Status == http.StatusGatewayTimeout):
		l.cut()
	}
	wait, wanted := l.after(err)
	l.failed = true
	if l.Stands != nil {
		l.Stands(err, time.Now().Add(wait))
	}
	return l.rest(ctx, wait, wanted)
}

// cut counts a request that was let wait and then broken.
func (l *following) cut() {
	l.tries = 0 // the portal was reached
	if l.cuts++; l.cuts < cutsBefore {
		return
	}
	l.cuts = 0
	if shorter := max(min(l.Wait, l.most)/2, ShortestWait).Truncate(time.Second); shorter < l.Wait {
		l.Wait = shorter
		if l.Shortened != nil {
			l.Shortened(shorter)
		}
	}
}

// rest waits, and less if it is woken. A wait that the portal wants is kept all the same.
func (l *following) rest(ctx context.Context, wait time.Duration, wanted bool) error {
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.Wake:
			if l.cuts, l.tries = 0, 0; !wanted {
				return nil
			}
		}
	}
}
