package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/session"
)

// policyFile is a policy file of Linux that only this test reads, watched as the real
// one is.
type policyFile struct {
	t    *testing.T
	path string
}

func (o *office) policyFile() policyFile {
	f := policyFile{o.t, filepath.Join(o.t.TempDir(), "etc", "portico", "policy.json")}
	if err := os.Mkdir(filepath.Dir(filepath.Dir(f.path)), 0o755); err != nil {
		o.t.Fatal(err)
	}
	o.policies = func() *policy.Policies {
		data, err := os.ReadFile(f.path)
		if err != nil {
			return policytest.None()
		}
		return policy.Check(data, f.path)
	}
	o.change = func(p *Params) {
		p.PolicyChanges = func(ctx context.Context) <-chan struct{} { return desktop.FileChanges(ctx, f.path) }
		p.Log.Dir = p.Start.Paths.Logs
	}
	return f
}

// say replaces the file as IT's tools do.
func (f policyFile) say(settings map[policy.Name]any) {
	f.t.Helper()
	raw, err := json.Marshal(map[string]any{"settings": settings})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path+".new", raw, 0o644); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(f.path+".new", f.path); err != nil {
		f.t.Fatal(err)
	}
}

func (o *office) recorded() (lines []diag.SignInLine) {
	o.t.Helper()
	file, err := os.Open(filepath.Join(o.paths.Logs, diag.SignInsFile))
	if err != nil {
		o.t.Fatal(err)
	}
	defer file.Close()
	for in := bufio.NewScanner(file); in.Scan(); {
		var line diag.SignInLine
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			o.t.Fatal(err)
		}
		if line.Event == session.AuditPolicy {
			lines = append(lines, line)
		}
	}
	return lines
}

// An incident: nobody asks the agent anything, and nobody logs on again.
func TestPolicyThatITChangesReachesTheRunningAgent(t *testing.T) {
	o := newOffice(t)
	file := o.policyFile()
	a := o.start()
	a.await(phase(localapi.Unconfigured))

	file.say(said{policy.PortalURL: o.portal.URL, policy.ManagedByName: "Contoso IT"}) // the folder comes as well
	now := a.await(phase(localapi.SignedOut))
	if row := setting(now, policy.PortalURL); !row.Locked || now.Managed == nil || now.Managed.Name != "Contoso IT" {
		t.Errorf("%+v, %+v", row, now.Managed)
	}
	a.signedIn(localapi.SignInRequest{})

	file.say(said{policy.PortalURL: o.portal.URL, policy.SignInEnabled: false})
	off := a.await(phase(localapi.Blocked))
	if off.Session.Problem.Code != localapi.SignInTurnedOff {
		t.Errorf("%+v", off.Session.Problem)
	}
	file.say(said{policy.PortalURL: o.portal.URL})
	a.await(phase(localapi.SignedIn))

	file.say(said{policy.PortalURL: o.portal.URL, policy.AllowedDomains: []string{"fabrikam.example"}})
	barred := a.await(phase(localapi.Blocked))
	if barred.Session.Problem.Code != localapi.DomainNotAllowed {
		t.Errorf("%+v", barred.Session.Problem)
	}

	file.say(said{policy.PortalURL: o.portal.URL, policy.AllowedTenants: "ours"})
	unclear := a.await(func(s localapi.State) bool {
		return s.Session.Problem != nil && s.Session.Problem.Code == localapi.PolicyUnclear
	})
	if unclear.Session.Phase != localapi.Blocked {
		t.Errorf("%+v", unclear.Session)
	}

	other := newOffice(t)
	name := "Fabrikam IT"
	other.name.Store(&name)
	file.say(said{policy.PortalURL: other.portal.URL})
	a.await(func(s localapi.State) bool { return s.Portal != nil && s.Portal.Name == name })

	if err := os.RemoveAll(filepath.Dir(file.path)); err != nil {
		t.Fatal(err)
	}
	free := a.await(func(s localapi.State) bool { return s.Managed == nil })
	if row := setting(free, policy.PortalURL); row.Locked {
		t.Errorf("%+v", row)
	}
	a.stop()
	var changed [][]string
	for _, line := range o.recorded() {
		changed = append(changed, line.Policies)
		if refused := slices.Contains(line.Policies, "AllowedTenants") && line.Outcome != diag.OutcomeOK; refused != (line.Reason == localapi.PolicyUnclear) {
			t.Errorf("%+v", line)
		}
	}
	for _, key := range []string{"PortalURL", "SignInEnabled", "AllowedDomains", "AllowedTenants", "ManagedByName"} {
		if !slices.ContainsFunc(changed, func(keys []string) bool { return slices.Contains(keys, key) }) {
			t.Errorf("nothing is recorded of %s: %v", key, changed)
		}
	}
}

// A file that is written anew with the same in it changes nothing and is not recorded.
func TestPolicyThatSaysTheSameIsNoChange(t *testing.T) {
	o := newOffice(t)
	file := o.policyFile()
	file.say(said{policy.PortalURL: o.portal.URL})
	a := o.start()
	a.await(phase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	before := a.decisions.Now()
	o.provider.Forget()
	file.say(said{policy.PortalURL: o.portal.URL})
	a.decisions.Reconsider()
	if changed := a.decisions.Now().Differences(before); len(changed) > 0 {
		t.Errorf("%v", changed)
	}
	a.stop()
	if lines := o.recorded(); len(lines) > 0 || len(o.provider.Requests()) > 0 {
		t.Errorf("recorded %+v, %d requests", lines, len(o.provider.Requests()))
	}
}

// What the person decides is none of IT's differences.
func TestOwnSettingsAreNotRecordedAsPolicies(t *testing.T) {
	o := newOffice(t)
	file := o.policyFile()
	file.say(said{policy.PortalURL: o.portal.URL})
	a := o.start()
	a.await(phase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	if err := a.Set(t.Context(), localapi.SettingRequest{Key: "Theme", Value: "dark"}); err != nil {
		t.Fatal(err)
	}
	a.stop()
	if lines := o.recorded(); len(lines) > 0 {
		t.Errorf("%+v", lines)
	}
}
