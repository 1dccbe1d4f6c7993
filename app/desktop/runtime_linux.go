package desktop

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// runUser is systemd's folder for runtime directories, one for each user with a log-on
// session (pam_systemd(8)).
const runUser = "/run/user"

// runtimeBase is XDG_RUNTIME_DIR, or the directory of this user's log-on session below
// root: cron and monitoring run without the variable, and are to find the agent of that
// session. A variable that names nothing, as behind su or after a session has ended,
// counts as unset. It is "" if there is neither.
func runtimeBase(root string, uid int) string {
	run := os.Getenv("XDG_RUNTIME_DIR")
	if info, err := os.Stat(run); filepath.IsAbs(run) && err == nil && info.IsDir() {
		return run
	}
	dir := filepath.Join(root, strconv.Itoa(uid))
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return ""
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != uid {
		return ""
	}
	return dir
}

// AlsoAt are other runtime directories for an agent of this user: it may have been
// started before there was a log-on session, or without its environment.
func (p Paths) AlsoAt() []string {
	if p.Custom {
		return nil
	}
	cache, err := xdg("XDG_CACHE_HOME", ".cache")
	if dir := filepath.Join(cache, "portico-run"); err == nil && dir != p.Runtime {
		return []string{dir}
	}
	return nil
}
