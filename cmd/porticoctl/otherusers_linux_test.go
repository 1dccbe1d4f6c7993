package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
)

// somebody is a real second user of this computer, made for a test.
type somebody struct {
	name, home, run string
	uid, gid        int
}

// newUser makes a user with a home and, with session, the runtime directory of a log-on
// session.
func newUser(t *testing.T, name string, session bool) somebody {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make users")
	}
	if _, err := exec.LookPath("useradd"); err != nil {
		t.Skip("there is no useradd here")
	}
	name = fmt.Sprintf("%s%d", name, os.Getpid())
	if out, err := exec.Command("useradd", "--create-home", "--shell", "/bin/sh", name).CombinedOutput(); err != nil {
		t.Fatalf("useradd: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("userdel", "--remove", name).CombinedOutput(); err != nil {
			t.Logf("userdel: %v\n%s", err, out)
		}
	})
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s := somebody{name: name, home: u.HomeDir}
	s.uid, _ = strconv.Atoi(u.Uid)
	s.gid, _ = strconv.Atoi(u.Gid)
	if session {
		s.run = filepath.Join(runUser, u.Uid)
		if err := os.MkdirAll(s.run, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(s.run) })
		if err := os.Chown(s.run, s.uid, s.gid); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// as is a command that runs as this person, with nothing of root's environment.
func (s somebody) as(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.gid)}}
	cmd.Dir = "/"
	cmd.Env = []string{"HOME=" + s.home, "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	return cmd
}

// everybodys is a folder whose files every user may run.
func everybodys(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "portico-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestMain runs the agent of [agentOf] where it is told to, or examines a picture, and
// otherwise the tests.
func TestMain(m *testing.M) {
	if code, ran := drawing.RunExamination(); ran {
		os.Exit(code)
	}
	if dir := os.Getenv("PORTICO_TEST_AGENT"); dir != "" {
		if err := serveSomebody(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
	os.Exit(code)
}

func serveSomebody(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := localapi.Listen(dir)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return localapi.Server{Agent: newAgent(state(localapi.SignedIn)), Info: localapi.Info{Build: "0.1.0"}}.Serve(ctx, l)
}

// built is the real console, where every user may run it.
func built(t *testing.T) string {
	t.Helper()
	file, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "portico-test-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	buildDir = dir
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "porticoctl"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the console: %w\n%s", err, out)
	}
	return filepath.Join(dir, "porticoctl"), nil
})

// buildDir is what buildOnce has made, "" before.
var buildDir string

// document runs a command with --json and reads what it says.
func document(t *testing.T, cmd *exec.Cmd) (code int, doc standing, everything string) {
	t.Helper()
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, &out, &progress)
	}
	return cmd.ProcessState.ExitCode(), doc, out.String() + progress.String()
}

// tree lists what is in folders, with the owners.
func tree(t *testing.T, dirs ...string) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			stat := info.Sys().(*syscall.Stat_t)
			fmt.Fprintln(&all, path, info.Mode(), stat.Uid, stat.Gid)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestRootMakesNothingInAPersonsFolders(t *testing.T) {
	ada := newUser(t, "ada", true)
	program := built(t)
	roots := t.TempDir()
	before := tree(t, ada.home, ada.run)
	for name, env := range map[string][]string{
		"the home":                   {"HOME=" + ada.home},
		"the home and the session":   {"HOME=" + ada.home, "XDG_RUNTIME_DIR=" + ada.run},
		"the session alone":          {"HOME=" + roots, "XDG_RUNTIME_DIR=" + ada.run},
		"the cache alone":            {"HOME=" + roots, "XDG_CACHE_HOME=" + filepath.Join(ada.home, ".cache")},
		"a folder of choice in it":   {"HOME=" + roots, "PORTICO_DATA_DIR=" + filepath.Join(ada.home, "portico")},
		"a link that leads into it":  {"HOME=" + link(t, ada.home)},
		"a folder that is there not": {"HOME=" + filepath.Join(ada.home, "not", "there")},
	} {
		for _, line := range []string{
			"status", "status --refresh", "accounts", "login --timeout 1s", "logout", "logout --all", "forget --yes", "providers", "autostart off",
			"wait --timeout 1s", "status --cached",
		} {
			cmd := exec.Command(program, append(strings.Fields(line), "--json")...)
			cmd.Env = append(env, "PORTICO_PORTAL=http://127.0.0.1:1", "PATH=/usr/bin:/bin")
			code, doc, all := document(t, cmd)
			if code != localapi.ExitConfig || doc.Problem == nil || doc.Problem.Code != localapi.FolderOfPerson || !strings.Contains(doc.Words.Next, ada.name) {
				t.Errorf("%s, %s: exit %d\n%s", name, line, code, all)
			}
		}
		// Who only looks may, and makes nothing either.
		for _, line := range []string{"policy", "autostart", "doctor", "version"} {
			if line == "doctor" && name != "the home and the session" {
				continue // it takes seconds
			}
			cmd := exec.Command(program, append(strings.Fields(line), "--json")...)
			cmd.Env = append(env, "PATH=/usr/bin:/bin")
			_, _, all := document(t, cmd)
			if line == "doctor" && !strings.Contains(all, string(localapi.FolderOfPerson)) {
				t.Errorf("%s: the doctor says nothing of it\n%s", name, all)
			}
		}
	}
	if after := tree(t, ada.home, ada.run); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
	if entries, err := os.ReadDir(roots); err != nil || len(entries) > 0 {
		t.Errorf("made in root's home: %v, %v", entries, err)
	}
}

func link(t *testing.T, to string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Where it has happened, the command that is named mends it.
func TestFoldersThatRootTookAreGivenBack(t *testing.T) {
	program := built(t)
	for name, took := range map[string]struct {
		make  string // a script that root has run
		wants string // what is named, below the home
	}{
		"everything anew":        {"mkdir -p $HOME/.local/share/portico $HOME/.cache/portico && chmod -R go= $HOME/.local $HOME/.cache", ".cache"},
		"Portico's folder":       {"install -d -o $ADA $HOME/.local $HOME/.local/share && install -d -m 0700 $HOME/.local/share/portico", ".local/share/portico"},
		"a file in it":           {"install -d -o $ADA $HOME/.local $HOME/.local/share $HOME/.local/share/portico && install -m 0600 /dev/null $HOME/.local/share/portico/settings.json", ".local/share/portico"},
		"a lock":                 {"install -d -o $ADA $HOME/.local $HOME/.local/share $HOME/.local/share/portico $HOME/.local/share/portico/locks && install -m 0600 /dev/null $HOME/.local/share/portico/locks/x.lock", ".local/share/portico"},
		"a log":                  {"install -d -o $ADA $HOME/.local $HOME/.local/state $HOME/.local/state/portico $HOME/.local/state/portico/logs && install -m 0600 /dev/null $HOME/.local/state/portico/logs/portico.log", ".local/state/portico/logs"},
		"a folder with a blank ": {"install -d -m 0700 \"$HOME/a b\"", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			ada := newUser(t, "ada", false)
			script := exec.Command("sh", "-c", took.make)
			script.Env = []string{"HOME=" + ada.home, "ADA=" + ada.name, "PATH=/usr/bin:/bin"}
			if out, err := script.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			ask := func() (int, standing, string) {
				cmd := ada.as(t.Context(), program, "status", "--json")
				if took.wants == "a b" {
					cmd.Env = append(cmd.Env, "XDG_DATA_HOME="+filepath.Join(ada.home, "a b"))
				}
				return document(t, cmd)
			}
			code, doc, all := ask()
			if code != localapi.ExitConfig || doc.Problem == nil || doc.Problem.Code != localapi.FolderOfRoot {
				t.Fatalf("exit %d\n%s", code, all)
			}
			command := doc.Problem.Params["command"]
			if !strings.HasPrefix(command, "sudo chown -R "+ada.name+": ") || !strings.Contains(command, filepath.Join(ada.home, took.wants)) || !strings.Contains(doc.Words.Next, command) {
				t.Errorf("the command is %q, the words are %q", command, doc.Words.Next)
			}
			if out, err := exec.Command("sh", "-c", strings.TrimPrefix(command, "sudo ")).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", command, err, out)
			}
			if code, doc, all := ask(); doc.Problem == nil || doc.Problem.Code != localapi.NoPortal {
				t.Errorf("afterwards: exit %d\n%s", code, all)
			}
		})
	}
}

// Nobody is told to give a folder of the system's to a person.
func TestFoldersOfTheSystemAreNotGivenAway(t *testing.T) {
	ada := newUser(t, "ada", false)
	dir := everybodys(t)
	script := exec.Command("sh", "-c", `mkdir cache && install -d -m 0700 cache/private`)
	script.Dir = dir
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code, doc, all := document(t, ada.as(t.Context(), built(t), "status", "--json", "--data-dir", dir))
	if code != localapi.ExitConfig || doc.Problem == nil || doc.Problem.Code != localapi.DataFolder {
		t.Errorf("exit %d\n%s", code, all)
	}
}

// What root has put there for people to read is no damage.
func TestRootsFilesThatPeopleCanReadStay(t *testing.T) {
	ada := newUser(t, "ada", false)
	script := exec.Command("sh", "-c", `install -d -o $ADA $HOME/.local $HOME/.local/share $HOME/.local/share/portico && echo '{}' > $HOME/.local/share/portico/settings.json`)
	script.Env = []string{"HOME=" + ada.home, "ADA=" + ada.name, "PATH=/usr/bin:/bin"}
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if code, doc, all := document(t, ada.as(t.Context(), built(t), "status", "--json")); doc.Problem == nil || doc.Problem.Code != localapi.NoPortal {
		t.Errorf("exit %d\n%s", code, all)
	}
}

func TestRootSeesEverybody(t *testing.T) {
	ada, bo, noSession := newUser(t, "ada", true), newUser(t, "bo", true), newUser(t, "eve", false)
	program := built(t)
	agentOf(t, ada)
	env := func(cmd *exec.Cmd) *exec.Cmd {
		// Nothing of root's environment leads anywhere.
		cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "PORTICO_PORTAL=http://127.0.0.1:1", "PORTICO_DATA_DIR=", "XDG_RUNTIME_DIR="}
		return cmd
	}
	out, err := env(exec.Command(program, "status", "--everybody", "--json")).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkDocument(t, "status-everybody", out, 0)
	var doc everybody
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]personStatus{}
	for _, p := range doc.People {
		found[p.User] = p
	}
	if p := found[ada.name]; p.Exit != 0 || p.UID != ada.uid || p.Status == nil || p.Status.Account == nil || p.Status.Account.Email != "ada@contoso.example" || p.Status.Agent == nil {
		t.Errorf("ada: %+v\n%s", p, out)
	}
	if p := found[bo.name]; p.Exit != localapi.ExitConfig || p.Status == nil || p.Status.Phase != localapi.Unconfigured {
		t.Errorf("bo: %+v\n%s", p, out)
	}
	if _, there := found[noSession.name]; there {
		t.Errorf("eve has no log-on session\n%s", out)
	}
	for _, path := range []string{filepath.Join(bo.home, ".local"), filepath.Join(bo.run, "portico")} {
		if info, err := os.Stat(path); err == nil && int(info.Sys().(*syscall.Stat_t).Uid) != bo.uid {
			t.Errorf("%s is not bo's", path)
		}
	}
	text, err := env(exec.Command(program, "status", "--everybody")).Output()
	if err != nil || !strings.Contains(string(text), fmt.Sprintf("%s (%d): Signed in as Ada Lovelace", ada.name, ada.uid)) {
		t.Errorf("%v\n%s", err, text)
	}
	// A person's program that does not end is not waited for.
	if out, err := exec.Command("sh", "-c", "kill -STOP $(cat "+ada.run+"/pid)").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err = env(exec.Command(program, "status", "--everybody", "--json", "--timeout", "2s")).Output()
	doc = everybody{}
	if err != nil || json.Unmarshal(out, &doc) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range doc.People {
		if p.User == ada.name && (p.Problem == nil || p.Problem.Code != localapi.TookTooLong || p.Exit != localapi.ExitCancelled) {
			t.Errorf("ada, whose agent is stopped: %+v", p)
		}
	}
	// The socket answers ada alone: as somebody else nobody gets through.
	cmd := bo.as(t.Context(), program, "status", "--json")
	cmd.Env = append(cmd.Env, "XDG_RUNTIME_DIR="+ada.run)
	if code, doc, all := document(t, cmd); code == 0 || doc.Account != nil {
		t.Errorf("bo sees ada's: %s", all)
	}
}

// agentOf runs an agent as a person, until the test ends.
func agentOf(t *testing.T, s somebody) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(everybodys(t), "agent")
	if err := os.WriteFile(program, content, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := s.as(context.WithoutCancel(t.Context()), program)
	cmd.Env = append(cmd.Env, "PORTICO_TEST_AGENT="+filepath.Join(s.run, "portico"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if err := os.WriteFile(filepath.Join(s.run, "pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready"))
	if _, err := out.Read(ready); err != nil || string(ready) != "ready" {
		t.Fatalf("the agent says %q, %v", ready, err)
	}
}

// Cron, without a session's environment: the agent is found, and where there is none
// and no bus, nobody knows.
func TestCronFindsTheAgent(t *testing.T) {
	ada := newUser(t, "ada", true)
	program := built(t)
	site := manifestSite(t)
	cron := func() *exec.Cmd {
		cmd := ada.as(t.Context(), program, "status", "--json")
		cmd.Env = append(cmd.Env, "PORTICO_PORTAL="+site)
		return cmd
	}
	if code, doc, all := document(t, cron()); code != localapi.ExitKeyStore || doc.Phase != localapi.Blocked {
		t.Errorf("without an agent and a bus: exit %d\n%s", code, all)
	}
	agentOf(t, ada)
	if code, doc, all := document(t, cron()); code != 0 || doc.Agent == nil {
		t.Errorf("with an agent: exit %d\n%s", code, all)
	}
}
