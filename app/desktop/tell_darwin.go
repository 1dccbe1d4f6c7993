package desktop

import (
	"context"
	"fmt"
	"os/exec"
)

// alert shows its first argument and, smaller, its second.
const alert = `on run argv
	activate
	display alert (item 1 of argv) message (item 2 of argv) as critical
end run`

func tell(_ context.Context, title, text string) error {
	cmd := exec.Command("/usr/bin/osascript", "-e", alert, title, text)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("show a message: %w", err)
	}
	return cmd.Process.Release()
}
