package windowstest

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheInstalledConsoleSaysWhatTheInstallerWasTold(t *testing.T) {
	c := newComputer(t)
	c.install(msi, "PORTALURL=https://portal.example.com", "AUTOSTART=never")
	// By the name alone: the installer has put the folder on PATH.
	if out := c.must("cmd", "/c", "porticoctl", "version"); !strings.HasPrefix(out, "porticoctl "+version+" ") {
		t.Errorf("porticoctl version says %q", out)
	}
	type report struct {
		Settings []struct {
			Key         string
			Value       any
			Overridable bool
			Source      struct{ Kind, Where string }
		}
		Problems []any
	}
	type managed struct{ value, kind, where string }
	check := func(want map[string]managed) {
		t.Helper()
		out := c.must(installed+"porticoctl.exe", "policy", "--json")
		var r report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("porticoctl policy: %v\n%s", err, out)
		}
		for _, s := range r.Settings {
			m, told := want[s.Key]
			delete(want, s.Key)
			switch {
			case told && (s.Value != m.value || s.Overridable || s.Source.Kind != m.kind || s.Source.Where != m.where):
				t.Errorf("%s: %+v; want %+v, locked", s.Key, s, m)
			case !told && (s.Source.Kind == "machine-policy" || s.Source.Kind == "installer"):
				t.Errorf("%s is managed too: %+v", s.Key, s)
			}
		}
		if len(want) > 0 || len(r.Problems) > 0 {
			t.Errorf("not reported: %v; problems: %v", want, r.Problems)
		}
	}
	autostart := managed{"never", "installer", settingsKey}
	check(map[string]managed{"PortalURL": {"https://portal.example.com", "installer", settingsKey}, "Autostart": autostart})
	c.decide("PortalURL", "https://decided.example.com")
	check(map[string]managed{"PortalURL": {"https://decided.example.com", "machine-policy", policyKey}, "Autostart": autostart})
}

func TestTheAgentEndsAtLogOnWhereItIsNotWanted(t *testing.T) {
	c := newComputer(t)
	c.install(msi, "AUTOSTART=never")
	// As Windows does it: the command of the Run key.
	command := c.registry(runKey)["|Portico"]
	if command != `"`+installed+`portico-agent.exe" --autostart` {
		t.Fatalf("Run has %q", command)
	}
	done := make(chan int, 1)
	go func() {
		_, code := c.run("", installed+"portico-agent.exe", "--autostart")
		done <- code
	}()
	select {
	case code := <-done:
		if code != 0 {
			t.Errorf("it ended with %d, want 0", code)
		}
	case <-time.After(2 * time.Minute):
		t.Error("it still runs after two minutes")
		c.must(installed+"porticoctl.exe", "version") // Wine itself works
		c.endSession()
		<-done
	}
}

// An installer that replaces the programs asks them to end, in the way in which
// Windows' Restart Manager does.
func TestALinkOpensTheWindowAndAllEndsForAnInstaller(t *testing.T) {
	c := newComputer(t)
	c.install(msi)
	// As at log-on. A window that started it would start it once more on a machine
	// as slow as a busy one with Wine, and the second could outlive the first.
	agent := c.start("", io.Discard, installed+"portico-agent.exe", "--autostart")
	ended := make(chan error, 1)
	go func() { ended <- agent.Wait() }()
	c.until("the agent's hidden window", func() bool { return c.windows(`("portico-agent.exe"`) })
	// A link on any page opens the window.
	c.must("start", "portico://open")
	c.until("a window of Portico", func() bool { return c.windows(`"Portico": ("portico.exe"`) })
	// Again, it raises the one that is there.
	c.must("start", "/wait", "portico://open")
	if n := strings.Count(c.tree(), `"Portico": ("portico.exe"`); n != 1 {
		t.Errorf("two links have opened %d windows", n)
	}
	c.endSession()
	c.until("the window to close", func() bool { return !c.windows(`("portico.exe"`) })
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the agent: %v\n%s", err, c.logs())
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("the agent still runs\n%s\n%s", c.tree(), c.logs())
	}
	// With nothing running the files are free, and the upgrade's other half goes
	// through.
	c.must("msiexec", "/x", productCode(version), "/qn")
	machinePart(c, false, installed, version)
}

// endSession tells the agent that the session ends.
func (c *computer) endSession() {
	c.t.Helper()
	c.must(windows(filepath.Join(work, "endsession.exe")), "SystrayClass")
}

// tree is what xwininfo says of every window of the display.
func (c *computer) tree() string {
	c.t.Helper()
	out, err := exec.Command("xwininfo", "-display", display, "-root", "-tree").Output()
	if err != nil {
		c.t.Fatalf("xwininfo: %v", err)
	}
	return string(out)
}

func (c *computer) windows(text string) bool { return strings.Contains(c.tree(), text) }

// logs is what the programs have written down.
func (c *computer) logs() (all string) {
	files, _ := filepath.Glob(c.unix(`C:\users\*\AppData\Local\Portico\Logs\*`))
	for _, file := range files {
		raw, _ := os.ReadFile(file)
		all += file + ":\n" + string(raw) + "\n"
	}
	return all
}

// until waits up to two minutes: nothing tells of a window that another program
// opens.
func (c *computer) until(what string, so func() bool) {
	c.t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-deadline:
			c.t.Fatalf("waited two minutes for %s\n%s\n%s", what, c.tree(), c.logs())
		case <-tick.C:
		}
	}
}
