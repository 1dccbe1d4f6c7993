package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// report is one with a result of each status, nothing bad.
func report(more ...localapi.CheckResult) localapi.CheckReport {
	r := localapi.CheckReport{Time: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Build: "0.1.0", OS: "linux", Arch: "amd64", Checks: []localapi.CheckResult{
		{ID: "policy", Group: "computer", Status: localapi.CheckGood},
		{ID: "agent", Group: "computer", Status: localapi.CheckSkipped},
		{ID: "tls", Group: "way", Status: localapi.CheckGood, Subject: "portal.example", Facts: []string{"issued by Example CA", "trusted because of Example Root"}, Took: 1500 * time.Millisecond},
	}}
	r.Checks = append(r.Checks, more...)
	for _, c := range more {
		if c.Status == localapi.CheckBad {
			r.Cause = c.ID
		}
	}
	return r
}

func brokenName() localapi.CheckResult {
	return localapi.CheckResult{ID: "dns", Group: "way", Status: localapi.CheckBad, Subject: "login.example", Problem: problem(localapi.NameNotFound, "host", "login.example"), Facts: []string{"a fact"}}
}

func because() localapi.CheckResult {
	return localapi.CheckResult{ID: "provider", Group: "sign-in", Status: localapi.CheckSkipped, Subject: "Work", Because: "dns"}
}

func warned() localapi.CheckResult {
	return localapi.CheckResult{ID: "tray", Group: "computer", Status: localapi.CheckWarning, Problem: problem(localapi.NoTray)}
}

func examinedBy(r localapi.CheckReport) *scripted {
	a := newAgent(state(localapi.SignedIn))
	a.examined = r
	return a
}

func TestDoctorEndsWithTheCausesExitCode(t *testing.T) {
	for name, tc := range map[string]struct {
		report localapi.CheckReport
		exit   int
		says   string // the first line
	}{
		"all is well":     {report(), localapi.ExitDone, "✓ Everything works that signing in needs."},
		"a warning":       {report(warned()), localapi.ExitDone, "! Nothing stands in the way of signing in. Worth a look: This desktop shows no icon for Portico."},
		"something broke": {report(brokenName(), because(), warned()), localapi.ExitUnreachable, "✗ login.example was not found. Check that you are online"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(examinedBy(tc.report), false)
			c.environment["LANG"] = "en_GB.UTF-8"
			if got := c.run(t.Context(), t, "doctor"); got != tc.exit {
				t.Errorf("exit %d, want %d", got, tc.exit)
			}
			if !strings.HasPrefix(c.out.String(), tc.says) {
				t.Errorf("it begins otherwise than with %q:\n%s", tc.says, &c.out)
			}
			c = newConsole(examinedBy(tc.report), false)
			if got := c.run(t.Context(), t, "doctor", "--json"); got != tc.exit {
				t.Errorf("--json: exit %d, want %d", got, tc.exit)
			}
			var doc doctor
			if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil || doc.Cause != tc.report.Cause || doc.Agent == nil || doc.Agent.PID != 42 {
				t.Errorf("the document says %+v (%v)", doc, err)
			}
			if last := doc.Checks[2]; last.Title != "Connection to the server" || last.Took != 1500 {
				t.Errorf("a check is %+v", last)
			}
		})
	}
}

// What is read out on the telephone: the cause, the list by groups, what it means.
func TestDoctorSpeaksToPeople(t *testing.T) {
	c := newConsole(examinedBy(report(brokenName(), because(), warned())), false)
	c.environment["LANG"] = "en_GB.UTF-8"
	c.run(t.Context(), t, "doctor")
	text := c.out.String()
	for _, part := range []string{
		"\nThis computer\n  ✓ What your organisation has set\n", "  ✓ Connection to the server        portal.example · issued by Example CA\n",
		"  ✗ Name of the server              login.example was not found\n", "  – Sign-in service                 Work · not looked at, because of: Name of the server\n",
		"\nWhat it means\n\n  ✗ Name of the server: login.example was not found\n    The network that you are in does not know this name.\n",
		"      Code: name-not-found\n      a fact\n", "  ! Icon on the desktop: This desktop shows no icon for Portico\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if strings.Contains(text, "Example Root") {
		t.Error("every fact is shown without being asked for")
	}
	c = newConsole(examinedBy(report()), false)
	c.run(t.Context(), t, "doctor", "-v")
	if !strings.Contains(c.out.String(), "Example Root") {
		t.Error("--verbose does not show every fact")
	}
	if strings.ContainsAny(c.out.String(), "✓✗–·") {
		t.Errorf("a terminal without UTF-8 is written to in it:\n%s", &c.out)
	}
	german := newConsole(examinedBy(report(brokenName())), false)
	german.words = words.New("de")
	german.run(t.Context(), t, "doctor")
	if !strings.Contains(german.out.String(), "Der Weg hinaus") || strings.Contains(german.out.String(), "console.") {
		t.Errorf("in German:\n%s", &german.out)
	}
}

// The agent of the log-on session knows most. Where it cannot be asked, the
// command looks by itself and says so.
func TestDoctorSaysWhatItKnowsOfTheAgent(t *testing.T) {
	find := func(t *testing.T, c *console) examined {
		t.Helper()
		var doc doctor
		if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
			t.Fatalf("%v\n%s", err, &c.out)
		}
		return doc.Checks[slices.IndexFunc(doc.Checks, func(e examined) bool { return e.ID == "agent" })]
	}
	t.Run("it answers", func(t *testing.T) {
		c := newConsole(examinedBy(report()), false)
		c.run(t.Context(), t, "doctor", "--json")
		if got := find(t, c); got.Status != localapi.CheckGood {
			t.Errorf("it is %+v", got)
		}
	})
	t.Run("it is not running", func(t *testing.T) {
		c := newConsole(examinedBy(report()), true)
		c.run(t.Context(), t, "doctor", "--json")
		if got := find(t, c); got.Status != localapi.CheckSkipped {
			t.Errorf("it is %+v", got)
		}
	})
	t.Run("it is of another version", func(t *testing.T) {
		c := newConsole(examinedBy(report()), false)
		connect := c.connect
		c.connect = func(ctx context.Context, p *program, options connectOptions) (*connection, error) {
			to, err := connect(ctx, p, options)
			to.info.Build = "0.0.9"
			return to, err
		}
		if code := c.run(t.Context(), t, "doctor", "--json"); code != 0 {
			t.Errorf("exit %d", code)
		}
		if got := find(t, c); got.Status != localapi.CheckWarning || got.Problem.Code != localapi.VersionMismatch {
			t.Errorf("it is %+v", got)
		}
	})
	for name, tc := range map[string]struct {
		err  error
		want localapi.Code
	}{
		"it speaks another version": {problem(localapi.VersionMismatch), localapi.VersionMismatch},
		"it does not answer":        {problem(localapi.AgentGone), localapi.AgentGone},
		"its place is not safe":     {errors.New("others may write there"), localapi.AgentGone},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(examinedBy(report(brokenName())), false)
			connect := c.connect
			c.connect = func(ctx context.Context, p *program, options connectOptions) (*connection, error) {
				if !options.Alone {
					return nil, tc.err
				}
				return connect(ctx, p, options)
			}
			if code := c.run(t.Context(), t, "doctor", "--json"); code != localapi.Codes()[tc.want].Exit {
				t.Errorf("exit %d", code)
			}
			if got := find(t, c); got.Status != localapi.CheckBad || got.Problem.Code != tc.want {
				t.Errorf("it is %+v", got)
			}
		})
	}
	t.Run("it is too old to know what is asked", func(t *testing.T) {
		a := examinedBy(report())
		c := newConsole(a, false)
		connect := c.connect
		c.connect = func(ctx context.Context, p *program, options connectOptions) (*connection, error) {
			to, err := connect(ctx, p, options)
			if options.Alone {
				delete(a.errs, "Check")
			} else {
				to.info.Build, a.errs["Check"] = "0.0.9", problem(localapi.Unexpected)
			}
			return to, err
		}
		c.run(t.Context(), t, "doctor", "--json")
		if got := find(t, c); got.Problem == nil || got.Problem.Code != localapi.VersionMismatch {
			t.Errorf("it is %+v", got)
		}
	})
	t.Run("it has another portal", func(t *testing.T) {
		c := newConsole(examinedBy(report()), false)
		c.environment["PORTICO_PORTAL"] = "other.example"
		c.run(t.Context(), t, "doctor", "--json")
		if len(c.connected) != 2 || !c.connected[1].Options.Alone {
			t.Errorf("asked %+v", c.connected)
		}
	})
}
