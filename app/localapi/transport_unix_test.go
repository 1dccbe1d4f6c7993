//go:build linux || darwin

package localapi_test

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

const (
	// agentEnv makes the test binary an agent that listens in a directory until it
	// is killed.
	agentEnv = "PORTICO_TEST_AGENT_IN"
	// answersEnv makes it answer as well, except what it is asked for by Refresh.
	answersEnv = "PORTICO_TEST_AGENT_ANSWERS"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(agentEnv); dir != "" {
		l, err := localapi.Listen(dir)
		if err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("listening\n")
		if os.Getenv(answersEnv) != "" {
			_ = localapi.Server{Agent: thinking{newAgent()}}.Serve(context.Background(), l)
		}
		<-make(chan struct{})
		runtime.KeepAlive(l)
	}
	os.Exit(m.Run())
}

func TestSocketOfAKilledAgentIsReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	agent := startAgent(t, dir)
	if _, err := localapi.Listen(dir); !errors.Is(err, localapi.ErrRunning) {
		t.Errorf("while it lives: got %v, want %v", err, localapi.ErrRunning)
	}
	if err := agent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := agent.Wait(); err == nil {
		t.Fatal("the killed agent ended well")
	}
	if _, err := os.Stat(filepath.Join(dir, "agent.sock")); err != nil {
		t.Fatalf("the killed agent left no socket, the test shows nothing: %v", err)
	}
	if _, err := localapi.Dial(t.Context(), dir); !errors.Is(err, localapi.ErrNoAgent) {
		t.Errorf("its socket: got %v, want %v", err, localapi.ErrNoAgent)
	}
	l, err := localapi.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	run(t, l, newAgent(), localapi.Info{})
	client, err := localapi.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Handshake(t.Context()); err != nil {
		t.Error(err)
	}
}

// startAgent runs an agent of its own process in dir until the test kills it or ends.
func startAgent(t *testing.T, dir string, env ...string) *exec.Cmd {
	t.Helper()
	agent := exec.CommandContext(t.Context(), os.Args[0])
	agent.Env = append(append(os.Environ(), agentEnv+"="+dir), env...)
	out, err := agent.StdoutPipe()
	must(t, err)
	must(t, agent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "listening\n" {
		t.Fatalf("the other agent says %q, %v", line, err)
	}
	return agent
}

func TestOnlyThisUserGetsAtTheSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	l, err := localapi.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for path, want := range map[string]fs.FileMode{
		dir:                              fs.ModeDir | 0o700,
		filepath.Join(dir, "agent.sock"): fs.ModeSocket | 0o600,
		filepath.Join(dir, "agent.lock"): 0o600,
	} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", filepath.Base(path), info.Mode(), want)
		}
	}
}

func TestDirectoryOpenToOthersIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"others may look": func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o755)) },
		"group may write": func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o720)) },
		"a symbolic link": func(t *testing.T, dir string) {
			must(t, os.Rename(dir, dir+"-elsewhere"))
			must(t, os.Symlink(dir+"-elsewhere", dir))
		},
		"another user's": func(t *testing.T, dir string) {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a directory to another user")
			}
			must(t, os.Chown(dir, 12345, -1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			l, err := localapi.Listen(dir)
			must(t, err)
			defer func() { _ = l.Close() }()
			spoil(t, dir)
			if _, err := localapi.Dial(t.Context(), dir); !errors.Is(err, localapi.ErrUnsafe) {
				t.Errorf("dial: got %v, want %v", err, localapi.ErrUnsafe)
			}
			must(t, l.Close())
			if _, err := localapi.Listen(dir); !errors.Is(err, localapi.ErrUnsafe) {
				t.Errorf("listen: got %v, want %v", err, localapi.ErrUnsafe)
			}
		})
	}
}

func TestWhatIsNoSocketIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	file := filepath.Join(dir, "agent.sock")
	must(t, os.WriteFile(file, []byte("mine"), 0o600))
	if _, err := localapi.Listen(dir); !errors.Is(err, localapi.ErrUnsafe) {
		t.Errorf("got %v, want %v", err, localapi.ErrUnsafe)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "mine" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	must(t, os.Remove(file))
	l, err := localapi.Listen(dir) // the failure has let go of the lock
	must(t, err)
	must(t, l.Close())
}

// A path that is too long for a socket is no reason to depend on where this or that
// program keeps its temporary files.
func TestLongPathIsReachedFromEverywhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40), "run")
	t.Setenv("TMPDIR", shortTemp(t))
	l, err := localapi.Listen(dir)
	must(t, err)
	run(t, l, newAgent(), localapi.Info{})
	t.Setenv("TMPDIR", shortTemp(t))
	if runtime.GOOS == "linux" {
		if info, err := os.Stat(filepath.Join(dir, "agent.sock")); err != nil || info.Mode() != fs.ModeSocket|0o600 {
			t.Errorf("the socket: %v, %v", info, err)
		}
	}
	if _, err := localapi.Listen(dir); !errors.Is(err, localapi.ErrRunning) {
		t.Errorf("second agent: got %v, want %v", err, localapi.ErrRunning)
	}
	client, err := localapi.Dial(t.Context(), dir)
	must(t, err)
	if _, err := client.Handshake(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := localapi.Dial(t.Context(), dir+"2"); !errors.Is(err, localapi.ErrNoAgent) {
		t.Errorf("another directory: got %v, want %v", err, localapi.ErrNoAgent)
	}
	other, err := localapi.Listen(dir + "2")
	must(t, err)
	must(t, other.Close())
	if _, err := client.Handshake(t.Context()); err != nil {
		t.Errorf("after another directory's agent has ended: %v", err)
	}
}

// shortTemp is a temporary directory whose own path leaves room for a socket.
func shortTemp(t *testing.T) string {
	dir, err := os.MkdirTemp("/tmp", "p")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}
