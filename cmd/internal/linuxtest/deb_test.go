//go:build linux

package linuxtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	entry     = "/usr/share/applications/io.github.portico_desktop.Portico.desktop"
	autostart = "/etc/xdg/autostart/io.github.portico_desktop.Portico.desktop"
	policy    = "/etc/portico/policy.json"
)

// The life of the Debian package on one computer, in the order in which it is lived.
func TestDebianPackage(t *testing.T) {
	p := prepare(t)
	r := enter(t, p)
	r.bring(t, file(t, p.packages, "*.deb"), "/root/portico.deb")
	r.bring(t, file(t, p.next, "*.deb"), "/root/next.deb")
	r.must(t, "apt-get -q update && apt-get -q -y install /root/portico.deb")
	files := strings.Fields(r.must(t, "dpkg -L portico | sed 1d"))

	t.Run("every file is root's, and nobody else may write it", func(t *testing.T) { owned(t, r, files) })
	t.Run("the window opens with what the package depends on", func(t *testing.T) { opens(t, r) })
	t.Run("the desktop knows portico links", func(t *testing.T) {
		r.must(t, "apt-get -q -y install desktop-file-utils xdg-utils")
		if got := r.must(t, "xdg-mime query default x-scheme-handler/portico"); strings.TrimSpace(got) != filepath.Base(entry) {
			t.Errorf("portico links open with %q", got)
		}
	})

	portal := portal(t)
	decided := fmt.Sprintf("{\n  \"settings\": {\n    \"PortalURL\": %q,\n    \"TokenStore\": \"memory\"\n  }\n}\n", portal)
	r.write(t, policy, decided)
	r.must(t, "useradd -m ada && useradd -m grace")
	for _, user := range []string{"ada", "grace"} {
		r.must(t, "mkdir -p /run/user && install -d -o "+user+" -m 0700 /run/user/$(id -u "+user+")")
	}
	t.Run("the policy counts", func(t *testing.T) { counts(t, r, portal) })
	t.Run("each person has a Portico of their own", func(t *testing.T) { apart(t, r) })

	before := agents(t, r)
	r.as(t, "ada", "date >.local/share/portico/hers")
	const theirs = "find /home -path '*portico*' -type f -exec sha256sum {} + | sort"
	state := r.must(t, theirs)
	t.Run("an upgrade keeps the policy, the people's files and their agents", func(t *testing.T) {
		changed := r.read(t, autostart) + "# changed by the administrator\n"
		r.write(t, autostart, changed)
		r.must(t, "apt-get -q -y install /root/next.deb </dev/null")
		if got := r.must(t, "dpkg-query -W -f '${Version}' portico"); got != "99.0.0-1" {
			t.Errorf("version %s is installed", got)
		}
		if r.read(t, policy) != decided || r.read(t, autostart) != changed {
			t.Error("the upgrade changed the administrator's files")
		}
		if after := r.must(t, theirs); after != state {
			t.Errorf("the people's files changed:\n%s\nand are now:\n%s", state, after)
		}
		if after := agents(t, r); after != before || after == "" {
			t.Errorf("agents %q ran before the upgrade, and %q after it", before, after)
		}
	})
	// As systemctl --global enable and mask do, and an administrator's own unit.
	const units = "/etc/systemd/user/"
	r.must(t, "mkdir -p "+units+"graphical-session.target.wants "+units+"default.target.requires && cd "+units+
		" && ln -s /dev/null portico-agent.service && ln -s /usr/lib/systemd/user/portico-agent.service graphical-session.target.wants/"+
		" && ln -s /usr/lib/systemd/user/portico-agent.service default.target.requires/ && date >default.target.requires/own.service")
	t.Run("removing it keeps what administrators and people have written", func(t *testing.T) {
		r.must(t, "apt-get -q -y remove portico")
		if r.read(t, policy) != decided || !r.has(autostart) || !r.has(units+"graphical-session.target.wants/portico-agent.service") {
			t.Error("the administrator's files went with the program")
		}
		gone(t, r, files, autostart, "/etc/portico")
	})
	t.Run("purging it leaves nothing of the machine's part", func(t *testing.T) {
		r.must(t, "apt-get -q -y purge portico")
		gone(t, r, files)
		if got := r.must(t, "find / -xdev -path /proc -prune -o -path /home -prune -o -path /root -prune -o -path /tmp -prune -o -path /var/cache/apt -prune -o -iname '*portico*' -print"); got != "" {
			t.Errorf("this stays:\n%s", got)
		}
		if !r.has(units + "default.target.requires/own.service") {
			t.Error("another's unit went as well")
		}
		if !r.has("/home/ada/.local/share/portico/hers") {
			t.Error("ada's files went as well; they are hers")
		}
	})
}

// owned holds owners and modes of what is installed.
func owned(t *testing.T, r *room, files []string) {
	if got := r.must(t, "dpkg --verify portico"); got != "" {
		t.Errorf("dpkg finds differences:\n%s", got)
	}
	if len(files) < 40 {
		t.Fatalf("only %d files are installed:\n%s", len(files), strings.Join(files, "\n"))
	}
	for _, name := range files {
		info, err := os.Lstat(filepath.Join(r.root, name))
		if err != nil {
			t.Error(err)
			continue
		}
		want := os.FileMode(0o644)
		switch {
		case info.IsDir():
			want = 0o755
		case strings.HasPrefix(name, "/usr/bin/"):
			want = 0o755
		}
		owner := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm() != want || owner.Uid != 0 || owner.Gid != 0 || info.Mode()&(os.ModeSetuid|os.ModeSetgid|os.ModeSymlink) != 0 {
			t.Errorf("%s is %v of %d:%d", name, info.Mode(), owner.Uid, owner.Gid)
		}
	}
}

// gone looks that of what was installed only this is left.
func gone(t *testing.T, r *room, files []string, left ...string) {
	t.Helper()
	for _, name := range files {
		info, err := os.Lstat(filepath.Join(r.root, name))
		if err != nil {
			continue
		}
		keep := info.IsDir() && !strings.Contains(name, "portico")
		for _, l := range left {
			keep = keep || l == name
		}
		if !keep {
			t.Errorf("%s stays", name)
		}
	}
}

// opens starts the window where nothing is installed but what the package asks for,
// on a display outside, and reads off it what the desktop goes by.
func opens(t *testing.T, r *room) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	display := exec.CommandContext(t.Context(), "Xvfb", "-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset")
	display.ExtraFiles = []*os.File{write}
	if err := display.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = display.Process.Kill(); _ = display.Wait() }()
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("wait for Xvfb: %v", err)
	}
	// The display's socket without a file is in the network's namespace, which the
	// room shares.
	window := r.command(t.Context(), "mkdir /tmp/window && HOME=/tmp/window DISPLAY=:"+strings.TrimSpace(number)+" exec portico --data-dir /tmp/window/portico")
	out := &strings.Builder{}
	window.Stdout, window.Stderr = out, out
	if err := window.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		// The agent that it has started outlives it, and could be just starting.
		r.must(t, `for i in $(seq 100); do
			left=
			for p in /proc/[0-9]*; do
				case $(readlink $p/exe) in
				/usr/bin/portico | /usr/bin/portico-agent) left=$p; kill ${p#/proc/} ;;
				esac
			done
			[ -n "$left" ] || exec rm -rf /tmp/window
			sleep 0.1
		done; exit 1`)
		_ = window.Wait()
	}()
	find := exec.Command("timeout", "60", "xdotool", "search", "--sync", "--onlyvisible", "--class", "^Portico$")
	find.Env = append(os.Environ(), "DISPLAY=:"+strings.TrimSpace(number))
	id, err := find.Output()
	if err != nil {
		t.Fatalf("the window did not open: %v\n%s", err, out)
	}
	look := exec.Command("xprop", "-id", strings.Fields(string(id))[0], "WM_CLASS")
	look.Env = find.Env
	class, err := look.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(r.read(t, entry), "StartupWMClass=")
	want, _, _ = strings.Cut(want, "\n")
	if !strings.HasSuffix(strings.TrimSpace(string(class)), fmt.Sprintf(", %q", want)) {
		t.Errorf("the window is of the class %s, and the desktop entry says %q", class, want)
	}
}

// portal serves a manifest whose provider nobody has to reach.
func portal(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/.well-known/portico.json" {
			http.NotFound(w, req)
			return
		}
		fmt.Fprintf(w, `{"version":1,"name":"Contoso IT","providers":[{"id":"work","title":"Work","authority":"http://%s","client_id":"portico"}]}`, req.Host)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// counts looks that the console names the file as the source of the portal.
func counts(t *testing.T, r *room, portal string) {
	got := r.as(t, "ada", "porticoctl policy --json 2>/dev/null")
	var report struct {
		Settings []struct {
			Key    string
			Value  json.RawMessage
			Source struct{ Kind, Where string }
		}
		Problems []json.RawMessage
	}
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.code != 0 {
		t.Fatalf("exit %d, %v", got.code, err)
	}
	if len(report.Problems) != 0 {
		t.Errorf("problems: %s", report.Problems)
	}
	for _, s := range report.Settings {
		if s.Key != "PortalURL" {
			continue
		}
		if string(s.Value) != fmt.Sprintf("%q", portal) || s.Source.Kind != "machine-policy" || s.Source.Where != policy {
			t.Errorf("PortalURL is %s by %v", s.Value, s.Source)
		}
		return
	}
	t.Error("PortalURL is not listed")
}

// apart looks that two people on one computer have nothing in common but the
// program.
func apart(t *testing.T, r *room) {
	for _, user := range []string{"ada", "grace"} {
		socket := "/run/user/" + strings.TrimSpace(r.must(t, "id -u "+user)) + "/portico/agent.sock"
		// The agent says nothing when it is ready; its socket is there then.
		r.as(t, user, "portico-agent --autostart >/tmp/agent-"+user+".log 2>&1 &")
		r.must(t, "for i in $(seq 100); do [ -S "+socket+" ] && exit; sleep 0.1; done; cat /tmp/agent-"+user+".log; exit 1")
		got := r.as(t, user, "porticoctl status --json 2>/dev/null")
		var status struct{ Phase string }
		if err := json.Unmarshal([]byte(got.out), &status); err != nil || got.code != 10 || status.Phase != "signed-out" {
			t.Errorf("%s: exit %d, phase %q, %v; want 10 and signed-out, as the policy's portal can be read", user, got.code, status.Phase, err)
		}
		for _, dir := range []string{".local/share/portico", ".cache/portico"} {
			if mode := strings.TrimSpace(r.must(t, "stat -c '%U %a' /home/"+user+"/"+dir)); mode != user+" 700" {
				t.Errorf("%s of %s is %s", dir, user, mode)
			}
		}
	}
	if got := strings.Fields(agents(t, r)); len(got) != 2 {
		t.Fatalf("%d agents run, not 2: %s", len(got), got)
	}
	ada := "/run/user/" + strings.TrimSpace(r.must(t, "id -u ada"))
	// Even where ada's folder were open to all, its socket has to be shut.
	r.must(t, "chmod 0755 "+ada+" && chmod 0755 "+ada+"/portico")
	if got := r.as(t, "grace", "XDG_RUNTIME_DIR="+ada+" porticoctl logout --json"); got.code == 0 {
		t.Errorf("grace has reached ada's agent: %s", got.out)
	}
	r.must(t, "chmod 0700 "+ada+"/portico "+ada)
}

// agents are the background programs that run in the room, as process ids. One that
// has ended is nobody's child there, and has no program any more.
func agents(t *testing.T, r *room) string {
	t.Helper()
	return r.do(t, `for p in /proc/[0-9]*; do ! readlink $p/exe | grep -q ^/usr/bin/portico-agent || echo ${p#/proc/}; done`).out
}
