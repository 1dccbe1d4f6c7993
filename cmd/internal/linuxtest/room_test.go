//go:build linux

package linuxtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// room is a Debian of its own. What runs in it sees its files and its processes
// only; the network is this computer's. Its mounts and processes are in namespaces
// that end with the test, however the test ends.
type room struct {
	root string
	pid  string // of the room's first process
}

// prepared has what make test-packages has made.
type prepared struct {
	packages string // the packages
	again    string // the same, built a second time
	next     string // of a higher version
	cache    string // kept from run to run
}

func prepare(t *testing.T) prepared {
	t.Helper()
	dir := os.Getenv("PORTICO_PACKAGES_DIR")
	if dir == "" {
		t.Fatal("PORTICO_PACKAGES_DIR is not set: run make test-packages, which builds the packages first")
	}
	if os.Getuid() != 0 {
		t.Fatal("installing packages needs root: run make test-packages, which sees to it")
	}
	p := prepared{filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "next"), filepath.Join(dir, "cache")}
	if err := os.MkdirAll(filepath.Join(p.cache, "debs", "partial"), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

// file is the only one in a folder that a pattern fits.
func file(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d files are %s in %s (%v), not 1", len(found), pattern, dir, err)
	}
	return found[0]
}

// base makes the archive that rooms are made from, once.
func (p prepared) base(t *testing.T) string {
	t.Helper()
	// Where apt gets this computer's own packages from: nothing else may be
	// reachable.
	mirror, suite := sources(t)
	archive := filepath.Join(p.cache, suite+".tar")
	if _, err := os.Stat(archive); err == nil {
		return archive
	}
	dir := t.TempDir()
	must(t, "debootstrap", "--variant=minbase", "--include=gpgv,ca-certificates", suite, dir, mirror)
	must(t, "tar", "--numeric-owner", "-C", dir, "-cf", archive+".new", ".")
	if err := os.Rename(archive+".new", archive); err != nil {
		t.Fatal(err)
	}
	return archive
}

func sources(t *testing.T) (mirror, suite string) {
	t.Helper()
	out := must(t, "apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(out, "\n") {
		words := strings.Fields(line)
		if len(words) == 4 && words[1] == words[2] && words[3] == "main" && strings.Contains(string(release), "VERSION_CODENAME="+words[1]+"\n") {
			return words[0], words[1]
		}
	}
	t.Fatalf("apt has no source for this system's own packages:\n%s", out)
	return "", ""
}

// enter makes a room and its first process.
func enter(t *testing.T, p prepared) *room {
	t.Helper()
	r := &room{root: t.TempDir()}
	if err := os.Chmod(r.root, 0o755); err != nil {
		t.Fatal(err)
	}
	must(t, "tar", "--numeric-owner", "-C", r.root, "-xf", p.base(t))
	resolver, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "/etc/resolv.conf", string(resolver))
	// What is recommended is a desktop's half, and nothing here has to survive a
	// loss of power.
	r.write(t, "/etc/apt/apt.conf.d/90room", "APT::Install-Recommends \"false\";\n")
	r.write(t, "/etc/dpkg/dpkg.cfg.d/90room", "force-unsafe-io\n")
	// It ends when its standard input does, which is when this test ends, and with
	// it ends everything in its namespaces.
	hold := exec.Command("unshare", "--mount", "--pid", "--fork", "sh", "-c", `
		mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/run" &&
		mount --bind "$2" "$1/var/cache/apt/archives" && echo ready && exec cat`, "sh", r.root, filepath.Join(p.cache, "debs"))
	stdin, err := hold.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := hold.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	hold.Stderr = os.Stderr
	if err := hold.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = hold.Wait()
		noMounts(t, r.root)
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the room was not made (%q, %v); it needs the right to mount, which some containers withhold", line, err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", hold.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	r.pid = strings.TrimSpace(string(children))
	return r
}

// noMounts looks that nothing stays mounted below a folder.
func noMounts(t *testing.T, root string) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Error(err)
	}
	if strings.Contains(string(mounts), root) {
		t.Errorf("something is still mounted below %s:\n%s", root, mounts)
	}
}

// result is how a command ended, and everything that it said.
type result struct {
	code int
	out  string
}

// command is one for the room's shell.
func (r *room) command(ctx context.Context, script string) *exec.Cmd {
	return exec.CommandContext(ctx, "nsenter", "--target", r.pid, "--mount", "--pid", "--", "chroot", r.root,
		"env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", script)
}

// do runs a script as root.
func (r *room) do(t *testing.T, script string) result {
	t.Helper()
	var out bytes.Buffer
	cmd := r.command(t.Context(), script)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	t.Logf("# %s\n%s[%d]", strings.TrimSpace(script), out.String(), cmd.ProcessState.ExitCode())
	return result{cmd.ProcessState.ExitCode(), out.String()}
}

// must runs a script as root that has to succeed.
func (r *room) must(t *testing.T, script string) string {
	t.Helper()
	got := r.do(t, script)
	if got.code != 0 {
		t.Fatalf("%s: exit %d\n%s", script, got.code, got.out)
	}
	return got.out
}

// as runs a script as one of the people, as after a log-on.
func (r *room) as(t *testing.T, user, script string) result {
	t.Helper()
	return r.do(t, "exec runuser -u "+user+" -- env HOME=/home/"+user+" USER="+user+" LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=/run/user/$(id -u "+user+") sh -c '"+
		strings.ReplaceAll("cd; "+script, "'", `'\''`)+"'")
}

func (r *room) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.root, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (r *room) read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (r *room) has(name string) bool {
	_, err := os.Lstat(filepath.Join(r.root, name))
	return err == nil
}

// bring copies a file of this computer into the room.
func (r *room) bring(t *testing.T, from, to string) {
	t.Helper()
	must(t, "install", "-D", "-m", "0755", from, filepath.Join(r.root, to))
}

// must runs a program of this computer that has to succeed.
func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
