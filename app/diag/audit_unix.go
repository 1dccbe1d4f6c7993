//go:build linux || darwin

package diag

import (
	"fmt"
	"log/syslog"
)

// syslogTag is the word to find the lines by.
const syslogTag = "portico"

// writeSystem passes a line on to syslog. journald takes it as well. The facility is
// authpriv: not everybody who reads the log should see people's addresses. A system
// without a syslog is no failure.
func writeSystem(line SignInLine, raw []byte) error { return writeSyslog("", "", line, raw) }

// writeSyslog is writeSystem for a syslog elsewhere; two times "" is the system's.
func writeSyslog(network, address string, line SignInLine, raw []byte) error {
	w, err := syslog.Dial(network, address, syslog.LOG_AUTHPRIV|syslog.LOG_INFO, syslogTag)
	if err != nil {
		return nil //nolint:nilerr // there is none here
	}
	defer func() { _ = w.Close() }()
	write := w.Info
	if line.worthAWarning() {
		write = w.Warning
	}
	if err := write(string(raw)); err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	return nil
}
