package ui

import (
	"archive/zip"
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

func TestHelpIsThereInEveryState(t *testing.T) {
	for name, state := range map[string]func() localapi.State{
		"no portal": unconfigured, "signed out": signedOutState, "refused": refusedState, "signing in": waitingState,
		"consent": consentState, "blocked": blockedState, "turned off": turnedOffState, "portal not read": portalTroubleState,
		"offline": offlineState, "signed in": signedInState,
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.examined = goodReport()
				s.hear(state())
				before := s.w.screens.kind
				helping("window.help.check")(s)
				s.reads("Everything works")
				s.expect("check")
				s.key(fyne.KeyEscape)
				s.reads("Finds out what is wrong")
				s.key(fyne.KeyEscape)
				s.shows(before)
			})
		})
	}
	t.Run("agent not heard of", func(t *testing.T) {
		onStage(t, scene{}, func(s *stage) {
			s.settle()
			s.agent.checkErr = &localapi.Problem{Code: localapi.AgentGone}
			helping("window.help.check")(s)
			s.reads("Portico stopped running")
		})
	})
}

func TestCheckSaysTheCauseFirst(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.examined, s.agent.slow = brokenReport(), 20*time.Second
		s.hear(signedInState())
		helping("window.help.check")(s)
		s.reads("Looking at this computer")
		s.hear(signedInState()) // news do not disturb it
		s.pass(20 * time.Second)
		texts := s.texts()
		verdict := slices.Index(texts, "Your network's proxy wants a name and a password")
		if list := slices.Index(texts, "What was checked"); verdict < 0 || list < verdict {
			t.Errorf("the cause is text %d, the list %d of %q", verdict, list, texts)
		}
		if slices.Contains(texts, "asks for: Negotiate") {
			t.Error("the details are unfolded")
		}
		s.tap("Proxy, proxy.contoso.example:8080, does not work")
		s.reads("asks for: Negotiate")
		s.tap("Copy")
		for _, want := range []string{"[bad] Proxy: proxy.contoso.example:8080", "407 Proxy Authentication Required", "[good] Clock", "[skipped]", "Portico 0.1.0, linux/amd64, 2026-11-23"} {
			if got := s.w.app.Clipboard().Content(); !strings.Contains(got, want) {
				t.Errorf("the copy lacks %q:\n%s", want, got)
			}
		}
		s.agent.examined = goodReport()
		s.tap("Check again")
		s.reads("Looking at this computer")
		s.pass(20 * time.Second)
		s.reads("Everything works")
	})
}

func TestCheckThatIsLeftIsGivenUp(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.examined, s.agent.slow = brokenReport(), time.Hour
		s.hear(signedInState())
		helping("window.help.check")(s)
		s.tap("Back")
		s.settle() // the bubble's end fails the test if it goes on
		s.tap("Home")
		s.reads("Good morning, Ada")
	})
}

func TestOnlyWarningsAreNoAlarm(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		report := goodReport()
		report.Checks[5].Status, report.Checks[5].Problem = localapi.CheckWarning, &localapi.Problem{Code: localapi.KeyStoreLocked}
		s.agent.examined = report
		s.hear(signedInState())
		helping("window.help.check")(s)
		s.reads("Your key store is locked", "needs a look")
	})
}

func TestProblemsLeadToTheCheck(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.examined = brokenReport()
		s.hear(blockedState())
		s.tap("Details for support")
		s.tap("Check this computer")
		s.expect("check")
		s.reads("Your network's proxy wants a name and a password")
		s.tap("Back")
		s.tap("Back")
		s.shows(kindProblem)
	})
}

func TestBundleIsReadBeforeItLeaves(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.w.params.Downloads = t.TempDir()
		bundled(s)
		s.hear(signedInState())
		helping("window.help.send")(s)
		s.reads("doctor.txt", "policy.json", "portico-agent.log", "44 KB")
		s.tapFile("portico-agent.log")
		focused, ok := s.w.win.Canvas().Focused().(*kit.Reader)
		if !ok {
			t.Fatalf("the keyboard is on %T", s.w.win.Canvas().Focused())
		}
		if !strings.HasPrefix(focused.AccessibilityLabel(), "time=2026-11-23") {
			t.Errorf("it is %q", focused.AccessibilityLabel())
		}
		s.key(fyne.KeyEnd)
		if focused.Scroll.Offset.Y < 1000 {
			t.Errorf("End scrolls to %v", focused.Scroll.Offset.Y)
		}
		s.key(fyne.KeyHome)
		s.key(fyne.KeyPageDown)
		if y := focused.Scroll.Offset.Y; y < 100 || y > focused.Scroll.Size().Height {
			t.Errorf("a page is %v", y)
		}
		s.key(fyne.KeyEscape)
		s.find("Save the file")
		s.expect("bundle")
		if files, _ := os.ReadDir(s.w.params.Downloads); len(files) != 0 {
			t.Errorf("%d files were written before anybody asked", len(files))
		}
		if s.openedURLs() != nil || s.with != nil {
			t.Errorf("something was opened: %q %q", s.opened, s.with)
		}
	})
}

func TestBundleIsSavedForThePersonAlone(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.w.params.Downloads = t.TempDir()
		bundled(s)
		var shown []string
		s.w.params.ShowFile = func(_ context.Context, file string) error { shown = append(shown, file); return nil }
		s.hear(signedInState())
		helping("window.help.send")(s)
		s.tap("Save the file")
		file := filepath.Join(s.w.params.Downloads, "portico-support-20261123-091200.zip")
		s.reads(file)
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		if diff := cmp.Diff(someBundle().Files, unzip(t, file)); diff != "" {
			t.Errorf("it holds something else than was shown (-want +got):\n%s", diff)
		}
		s.tap("Show in folder")
		if diff := cmp.Diff([]string{file}, shown); diff != "" {
			t.Errorf("shown (-want +got):\n%s", diff)
		}
		s.tap("Write a mail")
		mail, err := url.Parse(s.openedURLs()[0])
		if err != nil || mail.Scheme != "mailto" || mail.Opaque != "help@contoso.example" {
			t.Errorf("the mail is %v, %v", mail, err)
		}
		if q := mail.Query(); q.Get("subject") == "" || !strings.Contains(q.Get("body"), file) || len(q) != 2 {
			t.Errorf("the mail says %v", q)
		}
	})
}

func TestBundleThatCannotBeSaved(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.w.params.Downloads = filepath.Join(t.TempDir(), "gone")
		bundled(s)
		s.hear(blockedState())
		helping("window.help.send")(s)
		s.tap("Save the file")
		s.reads("The file could not be saved", s.w.params.Downloads)
		if err := os.Mkdir(s.w.params.Downloads, 0o700); err != nil {
			t.Fatal(err)
		}
		s.tap("Save the file")
		s.reads("Saved.")
	})
}

func TestBundleThatCannotBeGathered(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.bundleErr = &localapi.Problem{Code: localapi.AgentGone}
		s.hear(signedInState())
		helping("window.help.send")(s)
		s.reads("Portico stopped running")
		s.agent.bundleErr = nil
		bundled(s)
		s.tap("Gather again")
		s.find("Save the file")
	})
}

func TestSavingNeverReplacesAFileNorLeavesTheFolder(t *testing.T) {
	folder := t.TempDir()
	var names []string
	for _, name := range []string{"a.zip", "a.zip", "../evil.zip", "sub/evil.zip", "..", "", "evil.exe"} {
		file, err := saveBundle(folder, localapi.Bundle{Name: name})
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if filepath.Dir(file) != folder {
			t.Errorf("%q was saved as %s", name, file)
		}
		names = append(names, filepath.Base(file))
	}
	want := []string{"a.zip", "a-2.zip", "portico-support.zip", "portico-support-2.zip", "portico-support-3.zip", "portico-support-4.zip", "portico-support-5.zip"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNothingInAMailAddsToIt(t *testing.T) {
	got := mailTo("mailto:help@contoso.example", "a & b?", "1\n&attach=/etc/passwd")
	want := "mailto:help@contoso.example?subject=a%20%26%20b%3F&body=1%0D%0A%26attach%3D%2Fetc%2Fpasswd"
	if got != want {
		t.Errorf("the mail is %s", got)
	}
}

func TestLongFileIsReadToItsEnd(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.bundle = localapi.Bundle{Files: []localapi.BundleFile{{Name: "portico-agent.log", Text: strings.Repeat("a line\n", 100000) + "the last line"}}}
		s.hear(signedInState())
		helping("window.help.send")(s)
		s.tapFile("portico-agent.log")
		s.key(fyne.KeyEnd)
		r := s.w.win.Canvas().Focused().(*kit.Reader)
		if bottom := r.MinSize().Height - r.Scroll.Size().Height; r.Scroll.Offset.Y != bottom {
			t.Errorf("the end is at %v, not %v", r.Scroll.Offset.Y, bottom)
		}
		s.tap("Copy")
		if !strings.HasSuffix(s.w.app.Clipboard().Content(), "the last line") {
			t.Error("the copy has no end")
		}
	})
}

func unzip(t *testing.T, file string) []localapi.BundleFile {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}()
	var files []localapi.BundleFile
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, localapi.BundleFile{Name: entry.Name, Text: string(data)})
	}
	return files
}

func TestWarningBeforeTheCauseIsNotTheVerdict(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.examined = localapi.CheckReport{Cause: "policy", Checks: []localapi.CheckResult{
			{ID: "policy", Status: localapi.CheckWarning, Problem: &localapi.Problem{Code: localapi.PolicyUnknownKey, Params: map[string]string{"key": "Thme"}}},
			{ID: "policy", Status: localapi.CheckBad, Problem: &localapi.Problem{Code: localapi.PolicyUnreadable}},
		}}
		s.hear(signedInState())
		helping("window.help.check")(s)
		p, bad := s.w.screens.help.check.found()
		if p == nil || p.Code != localapi.PolicyUnreadable || !bad {
			t.Errorf("the verdict is %v, bad: %v", p, bad)
		}
	})
}

func TestF5ChecksAgainWhereACheckIsShown(t *testing.T) {
	for _, state := range []localapi.State{signedInState(), signedOutState()} {
		onStage(t, scene{}, func(s *stage) {
			s.agent.examined = brokenReport()
			s.hear(state)
			helping("window.help.check")(s)
			s.key(fyne.KeyF5)
			s.expect("check", "check")
			s.agent.slow = time.Minute
			s.key(fyne.KeyF5)
			s.key(fyne.KeyF5) // it looks already
			s.expect("check", "check", "check")
			s.key(fyne.KeyEscape)
			s.key(fyne.KeyF5)
			s.expect("check", "check", "check", "refresh")
		})
	}
}

func TestPortalThatCannotBeReadIsTriedAgainOrChecked(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.examined = brokenReport()
		state := signedInState()
		state.PortalProblem = portalTroubleState().PortalProblem
		s.agent.refreshed = state
		s.hear(state)
		s.tap("Details")
		s.tap("Try again")
		s.expect("refresh")
		s.tap("Details")
		s.tap("Check this computer")
		s.expect("refresh", "check")
		s.reads("What was checked")
	})
}
