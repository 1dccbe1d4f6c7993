package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"runtime"
	"strings"
	"syscall"
)

// The requests to a KCM, as in MIT's cc_kcm.c. It keeps tickets in a process of its own
// (sssd-kcm, Heimdal's kcm).
const (
	kcmSocket       = "/run/.heim_org.h5l.kcm-socket"
	kcmGetPrincipal = 8
	kcmListTickets  = 9
	kcmGetTicket    = 10
	kcmGetDefault   = 20

	kcmTicketID = 16 // bytes of a ticket's name
	// kcmNoCache and the others are Kerberos' codes for a missing thing.
	kcmNotFound = -1765328243
	kcmNoCache  = -1765328189
	kcmEnd      = -1765328242
	maxTickets  = 1000
)

// readKCM reads a cache of the KCM, the person's own without a name.
func readKCM(ctx context.Context, socket, name string) ([]byte, error) {
	if runtime.GOOS != "linux" || socket == "-" {
		return nil, errors.ErrUnsupported
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("no service for it answers at %s", socket)
	}
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if name == "" {
		raw, err := kcmAsk(conn, kcmGetDefault, nil)
		if err != nil {
			return nil, err
		}
		name = strings.TrimRight(string(raw), "\x00")
	}
	named := append([]byte(name), 0)
	client, err := kcmAsk(conn, kcmGetPrincipal, named)
	if err != nil {
		return nil, err
	}
	ids, err := kcmAsk(conn, kcmListTickets, named)
	if err != nil {
		return nil, err
	}
	out := append(fileHeader(), client...)
	for n := 0; len(ids) >= kcmTicketID && n < maxTickets; n++ {
		one, err := kcmAsk(conn, kcmGetTicket, append(named[:len(named):len(named)], ids[:kcmTicketID]...))
		if err != nil {
			return nil, err
		}
		ids = ids[kcmTicketID:]
		if out = append(out, one...); len(out) > maxCache {
			return nil, errors.New("it is too large")
		}
	}
	return out, nil
}

// kcmAsk makes one request: a length, a version, the request's code and its subject. The answer
// is a length, a code of the service, and so many bytes. The first of these are the request's
// own code.
func kcmAsk(conn net.Conn, what uint16, about []byte) ([]byte, error) {
	message := binary.BigEndian.AppendUint32(nil, uint32(4+len(about))) // #nosec G115 -- a name
	message = append(message, 2, 0)
	message = binary.BigEndian.AppendUint16(message, what)
	if _, err := conn.Write(append(message, about...)); err != nil {
		return nil, err
	}
	var head [8]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	n, code := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	if n > maxCache {
		return nil, errors.New("its answer is too large")
	}
	answer := make([]byte, n)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return nil, err
	}
	r := &reader{rest: answer}
	if code == 0 {
		code = r.uint32()
	}
	if r.broken {
		return nil, errors.New("its answer is cut off")
	}
	switch int32(code) { // #nosec G115 -- its bits
	case 0:
		return r.rest, nil
	case kcmNotFound, kcmNoCache, kcmEnd:
		return nil, errNone
	}
	return nil, fmt.Errorf("its service answers with code %d", int32(code)) // #nosec G115 -- its bits
}
