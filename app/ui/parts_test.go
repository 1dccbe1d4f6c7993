package ui

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/assets"
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

func TestInitials(t *testing.T) {
	for _, tc := range []struct{ name, email, want string }{
		{"Ada Lovelace", "", "AL"}, {"Augusta Ada King-Noel", "", "AK"}, {"Ada", "", "A"},
		{"", "ada@contoso.example", "A"}, {"", "", "?"}, {"øystein ård", "", "ØÅ"}, {"(guest)", "", "G"},
	} {
		if got := initials(tc.name, tc.email); got != tc.want {
			t.Errorf("initials(%q, %q) = %q, want %q", tc.name, tc.email, got, tc.want)
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

func TestEveryIconCanBeDrawn(t *testing.T) {
	files, err := assets.Glyphs.ReadDir("icons/glyphs")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d icons, %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".svg")
		d, err := drawing.Read(glyphIn(name, rgb(0x102030)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := painted(d.Draw(48, 48, 2)); n < 50 {
			t.Errorf("%s: only %d pixels are drawn", name, n)
		}
		if source := glyphSource(name); !bytes.Contains(source, []byte(`stroke-width="1.75"`)) {
			t.Errorf("%s is of another family", name)
		}
	}
	for _, name := range []string{"home", "apps", "mail", "files", "folder", "phone", "globe", "people", "calendar", "clock",
		"money", "book", "chat", "lock", "chart", "ticket", "settings", "copy", "external", "check", "alert", "user",
		"sign-out", "refresh", "close", "search"} {
		if glyphSource(name) == nil {
			t.Errorf("there is no icon %q", name)
		}
	}
	for _, name := range []string{"", "nothing", "../portico", "Mail", "glyphs/mail", "mail.svg"} {
		if glyphSource(name) != nil {
			t.Errorf("%q is an icon", name)
		}
	}
}

// painted counts the pixels that are not empty.
func painted(p image.Image) int {
	n := 0
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			if _, _, _, a := p.At(x, y).RGBA(); a != 0 {
				n++
			}
		}
	}
	return n
}

func TestPicturesOfPortals(t *testing.T) {
	pixels := func(width, height int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, width, height))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, tc := range []struct {
		name string
		data []byte
		good bool
	}{
		{"Portico's own", assets.LogoSVG, true},
		{"the demo portal's", logoFile(), true},
		{"pixels", pixels(20, 10), true},
		{"too many pixels", pixels(5000, 1), false},
		{"half a file", pixels(20, 10)[:40], false},
		{"no picture", []byte("<!doctype html><p>hello"), false},
		{"nothing", nil, false},
		{"a drawing without a size", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`), false},
		{"a drawing with letters", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>Contoso</text></svg>`), false},
		{"a drawing of itself", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><g id="a"><use href="#a"/></g></defs><use href="#a"/></svg>`), false},
		{"a drawing without an end", []byte(`<svg viewBox="0 0 9 9"><path d="M0 0` + strings.Repeat("L1000000 -1000000L-1000000 1000000", 6000) + `"/></svg>`), false},
		{"a broken path", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 A Z 9 9"/></svg>`), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := readLogo(tc.data)
			if (err == nil) != tc.good {
				t.Fatalf("readLogo: %v", err)
			}
			if tc.good && p.object() == nil {
				t.Error("there is nothing to show")
			}
		})
	}
}

func TestTileColoursStayTheSame(t *testing.T) {
	// They are the same on every desk and in every version.
	a, b := localapi.App{ID: "mail", Title: "Mail"}, localapi.App{ID: "mail", Title: "Post"}
	if tileColor(a.ID) != tileColor(b.ID) || tileColor("mail") != rgb(0x0F6CBD) || tileColor("wiki") != rgb(0xB42378) {
		t.Errorf("mail %v, wiki %v", tileColor("mail"), tileColor("wiki"))
	}
	used := make(map[any]bool)
	for _, id := range []string{"mail", "files", "crm", "payroll", "wiki", "calendar", "travel", "write", "call"} {
		used[tileColor(id)] = true
	}
	if len(used) < 7 {
		t.Errorf("nine apps have %d colours", len(used))
	}
}

func TestMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "window.json")
	if m := readMemory(file); m.size() != fyne.NewSize(firstWidth, firstHeight) || m.Look != followSystem {
		t.Errorf("without a file: %+v", m)
	}
	m := memory{Look: alwaysDark}
	m.keep(file, fyne.NewSize(1200, 800))
	if got := readMemory(file); got.size() != fyne.NewSize(1200, 800) || got.Look != alwaysDark {
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
		if m := readMemory(file); m.size() != fyne.NewSize(firstWidth, firstHeight) || m.Look != followSystem {
			t.Errorf("%s: %+v", name, m)
		}
	}
	m.keep("", fyne.NewSize(1, 1)) // nowhere to keep it, and too small to be kept
	if m.Width != 1200 {
		t.Errorf("the size is %v", m.Width)
	}
}

func TestMemoryHoldsNothingAboutAPerson(t *testing.T) {
	data, err := json.Marshal(memory{Width: 1, Height: 1, Look: alwaysDark, Accent: "#112233"})
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
			pop, room := s.w.popup.shown, s.w.win.Canvas().Size()
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
		s.w.showProblem(blockedState().Session.Problem)
		s.settle()
		middle()
		s.tap("Details for support")
		middle()
	})
}
