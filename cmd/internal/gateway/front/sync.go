package front

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/parking"
)

const (
	maxPage = 500 // changes in one answer
	// maxDesktops is how many of one person's desktops may wait at once.
	maxDesktops = 50
)

// sync answers at once if there is something new, and parks the request otherwise. Looking
// needs memory alone; only an answer needs the store.
func (f *Front) sync(c *call) error {
	cursor, err := c.query("cursor", api.MaxID)
	if err != nil {
		return err
	}
	limit, err := c.number("limit", 0, maxPage)
	if err != nil {
		return err
	}
	wait, said := preferredWait(c.r.Header, f.Limits.Wait)
	if cursor == "" || f.Desk.Ahead(c.who, cursor) {
		if wait := f.syncs.admit(); wait > 0 {
			f.Metrics.Count("portico_sync_refused_total")
			return c.busy(http.StatusServiceUnavailable, wait)
		}
		answer, err := f.look(c.r.Context(), c.who, cursor, limit)
		if err != nil {
			return err
		}
		if answer != nil {
			return c.send(desk.Answer{Body: answer}, "no-store")
		}
	}
	applied := noWait
	if said {
		applied = int32(wait / time.Second)
	}
	if wait == 0 {
		c.nothing(applied)
		return nil
	}
	person := key(bus.Head{Kind: bus.Person, Row: c.who.Row})
	if f.lot.Count(person) >= maxDesktops {
		return c.busy(http.StatusTooManyRequests, f.Limits.Wait)
	}
	p := &pending{f: f, who: c.who, cursor: strings.Clone(cursor), limit: int32(limit), given: c.given, applied: applied}
	switch err := f.lot.Park(c.w, c.r, parking.Spot{
		Keys:   [2]parking.Key{person, organizationKey(c.who)},
		Client: client(c.r.Header), Wait: wait, Waiting: p,
	}); {
	case err == nil:
		c.w.parked = true
		return nil
	case errors.Is(err, parking.ErrLeaving):
		c.w.Header().Set("Connection", "close")
		return c.busy(http.StatusServiceUnavailable, comeAgain())
	case errors.Is(err, parking.ErrFull):
		f.Metrics.Count("portico_sync_refused_total")
		return c.busy(http.StatusServiceUnavailable, f.Limits.Wait)
	}
	c.nothing(noWait) // cannot be parked
	return nil
}

// look asks the desk, with as many others as may at once.
func (f *Front) look(ctx context.Context, who *desk.Person, cursor string, limit int) (*api.Sync, error) {
	select {
	case f.atOnce <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-f.atOnce }()
	return f.Desk.Sync(ctx, who, cursor, limit)
}

// nothing says that nothing is new.
func (c *call) nothing(applied int32) {
	c.w.Header().Set("Cache-Control", "no-store")
	c.applied(applied)
	c.w.WriteHeader(http.StatusNoContent)
}

// comeAgain is when a client asks again after the gateway has ended: not all at once.
func comeAgain() time.Duration { return time.Second + rand.N(9*time.Second) }

func organizationKey(who *desk.Person) parking.Key {
	if who.OrganizationRow == 0 {
		return parking.Key{}
	}
	return key(bus.Head{Kind: bus.Organization, Row: who.OrganizationRow})
}

// client stands for the desktop: each has tokens of its own. A person's two desktops
// wait side by side; the second request of one, whose network has changed, ends the first.
func client(h http.Header) uint64 {
	sum := sha256.Sum256([]byte(bearer(h)))
	return binary.BigEndian.Uint64(sum[:])
}

// pending is a parked /sync. Ten thousand of them are held: it has what the answer needs,
// and neither request nor token.
type pending struct {
	f       *Front
	who     *desk.Person
	cursor  string
	given   string // Request-Id
	applied int32  // seconds of the wait that was asked for, or noWait
	limit   int32
}

// noWait says that the client has asked for no wait, or was not given one.
const noWait int32 = -1

// applied says which wait was given (RFC 7240, section 3).
func (c *call) applied(seconds int32) {
	if seconds != noWait {
		c.w.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(seconds)))
	}
}

// Ahead implements [parking.Waiting].
func (p *pending) Ahead() bool { return p.f.Desk.Ahead(p.who, p.cursor) }

// Answer implements [parking.Waiting].
func (p *pending) Answer(w http.ResponseWriter, r *http.Request, why parking.Why) {
	p.f.Metrics.Count("portico_sync_ended_total", "by", reason(why))
	p.f.recorded(w, r, p.given, func(c *call) error {
		c.w.route, c.who = "/v1/sync", p.who
		switch why {
		case parking.Leaving:
			c.w.Header().Set("Connection", "close")
			return c.busy(http.StatusServiceUnavailable, comeAgain())
		case parking.Rung:
			answer, err := p.f.look(r.Context(), p.who, p.cursor, int(p.limit))
			if err != nil {
				return err
			}
			if answer != nil {
				c.applied(p.applied)
				return c.send(desk.Answer{Body: answer}, "no-store")
			}
		}
		c.nothing(p.applied)
		return nil
	})
}

func reason(why parking.Why) string {
	switch why {
	case parking.Rung:
		return "news"
	case parking.TimedOut:
		return "time"
	case parking.Pressed:
		return "client"
	case parking.Replaced:
		return "newer request"
	}
	return "shutdown"
}
