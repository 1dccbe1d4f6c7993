package diag

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const canary = "hA7canary-9f31Zk0Q"

func TestLogHoldsNoSecretOfAnyKind(t *testing.T) {
	dir := t.TempDir()
	var console bytes.Buffer
	log := NewLog(LogParams{Dir: dir, Level: slog.LevelDebug, Console: &console, ConsoleLevel: slog.LevelDebug})
	address, err := url.Parse("http://ada:" + canary + "@proxy.contoso.example:8080/?x=" + canary)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("code="+canary+" came back", "refresh_token", canary, "error", errors.New("token: bad {\"id_token\":\""+canary+"\"}"), "address", address)
	log.With("client_secret", canary, slog.Group("answer", "code", canary, "state", canary)).WithGroup("more").Debug("x", "password", canary, "bytes", []byte("code="+canary))
	raw, err := os.ReadFile(filepath.Join(dir, LogFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"file": string(raw), "console": console.String()} {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%v", []byte(canary))) {
			t.Errorf("the %s holds the secret:\n%s", name, text)
		}
		for _, kept := range []string{"came back", "proxy.contoso.example", "level=DEBUG"} {
			if !strings.Contains(text, kept) {
				t.Errorf("the %s lost %q:\n%s", name, kept, text)
			}
		}
	}
}

func TestLogKeepsWhatIsNoSecret(t *testing.T) {
	var console bytes.Buffer
	log := NewLog(LogParams{Console: &console, ConsoleLevel: slog.LevelInfo})
	log.Info("session", "phase", "needs-sign-in", "code", "sign-in-expired", "state", "signed-in", "wrong_state", 3, "remembered", true,
		"took", time.Second, "error", errors.New("no such host"), "nothing", nil)
	want := `msg=session phase=needs-sign-in code=sign-in-expired state=signed-in wrong_state=3 remembered=true took=1s error="no such host" nothing=<nil>`
	if got := console.String(); !strings.Contains(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestLogIsMadeWithTheFirstLineAndForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "logs")
	log := NewLog(LogParams{Dir: dir, Level: slog.LevelInfo})
	log.Debug("not asked for")
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("made before there was a line: %v", err)
	}
	log.Info("first")
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, LogFile): 0o600} {
		info, err := os.Stat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	log.Info("second")
	if text, err := Tail(filepath.Join(dir, LogFile), 1000); err != nil || !strings.Contains(text, "second") || strings.Contains(text, "first") {
		t.Errorf("after it was removed: %q, %v", text, err)
	}
}

func TestLogRotatesBySize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	r := &rotating{path: path, size: 100, kept: 3}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := fmt.Fprintf(r, "line %02d ..........\n", i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 4 {
		t.Errorf("%v, %v: want the one that is written and three", files, err)
	}
	text, err := Tail(path, 1<<20)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if err != nil || len(lines) < 15 || len(lines) > 24 {
		t.Errorf("%d lines are kept, %v", len(lines), err)
	}
	for _, line := range lines {
		if len(line) != len("line 00 ..........") {
			t.Errorf("a torn line: %q", line)
		}
	}
	if text, err := Tail(path, 25); err != nil || strings.Count(text, "\n") != 1 {
		t.Errorf("the tail is %q, %v, want one whole line", text, err)
	}
}

// A place that cannot be written must not stop the agent, nor what goes to the
// console.
func TestLogThatCannotBeWrittenStopsNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in the way")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var console bytes.Buffer
	NewLog(LogParams{Dir: filepath.Join(file, "logs"), Console: &console}).Info("still here")
	if !strings.Contains(console.String(), "still here") {
		t.Errorf("the console got %q", console.String())
	}
	if runtime.GOOS == "linux" {
		full := &rotating{path: "/dev/full", size: 1 << 20}
		if _, err := full.Write([]byte("x\n")); err == nil {
			t.Error("a full disk is no error, so this test shows nothing")
		}
		slog.New(Redacted(slog.NewTextHandler(full, nil))).Info("lost")
	}
}

func TestLevelsOfThePolicy(t *testing.T) {
	for name, want := range map[string]slog.Level{"error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug, "": slog.LevelInfo} {
		if got := Level(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// The agent, the window and any number of consoles write the same log.
func TestProcessesThatRotateAtOnceLoseNothing(t *testing.T) {
	for range 8 { // they do not meet each time
		rotateAtOnce(t)
	}
}

func rotateAtOnce(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), LogFile)
	const writers, lines, kept = 100, 20, 3
	line := strings.Repeat("x", 99) + "\n"
	// All that is written fits into what is kept, one more rotation would not.
	size := int64(writers * lines * len(line) / 3)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			r := &rotating{path: path, size: size, kept: kept} // as another process has it
			for range lines {
				if _, err := r.Write([]byte(line)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	text, err := Tail(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text, line); n != writers*lines {
		t.Errorf("%d lines of %d", n, writers*lines)
	}
	if _, err := os.Stat(path + ".1"); err != nil {
		t.Errorf("nothing was put aside: %v", err)
	}
}

func TestLogOfAProcessThatDiedWhileRotatingGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogFile)
	mark := path + ".aside"
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * asideLimit)
	if err := os.Chtimes(mark, long, long); err != nil {
		t.Fatal(err)
	}
	r := &rotating{path: path, size: 4, kept: 1}
	for range 4 {
		if _, err := r.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path + ".1"); err != nil {
		t.Errorf("it is never put aside again: %v", err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the mark stays")
	}
}
