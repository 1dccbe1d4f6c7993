//go:build linux || darwin

package diag

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/session"
)

// The system's syslog takes datagrams of this form (RFC 3164, section 4.1).
func TestSyslogIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, test := range []struct {
		audit    session.Audit
		priority int // authpriv is facility 10; info is 6, warning 4
	}{{signedIn(), 10*8 + 6}, {refused(), 10*8 + 4}} {
		line := lineOf(test.audit)
		raw, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		if err := writeSyslog("unixgram", path, line, raw); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got := string(buf[:n])
		if !strings.HasPrefix(got, fmt.Sprintf("<%d>", test.priority)) || !strings.Contains(got, " "+syslogTag+"[") || !strings.HasSuffix(got, "]: "+string(raw)+"\n") {
			t.Errorf("%q", got)
		}
	}
}

func TestNoSyslogIsNoFailure(t *testing.T) {
	if err := writeSyslog("unixgram", filepath.Join(t.TempDir(), "none"), lineOf(signedIn()), []byte("{}")); err != nil {
		t.Error(err)
	}
}
