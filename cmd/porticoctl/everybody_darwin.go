package main

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// peopleHere is whoever sits at the screen: the console is theirs. Root has it while
// nobody is logged on.
func peopleHere() ([]loggedOn, error) {
	info, err := os.Stat("/dev/console")
	if err != nil {
		return nil, fmt.Errorf("look for the log-on session: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return nil, nil
	}
	account, err := user.LookupId(strconv.Itoa(int(stat.Uid)))
	if err != nil {
		return nil, fmt.Errorf("look for the log-on session: %w", err)
	}
	return []loggedOn{{Name: account.Username, UID: int(stat.Uid)}}, nil
}
