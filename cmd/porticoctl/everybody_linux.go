package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// peopleHere are the people with a runtime directory: a log-on session has one. Log-on
// screens have one too, under an account without a shell.
func peopleHere() ([]loggedOn, error) {
	entries, err := os.ReadDir(runUser)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for log-on sessions: %w", err)
	}
	var people []loggedOn
	for _, entry := range entries {
		uid, err := strconv.Atoi(entry.Name())
		if err != nil || uid == 0 || !entry.IsDir() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // it has just ended
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != uid {
			continue
		}
		account, err := user.LookupId(entry.Name())
		if err != nil || !logsOn(account.Username) {
			continue
		}
		people = append(people, loggedOn{Name: account.Username, UID: uid})
	}
	slices.SortFunc(people, func(a, b loggedOn) int { return cmp.Compare(a.UID, b.UID) })
	return people, nil
}

// logsOn reports if an account has a shell to log on with, by /etc/passwd (passwd(5)).
// One of a directory service is not in it, and is a person's.
func logsOn(name string) bool {
	accounts, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(accounts)) {
		if fields := strings.Split(strings.TrimSpace(line), ":"); len(fields) == 7 && fields[0] == name {
			shell := filepath.Base(fields[6])
			return shell != "nologin" && shell != "false"
		}
	}
	return true
}
