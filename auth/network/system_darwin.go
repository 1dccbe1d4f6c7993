package network

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

// scutilLimit bounds a program of some milliseconds.
const scutilLimit = 5 * time.Second

// readSystem asks scutil, because the framework with the answers (SystemConfiguration)
// is reached through cgo only.
func readSystem() (system, error) {
	ctx, cancel := context.WithTimeout(context.Background(), scutilLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/sbin/scutil", "--proxy").Output()
	if err != nil {
		return system{}, fmt.Errorf("asking scutil for the proxy: %w", err)
	}
	return parseScutil(string(out)), nil
}
