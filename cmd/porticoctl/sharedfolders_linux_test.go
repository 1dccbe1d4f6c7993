package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// Another user has prepared a folder with settings that name a program of his as the
// browser, and has somebody use it.
func TestFoldersThatOthersPreparedAreNotUsed(t *testing.T) {
	ada, mallory := newUser(t, "ada", false), newUser(t, "mallory", false)
	program := built(t)
	room := everybodys(t)
	mark := filepath.Join(room, "ran")
	script := exec.Command("sh", "-ec", `
		printf '#!/bin/sh\ntouch %s\n' "$MARK" > browser; chmod 755 browser
		for at in theirs/data xdg/portico; do
			mkdir -p $at
			printf '{"settings":{"Browser":"%s","Language":"de"}}' "$PWD/browser" > $at/settings.json
		done
		chown -R $MALLORY theirs xdg
		install -d -m 777 open; install -d -o $ADA open/data; cp theirs/data/settings.json open/data; chown $ADA open/data/settings.json`)
	script.Dir = room
	script.Env = []string{"PATH=/usr/bin:/bin", "MARK=" + mark, "MALLORY=" + mallory.name, "ADA=" + ada.name}
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range map[string]struct {
		args, env string
		code      localapi.Code
		says      string
	}{
		"--data-dir":       {"--data-dir " + room + "/theirs", "", localapi.FolderOfOther, mallory.name},
		"PORTICO_DATA_DIR": {"", "PORTICO_DATA_DIR=" + room + "/theirs", localapi.FolderOfOther, mallory.name},
		"XDG_DATA_HOME":    {"", "XDG_DATA_HOME=" + room + "/xdg", localapi.FolderOfOther, mallory.name},
		"an open folder":   {"--data-dir " + room + "/open", "", localapi.FolderOpen, "sudo chmod o-w " + room + "/open"},
	} {
		for _, line := range []string{"status", "login --timeout 1s", "logout", "forget --yes", "accounts"} {
			cmd := ada.as(t.Context(), program, append(strings.Fields(line+" "+test.args), "--json")...)
			cmd.Env = append(cmd.Env, "PORTICO_PORTAL=http://127.0.0.1:1", test.env)
			code, doc, all := document(t, cmd)
			if code != localapi.ExitConfig || doc.Problem == nil || doc.Problem.Code != test.code || !strings.Contains(all, test.says) {
				t.Errorf("%s, %s: exit %d\n%s", name, line, code, all)
			}
		}
		// Who only looks, may; what the folder says does not count.
		cmd := ada.as(t.Context(), program, append(strings.Fields("policy "+test.args), "--json")...)
		cmd.Env = append(cmd.Env, test.env)
		if out, err := cmd.Output(); err != nil || strings.Contains(string(out), room+"/browser") {
			t.Errorf("%s, policy: %v\n%s", name, err, out)
		}
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("another user's program ran")
	}
}

// Another user's number on a folder of one's own home, as after a backup was put back.
func TestFolderInOnesHomeIsTakenOver(t *testing.T) {
	ada, mallory := newUser(t, "ada", false), newUser(t, "mallory", false)
	share := filepath.Join(ada.home, ".local/share")
	if out, err := ada.as(t.Context(), "mkdir", "-p", share+"/portico").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("chown", "-R", mallory.name, share).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mend := "sudo chown -R " + ada.name + ": " + share
	code, doc, all := document(t, ada.as(t.Context(), built(t), "status", "--json"))
	if code != localapi.ExitConfig || doc.Problem == nil || doc.Problem.Code != localapi.FolderInHome || doc.Problem.Params["owner"] != mallory.name ||
		!strings.Contains(all, mend) || strings.Contains(all, "--data-dir") {
		t.Errorf("exit %d\n%s", code, all)
	}
	if out, err := exec.Command("sh", "-c", strings.TrimPrefix(mend, "sudo ")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, doc, all := document(t, ada.as(t.Context(), built(t), "status", "--json")); doc.Problem == nil || doc.Problem.Code != localapi.NoPortal {
		t.Errorf("afterwards\n%s", all)
	}
	// A home that the environment only claims is not offered.
	cmd := ada.as(t.Context(), built(t), "status", "--json")
	cmd.Env = append(cmd.Env, "HOME="+mallory.home)
	if out, err := exec.Command("chmod", "755", mallory.home).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, doc, all := document(t, cmd); doc.Problem == nil || doc.Problem.Code != localapi.FolderOfOther {
		t.Errorf("in another user's home\n%s", all)
	}
}

// A home with umask 002 and a private group, its folders linked as stow does it.
func TestFoldersOfUsualHomesAreUsed(t *testing.T) {
	ada := newUser(t, "ada", false)
	script := ada.as(t.Context(), "sh", "-ec", `umask 002
		mkdir -p $HOME/dotfiles/portico $HOME/.local/share $HOME/.cache
		printf '{"settings":{"Language":"de"}}' > $HOME/dotfiles/portico/settings.json
		ln -s ../../dotfiles/portico $HOME/.local/share/portico`)
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code, doc, all := document(t, ada.as(t.Context(), built(t), "status", "--json"))
	if doc.Problem == nil || doc.Problem.Code != localapi.NoPortal || !strings.Contains(all, "Portal") {
		t.Errorf("exit %d\n%s", code, all)
	}
	out, err := ada.as(t.Context(), built(t), "policy", "--json").Output()
	if err != nil || !strings.Contains(string(out), `"de"`) {
		t.Errorf("%v\n%s", err, out)
	}
}

// A cache that others may write is not used, and nobody is locked out for it.
func TestSharedCacheIsPassedBy(t *testing.T) {
	ada := newUser(t, "ada", false)
	room := everybodys(t)
	cache := filepath.Join(room, "cache")
	if err := os.Mkdir(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(cache, 0o777); err != nil {
		t.Fatal(err)
	}
	run := func(line string) (int, standing, string) {
		cmd := ada.as(t.Context(), built(t), append(strings.Fields(line), "--json")...)
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+cache)
		return document(t, cmd)
	}
	if code, doc, all := run("status"); doc.Problem == nil || doc.Problem.Code != localapi.NoPortal {
		t.Errorf("exit %d\n%s", code, all)
	}
	if _, err := os.Stat(filepath.Join(cache, "portico")); err == nil {
		t.Error("the shared cache is used")
	}
	if _, _, all := run("doctor"); !strings.Contains(all, string(localapi.FolderOpen)) || !strings.Contains(all, cache) {
		t.Errorf("the doctor does not say so\n%s", all)
	}
}

// A person's links lead root into folders of root's, where it would leave files in places
// that the person has chosen.
func TestRootDoesNotFollowAPersonsLinks(t *testing.T) {
	ada := newUser(t, "ada", false)
	roots := t.TempDir()
	links := ada.as(t.Context(), "sh", "-ec", `ln -s "$1" "$HOME/.local"; ln -s "$1" "$HOME/.cache"`, "sh", roots)
	if out, err := links.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range []string{"status", "login --timeout 1s", "forget --yes", "doctor"} {
		cmd := exec.Command(built(t), append(strings.Fields(line), "--json")...)
		cmd.Env = []string{"HOME=" + ada.home, "XDG_RUNTIME_DIR=" + roots, "PORTICO_PORTAL=http://127.0.0.1:1", "PATH=/usr/bin:/bin"}
		code, _, all := document(t, cmd)
		if !strings.Contains(all, string(localapi.FolderOfPerson)) || !strings.Contains(all, ada.name) || line != "doctor" && code != localapi.ExitConfig {
			t.Errorf("%s: exit %d\n%s", line, code, all)
		}
	}
	if entries, err := os.ReadDir(roots); err != nil || len(entries) > 0 {
		t.Errorf("made in root's folder: %v, %v", entries, err)
	}
}
