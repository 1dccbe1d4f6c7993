package kerberos

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// errCache is a cache in another form.
var errCache = errors.New("it is not in the form of a ticket cache")

// cache is a person's tickets.
type cache struct {
	name    string
	client  principal
	tickets []ticket
}

type principal struct {
	realm string
	name  principalName
}

func (p principal) String() string { return p.name.String() + "@" + p.realm }

// ticket is one ticket with its key.
type ticket struct {
	server     principal
	key        key
	start, end time.Time
	raw        []byte // the ticket as the realm has sent it
}

// fileHeader is the header of version 4 without fields, for caches kept elsewhere.
func fileHeader() []byte { return []byte{5, 4, 0, 0} }

// parseCache reads the "credential cache file format" of MIT's documentation, version 3
// and 4.
func parseCache(raw []byte) (*cache, error) {
	if len(raw) == 0 {
		return nil, errNone
	}
	r := &reader{rest: raw}
	five, version := r.byte(), r.byte()
	if five != 5 || version != 3 && version != 4 {
		return nil, errCache
	}
	if version == 4 {
		r.take(int(r.uint16()))
	}
	c := &cache{client: r.principal()}
	for !r.broken && len(r.rest) > 0 {
		t, isTicket := r.credential(version)
		if isTicket {
			c.tickets = append(c.tickets, t)
		}
	}
	if r.broken {
		return nil, errCache
	}
	return c, nil
}

// reader takes fields from the beginning; when one is cut off it is broken for good.
type reader struct {
	rest   []byte
	broken bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.broken, r.rest = true, nil
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) data() []byte {
	n := r.uint32()
	if uint64(n) > uint64(len(r.rest)) {
		r.broken, r.rest = true, nil
		return nil
	}
	return r.take(int(n))
}

func (r *reader) time() time.Time { return time.Unix(int64(r.uint32()), 0) }

func (r *reader) principal() principal {
	var p principal
	p.name.Type = int32(r.uint32()) // #nosec G115 -- its bits
	n := r.uint32()
	p.realm = string(r.data())
	for ; n > 0 && !r.broken; n-- {
		p.name.Parts = append(p.name.Parts, string(r.data()))
	}
	return p
}

// credential reads one entry. Some hold configuration of the library instead of a ticket.
func (r *reader) credential(version byte) (t ticket, isTicket bool) {
	r.principal() // the client, again
	t.server = r.principal()
	t.key.Type = int32(r.uint16())
	if version == 3 {
		r.uint16() // once more
	}
	t.key.Value = r.data()
	_, t.start, t.end, _ = r.time(), r.time(), r.time(), r.time()
	forAnother := r.byte() != 0
	r.uint32() // flags
	for range 2 {
		// Addresses, then authorization data.
		for n := r.uint32(); n > 0 && !r.broken; n-- {
			r.uint16()
			r.data()
		}
	}
	t.raw = r.data()
	r.data() // a second ticket
	return t, !r.broken && !forAnother && !strings.HasPrefix(t.server.realm, "X-CACHECONF")
}
