package loopback

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// stranger is a user whom this computer need not know.
const stranger = 12345

func TestAnotherUserDoesNotFetchTheOneTimePage(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	for name, family := range map[string]int{"IPv4": unix.AF_INET, "IPv4 by a socket of IPv6": unix.AF_INET6} {
		t.Run(name, func(t *testing.T) {
			o, _ := served(t, endSession())
			for range 2 {
				resp, body := fetchedAs(t, stranger, family, o)
				if resp.StatusCode != http.StatusNotFound || strings.Contains(body, hint) {
					t.Errorf("another user got %s with %q", resp.Status, body)
				}
			}
			if resp, body := fetchedAs(t, 0, family, o); resp.StatusCode != http.StatusOK || !strings.Contains(body, hint) {
				t.Errorf("this user got %s", resp.Status)
			}
		})
	}
}

// fetchedAs fetches the page as another user.
func fetchedAs(t *testing.T, uid, family int, o *OneTime) (*http.Response, string) {
	t.Helper()
	type result struct {
		file *os.File
		err  error
	}
	results := make(chan result)
	go func() {
		// The thread takes another identity and is thrown away with it.
		runtime.LockOSThread()
		file, err := connectedAs(uid, family, o.host)
		results <- result{file, err}
	}()
	r := <-results
	if errors.Is(r.err, unix.EAFNOSUPPORT) {
		t.Skip("this computer has no IPv6")
	}
	if r.err != nil {
		t.Fatal(r.err)
	}
	defer r.file.Close()
	if _, err := io.WriteString(r.file, "GET "+o.path+" HTTP/1.1\r\nHost: "+o.host+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(r.file), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func connectedAs(uid, family int, host string) (*os.File, error) {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
		return nil, errno
	}
	_, text, _ := net.SplitHostPort(host)
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	var to unix.Sockaddr = &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	if family == unix.AF_INET6 {
		to = &unix.SockaddrInet6{Port: port, Addr: netip.MustParseAddr("::ffff:127.0.0.1").As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, to); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

// Where the tables do not list a connection of ours, they tell nothing.
func TestUnknownConnectionsAreNobodys(t *testing.T) {
	local, remote := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	if isStranger(remote, local) {
		t.Error("a connection that is not there is a stranger's")
	}
}
