package authtest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A Middlebox stands for the devices in networks that look into TLS handshakes and know only a
// hello of one packet. It forwards every connection to one server, but for those that begin
// with a longer hello.
type Middlebox struct {
	server string
	how    Swallows
	limit  int

	listener net.Listener
	conns    sync.WaitGroup
	mu       sync.Mutex
	hellos   []int
	open     map[net.Conn]bool // nil when it has ended
}

// Swallows is what a [Middlebox] does to a hello that is too long for it.
type Swallows int

const (
	// Resets ends the connection with a RST.
	Resets Swallows = iota
	// Closes ends it with a FIN.
	Closes
	// Drops reads on and never answers.
	Drops
)

// LongestHello is the longest one to pass those devices.
const LongestHello = 1400

// NewMiddlebox starts a device before a server's host and port. It ends with its test. A hello of
// more than limit bytes does not pass; [LongestHello] is the limit of real devices.
func NewMiddlebox(t testing.TB, server string, how Swallows, limit int) *Middlebox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &Middlebox{server: server, how: how, limit: limit, listener: l, open: map[net.Conn]bool{}}
	m.conns.Go(m.accept)
	t.Cleanup(m.end)
	return m
}

// Address is the device's host and port, in the server's place.
func (m *Middlebox) Address() string { return m.listener.Addr().String() }

// Hellos lists the sizes of the TLS hellos so far, in order.
func (m *Middlebox) Hellos() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]int(nil), m.hellos...)
}

func (m *Middlebox) accept() {
	for {
		c, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.conns.Go(func() { m.serve(c.(*net.TCPConn)) })
	}
}

func (m *Middlebox) end() {
	_ = m.listener.Close()
	m.mu.Lock()
	for c := range m.open {
		_ = c.Close()
	}
	m.open = nil
	m.mu.Unlock()
	m.conns.Wait()
}

// keep has a connection closed at the end; it returns true if the end has not come yet.
func (m *Middlebox) keep(c net.Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		return false
	}
	m.open[c] = true
	return true
}

func (m *Middlebox) serve(here *net.TCPConn) {
	defer func() { _ = here.Close() }()
	if !m.keep(here) {
		return
	}
	begin, err := m.firstRecord(here)
	if err != nil {
		return
	}
	if len(begin) > m.limit {
		switch m.how {
		case Resets:
			_ = here.SetLinger(0)
		case Drops:
			_, _ = io.Copy(io.Discard, here)
		}
		return
	}
	there, err := net.Dial("tcp", m.server)
	if err != nil {
		return
	}
	defer func() { _ = there.Close() }()
	if _, err := there.Write(begin); err != nil || !m.keep(there) {
		return
	}
	m.conns.Go(func() {
		_, _ = io.Copy(here, there)
		_ = here.Close()
	})
	_, _ = io.Copy(there, here)
}

// firstRecord reads the first record of TLS (RFC 8446, section 5.1), and notes its size.
func (m *Middlebox) firstRecord(c net.Conn) ([]byte, error) {
	record := make([]byte, 5)
	if _, err := io.ReadFull(c, record); err != nil {
		return nil, err
	}
	record = append(record, make([]byte, int(record[3])<<8|int(record[4]))...)
	_, err := io.ReadFull(c, record[5:])
	m.mu.Lock()
	m.hellos = append(m.hellos, len(record))
	m.mu.Unlock()
	return record, err
}
