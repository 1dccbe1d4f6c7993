package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/smalldisk"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
)

// began is an office with a portal that nothing is wrong with.
func began(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.does("init", "--url", o.url, "--name", "Contoso IT", "--authority", o.provider.Issuer(), "--client-id", demoidp.ClientID,
		"--tls", "file", "--certificate", "portal.pem", "--key", "portal.key")
	return o
}

// change writes another text in place of one in a file of the office.
func (o *office) change(file, old, text string) {
	o.t.Helper()
	file = filepath.Join(o.dir, file)
	raw, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(raw), old) {
		o.t.Fatalf("%v: %q is not in %s", err, old, raw)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(raw), old, text, 1)), 0o644); err != nil {
		o.t.Fatal(err)
	}
}

// Each wrong thing is named with what to do, and what is right beside it is still looked at.
func TestCheckNamesEachWrongThing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(o *office)
		code  int
		want  []string
	}{
		"a setting": {func(o *office) { o.change("gateway.toml", "wait = 55", "wait = 5500") }, exitConfiguration, []string{"WRONG  settings: gateway.toml, line ", "limits.wait"}},
		"an unknown setting": {func(o *office) { o.change("gateway.toml", "wait = 55", "waits = 55") }, exitConfiguration,
			[]string{"limits.waits has no meaning; write limits.wait"}},
		"a form":                {func(o *office) { o.change("portal/forms/broken.json", `"object"`, `"objekt"`) }, exitConfiguration, []string{"WRONG  portal folder: ", "broken.json"}},
		"a form that is none":   {func(o *office) { o.change("portal/forms/broken.json", `{`, ``) }, exitConfiguration, []string{"WRONG  portal folder: ", "broken.json"}},
		"no manifest":           {func(o *office) { o.remove("portal/portico.json") }, exitConfiguration, []string{"WRONG  portal folder: ", "portico.json"}},
		"a provider that is no": {func(o *office) { o.change("portal/portico.json", o.provider.Issuer(), o.provider.Issuer()+"/other") }, exitConfiguration, []string{"WRONG  provider Work account: "}},
		"a provider away": {func(o *office) { o.change("portal/portico.json", o.provider.Issuer(), "http://127.0.0.1:1") }, exitUnreachable,
			[]string{"WRONG  provider Work account: ", "127.0.0.1:1"}},
		"no certificate": {func(o *office) { o.remove("portal.pem") }, exitConfiguration, []string{"WRONG  certificate: tls.certificate and tls.key cannot be used", "portal.pem"}},
		"another host":   {func(o *office) { o.change("gateway.toml", "https://127.0.0.1", "https://portal.example.com") }, exitConfiguration, []string{"WRONG  certificate: the certificate is not for the host of url"}},
		"another program's store": {func(o *office) { o.write("gateway.db", strings.Repeat("a letter ", 100)) }, exitConfiguration,
			[]string{"WRONG  store: ", "is not a store of portico-gateway; name another file"}},
		"no folder for attachments": {func(o *office) { o.write("attachments", "") }, exitConfiguration, []string{"WRONG  attachments: ", "is not a folder"}},
		"a port in use": {func(o *office) {
			l, err := net.Listen("tcp", o.operations)
			if err != nil {
				o.t.Fatal(err)
			}
			o.t.Cleanup(func() { _ = l.Close() })
		}, exitConfiguration, []string{"WRONG  operations: another program listens on ", "write another address as operations", "ok     listen: "}},
	} {
		t.Run(name, func(t *testing.T) {
			o := began(t)
			c.spoil(o)
			said, code := o.run("check")
			if code != c.code {
				t.Errorf("it ended with %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said: %s", want, said)
				}
			}
			if n := strings.Count(said, "WRONG"); n != 1 {
				t.Errorf("%d things are wrong: %s", n, said)
			}
		})
	}
}

func (o *office) remove(file string) {
	o.t.Helper()
	if err := os.Remove(filepath.Join(o.dir, file)); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) write(file, text string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, file), []byte(text), 0o644); err != nil {
		o.t.Fatal(err)
	}
}

// Beside a gateway that runs, nothing is wrong with its store and its ports.
func TestCheckBesideAGateway(t *testing.T) {
	o := began(t)
	o.serve()
	if said := o.does("check"); strings.Count(said, "as is right while the gateway runs") != 2 {
		t.Error(said)
	}
	if said, code := o.run("serve"); code != exitConfiguration || !strings.Contains(said, "another portico-gateway works with the store") {
		t.Errorf("a second gateway: %d %s", code, said)
	}
}

// Another user may read everything and write nothing.
func TestCheckAsAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	o := began(t)
	o.serve()
	o.stop(syscall.SIGTERM)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "portico-gateway"), self, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{".": 0o755, "..": 0o755, "gateway.db": 0o644, "portal.key": 0o644} {
		if err := os.Chmod(filepath.Join(o.dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("./portico-gateway", "check")
	c.Dir, c.Env = o.dir, o.command().Env
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, _ := c.CombinedOutput()
	for _, want := range []string{"WRONG  store: ", "may not be written; give its file and its folder to the user", "WRONG  attachments: "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not said: %s", want, out)
		}
	}
	if code := c.ProcessState.ExitCode(); code != exitConfiguration {
		t.Errorf("it ended with %d", code)
	}
}

func TestCheckOfAFullDisk(t *testing.T) {
	o := began(t)
	disk := smalldisk.New(t)
	o.change("gateway.toml", "sqlite:gateway.db", "sqlite:"+filepath.Join(disk, "gateway.db"))
	o.serve()
	o.stop(syscall.SIGTERM)
	smalldisk.Fill(t, disk)
	for _, command := range []string{"check", "serve"} {
		if said, code := o.run(command); code != exitConfiguration || !strings.Contains(said, "make room") {
			t.Errorf("%s: %d %s", command, code, said)
		}
	}
}
