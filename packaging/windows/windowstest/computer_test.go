package windowstest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// installed is where the programs are by default.
const installed = `C:\Program Files\Portico\`

// computer is a Wine prefix with a home of its own, as 64-bit Windows 10.
type computer struct {
	t      *testing.T
	prefix string
	env    []string
}

func newComputer(t *testing.T) *computer {
	t.Helper()
	dir := t.TempDir()
	c := &computer{t: t, prefix: filepath.Join(dir, "prefix")}
	home := filepath.Join(dir, "home") // the desktop of Wine's person lies in it
	if err := os.MkdirAll(filepath.Join(home, "Desktop"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); !strings.HasPrefix(name, "WINE") && !strings.HasPrefix(name, "PORTICO_") && !strings.HasPrefix(name, "XDG_") {
			c.env = append(c.env, entry)
		}
	}
	// No Mono and no Gecko: Wine would offer to fetch them.
	c.env = append(c.env, "WINEPREFIX="+c.prefix, "WINEARCH=win64", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree=;mshtml=", "HOME="+home, "DISPLAY="+display, "LC_ALL=C.UTF-8")
	t.Cleanup(func() {
		// Of this prefix only.
		for _, flag := range []string{"-k", "-w"} {
			cmd := exec.Command("wineserver", flag)
			cmd.Env = c.env
			_ = cmd.Run()
		}
	})
	c.must("wineboot", "-i")
	c.must("winecfg", "-v", "win10")
	dll, err := os.ReadFile(filepath.Join(work, "bcryptprimitives.dll"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.unix(`C:\windows\system32\bcryptprimitives.dll`), dll, 0o644); err != nil {
		t.Fatal(err)
	}
	return c
}

// start starts a Windows program. It ends with the test at the latest.
func (c *computer) start(stdin string, output io.Writer, args ...string) *exec.Cmd {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "wine", args...)
	cmd.Env, cmd.Stdout, cmd.Stdin = c.env, output, strings.NewReader(stdin)
	// What Wine's own processes hold open must not keep the test waiting.
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		c.t.Fatalf("start wine: %v", err)
	}
	return cmd
}

// run runs a Windows program. Of its exit code Wine passes eight bits on.
func (c *computer) run(stdin string, args ...string) (stdout string, code int) {
	c.t.Helper()
	var out bytes.Buffer
	err := c.start(stdin, &out, args...).Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		c.t.Fatalf("wine %v: %v", args, err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return strings.ReplaceAll(out.String(), "\r\n", "\n"), code
}

func (c *computer) must(args ...string) string {
	c.t.Helper()
	out, code := c.run("", args...)
	if code != 0 {
		c.t.Fatalf("wine %v ended with %d:\n%s", args, code, out)
	}
	return out
}

// install runs msiexec on a package without asking anything.
func (c *computer) install(msi string, properties ...string) {
	c.t.Helper()
	c.must(append([]string{"msiexec", "/i", windows(msi), "/qn", "/norestart"}, properties...)...)
}

// msiexec returns the whole exit code, by way of a batch file.
func (c *computer) msiexec(args ...string) int {
	c.t.Helper()
	batch := filepath.Join(c.t.TempDir(), "msiexec.bat")
	if err := os.WriteFile(batch, []byte("@echo off\r\nmsiexec %*\r\necho %errorlevel%\r\n"), 0o644); err != nil {
		c.t.Fatal(err)
	}
	out, _ := c.run("", append([]string{"cmd", "/c", windows(batch)}, args...)...)
	code, err := strconv.Atoi(strings.TrimSpace(out))
	if err != nil {
		c.t.Fatalf("msiexec %v: %q is no exit code", args, out)
	}
	return code
}

// registry reads a key of the 64-bit registry and all below it, as
// `subkey|value` → data. It is empty when there is no such key.
func (c *computer) registry(key string) map[string]string {
	c.t.Helper()
	out, code := c.run("", "reg", "query", key, "/s", "/reg:64")
	found := map[string]string{}
	if code != 0 {
		return found
	}
	sub := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "HKEY_") {
			_, sub, _ = strings.Cut(line, key[strings.Index(key, `\`):])
			sub = strings.TrimPrefix(sub, `\`)
			continue
		}
		if fields := strings.SplitN(strings.TrimPrefix(line, "    "), "    ", 3); len(fields) == 3 && strings.HasPrefix(line, "    ") {
			found[sub+"|"+fields[0]] = fields[2]
		}
	}
	return found
}

// unix is where a path of drive C: lies.
func (c *computer) unix(path string) string {
	return filepath.Join(c.prefix, "drive_c", strings.ReplaceAll(strings.TrimPrefix(path, `C:\`), `\`, "/"))
}

func (c *computer) exists(path string) bool {
	_, err := os.Stat(c.unix(path))
	return err == nil
}

// shortcuts are the Portico.lnk of this computer: on its desktops and in its
// Start menus.
func (c *computer) shortcuts() (desktop, startMenu bool) {
	c.t.Helper()
	home := filepath.Join(filepath.Dir(c.prefix), "home")
	for _, dir := range []string{c.unix(`C:\`), home} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Name() == "Portico.lnk" {
				menu := strings.Contains(path, "Start Menu")
				desktop, startMenu = desktop || !menu, startMenu || menu
			}
			return nil
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
	return desktop, startMenu
}

// windows is how Wine's programs see a file of this machine.
func windows(path string) string { return `Z:` + strings.ReplaceAll(path, "/", `\`) }
