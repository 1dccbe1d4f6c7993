package ui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

func TestSearchFindsAppsByTheirWords(t *testing.T) {
	apps := []localapi.App{
		{ID: "wiki", Title: "Company Wiki", Keywords: []string{"handbook"}},
		{ID: "mail", Title: "Mail", Keywords: []string{"inbox", "outlook"}},
		{ID: "files", Title: "Files", Group: "Company"},
		{ID: "time", Title: "Time off", Keywords: []string{"sick leave"}},
	}
	for query, want := range map[string][]string{
		"mail":         {"mail"},
		"MA":           {"mail"},
		"box":          nil,
		"inbox":        {"mail"},
		"company":      {"wiki", "files"},
		"wiki":         {"wiki"},
		"  sick  ":     {"time"},
		"leave time":   {"time"},
		"time payroll": nil,
		"handbook w":   {"wiki"},
	} {
		var got []string
		for _, a := range matching(apps, query) {
			got = append(got, a.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", query, diff)
		}
	}
}

func TestGivenName(t *testing.T) {
	for _, tc := range []struct {
		account *localapi.Account
		want    string
	}{
		{nil, ""}, {&localapi.Account{}, ""}, {&localapi.Account{Name: "Ada Lovelace"}, "Ada"},
		{&localapi.Account{Name: "Lovelace, Ada", GivenName: "Ada"}, "Ada"},
	} {
		if got := givenName(tc.account); got != tc.want {
			t.Errorf("givenName(%+v) = %q, want %q", tc.account, got, tc.want)
		}
	}
}

func TestMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "window.json")
	if m := readMemory(file); m.size() != fyne.NewSize(firstWidth, firstHeight) || m.Look != kit.FollowSystem {
		t.Errorf("without a file: %+v", m)
	}
	m := memory{Look: kit.AlwaysDark}
	m.keep(file, fyne.NewSize(1200, 800))
	if got := readMemory(file); got.size() != fyne.NewSize(1200, 800) || got.Look != kit.AlwaysDark {
		t.Errorf("kept: %+v", got)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for name, text := range map[string]string{
		"not JSON": "{", "too small": `{"width":10,"height":10}`, "too large": `{"width":1e9,"height":1e9}`,
		"a strange look": `{"look":"pink"}`, "another type": `{"width":"wide"}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if m := readMemory(file); m.size() != fyne.NewSize(firstWidth, firstHeight) || m.Look != kit.FollowSystem {
			t.Errorf("%s: %+v", name, m)
		}
	}
	m.keep("", fyne.NewSize(1, 1)) // nowhere to keep it, and too small to be kept
	if m.Width != 1200 {
		t.Errorf("the size is %v", m.Width)
	}
}

func TestMemoryHoldsNothingAboutAPerson(t *testing.T) {
	data, err := json.Marshal(memory{Width: 1, Height: 1, Look: kit.AlwaysDark, Accent: "#112233"})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if !slices.Contains([]string{"width", "height", "look", "accent"}, name) {
			t.Errorf("it has %q", name)
		}
	}
}

// TestDialogStandsInTheMiddle holds that a dialog is whole on the screen, and
// stays so while its details unfold.
func TestDialogStandsInTheMiddle(t *testing.T) {
	onStage(t, scene{size: fyne.NewSize(leastWidth, leastHeight)}, func(s *stage) {
		middle := func() {
			t.Helper()
			pop, room := s.w.win.Canvas().Overlays().Top(), s.w.win.Canvas().Size()
			right := room.Width - pop.Position().X - pop.Size().Width
			below := room.Height - pop.Position().Y - pop.Size().Height
			if d := right - pop.Position().X; d < 0 || d > 1 {
				t.Errorf("%v on the left, %v on the right", pop.Position().X, right)
			}
			if d := below - pop.Position().Y; d < 0 || d > 1 {
				t.Errorf("%v above, %v below", pop.Position().Y, below)
			}
		}
		s.hear(signedInState())
		s.w.dialogs.problem(blockedState().Session.Problem)
		s.settle()
		middle()
		s.tap("Details for support")
		middle()
	})
}
