package kit

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
)

func linesOf(lines []line) []string {
	var texts []string
	for _, l := range lines {
		var words []string
		for _, p := range l.pieces {
			if p.bold {
				words = append(words, "*"+p.text+"*")
			} else {
				words = append(words, p.text)
			}
		}
		texts = append(texts, strings.Join(words, " "))
	}
	return texts
}

func TestLabelBreaksItsText(t *testing.T) {
	test.NewTempApp(t)
	width := func(text string) float32 {
		return fyne.MeasureText(text, SizeText, fyne.TextStyle{}).Width
	}
	for _, tc := range []struct {
		name  string
		label *Label
		width float32
		want  []string
	}{
		{"all in one line", Body("one two three"), width("one two three"), []string{"one two three"}},
		{"between words", Body("one two three"), width("one two"), []string{"one two", "three"}},
		{"nothing", Body(""), 100, []string{""}},
		{"lines of its own", Body("one\ntwo\n\nthree"), 1000, []string{"one", "two", "", "three"}},
		{"within a long word", Body("aaaaaaaaaa"), width("aaaa"), []string{"aaaa", "aaaa", "aa"}},
		{"a word wider than anything", Body("WWW"), 1, []string{"W", "W", "W"}},
		{"long word after a short one", Body("x aaaaaaaa"), width("aaaa"), []string{"x", "aaaa", "aaaa"}},
		{"bold words first", func() *Label { l := Body("two three"); l.lead = "One."; return l }(), 1000, []string{"*One.* two three"}},
		{"at most two lines", func() *Label { l := Body("one two three"); l.Limit = 2; return l }(), width("three…"), []string{"one", "two…"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.label.broken(tc.width)
			if diff := cmp.Diff(tc.want, linesOf(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if h := tc.label.heightFor(tc.width); h != float32(len(tc.want))*20 {
				t.Errorf("the height is %v", h)
			}
		})
	}
}

func TestCutLabelEndsWithDots(t *testing.T) {
	test.NewTempApp(t)
	l := NewLabel("help@contoso.example", SizeText, RoleText).Cut()
	whole := l.natural()
	if got := linesOf([]line{l.cutTo(whole)}); got[0] != "help@contoso.example" {
		t.Errorf("with enough room: %q", got[0])
	}
	short := l.cutTo(whole / 2)
	if got := linesOf([]line{short})[0]; !strings.HasSuffix(got, "…") || !strings.HasPrefix(got, "help@") {
		t.Errorf("with half the room: %q", got)
	}
	if short.width > whole/2 {
		t.Errorf("it is %v wide, with room for %v", short.width, whole/2)
	}
	if got := linesOf([]line{l.cutTo(0)})[0]; got != "…" {
		t.Errorf("with no room: %q", got)
	}
}

func TestGridWrapsWithTheWidth(t *testing.T) {
	for _, tc := range []struct {
		width float32
		most  int
		want  int
	}{{704, 0, 6}, {464, 0, 4}, {464, 3, 3}, {99, 0, 1}, {0, 0, 1}, {100, 0, 1}, {212, 0, 2}} {
		if got := (gridLayout{least: 100, gap: 12, most: tc.most}).columns(tc.width); got != tc.want {
			t.Errorf("%v wide: %d columns, want %d", tc.width, got, tc.want)
		}
	}
}

// TestLongAddressIsBrokenQuickly holds that a label does not measure every head
// of an address, which stops the window for seconds.
func TestLongAddressIsBrokenQuickly(t *testing.T) {
	test.NewTempApp(t)
	address := "https://login.example/adminconsent?" + strings.Repeat("scope=openid&", 400)
	l := NewLabel(address, SizeSmall, RoleText).Wrapped()
	l.Limit = 2
	started := time.Now()
	for _, width := range []float32{0, 1, 40, 450} {
		l.broken(width)
	}
	if took := time.Since(started); took > 2*time.Second { // some hundredths of a second on any computer
		t.Errorf("it takes %v", took)
	}
	lines := l.broken(450)
	if len(lines) != 2 || !strings.HasSuffix(lines[1].pieces[0].text, "…") {
		t.Errorf("the lines are %+v", lines)
	}
	for i, ln := range lines {
		if ln.width > 450 || ln.width < 420 {
			t.Errorf("line %d is %v wide", i, ln.width)
		}
	}
}
