package apitest

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// SeenVariable is the environment variable with the name of a file: every process adds to it everything
// seen. Without it nothing is written.
const SeenVariable = "PORTICO_API_SEEN"

// seen are lines "operation status code", each once.
type seen struct {
	mu    sync.Mutex
	lines map[string]bool
}

func (s *seen) add(operation string, status int, code string) {
	line := fmt.Sprintf("%s %d %s\n", operation, status, code)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines = map[string]bool{}
	}
	if s.lines[line] {
		return
	}
	s.lines[line] = true
	name := os.Getenv(SeenVariable)
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		// A line is written in one piece, between those of other processes.
		_, err = file.WriteString(line)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		panic(fmt.Sprintf("record the API's traffic: %v", err))
	}
}

// Unseen names the operations with their statuses, and the problem codes, not seen so far: by this
// contract, nor by the processes behind the files. Nobody causes a fault of a server on purpose, so the code
// internal does not count.
func (c *Contract) Unseen(files ...string) ([]string, error) {
	statuses, codes := map[string]bool{}, map[string]bool{}
	take := func(line string) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(parts) == 3 {
			statuses[parts[0]+" "+parts[1]], codes[parts[2]] = true, true
		}
	}
	c.seen.mu.Lock()
	for line := range c.seen.lines {
		take(line)
	}
	c.seen.mu.Unlock()
	for _, name := range files {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing seen
		}
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			take(lines.Text())
		}
		if err := errors.Join(lines.Err(), file.Close()); err != nil {
			return nil, err
		}
	}
	var missing []string
	for _, o := range c.operations {
		for status := range o.answers {
			if _, err := strconv.Atoi(status); err == nil && !statuses[o.ID+" "+status] {
				missing = append(missing, o.ID+" "+status)
			}
		}
	}
	for _, code := range array(c.at("/components/schemas/Code/enum")) {
		if code != "internal" && !codes[text(code)] {
			missing = append(missing, "code "+text(code))
		}
	}
	slices.Sort(missing)
	return missing, nil
}
