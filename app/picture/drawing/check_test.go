package drawing

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fyne-io/oksvg"
	"github.com/portico-desktop/portico/app/picture"
)

func TestMain(m *testing.M) {
	actAsNamed()
	if code, ran := RunExamination(); ran {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// goodLogos are drawings as the usual programs write them, by name.
func goodLogos(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/logos/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	logos := make(map[string][]byte)
	for _, file := range files {
		if strings.HasSuffix(file, ".expanded.svg") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		logos[strings.TrimSuffix(filepath.Base(file), ".svg")] = raw
	}
	if len(logos) < 20 {
		t.Fatalf("only %d logos", len(logos))
	}
	return logos
}

// drawnBefore is a drawing as the library alone draws it, without a check.
func drawnBefore(t *testing.T, svg []byte, side int) []byte {
	t.Helper()
	icon, err := oksvg.ReadIconStream(bytes.NewReader(roundRects(svg)), oksvg.StrictErrorMode)
	if err != nil {
		t.Fatal(err)
	}
	d := &Drawing{icon: icon}
	for _, p := range icon.SVGPaths {
		d.widths = append(d.widths, p.LineWidth)
	}
	return pixels(t, d, side)
}

func pixels(t *testing.T, d *Drawing, side int) []byte {
	t.Helper()
	drawn, ok := d.Draw(side, side, 0).(*image.RGBA)
	if !ok {
		t.Fatal("what is drawn has other pixels than the test compares")
	}
	return drawn.Pix
}

// What a logo is made of elsewhere is written out in NAME.expanded.svg, for those that
// the library does not draw, or not wholly, as they are.
func TestGoodLogosAreDrawnAsBefore(t *testing.T) {
	for name, raw := range goodLogos(t) {
		checked, err := Check(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d, err := Read(checked)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		before := raw
		if expanded, err := os.ReadFile("testdata/logos/" + name + ".expanded.svg"); err == nil {
			before = expanded
		}
		for _, side := range []int{32, triedSide, 200} {
			got := pixels(t, d, side)
			if !bytes.Equal(got, drawnBefore(t, before, side)) {
				t.Errorf("%s is drawn differently at %d pixels", name, side)
			}
			if len(bytes.Trim(got, "\x00")) == 0 {
				t.Errorf("%s: nothing is drawn", name)
			}
		}
		if again, err := Check(checked); err != nil || !bytes.Equal(again, checked) {
			t.Errorf("%s: what passed does not pass unchanged: %v\n%s\n%s", name, err, checked, again)
		}
	}
}

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 24 24">`

func svg(inside string) string { return svgHead + inside + `</svg>` }

// hostileLogos are drawings that no logo needs to be, with a part of what is said of them.
func hostileLogos() map[string]struct{ raw, reason string } {
	return map[string]struct{ raw, reason string }{
		"a use of itself":            {svg(`<defs><g id="a"><use href="#a"/></g></defs><use href="#a"/>`), "uses something itself"},
		"a use within itself":        {svg(`<g id="a"><use href="#a"/></g>`), "does not stand before"},
		"uses that double":           {svg(`<path id="a" d="M0 0h1"/><g id="b"><use href="#a"/><use href="#a"/></g><g id="c"><use href="#b"/><use href="#b"/></g>`), "uses something itself"},
		"a use of what follows":      {svg(`<use href="#a"/><path id="a" d="M0 0h1"/>`), "does not stand before"},
		"a use of another file":      {svg(`<use href="https://evil.example/x.svg#a"/>`), "no part of it"},
		"a use of a gradient":        {svg(`<linearGradient id="a"/><use href="#a"/>`), "draws nothing"},
		"65 uses":                    {svg(`<path id="a" d="M0 0h1"/>` + strings.Repeat(`<use href="#a"/>`, 65)), "more than 64 times"},
		"uses that grow":             {svg(`<g id="a">` + strings.Repeat(`<path d="M0 0h1v1h-1z" fill="#fff"/>`, 400) + `</g>` + strings.Repeat(`<use href="#a"/>`, 60)), "after its parts"},
		"a long way":                 {svg(`<path d="M0 0` + strings.Repeat(`L1000000 -1000000L-1000000 1000000`, 6000) + `"/>`), "at most 100000"},
		"a long relative way":        {svg(`<path d="M0 -99999` + strings.Repeat(`l9 -99999 9 99999`, 9000) + `"/>`), "more work"},
		"a way enlarged":             {svg(`<g transform="scale(900,900)"><g transform="scale(900,900)"><path stroke="red" d="M0 -20` + strings.Repeat(`L9 -90L0 -9`, 8000) + `"/></g></g>`), "more work"},
		"a box of nothing":           {`<svg viewBox="0 0 1e-9 1e-9"><path d="M0 0h9"/></svg>`, "no size"},
		"a small box":                {`<svg viewBox="0 0 .002 .002"><path d="M0 -900` + strings.Repeat(`L9 -90000L0 -9`, 3000) + `"/></svg>`, "more work"},
		"small dashes":               {svg(`<g stroke="red" stroke-dasharray=".02"><path d="M0 0` + strings.Repeat(`H9000H0`, 400) + `"/></g>`), "more work"},
		"dashes that begin far away": {svg(`<path stroke="red" stroke-dasharray=".02" stroke-dashoffset="99999" d="` + strings.Repeat(`M0 0h1`, 900) + `"/>`), "more work"},
		"dashes in a style":          {svg(`<style>.a{stroke-dashoffset:1e300}</style><path class="a" d="M0 0h1"/>`), "at most 100000"},
		"commands without end":       {svg(`<path d="M0 0` + strings.Repeat(`h1 `, 20_001) + `"/>`), "path commands"},
		"commands of several paths":  {svg(`<g>` + strings.Repeat(`<path d="M0 0`+strings.Repeat(`h1`, 1500)+`"/>`, 15) + `</g>`), "path commands"},
		"gradients over all":         {svg(`<linearGradient id="g"><stop stop-color="#fff"/><stop offset="1" stop-color="#000"/></linearGradient>` + strings.Repeat(`<path d="M0 0h24v24z" fill="url(#g)"/>`, 4000)), "more work"},
		"elements without end":       {svg(strings.Repeat(`<g/>`, 20_001)), "more than 20000 elements"},
		"nested deeply":              {svg(strings.Repeat(`<g>`, 40) + strings.Repeat(`</g>`, 40)), "nested deeper"},
		"nested in what is skipped":  {svg(`<metadata>` + strings.Repeat(`<g>`, 40) + strings.Repeat(`</g>`, 40) + `</metadata>`), "nested deeper"},
		"nested by uses":             {svg(`<g id="a">` + strings.Repeat(`<g>`, 15) + `<path d="M0 0h1"/>` + strings.Repeat(`</g>`, 16) + strings.Repeat(`<g>`, 15) + `<use href="#a"/>` + strings.Repeat(`</g>`, 15)), "nested deeper"},
		"entities":                   {`<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + svg(`<title>&b;</title>`), "DOCTYPE"},
		"an external entity":         {`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + svg(``), "DOCTYPE"},
		"a script":                   {svg(`<script>alert(1)</script>`), "<script>"},
		"a picture in it":            {svg(`<image href="https://evil.example/p.png" width="9" height="9"/>`), "<image>"},
		"another page in it":         {svg(`<foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>`), "<foreignObject>"},
		"letters":                    {svg(`<text>Contoso</text>`), "<text>"},
		"a link":                     {svg(`<a xlink:href="https://evil.example"><path d="M0 0h9"/></a>`), "<a>"},
		"an animation":               {svg(`<path d="M0 0h9"><animate attributeName="d"/></path>`), "<animate>"},
		"not a number":               {svg(`<rect x="NaN" width="9" height="9"/>`), "no number"},
		"an infinite number":         {svg(`<circle cx="1" cy="1" r="+Inf"/>`), "no number"},
		"a number in sixteens":       {svg(`<rect x="0x1p900" width="9" height="9"/>`), "no number"},
		"a large number":             {svg(`<rect x="100001" width="9" height="9"/>`), "at most 100000"},
		"a large number in a style":  {svg(`<path style="fill:red; stroke-width: 2e5" d="M0 0h1"/>`), "at most 100000"},
		"a large transformation":     {svg(`<g transform="scale(1e200,1)"><path d="M0 0h1"/></g>`), "at most 100000"},
		"a broken path":              {svg(`<path d="M1 A Z 9 9"/>`), "cannot be drawn"},
		"a colour that is none":      {svg(`<path fill="hsl(1,,)" d="M0 0h1"/>`), "cannot be drawn"},
		"no size":                    {`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>`, "no size"},
		"half a file":                {svg(`<g>`)[:len(svgHead)+3], "broken"},
		"two drawings":               {svg(``) + svg(``), "after its end"},
		"a page":                     {"<!doctype html><html><body>Sign in</body></html>", "begins with <html>"},
		"words":                      {"not found", "neither a PNG nor an SVG"},
		"nothing":                    {"", "neither a PNG nor an SVG"},
		"too much":                   {svg(`<!--` + strings.Repeat("x", picture.MaxBytes) + `-->`), "larger than"},
		"a broken PNG":               {"\x89PNG\r\n\x1a\nxxxx", "broken PNG"},
	}
}

func TestHostileLogosAreRefusedAndItIsSaidWhy(t *testing.T) {
	for name, logo := range hostileLogos() {
		checked, err := Check([]byte(logo.raw))
		var refused *picture.Refused
		if !errors.As(err, &refused) || checked != nil {
			t.Errorf("%s: %v, %d bytes", name, err, len(checked))
			continue
		}
		if !strings.Contains(refused.Reason, logo.reason) {
			t.Errorf("%s: it %s; want %q in it", name, refused.Reason, logo.reason)
		}
	}
}

// What is left of a drawing holds nothing that could lead anywhere.
func TestNothingElseIsLeftOfADrawing(t *testing.T) {
	checked, err := Check([]byte(`<?xml version="1.0"?><!-- a --><!DOCTYPE svg PUBLIC "x" "y"><svg xmlns="http://www.w3.org/2000/svg" xmlns:x="urn:x" viewBox="0 0 9 9" onload="alert(1)" x:id="1">
		<title>&lt;b&gt;</title><x:evil href="file:///etc/passwd"/><metadata><script/></metadata>
		<defs><script>alert(1)</script><image href="https://evil.example"/><clipPath id="c"><use href="#c"/></clipPath><linearGradient id="g&quot;&lt;" href="#h"><stop stop-color="red"/></linearGradient></defs>
		<path onclick="x" data-x="1" filter="url(#f)" d="M0 0h9v9z" fill="url(#g&quot;&lt;)"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	want := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">` +
		`<defs><linearGradient id="g&#34;&lt;"><stop stop-color="red"/></linearGradient></defs><path d="M0 0h9v9z" fill="url(#g&#34;&lt;)"/></svg>`
	if got := string(bytes.ReplaceAll(checked, []byte("\n"), nil)); strings.ReplaceAll(got, "\t", "") != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPixelsAreBoundedByTheirHeader(t *testing.T) {
	of := func(width, height int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, size := range [][2]int{{1, 1}, {picture.MaxSide, picture.MaxSide}} {
		raw := of(size[0], size[1])
		if checked, err := Check(raw); err != nil || !bytes.Equal(checked, raw) {
			t.Errorf("%v: %v", size, err)
		}
	}
	for _, size := range [][2]int{{picture.MaxSide + 1, 1}, {1, picture.MaxSide + 1}} {
		if _, err := Check(of(size[0], size[1])); err == nil || !strings.Contains(err.Error(), fmt.Sprint(picture.MaxSide+1)) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, raw := range goodLogos(f) {
		f.Add(raw)
	}
	for _, logo := range hostileLogos() {
		if len(logo.raw) < 4000 {
			f.Add([]byte(logo.raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		checked, err := Check(raw)
		if err != nil {
			return
		}
		if len(checked) > picture.MaxBytes {
			t.Errorf("%d bytes are left", len(checked))
		}
		if again, err := Check(checked); err != nil || !bytes.Equal(again, checked) {
			t.Errorf("what passed does not pass unchanged: %v", err)
		}
		if picture.IsPNG(checked) {
			return
		}
		for _, part := range []string{"<use", "<!", "<?", "href", "<script", "<image"} {
			if bytes.Contains(checked, []byte(part)) {
				t.Errorf("%q is left: %s", part, checked)
			}
		}
		if err := tried(checked); err != nil {
			t.Errorf("what passed cannot be drawn: %v", err)
		}
	})
}
