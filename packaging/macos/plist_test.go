package macos

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"howett.net/plist"

	"github.com/portico-desktop/portico/assets"
)

const id = "io.github.portico_desktop.Portico"

func readPlist(t *testing.T, path string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if _, err := plist.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func TestLaunchAgent(t *testing.T) {
	p := readPlist(t, id+".plist")
	if p["Label"] != id {
		t.Errorf("the label is %v, and everybody looks for %s", p["Label"], id)
	}
	args, _ := p["ProgramArguments"].([]any)
	if len(args) != 2 || args[0] != "/Applications/Portico.app/Contents/Helpers/PorticoAgent.app/Contents/MacOS/portico-agent" || args[1] != "--autostart" {
		t.Errorf("it starts %v", args)
	}
	if p["RunAtLoad"] != true || p["KeepAlive"] != false || p["LimitLoadToSessionType"] != "Aqua" {
		t.Errorf("it starts at the wrong time: %v", p)
	}
}

func TestEntitlementsAskForNothing(t *testing.T) {
	if p := readPlist(t, "Portico.entitlements"); len(p) != 0 {
		t.Errorf("they ask for %v", p)
	}
}

// The bundle is made by the script that makes it on a Mac.
func TestBundle(t *testing.T) {
	bin, out := t.TempDir(), t.TempDir()
	for _, name := range []string{"portico", "portico-agent", "porticoctl"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("./build.sh", assets.Version, bin, out)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, said)
	}
	contents := filepath.Join(out, "Portico.app", "Contents")
	p := readPlist(t, filepath.Join(contents, "Info.plist"))
	for key, want := range map[string]any{
		"CFBundleIdentifier": id, "CFBundleExecutable": "portico", "CFBundleShortVersionString": assets.Version, "LSUIElement": nil,
	} {
		if p[key] != want {
			t.Errorf("%s is %v, want %v", key, p[key], want)
		}
	}
	// A link is for the window: macOS would give it to an agent of the same bundle,
	// which runs already.
	agent := readPlist(t, filepath.Join(contents, "Helpers/PorticoAgent.app/Contents/Info.plist"))
	for key, want := range map[string]any{
		"CFBundleIdentifier": id + ".agent", "CFBundleExecutable": "portico-agent", "CFBundleShortVersionString": assets.Version, "LSUIElement": true, "CFBundleURLTypes": nil,
	} {
		if agent[key] != want {
			t.Errorf("the agent's %s is %v, want %v", key, agent[key], want)
		}
	}
	types, _ := p["CFBundleURLTypes"].([]any)
	if len(types) != 1 || !strings.Contains(strings.Join(texts(types[0]), " "), "portico") {
		t.Errorf("portico:// is not registered: %v", types)
	}
	for _, name := range []string{"MacOS/portico", "MacOS/porticoctl", "Helpers/PorticoAgent.app/Contents/MacOS/portico-agent"} {
		if info, err := os.Stat(filepath.Join(contents, name)); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	icon, err := os.ReadFile(filepath.Join(contents, "Resources", p["CFBundleIconFile"].(string)))
	if err != nil || !bytes.HasPrefix(icon, []byte("icns")) || len(icon) < 20_000 {
		t.Errorf("the icon: %d bytes, %v", len(icon), err)
	}

	for _, version := range []string{"", "1.2-beta", ".1", "1.", "x"} {
		if err := exec.Command("./build.sh", version, bin, out).Run(); err == nil {
			t.Errorf("version %q was accepted, which macOS does not understand", version)
		}
	}
	if err := exec.Command("./build.sh", "1.0", out, out).Run(); err == nil {
		t.Error("it has made a bundle without programs")
	}
}

// texts are all texts of a property list's value.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, texts(e)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, e := range v {
			all = append(all, texts(e)...)
		}
		return all
	}
	return nil
}
