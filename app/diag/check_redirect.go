package diag

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth/loopback"
)

const (
	fourLoopback = "127.0.0.1"
	sixLoopback  = "::1"
	// loopbackLimit bounds a connection of this computer to itself; a slower one is
	// swallowed by something.
	loopbackLimit = 2 * time.Second
)

// checkRedirect does the last step of a sign-in, the browser's part and Portico's: one
// listens on this computer, the other connects.
func (x *examination) checkRedirect(ctx context.Context) []*check {
	const id = "redirect"
	four, six := throughLoopback(ctx, "tcp4", fourLoopback), throughLoopback(ctx, "tcp6", sixLoopback)
	names, _ := x.Resolver.LookupHost(ctx, "localhost")
	facts := []string{
		outcome(fourLoopback, four), outcome(sixLoopback, six),
		"localhost is " + strings.Join(names, ", "),
	}
	select {
	case <-x.described:
	case <-ctx.Done():
	}
	if four != nil {
		return []*check{bad(id, groupComputer, fourLoopback, x.problem(localapi.LoopbackBlocked, four, "address", fourLoopback), facts...)}
	}
	var found []*check
	for _, p := range x.offeredNow() {
		if c := x.checkPort(p); c != nil {
			found = append(found, c)
		}
	}
	if slices.ContainsFunc(x.offeredNow(), usesLocalhost) && len(names) > 0 && !reachable(names, six == nil) {
		err := fmt.Errorf("the name localhost leads to %s", strings.Join(names, ", "))
		found = append(found, bad(id, groupComputer, "localhost", x.problem(localapi.LoopbackBlocked, err, "address", "localhost"), facts...))
	}
	if found == nil && six != nil {
		found = append(found, warning(id, groupComputer, sixLoopback, x.problem(localapi.LoopbackHalf, six, "address", sixLoopback), facts...))
	}
	if found == nil {
		found = append(found, good(id, groupComputer, "", facts...))
	}
	return found
}

func outcome(address string, err error) string {
	if err != nil {
		return fmt.Sprintf("%s: %v", address, err)
	}
	return address + ": works"
}

// reachable is true if a browser finds the listener at one of the addresses.
func reachable(addresses []string, six bool) bool {
	return slices.Contains(addresses, fourLoopback) || six && slices.Contains(addresses, sixLoopback)
}

func usesLocalhost(p manifest.Provider) bool {
	a, err := p.Auth()
	return err == nil && strings.HasPrefix(a.RedirectURI(), "http://localhost")
}

// checkPort tries the ports in a provider's description or a policy, nil if neither
// names one or if one is free.
func (x *examination) checkPort(p manifest.Provider) *check {
	if p.Redirect.Port == 0 && x.FirstPort == 0 || x.SigningIn {
		return nil
	}
	l, err := loopback.Listen(loopback.Params{
		Host: p.Redirect.Host, Port: p.Redirect.Port, FirstPort: x.FirstPort, LastPort: x.LastPort, State: loopback.NewState(),
	})
	if err != nil {
		a, _ := p.Auth()
		about := session.About{Title: p.Name(), Provider: p.ID, ClientID: p.ClientID, Redirect: a.RedirectURI()}
		return bad("redirect", groupComputer, p.Name(), session.Explain(err, about, x.Now()))
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // no browser waits for a page
	_ = l.Close(ended)
	return nil
}

// throughLoopback sends some bytes from this computer to itself.
func throughLoopback(ctx context.Context, family, address string) error {
	ctx, cancel := context.WithTimeout(ctx, loopbackLimit)
	defer cancel()
	l, err := (&net.ListenConfig{}).Listen(ctx, family, net.JoinHostPort(address, "0"))
	if err != nil {
		return fmt.Errorf("listen: %w", withoutPorts(err))
	}
	defer l.Close()
	sent := rand.Text()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return // the other side has failed, and says so
		}
		_, _ = io.WriteString(conn, sent)
		_ = conn.Close()
	}()
	conn, err := (&net.Dialer{}).DialContext(ctx, family, l.Addr().String())
	if err != nil {
		return fmt.Errorf("connect: %w", withoutPorts(err))
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	got, err := io.ReadAll(io.LimitReader(conn, 1<<10))
	switch {
	case err != nil:
		return fmt.Errorf("read: %w", withoutPorts(err))
	case string(got) != sent:
		return errors.New("something in between has answered")
	}
	return nil
}

// withoutPorts is an error of the network without the ports: those differ at each look.
func withoutPorts(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
