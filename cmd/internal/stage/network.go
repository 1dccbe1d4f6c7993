//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Network is a network of its own (a network namespace), as behind a company's firewall:
// a cable leads out of it to this computer, and no packet goes further. Whatever listens
// on loopback here, or in the internet, cannot be reached from inside.
type Network struct {
	// Gate is this computer's address at its end of the cable.
	Gate string

	name, cable, within string
	stopped             chan struct{}
	relays              sync.WaitGroup
	addresses           int
}

// NoNetworkError says that this computer allows no network of its own.
type NoNetworkError struct{ Err error }

func (e *NoNetworkError) Error() string {
	return fmt.Sprintf("a network of its own takes root and the right to make one: %v", e.Err)
}

func (e *NoNetworkError) Unwrap() error { return e.Err }

// NewNetwork makes a network. There these names lead to its gate, and no other name is
// known. It fails with a [*Missing] or a [*NoNetworkError] if it cannot be had.
func NewNetwork(ctx context.Context, names ...string) (*Network, error) {
	if err := Require("ip"); err != nil {
		return nil, err
	}
	if os.Getuid() != 0 {
		return nil, &NoNetworkError{Err: errors.New("this is not root")}
	}
	n := rand.IntN(1 << 14)
	subnet := fmt.Sprintf("10.%d.%d", 64+n>>8, n&0xff)
	network := &Network{
		Gate: subnet + ".1", within: subnet, name: fmt.Sprintf("portico-stage-%d-%d", os.Getpid(), n),
		cable: fmt.Sprintf("portico%d", n), stopped: make(chan struct{}),
	}
	if err := network.make(ctx, names); err != nil {
		return nil, errors.Join(err, network.Close())
	}
	return network, nil
}

func (n *Network) make(ctx context.Context, names []string) error {
	// "ip netns exec" takes files for /etc from here.
	if err := os.MkdirAll(n.etc(), 0o755); err != nil {
		return err
	}
	hosts := "127.0.0.1 localhost\n::1 localhost\n" + n.Gate + " " + strings.Join(append(names, "gate.test"), " ") + "\n"
	if err := errors.Join(
		os.WriteFile(filepath.Join(n.etc(), "hosts"), []byte(hosts), 0o644),
		os.WriteFile(filepath.Join(n.etc(), "resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644), // nobody is there
	); err != nil {
		return err
	}
	// These fail where it is not allowed.
	for _, args := range [][]string{
		{"netns", "add", n.name},
		{"link", "add", n.cable, "type", "veth", "peer", "name", "eth0", "netns", n.name},
	} {
		if err := ip(ctx, args...); err != nil {
			return &NoNetworkError{Err: err}
		}
	}
	for _, args := range [][]string{
		{"addr", "add", n.Gate + "/24", "dev", n.cable},
		{"link", "set", n.cable, "up"},
		{"-n", n.name, "link", "set", "lo", "up"},
		{"-n", n.name, "addr", "add", n.within + ".2/24", "dev", "eth0"},
		{"-n", n.name, "link", "set", "eth0", "up"},
	} {
		if err := ip(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) etc() string { return filepath.Join("/etc/netns", n.name) }

func ip(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Move gives the desk another address, as when somebody carries a computer from one
// network into another.
func (n *Network) Move(ctx context.Context) error {
	n.addresses++
	return ip(ctx, "-n", n.name, "addr", "add", fmt.Sprintf("%s.%d/24", n.within, 2+n.addresses), "dev", "eth0")
}

// Close removes the network. Whatever runs in it has to have ended.
func (n *Network) Close() error {
	close(n.stopped)
	n.relays.Wait()
	_ = ip(context.Background(), "link", "del", n.cable) // gone with the network, or never there
	var err error
	if _, missing := os.Stat("/run/netns/" + n.name); missing == nil {
		err = ip(context.Background(), "netns", "del", n.name)
	}
	return errors.Join(err, os.RemoveAll(n.etc()))
}

// inside has a command run in the network.
func (n *Network) inside(c Command) (Command, error) {
	path, err := exec.LookPath(c.Name)
	if err != nil {
		return c, missing(c.Name)
	}
	c.shown = filepath.Base(c.Name)
	c.Args = append([]string{"netns", "exec", n.name, path}, c.Args...)
	c.Name = "ip"
	return c, nil
}

// dial connects from within: a thread is in one network at a time. It has to come back,
// since the kernel ends every process on the desk started by an ending thread.
func (n *Network) dial(address string) (conn net.Conn, err error) {
	there, err := os.Open("/run/netns/" + n.name)
	if err != nil {
		return nil, err
	}
	defer there.Close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer here.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	defer func() {
		if err := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // everything from now on would be in the wrong network
		}
	}()
	return net.Dial("tcp", address)
}

// relay listens here for an address of the network's loopback, so the browser in there
// can be driven. It ends with the network.
func (n *Network) relay(address string) (here string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	n.relays.Go(func() {
		<-n.stopped
		l.Close()
	})
	n.relays.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n.relays.Go(func() { n.pass(conn, address) })
		}
	})
	return l.Addr().String(), nil
}

func (n *Network) pass(from net.Conn, address string) {
	defer from.Close()
	to, err := n.dial(address)
	if err != nil {
		return
	}
	defer to.Close()
	over := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		n.relays.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			over <- struct{}{}
		})
	}
	select {
	case <-over:
	case <-n.stopped:
	}
}
