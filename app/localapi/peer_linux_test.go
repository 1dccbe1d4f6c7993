package localapi_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestAnotherUserIsCutOff(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	s := serve(t, newAgent(), localapi.Info{})
	socket := filepath.Join(s.dir, "agent.sock")
	// Loosen everything, so that only the check of the peer is left.
	for path := s.dir; path != "/"; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		must(t, err)
		must(t, os.Chmod(path, info.Mode()|0o011))
	}
	must(t, os.Chmod(socket, 0o666))

	if got := request(t, socket, os.Geteuid()); got == "" {
		t.Error("this user got no answer, the test shows nothing")
	}
	if got := request(t, socket, 12345); got != "" {
		t.Errorf("another user was answered: %s", got)
	}
}

// request asks for the version as the given user, and returns the answer.
func request(t *testing.T, socket string, uid int) string {
	type result struct {
		answer string
		err    error
	}
	results := make(chan result)
	go func() {
		// The thread takes another identity and is thrown away with it.
		runtime.LockOSThread()
		answer, err := requestAs(socket, uid)
		results <- result{answer, err}
	}()
	r := <-results
	must(t, r.err)
	return r.answer
}

func requestAs(socket string, uid int) (string, error) {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
		return "", errno
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	file := os.NewFile(uintptr(fd), "socket")
	defer func() { _ = file.Close() }()
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: socket}); err != nil {
		return "", err
	}
	// A server that hangs up at once may do so before or while it is written to.
	if _, err := io.WriteString(file, "GET /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return "", nil
	}
	answer, err := io.ReadAll(file)
	if err != nil {
		return "", nil
	}
	return string(answer), nil
}
