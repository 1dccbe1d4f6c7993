package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// draws prints a sum of the picture of each text in its arguments, regular and bold.
const draws = `package main

import (
	"crypto/sha256"
	"fmt"
	"image/color"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

func main() {
	test.NewApp()
	for _, text := range os.Args[1:] {
		for _, bold := range []bool{false, true} {
			t := canvas.NewText(text, color.Black)
			t.TextStyle = fyne.TextStyle{Bold: bold}
			c := software.NewCanvas()
			c.SetContent(t)
			fmt.Printf("%s %t %v %x\n", text, bold, t.MinSize(), sha256.Sum256([]byte(fmt.Sprint(c.Capture()))))
		}
	}
}
`

// Fonts that are read later change no letter, and the system's are not looked for as
// long as nobody needs them.
func TestFontsThatAreReadLaterDrawTheSame(t *testing.T) {
	t.Chdir("../..")
	if err := run(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "draws")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(folder, "main.go")
	if err := os.WriteFile(source, []byte(draws), 0o600); err != nil {
		t.Fatal(err)
	}
	pictures := func(texts []string, build ...string) (drawn string, lookedFor bool) {
		t.Helper()
		program := filepath.Join(t.TempDir(), "draws")
		compile := exec.Command("go", append(append([]string{"build"}, build...), "-tags", "migrated_fynedo", "-o", program, source)...)
		compile.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		home := t.TempDir()
		draw := exec.Command(program, texts...)
		draw.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home, "LANG=C.UTF-8")
		out, err := draw.Output()
		if err != nil {
			t.Fatal(err)
		}
		// The list of the system's fonts is kept there.
		found, err := filepath.Glob(filepath.Join(home, "*font*"))
		if err != nil {
			t.Fatal(err)
		}
		return string(out), len(found) > 0
	}
	latin := []string{"Portico", "Grüße, Ćuković · 3 €…", "Привет, κόσμε"}
	others := []string{"e-mail 📧 ✓ → ✉️ 1️⃣", "שלום", "नमस्ते", "日本語 한국어", "\ue0b0 \U000f0000"}
	_, lookedFor := pictures(latin, "-modfile="+made+".mod")
	if lookedFor {
		t.Error("the system's fonts were looked for, though no letter needs them")
	}
	now, _ := pictures(append(others, latin...), "-modfile="+made+".mod")
	was, lookedFor := pictures(append(others, latin...))
	if !lookedFor {
		t.Error("no list of the system's fonts is kept where it is looked for here")
	}
	if now != was {
		t.Errorf("texts are drawn differently:\n%s\nand by Fyne as it is:\n%s", now, was)
	}
	if lines := strings.Count(now, "\n"); lines != 2*(len(latin)+len(others)) {
		t.Errorf("%d pictures:\n%s", lines, now)
	}
}
