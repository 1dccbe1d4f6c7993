package loopback

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Users whom this computer need not know.
const (
	person   = 12346
	stranger = 12345
)

// Ways from a client to a listener of this computer.
var ways = map[string]way{
	"IPv4":                     {"127.0.0.1", unix.AF_INET, netip.MustParseAddr("127.0.0.1")},
	"IPv4 by a socket of IPv6": {"127.0.0.1", unix.AF_INET6, netip.MustParseAddr("::ffff:127.0.0.1")},
	"IPv6":                     {"::1", unix.AF_INET6, netip.MustParseAddr("::1")},
}

type way struct {
	listen string
	family int
	to     netip.Addr
}

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
}

// as does something as another user: a thread takes the identity, and is thrown away
// with it.
func as(t testing.TB, uid int, do func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), ^uintptr(0)); errno != 0 {
			done <- errno
			return
		}
		do()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// connectedAs is another user's connection.
func connectedAs(t testing.TB, uid int, w way, port int) *os.File {
	t.Helper()
	var file *os.File
	var err error
	as(t, uid, func() { file, err = w.connect(port) })
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Skip("this computer has no IPv6")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func (w way) connect(port int) (*os.File, error) {
	var to unix.Sockaddr = &unix.SockaddrInet6{Port: port, Addr: w.to.As16()}
	if w.family == unix.AF_INET {
		to = &unix.SockaddrInet4{Port: port, Addr: w.to.As4()}
	}
	fd, err := unix.Socket(w.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, to); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

// waiting is a listener at which nobody accepts yet.
func (w way) waiting(t testing.TB) (l *net.TCPListener, port int) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(w.listen)})
	if err != nil {
		t.Skipf("this computer has no %s: %v", w.listen, err)
	}
	t.Cleanup(func() { l.Close() })
	return l, l.Addr().(*net.TCPAddr).Port
}

// What the other end may do before anybody accepts.
var doings = map[string]struct {
	do   func(*os.File) error
	ends bool // then nobody can be said to have been there
}{
	"stays":              {func(*os.File) error { return nil }, false},
	"ends what it sends": {func(f *os.File) error { return unix.Shutdown(int(f.Fd()), unix.SHUT_WR) }, false},
	"closes":             {func(f *os.File) error { return f.Close() }, true},
	"resets": {func(f *os.File) error {
		return errors.Join(unix.SetsockoptLinger(int(f.Fd()), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}), f.Close())
	}, true},
	"stays, bound to the interface": {func(*os.File) error { return nil }, false},
}

func TestWhoseConnectionItIs(t *testing.T) {
	needRoot(t)
	for name, w := range ways {
		for doing, does := range doings {
			for user, other := range map[string]struct {
				uid      int
				stranger bool
			}{"this user": {person, false}, "root": {0, false}, "another user": {stranger, true}, "nobody": {65534, true}} {
				t.Run(name+"/"+user+" "+doing, func(t *testing.T) {
					l, port := w.waiting(t)
					c := connectedAs(t, other.uid, w, port)
					if strings.HasSuffix(doing, "interface") {
						if err := unix.BindToDevice(int(c.Fd()), "lo"); err != nil {
							t.Fatal(err)
						}
					}
					if _, err := io.WriteString(c, "GET / HTTP/1.1\r\n"); err != nil {
						t.Fatal(err)
					}
					if err := does.do(c); err != nil {
						t.Fatal(err)
					}
					accepted, err := l.Accept()
					if err != nil {
						t.Fatal(err)
					}
					defer accepted.Close()
					want := other.stranger || does.ends
					as(t, person, func() {
						if got := isStranger(accepted); got != want {
							t.Errorf("a stranger: %v", got)
						}
						remote, local, _ := ends(accepted)
						if got := isStrangersByTable(remote, local); got != want && doing != "resets" {
							t.Errorf("a stranger by the table: %v", got)
						}
					})
				})
			}
		}
	}
}

// Another user has the whole authorization request from the list of processes, and
// answers it with an account of his own.
func TestAnotherUserDoesNotAnswer(t *testing.T) {
	needRoot(t)
	for name, w := range ways {
		for doing, does := range doings {
			t.Run(name+"/"+doing, func(t *testing.T) {
				l := listen(t, Params{Host: "localhost"})
				evil := good(l)
				evil.Set("code", "of another account")
				if closed(l.Stranger()) {
					t.Error("a stranger is said to have come before one has")
				}
				for range 5 {
					c := connectedAs(t, stranger, w, l.port)
					_, _ = fmt.Fprintf(c, "GET /?%s HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", evil.Encode(), l.port)
					if err := does.do(c); err == nil && !does.ends {
						if answer, _ := io.ReadAll(c); len(answer) > 0 {
							t.Errorf("it is told %q", answer)
						}
					}
				}
				if resp := do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil); resp.StatusCode != http.StatusSeeOther {
					t.Fatalf("this user gets %s", resp.Status)
				}
				if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "the-code" {
					t.Errorf("response = %v, %v", v, err)
				}
				waitUntil(t, func() bool { return l.Noise().Strangers == 5 })
				if !closed(l.Stranger()) {
					t.Error("no stranger is said to have come")
				}
				if noise := l.Noise(); noise != (Noise{Strangers: 5}) {
					t.Errorf("noise = %+v", noise)
				}
			})
		}
	}
}

// What the person reads at the end is nobody else's business.
func TestAnotherUserDoesNotReadTheLastPage(t *testing.T) {
	needRoot(t)
	l := listen(t, Params{})
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	l.Finish(Page{Title: "Signed in as Kim"})
	c := connectedAs(t, stranger, ways["IPv4"], l.port)
	_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", l.donePath(), l.port)
	if answer, _ := io.ReadAll(c); len(answer) > 0 {
		t.Errorf("it is told %q", answer)
	}
	if resp := do(t, "GET", l.done(), nil, nil); resp.StatusCode != http.StatusOK {
		t.Errorf("this user gets %s", resp.Status)
	}
}

func TestAnotherUserDoesNotFetchTheOneTimePage(t *testing.T) {
	needRoot(t)
	for _, name := range []string{"IPv4", "IPv4 by a socket of IPv6"} {
		t.Run(name, func(t *testing.T) {
			o, _ := served(t, endSession())
			port := int(netip.MustParseAddrPort(o.host).Port())
			fetched := func(uid int) string {
				c := connectedAs(t, uid, ways[name], port)
				_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", o.path, o.host)
				answer, _ := io.ReadAll(bufio.NewReader(c))
				return string(answer)
			}
			for range 2 {
				if answer := fetched(stranger); answer != "" {
					t.Errorf("another user got %q", answer)
				}
			}
			if answer := fetched(0); !strings.HasPrefix(answer, "HTTP/1.1 200 ") || !strings.Contains(answer, hint) {
				t.Errorf("this user got %q", answer)
			}
		})
	}
}

// Where the tables do not list a connection of ours, they tell nothing.
func TestUnknownConnectionsAreNobodys(t *testing.T) {
	local, remote := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	if isStrangersByTable(remote, local) {
		t.Error("a connection that is not there is a stranger's")
	}
	if _, err := askOwner(local, remote); !errors.Is(err, unix.ENOENT) {
		t.Errorf("the kernel says %v", err)
	}
}

// A socket that listens at the port of a client that is gone is not the client.
func TestListeningSocketIsNoConnection(t *testing.T) {
	l, port := ways["IPv4"].waiting(t)
	local := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	if _, err := askOwner(local, netip.MustParseAddrPort("127.0.0.1:1")); !errors.Is(err, unix.ENOENT) {
		t.Errorf("the kernel says %v of %v", err, l.Addr())
	}
}

func BenchmarkWhoseConnectionItIs(b *testing.B) {
	l, port := ways["IPv4"].waiting(b)
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer accepted.Close()
	for b.Loop() {
		if isStranger(accepted) {
			b.Fatal("a stranger")
		}
	}
}

// In a container that shares the network, the kernel tells by the container's numbers
// who is at the other end: whom it does not know is another user. Nobody is asked for a
// process, so that it does not matter which processes the container sees.
func TestWhoseConnectionItIsInAContainer(t *testing.T) {
	if os.Getenv("PORTICO_TEST_NAMESPACE") != "" {
		l, port := ways["IPv4"].waiting(t)
		fmt.Println(port)
		for range 2 {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(isStranger(c))
			c.Close()
		}
		return
	}
	needRoot(t)
	for name, flags := range map[string]uintptr{
		"with users of its own":               syscall.CLONE_NEWUSER,
		"with users and processes of its own": syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID,
	} {
		t.Run(name, func(t *testing.T) { askInContainer(t, flags) })
	}
}

// askInContainer runs the test that calls it in new namespaces, to ask there about
// connections from here.
func askInContainer(t *testing.T, flags uintptr) {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	only := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	cmd := exec.Command(own, "-test.run", "^"+test+"$")
	cmd.Env = append(os.Environ(), "PORTICO_TEST_NAMESPACE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, UidMappings: only, GidMappings: only}
	told, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("no user namespaces here: %v", err)
	}
	lines := bufio.NewScanner(told)
	line := func() string {
		lines.Scan()
		return lines.Text()
	}
	port, err := strconv.Atoi(line())
	if err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[int]string{stranger: "true", 0: "false"} {
		connectedAs(t, uid, ways["IPv4"], port)
		if got := line(); got != want {
			t.Errorf("the connection of user %d is a stranger's: %s", uid, got)
		}
	}
	_, _ = io.Copy(io.Discard, told)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
