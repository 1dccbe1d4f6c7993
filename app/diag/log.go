package diag

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
)

// LogFile is the agent's log, below desktop.Paths.Logs. Older ones end in .1, .2 and
// so on.
const LogFile = "portico-agent.log"

// The sizes kept: of the current file, and of the ones before it.
const (
	logSize = 1 << 20
	logKept = 3
)

// LogParams make a log.
type LogParams struct {
	// Dir is the folder of [LogFile]; "" keeps no file.
	Dir string
	// Level is the lowest level of lines in the file, nil for slog.LevelInfo.
	Level slog.Leveler
	// Console takes the same lines from ConsoleLevel on; nil for none.
	Console      io.Writer
	ConsoleLevel slog.Level
}

// NewLog returns the log of a program of Portico. Whatever is told to it is written
// without secrets; see [Redacted]. A file that cannot be written loses lines and stops
// nobody. The file is opened for each line and closed after it, so an idle program
// holds nothing and the file can be removed at any time; several programs may write the
// same one.
func NewLog(p LogParams) *slog.Logger {
	var all []slog.Handler
	if p.Console != nil {
		all = append(all, Redacted(slog.NewTextHandler(p.Console, &slog.HandlerOptions{Level: p.ConsoleLevel})))
	}
	if p.Dir != "" {
		file := &rotating{path: filepath.Join(p.Dir, LogFile), size: logSize, kept: logKept}
		all = append(all, Redacted(slog.NewTextHandler(file, &slog.HandlerOptions{Level: p.Level})))
	}
	return slog.New(slog.NewMultiHandler(all...))
}

// Level is the log level for a value of the policy LogLevel, slog.LevelInfo for
// anything else.
func Level(name string) slog.Level {
	switch name {
	case "error":
		return slog.LevelError
	case "warn":
		return slog.LevelWarn
	case "debug":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// rotating is a file of lines, put aside when it has grown to size. It is safe for
// concurrent use, also by several processes.
type rotating struct {
	path string
	size int64
	kept int // older files

	mu sync.Mutex
}

// Write appends whole lines.
func (r *rotating) Write(lines []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.open()
	if err != nil {
		return 0, err
	}
	// One call a line: the system appends it as a whole.
	n, err := f.Write(lines)
	return n, errors.Join(err, f.Close())
}

func (r *rotating) open() (*os.File, error) {
	flags := os.O_APPEND | os.O_CREATE | os.O_WRONLY | desktop.NoFollow
	f, err := os.OpenFile(r.path, flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(r.path, flags, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.Size() < r.size {
		return f, nil //nolint:nilerr // a file whose size is not known is written on
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	r.putAside()
	return os.OpenFile(r.path, flags, 0o600)
}

// asideLimit is how long putting a file aside may take before whoever began it is
// taken for dead.
const asideLimit = time.Minute

// putAside makes room for a new file, unless another process does at this moment: each
// would move the file just moved by the other, until nothing is left.
func (r *rotating) putAside() {
	mark := r.path + ".aside"
	f, err := os.OpenFile(mark, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		if info, unknown := os.Stat(mark); unknown == nil && time.Since(info.ModTime()) > asideLimit {
			_ = os.Remove(mark)
		}
		return
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(mark)
	}()
	// Somebody may have been faster since the size was looked at.
	if info, err := os.Stat(r.path); err != nil || info.Size() < r.size {
		return
	}
	for n := r.kept; n > 0; n-- {
		// A missing file, or one open elsewhere, is left as it is.
		_ = os.Rename(numbered(r.path, n-1), numbered(r.path, n))
	}
}

func numbered(path string, n int) string {
	if n == 0 {
		return path
	}
	return path + "." + strconv.Itoa(n)
}

// Tail returns the last whole lines of a log and the ones before it, at most limit
// bytes, "" for none.
func Tail(path string, limit int) (string, error) {
	var text []byte
	for n := 0; len(text) < limit; n++ {
		raw, err := os.ReadFile(numbered(path, n))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read the log: %w", err)
		}
		text = append(raw, text...)
	}
	if over := len(text) - limit; over > 0 {
		text = text[over:]
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return string(text), nil
}

// lastLines cuts a text with a line end after each line.
func lastLines(text string, limit int) string {
	for i, found := len(text)-1, 0; i >= 0; i-- {
		if text[i] != '\n' {
			continue
		}
		if found++; found > limit {
			return text[i+1:]
		}
	}
	return text
}
