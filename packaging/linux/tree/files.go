package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

func (b *build) completions() error {
	for shell, name := range map[string]string{
		"bash": "usr/share/bash-completion/completions/porticoctl",
		"zsh":  "usr/share/zsh/_porticoctl", // nfpm.yaml puts it into each distribution's own place
		"fish": "usr/share/fish/vendor_completions.d/porticoctl.fish",
	} {
		script, err := b.say("porticoctl", "completion", shell)
		if err != nil {
			return err
		}
		if err := b.write(name, []byte(script)); err != nil {
			return err
		}
	}
	return nil
}

// icons draws the program's icon in the sizes of the hicolor theme.
func (b *build) icons() error {
	svg, err := os.ReadFile(filepath.Join(b.assets, "icons", "portico.svg"))
	if err != nil {
		return err
	}
	const theme = "usr/share/icons/hicolor/"
	if err := b.write(theme+"scalable/apps/"+appID+".svg", svg); err != nil {
		return err
	}
	for _, size := range []int{16, 22, 24, 32, 48, 64, 128, 256, 512} {
		picture, err := draw(svg, size)
		if err != nil {
			return fmt.Errorf("draw the icon at %d pixels: %w", size, err)
		}
		if err := b.write(fmt.Sprintf("%s%dx%d/apps/%s.png", theme, size, size, appID), picture); err != nil {
			return err
		}
	}
	return nil
}

func draw(svg []byte, size int) ([]byte, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.StrictErrorMode)
	if err != nil {
		return nil, err
	}
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	icon.SetTarget(0, 0, float64(size), float64(size))
	icon.Draw(rasterx.NewDasher(size, size, rasterx.NewScannerGV(size, size, picture, picture.Bounds())), 1)
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

// metadata fills in the release for the software centre.
func (b *build) metadata() error {
	const name = appID + ".metainfo.xml"
	raw, err := os.ReadFile(filepath.Join(b.written, name+".in"))
	if err != nil {
		return err
	}
	text := strings.NewReplacer("@VERSION@", b.version, "@DATE@", b.date.Format(time.DateOnly)).Replace(string(raw))
	return b.write("usr/share/metainfo/"+name, []byte(text))
}

// changelog is nfpm's source of Debian's changelog and the RPM's.
func (b *build) changelog() error {
	text := fmt.Sprintf(`- semver: %s-1
  date: %s
  packager: Portico contributors <portico@users.noreply.github.com>
  deb:
    urgency: medium
    distributions: [unstable]
  changes:
    - note: Portico %s. What is new is on its page of releases.
`, b.version, b.date.Format(time.RFC3339), b.version)
	return b.write("../changelog.yaml", []byte(text))
}

// libc writes down the version of the C library that the window asks for: it depends on
// the computer of its build.
func (b *build) libc() error {
	program, err := elf.Open(filepath.Join(b.programs, "portico"))
	if err != nil {
		return err
	}
	defer func() { _ = program.Close() }()
	symbols, err := program.ImportedSymbols()
	if err != nil {
		return fmt.Errorf("read what portico imports: %w", err)
	}
	newest := []int{0}
	for _, s := range symbols {
		if version, ok := strings.CutPrefix(s.Version, "GLIBC_"); ok {
			newest = slices.MaxFunc([][]int{newest, numbers(version)}, slices.Compare)
		}
	}
	if newest[0] == 0 {
		return errors.New("portico asks for no version of the C library: it is not built as it should be")
	}
	var words []string
	for _, n := range newest {
		words = append(words, strconv.Itoa(n))
	}
	return b.write("../libc", []byte(strings.Join(words, ".")+"\n"))
}

// numbers are the numbers of a version such as 2.34, and 0 for any other part.
func numbers(version string) []int {
	var list []int
	for word := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return []int{0}
		}
		list = append(list, n)
	}
	return list
}
