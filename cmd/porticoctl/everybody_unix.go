//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// letGo is the longest time for a program to close its output once it was ended.
const letGo = 2 * time.Second

// runAs runs "porticoctl status --json" as somebody else, in their session and without
// a terminal, and returns how it ended. Of root's environment it gets the languages.
func runAs(ctx context.Context, who loggedOn, out io.Writer) (exit int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find this program: %w", err)
	}
	account, err := user.LookupId(strconv.Itoa(who.UID))
	if err != nil {
		return 0, err
	}
	credential, err := credentialOf(account)
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, self, "status", "--json")
	cmd.Dir = "/"
	cmd.Env = sessionOf(account)
	cmd.Stdout = out
	cmd.WaitDelay = letGo
	// A session of its own has no terminal, so the person cannot type into root's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setsid: true}
	err = cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.Exited() {
		return ended.ExitCode(), nil
	}
	return 0, err
}

// credentialOf is the same as at a log-on: the user and the groups, and nothing of root.
func credentialOf(account *user.User) (*syscall.Credential, error) {
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the user's number: %w", err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the group's number: %w", err)
	}
	c := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	ids, err := account.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("read the user's groups: %w", err)
	}
	for _, id := range ids {
		if n, err := strconv.ParseUint(id, 10, 32); err == nil {
			c.Groups = append(c.Groups, uint32(n))
		}
	}
	return c, nil
}

// sessionOf is the environment of a person's log-on session, as far as Portico needs it.
func sessionOf(account *user.User) []string {
	env := []string{
		"HOME=" + account.HomeDir, "USER=" + account.Username, "LOGNAME=" + account.Username,
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	run := filepath.Join(runUser, account.Uid)
	if _, err := os.Stat(run); err == nil {
		env = append(env, "XDG_RUNTIME_DIR="+run)
	}
	if _, err := os.Stat(filepath.Join(run, "bus")); err == nil {
		env = append(env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(run, "bus"))
	}
	return env
}

// runUser is systemd's folder with a runtime directory for each user with a log-on
// session (pam_systemd(8)). Other systems have none.
const runUser = "/run/user"
