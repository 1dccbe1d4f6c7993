package desktop

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WaitForInherited waits for the end of children that a process has from the program
// before it; see [OwnFile.Succeed]. Without it they would stay behind as zombies. It has
// to be called before the first child of this program's own.
func WaitForInherited() {
	lists, _ := filepath.Glob("/proc/self/task/*/children") // see proc(5)
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(data)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				continue
			}
			if child, err := os.FindProcess(pid); err == nil {
				// It ends when it likes, such as a window opened by the program before.
				go func() { _, _ = child.Wait() }()
			}
		}
	}
}
