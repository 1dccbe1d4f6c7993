package desktop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// answerLimit is how long a program may take to tell its version. A computer is busy
// while it is upgraded.
const answerLimit = 20 * time.Second

// OwnFile is the file of this process's program. An upgrade puts another one in its
// place while the process goes on: package managers rename, the Windows Installer moves
// a file in use away.
type OwnFile struct {
	path string
	name string // of the program, as it says itself
	runs sign
	// limit is answerLimit. Tests cannot wait that long.
	limit time.Duration
}

// FindOwnFile finds it; name is how the program calls itself beside its version. It has
// to be called soon after the start, and in the folder of the start.
func FindOwnFile(name string) (*OwnFile, error) {
	path, err := os.Executable()
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, fmt.Errorf("find this program's file: %w", err)
	}
	return &OwnFile{path: asStarted(os.Args[0], path), name: name, runs: signOf(path), limit: answerLimit}, nil
}

// asStarted is the path of a program as it was started, from its first argument, or
// otherwise its file. Software is also upgraded by turning a link, such as /opt/current,
// to another version's folder, and the file itself stays as it is.
func asStarted(argument, file string) string {
	path, err := exec.LookPath(argument)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil || !signOf(path).same(signOf(file)) {
		return file // whoever starts a program may call it as they like
	}
	return path
}

// Path is the place of the program at its start, and of its successor.
func (f *OwnFile) Path() string { return f.path }

// Changes tells when the file may be another one; see [FileChanges].
func (f *OwnFile) Changes(ctx context.Context) <-chan struct{} { return FileChanges(ctx, f.path) }

// Replaced is true if another file is in the place of this process's. A missing file
// has no successor.
func (f *OwnFile) Replaced() bool {
	now := signOf(f.path)
	if now.info == nil || f.runs.info == nil || !now.info.Mode().IsRegular() {
		return false
	}
	return !os.SameFile(now.info, f.runs.info) || !now.info.ModTime().Equal(f.runs.info.ModTime()) || now.info.Size() != f.runs.info.Size()
}

// versionWord is a version as a program says it.
var versionWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+~_-]*$`) })

// Successor asks the new file for its version. An error means that it cannot be started.
func (f *OwnFile) Successor(ctx context.Context) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, f.path, "--version")
	cmd.WaitDelay = time.Second
	said := &limited{most: 4 << 10}
	cmd.Stdout = said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("no answer within %v", f.limit)
		}
		return "", fmt.Errorf("ask %s for its version: %w", f.path, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	version, named := strings.CutPrefix(strings.TrimSpace(line), f.name+" ")
	if !named || !versionWord().MatchString(version) {
		return "", fmt.Errorf("ask %s for its version: it is not %s: it says %.60q", f.path, f.name, line)
	}
	return version, nil
}

// Succeed starts the new file in this process's place, with arguments. On Linux and macOS
// it does not return: the process becomes the other program, and its parent, such as
// systemd or launchd, goes on minding it. On Windows it returns when the other one runs,
// and the caller ends. Whatever the two of them cannot share has to be let go of before.
func (f *OwnFile) Succeed(args ...string) error {
	if err := succeed(f.path, args); err != nil {
		return fmt.Errorf("start %s: %w", f.path, err)
	}
	return nil
}

// limited keeps the first bytes of an output, and refuses the rest.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.most {
		return 0, errors.New("it says too much")
	}
	return l.Buffer.Write(p)
}
