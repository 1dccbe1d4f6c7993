package kit

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/assets"
)

func TestInitials(t *testing.T) {
	for _, tc := range []struct{ name, email, want string }{
		{"Ada Lovelace", "", "AL"}, {"Augusta Ada King-Noel", "", "AK"}, {"Ada", "", "A"},
		{"", "ada@contoso.example", "A"}, {"", "", "?"}, {"øystein ård", "", "ØÅ"}, {"(guest)", "", "G"},
	} {
		if got := Initials(tc.name, tc.email); got != tc.want {
			t.Errorf("initials(%q, %q) = %q, want %q", tc.name, tc.email, got, tc.want)
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
		d, err := drawing.Read(glyphIn(name, RGB(0x102030)))
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
	demo, err := os.ReadFile("../../../cmd/internal/demoportal/site/logo.svg")
	if err != nil {
		t.Fatal(err)
	}
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
		{"the demo portal's", demo, true},
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
			p, err := ReadLogo(tc.data)
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
	if tileColor("mail") != RGB(0x0F6CBD) || tileColor("wiki") != RGB(0xB42378) {
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
